"""docs/benchmarks.md, written from the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from tests.benchmarks.cases import GOALS, OTHERS, Case
from tests.benchmarks.figures import (
    WITHIN,
    amount,
    best_of,
    middle,
    ratio,
    set_up,
    steps_alone,
    told,
    verdict,
    verdict_on_seconds,
)
from tests.benchmarks.growth import SERIES, Series
from tests.benchmarks.results import Results

FILE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

INTRODUCTION = """\
# Benchmarks

This page is written by `make bench`, from tests/benchmarks/results.json.
`make bench CASES=mlp_64,lenet_64 ROUNDS=5` measures some cases anew and replaces only their rows.
It measures; no test depends on seconds.

How: one process a contender, all given the same work and the same number of threads, all warmed
up; then they run in turn, A B C A B C ..., each run on a machine that is otherwise idle where that
can be had. A figure is the median of the runs. A ratio says how many times as fast wlnet was as the
peer's best variant in the same turns. wlnet is used through its public functions alone: `net(x)`,
and `net_train` with its defaults (it shuffles the examples in every round and measures losses and
error rates, which the peers here do not). A run of wlnet is a whole call, with all that is done
once a call: the check of the data, the plan, the net that comes back. float32 everywhere.

Rows come from different runs of the benchmarks: each says how many runs its figures are the median
of, in bold where others have more or fewer, when that was, and at which commit. "No commit": the
run did not keep it. "Within the spread": the goal lies between the ratio of wlnet's slowest run to
the peer's fastest one and that of the fastest to the slowest, so that chance may have decided.
"""

NOTES = """\
* **Adam, 10M values**: eight linear layers beside one another, of 1.25 million weights each, with
  eight different rates, one example a step. So a step is hardly more than the update: the forward
  pass reads the weights once, there is nothing to propagate back to, and the gradient of a weight
  is one product. In the first row both sides do that whole step. "Its update alone" gives the peer
  its gradients for nothing, while wlnet still does the whole step: that row is harder than even.
  The update kernel of wlnet alone stands among the kernels.
* **Features cached by hand**: what an expert writes when layers are frozen. The frozen layers run
  once over all examples, in every run anew, and only the others are trained. For wlnet it is a rule
  list and nothing else.
* **A fresh process**: from the start of Python to the end of the first step of training, imports
  included.
* scikit-learn and ONNX Runtime are there where they can do the same work.
"""

VARIANTS = """\
A peer's best is the fastest of the variants that were run for the case, and these are not all that
there are: each compiled one takes up to a minute to prepare. fused: Adam in one kernel.
channels_last: that layout of images. compile: the loss by torch.compile. builtin: PyTorch's own
attention. one_thread: no second thread. step and scan: jitted, a step or a whole round a call.
"""

GROWTH = """\
A step is what one more costs. Each turn has a short run and a longer one; what the longer one takes
more, divided by the steps that it has more, is a step, for wlnet and for the peer alike. What the
short run of wlnet takes beside its steps is done once a call of `net_train`: the check of the data,
the plan, the net that comes back. The peer's loop has nothing of the kind: its net and its
optimizer are made before it begins. It is run without torch.compile here.
"""

FIGURES = """\
A figure is that of whole runs. Those of the growth of cost are the short ones, so that what wlnet
does once a call counts most in some of them; a step is told above.
"""

PRODUCTS = """\
Products of one worker, in GF/s, and the part of what the machine allows. A row is a linear layer:
so many examples and inputs, by so many inputs and outputs. All its columns do as many operations.
x are the examples, w the weights, d the gradients by the outputs. Packed: weights that lie in
panels. Gated: the gradient by the examples, d w, times the slope of the Ramp before the layer. The
last columns of wlnet make the gradient by the weights and use it up in a step of Adam; what that
computes more is not counted, and their limit is that of the product, and after it of as many
numbers as weights and moments that are changed in place, in the cache or memory where so many lie.
NumPy: the same product by NumPy's matrix library with one thread, in the same run.
"""

NOTHING = "Not measured yet.\n"
STAMP = ("runs", "measured")
"""The columns that tell where a row comes from."""


def page(results: Results) -> str:
    """The whole page."""
    goals = ["case", "peer", "wlnet", "peer's best", "variant", "ratio", "must", "aim", "", *STAMP]
    figures = ["case", "contender", "median", "slowest to fastest", "memory at most", *STAMP]
    parts = [
        INTRODUCTION,
        *machines(results),
        "## Goals\n",
        table(goals, goal_rows(results)),
        NOTES,
        "## Variants\n",
        VARIANTS,
        table(["peer", "variants that were run", "cases"], variant_rows(results)),
        "## Freezing\n",
        *freezing(results),
        "## Growth of cost\n",
        GROWTH,
        *(part for series in SERIES for part in growth(series, results)),
        "## Kernels\n",
        *kernels(results),
        "## All figures\n",
        FIGURES,
        table(figures, figure_rows(results)),
        *failures(results),
    ]
    return "\n".join(parts)


def all_cases() -> tuple[Case, ...]:
    """The whole table, in the order of the page."""
    return (*GOALS, *OTHERS, *(case for series in SERIES for case in series.cases))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; a sentence where there are no rows."""
    lines = [head, ["---"] * len(head), *rows]
    if len(lines) == 2:
        return NOTHING
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machines(results: Results) -> Iterator[str]:
    """What was measured on, when, and with which versions."""
    for number, machine in enumerate(results.machines):
        entries = [entry for entry in results.cases.values() if entry["machine"] == number]
        versions = {name: text for entry in entries for name, text in entry["versions"].items()}
        dates = sorted({entry.get("date", "no date") for entry in entries})
        runs = sum(len(of_one) for entry in entries for of_one in entry["seconds"].values())
        busy = sum(entry["busy_starts"] for entry in entries)
        rows = {
            **{name: str(fact) for name, fact in machine.items()},
            "threads of each contender": str(machine["cores used"]),
            "versions": ", ".join(f"{name} {text}" for name, text in sorted(versions.items())),
            "runs begun on a busy machine": f"{busy} of {runs}",
            "runs of most cases": str(results.usual_rounds),
            "measured": " to ".join(dict.fromkeys([*dates[:1], *dates[-1:]])),
        }
        yield "## The machine\n" if len(results.machines) == 1 else f"## Machine {number + 1}\n"
        yield table(["", ""], rows.items())


def stamp(results: Results, *entries: dict[str, Any]) -> list[str]:
    """How many runs are behind a row, in bold where others have more or fewer; when they were."""
    usual, rounds = results.usual_rounds, dict.fromkeys(entry["rounds"] for entry in entries)
    told = [str(count) if count == usual else f"**{count}**" for count in rounds]
    return [", ".join(told), "; ".join(dict.fromkeys(map(when, entries)))]


def when(entry: dict[str, Any]) -> str:
    """Date and commit of what was measured, or that they were not kept."""
    return f"{entry.get('date') or 'no date'}, {entry.get('commit') or 'no commit'}"


def goal_rows(results: Results) -> Iterator[list[str]]:
    """One row for each peer of each case, one for each limit in seconds."""
    for case in (*GOALS, *OTHERS):
        entry = results.cases.get(case.name, {"seconds": {}})
        own = middle(entry, case.own[0])
        for peer in case.peers if own else ():
            best, times = best_of(entry, peer), ratio(case, entry, peer)
            if own and best and times:
                yield [
                    *(case.title, peer.label, told(case, own), told(case, best[0])),
                    *(best[1].partition(" ")[2], f"**{times.middle:.3g}**"),
                    *(plain(peer.must), plain(peer.aim), verdict(times, peer.must, peer.aim)),
                    *stamp(results, entry),
                ]
        for limit in case.limits:
            seconds = middle(entry, limit.contender)
            if seconds:
                yield [
                    *(case.title, f"{limit.contender}, alone", told(case, seconds), "", "", ""),
                    *(plain(limit.must, " s"), plain(limit.aim, " s")),
                    verdict_on_seconds(entry["seconds"][limit.contender], limit.must, limit.aim),
                    *stamp(results, entry),
                ]


def plain(goal: float | None, unit: str = "") -> str:
    """A goal as it was written, or nothing."""
    return "" if goal is None else f"{goal:g}{unit}"


def variant_rows(results: Results) -> Iterator[list[str]]:
    """Which variants of a peer were run, and for which cases."""
    found: dict[tuple[str, str], list[str]] = {}
    patterns = {case.name: f"{series.name}_*" for series in SERIES for case in series.cases}
    for case in all_cases():
        ran = results.cases.get(case.name, {"seconds": {}})["seconds"]
        for peer in case.peers:
            names = ", ".join(name.partition(" ")[2] for name in peer.variants if name in ran)
            if names:
                name = patterns.get(case.name, case.name)
                found.setdefault((peer.label, names), []).append(f"`{name}`")
    for (label, names), cases in sorted(found.items()):
        yield [label, names, " ".join(dict.fromkeys(cases))]


def freezing(results: Results) -> Iterator[str]:
    """What it is worth to freeze all but the last of eight layers: for wlnet and for the peer."""
    every, last = (results.cases.get(name) for name in ("deep_all", "deep_last"))
    if not every or not last:
        yield NOTHING
        return
    case = next(case for case in OTHERS if case.name == "deep_all")
    rows = []
    for contender in case.contenders:
        slow, fast = middle(every, contender), middle(last, contender)
        if slow and fast:
            cells = [contender, told(case, slow), told(case, fast), f"**{slow / fast:.3g}**"]
            rows.append([*cells, *stamp(results, every, last)])
    work = case.work
    yield (
        f"Eight layers 1024 wide, batch {work.batch}, {work.rounds} rounds over {work.examples} "
        "examples: all of them trained, and only the last one.\n"
    )
    yield table(["", "all learn", "only the last one", "times as fast", *STAMP], rows)


def growth(series: Series, results: Results) -> Iterator[str]:
    """One series: what a step costs, and what wlnet does once a call."""
    rows = []
    for size, case in zip(series.sizes, series.cases, strict=True):
        entry = results.cases.get(case.name)
        if entry:
            rows.append([str(size), *growth_cells(case, entry), *stamp(results, entry)])
    yield f"{series.title}:\n"
    head = ["wlnet, a step", "PyTorch, a step", "ratio", "wlnet, once a call"]
    yield table([series.size, *head, *STAMP], rows)


def growth_cells(case: Case, entry: dict[str, Any]) -> list[str]:
    """A step of wlnet and of the peer, their ratio, what wlnet does once a call."""
    steps, peer = steps_alone(case, entry), case.peers[0]
    own, best, times = middle(steps, "wlnet"), best_of(steps, peer), ratio(case, steps, peer)
    once = set_up(case, entry, "wlnet")
    within = f", {WITHIN}" if times and times.holds(1) else ""
    return [
        small(own, "µs") if own else "not measured",
        small(best[0], "µs") if best else "",
        f"**{times.middle:.3g}**{within}" if times else "",
        "" if once is None else small(once, "ms"),
    ]


def small(seconds: float, unit: Literal["ms", "µs"]) -> str:
    """A time in thousandths or millionths of a second."""
    return amount(seconds * {"ms": 1e3, "µs": 1e6}[unit], unit)


def kernels(results: Results) -> Iterator[str]:
    """The limits of the machine, and kernels as parts of them."""
    rows = results.kernels["rows"] if results.kernels else []
    if results.kernels:
        yield f"Measured {when(results.kernels)}.\n"
    yield table(
        ["", "", "of the limit"],
        (
            [row["title"], amount(row["value"], row["unit"]), share(row)]
            for row in rows
            if not row.get("form")
        ),
    )
    products = [row for row in rows if row.get("form")]
    if products:
        yield PRODUCTS
        yield table(["", *dict.fromkeys(row["form"] for row in products)], product_rows(products))


def product_rows(products: Sequence[dict[str, Any]]) -> Iterator[list[str]]:
    """A row for the sizes, a column for the form."""
    forms = dict.fromkeys(row["form"] for row in products)
    for title in dict.fromkeys(row["title"] for row in products):
        found = {row["form"]: row for row in products if row["title"] == title}
        cells = (found.get(form) for form in forms)
        yield [title, *(f"{row['value']:.0f} ({share(row)})" if row else "" for row in cells)]


def share(row: dict[str, Any]) -> str:
    """How much of its limit a kernel reaches."""
    return f"{row['value'] / row['limit']:.0%}" if row["limit"] else ""


def figure_rows(results: Results) -> Iterator[list[str]]:
    """Every contender of every case."""
    for case in all_cases():
        entry = results.cases.get(case.name, {"seconds": {}, "memory": {}, "machine": 0})
        where = f" (machine {entry['machine'] + 1})" if len(results.machines) > 1 else ""
        for contender, runs in entry["seconds"].items():
            seconds, memory = middle(entry, contender), entry["memory"].get(contender)
            assert seconds is not None
            yield [
                *(f"`{case.name}`{where}", contender, told(case, seconds)),
                f"{told(case, max(runs))} to {told(case, min(runs))}",
                f"{memory / 2**20:,.0f} MiB" if memory else "",
                *stamp(results, entry),
            ]


def failures(results: Results) -> Iterator[str]:
    """Who could not do what."""
    rows = [
        [f"`{case.name}`", contender, words.replace("|", "/")]
        for case in all_cases()
        for contender, words in results.cases.get(case.name, {"failed": {}})["failed"].items()
    ]
    if rows:
        yield "## Failed\n"
        yield table(["case", "contender", "its last words"], rows)
