"""The end of a training step as calls: what is fetched before it, updated and kept after it.

The optimizer step becomes part of the graph, and is fused with the product that makes the gradient
(elsewhere an optimizer fused into the backward pass).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import OutputKey
from wlnet.plan.passes.rewriting import Rewriting


def fetch_inputs(graph: Graph) -> None:
    """Every input is taken from rows of a column: those of the examples of this step."""
    whole = {} if graph.part is None else {"whole": graph.part[1]}
    calls = [
        Call("fetch", (), (value,), {"name": name, "shape": value.shape, **whole})
        for name, value in graph.inputs.items()
    ]
    graph.calls = [*calls, *graph.calls]
    graph.inputs = {}


def keep_outputs(graph: Graph, outputs: Mapping[OutputKey, Value]) -> None:
    """Outputs are written into a table, a row for each step."""
    for name, value in outputs.items():
        graph.calls.append(Call("keep", (value,), (), {"name": name}))


def update_arrays(graph: Graph, gradients: Mapping[ArrayKey, Value]) -> None:
    """Each array is updated by its gradient."""
    for key, value in gradients.items():
        graph.calls.append(Call("update", (value,), (), {"key": key}, _layer(key)))


def replace_statistics(graph: Graph, keys: Collection[ArrayKey]) -> None:
    """Running statistics take over their new values."""
    for key in keys:
        graph.calls.append(Call("replace", (graph.updates[key],), (), {"key": key}, _layer(key)))
    graph.updates = {}


def _layer(key: ArrayKey) -> Path:
    return key[:-1] if isinstance(key, tuple) else ()


MOST_FILLED = 1.25
"""How much longer packing may make an array."""


def worth_packing(graph: Graph, lanes: int) -> frozenset[ArrayKey]:
    """The arrays that had better be packed in memory while they learn.

    Those that are updated by a product and read by one, transposed, as linear layers are; unless
    rows that only fill the last vector take too much.
    """
    work = Rewriting(graph)
    readers = {call.inputs[1] for call in graph.calls if call.primitive in ("matmul", "affine")}
    read = {
        call.inputs[0]
        for call in graph.calls
        if call.primitive == "transpose" and call.outputs[0] in readers
    }
    found = set()
    for call in graph.calls:
        if _turned_product(work, call) is not None:
            rows, key = call.inputs[0].shape[0], call.attributes["key"]
            filled = -(-rows // lanes) * lanes
            if graph.arrays[key] in read and filled <= MOST_FILLED * rows:
                found.add(key)
    return frozenset(found)


def _turned_product(work: Rewriting, call: Call) -> Call | None:
    """The product whose transpose a gradient is."""
    if call.primitive != "update" or call.inputs[0].rank != 2:
        return None
    turned = work.maker(call.inputs[0], "transpose")
    return None if turned is None else work.maker(turned.inputs[0], "matmul")


def orient(graph: Graph, packed: Collection[ArrayKey]) -> Graph:
    """Gradients that come out transposed, as those of linear layers do, are made to fit arrays that
    are not packed: the product is done the other way round. The old one is left to `prune`."""
    work = Rewriting(graph)
    calls: list[Call] = []
    for call in graph.calls:
        product = _turned_product(work, call)
        if product is None or call.attributes["key"] in packed:
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
    return graph.with_calls(calls)


def fuse_update(graph: Graph, packed: Collection[ArrayKey]) -> Graph:
    """The gradient of a product or a sum goes straight into the update, panel by panel, and never
    to memory. The product itself, which may have other readers, is left to `prune`."""
    work = Rewriting(graph)
    for call in graph.calls:
        if call.primitive != "update" or call.attributes.get("scale"):
            continue
        (gradient,), at = call.inputs, call.attributes
        if at["key"] in packed:
            source, name = _turned_product(work, call), "packed_update"
        else:
            source, name = work.maker(gradient, "matmul"), "product_update"
        if source is not None:
            if gradient.rank == 2 and (
                _is_for_one(work, gradient) or source.inputs[0].shape[1] <= THIN
            ):
                work.replace(call, Call(name, source.inputs, (), at, source.origin))
            continue
        flat = work.sole(gradient, "reshape")
        total = work.sole(flat.inputs[0] if flat is not None else gradient, "sum")
        if total is not None and total.inputs[0].rank == 2 and total.attributes["axes"] == (0,):
            work.drop(total, *([flat] if flat is not None else []))
            work.replace(call, Call("sum_update", total.inputs, (), at, total.origin))
    return work.done()


def _is_for_one(work: Rewriting, gradient: Value) -> bool:
    turned = work.sole(gradient, "transpose")
    return work.sole(turned.inputs[0] if turned is not None else gradient, "matmul") is not None


THIN = 32
"""The depth up to which a product takes less time than its result in memory: then each array that
has the same gradient makes it for itself."""
