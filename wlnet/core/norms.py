"""Sizes of arrays, in 64 bits, added up by NumPy alone: the same bits for any number of threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

BLOCK = 8192
"""Numbers at a time: what they become stays in the cache."""


def norm(array: Any) -> float:
    """The root of the sum of the squares: of a matrix the Frobenius norm.

    >>> norm([[3, 0], [0, 4]])
    5.0
    """
    flat, total = np.ravel(array), 0.0
    for start in range(0, flat.size, BLOCK):
        total += _squares(flat[start : start + BLOCK].astype(np.float64))
    return math.sqrt(total)


def distance(first: Any, second: Any) -> float:
    """The norm of the difference of two arrays of one shape.

    >>> distance([1, 2], [4, 6])
    5.0
    """
    one, other, total = np.ravel(first), np.ravel(second), 0.0
    for start in range(0, one.size, BLOCK):
        block = slice(start, start + BLOCK)
        total += _squares(np.subtract(one[block], other[block], dtype=np.float64))
    return math.sqrt(total)


def _squares(block: np.ndarray[Any, Any]) -> float:
    """The sum of the squares of numbers that nobody else has."""
    with np.errstate(over="ignore", invalid="ignore"):
        block *= block
        return float(block.sum())


def root_mean_square(array: Any) -> float | None:
    """The root of the mean of the squares; None of no numbers.

    >>> root_mean_square([1, 7]), root_mean_square([])
    (5.0, None)
    """
    size = np.size(array)
    return norm(array) / math.sqrt(size) if size else None
