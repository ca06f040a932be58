"""Rows of primitives that move entries and leave them as they are."""

from __future__ import annotations

import numpy as np

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.onnx.exporting.sizes import Extent, Size, plus
from wlnet.onnx.exporting.table import translation
from wlnet.onnx.exporting.writer import END, Tensor, Writer


@translation
def transpose(w: Writer, x: Tensor, *, axes: tuple[int, ...]) -> str:
    """Axes in another order."""
    return w.node("Transpose", x, perm=list(axes))


@translation
def gradient_reversal(w: Writer, x: Tensor) -> str:
    """The same numbers: a file has no gradients."""
    return w.node("Identity", x)


@translation
def reshape(w: Writer, x: Tensor, *, shape: tuple[Extent, ...]) -> str:
    """The same numbers in another shape. One open size follows from the others: it is -1."""
    unknown = [i for i, size in enumerate(shape) if size is None]
    loose = unknown or [i for i, size in enumerate(shape) if not isinstance(size, int)]
    told = list(shape)
    if len(unknown) > 1:
        raise fail(OptionError, Fault("sizes that nothing tells", at="reshape", given=str(shape)))
    if loose:
        told[loose[0]] = -1
    zeros = {"allowzero": 1} if 0 in told else {}
    return w.node("Reshape", x, w.extents(told), **zeros)


@translation
def broadcast(w: Writer, x: Tensor, *, shape: tuple[Extent, ...]) -> str:
    """Repeated along sizes of 1 and new leading axes. An axis that is long enough is told as 1,
    which leaves it as it is."""
    new = len(shape) - x.rank
    there = (*[1] * new, *x.shape)
    return w.node(
        "Expand",
        x,
        w.extents([1 if own == size and own != 1 else size
                   for own, size in zip(there, shape, strict=True)]),
    )  # fmt: skip


@translation
def concatenate(w: Writer, *xs: Tensor, axis: int) -> str:
    """One after another along an axis."""
    return w.node("Concat", *xs, axis=axis)


@translation
def slice_(w: Writer, x: Tensor, *, axis: int, start: Extent, stop: Extent) -> str:
    """From start to stop along an axis."""
    if stop == x.shape[axis] and isinstance(start, Size) and isinstance(stop, Size):
        # So many last entries, of however many: counted from the end.
        more = start.number - stop.number
        if more < 0 and plus(stop, more) == start:
            last = w.wholes([more]), w.wholes([END]), w.wholes([axis])
            return w.node("Slice", x, *last)
    ends = w.wholes([END]) if stop == x.shape[axis] else w.extents([stop])
    return w.node("Slice", x, w.extents([start]), ends, w.wholes([axis]))


@translation
def reverse(w: Writer, x: Tensor, *, axis: int) -> str:
    """The entries along an axis from the last to the first."""
    return w.node("Slice", x, w.wholes([-1]), w.wholes([-END]), w.wholes([axis]), w.wholes([-1]))


@translation
def pad(w: Writer, x: Tensor, *, axis: int, before: Extent, after: Extent) -> str:
    """Zeros before and after along an axis."""
    beside = [0] * axis, [0] * (x.rank - axis - 1)
    pads = w.extents([*beside[0], before, *beside[1], *beside[0], after, *beside[1]])
    return w.node("Pad", x, pads, w.number(0.0))


@translation
def ordering(w: Writer, x: Tensor) -> str:
    """The places along the last axis, counted from 1, in the order of what stands there: NaN with
    infinity, last."""
    sortable = w.node("Where", w.node("IsNaN", x), w.number(np.inf), x)
    count = w.extents_of(x, x.rank - 1, x.rank)
    _, places = w.node_of("TopK", [sortable, count], 2, axis=-1, largest=0, sorted=1)
    return w.node("Add", places, w.whole(1))
