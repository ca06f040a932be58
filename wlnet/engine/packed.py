"""Packed matrices: how the weights of products lie in memory while they learn.

As vectors of the transpose, [block][column][LANES]: block k holds the rows k LANES .. side by side,
and zeros beyond the last one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def packed_shape(shape: tuple[int, ...], lanes: int) -> tuple[int, int, int]:
    """The shape of a packed matrix."""
    rows, columns = shape
    return -(-rows // lanes), columns, lanes


def packed(array: Array, lanes: int) -> Array:
    """A packed copy of a matrix."""
    blocks, columns, _ = packed_shape(array.shape, lanes)
    whole = np.zeros((blocks * lanes, columns), array.dtype)
    whole[: len(array)] = array
    return np.ascontiguousarray(whole.reshape(blocks, lanes, columns).transpose(0, 2, 1))


def unpacked(memory: Array, rows: int) -> Array:
    """A plain copy of a packed matrix of so many rows."""
    blocks, columns, lanes = memory.shape
    whole = memory.transpose(0, 2, 1).reshape(blocks * lanes, columns)
    return np.array(whole[:rows], order="C")
