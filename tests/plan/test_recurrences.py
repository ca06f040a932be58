"""Recurrent layers in programs: the same bits however they are divided, packed and laid out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.plan.test_winograd import trained
from wlnet.engine.blueprint import DTYPES, Blueprint, Step
from wlnet.engine.program import Program
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.plan.compile import finish, forward_blueprint, training_blueprint

SHAPES = [(1, 1), (1, 128), (2, 3), (3, 120), (7, 16), (8, 17), (9, 33), (17, 100), (32, 64)]
every_shape = pytest.mark.parametrize(("rows", "size"), SHAPES)
every_precision = pytest.mark.parametrize("precision", DTYPES)
KINDS = {"lstm": wl.LongShortTermMemoryLayer, "gru": wl.GatedRecurrentLayer}
every_kind = pytest.mark.parametrize("kind", KINDS)


def memory(size: int, length: int = 4, kind: str = "lstm") -> Any:
    """A layer whose states at all steps are its output."""
    layer = KINDS[kind](size)
    return wl.net_initialize(wl.NetChain([layer], input=(length, 5)), random_seeding=1)


def gradients(net: Any, rows: int, precision: Any, workers: int = 1, **options: Any) -> bytes:
    """The bits of a step of training: what comes out, and every gradient."""
    arrays = {key: array.astype(DTYPES[precision])
              for key, array in wl.information(net, "Arrays").items()}  # fmt: skip
    blueprint = training_blueprint(net, rows, {"Output": 1.0}, trained(net), precision=precision,
                                   **options)  # fmt: skip
    program = Program(blueprint, arrays, workers)
    x = program.inputs["Input"]
    x[...] = np.random.default_rng(3).normal(size=x.shape)
    program.run()
    return b"".join(array.tobytes() for array in program.outputs.values())


@every_kind
@every_shape
@every_precision
def test_the_bits_depend_neither_on_workers_nor_on_how_weights_and_results_lie(
    rows: int, size: int, precision: Any, kind: str
) -> None:
    net = memory(size, kind=kind)
    usual = gradients(net, rows, precision)
    for workers in (2, 3, 4):
        assert gradients(net, rows, precision, workers) == usual, workers
    for without in (("pack_gates",), ("place",), ("pack_gates", "place")):
        assert gradients(net, rows, precision, 2, without=without) == usual, without


@every_kind
@every_shape
def test_examples_come_out_as_each_by_itself(rows: int, size: int, kind: str) -> None:
    net = memory(size, kind=kind)
    x = np.random.default_rng(4).normal(size=(rows, 4, 5))
    np.testing.assert_array_equal(net(x), np.stack([net(each) for each in x]))


def loops(blueprint: Blueprint) -> list[list[bool]]:
    """Of each loop, whether workers wait before its steps."""
    return [
        [step.wait for step in blueprint.steps[loop.first : loop.end]] for loop in blueprint.loops
    ]


@every_kind
def test_a_step_is_one_call_and_waits_for_nobody_where_rows_are_divided(kind: str) -> None:
    net = memory(64, kind=kind)
    assert loops(training_blueprint(net, 16, {"Output": 1.0}, trained(net))) == [[False], [False]]


@every_kind
def test_of_few_rows_a_large_state_is_divided_and_a_small_one_is_not(kind: str) -> None:
    large, small = (memory(size, kind=kind) for size in (256, 8))
    assert loops(forward_blueprint(large, 1)) == [[True]]
    assert loops(forward_blueprint(small, 1)) == [[False]]


def place(blueprint: Blueprint, step: Step, field: str) -> Any:
    """Where a word of a record points to, in the first turn and those after it."""
    address: Any = step.fields[step.kernel.fields.index(field)]
    return blueprint.slots[address.slot].where, address.offset, address.moves


@every_kind
def test_gates_and_their_gradients_lie_where_what_was_said_to_them_did(kind: str) -> None:
    net = memory(64, kind=kind)
    blueprint = training_blueprint(net, 16, {"Output": 1.0}, trained(net))
    pairs = {f"{kind}_step": ("said", "gates"), f"{kind}_step_input": ("gates", "d_said")}
    found = [step for step in blueprint.steps if step.kernel.function.__name__ in pairs]
    assert len(found) == 5
    for step in found:
        old, new = pairs[step.kernel.function.__name__]
        assert place(blueprint, step, old) == place(blueprint, step, new)


@pytest.mark.parametrize(("kind", "gates"), [("lstm", 4), ("gru", 3)])
def test_what_others_read_is_not_overwritten(kind: str, gates: int) -> None:
    """Said to the gates, and read behind them: by an output of the same graph."""
    graph, width = Graph(), 5 * gates
    g = Builder(graph)
    graph.inputs["x"] = graph.new_value((3, 8, width))
    graph.inputs["w"] = graph.new_value((width, 5))
    said = g.multiply(graph.inputs["x"], 2.0)
    states, _, _ = g.call(kind, said, g.transpose(graph.inputs["w"]))
    graph.outputs["states"] = states
    graph.outputs["after"] = g.add(g.sum(states, (0, 1, 2)), g.sum(said, (0, 1, 2)))
    program = Program(finish(graph, "Real64"), {}, 2)
    random = np.random.default_rng(5)
    for name in ("x", "w"):
        program.inputs[name][...] = random.normal(size=program.inputs[name].shape)
    program.run()
    total = program.outputs["states"].sum() + 2 * program.inputs["x"].sum()
    np.testing.assert_allclose(program.outputs["after"].sum(), total, rtol=1e-12)
