"""Weights of recurrent layers, vector by vector: packed once, for all steps of a sequence."""

from __future__ import annotations

from dataclasses import replace

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.passes.rewriting import Rewriting

WEIGHTS = {"lstm": 1, "lstm_input": 3, "gru": 1, "gru_input": 4}
"""Which operand of a recurrence its weights are."""


def pack_gates(graph: Graph, lanes: int) -> Graph:
    """Recurrences read their weights packed: block by block of a state, each gate for itself, and
    on the way back block by block of what is sent."""
    work = Rewriting(graph)
    made: dict[tuple[str, Value], Value] = {}
    calls: list[Call] = []
    for call in graph.calls:
        number = WEIGHTS.get(call.primitive)
        if number is None or call.attributes.get("packed"):
            calls.append(call)
            continue
        w, name = call.inputs[number], "pack_columns"
        if call.primitive in ("lstm", "gru"):
            turned = work.maker(w, "transpose")
            if turned is None:
                calls.append(call)
                continue
            (w,), name = turned.inputs, "pack_gates"
        if (name, w) not in made:
            made[name, w] = graph.new_value(_packed_shape(w, name, lanes))
            calls.append(Call(name, (w,), (made[name, w],), {}, call.origin))
        inputs = (*call.inputs[:number], made[name, w], *call.inputs[number + 1 :])
        calls.append(
            Call(call.primitive, inputs, call.outputs, {**call.attributes, "packed": True},
                 call.origin)
        )  # fmt: skip
    return replace(graph, calls=calls)


def _packed_shape(w: Value, name: str, lanes: int) -> tuple[int, ...]:
    rows, size = w.shape
    blocks = -(-size // lanes)
    if name == "pack_columns":
        return blocks, rows, lanes
    return rows // size, blocks, size, lanes
