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
    lies as in the memory, so that it is copied many times a second, into the same place.
    """

    def __init__(self, memory: Memory, moving: Collection[ArrayKey], step: int) -> None:
        """moving: the arrays that steps may change; step: how many there were before."""
        lists = [[memory.arrays[key], *memory.states.get(key, ())] for key in moving]
        self._pairs = [(array, np.empty_like(array)) for arrays in lists for array in arrays]
        """What moves, and what is kept of it."""
        self._updates = memory.updates
        self.take(step)

    def take(self, step: int) -> None:
        """Keep everything as it is now, before a step counted from 0."""
        begun = time.perf_counter()
        for array, kept in self._pairs:
            np.copyto(kept, array)
        self._counts = dict(self._updates)
        self.step = step
        self.since: list[Stretch] = []
        self._held = 0
        self._taken = time.perf_counter()
        self._cost = self._taken - begun

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
        for array, kept in self._pairs:
            np.copyto(array, kept)
        self._updates.update(self._counts)
