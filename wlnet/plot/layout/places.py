"""How far to the right everything stands: straight lines moved as wholes, each as near as it may to
what its ends are joined with."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from wlnet.plot.layout.graphs import Spacing
from wlnet.plot.layout.rows import Rows, Spot

TURNS = 24
ENOUGH = 0.05
"""Of a pixel: what moves less stays."""


@dataclass(eq=False)
class _Line:
    """A straight line. right_of, left_of: its neighbours, each with how far apart they must be;
    wishes: the lines that it is joined with, how far from them it would be, and how strongly."""

    x: float = 0.0
    right_of: dict[int, float] = field(default_factory=dict)
    left_of: dict[int, float] = field(default_factory=dict)
    wishes: list[tuple[int, float, float]] = field(default_factory=list)


def place(rows: Rows, count: int, spacing: Spacing) -> None:
    """Say how far to the right each spot stands. count: how many lines there are."""
    lines = [_Line() for _ in range(count)]
    for row in rows:
        for left, right in pairwise(row):
            apart = left.shift + left.width + room(left, right, spacing) - right.shift
            one, other = lines[left.line], lines[right.line]
            apart = max(apart, other.right_of.get(left.line, apart))
            other.right_of[left.line] = one.left_of[right.line] = apart
        for spot in row:
            for step in spot.below:
                upper, lower = step.upper, step.lower
                if upper.line == lower.line:
                    continue
                # x(lower line) - x(upper line) where the step would be straight.
                away = (upper.shift + upper.outlets[step.outlet]
                        - lower.shift - lower.inlets[step.inlet])  # fmt: skip
                strong = 1.0 if upper.is_passage or lower.is_passage else 4.0
                lines[lower.line].wishes.append((upper.line, away, strong))
                lines[upper.line].wishes.append((lower.line, -away, strong))
    order = _from_the_left(lines)
    for number in order:
        line = lines[number]
        line.x = max((lines[n].x + apart for n, apart in line.right_of.items()), default=0.0)
    for turn in range(TURNS):
        moved = 0.0
        for number in order if turn % 2 else reversed(order):
            moved = max(moved, _settle(lines[number], lines))
        if moved < ENOUGH:
            break
    for row in rows:
        for spot in row:
            spot.x = lines[spot.line].x + spot.shift
    least = min((spot.x for row in rows for spot in row), default=0.0)
    for row in rows:
        for spot in row:
            spot.x -= least


def room(left: Spot, right: Spot, spacing: Spacing) -> float:
    """How much room is between two neighbours of a row."""
    is_box = left.kind == "node" and right.kind == "node"
    return spacing.apart if is_box else spacing.beside


def _from_the_left(lines: list[_Line]) -> list[int]:
    """The lines, each after those that it stands right of."""
    waiting = [len(line.right_of) for line in lines]
    order = [number for number, count in enumerate(waiting) if not count]
    for number in order:
        for other in lines[number].left_of:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    assert len(order) == len(lines), "lines that cross"
    return order


def _settle(line: _Line, lines: list[_Line]) -> float:
    """Move a line to where it would be, as far as its neighbours let it; gives how far."""
    strength = sum(strong for *_, strong in line.wishes)
    if not strength:
        # Nothing holds it: it stays at its neighbours' side.
        return 0.0
    wish = sum((lines[n].x + away) * strong for n, away, strong in line.wishes) / strength
    least = max((lines[n].x + apart for n, apart in line.right_of.items()), default=-inf)
    most = min((lines[n].x - apart for n, apart in line.left_of.items()), default=inf)
    new = max(min(wish, most), least)
    moved = abs(new - line.x)
    line.x = new
    return moved
