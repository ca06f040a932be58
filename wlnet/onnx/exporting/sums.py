"""Rows of primitives that sum: products, sums, softmax, attention."""

from __future__ import annotations

import numpy as np

from wlnet.onnx.exporting.sizes import Extent, Measure
from wlnet.onnx.exporting.table import translation
from wlnet.onnx.exporting.writer import Tensor, Writer


@translation
def matmul(w: Writer, a: Tensor, b: Tensor) -> str:
    """A product of matrices; leading sizes are repeated."""
    return w.node("MatMul", a, b)


@translation
def sum_(w: Writer, x: Tensor, *, axes: tuple[int, ...]) -> str:
    """The sum over axes, which stay with size 1."""
    return w.node("ReduceSum", x, w.wholes(axes), keepdims=1)


@translation
def softmax(w: Writer, x: Tensor, *, axis: int) -> str:
    """exp(x) over its sum along an axis."""
    return w.node("Softmax", x, axis=axis)


@translation
def log_softmax(w: Writer, x: Tensor, *, axis: int) -> str:
    """The logarithm of softmax."""
    return w.node("LogSoftmax", x, axis=axis)


@translation
def attention_weights(w: Writer, x: Tensor, *, scale: float | Measure, window: Extent) -> str:
    """softmax of scale x along the last axis, over what each sees."""
    scaled = x.name if scale == 1 else w.node("Mul", x, w.real_of(scale))
    if window is not None:
        seen = _seen(w, x, window)
        scaled = w.node("Where", seen, scaled, w.number(-np.inf))
    return w.node("Softmax", scaled, axis=x.rank - 1)


@translation
def causal_product(w: Writer, a: Tensor, b: Tensor, *, part: str, window: Extent) -> str:
    """A product in which the i-th of n has to do with those that it sees, or that see it."""
    if part == "Entries":
        seen = _seen(w, b, window)
        return w.node("Where", seen, w.node("MatMul", a, b), w.number(0.0))
    if part == "Past" and _are_weights(w, a, window):
        return w.node("MatMul", a, b)
    seen = _seen(w, a, window)
    if part == "Future":
        seen = w.node("Transpose", seen, perm=[1, 0])
    return w.node("MatMul", w.node("Where", seen, a, w.number(0.0)), b)


def _are_weights(w: Writer, a: Tensor, window: Extent) -> bool:
    """Whether these are weights of attention, which are 0 where nothing is seen."""
    made, _ = w.makers.get(a.name, (None, ()))
    if made is None or made.primitive != "attention_weights":
        return False
    return bool(made.attributes["window"] == window)


def _seen(w: Writer, x: Tensor, window: Extent) -> str:
    """Which of n each of n sees, so many up to itself. n is the last size of a tensor."""
    count = x.shape[-1]
    if isinstance(count, int) and isinstance(window, int):
        behind = np.arange(count)[:, np.newaxis] - np.arange(count)
        return w.array((behind >= 0) & (behind < window))
    end = w.node("Squeeze", w.extents_of(x, x.rank - 1, x.rank))
    places = w.node("Range", w.whole(0), end, w.whole(1))
    columns = w.node("Unsqueeze", places, w.wholes([1]))
    behind_open = w.node("Sub", columns, places)
    past = w.node("GreaterOrEqual", behind_open, w.whole(0))
    return w.node("And", past, w.node("Less", behind_open, w.extent(window)))
