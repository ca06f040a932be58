"""Rows of primitives that look up: here an index counts from 1, in ONNX from 0.

What is below 0 counts from the end in ONNX. An index that is no place here is therefore told as one
behind the last, which every runtime refuses: nothing else is answered in silence.
"""

from __future__ import annotations

from wlnet.onnx.exporting.elementwise import indices
from wlnet.onnx.exporting.sizes import Extent
from wlnet.onnx.exporting.table import translation
from wlnet.onnx.exporting.writer import Tensor, Writer


def from_zero(w: Writer, index: Tensor, count: str) -> str:
    """Indices counted from 0. count: the name of how many places there are, as a list of one."""
    below = w.node("Less", index, w.whole(1))
    behind = w.node("Add", count, w.whole(1))
    return w.node("Sub", w.node("Where", below, behind, index), w.whole(1))


@translation
def gather(w: Writer, table: Tensor, index: Tensor) -> str:
    """Rows of a table."""
    places = from_zero(w, index, w.extents_of(table, 0, 1))
    if index.rank == 0:
        # A list of one place has made a list of one row.
        places = w.node("Squeeze", places)
    return w.node("Gather", table, places, axis=0)


@translation
def pick(w: Writer, x: Tensor, index: Tensor) -> str:
    """One element along the last axis."""
    last = w.wholes([-1])
    at = Tensor(w.node("Unsqueeze", index, last), (*index.shape, 1), "Integer")
    places = from_zero(w, at, w.extents_of(x, x.rank - 1, x.rank))
    return w.node("Squeeze", w.node("GatherElements", x, places, axis=x.rank - 1), last)


@translation
def place(w: Writer, x: Tensor, index: Tensor, *, count: Extent) -> str:
    """Zeros along a new last axis, with the value at its index."""
    last = w.wholes([-1])
    places = indices(w, count=count)
    here = w.node("Equal", w.node("Unsqueeze", index, last), places)
    made, _ = w.makers.get(x.name, (None, ()))
    value = made.attributes["value"] if made is not None and made.primitive == "fill" else None
    # One number everywhere is said without the shape, which may hold the batch.
    there = w.number(value) if isinstance(value, float) else w.node("Unsqueeze", x, last)
    return w.node("Where", here, there, w.number(0.0))


@translation
def extract(w: Writer, x: Tensor, index: Tensor, *, beside: int, offset: int, wrap: int) -> str:
    """What stands at places that the last axis of an index tells."""
    depth = index.shape[-1]
    assert isinstance(depth, int)
    sizes = w.extents_of(x, beside, beside + depth)
    zero = w.whole(0)
    at = index.name if offset == 0 else w.node("Add", index, w.whole(offset))
    around = w.node("Add", at, sizes)
    around = around if wrap == 0 else w.node("Add", around, w.whole(wrap))
    at = w.node("Where", w.node("Less", at, zero), around, at)
    at = w.node("Where", w.node("Less", at, zero), sizes, at)
    return w.node("GatherND", x, at, batch_dims=beside)
