"""Fast convolution in whole nets: when it is used, and that it changes nothing beyond rounding."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.plan.test_passes import gradients_of
from wlnet.graph.graph import Call, Graph
from wlnet.kernels.jit.target import lanes_of
from wlnet.plan.calls import winograd_fields
from wlnet.plan.compile import forward_blueprint, training_blueprint
from wlnet.plan.passes.winograd import transform_windows

DIRECT = ("transform_windows",)
LANES = ("channels",)
"""With channels nowhere side by side: see test_channels.py."""


@cache
def lenet() -> Any:
    layers = [
        wl.ConvolutionLayer(16, 3), "Ramp", wl.ConvolutionLayer(48, 5), "Ramp",
        wl.PoolingLayer(2, 2), wl.ConvolutionLayer(16, 3, padding_size=1), wl.FlattenLayer(), 3,
    ]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=(2, 16, 16)))


@cache
def residual() -> Any:
    def block() -> list[Any]:
        window = wl.ConvolutionLayer(32, 3, padding_size=1)
        return [window, wl.BatchNormalizationLayer(), "Ramp"]

    nodes = {"in": wl.NetChain(block()), "way": wl.NetChain(block()), "sum": wl.TotalLayer(),
             "out": wl.NetChain([wl.FlattenLayer(), 2])}  # fmt: skip
    edges = [("in", "way"), ("in", "sum"), ("way", "sum"), ("sum", "out")]
    return wl.net_initialize(wl.NetGraph(nodes, edges, input=(24, 12, 11)))


NETS = {"lenet": lenet, "residual": residual}


def kernels(blueprint: Any) -> list[str]:
    return [step.kernel.name for step in (*blueprint.once, *blueprint.steps)]


def trained(net: Any) -> list[Any]:
    return [key for key in wl.information(net, "Arrays") if "Moving" not in str(key)]


@pytest.mark.parametrize("name", NETS)
def test_it_is_used_where_it_is_worth_it_forwards_and_back(name: str) -> None:
    net = NETS[name]()
    used = kernels(training_blueprint(net, 32, {"Output": 1.0}, trained(net), without=LANES))
    fast = {each.partition(".")[2].rstrip("_35") for each in used if each.startswith("winograd")}
    assert fast == {
        "points",
        "pooled" if name == "lenet" else "forward",
        "input",
        "sums",
        "weights",
    }
    direct = kernels(training_blueprint(net, 32, {"Output": 1.0}, trained(net), without=DIRECT))
    assert not any(each.startswith("winograd") for each in direct)


@pytest.mark.parametrize(("precision", "limit"), [("Real64", 1e-11), ("Real32", 1e-4)])
@pytest.mark.parametrize("name", NETS)
def test_the_gradients_are_those_of_the_direct_way(name: str, precision: Any, limit: float) -> None:
    net = NETS[name]()
    options = {"batch": 37, "precision": precision}
    fast = gradients_of(net, trained(net), **options, without=LANES)
    direct = gradients_of(net, trained(net), **options, without=DIRECT)
    assert any((fast[key] != direct[key]).any() for key in fast), "it was done another way"
    for key, gradient in direct.items():
        # Batch normalization takes away what a bias before it adds: its gradient is rounding alone.
        if key[-1] == "Biases" and name == "residual" and key[0] != "out":
            continue
        size = np.abs(gradient).max()
        np.testing.assert_allclose(fast[key], gradient, rtol=0, atol=limit * size)


@pytest.mark.parametrize("name", NETS)
def test_evaluation_agrees_with_the_direct_way(name: str) -> None:
    net = NETS[name]()
    arrays = wl.information(net, "Arrays")
    used = kernels(forward_blueprint(net, 40, constants=arrays, without=LANES))
    assert {"winograd.points_3", "winograd.points_5"} & set(used)
    x = np.random.default_rng(0).normal(size=(40, *net.ports["Input"].shape)).astype(np.float32)
    exact = net(x, working_precision="Real64")
    np.testing.assert_allclose(net(x), exact, atol=3e-5 * np.abs(exact).max())


def test_the_points_of_kernels_that_never_change_are_computed_once() -> None:
    net = lenet()
    arrays = wl.information(net, "Arrays")
    constant = forward_blueprint(net, 40, constants=arrays, without=LANES)
    once = [step.kernel.name for step in constant.once]
    assert "winograd.points_5" in once
    assert "winograd.points_5" not in [step.kernel.name for step in constant.steps]


def test_which_arrays_are_trained_decides_nothing() -> None:
    net = residual()
    whole = wl.net_train(net, data(net), **OPTIONS)
    rules = {"in": 0, "way": 0}
    frozen = wl.net_train(net, data(net), learning_rate_multipliers=rules, **OPTIONS)
    again = wl.net_train(
        net, data(net), learning_rate_multipliers=rules, frozen_prefix_bytes=0, **OPTIONS
    )
    assert frozen == again
    assert whole != frozen
    for workers in (1, 2, 3):
        assert wl.net_train(net, data(net), **OPTIONS, workers=workers) == whole


OPTIONS: dict[str, Any] = {
    "batch_size": 16, "max_training_rounds": 2, "training_progress_reporting": None,
}  # fmt: skip


def data(net: Any) -> Any:
    random = np.random.default_rng(1)
    x = random.normal(size=(40, *net.ports["Input"].shape)).astype(np.float32)
    return x, random.normal(size=(40, 2)).astype(np.float32)


@pytest.mark.parametrize("channels", [8, 10, 12, 16])
def test_a_smaller_last_batch_is_computed_in_the_same_way(channels: int) -> None:
    """With a kept prefix it is filled up, without one it is not."""
    window = wl.ConvolutionLayer(channels, 3, padding_size=1)
    layers = [window, "Ramp", wl.FlattenLayer(), 2]
    net = wl.net_initialize(wl.NetChain(layers, input=(channels, 8, 8)))
    random = np.random.default_rng(2)
    x = random.normal(size=(72, channels, 8, 8)), random.normal(size=(72, 2))
    options = {**OPTIONS, "batch_size": 64, "learning_rate_multipliers": {1: 0}}
    assert wl.net_train(net, x, **options) == wl.net_train(net, x, **options, frozen_prefix_bytes=0)


@pytest.mark.parametrize(
    "change",
    [
        {"stride": (2, 2)}, {"dilation": (2, 2)}, {"groups": 2}, {"kernel": (3, 5)},
        {"kernel": (4, 4)}, {"channels": 2},
    ],
    ids=str,
)  # fmt: skip
def test_other_convolutions_stay_as_they_are(change: Any) -> None:
    assert transformed() == ["winograd_points", "winograd"]
    assert transformed(**change) == ["lanes_convolve"]


def transformed(
    stride: Any = (1, 1), dilation: Any = (1, 1), groups: int = 1, kernel: Any = (3, 3),
    channels: int = 32,
) -> list[str]:  # fmt: skip
    graph, lanes = Graph(), lanes_of("Real32")
    x = graph.inputs["x"] = graph.new_value((1, channels, 20, 20, lanes))
    w = graph.new_value((channels, channels // groups, *kernel))
    y = graph.outputs["y"] = graph.new_value((1, channels, 18, 18, lanes))
    at = {"stride": stride, "dilation": dilation, "groups": groups, "padding": ((0, 0),) * 2}
    graph.calls.append(Call("lanes_convolve", (x, w), (y,), at))
    return [call.primitive for call in transform_windows(graph).calls]


def test_few_operations_are_left() -> None:
    """4 times fewer products, of 3 x 3 kernels; 2.8 times, of 5 x 5."""
    net = wl.NetChain([wl.ConvolutionLayer(64, 3, padding_size=1)], input=(64, 16, 16))
    fast, direct = (
        sum(step.work for step in forward_blueprint(net, 16, without=without).steps)
        for without in ((), DIRECT)
    )
    assert direct / fast == pytest.approx(4, rel=0.1)
    assert winograd_fields.is_worth((50, 20, 5, 5), (1, 50, 8, 8))
    assert not winograd_fields.is_worth((64, 3, 3, 3), (1, 64, 32, 32))
