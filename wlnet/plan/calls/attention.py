"""Attention: weights, and products over what each of a sequence sees."""

from __future__ import annotations

import math
from typing import Any

from wlnet.graph.graph import Call
from wlnet.kernels.products.causal_products import FUTURE, PAST, causal_entries, causal_sums
from wlnet.kernels.reductions import attention_weights as weights
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


@emits("attention_weights", "attention_weights_input")
def _(e: Emitter, call: Call) -> None:
    *given, y = (*call.inputs, *call.outputs)
    n, window = y.shape[-1], call.attributes["window"]
    rows = count_of(y) // n
    common: dict[str, Any] = {
        "reads": call.inputs, "writes": call.outputs, "rows": rows, "n": n,
        "window": 0 if window is None else min(n, window), "scale": float(call.attributes["scale"]),
    }  # fmt: skip
    numbers = count_of(y) if window is None else rows // n * seen(n, window)
    if call.primitive == "attention_weights":
        places: dict[str, Any] = {"x": e.address(given[0]), "y": e.address(y)}
        e.step(weights.attention_weights, work=WORK * numbers, **common, **places)
    else:
        places = {"d": e.address(given[0]), "y": e.address(given[1]), "dx": e.address(y)}
        e.step(weights.attention_weights_input, work=5 * numbers, **common, **places)
