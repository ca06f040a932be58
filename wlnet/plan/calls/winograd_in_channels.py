"""Fast convolution with channels side by side: Winograd convolution in the layout NHWC."""

from __future__ import annotations

from math import prod
from typing import Any

from wlnet.graph.graph import Call, Value
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.winograd import winograd_in_channels as kernels
from wlnet.kernels.winograd.winograd_transforms import POINTS
from wlnet.plan.calls import winograd_channel_fields as fields
from wlnet.plan.calls.emitter import Emitter, emits
from wlnet.plan.calls.products import ACTIVATIONS, named
from wlnet.plan.words.checking import roles


def common(e: Emitter, call: Call) -> dict[str, Any]:
    """What the builders of fields want to know besides shapes."""
    return {"padding": call.attributes["padding"], "item": e.item, "lanes": e.target.lanes}


def work_of(w: tuple[int, ...], y: Value) -> int:
    """Operations of the products of all points."""
    return 2 * POINTS * y.shape[0] * prod(fields.tiles_of(w, y.shape)) * w[0] * w[1]


@emits("channels_points")
def _(e: Emitter, call: Call) -> None:
    (w,), (u,) = call.inputs, call.outputs
    found, scratch = fields.points(w.shape, e.item, e.target.lanes, call.attributes["back"])
    e.step(
        kernels.POINTS_OF[w.shape[2]], reads=(w,), writes=(u,), scratch=scratch,
        what="kernels to points", w=e.address(w), u=e.address(u), **found,
    )  # fmt: skip


@emits("channels_winograd")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, u, y = role["x"], role["u"], role["y"]
    w = call.attributes["kernel"]
    found, scratch = fields.forward(x.shape, w, y.shape, **common(e, call))
    e.step(
        kernels.FORWARD[w[2]], reads=call.inputs, writes=(y,), scratch=scratch,
        work=work_of(w, y), what=named("convolve", call), x=e.address(x), u=e.address(u),
        y=e.address(y), bias=e.start(role.get("bias")),
        activation=ACTIVATIONS[call.attributes.get("activation")], gate=0, **found,
    )  # fmt: skip


@emits("channels_winograd_input")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    d, u, x = role["d"], role["u"], role["x"]
    w = call.attributes["kernel"]
    found, scratch = fields.forward(d.shape, w, x.shape, back=True, **common(e, call))
    e.step(
        kernels.FORWARD[w[2]], reads=call.inputs, writes=(x,), scratch=scratch,
        work=work_of(w, x), what=named("convolve_input", call), x=e.address(d), u=e.address(u),
        y=e.address(x), bias=0, activation=NO_ACTIVATION, gate=e.start(role.get("gate")), **found,
    )  # fmt: skip


@emits("channels_sums")
def _(e: Emitter, call: Call) -> None:
    x, d = call.inputs
    (g,) = call.outputs
    w = call.attributes["kernel"]
    found, scratch = fields.sums(x.shape, w, d.shape, **common(e, call))
    e.step(
        kernels.SUMS[w[2]], reads=(x, d), writes=(g,), scratch=scratch, work=work_of(w, d),
        what="convolve_weights", x=e.address(x), d=e.address(d), g=e.address(g), **found,
    )  # fmt: skip


@emits("channels_weights")
def _(e: Emitter, call: Call) -> None:
    (g,), (w,) = call.inputs, call.outputs
    found, scratch = fields.weights(w.shape, call.attributes["y"], e.item, e.target.lanes)
    e.step(
        kernels.WEIGHTS[w.shape[2]], reads=(g,), writes=(w,), scratch=scratch,
        what="points to kernels", g=e.address(g), w=e.address(w), **found,
    )  # fmt: skip
