"""Copies: of views that nobody can read as they are, beside one another, between zeros.

Materialized views (contiguous), concatenation, zero padding, reversal.
"""

from __future__ import annotations

from dataclasses import replace

from wlnet.engine.blueprint import View, Words
from wlnet.graph.graph import Call, Value
from wlnet.kernels.copies import copies
from wlnet.kernels.elementwise.arithmetic import fill
from wlnet.plan.calls.emitter import Emitter, anyhow, collapsed, count_of, emits


def part(view: View, axis: int, start: int, size: int) -> View:
    """A view from `start` on along an axis."""
    shape = (*view.shape[:axis], size, *view.shape[axis + 1 :])
    return replace(view, offset=view.offset + start * view.strides[axis], shape=shape)


def backwards(view: View, axis: int) -> View:
    """A view from the last entry along an axis on, to the first."""
    step, strides = view.strides[axis], list(view.strides)
    strides[axis] = -step
    offset = view.offset + (view.shape[axis] - 1) * step
    return replace(view, offset=offset, strides=tuple(strides))


def copy(e: Emitter, x: Value, to: View, what: str, seen: View | None = None) -> None:
    """Copy a value to a place of its shape. seen: how it is read, if not as it lies."""
    seen = seen or e.view(x)
    sizes, (x_steps, y_steps) = collapsed(x.shape, seen.strides, to.strides)
    kernel = copies.copy if x.element == "Real" else copies.copy_indices
    e.step(
        kernel, reads=(x,), writes=(to,), what=what, rank=len(sizes),
        table=Words((*sizes, *x_steps, *y_steps)), x=seen.address, y=to.address,
    )  # fmt: skip


@emits("copy", accepts=anyhow)
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    copy(e, x, e.view(y), "copy")


@emits("concatenate", accepts=anyhow)
def _(e: Emitter, call: Call) -> None:
    (y,), axis, start = call.outputs, call.attributes["axis"], 0
    for x in call.inputs:
        copy(e, x, part(e.view(y), axis, start, x.shape[axis]), "concatenate")
        start += x.shape[axis]


@emits("pad", accepts=anyhow)
def _(e: Emitter, call: Call) -> None:
    (x,), (y,), at = call.inputs, call.outputs, call.attributes
    assert x.element == "Real", call
    e.step(fill, writes=(y,), what="zeros", count=count_of(y), value=0.0, y=e.address(y))
    copy(e, x, part(e.view(y), at["axis"], at["before"], x.shape[at["axis"]]), "pad")


@emits("reverse", accepts=anyhow)
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    copy(e, x, e.view(y), "reverse", backwards(e.view(x), call.attributes["axis"]))
