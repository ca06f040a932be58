"""Fusing: several calls as one, so that numbers are worked on while they are in registers.

Operator fusion, by peephole patterns: the epilogue of a product or a convolution (bias, activation,
pooling), and gradients of activations.

Each pass finds one pattern. A value that somebody else reads as well is never fused away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.passes.rewriting import Rewriting


def fuse_bias(graph: Graph) -> Graph:
    """matmul, then a bias for each column: one product that starts from the bias."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "add":
            continue
        for x, bias in (call.inputs, call.inputs[::-1]):
            product = work.sole(x, "matmul")
            if product is None or bias.shape != x.shape[-1:] or x == bias:
                continue
            merged = Call("affine", (*product.inputs, bias), call.outputs, {"bias": True},
                          product.origin)  # fmt: skip
            work.drop(product)
            work.replace(call, merged)
            break
    return work.done()


def fuse_activation(graph: Graph) -> Graph:
    """A product, then Ramp."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "map" or call.attributes["function"] != "Ramp":
            continue
        product = work.sole(call.inputs[0], "matmul", "affine")
        if product is not None and "activation" not in product.attributes:
            attributes = {**product.attributes, "activation": "Ramp"}
            work.drop(product)
            work.replace(
                call, Call("affine", product.inputs, call.outputs, attributes, product.origin)
            )
    return work.done()


def fuse_windows(graph: Graph) -> Graph:
    """A convolution, then a bias for each channel, then Ramp."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive == "add":
            for x, bias in (call.inputs, call.inputs[::-1]):
                window = work.sole(x, *CONVOLUTIONS)
                spread = work.maker(bias, "reshape")
                if window is None or spread is None:
                    continue
                # A convolution has one bias, before its Ramp: what comes behind either stays.
                if window.attributes.keys() & {"bias", "activation"}:
                    continue
                if not _is_for_channels(bias, x, window):
                    continue
                flat = (*window.inputs, spread.inputs[0])
                _merge(work, window, call, flat, {"bias": True})
                break
        elif call.primitive == "map" and call.attributes["function"] == "Ramp":
            window = work.sole(call.inputs[0], *CONVOLUTIONS)
            if window is not None and "activation" not in window.attributes:
                _merge(work, window, call, window.inputs, {"activation": "Ramp"})
    return work.done()


CONVOLUTIONS = (
    "convolve", "lanes_convolve", "channels_winograd", "channels_depthwise", "channels_convolve",
)  # fmt: skip
"""Of examples one by one, and side by side; and with channels side by side."""


def _is_for_channels(bias: Value, x: Value, window: Call) -> bool:
    """Whether a value has a number for each channel of what a convolution gives."""
    if window.primitive.startswith("channels"):
        return bias.shape in ((1,) * n + x.shape[-1:] for n in range(x.rank))
    return bias.shape == (x.shape[1], *(1,) * (x.rank - 2))


def _merge(
    work: Rewriting, window: Call, last: Call, inputs: tuple[Value, ...], more: Mapping[str, object]
) -> None:
    """A convolution that does what comes after it too."""
    attributes = {**window.attributes, **more}
    work.drop(window)
    work.replace(last, Call(window.primitive, inputs, last.outputs, attributes, window.origin))


def fuse_pooling(graph: Graph) -> Graph:
    """A convolution, then the largest of each 2 x 2 pixels; and the way back through both.

    Where Ramp comes between, its slope on the way back is that of the largest pixel alone.
    """
    work = Rewriting(graph)
    for pool in graph.calls:
        if pool.primitive not in ("pool_max", "lanes_pool_max") or not _is_two_by_two(pool):
            continue
        window = work.maker(pool.inputs[0], pool.primitive.replace("pool_max", "convolve"))
        if window is None:
            continue
        y, where = pool.outputs
        backs = [call for call in graph.calls if where in call.inputs]
        through = [_back(work, call, window.outputs[0]) for call in backs]
        gates = [gate for gate in through if gate is not None]
        # Nobody else may want the pixels.
        readers = 1 + sum(window.outputs[0] in gate.inputs for gate in gates)
        if len(gates) != len(backs) or work.uses[window.outputs[0]] != readers:
            continue
        if where in graph.results() or (window.attributes.get("activation") and any(
            gate is back for gate, back in zip(gates, backs, strict=True)
        )):  # fmt: skip
            continue
        # In lanes a byte tells the largest pixel, and there is a kernel for the way back.
        in_lanes = pool.primitive == "lanes_pool_max"
        places = graph.new_value(where.shape, "Byte") if in_lanes else where
        wanted = (places,) if backs else ()
        work.drop(window)
        work.replace(pool, Call(window.primitive + "_pooled", window.inputs, (y, *wanted),
                                window.attributes, window.origin))  # fmt: skip
        for back, gate in zip(backs, gates, strict=True):
            if gate is not back:
                work.drop(back)
            name, attributes = "lanes_unpool", {}
            if not in_lanes:
                name, attributes = back.primitive, back.attributes
            work.replace(gate, Call(name, (back.inputs[0], places), gate.outputs, attributes,
                                    pool.origin))  # fmt: skip
    return work.done()


def drop_places(graph: Graph) -> Graph:
    """The largest of windows, without where it is if nobody wants to know."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive == "pool_max" and not work.uses[call.outputs[-1]]:
            work.replace(call, Call(call.primitive, call.inputs, call.outputs[:1], call.attributes,
                                    call.origin))  # fmt: skip
    return work.done()


def _is_two_by_two(pool: Call) -> bool:
    at = pool.attributes
    return tuple(at["kernel"]) == tuple(at["stride"]) == (2, 2) and tuple(
        map(tuple, at["padding"])
    ) == ((0, 0), (0, 0))


def _back(work: Rewriting, call: Call, pixels: Value) -> Call | None:
    """The last call of the way back through a pooling: itself, or the gate of a ramp after it."""
    if call.primitive not in ("pool_max_input", "lanes_pool_max_input"):
        return None
    gates = [other for other in work.graph.calls if call.outputs[0] in other.inputs]
    if len(gates) == 1 and gates[0].primitive == "gate" and gates[0].inputs[1] == pixels:
        return gates[0] if work.uses[call.outputs[0]] == 1 else None
    return call


GATED = (
    "lanes_convolve_input", "channels_winograd_input", "channels_depthwise_input",
    "channels_convolve_input",
)  # fmt: skip
"""The ways back of convolutions that can keep what a gate lets through."""


def fuse_gate(graph: Graph) -> Graph:
    """A gradient times the step function of an output: kept where the output is positive."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "multiply" or call.inputs[0].shape != call.inputs[1].shape:
            continue
        for d, slope in (call.inputs, call.inputs[::-1]):
            step = work.sole(slope, "map")
            if step is None or step.attributes["function"] != "UnitStep":
                continue
            (y,) = step.inputs
            product = work.sole(d, "matmul", *GATED)
            work.drop(step)
            if product is not None:
                work.drop(product)
                name = "affine" if product.primitive == "matmul" else product.primitive
                gated = Call(name, (*product.inputs, y), call.outputs,
                             {**product.attributes, "gate": True}, product.origin)  # fmt: skip
            else:
                gated = Call("gate", (d, y), call.outputs, {}, call.origin)
            work.replace(call, gated)
            break
    return work.done()


def fuse_slope(graph: Graph) -> Graph:
    """A gradient times the slope of a Tanh or a logistic function, told by the value: at once."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "multiply" or call.inputs[0].shape != call.inputs[1].shape:
            continue
        for d, slope in (call.inputs, call.inputs[::-1]):
            found = _tanh_slope(work, slope) or _logistic_slope(work, slope)
            if found is not None:
                name, y, *parts = found
                work.drop(*parts)
                at = {"function": name}
                work.replace(call, Call("slope", (d, y), call.outputs, at, call.origin))
                break
    return work.done()


Slope = tuple[Any, ...]
"""The name of a function, its value, and the calls that make its slope."""


def _tanh_slope(work: Rewriting, slope: Value) -> Slope | None:
    less = _one_less(work, slope)
    square = work.sole(less.inputs[1], "map") if less is not None else None
    if square is None or square.attributes["function"] != "Square":
        return None
    return "Tanh", square.inputs[0], less, square


def _logistic_slope(work: Rewriting, slope: Value) -> Slope | None:
    product = work.sole(slope, "multiply")
    if product is None:
        return None
    y, other = product.inputs
    less = _one_less(work, other)
    return (
        ("LogisticSigmoid", y, product, less) if less is not None and less.inputs[1] == y else None
    )


def _one_less(work: Rewriting, value: Value) -> Call | None:
    """The call that takes a value from one."""
    call = work.sole(value, "subtract")
    if call is None:
        return None
    one = call.inputs[0]
    if (shaped := work.maker(one, "reshape")) is not None:
        one = shaped.inputs[0]
    filled = work.maker(one, "fill")
    return call if filled is not None and filled.attributes["value"] == 1 else None
