"""Convolutions by small square kernels, done with fewer operations where that is worth it.

Algorithm selection: direct or Winograd convolution, by a cost model.

What decides is shapes alone, so that the numbers do not depend on what is trained or kept.
"""

from __future__ import annotations

from fractions import Fraction

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.calls import winograd_fields as fields

FORWARD = {"lanes_convolve": "winograd", "lanes_convolve_pooled": "winograd_pooled"}


def transform_windows(graph: Graph) -> Graph:
    """Convolutions in lanes by Winograd's formula: see kernels/winograd/winograd_transforms.py."""
    calls: list[Call] = []
    points: dict[Value, Value] = {}

    def points_of(w: Value, call: Call, lanes: int) -> Value:
        if w not in points:
            points[w] = graph.new_value(fields.points_shape(w.shape, lanes))
            calls.append(Call("winograd_points", (w,), (points[w],), {}, call.origin))
        return points[w]

    for call in graph.calls:
        if not _is_possible(call):
            calls.append(call)
            continue
        x, w, y = operands(call)
        lanes, shapes = x.shape[-1], (x.shape[:-1], w.shape, _whole(call, y))
        attributes = {**call.attributes, "kernel": w.shape}
        if call.primitive == "lanes_convolve_weights":
            if fields.is_worth_for_weights(*shapes, lanes):
                parts = fields.parts_of(*shapes, lanes)
                g = graph.new_value((parts, *fields.sums_shape(w.shape, lanes)))
                calls.append(Call("winograd_sums", call.inputs, (g,), attributes, call.origin))
                more = {"x": shapes[0], "y": shapes[2], "lanes": lanes}
                calls.append(Call("winograd_weights", (g,), (w,), more, call.origin))
                continue
        elif fields.is_worth(*shapes[1:]):
            first, _, *rest = call.inputs
            inputs = first, points_of(w, call, lanes), *rest
            name = FORWARD.get(call.primitive, "winograd_input")
            calls.append(Call(name, inputs, call.outputs, attributes, call.origin))
            continue
        calls.append(call)
    return graph.with_calls(calls)


def share_of(call: Call) -> Fraction:
    """The share of the operations of a convolution, or of its way back, that is left if images lie
    side by side; 1 where nothing is gained."""
    if not _is_possible(call, "convolve"):
        return Fraction(1)
    _, w, y = operands(call)
    share = fields.share_of(w.shape, y.shape)
    return share if share < fields.GAIN else Fraction(1)


def _is_possible(call: Call, kind: str = "lanes_convolve") -> bool:
    if not call.primitive.startswith(kind):
        return False
    at, w = call.attributes, operands(call)[1]
    return fields.is_possible(w.shape[2:], at["stride"], at["dilation"], at["groups"])


def operands(call: Call) -> tuple[Value, Value, Value]:
    """Input, weights and output of the convolution that a call is, or is the gradient of."""
    first, second, *_ = call.inputs
    result = call.outputs[0]
    if call.primitive.endswith("convolve_weights"):
        return first, result, second
    if call.primitive.endswith("convolve_input"):
        return result, second, first
    return first, second, result


def _whole(call: Call, y: Value) -> tuple[int, ...]:
    """The shape of the output before pooling."""
    blocks, channels, rows, columns, _ = y.shape
    twice = 2 if call.primitive == "lanes_convolve_pooled" else 1
    return blocks, channels, twice * rows, twice * columns
