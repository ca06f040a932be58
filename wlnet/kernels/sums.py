"""Sums along axes, and what needs one: softmax and its logarithm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Shape = tuple[int, ...]


def sum_(outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, axes: Shape) -> None:
    """The sum over axes, which stay with size 1."""
    np.add.reduce(inputs[0], axis=tuple(axes), out=outputs[0], keepdims=True)


def softmax(outputs: Arrays, inputs: Arrays, scratch: Array, *, axis: int) -> None:
    """exp(x) / sum(exp(x)) along an axis."""
    (y,), (x,) = outputs, inputs
    line = _across(scratch, x.shape, axis)
    # The largest goes first: exp overflows float32 above 88.
    np.maximum.reduce(x, axis=axis, out=line, keepdims=True)
    np.subtract(x, line, out=y)
    np.exp(y, out=y)
    np.add.reduce(y, axis=axis, out=line, keepdims=True)
    np.divide(y, line, out=y)


def log_softmax(outputs: Arrays, inputs: Arrays, scratch: Array, *, axis: int) -> None:
    """The logarithm of softmax, exact where softmax itself is 0."""
    (y,), (x,) = outputs, inputs
    line = _across(scratch, x.shape, axis)
    powers = scratch[line.size : line.size + x.size].reshape(x.shape)
    np.maximum.reduce(x, axis=axis, out=line, keepdims=True)
    np.subtract(x, line, out=y)
    np.exp(y, out=powers)
    np.add.reduce(powers, axis=axis, out=line, keepdims=True)
    np.log(line, out=line)
    np.subtract(y, line, out=y)


def _across(scratch: Array, shape: Shape, axis: int) -> Array:
    """One number for each line along the axis, at the start of the scratch."""
    small = (*shape[:axis], 1, *shape[axis + 1 :])
    return scratch[: math.prod(small)].reshape(small)


def softmax_scratch(
    inputs: Sequence[Shape], outputs: Sequence[Shape], attributes: dict[str, Any]
) -> int:
    """A number for each line."""
    (shape,) = inputs
    return math.prod(size for i, size in enumerate(shape) if i != attributes["axis"])


def log_softmax_scratch(
    inputs: Sequence[Shape], outputs: Sequence[Shape], attributes: dict[str, Any]
) -> int:
    """A number for each line, and the powers."""
    return softmax_scratch(inputs, outputs, attributes) + math.prod(inputs[0])
