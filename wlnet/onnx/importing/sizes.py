"""Sizes that nobody knows while a file is read: of the batch, and one that the file leaves open.

Exporters write shapes as arrays of integers, gather sizes out of them, multiply and join them. At
such a place an array has a `Batches`: a number of times the size of the batch, the open size, or
both.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.onnx.importing.misfits import SIZES, Misfit


@dataclass(frozen=True, repr=False)
class Batches:
    """A number of times the size of the batch (batch = 1) and the open size (open = 1).

    >>> 3 * Batches() // 3 == Batches(), Batches() == 1
    (True, False)
    >>> Batches(3), Batches(1, 0, 1)
    (3*batch, ?)
    """

    times: int = 1
    batch: int = 1
    open: int = 0

    def __repr__(self) -> str:
        """As errors tell it: the open size is a question mark."""
        times = [] if self.times == 1 and (self.batch or self.open) else [str(self.times)]
        return "*".join([*times, *["batch"] * self.batch, *["?"] * self.open])

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Batches):
            return _made(self.times * other.times, self.batch + other.batch, self.open + other.open)
        return _made(self.times * _whole(other), self.batch, self.open)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        by = other if isinstance(other, Batches) else Batches(_whole(other), 0)
        if by.times == 0 or self.times % by.times:
            raise _odd()
        return _made(self.times // by.times, self.batch - by.batch, self.open - by.open)

    __truediv__ = __floordiv__

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Batches) and (other.batch, other.open) == (self.batch, self.open):
            return _made(self.times + other.times, self.batch, self.open)
        if not isinstance(other, Batches) and _whole(other) == 0:
            return self
        raise _odd()

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + (other * -1 if isinstance(other, Batches) else -_whole(other))

    def __lt__(self, other: object) -> bool:
        raise _odd()

    __gt__ = __le__ = __ge__ = __lt__

    def __int__(self) -> int:
        raise _odd()

    __float__ = __index__ = __bool__ = __int__


def _made(times: int, batch: int, open_size: int) -> Any:
    if not {batch, open_size} <= {0, 1}:
        raise _odd()
    return Batches(times, batch, open_size) if times and (batch or open_size) else times


def _whole(value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        if isinstance(value, (float, np.floating)) and float(value).is_integer():
            return int(value)
        raise _odd() from None


def _odd() -> Misfit:
    return Misfit(
        "what is worked out here depends on how many examples a batch has, or on a size that the "
        "file leaves open",
        fix=SIZES,
    )


def shape_array(sizes: list[Any]) -> np.ndarray[Any, Any]:
    """A shape as the array of integers that a file works with."""
    if any(isinstance(size, Batches) for size in sizes):
        array = np.empty(len(sizes), dtype=object)
        array[:] = sizes
        return array
    return np.array(sizes, dtype=np.int64)
