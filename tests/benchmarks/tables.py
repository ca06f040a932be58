"""The tables of the page: rows of cells, each of one machine and one run of the benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from tests.benchmarks.cases import GOALS, OTHERS, Case
from tests.benchmarks.choice import all_cases
from tests.benchmarks.figures import (
    WITHIN,
    amount,
    best_of,
    middle,
    ratio,
    set_up,
    share,
    steps_alone,
    told,
    verdict,
    verdict_on_seconds,
)
from tests.benchmarks.growth import SERIES, Series
from tests.benchmarks.results import Results

NOTHING = "Not measured yet.\n"
OF_PEAK = 0.75
"""How much of its limit a product is to reach."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; a sentence where there are no rows."""
    lines = [head, ["---"] * len(head), *rows]
    if len(lines) == 2:
        return NOTHING
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def machine_rows(results: Results) -> Iterator[list[str]]:
    """What was measured on, when, and with which versions: a column a machine."""
    columns = [machine_facts(results, number) for number, _ in enumerate(results.machines)]
    for name in dict.fromkeys(name for column in columns for name in column):
        yield [name, *(column.get(name, "") for column in columns)]


def machine_facts(results: Results, number: int) -> dict[str, str]:
    """What there is to be told of a machine."""
    machine = results.machines[number]
    entries = [entry for of in results.cases.values() for entry in of if entry["machine"] == number]
    versions = {name: text for entry in entries for name, text in entry["versions"].items()}
    dates = sorted({entry.get("date", "no date") for entry in entries})
    runs = sum(len(of_one) for entry in entries for of_one in entry["seconds"].values())
    busy = sum(entry["busy_starts"] for entry in entries)
    return {
        **{name: str(fact) for name, fact in machine.items()},
        "threads of each contender": str(machine["cores used"]),
        "versions": ", ".join(f"{name} {text}" for name, text in sorted(versions.items())),
        "runs begun on a busy machine": f"{busy} of {runs}",
        "measured": " to ".join(dict.fromkeys([*dates[:1], *dates[-1:]])),
    }


def stamp(results: Results, *entries: dict[str, Any]) -> list[str]:
    """The machine; how many runs are behind a row, in bold where others have more or fewer; when
    they were."""
    (machine,) = {entry["machine"] for entry in entries}
    usual, rounds = results.usual_rounds, dict.fromkeys(entry["rounds"] for entry in entries)
    counts = [str(count) if count == usual else f"**{count}**" for count in rounds]
    return [str(machine + 1), ", ".join(counts), "; ".join(dict.fromkeys(map(when, entries)))]


def when(entry: dict[str, Any]) -> str:
    """Date and commit of what was measured, or that they were not kept."""
    return f"{entry.get('date') or 'no date'}, {entry.get('commit') or 'no commit'}"


def goal_rows(results: Results) -> Iterator[list[str]]:
    """One row for each peer of each case, one for each limit in seconds; machine by machine."""
    for case in (*GOALS, *OTHERS):
        for entry in results.of(case.name):
            for cells in [*peer_cells(case, entry), *limit_cells(case, entry)]:
                yield [case.title, *cells, *stamp(results, entry)]


def peer_cells(case: Case, entry: dict[str, Any]) -> Iterator[list[str]]:
    """wlnet beside each peer."""
    own = middle(entry, case.own[0])
    for peer in case.peers:
        best, times = best_of(entry, peer), ratio(case, entry, peer)
        if own and best and times:
            yield [
                *(peer.label, told(case, entry, own), told(case, entry, best[0])),
                *(best[1].partition(" ")[2], f"**{times.middle:.3g}**"),
                *(plain(peer.must), plain(peer.aim), verdict(times, peer.must, peer.aim)),
                allowed_cell(case, entry),
            ]


def limit_cells(case: Case, entry: dict[str, Any]) -> Iterator[list[str]]:
    """wlnet beside limits in seconds."""
    for limit in case.limits:
        seconds = middle(entry, limit.contender)
        if seconds:
            yield [
                *(f"{limit.contender}, alone", told(case, entry, seconds), "", "", ""),
                *(plain(limit.must, " s"), plain(limit.aim, " s")),
                verdict_on_seconds(entry["seconds"][limit.contender], limit.must, limit.aim),
                "",
            ]


def allowed_cell(case: Case, entry: dict[str, Any]) -> str:
    """What products and memory alone would allow, and how much of it is reached."""
    found = share(case, entry)
    if found is None:
        return ""
    seconds, reached = found
    goal = f", **below {case.share:.0%}**" if case.share and reached < case.share else ""
    return f"{told(case, entry, seconds)}, {reached:.0%} reached{goal}"


def plain(goal: float | None, unit: str = "") -> str:
    """A goal as it was written, or nothing."""
    return "" if goal is None else f"{goal:g}{unit}"


def variant_rows(results: Results) -> Iterator[list[str]]:
    """Which variants of a peer were run, and for which cases."""
    found: dict[tuple[str, str], list[str]] = {}
    patterns = {case.name: f"{series.name}_*" for series in SERIES for case in series.cases}
    for case in all_cases():
        ran = {name for entry in results.of(case.name) for name in entry["seconds"]}
        for peer in case.peers:
            names = ", ".join(name.partition(" ")[2] for name in peer.variants if name in ran)
            if names:
                name = patterns.get(case.name, case.name)
                found.setdefault((peer.label, names), []).append(f"`{name}`")
    for (label, names), cases in sorted(found.items()):
        yield [label, names, " ".join(dict.fromkeys(cases))]


def freezing_rows(results: Results) -> Iterator[list[str]]:
    """What it is worth to freeze all but the last of eight layers: for wlnet and for the peer."""
    case = next(case for case in OTHERS if case.name == "deep_all")
    last = {entry["machine"]: entry for entry in results.of("deep_last")}
    for every in results.of(case.name):
        few = last.get(every["machine"])
        for contender in case.contenders if few else ():
            slow, fast = middle(every, contender), middle(few or {}, contender)
            if few and slow and fast:
                cells = [contender, told(case, every, slow), told(case, few, fast)]
                yield [*cells, f"**{slow / fast:.3g}**", *stamp(results, every, few)]


def growth_rows(series: Series, results: Results) -> Iterator[list[str]]:
    """One series: what a step costs, and what wlnet does once a call."""
    for size, case in zip(series.sizes, series.cases, strict=True):
        for entry in results.of(case.name):
            yield [str(size), *growth_cells(case, entry), *stamp(results, entry)]


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


def kernel_rows(entry: dict[str, Any]) -> Iterator[list[str]]:
    """The limits of a machine, and kernels that stand in no table of their own."""
    for row in entry["rows"]:
        if not row.get("table"):
            part = f"{row['value'] / row['limit']:.0%}" if row["limit"] else ""
            yield [row["title"], amount(row["value"], row["unit"]), part]


def forms(entry: dict[str, Any], name: str) -> list[str]:
    """The columns of a table of kernels."""
    return list(dict.fromkeys(row["form"] for row in entry["rows"] if row.get("table") == name))


def form_rows(entry: dict[str, Any], name: str) -> Iterator[list[str]]:
    """A row for the sizes, a column for the form."""
    rows = [row for row in entry["rows"] if row.get("table") == name]
    for title in dict.fromkeys(row["title"] for row in rows):
        found = {row["form"]: row for row in rows if row["title"] == title}
        columns = map(found.get, forms(entry, name))
        yield [title, *(form_cell(row) if row else "" for row in columns)]


def form_cell(row: dict[str, Any]) -> str:
    """What a kernel does, and which part of its limit that is."""
    part = row["value"] / row["limit"]
    cell = f"{row['value']:.0f} ({part:.0%})"
    return f"**{cell}**" if row["table"] == "products" and part < OF_PEAK else cell


def figure_rows(results: Results) -> Iterator[list[str]]:
    """Every contender of every case."""
    for case in all_cases():
        for entry in results.of(case.name):
            for contender, runs in entry["seconds"].items():
                seconds, memory = middle(entry, contender), entry["memory"].get(contender)
                assert seconds is not None
                yield [
                    *(f"`{case.name}`", contender, told(case, entry, seconds)),
                    f"{told(case, entry, max(runs))} to {told(case, entry, min(runs))}",
                    f"{memory / 2**20:,.0f} MiB" if memory else "",
                    *stamp(results, entry),
                ]


def failure_rows(results: Results) -> Iterator[list[str]]:
    """Who could not do what."""
    for case in all_cases():
        for entry in results.of(case.name):
            for contender, words in entry["failed"].items():
                cells = [f"`{case.name}`", contender, words.replace("|", "/")]
                yield [*cells, str(entry["machine"] + 1)]
