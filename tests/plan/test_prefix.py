"""Where a graph is cut behind its frozen prefix: by what its primitives say of the examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet.core.errors import WlnetError
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import PrefixKey
from wlnet.graph.primitives import axis_after
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


# Several entries of an example along its axis


@given(
    count=st.integers(1, 4), entries=st.integers(1, 3), before=st.integers(1, 3),
    after=st.integers(1, 4), data=st.data(),
)  # fmt: skip
def test_a_reshape_moves_entries_of_an_example_beside_it_and_back(
    count: int, entries: int, before: int, after: int, data: Any
) -> None:
    """Where it says that they are, all of an example are, and nothing else."""
    x = (before, count * entries, after)
    sizes = data.draw(st.permutations([before, count, entries, after]))
    shape = data.draw(st.sampled_from([tuple(sizes), (sizes[0] * sizes[1], sizes[2], sizes[3]),
                                       (sizes[0], sizes[1] * sizes[2], sizes[3]), x]))  # fmt: skip
    graph = Graph()
    value = graph.new_value(x)
    call = Call("reshape", (value,), (graph.new_value(shape),), {"shape": shape})
    axis = axis_after(call, {value: 1}, count)
    if axis is None:
        return
    marks = np.broadcast_to(np.repeat(np.arange(count), entries)[:, None], x).reshape(shape)
    own = np.moveaxis(marks, axis, 0)
    expected = np.repeat(np.arange(count), shape[axis] // count)
    assert (own == expected.reshape(-1, *(1,) * (own.ndim - 1))).all()


ATTENDING = wl.NetGraph(
    {"attend": wl.AttentionLayer(mask="Causal", multi_head=True)},
    [(wl.NetPort("Input"), wl.NetPort("attend", name)) for name in ("Key", "Value", "Query")],
)
MAPPED = {
    "a map": (wl.NetMapOperator([4, "Tanh"]), (5, 3)),
    "a map in a map": (wl.NetMapOperator(wl.NetMapOperator(2)), (2, 3, 4)),
    "causal heads": (ATTENDING, (5, 2, 3)),
}


def kept_and_anew(net: Any, rules: Any, *shapes: tuple[int, ...]) -> list[Any]:
    """A net after a training in which its frozen prefix was kept, and where it was made anew."""
    rng = np.random.default_rng(0)
    data = tuple(rng.normal(size=(20, *shape)) for shape in shapes)
    return [
        wl.net_train(net, data, learning_rate_multipliers=rules, frozen_prefix_bytes=limit,
                     batch_size=6, max_training_rounds=3)
        for limit in (wl.AUTOMATIC, 0)
    ]  # fmt: skip


@pytest.mark.parametrize("name", MAPPED)
def test_what_is_done_for_every_element_is_kept_and_changes_no_bit(name: str) -> None:
    made, shape = MAPPED[name]
    net = wl.net_initialize(
        wl.NetChain({"mapped": made, "flat": wl.FlattenLayer(), "head": 2}, input=shape)
    )
    rules = {"head": 1, wl.ANY: None}
    program = wl.net_program(net, learning_rate_multipliers=rules)
    assert any(row.layer[:1] == ("mapped",) for row in program.prefix)
    assert not any(row.layer[:1] == ("mapped",) for row in program.steps)
    kept, anew = kept_and_anew(net, rules, shape, (2,))
    assert kept == anew
    assert kept != net


def test_the_cut_may_lie_within_what_is_mapped() -> None:
    inside = wl.NetChain({"frozen": 4, "bend": "Tanh", "learns": 3})
    net = wl.net_initialize(wl.NetChain({"mapped": wl.NetMapOperator(inside)}, input=(5, 2)))
    rules = {("mapped", "Net", "learns"): 1, wl.ANY: None}
    program = wl.net_program(net, learning_rate_multipliers=rules)
    assert ("mapped", "Net", "frozen") in {row.layer for row in program.prefix}
    kept, anew = kept_and_anew(net, rules, (5, 2), (5, 3))
    assert kept == anew
