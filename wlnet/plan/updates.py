"""The end of a training step as calls: what is fetched before it, updated and kept after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.fusion import Rewriting


def fetch_inputs(graph: Graph) -> None:
    """Every input is taken from rows of a column: those of the examples of this step."""
    calls = [
        Call("fetch", (), (value,), {"name": name, "shape": value.shape})
        for name, value in graph.inputs.items()
    ]
    graph.calls = [*calls, *graph.calls]
    graph.inputs = {}


def keep_outputs(graph: Graph, outputs: Mapping[Any, Value]) -> None:
    """Outputs are written into a table, a row for each step."""
    for name, value in outputs.items():
        graph.calls.append(Call("keep", (value,), (), {"name": name}))


def update_arrays(graph: Graph, gradients: Mapping[Any, Value]) -> None:
    """Each array is updated by its gradient."""
    for key, value in gradients.items():
        graph.calls.append(
            Call("update", (value,), (), {"key": key, "backwards": False}, _layer(key))
        )


def replace_statistics(graph: Graph, keys: Collection[Any]) -> None:
    """Running statistics take over their new values."""
    for key in keys:
        graph.calls.append(Call("replace", (graph.updates[key],), (), {"key": key}, _layer(key)))
    graph.updates = {}


def _layer(key: Any) -> tuple[Any, ...]:
    return key[:-1] if isinstance(key, tuple) else ()


def orient(graph: Graph) -> Graph:
    """Arrays whose gradient comes out transposed lie in memory transposed.

    So the update needs no copy, and the transpose that the product of a linear layer wants is the
    memory itself.
    """
    work = Rewriting(graph)
    calls = []
    for call in graph.calls:
        attributes = call.attributes
        if call.primitive == "update" and call.inputs[0].rank == 2:
            turned = work.maker(call.inputs[0], "transpose") is not None
            attributes = {**attributes, "backwards": turned}
        calls.append(Call(call.primitive, call.inputs, call.outputs, attributes, call.origin))
    return graph.with_calls(calls)


def fuse_update(graph: Graph) -> Graph:
    """The gradient of a product or a sum goes straight into the update, panel by panel, and never
    to memory."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "update":
            continue
        (gradient,), key = call.inputs, call.attributes
        turned = work.sole(gradient, "transpose") if key["backwards"] else None
        source = work.sole(turned.inputs[0] if turned is not None else gradient, "matmul")
        if source is not None and (turned is not None) == key["backwards"]:
            if source.outputs[0].rank == 2:
                work.drop(source, *([turned] if turned is not None else []))
                work.replace(call, Call("product_update", source.inputs, (), key, source.origin))
            continue
        flat = work.sole(gradient, "reshape")
        total = work.sole(flat.inputs[0] if flat is not None else gradient, "sum")
        if total is not None and total.inputs[0].rank == 2 and total.attributes["axes"] == (0,):
            work.drop(total, *([flat] if flat is not None else []))
            work.replace(call, Call("sum_update", total.inputs, (), key, total.origin))
    return work.done()


def backwards_keys(graph: Graph) -> frozenset[Any]:
    """The arrays that `orient` turned."""
    return frozenset(
        call.attributes["key"] for call in graph.calls if call.attributes.get("backwards")
    )
