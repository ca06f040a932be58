"""Attention: weights, and products over what each of a sequence sees."""

from __future__ import annotations

import math
from typing import Any

from wlnet.graph.graph import Call, Value
from wlnet.kernels.attention.attend import attend, attend_back, attend_scratch
from wlnet.kernels.attention.attention_weights import (
    attention_weights,
    attention_weights_input,
    weights_scratch,
)
from wlnet.kernels.attention.causal_products import FUTURE, PAST, causal_entries, causal_sums
from wlnet.kernels.attention.score_columns import TOGETHER
from wlnet.plan.calls.emitter import Emitter, collapsed, count_of, emits
from wlnet.plan.calls.softmaxes import WORK
from wlnet.plan.layouts import is_contiguous
from wlnet.plan.words.checking import roles

GRADIENTS = {"dq": "queries", "dk": "keys", "dv": "values"}
"""The fields of the kernel, and the names of the results."""


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
    rows = count_of(y) // n if n else 0
    each = rows if window is None else n
    common: dict[str, Any] = {
        "reads": call.inputs, "writes": call.outputs, "matrices": rows // each if each else 0,
        "rows": each, "n": n, "window": 0 if window is None else min(n, window),
        "scale": float(call.attributes["scale"]),
        "scratch": e.item * weights_scratch(n, together(e)),
    }  # fmt: skip
    numbers = count_of(y) if window is None else rows // n * seen(n, window)
    if call.primitive == "attention_weights":
        places: dict[str, Any] = {"x": e.address(given[0]), "y": e.address(y)}
        e.step(attention_weights, work=WORK * numbers, **common, **places)
    else:
        places = {"d": e.address(given[0]), "y": e.address(given[1]), "dx": e.address(y)}
        e.step(attention_weights_input, work=5 * numbers, **common, **places)


def _in_rows(call: Call, i: int, strides: tuple[int, ...]) -> bool:
    """Matrices anywhere, the numbers of a row one after another; weights as they were kept."""
    shape = call.inputs[i].shape
    return is_contiguous(shape, strides) if i == 4 else shape[-1] == 1 or strides[-1] == 1


def _places(e: Emitter, given: bool, **values: Value) -> dict[str, Any]:
    """The address of each value, and its distances from example to example, head to head, row to
    row. given: whether they are (batch, heads, length, size), else the middle two change places."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        batch, *middle, _ = e.strides(value)
        head, row = middle if given else middle[::-1]
        found |= {name: e.address(value), f"{name}_batch": batch, f"{name}_head": head,
                  f"{name}_row": row}  # fmt: skip
    return found


def _sizes(q: Value, k: Value, v: Value, call: Call) -> tuple[dict[str, Any], int]:
    """The sizes of attention, and how many pairs of a query and a key that it sees there are."""
    (batch, heads, queries, depth), keys, columns = q.shape, k.shape[2], v.shape[3]
    window = call.attributes["window"]
    fields = {
        "batch": batch, "heads": heads, "queries": queries, "keys": keys, "depth": depth,
        "columns": columns, "window": 0 if window is None else min(keys, window),
        "scale": float(call.attributes["scale"]),
    }  # fmt: skip
    pairs = queries * keys if window is None else seen(keys, window)
    return fields, batch * heads * pairs


def together(e: Emitter) -> int:
    """How many queries are worked on together."""
    return TOGETHER.of(e.target)


@emits("attend", accepts=_in_rows)
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    q, k, v, y = (role[name] for name in ("q", "k", "v", "y"))
    sizes, pairs = _sizes(q, k, v, call)
    depth, columns = sizes["depth"], sizes["columns"]
    e.step(
        attend,
        reads=call.inputs,
        writes=call.outputs,
        work=pairs * (2 * depth + WORK + 2 * columns),
        scratch=e.item * attend_scratch(sizes["keys"], depth, together(e)),
        what="attention",
        weights=e.start(role.get("weights")),
        **sizes,
        **_places(e, True, q=q, k=k, v=v),
        **_places(e, False, y=y),
    )


@emits("attend_back", accepts=_in_rows)
def _(e: Emitter, call: Call) -> None:
    role = roles(call)
    q, k, v = (role[name] for name in ("q", "k", "v"))
    sizes, pairs = _sizes(q, k, v, call)
    depth, columns = sizes["depth"], sizes["columns"]
    wanted = {short: role.get(name) for short, name in GRADIENTS.items()}
    work = 2 * columns * (wanted["dv"] is not None)
    if wanted["dq"] is not None or wanted["dk"] is not None:
        work += 2 * columns + 5 + 2 * depth * sum(wanted[x] is not None for x in ("dq", "dk"))
    places: dict[str, Any] = {}
    for short, value in wanted.items():
        nowhere = dict.fromkeys((short, f"{short}_batch", f"{short}_head", f"{short}_row"), 0)
        places |= nowhere if value is None else _places(e, False, **{short: value})
    e.step(
        attend_back,
        reads=call.inputs,
        writes=call.outputs,
        work=pairs * work,
        scratch=e.item * attend_scratch(sizes["keys"], columns, together(e)),
        what="gradients of attention",
        weights=e.address(role["weights"]),
        **sizes,
        **_places(e, True, d=role["d"], q=q, k=k, v=v),
        **places,
    )
