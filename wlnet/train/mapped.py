"""Columns that lie in files: read, encoded or converted when they are used, a piece at a time."""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from wlnet.core.machine import available_cores
from wlnet.core.stored import Stored
from wlnet.evaluate.holding import Array, copy_into
from wlnet.evaluate.places import Place

PIECE = 64 << 20
"""Bytes that are converted at a time; what is no larger is converted once and for all."""
MOST_READERS = 8
"""Threads that read pieces before they are used, where there are so many cores."""

T = TypeVar("T")
Job = TypeVar("Job")


@dataclass(frozen=True)
class Mapped:
    """Rows of a mapped array, or of a stored column, and the type of numbers that they become.

    made: what makes numbers of examples and their places, where more has to be done than to convert
    them. is_own: whether the user's own code does it.

    >>> column = Mapped(np.arange(6).reshape(3, 2), np.dtype(np.float32), np.array([2, 0]))
    >>> len(column), column[np.array([0])]
    (2, array([[4., 5.]], dtype=float32))
    """

    array: Array | Stored
    dtype: np.dtype[Any]
    rows: Array
    made: Callable[[Any, Array], Array] | None = None
    is_own: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Array | slice) -> Array:
        """Some rows, converted."""
        places = self.rows[rows]
        found = self.array.read(places) if isinstance(self.array, Stored) else self.array[places]
        numbers: Array = found if self.made is None else self.made(found, places)
        # What was made is nobody else's; what was read as it is may be.
        return numbers.astype(self.dtype, copy=self.made is None)

    def of(self, rows: Array) -> Mapped:
        """Some rows, to be converted."""
        return Mapped(self.array, self.dtype, self.rows[rows], self.made, self.is_own)

    @property
    def ndim(self) -> int:
        """Levels, that of the examples included."""
        return self.array.ndim if self.made is None else self[:1].ndim

    @property
    def row_bytes(self) -> int:
        """Bytes of a converted row."""
        if self.made is not None:
            return self[:1].nbytes
        return self.array[:1].size * self.dtype.itemsize

    @property
    def blocks(self) -> Array | None:
        """The block that each row is in, where rows of a block are best read together."""
        ends = self.array.block_ends if isinstance(self.array, Stored) else None
        return None if ends is None else np.searchsorted(ends, self.rows, side="right")


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


def pieces(count: int, row_bytes: int, of: int = 1, parts: int = 1) -> Iterator[tuple[int, int]]:
    """Where pieces of so many rows start and stop, each a multiple of some rows but the last.

    parts: how many pieces share the bytes of one.
    """
    some = max(PIECE // parts // max(row_bytes * of, 1), 1) * of
    for start in range(0, count, some):
        yield start, min(start + some, count)


def readers_of(columns: Iterable[Mapped]) -> int:
    """How many threads read columns ahead: one where the user's own code is asked, which is called
    in order."""
    if any(column.is_own for column in columns):
        return 1
    return max(min(available_cores(), MOST_READERS), 1)


def ahead(job: Callable[[Job], T], jobs: Iterable[Job], readers: int) -> Iterator[T]:
    """What a function gives of each job, in order, worked out by other threads before it is asked
    for: so many at a time, and one more waits.

    >>> list(ahead(abs, [-1, -2, -3], 2))
    [1, 2, 3]
    """
    rest = iter(jobs)
    first = list(islice(rest, 2))
    if len(first) < 2:
        # Nothing can be done meanwhile.
        yield from map(job, first)
        return
    pool = ThreadPoolExecutor(readers, thread_name_prefix="wlnet-reader")
    waiting: deque[Future[T]] = deque()
    try:
        for each in (*first, *islice(rest, readers - 1)):
            waiting.append(pool.submit(job, each))
        while waiting:
            yield waiting.popleft().result()
            for each in islice(rest, 1):
                waiting.append(pool.submit(job, each))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _lies_in_a_file(array: object) -> bool:
    while isinstance(array, np.ndarray):
        array = array.base
    return isinstance(array, mmap.mmap)
