"""What is kept of a training so that its last steps can be taken back."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from wlnet.core.rules import ArrayKey
from wlnet.evaluate.holding import Array
from wlnet.train.memory import Memory
from wlnet.train.sources import Batches

SHARE = 100
"""A snapshot is taken when so many times the time that it takes has gone by."""
BYTES = 5e9
"""Bytes a second that taking one copies, for the first of a training, which copies none."""
HELD = 128 << 20
"""Bytes of batches that nobody else has, after which it is taken too."""


@dataclass(frozen=True)
class Stretch:
    """Steps in a row: their batches, and the learning rate of each. Done again, they ask nobody."""

    batches: Batches
    learning_rates: Array

    @property
    def count(self) -> int:
        """How many steps there are."""
        return self.batches.count

    def part(self, first: int, count: int) -> Stretch:
        """Some of them."""
        if count == self.count:
            return self
        return Stretch(self.batches.part(first, count), self.learning_rates[first : first + count])


class Snapshot:
    """The arrays that move, as they were some steps ago, and the steps since.

    It is whole whenever steps run: who is interrupted while one is taken has nothing to take back.
    A `Moment` (results/moment.py) is the same in plain values, for whoever goes on later. Here all
    lies as in the memory, so that it is copied many times a second, into the same place. Before the
    first step of a training others have the numbers already, and nothing is copied.
    """

    def __init__(self, memory: Memory, moving: Collection[ArrayKey], step: int) -> None:
        """moving: the arrays that steps may change; step: how many there were before."""
        self._memory, self._moving = memory, moving
        lists = [[memory.arrays[key], *memory.states.get(key, ())] for key in moving]
        self._arrays = [array for arrays in lists for array in arrays]
        """What moves."""
        self._kept: list[Array] = []
        """What is kept of it, from when it is first copied."""
        self._given = memory.given()
        """The numbers that the training began with, until then."""
        if self._given is None:
            self.take(step)
        else:
            self._begin(step, sum(array.nbytes for array in self._arrays) / BYTES)

    def take(self, step: int) -> None:
        """Keep everything as it is now, before a step counted from 0."""
        begun = time.perf_counter()
        if not self._kept:
            self._kept = [np.empty_like(array) for array in self._arrays]
        for array, kept in zip(self._arrays, self._kept, strict=True):
            np.copyto(kept, array)
        self._given = None
        self._begin(step, time.perf_counter() - begun)

    def _begin(self, step: int, cost: float) -> None:
        """From here on steps are kept. cost: seconds that it takes to keep all else."""
        self._counts = dict(self._memory.updates)
        self.step = step
        self.since: list[Stretch] = []
        self._held = 0
        self._taken = time.perf_counter()
        self._cost = cost

    @property
    def is_old(self) -> bool:
        """Whether it is time for a new one."""
        return self._held > HELD or time.perf_counter() - self._taken > SHARE * self._cost

    def add(self, stretch: Stretch) -> None:
        """Keep steps that were done since."""
        self.since.append(stretch)
        if stretch.batches.is_own:
            self._held += sum(column.nbytes for column in stretch.batches.columns.values())

    def go_back(self) -> None:
        """Make everything as it was: the steps since have to be done once more."""
        if self._given is not None:
            self._memory.begin_anew(self._given, self._moving)
        else:
            for array, kept in zip(self._arrays, self._kept, strict=True):
                np.copyto(array, kept)
        self._memory.updates.update(self._counts)
