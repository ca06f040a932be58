"""Columns whose examples lie elsewhere (out of core): they are read when they are used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from wlnet.core.errors import DataError
from wlnet.core.machine import check_memory

Array = np.ndarray[Any, Any]


class Stored(ABC):
    """A column that is read a few examples at a time: a training on it takes bounded memory.

    It is an array where one is asked for: then all of it is read.
    """

    title: str
    """What it is called in messages."""
    dtype: np.dtype[Any]
    """What the examples are made of; of things for an encoder, object."""
    shape: tuple[int, ...]
    """That of an array of all examples."""
    block_ends: Array | None = None
    """Where blocks end whose examples are best read together, as counts of examples; None where
    every example is cheap to reach."""

    @abstractmethod
    def read(self, rows: Array) -> Any:
        """Some examples, by their places from 0, in this order: an array, or a list of things."""

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, place: Any) -> Any:
        """One example, or those of a slice or of a list of places."""
        places = np.arange(len(self))[place]
        return self.read(places) if np.ndim(places) else self.read(np.array([places]))[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    @property
    def ndim(self) -> int:
        """Levels, that of the examples included."""
        return len(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        size = int(np.prod(self.shape, dtype=np.float64)) * self.dtype.itemsize
        check_memory(size, self.title, DataError)
        found: Any = self.read(np.arange(len(self)))
        if not isinstance(found, np.ndarray):
            items = np.empty(len(found), object)
            items[:] = found
            found = items
        made: Array = found if dtype is None else found.astype(dtype)
        return made

    def __repr__(self) -> str:
        return f"{self.title}: {self.dtype}, shape {self.shape}"


class StoredParts(Stored):
    """A column of arrays of numbers, or text, that lie in parts, one behind another."""

    ends: Array
    """Where each part ends, as counts of examples."""

    @abstractmethod
    def fill(self, found: Array, part: int, rows: Array) -> None:
        """Read examples of a part into memory, by their places in it, which do not fall."""

    def read(self, rows: Array) -> Array:
        if (np.diff(rows) < 0).any():
            rising, places = np.unique(rows, return_inverse=True)
            whole: Array = self.read(rising)[places]
            return whole
        found = np.empty((len(rows), *self.shape[1:]), self.dtype)
        cuts = np.searchsorted(rows, self.ends).tolist()
        for part, (start, stop) in enumerate(pairwise([0, *cuts])):
            if start < stop:
                first = self.ends[part - 1] if part else 0
                self.fill(found[start:stop], part, rows[start:stop] - first)
        return found
