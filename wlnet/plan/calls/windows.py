"""Convolution and pooling, with images side by side in the lanes of vectors.

Direct convolution, vectorized over the batch: the layout NCHWc, with images in the place of c.
"""

from __future__ import annotations

import math
from typing import Any

from wlnet.graph.graph import Call, Value
from wlnet.kernels.copies import lane_blocks
from wlnet.kernels.copies.masking import mask_lanes
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows import pools_in_lanes, window_gradients, windows_pooled
from wlnet.kernels.windows.windows_in_lanes import convolve
from wlnet.plan.calls import window_fields
from wlnet.plan.calls.emitter import Emitter, count_of, emits
from wlnet.plan.calls.products import ACTIVATIONS, named
from wlnet.plan.calls.window_fields import in_space, spread
from wlnet.plan.words.checking import roles


def image(value: Value) -> tuple[int, ...]:
    """(blocks, channels, planes, rows, columns) of a value in lanes."""
    return spread(value.shape[:-1])


def window(e: Emitter, call: Call, *, pooling: bool = False) -> dict[str, Any]:
    """The attributes of a window, with three axes of space."""
    at = call.attributes
    found = {
        "stride": in_space(1, at["stride"]), "padding": in_space((0, 0), at["padding"]),
        "item": e.item, "lanes": e.target.lanes,
    }  # fmt: skip
    if pooling:
        return {**found, "kernel": in_space(1, at["kernel"])}
    return {**found, "dilation": in_space(1, at["dilation"]), "groups": at["groups"]}


@emits("to_lanes", "from_lanes")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    wide, plain = (y, x) if call.primitive == "to_lanes" else (x, y)
    values = math.prod(plain.shape[1:])
    common: dict[str, Any] = {
        "reads": (x,), "writes": (y,), "examples": call.attributes["examples"], "values": values,
        "x": e.address(x), "y": e.address(y),
    }  # fmt: skip
    example, block = values * e.item, math.prod(wide.shape[1:]) * e.item
    if call.primitive == "to_lanes":
        fill = lane_blocks.LAST_AGAIN
        e.step(lane_blocks.to_lanes, **common, fill=fill, x_example=example, y_block=block)
    else:
        e.step(lane_blocks.from_lanes, **common, x_block=block, y_example=example)


@emits("lanes_convolve")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, w, y = role["x"], role["w"], role["y"]
    fields: dict[str, Any] = window_fields.forward(
        image(x), spread(w.shape), image(y), **window(e, call)
    )
    activation = ACTIVATIONS[call.attributes.get("activation")]
    e.step(
        convolve, reads=call.inputs, writes=(y,), work=work_of(call, w, y), what=what_of(call),
        x=e.address(x), w=e.address(w), y=e.address(y), activation=activation, gate=0,
        bias=e.start(role.get("bias")), **fields,
    )  # fmt: skip


def what_of(call: Call) -> str:
    """What a window does, and what besides."""
    return named(call.primitive.removeprefix("lanes_"), call)


def work_of(call: Call, w: Value, y: Value) -> int:
    """Operations of a convolution with weights w whose output is y."""
    return 2 * count_of(y) * math.prod(w.shape[1:])


@emits("lanes_convolve_input")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    d, w, x = role["d"], role["w"], role["x"]
    gate = role.get("gate")
    phases = window_fields.backward(image(d), spread(w.shape), image(x), **window(e, call))
    w_at, x_at = e.address(w), e.address(x)
    fields: dict[str, Any]
    for fields, w_shift, x_shift in phases:
        e.step(
            convolve, reads=call.inputs, writes=(x,), work=work_of(call, w, d) // len(phases),
            what=what_of(call), x=e.address(d), w=w_at.further(w_shift),
            y=x_at.further(x_shift), bias=0, activation=NO_ACTIVATION,
            gate=0 if gate is None else e.address(gate).further(x_shift), **fields,
        )  # fmt: skip


@emits("lanes_convolve_weights")
def _(e: Emitter, call: Call) -> None:
    x, d = call.inputs
    (w,) = call.outputs
    at = window(e, call)
    fields: dict[str, Any] = window_fields.forward(image(x), spread(w.shape), image(d), **at)
    e.step(
        window_gradients.convolve_weights, reads=(x, d), writes=(w,), work=work_of(call, w, d),
        what=what_of(call), scratch=window_fields.gradient_scratch(fields, e.item, at["lanes"]),
        x=e.address(x), y=e.address(d), w=e.address(w), **window_fields.gradient(fields),
    )  # fmt: skip


@emits("lanes_pool_max", "lanes_pool_sum")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, y, places = role["x"], role["y"], role.get("places")
    fields: dict[str, Any] = window_fields.pooling(
        image(x), image(y), **window(e, call, pooling=True)
    )
    common: dict[str, Any] = {
        "reads": (x,), "writes": call.outputs, "what": what_of(call), "x": e.address(x),
        "y": e.address(y), "work": count_of(y) * math.prod(call.attributes["kernel"]),
    }  # fmt: skip
    if places is not None:
        e.step(pools_in_lanes.pool_max, **common, places=e.address(places), **fields)
    else:
        kept = {name: word for name, word in fields.items() if not name.startswith("place_")}
        e.step(pools_in_lanes.pool_sum, **common, **kept)


@emits("lanes_pool_max_input", "lanes_pool_sum_input")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    d, x = role["d"], role["x"]
    fields: dict[str, Any] = window_fields.pooling(
        image(x), image(d), **window(e, call, pooling=True)
    )
    e.step(
        pools_in_lanes.pool_back, reads=call.inputs, writes=(x,), what=what_of(call),
        x=e.address(x), y=e.address(d), places=e.start(role.get("places")),
        work=count_of(x), **fields,
    )  # fmt: skip


@emits("lanes_convolve_pooled")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, w, y = role["x"], role["w"], role["y"]
    at, shape = window(e, call), image(y)
    window_shape = (*shape[:3], 2 * shape[3], 2 * shape[4])
    fields: dict[str, Any] = window_fields.forward(image(x), spread(w.shape), window_shape, **at)
    fields = window_fields.pooled(fields, shape[3], shape[4], e.item, at["lanes"])
    e.step(
        windows_pooled.convolve_pooled, reads=call.inputs, writes=call.outputs,
        work=4 * work_of(call, w, y), what=what_of(call) + " + largest of 2 x 2",
        scratch=window_fields.pooled_scratch(fields, e.item, at["lanes"]), x=e.address(x),
        w=e.address(w), y=e.address(y), places=e.start(role.get("places")),
        activation=ACTIVATIONS[call.attributes.get("activation")],
        bias=e.start(role.get("bias")),
        **fields,
    )  # fmt: skip


@emits("lanes_unpool")
def _(e: Emitter, call: Call) -> None:
    d, places = call.inputs
    (x,) = call.outputs
    lanes = e.target.lanes
    vector = lanes * e.item
    blocks, channels, _, rows, columns = image(d)
    _, _, _, x_rows, x_columns = image(x)
    e.step(
        pools_in_lanes.unpool, reads=call.inputs, writes=(x,), what="back to the largest of 2 x 2",
        work=count_of(x), images=blocks * channels, rows=rows, columns=columns, d=e.address(d),
        d_image=rows * columns * vector, d_row=columns * vector, places=e.address(places),
        place_image=rows * columns * lanes, place_row=columns * lanes, x=e.address(x),
        x_image=x_rows * x_columns * vector, x_row=x_columns * vector, x_rows=x_rows,
        x_columns=x_columns,
    )  # fmt: skip


@emits("mask_lanes")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    e.step(
        mask_lanes, reads=(x,), writes=(y,), blocks=x.shape[0],
        values=math.prod(x.shape[1:-1]), examples=call.attributes["examples"], x=e.address(x),
        y=e.address(y),
    )  # fmt: skip
