"""Numbers by index, and random ones: embedding lookup, scatter-add, one-hot; dropout masks."""

from __future__ import annotations

import math
from typing import Any

from wlnet.engine.blueprint import Outside
from wlnet.graph.graph import Call
from wlnet.kernels.copies import rows
from wlnet.kernels.elementwise import masks
from wlnet.plan.calls.emitter import Emitter, count_of, emits


@emits("gather")
def _(e: Emitter, call: Call) -> None:
    (table, index), (y,) = call.inputs, call.outputs
    e.step(
        rows.gather, reads=call.inputs, writes=(y,), count=count_of(index), size=table.shape[0],
        width=math.prod(table.shape[1:]), table=e.address(table), index=e.address(index),
        y=e.address(y),
    )  # fmt: skip


@emits("scatter_add")
def _(e: Emitter, call: Call) -> None:
    (x, index), (table,) = call.inputs, call.outputs
    e.step(
        rows.scatter_add, reads=call.inputs, writes=(table,), work=count_of(x),
        count=count_of(index), size=table.shape[0], width=math.prod(table.shape[1:]),
        rows=e.address(x), index=e.address(index), table=e.address(table),
    )  # fmt: skip


@emits("pick")
def _(e: Emitter, call: Call) -> None:
    (x, index), (y,) = call.inputs, call.outputs
    e.step(
        rows.pick, reads=call.inputs, writes=(y,), count=count_of(index), n=x.shape[-1],
        x=e.address(x), index=e.address(index), y=e.address(y),
    )  # fmt: skip


@emits("place")
def _(e: Emitter, call: Call) -> None:
    (x, index), (y,) = call.inputs, call.outputs
    e.step(
        rows.place, reads=call.inputs, writes=(y,), count=count_of(index), n=y.shape[-1],
        x=e.address(x), index=e.address(index), y=e.address(y),
    )  # fmt: skip


@emits("indices")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    e.step(rows.count_up, writes=(y,), count=count_of(y), y=e.address(y))


@emits("random_mask")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    key0, key1 = e.random()
    e.step(
        masks.random_mask, writes=(y,), work=count_of(y), y=e.address(y), key0=key0, key1=key1,
        kept=float(call.attributes["keep"]), step0=Outside("step"), **_own(e, call),
    )  # fmt: skip


@emits("random_uniform")
def _(e: Emitter, call: Call) -> None:
    (y,) = call.outputs
    key0, key1 = e.random()
    e.step(
        masks.random_uniform, writes=(y,), work=count_of(y), y=e.address(y), key0=key0, key1=key1,
        step0=Outside("step"), **_own(e, call),
    )  # fmt: skip


def _own(e: Emitter, call: Call) -> dict[str, Any]:
    """Which numbers of a stream are drawn: all, or those of the examples of a part of a batch."""
    (y,), each = call.outputs, int(call.attributes.get("each", 0))
    size, whole = call.attributes.get("part", (1, 1))
    count = size * each or count_of(y)
    return {
        "count": count, "times": count_of(y) // count if count else 0, "each": each,
        "whole": whole, "first": Outside("first example") if each else 0,
        "scratch": masks.GROUP.of(e.target) * e.item,
    }  # fmt: skip
