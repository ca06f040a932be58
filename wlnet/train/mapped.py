"""Columns that lie in files: what has to be converted is so a piece at a time, when it is used."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.evaluate.holding import Array, copy_into
from wlnet.evaluate.places import Place

PIECE = 64 << 20
"""Bytes that are converted at a time; what is no larger is converted once and for all."""


@dataclass(frozen=True)
class Mapped:
    """Rows of a mapped array, and the type of numbers that they become.

    >>> column = Mapped(np.arange(6).reshape(3, 2), np.dtype(np.float32), np.array([2, 0]))
    >>> len(column), column[np.array([0])]
    (2, array([[4., 5.]], dtype=float32))
    """

    array: Array
    dtype: np.dtype[Any]
    rows: Array

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Array | slice) -> Array:
        """Some rows, converted."""
        numbers: Array = self.array[self.rows[rows]].astype(self.dtype)
        return numbers

    def of(self, rows: Array) -> Mapped:
        """Some rows, to be converted."""
        return Mapped(self.array, self.dtype, self.rows[rows])

    @property
    def ndim(self) -> int:
        """Levels, that of the examples included."""
        return self.array.ndim

    @property
    def row_bytes(self) -> int:
        """Bytes of a converted row."""
        return self.array[:1].size * self.dtype.itemsize


def mapped(array: Array, dtype: np.dtype[Any] | type, place: Place) -> Mapped | None:
    """A column to be converted when it is used; None where it does not lie in a file, or is small.

    All of it is looked at once. Raises DataError for a number that the type cannot hold.
    """
    kind = np.dtype(dtype)
    if array.size * kind.itemsize <= PIECE or not _lies_in_a_file(array):
        return None
    column = Mapped(array, kind, np.arange(len(array)))
    for start, stop in pieces(len(array), column.row_bytes):
        part = array[start:stop]
        copy_into(part, np.empty(part.shape, kind), place, start)
    return column


def pieces(count: int, row_bytes: int, of: int = 1) -> Iterator[tuple[int, int]]:
    """Where pieces of so many rows start and stop, each a multiple of some rows but the last."""
    some = max(PIECE // max(row_bytes * of, 1), 1) * of
    for start in range(0, count, some):
        yield start, min(start + some, count)


def _lies_in_a_file(array: object) -> bool:
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)
