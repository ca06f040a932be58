"""Convolution with channels side by side (NHWC), of any stride, dilation and groups."""

from __future__ import annotations

from math import prod
from typing import Any

from wlnet.graph.graph import Call, Value
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows import windows_in_channels as kernels
from wlnet.plan.calls import channel_fields
from wlnet.plan.calls.emitter import Emitter, emits
from wlnet.plan.calls.products import ACTIVATIONS, named
from wlnet.plan.words.checking import roles

WINDOW = "stride", "padding", "dilation", "groups", "edges"


def common(e: Emitter, call: Call) -> dict[str, Any]:
    """What the builders of fields want to know besides shapes."""
    window = {name: call.attributes[name] for name in WINDOW}
    return {**window, "item": e.item, "lanes": e.target.lanes}


def work_of(call: Call, y: Value) -> int:
    """Operations for results, or for a gradient by them, y."""
    return 2 * prod(y.shape[:-1]) * int(prod(call.attributes["kernel"]))


@emits("channels_padded")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    e.step(
        kernels.pad_channels, reads=(x,), writes=(y,), what="zeros around", x=e.address(x),
        y=e.address(y), **channel_fields.padding(x.shape, call.attributes["edges"], e.item),
    )  # fmt: skip


@emits("channels_convolve")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, w, y = role["x"], role["w"], role["y"]
    kernel = call.attributes["kernel"]
    fields, before, scratch = channel_fields.forward(x.shape, kernel, y.shape, **common(e, call))
    e.step(
        kernels.convolve_channels, reads=call.inputs, writes=(y,), what=named("convolve", call),
        work=work_of(call, y), scratch=scratch, x=e.address(x).further(before), w=e.address(w),
        bias=e.start(role.get("bias")), y=e.address(y), gate=0,
        activation=ACTIVATIONS[call.attributes.get("activation")], **fields,
    )  # fmt: skip


@emits("channels_convolve_input")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    d, w, x, gate = role["d"], role["w"], role["x"], role.get("gate")
    phases = channel_fields.back(
        d.shape, call.attributes["kernel"], x.shape, **common(e, call)
    )  # fmt: skip
    for fields, before, w_shift, x_shift, scratch in phases:
        e.step(
            kernels.convolve_channels, reads=call.inputs, writes=(x,),
            what=named("convolve_input", call), work=work_of(call, d) // len(phases),
            scratch=scratch, x=e.address(d).further(before), w=e.address(w).further(w_shift),
            bias=0, y=e.address(x).further(x_shift), activation=NO_ACTIVATION,
            gate=0 if gate is None else e.address(gate).further(x_shift), **fields,
        )  # fmt: skip


@emits("channels_convolve_weights")
def _(e: Emitter, call: Call) -> None:
    x, d = call.inputs
    (w,) = call.outputs
    fields, before, scratch = channel_fields.weights(
        x.shape, call.attributes["kernel"], d.shape, **common(e, call)
    )
    e.step(
        kernels.convolve_channels_weights, reads=(x, d), writes=(w,), what="convolve_weights",
        work=work_of(call, d), scratch=scratch, x=e.address(x).further(before), w=e.address(w),
        y=e.address(d), **fields,
    )  # fmt: skip
