"""SHA-256 of the numbers of an array."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def digest(array: Array) -> str:
    """SHA-256 of the bytes of an array, in the order of its elements, the lowest byte first.

    >>> digest(np.float32([1, 2])) == digest(np.array([1, 2], ">f4"))
    True
    """
    return hashlib.sha256(little_endian(array)).hexdigest()


def little_endian(array: Array) -> memoryview:
    """The bytes of an array, in the order of its elements, the lowest byte of each first."""
    flat: Any = np.ascontiguousarray(array).reshape(-1)
    return memoryview(flat.astype(flat.dtype.newbyteorder("<"), copy=False)).cast("B")
