"""The weights of attention, and their gradient, as one call each.

Operator fusion by a pattern: the scale of scores and their softmax. attention.py fuses what is
around them.
"""

from __future__ import annotations

from math import prod

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.passes.rewriting import Rewriting


def find_weights(graph: Graph) -> Graph:
    """softmax of many products, scaled or not, as the weights of attention; and its gradient."""
    work = Rewriting(graph)
    found: dict[Value, tuple[Value, float]] = {}
    for call in graph.calls:
        if call.primitive == "softmax" and call.attributes["axis"] == call.inputs[0].rank - 1:
            scores, scale = _scaled(work, call.inputs[0])
            product = work.maker(scores, "matmul")
            if product is not None and product.inputs[1].rank > 2:
                found[call.outputs[0]] = call.inputs[0], scale
                at = {"scale": scale, "window": None}
                weights = Call("attention_weights", (scores,), call.outputs, at, call.origin)
                work.replace(call, weights)
        elif call.primitive in ("multiply", "divide"):
            gradient = _softmax_gradient(work, call, found)
            if gradient is not None:
                work.replace(call, gradient)
    return work.done()


def _scaled(work: Rewriting, x: Value) -> tuple[Value, float]:
    """What is multiplied by a positive number, and the number; 1 where it is not."""
    call = work.maker(x, "multiply", "divide")
    if call is None:
        return x, 1.0
    pairs = [call.inputs, call.inputs[::-1]] if call.primitive == "multiply" else [call.inputs]
    for given, factor in pairs:
        filled = work.maker(factor, "fill")
        if filled is not None and given.shape == x.shape and prod(factor.shape) == 1:
            number = float(filled.attributes["value"])
            if number > 0:
                return given, number if call.primitive == "multiply" else 1 / number
    return x, 1.0


def _softmax_gradient(
    work: Rewriting, call: Call, found: dict[Value, tuple[Value, float]]
) -> Call | None:
    """y (d - sum of d y), scaled like what y is the softmax of, as one call."""
    (output,) = call.outputs
    scaled, factor = _scaled(work, output)
    inner = work.maker(scaled, "multiply")
    for y, less in () if inner is None else (inner.inputs, inner.inputs[::-1]):
        taken = work.maker(less, "subtract")
        if y not in found or taken is None or found[y][1] != factor:
            continue
        d, total = taken.inputs
        summed = work.maker(total, "sum")
        if summed is None or tuple(summed.attributes["axes"]) != (y.rank - 1,):
            continue
        products = work.maker(summed.inputs[0], "multiply")
        if products is not None and set(products.inputs) == {d, y} and d.shape == y.shape:
            at = {"scale": factor, "window": None}
            return Call("attention_weights_input", (d, y), call.outputs, at, call.origin)
    return None
