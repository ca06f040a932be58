"""Fast convolution, with images side by side in the lanes of vectors: Winograd convolution."""

from __future__ import annotations

from typing import Any

from wlnet.graph.graph import Call, Value
from wlnet.kernels.winograd import winograd, winograd_gradients
from wlnet.kernels.winograd.winograd_transforms import POINTS
from wlnet.plan.calls import winograd_fields as fields
from wlnet.plan.calls.emitter import Emitter, emits
from wlnet.plan.calls.products import ACTIVATIONS, named
from wlnet.plan.words.checking import roles


def common(e: Emitter, call: Call) -> dict[str, Any]:
    """What the builders of fields want to know besides shapes."""
    return {"padding": call.attributes["padding"], "item": e.item, "lanes": e.target.lanes}


def work_of(call: Call, x: Value, y: tuple[int, ...]) -> int:
    """Operations of the products of all points."""
    w = call.attributes["kernel"]
    rows, columns = fields.tiles_of(w, y)
    return 2 * POINTS * rows * columns * int(w[0] * w[1]) * x.shape[0] * x.shape[-1]


@emits("winograd_points")
def _(e: Emitter, call: Call) -> None:
    (w,), (u,) = call.inputs, call.outputs
    e.step(
        winograd.POINTS_OF[w.shape[2]], reads=(w,), writes=(u,), what="kernels to points",
        w=e.address(w), u=e.address(u), **fields.points(w.shape, e.item, e.target.lanes),
    )  # fmt: skip


@emits("winograd", "winograd_pooled")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, u, y = role["x"], role["u"], role["y"]
    w, pooled = call.attributes["kernel"], call.primitive == "winograd_pooled"
    twice = 2 if pooled else 1
    whole = (*y.shape[:2], twice * y.shape[2], twice * y.shape[3])
    found, scratch = fields.forward(x.shape[:-1], w, whole, pooled=pooled, **common(e, call))
    e.step(
        winograd.FORWARD[w[2], pooled], reads=call.inputs, writes=call.outputs, scratch=scratch,
        work=work_of(call, x, whole),
        what=named("convolve", call) + (" + largest of 2 x 2" if pooled else ""),
        x=e.address(x), u=e.address(u), y=e.address(y),
        bias=e.start(role.get("bias")),
        activation=ACTIVATIONS[call.attributes.get("activation")],
        places=e.start(role.get("places")), **found,
    )  # fmt: skip


@emits("winograd_input")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    d, u, x = role["d"], role["u"], role["x"]
    w = call.attributes["kernel"]
    found, scratch = fields.backward(x.shape[:-1], w, d.shape[:-1], **common(e, call))
    e.step(
        winograd.INPUT[w[2]], reads=call.inputs, writes=(x,), scratch=scratch,
        work=work_of(call, x, d.shape[:-1]), what=named("convolve_input", call), x=e.address(x),
        u=e.address(u), d=e.address(d),
        gate=e.start(role.get("gate")), **found,
    )  # fmt: skip


@emits("winograd_sums")
def _(e: Emitter, call: Call) -> None:
    x, d = call.inputs
    (g,) = call.outputs
    w = call.attributes["kernel"]
    found, scratch = fields.sums(x.shape[:-1], w, d.shape[:-1], **common(e, call))
    e.step(
        winograd_gradients.SUMS[w[2]], reads=(x, d), writes=(g,), scratch=scratch,
        work=work_of(call, x, d.shape[:-1]), what="convolve_weights", x=e.address(x),
        d=e.address(d), g=e.address(g), **found,
    )  # fmt: skip


@emits("winograd_weights")
def _(e: Emitter, call: Call) -> None:
    (g,), (w,) = call.inputs, call.outputs
    at = call.attributes
    e.step(
        winograd_gradients.WEIGHTS[w.shape[2]], reads=(g,), writes=(w,), what="points to kernels",
        g=e.address(g), w=e.address(w),
        **fields.weights(at["x"], w.shape, at["y"], e.item, at["lanes"]),
    )  # fmt: skip
