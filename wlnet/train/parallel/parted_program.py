"""A step of training on a batch in parts, run like any program (engine/program.py).

Every part of this rank has a program and memory of its own: it goes through the net up to its share
in the gradients, broken off where the parts meet. Then the shares are added up, each rank updates
its slice of all arrays, and all are given all slices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.engine.blueprint import Blueprint
from wlnet.engine.program import Program
from wlnet.evaluate.holding import Array
from wlnet.graph.keys import GradientKey, GradientSquaresKey
from wlnet.plan.parts import meetings
from wlnet.train.interrupts import interrupts
from wlnet.train.parallel.division import Division
from wlnet.train.parallel.tree import added, halve, join, sum_of


class Part(NamedTuple):
    """The number of the first example of a part, how many it has, and its program. One without
    examples goes through the net with another part's, for what all parts know afterwards, and its
    share in all sums is 0."""

    first: int
    size: int
    program: Program


class PartedProgram:
    """The programs of this rank's parts, and the update of its slice.

    `set`, `tables`, `run`, `done` and `bad` are those of a Program: steps, and rows of tables, are
    those of whole batches.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        update: Program,
        division: Division,
        stretch: Array,
        gradients: Array,
        whole: int,
        scale: Array | None = None,
        gradient_norm: float | None = None,
        gradient_squares: bool = False,
    ) -> None:
        """stretch: where the arrays that learn lie, as the division says. gradients: likewise, of
        this rank's update. whole: how many examples a batch has. scale: of the gradients."""
        self._parts = [part.program for part in parts]
        self._firsts = [part.first for part in parts]
        self._sizes = [part.size for part in parts]
        self._update, self._division = update, division
        self._stretch, self._gradients, self._whole = stretch, gradients, whole
        self._spare = [np.empty_like(gradients)]
        self._scale, self._norm, self._squares = scale, gradient_norm, gradient_squares
        first = self._parts[0]
        arena = sum(part.blueprint.arena_bytes for part in self._parts)
        self.blueprint: Blueprint = replace(first.blueprint, arena_bytes=arena)
        self.workers = max(first.workers, update.workers)
        self.done, self.bad, self.is_torn = 0, 0, False
        self._given: dict[object, Array] = {}
        self._tables: list[dict[Any, Array]] = []
        self._all: dict[Any, Array] = {}
        self._square_tables: dict[Any, Array] = {}
        for part in parts:
            part.program.set("first example", part.first if part.size else 0)
        self._meetings = [meetings(part.blueprint) for part in self._parts]
        if len({len(found) for found in self._meetings}) > 1:
            what = "parts of one batch go through the net in different ways"
            raise fail(OptionError, Fault(what, fix="a batch_size that batch_parts divides"))

    @property
    def workers_now(self) -> int:
        return self._parts[0].workers_now

    # As of a Program

    def set(self, name: object, word: int) -> None:
        if name == "order":
            for first, size, part in zip(self._firsts, self._sizes, self._parts, strict=True):
                part.set("order", word + 8 * (first if size else 0))
        elif isinstance(name, tuple) and name[0] == "column":
            for part in self._parts:
                part.set(name, word)
        else:
            self._update.set(name, word)

    def give(self, name: object, table: Array) -> None:
        self.set(name, table.ctypes.data)
        self._given[name] = table

    def tables(self, steps: int) -> dict[Any, Array]:
        self._tables = [part.tables(steps) for part in self._parts]
        self._all = {
            name: np.empty((steps, self._whole, *table.shape[2:]), table.dtype)
            for name, table in self._tables[0].items()
        }
        keys = self._division.places if self._squares else ()
        self._square_tables = {GradientSquaresKey(key): np.empty((steps, 1)) for key in keys}
        return {**self._all, **self._square_tables}

    def rest(self) -> None:
        self.done, self.bad, self.is_torn = 0, 0, False
        for program in (*self._parts, self._update):
            program.rest()

    def run(
        self, *, seed: Seed = 0, step: int = 0, steps: int = 1, workers: int | None = None
    ) -> int:
        self.rest()
        count = self.workers_now if workers is None else workers
        try:
            for at in range(steps):
                self._share(seed, step, at, count)
                # An update is done as a whole, whenever an interrupt comes.
                with interrupts().held():
                    self._learn(seed, step, at, count)
                    self.done += 1
                if self.bad:
                    break
            self._hear_of_others()
        finally:
            self._gather_tables()
        return self.done

    # A step

    def _share(self, seed: Seed, step: int, at: int, workers: int) -> None:
        """The sums of all gradients, of this rank's slice."""
        begin = [0] * len(self._parts)
        for meeting in zip(*self._meetings, strict=True):
            for i, (part, end) in enumerate(zip(self._parts, meeting, strict=True)):
                self._go(part, begin[i], end + 1, seed, step, at, workers)
                begin[i] = end + 1
            places = [
                part.view(part.blueprint.steps[end].writes[0])
                for part, end in zip(self._parts, meeting, strict=True)
            ]
            shares = [
                place if size else np.zeros_like(place)
                for place, size in zip(places, self._sizes, strict=True)
            ]
            total = sum_of(self._division.exchange, shares)
            for place in places:
                np.copyto(place, total)
        for i, part in enumerate(self._parts):
            self._go(part, begin[i], len(part.blueprint.steps), seed, step, at, workers)
        self._add_up(0, len(self._parts), self._gradients, 0)
        halve(self._division.exchange, self._gradients, self._spare[0])

    def _go(
        self, part: Program, first: int, last: int, seed: Seed, step: int, at: int, workers: int
    ) -> None:
        part.run_piece(first, last, seed=seed, step=step, at=at, workers=min(workers, part.workers))

    def _add_up(self, first: int, last: int, to: Array, level: int) -> None:
        """The sum of the gradients of some parts, which stand below one node of the tree."""
        places = self._division.places
        if last - first == 1:
            for key, found in self._found(first).items():
                to[places[key]] = found.reshape(-1)
        elif last - first == 2:
            ours, theirs = self._found(first), self._found(first + 1)
            for key, found in ours.items():
                added(found.reshape(-1), theirs[key].reshape(-1), out=to[places[key]])
        else:
            middle = (first + last) // 2
            if level == len(self._spare):
                self._spare.append(np.zeros_like(to))
            beside = self._spare[level]
            self._add_up(first, middle, to, level + 1)
            self._add_up(middle, last, beside, level + 1)
            added(to, beside, out=to)

    def _found(self, i: int) -> dict[ArrayKey, Array]:
        outputs = self._parts[i].outputs
        keys = (key for key in self._division.places if GradientKey(key) in outputs)
        found = {key: outputs[GradientKey(key)] for key in keys}
        return found if self._sizes[i] else {k: np.zeros_like(v) for k, v in found.items()}

    def _learn(self, seed: Seed, step: int, at: int, workers: int) -> None:
        """Update the own slice, and have those of all ranks."""
        self.is_torn = True
        if self._norm is not None or self._squares:
            self._measure(at)
        update, exchange = self._update, self._division.exchange
        count = len(update.blueprint.steps)
        self._go(update, 0, count, seed, step, at, workers)
        flags = np.zeros(exchange.ranks, np.int8)
        flags[exchange.rank] = bool(update.bad)
        join(exchange, self._stretch, flags)
        self.bad = at + 1 if flags.any() else 0
        self.is_torn = False

    def _measure(self, at: int) -> None:
        """The squares of all gradients, and the number that they are scaled by."""
        division = self._division
        found = {}
        for each in division.slices():
            pieces = [self._gradients[division.piece(key, each)] for key in division.places]
            with np.errstate(all="ignore"):
                sums = [float(np.square(piece, dtype=np.float64).sum()) for piece in pieces]
            found[each.start] = sums
        every: dict[int, list[float]] = {}
        for one in division.exchange.gather(found, "the squares of gradients"):
            every |= one
        with np.errstate(all="ignore"):
            totals = np.sum([every[start] for start in sorted(every)], axis=0)
        running = 0.0
        for key, total in zip(division.places, totals.tolist(), strict=True):
            if self._square_tables:
                self._square_tables[GradientSquaresKey(key)][at, 0] = total
            if not np.isnan(self._given["rates", key][at]):
                running += total
        if self._norm is not None and self._scale is not None:
            norm = float(np.sqrt(running))
            # A norm that is not finite would make 0 of every gradient: NaN is noticed.
            usual = 1.0 if norm <= self._norm else self._norm / norm
            self._scale[0] = usual if norm < np.inf else np.nan

    # Tables

    def _gather_tables(self) -> None:
        """Put what the own parts keep of each step into the rows of whole batches."""
        for name, table in self._all.items():
            for first, size, own in zip(self._firsts, self._sizes, self._tables, strict=True):
                table[: self.done, first : first + size] = own[name][: self.done, :size]

    def _hear_of_others(self) -> None:
        """Have the rows of all parts."""
        exchange = self._division.exchange
        if exchange.ranks == 1:
            return
        self._gather_tables()
        mine = slice(self._firsts[0], self._firsts[-1] + self._sizes[-1])
        told = {name: table[: self.done, mine] for name, table in self._all.items()}
        for first, tables in exchange.gather((mine.start, told), "the losses"):
            for name, rows in tables.items():
                self._all[name][: self.done, first : first + rows.shape[1]] = rows
