"""A report with what was measured of its programs, call by call and layer by layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from wlnet.core.parts import Path
from wlnet.engine.timing import Times
from wlnet.plan.call_rows import CallRow
from wlnet.plan.report import ProgramReport
from wlnet.plan.timing import Arrays, LayerTime, Timing


def timed(
    report: ProgramReport, layers: Sequence[Path], step: Times, prefix: Times | None = None
) -> ProgramReport:
    """The report with times of its step and its frozen prefix. layers: those of the net, in their
    order."""
    first, each = (
        (prefix and timed_rows(report.prefix, prefix)) or (),
        timed_rows(report.steps, step),
    )
    timing = Timing(
        workers=step.workers,
        steps=step.steps,
        microseconds=1e6 * step.seconds,
        shortest=1e6 * step.shortest,
        waiting=1e6 * sum(call.waiting for call in step.calls),
        operations=sum(row.operations for row in each),
        bytes=sum(row.bytes for row in each),
        layers=_by_layer((*first, *each), layers),
    )
    return replace(report, calls=(*report.once, *first, *each), timing=timing)


def timed_rows(rows: Iterable[CallRow], times: Times) -> list[CallRow]:
    """The rows of the calls of a program with their times."""
    return [
        replace(row, microseconds=1e6 * time.seconds, waiting=1e6 * time.waiting)
        for row, time in zip(rows, times.calls, strict=True)
    ]


def _by_layer(calls: Iterable[CallRow], layers: Sequence[Path]) -> tuple[LayerTime, ...]:
    sums: dict[Path, dict[str, float]] = {}
    for row in calls:
        of = sums.setdefault(row.layer, dict.fromkeys(("Forward", "Back", "Update"), 0.0))
        if row.when == "Step":
            of[row.way] += row.microseconds or 0.0
    whole = sum(sum(of.values()) for of in sums.values())
    # A loss comes behind the layers of the net, and what is no layer's last.
    order = [path for path in layers if path in sums]
    order += sorted(sums.keys() - {*order}, key=lambda path: path == ())
    return tuple(
        LayerTime(
            path,
            of["Forward"],
            of["Back"],
            of["Update"],
            share=sum(of.values()) / whole,
        )
        for path, of in ((path, sums[path]) for path in order)
    )


def with_arrays(
    report: ProgramReport, arrays: Mapping[Path, Arrays], saved: Mapping[Path, float]
) -> ProgramReport:
    """The report with what is to be told of layers that have arrays. saved: see LayerTime."""
    assert report.timing is not None
    layers = tuple(
        replace(row, arrays=arrays.get(row.layer), saved=saved.get(row.layer))
        for row in report.timing.layers
    )
    return replace(report, timing=replace(report.timing, layers=layers))


Kind = tuple[object, ...]


def apart(
    calls: Iterable[CallRow], others: Iterable[CallRow]
) -> tuple[list[CallRow], list[CallRow]]:
    """Of two programs the calls that have no counterpart in the other."""
    ours, theirs = _by_kind(calls), _by_kind(others)
    kinds = dict.fromkeys([*ours, *theirs])
    return (
        [row for kind in kinds for row in ours[kind][len(theirs[kind]) :]],
        [row for kind in kinds for row in theirs[kind][len(ours[kind]) :]],
    )


def _by_kind(calls: Iterable[CallRow]) -> defaultdict[Kind, list[CallRow]]:
    found: defaultdict[Kind, list[CallRow]] = defaultdict(list)
    for row in calls:
        found[row.layer, row.what, row.kernel, row.shapes, row.operations, row.bytes].append(row)
    return found
