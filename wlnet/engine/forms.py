"""How an array of a net lies in memory while a program trains it.

Plain: as NumPy has it. Backwards: a matrix whose transpose lies so. Packed: a matrix as vectors of
its transpose, [block][column][LANES], where block k holds the rows k LANES .. side by side, and
zeros beyond the last one.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Form = Literal["plain", "backwards", "packed"]
PLAIN: Form = "plain"
BACKWARDS: Form = "backwards"
PACKED: Form = "packed"


def packed_shape(shape: tuple[int, ...], lanes: int) -> tuple[int, int, int]:
    """The shape of a packed matrix."""
    rows, columns = shape
    return -(-rows // lanes), columns, lanes


def laid(array: Array, form: Form, lanes: int) -> Array:
    """A copy of an array in a form; its memory has no gaps."""
    if form == PACKED:
        blocks, columns, _ = packed_shape(array.shape, lanes)
        whole = np.zeros((blocks * lanes, columns), array.dtype)
        whole[: len(array)] = array
        return np.ascontiguousarray(whole.reshape(blocks, lanes, columns).transpose(0, 2, 1))
    return np.array(array.T if form == BACKWARDS else array, order="C")


def unlaid(memory: Array, form: Form, shape: tuple[int, ...]) -> Array:
    """A plain copy of what lies in a form; shape: that of the array."""
    if form == PACKED:
        blocks, columns, lanes = memory.shape
        rows = memory.transpose(0, 2, 1).reshape(blocks * lanes, columns)
        return np.array(rows[: shape[0]], order="C")
    return np.array(memory.T if form == BACKWARDS else memory, order="C")
