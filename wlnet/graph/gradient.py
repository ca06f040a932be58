"""The gradient graph: a walk back over the calls, along the arrays that are trained and no others.

Freezing is pruning: a call below the lowest trained array never gets a gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wlnet.graph import scan_gradients as scan_gradients
from wlnet.graph.backward import active_values, walked_back
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph, Value


def gradients(
    graph: Graph, of: Value | Sequence[Value], by: Iterable[Value], scale: float = 1.0
) -> dict[Value, Value]:
    """The gradient of the sum of `of` times `scale`, by each value; those without influence get
    zeros. of: a value, or several, whose sums are added.

    Adds calls to the graph.
    """
    wanted = list(dict.fromkeys(by))
    forward = list(graph.calls)
    active = active_values(forward, wanted)
    g = Builder(graph)
    found: dict[Value, Value] = {}
    for end in (of,) if isinstance(of, Value) else of:
        if end in active:
            seed = g.fill(scale, end.shape)
            found[end] = g.add(found[end], seed) if end in found else seed
    walked_back(g, forward, found, active)
    return {value: found[value] if value in found else g.fill(0.0, value.shape) for value in wanted}
