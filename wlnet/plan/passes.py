"""Passes: small functions Graph -> Graph. Each may be left out; none changes a result beyond
rounding."""

from __future__ import annotations

from collections.abc import Callable

from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES
from wlnet.plan.fusion import (
    fuse_activation,
    fuse_bias,
    fuse_cross_entropy,
    fuse_gate,
    fuse_pooling,
    fuse_windows,
    simplify,
)

Pass = Callable[[Graph], Graph]


def prune(graph: Graph) -> Graph:
    """Leave out every call whose results nobody wants: what frozen arrays alone would need is never
    computed. A call without results is made for what it does."""
    wanted: set[Value] = set(graph.results())
    kept: list[Call] = []
    for call in reversed(graph.calls):
        if not call.outputs or any(output in wanted for output in call.outputs):
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


PASSES: dict[str, Pass] = {
    "prune": prune,
    "share": share,
    "simplify": simplify,
    "fuse_cross_entropy": fuse_cross_entropy,
    "fuse_bias": fuse_bias,
    "fuse_activation": fuse_activation,
    "fuse_windows": fuse_windows,
    "fuse_gate": fuse_gate,
    "fuse_pooling": fuse_pooling,
}
"""In the order they run."""
