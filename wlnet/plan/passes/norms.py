"""What a step of training finds out about its gradients before it updates: their squares.

Clipping by the global norm needs every gradient before the first update, so these updates are not
fused with the products that make the gradients.
"""

from __future__ import annotations

import math

from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import GradientSquaresKey
from wlnet.kernels.updates.norms import CHUNK
from wlnet.plan.passes.rewriting import Rewriting


def measure_gradients(graph: Graph, most: float | None, keeps: bool) -> Graph:
    """The squares of all gradients are summed before the first update.

    most: the largest norm of all of them together, by which every update is scaled; None for none.
    keeps: whether the sum of each array is kept in a table.
    """
    last = [call for call in graph.calls if call.primitive in ("update", "replace")]
    first = [call for call in graph.calls if call.primitive not in ("update", "replace")]
    measured: list[Call] = []
    running: Value | None = None
    for call in last:
        if call.primitive != "update":
            continue
        (gradient,), key = call.inputs, call.attributes["key"]
        # Updates that are not scaled have the bits that they have where nobody looks.
        calls, source = ([], gradient) if most is not None else _again(graph, gradient)
        sums = graph.new_value((max(1, -(-math.prod(source.shape) // CHUNK)),), "Double")
        total, more = graph.new_value((1,), "Double"), graph.new_value((1,), "Double")
        before = () if running is None else (running,)
        attributes = {"key": key, "before": bool(before)}
        measured += [
            *calls,
            Call("square_sums", (source,), (sums,), {}, call.origin),
            Call("add_squares", (sums, *before), (total, more), attributes, call.origin),
        ]
        running = more
        if keeps:
            name = {"name": GradientSquaresKey(key)}
            measured.append(Call("keep", (total,), (), name, call.origin))
    if most is not None and running is not None:
        scale = graph.new_value((1,), "Double")
        measured.append(Call("norm_scale", (running,), (scale,), {"most": most}))
        last = [_scaled(call, scale) for call in last]
    return graph.with_calls([*first, *measured, *last])


def _again(graph: Graph, gradient: Value) -> tuple[list[Call], Value]:
    """What makes a gradient once more, if it is a sum, and what comes of that; or what it is of.

    An update that takes a sum in adds in another order than who writes it to memory, and should go
    on doing so. Of a product the numbers are the same both ways. How a gradient is folded or turned
    makes no difference to its squares.
    """
    work = Rewriting(graph)
    moved = work.maker(gradient, "transpose", "reshape")
    source = gradient if moved is None else moved.inputs[0]
    made = work.maker(source, "sum")
    if made is None:
        return [], source
    copy = graph.new_value(source.shape)
    return [Call(made.primitive, made.inputs, (copy,), made.attributes, made.origin)], copy


def _scaled(call: Call, scale: Value) -> Call:
    if call.primitive != "update":
        return call
    attributes = {**call.attributes, "scale": True}
    return Call("update", (*call.inputs, scale), (), attributes, call.origin)
