"""Resizing of pictures in plain NumPy: two products with small matrices of weights."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def weights(
    before: int, after: int, resampling: str, start: int = 0, count: int | None = None
) -> np.ndarray:
    """The matrix (count, before) that resamples one axis from `before` to `after` samples.

    Only `count` new samples from `start` on are made (default: all of them). Every row adds up to
    1. "Nearest" takes the sample whose cell holds the new sample's centre. "Linear" weighs by a
    triangle around that centre: as wide as the old step when enlarging (bilinear, the border
    repeated), as the new step when shrinking, so that every old sample has its share.

    >>> weights(4, 2, "Nearest")
    array([[0., 1., 0., 0.],
           [0., 0., 0., 1.]])
    """
    count = after if count is None else count
    step = before / after
    centres = (start + np.arange(count) + 0.5) * step
    if resampling == "Nearest":
        # In whole numbers: a centre on the border of two cells belongs to the later one, always.
        nearest = (2 * (start + np.arange(count)) + 1) * before // (2 * after)
        matrix = np.zeros((count, before))
        matrix[np.arange(count), nearest] = 1
    else:
        distance = np.abs(np.arange(before) + 0.5 - centres[:, np.newaxis])
        matrix = np.maximum(1 - distance / max(step, 1.0), 0)
        matrix /= matrix.sum(axis=1, keepdims=True)
    matrix.flags.writeable = False
    return matrix


def resized(pictures: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Pictures (..., h, w) through the weights of the vertical and the horizontal axis.

    Computed in the precision of the pictures.
    """
    # Each picture is its own product, so its bits do not depend on what else is in the batch.
    down, across = (each.astype(pictures.dtype) for each in (down, across))
    return np.asarray(np.matmul(down, np.matmul(pictures, across.T)))
