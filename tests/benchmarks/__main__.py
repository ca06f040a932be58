"""`python -m tests.benchmarks`: measure, keep the results, write the page."""

from __future__ import annotations

import argparse
import sys
from statistics import median

from tests.benchmarks import page
from tests.benchmarks.cases import Case
from tests.benchmarks.choice import GROUPS, KERNELS, small, wanted
from tests.benchmarks.figures import told
from tests.benchmarks.kernels import figures
from tests.benchmarks.limits import allowed
from tests.benchmarks.machine import description
from tests.benchmarks.race import Outcome, race
from tests.benchmarks.results import Results
from tests.benchmarks.revision import revision


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--cases",
        default="*",
        help=f"names or patterns, with commas: mlp_*,{KERNELS}; or groups: {','.join(GROUPS)}",
    )
    parser.add_argument("--rounds", type=int, default=7, help="timed runs of each contender")
    parser.add_argument("--peers", help="the Python of the peers; without it wlnet runs alone")
    parser.add_argument(
        "--patience", type=float, default=10, help="seconds to wait for a quiet machine"
    )
    parser.add_argument("--once", action="store_true", help="one step each, to see that all can")
    parser.add_argument("--list", action="store_true", help="the names of the cases")
    parser.add_argument(
        "--page", action="store_true", help="write the page from what there is, measure nothing"
    )
    parser.add_argument(
        "--forget", type=int, metavar="N", help="leave out all that was measured on machine N"
    )
    return parser.parse_args()


def report(case: Case, outcome: Outcome) -> None:
    """The figures of a case, on the screen."""
    print(f"{case.name}: {case.title}", flush=True)
    words = {name: f"failed: {last}" for name, last in outcome.failed.items()}
    words |= {
        name: told(case, {"amount": case.amount}, median(runs))
        for name, runs in outcome.seconds.items()
    }
    for contender in filter(words.__contains__, case.contenders):
        print(f"  {contender:36s}{words[contender]:>24s}", flush=True)
    if outcome.busy_starts:
        print(f"  {outcome.busy_starts} runs began on a busy machine", flush=True)


def main() -> None:
    """Run what was asked for, and write after every case: an interrupted run keeps what it has."""
    options, machine, results = arguments(), description(), Results.read()
    cases, with_kernels = wanted(options.cases)
    if options.list:
        print("\n".join(f"{case.name:24s}{case.title}" for case in cases))
        return
    if options.forget is not None:
        results.forget(options.forget - 1)
    if options.page or options.forget is not None:
        save(results)
        return
    pythons = {"wlnet": sys.executable}
    for case in cases:
        work = small(case).work if options.once else case.work
        commit = revision()
        present = [name for name in case.contenders if options.peers or name.startswith("wlnet")]
        outcome = race(
            work,
            present,
            options.rounds,
            python_of=lambda name: pythons.get(name.split()[0], options.peers),
            patience=options.patience,
        )
        if options.once:
            print(f"{case.name}: {outcome.failed or 'all can'}", flush=True)
            continue
        report(case, outcome)
        limit = allowed(case.work) if case.share else None
        results.add(case, outcome, options.rounds, machine, commit, limit)
        save(results)
    if with_kernels and not options.once:
        commit = revision()
        results.add_kernels(figures(), machine, commit)
        save(results)


def save(results: Results) -> None:
    """The raw results and the page."""
    results.write()
    page.FILE.write_text(page.page(results), "utf-8")


if __name__ == "__main__":
    main()
