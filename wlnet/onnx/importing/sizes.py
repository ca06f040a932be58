"""How many examples a batch has, where a file works with shapes: nobody knows it, all count by it.

Exporters write shapes as arrays of integers, gather sizes out of them, multiply and join them. At
the place of the batch such an array has a `Batches`: so and so many times the size of the batch.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.onnx.importing.misfits import Misfit


@dataclass(frozen=True)
class Batches:
    """A number of times the size of the batch.

    >>> 3 * Batches() // 3 == Batches(), Batches() == 1
    (True, False)
    """

    times: int = 1

    def __mul__(self, other: Any) -> Any:
        count = _whole(other)
        return Batches(self.times * count) if count else 0

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        if isinstance(other, Batches):
            if self.times % other.times == 0:
                return self.times // other.times
        elif (count := _whole(other)) and self.times % count == 0:
            return Batches(self.times // count)
        raise _odd()

    __truediv__ = __floordiv__

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Batches):
            return Batches(self.times + other.times)
        if _whole(other) == 0:
            return self
        raise _odd()

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Batches):
            return (self + Batches(-other.times)) if self != other else 0
        if _whole(other) == 0:
            return self
        raise _odd()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Batches) and other.times == self.times

    def __hash__(self) -> int:
        return hash(("Batches", self.times))

    def __lt__(self, other: object) -> bool:
        raise _odd()

    __gt__ = __le__ = __ge__ = __lt__

    def __int__(self) -> int:
        raise _odd()

    __float__ = __index__ = __bool__ = __int__


def _whole(value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        if isinstance(value, (float, np.floating)) and float(value).is_integer():
            return int(value)
        raise _odd() from None


def _odd() -> Misfit:
    return Misfit("what is worked out here depends on how many examples a batch has")


def shape_array(sizes: list[Any]) -> np.ndarray[Any, Any]:
    """A shape as the array of integers that a file works with."""
    if any(isinstance(size, Batches) for size in sizes):
        array = np.empty(len(sizes), dtype=object)
        array[:] = sizes
        return array
    return np.array(sizes, dtype=np.int64)
