"""Packing: the transposed weights of a product, vector by vector.

A linear layer multiplies by the transpose of its weights. Packed, the numbers that a tile reads one
after another lie one after another, at lines of the cache; each worker packs, and then reads, the
outputs whose weights it updates, so that they stay in its own cache.
"""

from __future__ import annotations

import math

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.rewriting import Rewriting

FEW = 8
"""Rows of a product under which packing costs more than it brings: those of a tile."""


def is_worth(rows: int) -> bool:
    """Whether weights are packed for a product of so many rows."""
    return rows >= FEW


def pack_weights(graph: Graph, lanes: int) -> Graph:
    """Products by a transposed matrix read it packed."""
    work = Rewriting(graph)
    packed: dict[Value, Value] = {}
    calls: list[Call] = []
    for call in graph.calls:
        turned = work.maker(call.inputs[1], "transpose") if _is_product(call) else None
        rows = math.prod(call.outputs[0].shape[:-1]) if turned is not None else 0
        if turned is None or turned.inputs[0].rank != 2 or not is_worth(rows):
            calls.append(call)
            continue
        (w,) = turned.inputs
        if w not in packed:
            columns, depth = w.shape
            packed[w] = graph.new_value((-(-columns // lanes), depth, lanes))
            calls.append(Call("pack", (w,), (packed[w],), {}, call.origin))
        inputs = (call.inputs[0], packed[w], *call.inputs[2:])
        attributes = {**call.attributes, "packed": True}
        calls.append(Call("affine", inputs, call.outputs, attributes, call.origin))
    return graph.with_calls(calls)


def _is_product(call: Call) -> bool:
    return call.primitive in ("matmul", "affine") and "packed" not in call.attributes
