"""Convolution and pooling of examples one by one: lanes are neighbouring places.

Direct convolution, vectorized over pixels of a row (layout NCHW).
"""

from __future__ import annotations

import math
from typing import Any

from wlnet.graph.graph import Call, Value
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows import (
    pools_in_rows,
    windows_in_rows,
    windows_in_rows_back,
    windows_shifted,
    windows_shifted_back,
)
from wlnet.plan.calls import row_fields, shifted_fields, window_fields
from wlnet.plan.calls.emitter import Emitter, count_of, emits
from wlnet.plan.calls.products import ACTIVATIONS
from wlnet.plan.calls.window_fields import spread
from wlnet.plan.calls.windows import what_of, window, work_of
from wlnet.plan.words.checking import roles


def convolution(e: Emitter, call: Call, x: Value, w: Value, y: tuple[int, ...]) -> dict[str, Any]:
    """The fields of a convolution from x to a value of shape y."""
    at = {**window(e, call), "lanes": 1}
    return window_fields.forward(spread(x.shape), spread(w.shape), spread(y), **at)


@emits("convolve")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, w, y = role["x"], role["w"], role["y"]
    fields = convolution(e, call, x, w, y.shape)
    activation = ACTIVATIONS[call.attributes.get("activation")]
    if shifted_fields.is_possible(call.attributes["stride"]):
        e.step(
            windows_shifted.convolve_shifted, reads=call.inputs, writes=(y,),
            work=work_of(call, w, y), what=what_of(call),
            scratch=shifted_fields.forward_scratch(fields, e.item, e.target.width),
            x=e.address(x), w=e.address(w), y=e.address(y), bias=e.start(role.get("bias")),
            activation=activation, **shifted_fields.forward(fields),
        )  # fmt: skip
        return
    e.step(
        windows_in_rows.convolve_rows, reads=call.inputs, writes=(y,), work=work_of(call, w, y),
        what=what_of(call), scratch=row_fields.forward_scratch(fields, e.item, e.target.width),
        x=e.address(x), w=e.address(w), y=e.address(y), bias=e.start(role.get("bias")),
        activation=activation, **row_fields.forward(fields),
    )  # fmt: skip


@emits("convolve_pooled")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, w, y = role["x"], role["w"], role["y"]
    *outer, rows, columns = y.shape
    fields = convolution(e, call, x, w, (*outer, 2 * rows, 2 * columns))
    fields = window_fields.pooled(fields, rows, columns, e.item, 1)
    e.step(
        windows_in_rows.convolve_rows_pooled, reads=call.inputs, writes=call.outputs,
        work=4 * work_of(call, w, y), what=what_of(call) + " + largest of 2 x 2",
        scratch=row_fields.forward_scratch(fields, e.item, e.target.width),
        x=e.address(x), w=e.address(w), y=e.address(y), told=e.start(role.get("places")),
        bias=e.start(role.get("bias")),
        activation=ACTIVATIONS[call.attributes.get("activation")],
        **row_fields.pooled(fields, e.item),
    )  # fmt: skip


@emits("convolve_input")
def _(e: Emitter, call: Call) -> None:
    d, w = call.inputs
    (x,) = call.outputs
    if shifted_fields.is_possible(call.attributes["stride"]):
        at = {**window(e, call), "lanes": 1}
        shapes = spread(d.shape), spread(w.shape), spread(x.shape)
        ((fields, w_shift, _),) = window_fields.backward(*shapes, **at)
        e.step(
            windows_shifted.convolve_shifted, reads=call.inputs, writes=(x,),
            work=work_of(call, w, d), what=what_of(call),
            scratch=shifted_fields.forward_scratch(fields, e.item, e.target.width),
            x=e.address(d), w=e.address(w).further(w_shift), y=e.address(x), bias=0,
            activation=NO_ACTIVATION, **shifted_fields.forward(fields),
        )  # fmt: skip
        return
    fields = convolution(e, call, x, w, d.shape)
    e.step(
        windows_in_rows_back.convolve_rows_input, reads=call.inputs, writes=(x,),
        work=work_of(call, w, d), what=what_of(call),
        scratch=row_fields.input_scratch(fields, e.item, e.target.width),
        x=e.address(x), w=e.address(w), y=e.address(d), **row_fields.back(fields),
    )  # fmt: skip


@emits("convolve_weights")
def _(e: Emitter, call: Call) -> None:
    x, d = call.inputs
    (w,) = call.outputs
    fields = convolution(e, call, x, w, d.shape)
    if shifted_fields.is_possible(call.attributes["stride"]):
        fields = shifted_fields.back(fields, e.item, e.target.width)
        e.step(
            windows_shifted_back.convolve_shifted_weights, reads=call.inputs, writes=(w,),
            work=work_of(call, w, d), what=what_of(call),
            scratch=shifted_fields.weights_scratch(fields, e.item, e.target.width),
            x=e.address(x), w=e.address(w), y=e.address(d), **fields,
        )  # fmt: skip
        return
    e.step(
        windows_in_rows_back.convolve_rows_weights, reads=call.inputs, writes=(w,),
        work=work_of(call, w, d), what=what_of(call),
        scratch=row_fields.weights_scratch(fields, e.item, e.target.width),
        x=e.address(x), w=e.address(w), y=e.address(d), **row_fields.back(fields),
    )  # fmt: skip


def pooling(e: Emitter, call: Call, x: Value, y: Value) -> dict[str, Any]:
    """The fields of a pooling from x to y."""
    at = {**window(e, call, pooling=True), "lanes": 1}
    return window_fields.pooling(spread(x.shape), spread(y.shape), **at)


@emits("pool_max", "pool_sum")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, y = role["x"], role["y"]
    fields = pooling(e, call, x, y)
    common: dict[str, Any] = {
        "reads": (x,), "writes": call.outputs, "what": call.primitive, "x": e.address(x),
        "y": e.address(y), "work": count_of(y) * math.prod(call.attributes["kernel"]),
        "scratch": row_fields.pool_scratch(fields, e.target.width),
    }  # fmt: skip
    if call.primitive == "pool_max":
        places = e.start(role.get("places"))
        e.step(pools_in_rows.pool_max_rows, **common, places=places, **fields)
    else:
        kept = row_fields.pool_sum(fields)
        e.step(pools_in_rows.pool_sum_rows, **common, **kept)


@emits("pool_max_input", "pool_sum_input")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    d, (x,) = role["d"], call.outputs
    fields = pooling(e, call, x, d)
    e.step(
        pools_in_rows.pool_back_rows, reads=call.inputs, writes=(x,), what=what_of(call),
        x=e.address(x), y=e.address(d), places=e.start(role.get("where")),
        work=count_of(x), scratch=row_fields.pool_back_scratch(fields, e.item, e.target.width),
        **fields,
    )  # fmt: skip
