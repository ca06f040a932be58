"""The slope of a function that its value tells is one call, wherever the function stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.blueprint import Blueprint
from wlnet.engine.program import Program
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.graph.keys import GradientKey
from wlnet.plan.compile import training_blueprint
from wlnet.plan.passes.fusion import fuse_slope

SLOPES = {
    "Tanh": lambda y: 1 - y**2,
    "LogisticSigmoid": lambda y: y * (1 - y),
}
every_slope = pytest.mark.parametrize("function", SLOPES)


def gradient_program(net: Any, batch: int, without: Any = ()) -> Blueprint:
    return training_blueprint(
        net,
        batch,
        {"Output": 1.0},
        [(1, "Weights")],
        inside=[((2,), "Output")],
        precision="Real64",
        without=without,
    )


def gradient(blueprint: Blueprint, net: Any) -> dict[Any, Any]:
    arrays = {key: np.float64(array) for key, array in wl.information(net, "Arrays").items()}
    program = Program(blueprint, arrays)
    x = program.inputs["Input"]
    x[...] = np.random.default_rng(0).standard_normal(x.shape)
    program.run()
    return {"x": x.copy(), **{key: value.copy() for key, value in program.outputs.items()}}


@every_slope
def test_the_slope_is_one_call_with_the_value_of_the_definition(function: str) -> None:
    net = wl.net_initialize(wl.NetChain([7, function], input=5))
    blueprint = gradient_program(net, 6)
    whats = [step.what for step in blueprint.steps]
    assert f"{function}'s slope" in whats
    assert not {"Square", "subtract", "multiply"} & set(whats)
    found = gradient(blueprint, net)
    y = found[(2,), "Output"]
    expected = SLOPES[function](y).T @ found["x"] / len(y)
    assert found[GradientKey((1, "Weights"))] == pytest.approx(expected, rel=1e-12)


@every_slope
def test_so_it_is_in_lanes_and_of_a_single_example(function: str) -> None:
    net = wl.NetChain([wl.ConvolutionLayer(3, 3), function], input=(2, 6, 7))
    net = wl.net_initialize(net)
    for batch in (1, 19):
        one, apart = (
            gradient_program(net, batch, ["chains", *each]) for each in ((), ["fuse_slope"])
        )
        assert len(one.steps) < len(apart.steps)
        assert f"{function}'s slope" not in {step.what for step in apart.steps}
        key = GradientKey((1, "Weights"))
        assert gradient(one, net)[key] == pytest.approx(gradient(apart, net)[key], rel=1e-12)


OTHERS: dict[str, Any] = {
    "y (2 - y)": lambda g, y: g.multiply(y, g.subtract(2.0, y)),
    "y (1 - y y)": lambda g, y: g.multiply(y, g.subtract(1.0, g.multiply(y, y))),
    "1 - sin y": lambda g, y: g.subtract(1.0, g.map("Sin", y)),
    "1 + y^2": lambda g, y: g.add(1.0, g.map("Square", y)),
}


@pytest.mark.parametrize("formula", OTHERS)
def test_what_only_looks_like_it_is_left(formula: str) -> None:
    graph = Graph()
    d, y = (graph.new_value((2, 3)) for _ in range(2))
    graph.inputs |= {"d": d, "y": y}
    g = Builder(graph)
    graph.outputs["out"] = g.multiply(d, OTHERS[formula](g, y))
    assert fuse_slope(graph).calls == graph.calls


def test_a_slope_that_somebody_else_reads_is_left() -> None:
    graph = Graph()
    d, y = (graph.new_value((2, 3)) for _ in range(2))
    graph.inputs |= {"d": d, "y": y}
    g = Builder(graph)
    slope = g.subtract(1.0, g.map("Square", y))
    graph.outputs |= {"out": g.multiply(d, slope), "slope": slope}
    assert fuse_slope(graph).calls == graph.calls
