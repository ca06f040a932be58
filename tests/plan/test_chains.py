"""Chains: steps number by number are done block by block, and nobody sees a difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.plan.test_loops import drawn, graph_of
from tests.scan_cases import SCANS
from wlnet.core.net import same
from wlnet.engine.blueprint import Blueprint
from wlnet.engine.program import Program
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.kernels.elementwise.chains import BLOCK_BYTES
from wlnet.nets.arrays import arrays_of
from wlnet.plan.compile import finish, forward_blueprint, training_blueprint

APART = ("chains",)
"""Without chains."""


@pytest.fixture(scope="module", autouse=True)
def few(chains_of_few_numbers: None) -> None:
    """Numbers as few as those of a test make chains too."""


def whats(blueprint: Blueprint) -> list[str]:
    return [step.what for step in blueprint.steps]


def shrink() -> Any:
    """A soft threshold, as five calls."""
    return wl.ElementwiseLayer(lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0))


# What becomes a chain


def test_a_layer_of_five_calls_goes_through_memory_once() -> None:
    net = wl.NetChain([shrink()], input=1000)
    apart, one = (forward_blueprint(net, 8, without=each) for each in (APART, ()))
    assert sorted(whats(apart)) == ["Abs", "Sign", "maximum", "multiply", "subtract"]
    (step,) = one.steps
    assert sorted(step.what.split(" + ")) == sorted(whats(apart))
    assert [view.shape for view in (*step.reads, *step.writes)].count((8, 1000)) == 2
    # What lies between them has no memory at all.
    assert one.arena_bytes < 2 * 8 * 1000 * 4 + 1000 < apart.arena_bytes


def test_it_is_told_as_what_it_does_with_all_its_operations() -> None:
    net = wl.NetChain([shrink()], input=3000)
    *_, row = wl.information(net, "Program").steps
    assert sorted(row.parts) == ["Abs", "Sign", "maximum", "multiply", "subtract"]
    assert row.operations == sum(step.work for step in forward_blueprint(net, 64).steps)


def test_few_numbers_are_left_as_they_are(monkeypatch: Any) -> None:
    monkeypatch.undo()
    from wlnet.kernels.language import PerTarget

    monkeypatch.setattr("wlnet.plan.memory.assemble.FEWEST",
                        PerTarget(lambda target: BLOCK_BYTES // target.item))  # fmt: skip
    few, many = (
        forward_blueprint(wl.NetChain([shrink()], input=n), 1)
        for n in (BLOCK_BYTES // 4, BLOCK_BYTES // 4 + 1)
    )
    assert len(few.steps) == 5
    assert len(many.steps) == 1
    # But nobody waits: each worker reads what it has written.
    assert not any(step.wait for step in few.steps)


def two(shape: Any = (6, 8)) -> tuple[Graph, Builder, Any, Any]:
    graph = Graph()
    x, y = graph.new_value(shape), graph.new_value(shape)
    graph.inputs |= {"x": x, "y": y}
    return graph, Builder(graph), x, y


def test_it_ends_where_numbers_are_read_in_another_order() -> None:
    graph, g, x, _ = two()
    bent = g.map("Tanh", g.map("Sin", x))
    graph.outputs["turned"] = g.map("Exp", g.add(g.transpose(bent), 1.0))
    assert whats(finish(graph, "Real32")) == ["Sin + Tanh", "add + Exp"]


def test_it_ends_where_a_sum_is_waited_for() -> None:
    graph, g, x, _ = two()
    square = g.map("Square", g.map("Sin", x))
    graph.outputs["share"] = g.map("Sqrt", g.divide(square, g.sum(square, [1])))
    assert whats(finish(graph, "Real32")) == ["Sin + Square", "sum", "divide + Sqrt"]


def test_two_branches_of_a_value_join_where_they_meet() -> None:
    graph, g, x, y = two()
    one, other = g.map("Sin", x), g.map("Cos", y)
    graph.outputs["softmax"] = g.softmax(y)
    graph.outputs["sum"] = g.add(g.map("Tanh", one), g.map("Exp", other))
    assert sorted(map(len, (what.split(" + ") for what in whats(finish(graph, "Real32"))))) == [
        1,
        5,
    ]


def test_what_is_wanted_elsewhere_is_written_in_the_same_pass() -> None:
    graph, g, x, _ = two()
    graph.outputs["inside"] = g.map("Sin", x)
    graph.outputs["out"] = g.map("Tanh", graph.outputs["inside"])
    (step,) = finish(graph, "Real32").steps
    assert len(step.writes) == 2


def test_nothing_is_made_earlier_than_it_is_needed_where_it_would_have_to_be_kept() -> None:
    """What the way back makes of what the way forward kept is not made on the way forward."""
    graph, g, x, _ = two((64, 64))
    sine = g.map("Sin", g.map("Tanh", x))
    far = g.softmax(g.softmax(sine))
    graph.outputs["out"] = g.multiply(g.map("Square", sine), far)
    parts = [what.split(" + ") for what in whats(finish(graph, "Real32"))]
    assert parts[0] == ["Tanh", "Sin"]
    assert parts[-1] == ["Square", "multiply"]


# That nobody sees it

operations = st.sampled_from(
    ["Tanh", "Ramp", "Sqrt", "Square", "add", "divide", "maximum", "masked", "row", "column",
     "turn", "sum", "softmax", "reshape", "part"]
)  # fmt: skip


@given(data=st.data(), steps=st.lists(operations, min_size=1, max_size=14),
       precision=st.sampled_from(["Real32", "Real64"]))  # fmt: skip
@settings(max_examples=150)
def test_any_graph_has_the_bits_that_it_has_without_chains(
    data: Any, steps: Any, precision: Any
) -> None:
    graph, g, x, y = two((5, 70))
    values = [x, y]
    for kind in steps:
        a, b = (data.draw(st.sampled_from(values)) for _ in range(2))
        values.append(
            {
                "row": lambda a=a, b=b: g.multiply(a, g.reshape(g.slice(b, 0, 2, 3), (70,))),
                "column": lambda a=a, b=b: g.subtract(a, g.slice(b, 1, 3, 4)),
                "turn": lambda a=a: g.reshape(g.transpose(a), (5, 70)),
                "sum": lambda a=a, b=b: g.add(b, g.sum(a, [0])),
                "softmax": lambda a=a: g.softmax(a),
                "reshape": lambda a=a: g.reshape(g.map("Abs", g.reshape(a, (350,))), (5, 70)),
                "part": lambda a=a, b=b: g.concatenate(
                    [g.slice(a, 0, 0, 2), g.map("Abs", g.slice(b, 0, 2, 5))], 0
                ),
                "maximum": lambda a=a, b=b: g.maximum(a, b),
                **{k: lambda a=a, k=k: g.map(k, a) for k in ("Tanh", "Ramp", "Sqrt", "Square")},
                **{k: lambda a=a, b=b, k=k: g.one(k, a, b) for k in ("add", "divide", "masked")},
            }[kind]()
        )
    for i, value in enumerate(data.draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))):
        graph.outputs[str(i)] = value
    rng = np.random.default_rng(len(steps))
    numbers = {name: rng.normal(size=(5, 70)) for name in ("x", "y")}
    numbers["x"].flat[::9] = rng.choice([np.nan, np.inf, -0.0], numbers["x"].flat[::9].size)
    results = []
    for without, workers in ((APART, 1), ((), 1), ((), 3), (("place",), 2)):
        program = Program(finish(graph, precision, without), {}, workers)
        for _ in range(2):
            for name, array in numbers.items():
                program.inputs[name][...] = array
            program.run()
        results.append({key: array.copy() for key, array in program.outputs.items()})
    for other in results[1:]:
        assert {k: v.tobytes() for k, v in other.items()} == {
            k: v.tobytes() for k, v in results[0].items()
        }


@pytest.mark.parametrize("name", SCANS)
def test_in_loops_too(name: str) -> None:
    graph = graph_of(name, 5, False)
    inputs, results = drawn(graph), []
    for without, workers in ((APART, 1), ((), 1), ((), 3)):
        program = Program(finish(graph, "Real32", without), {}, workers)
        for key, array in inputs.items():
            program.inputs[key][...] = array
        program.run()
        results.append({str(key): array.copy() for key, array in program.outputs.items()})
    assert same(results[0], results[1])
    assert same(results[0], results[2])


# What it costs

NETS = {
    "normalized": wl.NetChain([wl.NormalizationLayer()], input=(16, 40)),
    "normalized over examples": wl.NetChain([wl.BatchNormalizationLayer()], input=(16, 10, 10)),
    "images": wl.NetChain([wl.ConvolutionLayer(16, 3), wl.BatchNormalizationLayer(), "Ramp",
                           wl.ConvolutionLayer(16, 3), wl.BatchNormalizationLayer(), "Swish"],
                          input=(3, 16, 16)),
    "numbers": wl.NetChain([64, "SELU", 64, wl.BatchNormalizationLayer(), "GELU", 64, "Mish", 3],
                           input=30),
    "sequences": wl.NetChain([wl.GatedRecurrentLayer(32), shrink()], input=(9, 20)),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_it_takes_no_more_memory_and_fewer_steps(name: str) -> None:
    net = wl.net_initialize(wl.NetChain([NETS[name], wl.SummationLayer()]))
    keys = [key for key in arrays_of(net) if "Moving" not in key[-1]]
    for batch in (8, 33):
        apart, joined = (
            training_blueprint(net, batch, {"Output": 1.0}, keys, without=without)
            for without in (APART, ())
        )
        # Other lives leave other gaps, of no more than a few lines.
        assert joined.arena_bytes <= 1.02 * apart.arena_bytes
        assert len(joined.steps) < len(apart.steps)
        assert joined.work == apart.work
