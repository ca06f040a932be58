"""Scans: stages run on bodies too, and what is the same in all turns is moved out of them.

Loop-invariant code motion.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wlnet.graph.bodies import CONSTANT, copied, numbers, operands_of
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import BodyKey
from wlnet.graph.primitives import PRIMITIVES


def inside(graph: Graph, run: Callable[[Graph], Graph]) -> Graph:
    """The graph with what a stage makes of the body of each scan."""
    if not any(call.primitive == "scan" for call in graph.calls):
        return graph
    calls = [
        replace(call, attributes={**call.attributes, "body": run(call.attributes["body"])})
        if call.primitive == "scan"
        else call
        for call in graph.calls
    ]
    return graph.with_calls(calls)


def hoist(graph: Graph) -> Graph:
    """What a body makes of constants alone is made once, before the scan."""
    calls: list[Call] = []
    for call in inside(graph, hoist).calls:
        calls += _hoisted(graph, call) if call.primitive == "scan" else [call]
    return graph.with_calls(calls)


def _draws(call: Call) -> bool:
    """Whether a call draws anew in each turn. What the plan makes of calls does not."""
    row = PRIMITIVES.get(call.primitive)
    return row is not None and row.random


def _hoisted(graph: Graph, call: Call) -> list[Call]:
    """The calls that a scan comes down to: those that are the same in all turns, and itself."""
    body = copied(call.attributes["body"])
    operands = operands_of(call)
    outside = {body.inputs[name]: v for name, v in operands.items() if name.kind == CONSTANT}
    before: list[Call] = []
    kept: list[Call] = []
    for each in body.calls:
        if not all(value in outside for value in each.inputs) or _draws(each):
            kept.append(each)
            continue
        outputs = tuple(graph.new_value(v.shape, v.element) for v in each.outputs)
        outside.update(zip(each.outputs, outputs, strict=True))
        inputs = tuple(outside[value] for value in each.inputs)
        before.append(replace(each, inputs=inputs, outputs=outputs))
    body.calls = kept
    read = {value for each in kept for value in each.inputs} | set(body.outputs.values())
    more: list[Value] = []
    first = numbers(body, CONSTANT)
    for value, there in outside.items():
        if value in read and value not in body.inputs.values():
            body.inputs[BodyKey(CONSTANT, first + len(more))] = value
            more.append(there)
    attributes = {**call.attributes, "body": body}
    return [*before, replace(call, inputs=(*call.inputs, *more), attributes=attributes)]
