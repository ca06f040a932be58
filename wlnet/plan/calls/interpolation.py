"""Images at spots between their entries."""

from __future__ import annotations

from wlnet.graph.graph import Call
from wlnet.kernels.copies import interpolation
from wlnet.plan.calls.emitter import Emitter, count_of, emits

EACH = 8
"""Operations of a number that is interpolated."""


@emits("interpolate")
def _(e: Emitter, call: Call) -> None:
    (x, spots), (y,) = call.inputs, call.outputs
    e.step(
        interpolation.interpolate, reads=(x, spots), writes=(y,), work=EACH * count_of(y),
        count=count_of(y), channels=x.shape[1], height=x.shape[2], width=x.shape[3],
        points=spots.shape[2], x=e.address(x), spots=e.address(spots), y=e.address(y),
    )  # fmt: skip


@emits("interpolate_input")
def _(e: Emitter, call: Call) -> None:
    (d, spots), (y,) = call.inputs, call.outputs
    e.step(
        interpolation.interpolate_input, reads=(d, spots), writes=(y,), work=EACH * count_of(d),
        planes=y.shape[0] * y.shape[1], channels=y.shape[1], height=y.shape[2], width=y.shape[3],
        points=spots.shape[2], d=e.address(d), spots=e.address(spots), y=e.address(y),
    )  # fmt: skip


@emits("interpolate_spots")
def _(e: Emitter, call: Call) -> None:
    (d, x, spots), (y,) = call.inputs, call.outputs
    e.step(
        interpolation.interpolate_spots, reads=(d, x, spots), writes=(y,),
        work=2 * EACH * count_of(d), count=spots.shape[0] * spots.shape[2], channels=x.shape[1],
        height=x.shape[2], width=x.shape[3], points=spots.shape[2], d=e.address(d),
        x=e.address(x), spots=e.address(spots), y=e.address(y),
    )  # fmt: skip
