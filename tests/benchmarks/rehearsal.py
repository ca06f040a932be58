"""What came of races that nobody ran, for the tests of what is told about them."""

from __future__ import annotations

from tests.benchmarks.cases import Case
from tests.benchmarks.choice import all_cases
from tests.benchmarks.kernels import Figure
from tests.benchmarks.race import Outcome

CASES = all_cases()


NAMES = [case.name for case in CASES]


CASE = {case.name: case for case in CASES}


MACHINE = {"CPU": "a small one", "cores used": 2}


def outcome(**seconds: list[float]) -> Outcome:
    """What a race would have given."""
    runs = {name.replace("_", " "): list(of_name) for name, of_name in seconds.items()}
    return Outcome(seconds=runs, memory=dict.fromkeys(runs, 2**20), versions={"wlnet": "0"})


def rows(text: str, start: str) -> list[list[str]]:
    """The cells of the lines of a page that start so."""
    lines = [line for line in text.splitlines() if line.startswith(start)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def grown(case: Case, once: float, step: float) -> Outcome:
    """A race in which wlnet does something once a call; a step of the peer takes thrice as long."""
    ran = outcome()
    for name, before, each in (("wlnet", once, step), ("torch fused", 0.0, 3 * step)):
        short = before + case.work.steps * each
        ran.seconds[name] = [short] * 3
        ran.longer[name] = [short + case.work.more_steps * each] * 3
    return ran


PRODUCTS = [
    Figure("an update", 150.0, "GB/s", limit=200.0),
    Figure("3 channels", 60.0, "GF/s", limit=200.0, form="by input", table="windows"),
    Figure("(1, 2) by (2, 3)", 150.0, "GF/s", limit=200.0, form="x w", table="products"),
    Figure("(1, 2) by (2, 3)", 20.4, "GF/s", limit=40.0, form="dᵀ x", table="products"),
    Figure("(4, 5) by (5, 6)", 100.0, "GF/s", limit=200.0, form="dᵀ x", table="products"),
]
