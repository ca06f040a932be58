"""Depthwise convolution with channels side by side (NHWC): its rows, and the fields of its kernels.

A pixel is as wide as all channels together: fields are those of an image with one channel whose
numbers are so wide.
"""

from __future__ import annotations

from math import prod
from typing import Any

from wlnet.graph.graph import Call
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows.depthwise import convolve_depthwise, convolve_depthwise_weights
from wlnet.plan.calls import window_fields
from wlnet.plan.calls.emitter import Emitter, count_of, emits
from wlnet.plan.calls.products import ACTIVATIONS, named
from wlnet.plan.calls.window_fields import spread
from wlnet.plan.calls.windows import window
from wlnet.plan.words.checking import roles

Fields = dict[str, Any]
GONE = frozenset(
    {"groups", "inputs", "outputs", "x_channel", "y_channel", "w_group", "w_out", "w_in"}
)


def flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    """An image of pixels as one with a single channel and three axes of space."""
    return spread((shape[0], 1, *shape[1:-1]))


def kernel(call: Call) -> tuple[int, ...]:
    """That of a single channel, with three axes of space."""
    return spread((1, 1, *call.attributes["kernel"][2:]))


def options(e: Emitter, call: Call, channels: int) -> dict[str, Any]:
    """How a window moves over pixels of so many channels."""
    return {**window(e, call), "groups": 1, "item": channels * e.item, "lanes": 1}


def in_channels(fields: Fields, channels: int, item: int) -> Fields:
    """The fields of a convolution of pixels of so many channels."""
    kept = {name: word for name, word in fields.items() if name not in GONE}
    return {**kept, "channels": channels, "x_column": channels * item}


def work_of(call: Call, count: int) -> int:
    """Operations for so many results."""
    return 2 * count * int(prod(call.attributes["kernel"][2:]))


@emits("channels_depthwise")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, y = role["x"], role["y"]
    channels = x.shape[-1]
    found = window_fields.forward(
        flat(x.shape), kernel(call), flat(y.shape), **options(e, call, channels)
    )
    e.step(
        convolve_depthwise, reads=call.inputs, writes=(y,), work=work_of(call, count_of(y)),
        what=named("depthwise convolve", call), x=e.address(x), w=e.address(role["w"]),
        y=e.address(y), bias=e.start(role.get("bias")), gate=0,
        activation=ACTIVATIONS[call.attributes.get("activation")],
        **in_channels(found, channels, e.item),
    )  # fmt: skip


@emits("channels_depthwise_input")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    d, x, gate = role["d"], role["x"], role.get("gate")
    channels = x.shape[-1]
    phases = window_fields.backward(
        flat(d.shape), kernel(call), flat(x.shape), **options(e, call, channels)
    )
    w_at, x_at = e.address(role["w"]), e.address(x)
    for fields, w_shift, x_shift in phases:
        e.step(
            convolve_depthwise, reads=call.inputs, writes=(x,),
            work=work_of(call, count_of(d)) // len(phases),
            what=named("depthwise convolve_input", call), x=e.address(d),
            w=w_at.further(w_shift), y=x_at.further(x_shift), bias=0, activation=NO_ACTIVATION,
            gate=0 if gate is None else e.address(gate).further(x_shift),
            **in_channels(fields, channels, e.item),
        )  # fmt: skip


@emits("channels_depthwise_weights")
def _(e: Emitter, call: Call) -> None:
    x, d = call.inputs
    (w,) = call.outputs
    channels = x.shape[-1]
    found = window_fields.forward(
        flat(x.shape), kernel(call), flat(d.shape), **options(e, call, channels)
    )
    e.step(
        convolve_depthwise_weights, reads=(x, d), writes=(w,), work=work_of(call, count_of(d)),
        what="depthwise convolve_weights", x=e.address(x), y=e.address(d), w=e.address(w),
        **in_channels(found, channels, e.item),
    )  # fmt: skip
