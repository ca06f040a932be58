"""Graphs tidied up: dead code, common subexpressions, transposes of transposes."""

from __future__ import annotations

from wlnet.graph.bodies import trimmed
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES


def prune(graph: Graph) -> Graph:
    """Leave out every call whose results nobody wants: what frozen arrays alone would need is never
    computed. A call without results is made for what it does."""
    wanted: set[Value] = set(graph.results())
    kept: list[Call] = []
    for call in reversed(graph.calls):
        if not call.outputs or any(output in wanted for output in call.outputs):
            call = trimmed(call, wanted) if call.primitive == "scan" else call
            wanted.update(call.inputs)
            kept.append(call)
    return graph.with_calls(kept[::-1])


def share(graph: Graph) -> Graph:
    """Compute once what is asked for twice: equal calls on equal inputs, unless they are random."""
    known: dict[object, Call] = {}
    same: dict[Value, Value] = {}
    kept: list[Call] = []
    results = set(graph.results())
    for call in graph.calls:
        inputs = tuple(same.get(value, value) for value in call.inputs)
        key = (call.primitive, inputs, repr(sorted(call.attributes.items())))
        row = PRIMITIVES.get(call.primitive)
        once = row is not None and not row.random
        if key in known and once and not any(output in results for output in call.outputs):
            same.update(zip(call.outputs, known[key].outputs, strict=True))
            continue
        new = Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
        known.setdefault(key, new)
        kept.append(new)
    return graph.with_calls(kept)


def simplify(graph: Graph) -> Graph:
    """Transposes of transposes and reshapes of reshapes as one, or as nothing; gradients are there
    already where this is called, and what turns them round is nothing any more."""
    same: dict[Value, Value] = {}
    makers: dict[Value, Call] = {}
    calls: list[Call] = []
    results = set(graph.results())
    for call in graph.calls:
        inputs = tuple(same.get(value, value) for value in call.inputs)
        new = Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
        (first, *_) = (*inputs, None)
        inner = makers.get(first) if first is not None else None
        if inner is not None and inner.primitive == call.primitive == "transpose":
            axes = tuple(inner.attributes["axes"][axis] for axis in call.attributes["axes"])
            new = Call("transpose", inner.inputs, call.outputs, {"axes": axes}, call.origin)
        elif inner is not None and inner.primitive == call.primitive == "reshape":
            new = Call("reshape", inner.inputs, call.outputs, call.attributes, call.origin)
        (output, *_) = new.outputs or (None,)
        idle = new.primitive == "gradient_reversal" or _is_idle(new)
        if idle and output is not None and output not in results:
            same[output] = new.inputs[0]
            continue
        for value in new.outputs:
            makers[value] = new
        calls.append(new)
    return graph.with_calls(calls)


def _is_idle(call: Call) -> bool:
    """Whether a transpose or a reshape leaves all as it is."""
    if call.primitive == "transpose":
        return list(call.attributes["axes"]) == sorted(call.attributes["axes"])
    return call.primitive == "reshape" and call.inputs[0].shape == call.outputs[0].shape
