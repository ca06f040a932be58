"""The primitives that a net comes down to, as rows to read or draw."""

from __future__ import annotations

from wlnet.core.net import Net
from wlnet.core.parts import path_text
from wlnet.graph.tidying import prune, share
from wlnet.lowering.lower import lower

Operation = tuple[str, tuple[int, ...], tuple[int, ...], str]


def operations(net: Net) -> list[Operation]:
    """(primitive, numbers of its inputs, of its outputs, path of its layer) in order, for one
    example."""
    graph = share(prune(lower(net, 1)))
    return [
        (
            call.primitive,
            tuple(v.index for v in call.inputs),
            tuple(v.index for v in call.outputs),
            path_text(call.origin),
        )
        for call in graph.calls
    ]
