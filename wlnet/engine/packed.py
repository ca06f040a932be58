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
    rows, columns = array.shape
    full, rest = divmod(rows, lanes)
    found = np.empty(packed_shape(array.shape, lanes), array.dtype)
    found[:full] = array[: rows - rest].reshape(full, lanes, columns).transpose(0, 2, 1)
    if rest:
        found[full, :, :rest] = array[rows - rest :].T
        found[full, :, rest:] = 0
    return found


def unpacked(memory: Array, rows: int) -> Array:
    """A plain copy of a packed matrix of so many rows."""
    _, columns, lanes = memory.shape
    full, rest = divmod(rows, lanes)
    found = np.empty((rows, columns), memory.dtype)
    found[: rows - rest].reshape(full, lanes, columns)[...] = memory[:full].transpose(0, 2, 1)
    if rest:
        found[rows - rest :] = memory[full, :, :rest].T
    return found
