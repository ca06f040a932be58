"""Padded sequences as sequences of their own lengths."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, brief, fail
from wlnet.core.gate import Column, as_column

Array = np.ndarray[Any, Any]


def unpadded(padded: object, lengths: object) -> list[Array]:
    """The sequences in an array that is filled up to one length, without what fills it up.

    padded: (examples, longest, ...). lengths: how long each sequence is, at least 1. The sequences
    are views of the array: nothing is copied. What net_train, net_measurements and nets take as
    examples of several lengths.

    Raises ShapeError for an array without a level of places, DataError for lengths that do not fit
    it.

    >>> [each.tolist() for each in unpadded([[1, 2, 0], [3, 0, 0]], [2, 1])]
    [[1, 2], [3]]
    """
    array = _array(as_column(padded, "padded"))
    counts = _array(as_column(lengths, "lengths"))
    if array.ndim < 2 or array.dtype == object:
        expected = "an array of the shape (examples, longest, ...)"
        raise fail(
            ShapeError, Fault("these are no padded sequences", "padded", brief(padded), expected)
        )
    if counts.shape != array.shape[:1] or counts.dtype.kind not in "iu":
        expected = f"{len(array)} whole numbers, one an example"
        raise fail(DataError, Fault("these are no lengths", "lengths", brief(lengths), expected))
    wrong = (counts < 1) | (counts > array.shape[1])
    if wrong.any():
        bad = int(np.argmax(wrong))
        at, expected = f"lengths, example {bad + 1}", f"a length from 1 to {array.shape[1]}"
        raise fail(DataError, Fault("no such length", at, str(counts[bad]), expected))
    return [row[:count] for row, count in zip(array, counts.tolist(), strict=True)]


def _array(column: Column) -> Array:
    try:
        return np.asarray(column)
    except ValueError:  # lists of several lengths
        return np.empty(len(column), object)
