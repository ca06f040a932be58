"""Passes over a graph, and where values lie: each may be left out, none changes a result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.strategies import small_vectors_nets
from wlnet import ConstantPlusLayer, ConvolutionLayer, NetChain
from wlnet.core.net import same
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.program import Program
from wlnet.graph.builder import Builder
from wlnet.graph.gradient import gradients
from wlnet.graph.graph import Graph
from wlnet.graph.keys import GradientKey
from wlnet.graph.tidying import prune, share
from wlnet.lowering.lower import lower
from wlnet.plan.compile import finish, forward_blueprint, training_blueprint

FOR_VECTORS = (
    "prune", "share", "fuse_bias", "fuse_activation", "fuse_gate", "fuse_slope", "order", "place"
)  # fmt: skip
"""The passes that find something to do in nets of vectors."""


def names(graph: Graph) -> list[str]:
    return [call.primitive for call in graph.calls]


def two_inputs() -> tuple[Graph, Builder, Any, Any]:
    graph = Graph()
    graph.inputs["x"], graph.inputs["y"] = graph.new_value((2, 3)), graph.new_value((2, 3))
    return graph, Builder(graph), graph.inputs["x"], graph.inputs["y"]


# Prune


def test_prune_leaves_out_what_nobody_wants_and_all_that_only_it_needed() -> None:
    graph, g, x, y = two_inputs()
    wanted = g.map("Tanh", x)
    g.multiply(g.map("Exp", y), g.map("Sin", x))
    graph.outputs["out"] = wanted
    assert names(prune(graph)) == ["map"]
    assert len(graph.calls) == 4, "a pass makes a new graph"


def test_prune_keeps_what_moves_a_statistic() -> None:
    graph, g, x, y = two_inputs()
    graph.outputs["out"], graph.updates["mean"] = g.map("Tanh", x), g.sum(y, [0])
    assert names(prune(graph)) == ["map", "sum"]


def test_prune_keeps_a_call_of_which_only_one_output_is_wanted() -> None:
    graph = Graph()
    x = graph.inputs["x"] = graph.new_value((1, 1, 4))
    window = {"kernel": (2,), "stride": (2,), "padding": ((0, 0),)}
    _, graph.outputs["where"] = Builder(graph).call("pool_max", x, **window)
    assert names(prune(graph)) == ["pool_max"]


def test_without_prune_what_nobody_wants_is_computed_for_nothing() -> None:
    graph, g, x, y = two_inputs()
    g.multiply(g.map("Exp", y), g.map("Sin", x))
    graph.outputs["out"] = g.map("Tanh", x)
    pruned, whole = (finish(graph, "Real32", without) for without in ((), ("prune",)))
    assert [step.what for step in pruned.steps] == ["Tanh"]
    assert [step.what for step in whole.steps] == ["Exp", "Sin", "multiply", "Tanh"]


def test_a_misspelt_pass_cannot_be_left_out() -> None:
    graph, g, x, _ = two_inputs()
    graph.outputs["out"] = g.map("Tanh", x)
    with pytest.raises(AssertionError, match="prun"):
        finish(graph, "Real32", ("prun",))


# Share


def test_share_computes_once_what_is_asked_for_twice() -> None:
    graph, g, x, y = two_inputs()
    again = [g.multiply(g.map("Tanh", x), y) for _ in range(3)]
    graph.outputs["out"] = g.add(g.add(again[0], again[1]), again[2])
    assert names(share(graph)) == ["map", "multiply", "add", "add"]


def test_share_tells_other_attributes_and_other_inputs_apart() -> None:
    graph, g, x, y = two_inputs()
    different = [g.map("Tanh", x), g.map("Tanh", y), g.map("Sin", x), g.sum(x, [0]), g.sum(x, [1])]
    graph.outputs |= {str(i): value for i, value in enumerate(different)}
    assert len(share(graph).calls) == len(different)


def test_share_never_makes_one_draw_of_two() -> None:
    graph, g, _, _ = two_inputs()
    graph.outputs["out"] = g.add(g.random_mask((2, 3), 0.5), g.random_mask((2, 3), 0.5))
    assert names(share(graph)) == ["random_mask", "random_mask", "add"]


def test_share_keeps_both_of_two_equal_outputs() -> None:
    graph, g, x, _ = two_inputs()
    graph.outputs["a"], graph.outputs["b"] = g.map("Tanh", x), g.map("Tanh", x)
    kept = share(graph)
    made = {output for call in kept.calls for output in call.outputs}
    assert set(kept.outputs.values()) <= made


# Freezing is pruning


def primitives(net: Any, trained: list[Any]) -> list[tuple[str, Any]]:
    blueprint = training_blueprint(net, 2, {"Output": 1.0}, trained)
    return [(step.primitive, step.origin) for step in (*blueprint.once, *blueprint.steps)]


def test_below_the_lowest_trained_array_nothing_of_the_backward_pass_is_computed() -> None:
    net = NetChain([4, "Tanh", 3, "Tanh", 2], input=5)
    everything = wl.information(net, "ArraysPositionList")
    head = [key for key in everything if key[0] == 5]
    forward = [(s.primitive, s.origin) for s in forward_blueprint(net, 2, mode="Train").steps]
    for layer in (1, 2, 3, 4):
        calls = [c for c in primitives(net, head) if c[1] == (layer,)]
        assert calls == [c for c in forward if c[1] == (layer,)]
        assert len([c for c in primitives(net, everything) if c[1] == (layer,)]) > len(calls)


def test_the_gradient_graph_is_never_built_below_the_lowest_trained_array() -> None:
    net = NetChain([4, "Tanh", 3, "Tanh", 2], input=5)
    graph = lower(net, 2, "Train")
    forward = len(graph.calls)
    gradients(graph, graph.outputs["Output"], [graph.arrays[3, "Biases"]])
    origins = {call.origin for call in graph.calls[forward:]}
    assert origins - {()} == {(3,), (4,), (5,)}
    products = [c for c in graph.calls[forward:] if c.primitive == "matmul"]
    assert [call.origin for call in products] == [(5,)], "none for weights that are not trained"


def test_each_array_frozen_makes_the_program_shorter() -> None:
    net = NetChain([4, "Tanh", 3], input=5)
    everything = wl.information(net, "ArraysPositionList")
    most = len(primitives(net, everything))
    for frozen in everything:
        assert len(primitives(net, [key for key in everything if key != frozen])) < most


def test_a_gradient_flows_through_a_frozen_layer_to_the_one_below() -> None:
    net = wl.net_initialize(NetChain([4, "Tanh", 3], input=5))
    free, below = (
        gradients_of(net, [key for key in wl.information(net, "Arrays") if key[0] in layers])
        for layers in ((1, 3), (1,))
    )
    assert set(below) == {(1, "Weights"), (1, "Biases")}
    assert all(same(below[key], free[key]) for key in below)
    assert all(np.abs(below[key]).max() > 0 for key in below)


def gradients_of(net: Any, trained: list[Any], batch: int = 3, **options: Any) -> dict[Any, Any]:
    blueprint = training_blueprint(net, batch, {"Output": 1.0}, trained, **options)
    dtype = DTYPES[blueprint.precision]
    arrays = {key: array.astype(dtype) for key, array in wl.information(net, "Arrays").items()}
    program = Program(blueprint, arrays)
    shape = program.inputs["Input"].shape
    program.inputs["Input"][...] = np.random.default_rng(3).normal(size=shape)
    program.run(seed=1)
    return {
        key.array: array.copy()
        for key, array in program.outputs.items()
        if isinstance(key, GradientKey)
    }


@pytest.mark.parametrize("without", [*((name,) for name in FOR_VECTORS), FOR_VECTORS], ids=str)
@settings(max_examples=30)
@given(net=small_vectors_nets())
def test_a_pass_left_out_changes_neither_a_result_nor_a_gradient(without: Any, net: Any) -> None:
    keys = [key for key in wl.information(net, "Arrays") if "Moving" not in key[-1]]
    full = gradients_of(net, keys, precision="Real64")
    found = gradients_of(net, keys, precision="Real64", without=without)
    for key in keys:
        size = np.abs(full[key]).max(initial=0.0)
        np.testing.assert_allclose(found[key], full[key], rtol=1e-12, atol=1e-12 * size)


@pytest.mark.parametrize("name", FOR_VECTORS)
def test_a_pass_left_out_makes_another_program_of_a_net_of_vectors(name: str) -> None:
    net = NetChain([4, "Ramp", wl.BatchNormalizationLayer(), 3, "Tanh", 2], input=5)
    keys = [key for key in wl.information(net, "Arrays") if "Moving" not in key[-1]]
    full, again, less = (
        training_blueprint(net, 3, {"Output": 1.0}, keys, without=without)
        for without in ((), (), (name,))
    )
    assert full == again != less


@pytest.mark.parametrize("precision", DTYPES)
def test_without_pack_products_read_weights_as_they_lie(precision: Any) -> None:
    net = wl.net_initialize(NetChain([17, "Tanh", 16], input=20))
    keys = list(wl.information(net, "Arrays"))
    packed, plain = (
        training_blueprint(net, 9, {"Output": 1.0}, keys, precision=precision, without=without)
        for without in ((), ("pack",))
    )
    assert "pack" in [step.primitive for step in packed.steps]
    assert "pack" not in [step.primitive for step in plain.steps]
    options = {"batch": 9, "precision": precision}
    assert same(
        gradients_of(net, keys, **options), gradients_of(net, keys, **options, without=("pack",))
    )


# Memory


@given(st.data())
def test_no_two_values_that_live_at_once_share_memory(data: Any) -> None:
    graph = Graph()
    values = [graph.new_value((data.draw(st.integers(1, 40)),)) for _ in range(2)]
    graph.inputs |= {str(i): value for i, value in enumerate(values)}
    g = Builder(graph)
    for _ in range(data.draw(st.integers(1, 12))):
        x = data.draw(st.sampled_from(values))
        y = data.draw(st.sampled_from([v for v in values if v.shape == x.shape]))
        kind = data.draw(st.sampled_from(["map", "add", "reshape", "constant", "join"]))
        made = {
            "map": lambda x=x: g.map("Sin", x),
            "add": lambda x=x, y=y: g.add(x, y),
            "reshape": lambda x=x: g.reshape(g.reshape(x, (1, *x.shape)), x.shape),
            "constant": lambda x=x: g.fill(0.5, x.shape),
            "join": lambda x=x, y=y: g.concatenate([x, y], 0),
        }[kind]()
        values.append(made)
    for i, value in enumerate(data.draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))):
        graph.outputs[f"out {i}"] = value
    results = []
    for without in ((), ("place",)):
        program = Program(finish(graph, "Real64", without), {})
        assert_no_step_writes_where_it_reads(program)
        for _ in range(2):  # the second run meets what the first one left
            for i, name in enumerate(program.inputs):
                program.inputs[name][...] = np.linspace(i, 1, program.inputs[name].size)
            program.run()
        results.append({key: array.copy() for key, array in program.outputs.items()})
    assert same(*results)


def assert_no_step_writes_where_it_reads(program: Program) -> None:
    for step in program.blueprint.steps:
        for view in step.writes:
            for other in step.reads:
                if other != view:
                    assert not np.shares_memory(program.view(view), program.view(other)), step


@given(net=small_vectors_nets())
def test_no_step_of_a_training_writes_where_it_reads(net: Any) -> None:
    keys = [key for key in wl.information(net, "Arrays") if "Moving" not in key[-1]]
    blueprint = training_blueprint(net, 3, {"Output": 1.0}, keys)
    assert_no_step_writes_where_it_reads(Program(blueprint, wl.information(net, "Arrays")))


def test_memory_is_used_again() -> None:
    net = NetChain(["Tanh", "Sin"] * 20, input=1000)
    reused, own = (
        forward_blueprint(net, 8, without=("chains", *without)) for without in ((), ("place",))
    )
    value = 8 * 1000 * 4
    assert own.arena_bytes >= 41 * value
    assert reused.arena_bytes <= 4 * value


def test_reshapes_cost_nothing() -> None:
    net = NetChain([wl.FlattenLayer(), wl.ReshapeLayer((3, 2)), "Tanh"], input=(2, 3))
    assert [step.primitive for step in forward_blueprint(net, 2).steps] == ["map"]


def test_what_depends_on_constants_alone_is_computed_when_the_program_is_made() -> None:
    net = wl.net_initialize(NetChain([wl.BatchNormalizationLayer()], input=3))
    keys = list(wl.information(net, "Arrays"))
    moving = forward_blueprint(net, 2)
    fixed = forward_blueprint(net, 2, constants=keys)
    assert "fill" in [step.primitive for step in moving.once]
    assert "fill" not in [step.primitive for step in (*moving.steps, *fixed.steps)]
    assert len(fixed.steps) < len(moving.steps)
    assert len(fixed.once) + len(fixed.steps) == len(moving.once) + len(moving.steps)


def test_a_program_never_writes_into_the_arrays_of_a_net() -> None:
    net = wl.net_initialize(NetChain([4, wl.BatchNormalizationLayer(), 2], input=3))
    keys = [key for key in wl.information(net, "Arrays") if "Moving" not in key[-1]]
    blueprint = training_blueprint(net, 3, {"Output": 1.0}, keys)
    arrays = dict(wl.information(net, "Arrays"))
    assert not any(array.flags.writeable for array in arrays.values())
    program = Program(blueprint, arrays)
    program.inputs["Input"][...] = 1
    program.run()
    written = {blueprint.slots[view.slot].kind for step in blueprint.steps for view in step.writes}
    assert written == {"arena"}


def test_random_calls_of_one_layer_and_of_several_steps_draw_different_numbers() -> None:
    net = NetChain([wl.NetNestOperator([wl.DropoutLayer(0.5)], 2)], input=50)
    blueprint = forward_blueprint(net, 2, mode="Train")
    assert [primitive for primitive, _, _ in blueprint.randoms] == ["random_mask"] * 2
    assert [number for _, _, number in blueprint.randoms] == [0, 1]
    assert len(set(blueprint.randoms)) == 2
    program = Program(blueprint, {})
    program.inputs["Input"][...] = 1
    seen = []
    for seed, step in ((1, 0), (1, 1), (2, 0), (1, 0)):
        program.run(seed=seed, step=step)
        seen.append(program.outputs["Output"].copy())
    assert same(seen[0], seen[3])
    assert not same(seen[0], seen[1])
    assert not same(seen[0], seen[2])
    assert (seen[0] == 0).mean() == pytest.approx(0.75, abs=0.15)


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("between", [[], ["Ramp"]], ids=["bias", "ramp"])
def test_a_second_bias_of_a_convolution_is_not_lost_in_the_first(
    between: list[str], count: int
) -> None:
    biases = np.array([10.0, 20.0]).reshape(2, 1, 1)
    convolution = ConvolutionLayer(2, 3, weights=np.full((2, 1, 3, 3), 0.1), biases=[0.5, -2.5])
    net = NetChain([convolution, *between, ConstantPlusLayer(biases=biases)], input=(1, 3, 3))
    x = np.arange(9.0).reshape(1, 3, 3) / 9
    first = x.sum() / 10 + np.array([0.5, -2.5])
    wanted = (np.maximum(first, 0) if between else first) + [10, 20]
    for answer in net(np.repeat(x[np.newaxis], count, axis=0)):
        np.testing.assert_allclose(answer.ravel(), wanted, rtol=1e-6)
