"""The same numbers in other places: copies between views."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Shape = tuple[int, ...]


def transpose(
    outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, axes: Shape
) -> None:
    """Axis i of the output is axis axes[i] of the input."""
    np.copyto(outputs[0], inputs[0].transpose(axes))


def reshape(outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, shape: Shape) -> None:
    """The same order, the last axis fastest."""
    (y,), (x,) = outputs, inputs
    np.copyto(y.reshape(x.shape), x)


def broadcast(
    outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, shape: Shape
) -> None:
    """Repeated along axes of size 1, and along new axes in front."""
    np.copyto(outputs[0], inputs[0])


def concatenate(
    outputs: Arrays, inputs: Arrays, scratch: Array | None = None, *, axis: int
) -> None:
    """One after the other along an axis."""
    np.concatenate(inputs, axis, out=outputs[0])


def slice_(
    outputs: Arrays,
    inputs: Arrays,
    scratch: Array | None = None,
    *,
    axis: int,
    start: int,
    stop: int,
) -> None:
    """From start, counted from 0, up to stop, which is left out."""
    np.copyto(outputs[0], _between(inputs[0], axis, start, stop))


def pad(
    outputs: Arrays,
    inputs: Arrays,
    scratch: Array | None = None,
    *,
    axis: int,
    before: int,
    after: int,
) -> None:
    """Zeros before and after along an axis."""
    (y,), (x,) = outputs, inputs
    end = before + x.shape[axis]
    _between(y, axis, 0, before).fill(0)
    np.copyto(_between(y, axis, before, end), x)
    _between(y, axis, end, end + after).fill(0)


def _between(x: Array, axis: int, start: int, stop: int) -> Array:
    at: Any = (slice(None),) * axis + (slice(start, stop),)
    return x[at]
