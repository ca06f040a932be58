"""Softmax and what is learnt from it: its logarithm, and cross entropy fused with its gradient."""

from __future__ import annotations

import math
from typing import Any

from wlnet.graph.graph import Call
from wlnet.kernels.products.tiles import TALL
from wlnet.kernels.reductions import softmaxes
from wlnet.plan.calls.emitter import Emitter, count_of, emits
from wlnet.plan.words.checking import roles

WORK = 10
"""About how many operations a number costs."""


@emits("softmax", "log_softmax")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    axis = call.attributes["axis"]
    n, inner = x.shape[axis], math.prod(x.shape[axis + 1 :])
    outer = math.prod(x.shape[:axis])
    common: dict[str, Any] = {"reads": (x,), "writes": (y,), "work": WORK * count_of(x)}
    scratch = softmaxes.softmax_scratch(n) * e.item
    kernels = {
        "softmax": (softmaxes.softmax, softmaxes.softmax_columns),
        "log_softmax": (softmaxes.log_softmax, softmaxes.log_softmax_columns),
    }
    rows, columns = kernels[call.primitive]
    if inner == 1:
        e.step(rows, **common, scratch=scratch, rows=outer, n=n, x=e.address(x), y=e.address(y))
    else:
        e.step(
            columns, **common, scratch=scratch, outer=outer, n=n, inner=inner, x=e.address(x),
            y=e.address(y),
        )  # fmt: skip


@emits("cross_entropy")
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    x, index, d = role["x"], role["index"], role.get("gradient")
    n = x.shape[-1]
    e.step(
        softmaxes.cross_entropy_rows,
        reads=call.inputs,
        writes=call.outputs,
        scratch=softmaxes.softmax_scratch(n) * e.item,
        work=WORK * count_of(x),
        share=(count_of(x) // n, TALL.of(e.target)),
        own=(*call.inputs, *call.outputs),
        what="softmax + cross entropy" + (" + gradient" if d is not None else ""),
        rows=count_of(x) // n,
        n=n,
        x=e.address(x),
        targets=e.address(index),
        y=e.start(role.get("probabilities")),
        loss=e.address(role["loss"]),
        d=e.start(d),
        scale=float(call.attributes.get("scale", 0.0)),
    )
