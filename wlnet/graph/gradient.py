"""The gradient graph: a walk back over the calls, along the arrays that are trained and no others.

Freezing is pruning: a call below the lowest trained array never gets a gradient.
"""

from __future__ import annotations

from collections.abc import Iterable

from wlnet.graph.builder import Builder
from wlnet.graph.derivatives import DERIVATIVES
from wlnet.graph.graph import Graph, Value


def gradients(
    graph: Graph, of: Value, by: Iterable[Value], scale: float = 1.0
) -> dict[Value, Value]:
    """The gradient of the sum of `of` times `scale`, by each value; those without influence get
    zeros.

    Adds calls to the graph.
    """
    wanted = list(dict.fromkeys(by))
    active: set[Value] = set(wanted)
    for call in graph.calls:
        if any(value in active for value in call.inputs):
            active.update(output for output in call.outputs if output.element == "Real")
    forward = list(graph.calls)
    g = Builder(graph)
    found: dict[Value, Value] = {}
    if of in active:
        found[of] = g.fill(scale, of.shape)
    for call in reversed(forward):
        ds = [found.get(output) for output in call.outputs]
        asks = [value in active for value in call.inputs]
        if not any(ds) or not any(asks):
            continue
        g.origin = call.origin
        # A value that is itself wanted keeps its gradient; others have passed theirs on.
        for value, d_value, asked in zip(
            call.inputs, DERIVATIVES[call.primitive](g, call, ds, asks), asks, strict=True
        ):
            if asked and d_value is not None:
                found[value] = g.add(found[value], d_value) if value in found else d_value
    g.origin = ()
    return {value: found[value] if value in found else g.fill(0.0, value.shape) for value in wanted}
