"""Passes: small functions Graph -> Graph. Each may be left out; none changes a result beyond
rounding."""

from __future__ import annotations

from collections.abc import Callable

from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES

Pass = Callable[[Graph], Graph]


def prune(graph: Graph) -> Graph:
    """Leave out every call whose results nobody wants: what frozen arrays alone would need is never
    computed."""
    wanted: set[Value] = set(graph.results())
    kept: list[Call] = []
    for call in reversed(graph.calls):
        if any(output in wanted for output in call.outputs):
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
        random = PRIMITIVES[call.primitive].random
        if key in known and not random and not any(output in results for output in call.outputs):
            same.update(zip(call.outputs, known[key].outputs, strict=True))
            continue
        new = Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
        known.setdefault(key, new)
        kept.append(new)
    return graph.with_calls(kept)


PASSES: dict[str, Pass] = {"prune": prune, "share": share}
"""In the order they run."""
