"""Where a graph is cut behind its frozen prefix: by what its primitives say of the examples."""

from __future__ import annotations

from typing import Any

import pytest

from wlnet.core.errors import WlnetError
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import PrefixKey
from wlnet.plan.passes.prefix import Split, split_prefix

BATCH = 4


def frozen(behind: Any) -> Split | None:
    """A frozen product, something behind it, and Tanh; the cut of that."""
    graph = Graph()
    x = graph.inputs["x"] = graph.new_value((BATCH, 3))
    w = graph.arrays["w",] = graph.new_value((3, BATCH))
    g = Builder(graph)
    g.origin = ("layer",)
    graph.outputs["y"] = g.map("Tanh", behind(g, g.matmul(x, w)))
    graph.outputs["loss"] = g.sum(graph.outputs["y"], range(graph.outputs["y"].rank))
    return split_prefix(graph, [("w",)], {v for call in graph.calls for v in call.outputs})


def kept(split: Split | None) -> list[str]:
    assert split is not None
    return [call.primitive for call in split.prefix.calls]


def test_what_leaves_examples_apart_is_kept() -> None:
    split = frozen(lambda g, x: g.map("Sin", g.add(x, 1.0)))
    assert kept(split) == ["matmul", "fill", "add", "map", "map"]
    assert split is not None and list(split.prefix.outputs) == [PrefixKey(0)]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("primitive", ["sum", "softmax"])
def test_what_runs_along_the_batch_is_not_kept(primitive: str, axis: int) -> None:
    over = (axis,) if primitive == "sum" else axis
    split = frozen(lambda g, x: getattr(g, primitive)(x, over))
    assert kept(split) == (["matmul"] if axis == 0 else ["matmul", primitive, "map"])


def test_a_batch_that_is_turned_away_from_the_first_axis_is_not_kept() -> None:
    assert frozen(lambda g, x: g.transpose(x)) is None
    assert kept(frozen(lambda g, x: g.transpose(g.map("Sin", g.transpose(x)))))[-1] == "map"


def test_a_primitive_that_nobody_knows_is_told_and_taken_for_nothing() -> None:
    def unknown(g: Builder, x: Value) -> Value:
        y = g.graph.new_value(x.shape)
        g.graph.calls.append(Call("accumulate", (x,), (y,), {"axis": 0}))
        return y

    with pytest.raises(WlnetError, match="accumulate has no row as a primitive"):
        frozen(unknown)
