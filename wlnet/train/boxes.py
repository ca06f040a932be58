"""How much boxes have in common: intersection over union, as detectors of objects are judged.

A box is two opposite corners: 4 numbers, x1, y1, x2, y2, or 2 x 2, in any order of the corners.

Jaccard 1912.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.core.errors import Fault, ShapeError, fail
from wlnet.core.shapes import Partial
from wlnet.train.decisions import each_decision

Array = np.ndarray[Any, Any]


def holds_boxes(shape: Partial) -> bool:
    """Whether a port of this shape, or of one not known yet, can hold boxes.

    >>> holds_boxes((4,)), holds_boxes((7, 2, 2)), holds_boxes((3,)), holds_boxes(None)
    (True, True, False, True)
    """
    if shape is None:
        return True
    return _may_be(shape[-1:], (4,)) or _may_be(shape[-2:], (2, 2))


def _may_be(sizes: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return len(sizes) == len(wanted) and all(
        a is None or a == b for a, b in zip(sizes, wanted, strict=True)
    )


def overlaps(
    outputs: Array, targets: Array, form: str, top: int, weights: Array | None = None
) -> Array:
    """The sum of what each box and its target have in common of both, and how many boxes."""
    shape = outputs.shape[1:]
    if not holds_boxes(shape):
        what = "IntersectionOverUnion is about boxes"
        expected = "(..., 4) or (..., 2, 2): two corners, x and y of each"
        raise fail(ShapeError, Fault(what, given=str(shape), expected=expected))
    one, other = (_corners(each) for each in (outputs, targets))
    low, high = np.maximum(one[0], other[0]), np.minimum(one[1], other[1])
    common = np.maximum(high - low, 0).prod(axis=1)
    union = _size(*one) + _size(*other) - common
    shares = np.divide(common, union, out=np.zeros_like(common), where=union != 0)
    if weights is None:
        return np.array([shares.sum(), len(shares)])
    own = each_decision(weights, len(shares))
    return np.array([(shares * own).sum(), own.sum()])


def _corners(boxes: Array) -> tuple[Array, Array]:
    """The lower and the upper corner of every box."""
    pairs = np.asarray(boxes, np.float64).reshape(-1, 2, 2)
    return pairs.min(axis=1), pairs.max(axis=1)


def _size(low: Array, high: Array) -> Array:
    size: Array = (high - low).prod(axis=1)
    return size
