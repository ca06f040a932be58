"""Causal attention: softmax, and products, over what each of a sequence sees."""

from __future__ import annotations

import math

from wlnet.graph.graph import Call
from wlnet.kernels.products.causal_products import FUTURE, PAST, causal_entries, causal_sums
from wlnet.kernels.reductions.causal_softmaxes import causal_softmax
from wlnet.plan.calls.emitter import Emitter, collapsed, count_of, emits
from wlnet.plan.calls.softmaxes import WORK


def seen(count: int, window: int) -> int:
    """How many each of a sequence sees, all together."""
    window = min(count, window)
    return count * window - window * (window - 1) // 2


def readable(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Matrices at one distance from each other; a lies in them anyhow, b with columns one after
    another."""
    shape = call.inputs[i].shape
    sizes, _ = collapsed(shape[:-2], strides[:-2])
    return len(sizes) == 1 and (i == 0 or shape[-1] == 1 or strides[-1] == 1)


@emits("causal_product", accepts=readable)
def _(e: Emitter, call: Call) -> None:
    (a, b), (c,) = call.inputs, call.outputs
    window, part = call.attributes["window"], call.attributes["part"]
    lead = math.prod(c.shape[:-2])
    inner = a.shape[-1] if part == "Entries" else c.shape[-1]
    count = a.shape[-2]
    a_lead, b_lead, c_lead = (
        collapsed(value.shape[:-2], e.strides(value)[:-2])[1][0][0] for value in (a, b, c)
    )
    a_row, a_depth = e.strides(a)[-2:]
    common = {
        "lead": lead, "a_lead": a_lead, "b_lead": b_lead, "c_lead": c_lead, "count": count,
        "window": min(count, window), "a": e.address(a), "a_row": a_row, "a_depth": a_depth,
        "b": e.address(b), "b_depth": e.strides(b)[-2], "c": e.address(c),
        "c_row": e.strides(c)[-2],
    }  # fmt: skip
    work = 2 * lead * seen(count, window) * inner
    if part == "Entries":
        e.step(causal_entries, reads=call.inputs, writes=(c,), work=work, depth=inner, **common)
    else:
        way = PAST if part == "Past" else FUTURE
        e.step(
            causal_sums, reads=call.inputs, writes=(c,), work=work, columns=inner, way=way, **common
        )


@emits("causal_softmax")
def _(e: Emitter, call: Call) -> None:
    (x,), (y,) = call.inputs, call.outputs
    n, window = x.shape[-1], call.attributes["window"]
    rows = count_of(x) // n
    e.step(
        causal_softmax, reads=(x,), writes=(y,), work=WORK * rows // n * seen(n, window), rows=rows,
        n=n, window=min(n, window), x=e.address(x), y=e.address(y),
    )  # fmt: skip
