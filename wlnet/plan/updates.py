"""The end of a training step as calls: what is fetched before it, updated and kept after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.packing import is_worth
from wlnet.plan.passes import simplify
from wlnet.plan.rewriting import Rewriting


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


def orient(graph: Graph, backwards: Collection[Any] | None = None) -> Graph:
    """Gradients that come out transposed, as those of linear layers do, are made to fit.

    Where the weights are packed, the product is done the other way round. Where they are not,
    because there are few examples, the array lies in memory transposed, as the forward product
    wants it. backwards: the arrays that do; None where nothing is decided yet.
    """
    work = Rewriting(graph)
    calls: list[Call] = []
    for call in graph.calls:
        (gradient, *_) = (*call.inputs, None)
        turned = None
        if call.primitive == "update" and gradient is not None and gradient.rank == 2:
            turned = work.maker(gradient, "transpose")
        if turned is None:
            calls.append(call)
            continue
        product = work.maker(turned.inputs[0], "matmul")
        few = product is None or not is_worth(product.inputs[1].shape[0])
        if product is None or (few if backwards is None else call.attributes["key"] in backwards):
            attributes = {**call.attributes, "backwards": True}
            calls.append(Call(call.primitive, call.inputs, (), attributes, call.origin))
            continue
        a, b = product.inputs
        left, right, found = (
            graph.new_value(b.shape[::-1]), graph.new_value(a.shape[::-1]),
            graph.new_value(call.inputs[0].shape),
        )  # fmt: skip
        flip = {"axes": (1, 0)}
        calls += [
            Call("transpose", (b,), (left,), flip, product.origin),
            Call("transpose", (a,), (right,), flip, product.origin),
            Call("matmul", (left, right), (found,), {}, product.origin),
            Call("update", (found,), (), call.attributes, call.origin),
        ]
    return simplify(graph.with_calls(calls))


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
