"""The one table of derivatives: a rule for each primitive, in terms of primitives.

A rule receives the builder, the call, and the gradient of the first output; it returns one gradient
an input, and may leave None where the input is an index or where `wanted` says that nobody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Value
from wlnet.graph.maps import MAPS

Wanted = Sequence[bool]
Rule = Callable[[Builder, Call, Value, Wanted], Sequence[Value | None]]
DERIVATIVES: dict[str, Rule] = {}


def derivative(name: str) -> Callable[[Rule], Rule]:
    """Enter the rule of a primitive."""

    def enter(rule: Rule) -> Rule:
        DERIVATIVES[name] = rule
        return rule

    return enter


@derivative("matmul")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    d_a = d_b = None
    if wanted[0]:
        d_a = g.sum_to(g.matmul(d, g.transpose(b)), a.shape)
    if wanted[1]:
        if b.rank == 2 and a.rank > 2:
            # One product over all leading indices: (k, rows) . (rows, n).
            d_b = g.matmul(g.transpose(_rows(g, a)), _rows(g, d))
        else:
            d_b = g.sum_to(g.matmul(g.transpose(a), d), b.shape)
    return d_a, d_b


def _rows(g: Builder, x: Value) -> Value:
    rows = 1
    for size in x.shape[:-1]:
        rows *= size
    return g.reshape(x, (rows, x.shape[-1]))


@derivative("transpose")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    axes = call.attributes["axes"]
    return (g.transpose(d, sorted(range(len(axes)), key=axes.__getitem__)),)


@derivative("reshape")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    return (g.reshape(d, call.inputs[0].shape),)


@derivative("broadcast")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    return (g.sum_to(d, call.inputs[0].shape),)


@derivative("add")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    return (
        g.sum_to(d, a.shape) if wanted[0] else None,
        g.sum_to(d, b.shape) if wanted[1] else None,
    )


@derivative("subtract")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    return (
        g.sum_to(d, a.shape) if wanted[0] else None,
        g.negate(g.sum_to(d, b.shape)) if wanted[1] else None,
    )


@derivative("multiply")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    return (
        g.sum_to(g.multiply(d, b), a.shape) if wanted[0] else None,
        g.sum_to(g.multiply(d, a), b.shape) if wanted[1] else None,
    )


@derivative("divide")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    d_a = g.divide(d, b)
    d_b = g.negate(g.multiply(d_a, call.outputs[0])) if wanted[1] else None
    return (
        g.sum_to(d_a, a.shape) if wanted[0] else None,
        None if d_b is None else g.sum_to(d_b, b.shape),
    )


@derivative("power")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    d_a = d_b = None
    if wanted[0]:
        slope = g.multiply(b, g.power(a, g.subtract(b, 1.0)))
        d_a = g.sum_to(g.multiply(d, slope), a.shape)
    if wanted[1]:
        d_b = g.sum_to(g.multiply(d, g.multiply(call.outputs[0], g.map("Log", a))), b.shape)
    return d_a, d_b


def _chosen(
    g: Builder, d: Value, mask: Value, call: Call, wanted: Wanted
) -> Sequence[Value | None]:
    """Gradients for the first input where the mask is 1, and for the second elsewhere."""
    a, b = call.inputs
    d_a = g.multiply(d, mask)
    return (
        g.sum_to(d_a, a.shape) if wanted[0] else None,
        g.sum_to(g.subtract(d, d_a), b.shape) if wanted[1] else None,
    )


@derivative("maximum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    return _chosen(g, d, g.above(a, b), call, wanted)


@derivative("minimum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    a, b = call.inputs
    return _chosen(g, d, g.above(b, a), call, wanted)


@derivative("map")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    slope = MAPS[call.attributes["function"]].slope
    return (None if slope is None else slope(g, call.inputs[0], call.outputs[0], d),)


@derivative("sum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    return (g.broadcast(d, call.inputs[0].shape),)


@derivative("softmax")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    y, axis = call.outputs[0], call.attributes["axis"]
    return (g.multiply(y, g.subtract(d, g.sum(g.multiply(d, y), [axis]))),)


@derivative("log_softmax")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    axis = call.attributes["axis"]
    return (g.subtract(d, g.multiply(g.map("Exp", call.outputs[0]), g.sum(d, [axis]))),)


@derivative("lstm")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    said, weights = call.inputs
    states, gates, cells = call.outputs
    d_said = g.call("lstm_input", d, gates, cells, g.transpose(weights))[0]
    if not wanted[1]:
        return d_said, None
    length = said.shape[0]
    if length == 1:
        return d_said, g.fill(0.0, weights.shape)
    # One product over all steps: what each state met, and what came back from the step after it.
    met, sent = g.slice(states, 0, 0, length - 1), g.slice(d_said, 0, 1, length)
    return d_said, g.matmul(g.transpose(_rows(g, met)), _rows(g, sent))


@derivative("gather")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    table, index = call.inputs
    return g.one("scatter_add", d, index, count=table.shape[0]), None


@derivative("pick")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    x, index = call.inputs
    return g.one("place", d, index, count=x.shape[-1]), None


@derivative("place")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    return g.pick(d, call.inputs[1]), None


@derivative("scatter_add")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    return g.gather(d, call.inputs[1]), None


@derivative("concatenate")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    axis, start, parts = call.attributes["axis"], 0, []
    for x, want in zip(call.inputs, wanted, strict=True):
        stop = start + x.shape[axis]
        parts.append(g.slice(d, axis, start, stop) if want else None)
        start = stop
    return parts


@derivative("slice")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    x, at = call.inputs[0], call.attributes
    return (g.pad(d, at["axis"], at["start"], x.shape[at["axis"]] - at["stop"]),)


@derivative("pad")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    x, at = call.inputs[0], call.attributes
    return (g.slice(d, at["axis"], at["before"], at["before"] + x.shape[at["axis"]]),)


@derivative("convolve")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    x, w = call.inputs
    return (
        g.one("convolve_input", d, w, shape=x.shape, **call.attributes) if wanted[0] else None,
        g.one("convolve_weights", x, d, shape=w.shape, **call.attributes) if wanted[1] else None,
    )


@derivative("pool_max")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    return (
        g.one("pool_max_input", d, call.outputs[1], shape=call.inputs[0].shape, **call.attributes),
    )


@derivative("pool_sum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Sequence[Value | None]:
    return (g.one("pool_sum_input", d, shape=call.inputs[0].shape, **call.attributes),)
