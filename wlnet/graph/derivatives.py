"""The one table of derivatives: a rule for each primitive, in terms of primitives.

A rule receives the builder, the call, and the gradient of every output, None where nothing depends
on it; it returns one gradient an input, and may leave None where the input is an index or where
`wanted` says that nobody asks. Most primitives have one output that numbers flow through: their
rules are written for its gradient alone. One table in one file, though it is long: a reader checks
a rule beside its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.parts import path_text
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Value
from wlnet.graph.maps import MAPS
from wlnet.graph.table import Table

Wanted = Sequence[bool]
Found = Sequence[Value | None]
Rule = Callable[[Builder, Call, Found, Wanted], Found]
RuleOfOne = Callable[[Builder, Call, Value, Wanted], Found]
DERIVATIVES = Table[Rule]("derivative", "wlnet/graph/derivatives.py")


def derivative_of_all(name: str) -> Callable[[Rule], Rule]:
    """Enter the rule of a primitive with several outputs of Reals."""

    def enter(rule: Rule) -> Rule:
        DERIVATIVES[name] = rule
        return rule

    return enter


def derivative(name: str) -> Callable[[RuleOfOne], RuleOfOne]:
    """Enter the rule of a primitive whose first output alone is made of Reals."""

    def enter(rule: RuleOfOne) -> RuleOfOne:
        def of_first(g: Builder, call: Call, ds: Found, wanted: Wanted) -> Found:
            d, *others = ds
            assert d is not None and not any(others), call
            return rule(g, call, d, wanted)

        DERIVATIVES[name] = of_first
        return rule

    return enter


@derivative("compiled")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    slopes = call.attributes["slopes"]
    if slopes is None:
        fault = Fault(
            "a function without a derivative stands in the way of a gradient",
            at=path_text(call.origin) or None,
            given=f"CompiledLayer({brief(call.attributes['function'])})",
            fix="derivative=..., or freeze all arrays before this layer",
        )
        raise fail(OptionError, fault)
    return [
        g.multiply(d, g.compiled(slope, *call.inputs)) if is_asked else None
        for slope, is_asked in zip(slopes, wanted, strict=True)
    ]


@derivative("matmul")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
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
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    axes = call.attributes["axes"]
    return (g.transpose(d, sorted(range(len(axes)), key=axes.__getitem__)),)


@derivative("reshape")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (g.reshape(d, call.inputs[0].shape),)


@derivative("gradient_reversal")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (g.negate(d),)


@derivative("sum_parts")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    # Every part's losses go by what all parts gave.
    return (g.one("sum_parts", d),)


@derivative("broadcast")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (g.sum_to(d, call.inputs[0].shape),)


@derivative("add")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, b = call.inputs
    return (
        g.sum_to(d, a.shape) if wanted[0] else None,
        g.sum_to(d, b.shape) if wanted[1] else None,
    )


@derivative("subtract")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, b = call.inputs
    return (
        g.sum_to(d, a.shape) if wanted[0] else None,
        g.negate(g.sum_to(d, b.shape)) if wanted[1] else None,
    )


@derivative("multiply")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, b = call.inputs
    return (
        g.sum_to(g.multiply(d, b), a.shape) if wanted[0] else None,
        g.sum_to(g.multiply(d, a), b.shape) if wanted[1] else None,
    )


@derivative("divide")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, b = call.inputs
    d_a, y = g.divide(d, b), call.outputs[0]
    safe = g.keeps_from_zero(b)
    if not safe:
        # Nothing of an infinite quotient, where nothing of it is wanted.
        d_a = g.masked(d_a, g.nonzero(d))
    d_b = None
    if wanted[1]:
        d_b = g.negate(g.multiply(d_a, y) if safe else g.masked(y, d_a))
    return (
        g.sum_to(d_a, a.shape) if wanted[0] else None,
        None if d_b is None else g.sum_to(d_b, b.shape),
    )


@derivative("power")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, b = call.inputs
    d_a = d_b = None
    if wanted[0]:
        # b a^(b - 1), and 0 where b is 0: there the power of base 0 is infinite.
        slope = g.multiply(b, g.power(a, g.subtract(b, 1.0)))
        d_a = g.sum_to(g.masked(_where_nonzero(g, slope, b), d), a.shape)
    if wanted[1]:
        # a^b log a, and 0 where a is 0: there it is 0 for every b above 0, and the logarithm none.
        slope = g.multiply(call.outputs[0], g.map("Log", a))
        d_b = g.sum_to(g.masked(_where_nonzero(g, slope, a), d), b.shape)
    return d_a, d_b


def _where_nonzero(g: Builder, slope: Value, x: Value) -> Value:
    """A slope where x is not 0, else nothing."""
    made = g.producer(x)
    never_zero = made is not None and made.primitive == "fill" and made.attributes["value"] != 0
    return slope if never_zero else g.masked(slope, g.nonzero(x))


SHARES = {0.0: "greater", 0.5: "precedence", 1.0: "greater_equal"}
"""What tells the share of the larger of two in a gradient, by its share when they are equal."""


def _divided(g: Builder, d: Value, share: Value, call: Call, wanted: Wanted) -> Found:
    """A gradient of which the first input gets a share, and the second the rest. Who gets nothing
    gets nothing of an infinite one either."""
    a, b = call.inputs
    return (
        g.sum_to(g.masked(d, share), a.shape) if wanted[0] else None,
        g.sum_to(g.masked(d, g.subtract(1.0, share)), b.shape) if wanted[1] else None,
    )


@derivative("maximum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, b = call.inputs
    return _divided(g, d, g.one(SHARES[call.attributes["tie"]], a, b), call, wanted)


@derivative("minimum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, b = call.inputs
    return _divided(g, d, g.one(SHARES[call.attributes["tie"]], b, a), call, wanted)


@derivative("greater")
@derivative("greater_equal")
@derivative("precedence")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return None, None


@derivative("masked")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    a, mask = call.inputs
    return g.sum_to(g.masked(d, mask), a.shape) if wanted[0] else None, None


@derivative("map")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    slope = MAPS[call.attributes["function"]].slope
    return (None if slope is None else slope(g, call.inputs[0], call.outputs[0], d),)


@derivative("sum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (g.broadcast(d, call.inputs[0].shape),)


@derivative("softmax")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    y, axis = call.outputs[0], call.attributes["axis"]
    return (g.multiply(y, g.subtract(d, g.sum(g.multiply(d, y), [axis]))),)


@derivative("attention_weights")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (g.one("attention_weights_input", d, call.outputs[0], **call.attributes),)


@derivative("causal_product")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    (a, b), window = call.inputs, call.attributes["window"]
    part = call.attributes["part"]

    def product(part: str, one: Value, other: Value) -> Value:
        return g.causal_product(one, other, part, window)

    if part == "Entries":
        d_a, d_b = product("Past", d, g.transpose(b)), product("Future", g.transpose(d), a)
        return d_a, g.transpose(d_b)
    if part == "Past":
        return product("Entries", d, g.transpose(b)), product("Future", g.transpose(a), d)
    d_a, d_b = product("Entries", b, g.transpose(d)), product("Past", g.transpose(a), d)
    return g.transpose(d_a), d_b


@derivative("log_softmax")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    axis = call.attributes["axis"]
    return (g.subtract(d, g.multiply(g.map("Exp", call.outputs[0]), g.sum(d, [axis]))),)


@derivative_of_all("lstm")
def _(g: Builder, call: Call, ds: Found, wanted: Wanted) -> Found:
    _, weights, *begun = call.inputs
    states, gates, cells = call.outputs
    back, (d_states, *more) = g.transpose(weights), _reached(g, call, ds)
    d_said, d_cell = g.call("lstm_input", d_states, gates, cells, back, *more, *begun[1:])
    _, batch, size = states.shape
    d_weights = _by_weights(g, call, d_said) if wanted[1] else None
    if not begun:
        return d_said, d_weights
    d_state = g.matmul(_first_step(g, d_said), back) if wanted[2] else None
    return d_said, d_weights, d_state, g.reshape(d_cell, (batch, size)) if wanted[3] else None


@derivative_of_all("gru")
def _(g: Builder, call: Call, ds: Found, wanted: Wanted) -> Found:
    _, weights, *begun = call.inputs
    states, gates, told = call.outputs
    back, (d_states, *more) = g.transpose(weights), _reached(g, call, ds)
    d_said, d_sent, d_past = g.call("gru_input", d_states, gates, told, states, back, *more, *begun)
    d_weights = _by_weights(g, call, d_sent) if wanted[1] else None
    if not begun:
        return d_said, d_weights
    d_state = None
    if wanted[2]:
        told_back = g.matmul(_first_step(g, d_sent), back)
        d_state = g.add(told_back, g.reshape(d_past, states.shape[1:]))
    return d_said, d_weights, d_state


def _reached(g: Builder, call: Call, ds: Found) -> list[Value]:
    """What reached the states of a recurrence; and the rest of what it gave, if anything did."""
    d_states, *others = ds
    first, *rest = call.outputs
    more: list[Value] = []
    if any(d is not None for d in others):
        more = [d or g.fill(0.0, x.shape) for d, x in zip(others, rest, strict=True)]
    return [d_states or g.fill(0.0, first.shape), *more]


def _first_step(g: Builder, d: Value) -> Value:
    """The rows of the first step of a sequence."""
    return g.reshape(g.slice(d, 0, 0, 1), d.shape[1:])


def _by_weights(g: Builder, call: Call, d_told: Value) -> Value:
    """The gradient by the weights of a recurrence, from that by what its states told the gates."""
    _, weights, *begun = call.inputs
    states, length = call.outputs[0], call.outputs[0].shape[0]
    # One product over all steps: what each state met, and what came back from the step after it.
    parts: list[Value] = []
    if begun:
        parts.append(g.matmul(g.transpose(begun[0]), _first_step(g, d_told)))
    if length > 1:
        met, sent = g.slice(states, 0, 0, length - 1), g.slice(d_told, 0, 1, length)
        parts.append(g.matmul(g.transpose(_rows(g, met)), _rows(g, sent)))
    if not parts:
        return g.fill(0.0, weights.shape)
    return parts[0] if len(parts) == 1 else g.add(*parts)


@derivative("gather")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    table, index = call.inputs
    return g.one("scatter_add", d, index, count=table.shape[0]), None


@derivative("pick")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    x, index = call.inputs
    return g.one("place", d, index, count=x.shape[-1]), None


@derivative("place")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return g.pick(d, call.inputs[1]), None


@derivative("scatter_add")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return g.gather(d, call.inputs[1]), None


@derivative("extract")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    x, index = call.inputs
    return g.one("put", d, index, shape=x.shape, **call.attributes), None


@derivative("put")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    at = {name: value for name, value in call.attributes.items() if name != "shape"}
    return g.one("extract", d, call.inputs[1], **at), None


@derivative("concatenate")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    axis, start, parts = call.attributes["axis"], 0, []
    for x, want in zip(call.inputs, wanted, strict=True):
        stop = start + x.shape[axis]
        parts.append(g.slice(d, axis, start, stop) if want else None)
        start = stop
    return parts


@derivative("slice")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    x, at = call.inputs[0], call.attributes
    return (g.pad(d, at["axis"], at["start"], x.shape[at["axis"]] - at["stop"]),)


@derivative("pad")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    x, at = call.inputs[0], call.attributes
    return (g.slice(d, at["axis"], at["before"], at["before"] + x.shape[at["axis"]]),)


@derivative("reverse")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (g.reverse(d, call.attributes["axis"]),)


@derivative("convolve")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    x, w = call.inputs
    return (
        g.one("convolve_input", d, w, shape=x.shape, **call.attributes) if wanted[0] else None,
        g.one("convolve_weights", x, d, shape=w.shape, **call.attributes) if wanted[1] else None,
    )


@derivative("convolve_input")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    x, w = call.inputs
    at = {name: value for name, value in call.attributes.items() if name != "shape"}
    return (
        g.convolve(d, w, **at) if wanted[0] else None,
        g.one("convolve_weights", d, x, shape=w.shape, **at) if wanted[1] else None,
    )


@derivative("pool_max")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (
        g.one("pool_max_input", d, call.outputs[1], shape=call.inputs[0].shape, **call.attributes),
    )


@derivative("interpolate")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    x, spots = call.inputs
    height, width = x.shape[2:]
    return (
        g.one("interpolate_input", d, spots, height=height, width=width) if wanted[0] else None,
        g.one("interpolate_spots", d, x, spots) if wanted[1] else None,
    )


@derivative("pool_sum")
def _(g: Builder, call: Call, d: Value, wanted: Wanted) -> Found:
    return (g.one("pool_sum_input", d, shape=call.inputs[0].shape, **call.attributes),)
