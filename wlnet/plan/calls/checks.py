"""What is looked at, and changes nothing: whether inputs are NaN or infinite."""

from __future__ import annotations

from wlnet.engine.blueprint import Outside
from wlnet.graph.graph import Call
from wlnet.kernels.copies import rows
from wlnet.plan.calls.emitter import Emitter, count_of, emits


@emits("check")
def _(e: Emitter, call: Call) -> None:
    (x,) = call.inputs
    e.step(
        rows.check_finite, reads=(x,), what="check of numbers", count=count_of(x), x=e.address(x),
        status=Outside("status"),
    )  # fmt: skip
