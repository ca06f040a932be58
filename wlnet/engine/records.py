"""The records of a program's calls: their words, as kernels read them, and how they change.

A linker, with relocations: addresses are put in once it is known where slots lie, and words that
are told before a run whenever they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wlnet.engine.blueprint import (
    Address,
    Code,
    Field,
    Listed,
    Loop,
    Moves,
    Outside,
    Record,
    Step,
    View,
    Words,
    word_of,
)
from wlnet.kernels.jit.loading import address
from wlnet.kernels.jit.running import BACK, CALL_WORDS, FIRST_MOVE, MOVING, TIMES
from wlnet.kernels.language import Precision

Array = np.ndarray[Any, Any]
Place = tuple[Array, int, int]
"""A word of a record, and what is added to what is put there."""


@dataclass(frozen=True)
class Made:
    """A record, and its words that move with loops, each as it is in the first turn; those of
    records in it as well."""

    record: Array
    moving: tuple[tuple[Array, int, int, Moves], ...]

    def place(self, turns: Mapping[int, int]) -> None:
        """Have the words be those of a turn. turns: of each loop, by its number, from 0."""
        for record, i, start, moves in self.moving:
            record[i] = start + _distance(moves, turns)


def _distance(moves: Moves, turns: Mapping[int, int]) -> int:
    return sum(turns.get(number, 0) * distance for number, distance in moves)


def moved(view: View, turns: Mapping[int, int]) -> View:
    """A view as it is in a turn of loops."""
    return replace(view, offset=view.offset + _distance(view.moves, turns), moves=())


def walked(count: int, loops: Sequence[Loop]) -> Iterator[tuple[int, dict[int, int]]]:
    """The numbers of so many steps in the order in which they are done, each with the turn of every
    loop that it is in.

    >>> [n for n, _ in walked(4, [Loop(0, 1, 3, 2)])]
    [0, 1, 2, 1, 2, 3]
    """
    turns = {loop.number: 0 for loop in loops}
    at = 0
    while at < count:
        yield at, dict(turns)
        at += 1
        # Inner loops stand before those around them.
        for loop in loops:
            if loop.end == at:
                turns[loop.number] += 1
                if turns[loop.number] < loop.times:
                    at = loop.first
                    break
                turns[loop.number] = 0


class Records:
    """Makes records, and remembers which of their words change. starts: where each slot begins;
    lent: the slots that may be read elsewhere for a while."""

    def __init__(self, precision: Precision, starts: Sequence[int], lent: Collection[int]) -> None:
        self._precision, self._starts = precision, starts
        self._outside: dict[Any, list[Place]] = {}
        self._readers: dict[int, list[Place]] = {slot: [] for slot in lent}
        self._moving: list[tuple[Array, int, int, Moves]] = []
        """Words that move with loops, of the record under way."""
        self._kept: list[Array] = []

    def made(self, steps: Sequence[Step]) -> list[Made]:
        """A record for each of some steps."""
        found = []
        for step in steps:
            self._moving = []
            assert len(step.fields) == len(step.kernel.fields), (step.kernel.fields, step.fields)
            record = self._record(step.fields)
            found.append(Made(record, tuple(self._moving)))
        return found

    def calls(self, made: Sequence[Made], steps: Sequence[Step], loops: Sequence[Loop]) -> Array:
        """The table of calls that do some steps: a row each, and one for each end of a loop."""
        rows: list[tuple[int, int, int]] = []
        begins: dict[int, int] = {}
        for i, (step, each) in enumerate(zip(steps, made, strict=True)):
            begins.update({loop.number: len(rows) for loop in loops if loop.first == i})
            rows.append((address(step.kernel, self._precision), _start(each.record), step.wait))
            for loop in loops:
                if loop.end == i + 1:
                    inside = made[loop.first : loop.end]
                    rows.append((0, self._end(loop, begins[loop.number], inside), 0))
        return np.array(rows, np.int64).reshape(-1, CALL_WORDS)

    def _end(self, loop: Loop, begin: int, made: Sequence[Made]) -> int:
        """Where the record of the end of a loop lies, see running.py."""
        moving = [
            (_start(record) + 8 * i, distance)
            for each in made
            for record, i, _, moves in each.moving
            for number, distance in moves
            if number == loop.number
        ]
        words = np.zeros(FIRST_MOVE + 2 * len(moving), np.int64)
        words[TIMES], words[BACK], words[MOVING] = loop.times, begin, len(moving)
        words[FIRST_MOVE:] = np.array(moving, np.int64).ravel()
        self._kept.append(words)
        return _start(words)

    def _record(self, fields: Sequence[Field]) -> Array:
        record = np.zeros(max(len(fields), 1), np.int64)
        for i, field in enumerate(fields):
            record[i] = self._word(field, record, i)
        self._kept.append(record)
        return record

    def _word(self, field: Field, record: Array, i: int) -> int:
        if isinstance(field, Address):
            assert not (field.moves and field.slot in self._readers), field
            if field.slot in self._readers:
                self._readers[field.slot].append((record, i, field.offset))
            start = self._starts[field.slot] + field.offset
            if field.moves:
                self._moving.append((record, i, start, field.moves))
            return start
        if isinstance(field, Outside):
            self._outside.setdefault(field.name, []).append((record, i, field.offset))
            return field.offset
        if isinstance(field, Words):
            words = np.array(field.words, np.int64)
            self._kept.append(words)
            return _start(words)
        if isinstance(field, Code):
            return address(field.kernel, self._precision)
        if isinstance(field, Record):
            assert len(field.fields) == len(field.kernel.fields), field
            return _start(self._record(field.fields))
        if isinstance(field, Listed):
            return _start(self._record(field.fields))
        return word_of(field)

    def set(self, name: object, word: int) -> None:
        """Put a word to all places of a name."""
        for record, i, offset in self._outside.get(name, ()):
            record[i] = word + offset

    def may_lend(self, slot: int) -> bool:
        """Whether all that reads a slot can be told to read elsewhere."""
        return slot in self._readers

    def read(self, slot: int, start: int) -> None:
        """From now on a slot is read from another place on."""
        for record, i, offset in self._readers.get(slot, ()):
            record[i] = start + offset


def _start(array: Array) -> int:
    return int(array.ctypes.data)
