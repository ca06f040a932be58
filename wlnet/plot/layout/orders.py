"""Who stands left of whom in a row: an order in which few lines cross.

Row by row each spot goes to the mean of what it is joined with, down and up by turns; then
neighbours change places where that helps. The best order of all is kept. Where nothing speaks for
another order the given one stays: a net's main way left, and what passes it at its right.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable

from wlnet.plot.layout.rows import Rows, Spot, Step

TURNS = 40
PATIENCE = 6
"""Turns after which nothing is better any more."""
MOST_SWAPS = 40
"""Rows with more spots have their neighbours left alone."""


def put_in_order(rows: Rows) -> None:
    """Order every row."""
    _begin(rows)
    best, least = _numbers(rows), _crossings(rows)
    since = 0
    for turn in range(TURNS):
        if not least or since > PATIENCE:
            break
        down = turn % 2 == 0
        # Of equal ones now the left one stays left, now the right one goes there.
        turned = turn % 4 >= 2
        for row in rows[1:] if down else rows[-2::-1]:
            _to_the_mean(row, _upper_mean if down else _lower_mean, turned)
        _swap(rows)
        now = _crossings(rows)
        since += 1
        if now < least:
            best, least, since = _numbers(rows), now, 0
    for row in rows:
        row.sort(key=lambda spot: best[id(spot)])
        _number(row)


def _begin(rows: Rows) -> None:
    """The order in which they are met on the ways down from the leftmost, nodes before passages."""
    met: dict[int, int] = {}
    for row in rows:
        for start in row:
            waiting = [start]
            while waiting:
                spot = waiting.pop()
                if id(spot) in met:
                    continue
                met[id(spot)] = len(met)
                leads = [step.lower for step in reversed(spot.below)]
                waiting += sorted(leads, key=lambda lower: not lower.is_passage)
    for row in rows:
        row.sort(key=lambda spot: met[id(spot)])
        _number(row)


def _number(row: list[Spot]) -> None:
    for i, spot in enumerate(row):
        spot.at = i


def _numbers(rows: Rows) -> dict[int, int]:
    return {id(spot): spot.at for row in rows for spot in row}


def outlet_at(step: Step) -> float:
    """Where a step begins, in numbers of its row: between spots counts where its port is."""
    spot = step.upper
    return spot.at + (spot.outlets[step.outlet] / spot.width if spot.outlets else 0.5)


def inlet_at(step: Step) -> float:
    """Where a step ends, in numbers of its row."""
    spot = step.lower
    return spot.at + (spot.inlets[step.inlet] / spot.width if spot.inlets else 0.5)


def _upper_mean(spot: Spot) -> float | None:
    return sum(map(outlet_at, spot.above)) / len(spot.above) if spot.above else None


def _lower_mean(spot: Spot) -> float | None:
    return sum(map(inlet_at, spot.below)) / len(spot.below) if spot.below else None


def _to_the_mean(row: list[Spot], mean: Callable[[Spot], float | None], turned: bool) -> None:
    """Order a row by its means; a spot that has none stays where it is. turned: whether equal ones
    change places."""
    means = {id(spot): mean(spot) for spot in row}
    with_means = [spot for spot in row if means[id(spot)] is not None]
    if turned:
        with_means.reverse()
    moving = iter(sorted(with_means, key=lambda s: means[id(s)] or 0.0))
    row[:] = [spot if means[id(spot)] is None else next(moving) for spot in row]
    _number(row)


def _crossings(rows: Rows) -> int:
    """How many lines cross, in all."""
    return sum(_crossings_below(row) for row in rows)


def _crossings_below(row: list[Spot]) -> int:
    ends = sorted((outlet_at(step), inlet_at(step)) for spot in row for step in spot.below)
    passed: list[float] = []
    count = 0
    i = 0
    while i < len(ends):
        # Those that begin at one place do not cross.
        j = i
        while j < len(ends) and ends[j][0] == ends[i][0]:
            count += len(passed) - bisect_right(passed, ends[j][1])
            j += 1
        for _, lower in ends[i:j]:
            insort(passed, lower)
        i = j
    return count


def _swap(rows: Rows) -> None:
    """Let neighbours change places as long as fewer lines cross then."""
    for row in rows:
        if len(row) > MOST_SWAPS:
            continue
        for _ in range(4):
            is_better = False
            for i in range(len(row) - 1):
                a, b = row[i], row[i + 1]
                now = _between(a, b)
                a.at, b.at = b.at, a.at
                if _between(b, a) < now:
                    row[i], row[i + 1] = b, a
                    is_better = True
                else:
                    a.at, b.at = b.at, a.at
            if not is_better:
                break


def _between(a: Spot, b: Spot) -> int:
    """How many lines of two neighbours cross each other, the first being the left one."""
    up = sum(outlet_at(s) > outlet_at(t) for s in a.above for t in b.above)
    return up + sum(inlet_at(s) > inlet_at(t) for s in a.below for t in b.below)
