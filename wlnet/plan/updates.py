"""The end of a training step as calls: what is fetched before it, updated and kept after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from wlnet.engine.forms import BACKWARDS, PACKED, PLAIN, Form
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
        graph.calls.append(Call("update", (value,), (), {"key": key}, _layer(key)))


def replace_statistics(graph: Graph, keys: Collection[Any]) -> None:
    """Running statistics take over their new values."""
    for key in keys:
        graph.calls.append(Call("replace", (graph.updates[key],), (), {"key": key}, _layer(key)))
    graph.updates = {}


def _layer(key: Any) -> tuple[Any, ...]:
    return key[:-1] if isinstance(key, tuple) else ()


def decided_forms(graph: Graph, lanes: int, packs: bool) -> dict[Any, Form]:
    """How the arrays that learn lie in memory, where not plainly.

    Gradients of linear layers come out transposed. With few examples the array lies backwards, as
    the products want it; with more of them packed, if some product reads it packed then, and if
    rows that are only there to fill a vector do not take too much.
    """
    work = Rewriting(graph)
    readers = {call.inputs[1] for call in graph.calls if call.primitive in ("matmul", "affine")}
    turned = {
        call.inputs[0]
        for call in graph.calls
        if call.primitive == "transpose" and call.outputs[0] in readers
    }
    forms: dict[Any, Form] = {}
    for call in graph.calls:
        product = _turned_product(work, call)
        if product is None:
            continue
        (columns, _), key = call.inputs[0].shape, call.attributes["key"]
        source = work.maker(product.inputs[0], "matmul")
        filled = -(-columns // lanes) * lanes
        if source is None or not is_worth(source.inputs[1].shape[0]):
            forms[key] = BACKWARDS
        elif packs and graph.arrays[key] in turned and filled <= MOST_FILLED * columns:
            forms[key] = PACKED
    return forms


MOST_FILLED = 1.25
"""How much longer packing may make an array."""


def _turned_product(work: Rewriting, call: Call) -> Call | None:
    """The transpose that a gradient is, if it is one."""
    if call.primitive != "update" or call.inputs[0].rank != 2:
        return None
    return work.maker(call.inputs[0], "transpose")


def orient(graph: Graph, forms: Mapping[Any, Form]) -> Graph:
    """Gradients that come out transposed are made to fit arrays that lie plainly: the product is
    done the other way round."""
    work = Rewriting(graph)
    calls: list[Call] = []
    for call in graph.calls:
        if call.primitive == "update":
            form = forms.get(call.attributes["key"], PLAIN)
            call = replace(call, attributes={**call.attributes, "form": form})
        turned = _turned_product(work, call)
        product = work.maker(turned.inputs[0], "matmul") if turned is not None else None
        if product is None or call.attributes["form"] != PLAIN:
            calls.append(call)
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
        is_turned = key["form"] != PLAIN
        turned = work.sole(gradient, "transpose") if is_turned else None
        source = work.sole(turned.inputs[0] if turned is not None else gradient, "matmul")
        if source is not None and (turned is not None) == is_turned:
            if source.outputs[0].rank == 2:
                work.drop(source, *([turned] if turned is not None else []))
                name = "packed_update" if key["form"] == PACKED else "product_update"
                work.replace(call, Call(name, source.inputs, (), key, source.origin))
            continue
        flat = work.sole(gradient, "reshape")
        total = work.sole(flat.inputs[0] if flat is not None else gradient, "sum")
        if total is not None and total.inputs[0].rank == 2 and total.attributes["axes"] == (0,):
            work.drop(total, *([flat] if flat is not None else []))
            work.replace(call, Call("sum_update", total.inputs, (), key, total.origin))
    return work.done()
