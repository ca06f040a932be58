"""Packing: the weights of products, vector by vector, as the panels of a GEMM.

A linear layer multiplies by the transpose of its weights, and backwards by the weights themselves.
Packed, the numbers that a tile reads one after another lie one after another, at lines of the
cache; each worker packs, and then reads, the outputs whose weights it updates, so that they stay in
its own cache. Weights that learn stay packed in memory (engine/packed.py). On the way back they are
read as they lie, and the product turns them, block by block, in its own memory.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from wlnet.core.rules import ArrayKey
from wlnet.engine.packed import packed_shape
from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.passes.rewriting import Rewriting

FEW = 8
"""Rows of a product under which packing costs more than it brings: those of a tile."""


def is_worth(rows: int) -> bool:
    """Whether weights are packed for a product of so many rows."""
    return rows >= FEW


def pack_weights(
    graph: Graph, lanes: int, keys: Collection[ArrayKey] = (), constants: Collection[ArrayKey] = ()
) -> Graph:
    """Products by a transposed matrix read it packed.

    keys: arrays that are packed in memory. constants: arrays that never change, so that packing
    them costs nothing.
    """
    work = Rewriting(graph)
    packed: dict[Value, Value] = {}
    arrays = dict(graph.arrays)
    for key in keys:
        whole = graph.arrays.get(key)
        if whole is not None:
            arrays[key] = packed[whole] = graph.new_value(packed_shape(whole.shape, lanes))
    own = set(packed)
    fixed = {graph.arrays[key] for key in constants if key in graph.arrays}
    calls: list[Call] = []
    for call in graph.calls:
        if call.primitive == "update" and call.attributes["key"] in keys:
            gradient, *scale = call.inputs
            there = graph.new_value(packed_shape(gradient.shape, lanes))
            calls.append(Call("pack", (gradient,), (there,), {}, call.origin))
            calls.append(Call("update", (there, *scale), (), call.attributes, call.origin))
            continue
        if not _is_product(call):
            calls.append(call)
            continue
        b, more = call.inputs[1], {}
        turned = work.maker(b, "transpose")
        worth = is_worth(math.prod(call.outputs[0].shape[:-1]))
        if turned is not None and turned.inputs[0] in own:
            there = packed[turned.inputs[0]]
        elif turned is not None and _is_packed_well(turned.inputs[0], worth, fixed):
            (w,) = turned.inputs
            if w not in packed:
                packed[w] = graph.new_value(packed_shape(w.shape, lanes))
                calls.append(Call("pack", (w,), (packed[w],), {}, call.origin))
            there = packed[w]
        elif b in own:
            there, more = packed[b], {"turned": True}
        else:
            calls.append(call)
            continue
        inputs = (call.inputs[0], there, *call.inputs[2:])
        attributes = {**call.attributes, "packed": True, **more}
        calls.append(Call("affine", inputs, call.outputs, attributes, call.origin))
    # Who reads such an array otherwise is given a plain copy.
    plain = [Call("unpack", (packed[whole],), (whole,)) for whole in own]
    return replace(graph, arrays=arrays, calls=[*plain, *calls])


def _is_packed_well(w: Value, worth: bool, fixed: Collection[Value]) -> bool:
    return w.rank == 2 and (worth or w in fixed)


def _is_product(call: Call) -> bool:
    return call.primitive in ("matmul", "affine") and "packed" not in call.attributes
