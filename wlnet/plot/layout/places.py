"""How far to the right everything stands: straight lines moved as wholes, each as near as it may to
what its ends are joined with."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

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
            moved = max(moved, _settle(number, lines))
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


def _settle(number: int, lines: list[_Line]) -> float:
    """Move a line to where it would be, with those that it pushes, if they would go there too as a
    whole; gives how far."""
    pull, strength = _pull(lines[number], lines)
    if not strength or abs(pull) < ENOUGH * strength:
        return 0.0
    side = 1.0 if pull > 0 else -1.0
    pushed = _pushed(number, side, lines)
    pulls = [_pull(lines[n], lines) for n in pushed]
    way = side * sum(pull for pull, _ in pulls) / sum(strength for _, strength in pulls)
    for n in pushed:
        for other, apart in _neighbours(lines[n], side).items():
            if other not in pushed:
                way = min(way, side * (lines[other].x - lines[n].x) - apart)
    if way <= 0:
        return 0.0
    for n in pushed:
        lines[n].x += side * way
    return way


def _pull(line: _Line, lines: list[_Line]) -> tuple[float, float]:
    """How strongly a line is drawn to the right by what it is joined with; the sum of strengths."""
    pull = sum((lines[n].x + away - line.x) * strong for n, away, strong in line.wishes)
    return pull, sum(strong for *_, strong in line.wishes)


def _neighbours(line: _Line, side: float) -> dict[int, float]:
    return line.left_of if side > 0 else line.right_of


def _pushed(number: int, side: float, lines: list[_Line]) -> dict[int, None]:
    """A line, and all that it touches at a side."""
    found = {number: None}
    waiting = [number]
    while waiting:
        line = lines[waiting.pop()]
        for other, apart in _neighbours(line, side).items():
            if other not in found and side * (lines[other].x - line.x) - apart < ENOUGH:
                found[other] = None
                waiting.append(other)
    return found
