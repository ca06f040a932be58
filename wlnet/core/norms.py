"""Sizes of arrays, in 64 bits, added up by NumPy alone: the same bits for any number of threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def norm(array: Any) -> float:
    """The root of the sum of the squares: of a matrix the Frobenius norm.

    >>> norm([[3, 0], [0, 4]])
    5.0
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return math.sqrt(np.square(array, dtype=np.float64).sum())


def root_mean_square(array: Any) -> float | None:
    """The root of the mean of the squares; None of no numbers.

    >>> root_mean_square([1, 7]), root_mean_square([])
    (5.0, None)
    """
    size = np.size(array)
    return norm(array) / math.sqrt(size) if size else None
