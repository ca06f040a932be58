"""The tensors of a file that are no arrays of its net: written by key, none twice, and read once.

>>> store = Writer({"1/Weights": np.ones(2, np.float32)})
>>> store.put("~now/1/Weights", np.ones(2, np.float32), ["1/Weights"])
'1/Weights'
>>> store.put("~now/1/Weights", np.zeros(2, np.float32), ["1/Weights"])
'~now/1/Weights'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.records import refused, shown
from wlnet.io.keys import is_beside, is_measured
from wlnet.io.layout import BESIDE, DTYPES
from wlnet.io.record import Tensors

FLOATS = tuple(each.name for each in DTYPES.values())
"""Types of arrays of nets."""
ANY_TYPE = tuple(each.name for each in BESIDE.values())
"""Types of what stands beside a net."""


class Writer:
    """Tensors as they are written. tensors: those of the net, to which others are added."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors

    def put(self, key: str, array: Array, elsewhere: Iterable[str] = ()) -> str:
        """Keep an array; the key where it stands. elsewhere: keys where it may stand already.

        Raises FormatError for numbers that no file holds.
        """
        for other in elsewhere:
            there = self.tensors.get(other)
            if there is not None and same_bytes(there, array):
                return other
        self.tensors[key] = self._checked(key, array)
        return key

    def _checked(self, key: str, array: Array) -> Array:
        if array.dtype.newbyteorder("<") not in BESIDE.values():
            expected = ", ".join(ANY_TYPE)
            what = "an array that a file cannot hold"
            raise refused(what, at=shown(key), given=array.dtype.str, expected=expected)
        if not is_measured(key) and not np.isfinite(array).all():
            what = "an array holds numbers that are not finite"
            raise refused(what, at=shown(key), fix="train again from finite numbers")
        return np.asarray(array, order="C")


class Reader:
    """Tensors as they are read: each of those beside the net has to be asked for."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.left = {key for key in tensors if is_beside(key)}

    def get(
        self, key: str, dtypes: Sequence[str] = FLOATS, shape: tuple[int, ...] | None = None
    ) -> Array:
        """The tensor of a key, of one of these types and of a shape. Raises FormatError."""
        found = self.tensors.get(key)
        if found is None or found.dtype.name not in dtypes or shape not in (None, found.shape):
            given = "none" if found is None else f"{found.dtype.name}, shape {found.shape}"
            expected = ", ".join(dtypes) + ("" if shape is None else f", shape {shape}")
            what = "a tensor of the training is missing, or is another"
            raise refused(what, at=shown(key), given=given, expected=expected)
        self.left.discard(key)
        return found

    def has(self, key: str) -> bool:
        """Whether there is a tensor of a key."""
        return key in self.tensors

    def end(self) -> None:
        """Raise FormatError for tensors that nothing asked for."""
        if self.left:
            told = ", ".join(map(shown, sorted(self.left)[:5]))
            raise refused("tensors that belong to nothing in the training", given=told)


def same_bytes(one: Array, other: Array) -> bool:
    """Whether two arrays are the same to the bit: type, shape, and every byte."""
    if one is other:
        return True
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return bool(np.array_equal(_words(one), _words(other)))


def _words(array: Array) -> Array:
    """The bytes of an array as integers of the size of its numbers: NaN is equal to itself."""
    return np.ascontiguousarray(array).view(f"u{array.itemsize}")
