"""Formulas in primitives: their rows, each computed once, and sides of a choice behind a gate.

A row is a function with its operands: numbers, arguments "#1", "#2", ..., and earlier rows, which
have the numbers from there on. A tree (expression.py) is written in rows first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from wlnet.graph.builder import Builder, Real
from wlnet.graph.conditions import CONDITIONS, NOT, STRAIGHT, guarded
from wlnet.graph.functions import COMBINATIONS, FUNCTIONS, Combination, Function, mapped
from wlnet.graph.graph import Value

Ref = str
"""An argument, or the result of a row: "#" and its number."""
Row = tuple[Any, ...]
Rows = Mapping[Ref, Row]

OPERATORS: dict[str, Function] = {
    **FUNCTIONS,
    **{name: mapped(name) for name in ("ExpMinusOne", "LogOnePlus", "NormalCDF")},
    "Not": NOT,
}
"""Functions of one number that may stand in a formula."""
OF_SEVERAL: dict[str, Combination] = {**COMBINATIONS, **CONDITIONS}
"""Functions of several numbers that may stand in a formula, beside If[condition, then, other]."""


def number_of(ref: Ref) -> int:
    """The number of an argument or a row."""
    return int(ref[1:])


def is_of_numbers(row: Row) -> bool:
    """Whether a row is a function of numbers, which goes element by element."""
    return row[0] in OPERATORS or row[0] in OF_SEVERAL or row[0] == "If"


def operands(row: Row) -> tuple[Any, ...]:
    """What a row is made of: behind its name, and the settings of an operation."""
    return row[1:] if is_of_numbers(row) else row[2:]


def refs_in(row: Row) -> list[Ref]:
    """The operands of a row that are no numbers."""
    return [part for part in operands(row) if isinstance(part, str)]


def computed(name: str, numbers: Sequence[Any]) -> Any:
    """A function of numbers in NumPy, but If."""
    if name in OPERATORS:
        return OPERATORS[name].evaluate(numbers[0])
    return reduce(OF_SEVERAL[name].evaluate, numbers)


def written_in_rows(tree: Any, arguments: int) -> tuple[dict[Ref, Row], Any]:
    """The rows of a tree, equal parts once, and which of them it is."""
    found: dict[Row, Ref] = {}

    def write(part: Any) -> Any:
        if not isinstance(part, tuple):
            return part
        row = (part[0], *map(write, part[1:]))
        return found.setdefault(row, f"#{arguments + len(found) + 1}")

    last = write(tree)
    return {ref: row for row, ref in found.items()}, last


class Lowered:
    """Writes rows in primitives. Values of other ranks meet as NumPy says, behind the batch."""

    def __init__(self, g: Builder, rows: Rows) -> None:
        self.g, self.rows = g, rows
        self.straight: dict[Ref, bool] = {}

    def make(self, targets: Iterable[Any], done: dict[Ref, Real]) -> None:
        """Compute rows, and what they need; `done` has the arguments, and gets all that is made."""
        for ref in sorted(self._needed(targets, done), key=number_of):
            done[ref] = self._row(self.rows[ref], done)

    def _needed(self, targets: Iterable[Any], done: Mapping[Ref, Real]) -> set[Ref]:
        """The rows to compute: of sides behind gates, only what they are given."""
        waiting = [ref for ref in targets if isinstance(ref, str)]
        needed: set[Ref] = set()
        while waiting:
            ref = waiting.pop()
            if ref in done or ref in needed:
                continue
            needed.add(ref)
            row = self.rows[ref]
            parts = [*operands(row)]
            if row[0] == "If":
                condition, *sides = parts
                parts = [condition]
                for side in sides:
                    parts += [side] if self._is_straight(side) else self._given(side)
            waiting += [part for part in parts if isinstance(part, str)]
        return needed

    def _row(self, row: Row, done: dict[Ref, Real]) -> Real:
        name, *parts = row
        if name == "If":
            return self._if(parts, done)
        return self.function(name, [self._value(part, done) for part in parts])

    def function(self, name: str, values: list[Real]) -> Real:
        """A function of numbers of some values."""
        if all(isinstance(value, float) for value in values):
            return float(computed(name, values))
        aligned: list[Any] = self._aligned(values)
        if name in OPERATORS:
            return OPERATORS[name].lower(self.g, aligned[0])
        return reduce(lambda a, b: OF_SEVERAL[name].lower(self.g, a, b), aligned)  # type: ignore[no-any-return]

    def _value(self, part: Any, done: Mapping[Ref, Real]) -> Real:
        return done[part] if isinstance(part, str) else float(part)

    def _aligned(self, values: Sequence[Real]) -> list[Real]:
        """Values of one rank: further axes of size 1 come behind that of the batch."""
        rank = max(value.rank for value in values if isinstance(value, Value))
        return [
            self.g.reshape(value, (value.shape[0], *(1,) * (rank - value.rank), *value.shape[1:]))
            if isinstance(value, Value) and value.rank < rank
            else value
            for value in values
        ]

    # Choices

    def _if(self, parts: list[Any], done: dict[Ref, Real]) -> Real:
        g, (condition, *sides) = self.g, parts
        mask = self._value(condition, done)
        if isinstance(mask, float):
            side = sides[0] if mask else sides[1]
            self.make([side], done)
            return self._value(side, done)
        made = []
        for side, taken in zip(sides, (mask, g.subtract(1.0, mask)), strict=True):
            inside = done
            if not self._is_straight(side):
                inside = self._behind(taken, self._given(side), done)
                self.make([side], inside)
            made.append(self._value(side, inside))
        mask, *made = self._aligned([mask, *made])
        assert isinstance(mask, Value)
        return g.choose(mask, *made)

    def _behind(self, taken: Value, given: list[Ref], done: dict[Ref, Real]) -> dict[Ref, Real]:
        """What a side is given, behind the gate of its mask."""
        inside: dict[Ref, Real] = {}
        for ref in given:
            value = done[ref]
            if isinstance(value, Value):
                mask, value = self._aligned([taken, value])
                assert isinstance(mask, Value)
                assert isinstance(value, Value)
                inside |= guarded(self.g, mask, {ref: value})
            else:
                inside[ref] = value
        return inside

    def _given(self, side: Any) -> list[Ref]:
        """What the functions of numbers of a side begin with, in order."""
        waiting, seen, found = [side], set[Ref](), set[Ref]()
        while waiting:
            ref = waiting.pop()
            if not isinstance(ref, str) or ref in seen:
                continue
            seen.add(ref)
            row = self.rows.get(ref)
            if row is None or not is_of_numbers(row):
                found.add(ref)
            else:
                waiting += row[1:]
        return sorted(found, key=number_of)

    def _is_straight(self, side: Any) -> bool:
        """Whether the slopes of a side are numbers that are written in it: then they are finite
        wherever it is computed, and it needs no gate."""
        row = self.rows.get(side) if isinstance(side, str) else None
        if row is None or not is_of_numbers(row):
            return True
        if side not in self.straight:
            self.straight[side] = self._is_row_straight(row)
        return self.straight[side]

    def _is_row_straight(self, row: Row) -> bool:
        name, *parts = row
        if name in ("Times", "Divide"):
            changing = [part for part in parts if isinstance(part, str)]
            by_number = len(changing) < 2 and not (name == "Divide" and isinstance(parts[1], str))
            return by_number and all(map(self._is_straight, parts))
        return name in STRAIGHT and all(map(self._is_straight, parts))
