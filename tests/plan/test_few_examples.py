"""Windows of few examples are computed one by one, forwards and back, whatever is trained."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.plan.test_passes import gradients_of
from tests.plan.test_winograd import DIRECT, OPTIONS, kernels, trained
from wlnet.kernels.jit.target import lanes_of
from wlnet.plan.compile import forward_blueprint, training_blueprint

SIDE_BY_SIDE = ("rows", *DIRECT)


@cache
def lenet() -> Any:
    layers = [
        wl.ConvolutionLayer(6, 5), "Ramp", wl.PoolingLayer(2, 2), wl.ConvolutionLayer(9, 3),
        wl.PoolingLayer(2, 2), "Ramp", wl.FlattenLayer(), 4, "Ramp", 3,
    ]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=(2, 19, 18)))


@cache
def steps() -> Any:
    """Strides, distances between elements, groups, and both kinds of pooling."""
    layers = [
        wl.ConvolutionLayer(6, 3, stride=2, padding_size=1), "Tanh",
        wl.PoolingLayer(3, 1, padding_size=1),
        wl.ConvolutionLayer(4, 3, dilation=2, padding_size=2), wl.BatchNormalizationLayer(),
        "Ramp", wl.PoolingLayer(2, 2, "Mean"),
        wl.ConvolutionLayer(4, 1, channel_groups=2), wl.FlattenLayer(), 3,
    ]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=(2, 17, 14)))


@cache
def deep() -> Any:
    """Many channels: side by side, they would be convolved in the fast way, which rounds more."""
    layers = [wl.ConvolutionLayer(32, 3, padding_size=1), "Ramp"] * 2 + [wl.FlattenLayer(), 3]
    return wl.net_initialize(wl.NetChain(layers, input=(32, 8, 8)))


@cache
def straight() -> Any:
    """Windows with a stride of 1, and no largest of them."""
    layers = [
        wl.ConvolutionLayer(6, 5), "Ramp", wl.ConvolutionLayer(9, (2, 3), dilation=2), "Tanh",
        wl.PoolingLayer(2, 2, "Mean"), wl.FlattenLayer(), 3,
    ]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=(2, 19, 18)))


NETS = {"lenet": lenet, "steps": steps, "deep": deep, "straight": straight}
every_net = pytest.mark.parametrize("name", NETS)


def layouts(blueprint: Any) -> set[str]:
    """The words for layouts in the names of the kernels of windows."""
    rows = {
        "windows_in_rows", "windows_in_rows_back", "windows_shifted", "windows_shifted_back",
        "pools_in_rows",
    }  # fmt: skip
    lanes = {"windows_in_lanes", "windows_pooled", "window_gradients", "pools_in_lanes"}
    used = {name.split(".")[0] for name in kernels(blueprint)}
    return {word for word, modules in (("rows", rows), ("lanes", lanes)) if modules & used}


def fill_few_lanes(batch: int, lanes: int) -> bool:
    return batch / (lanes * -(-batch // lanes)) < 0.8


@pytest.mark.parametrize("name", ["lenet", "straight", "steps"])
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_few_examples_go_one_by_one(name: str, precision: Any) -> None:
    """Fewer than half of the lanes; where windows have a stride of 1, and nothing is pooled with
    them, so many as leave a fifth of the lanes empty."""
    net, lanes = NETS[name](), lanes_of(precision)
    for batch in range(1, 2 * lanes + 2):
        wanted = {"rows"} if batch < lanes // 2 else {"lanes"}
        if fill_few_lanes(batch, lanes) and name != "lenet":
            wanted |= {"rows"}
        if name == "straight" and "rows" in wanted:
            wanted = {"rows"}
        options = {"precision": precision, "without": DIRECT}
        training = training_blueprint(net, batch, {"Output": 1.0}, trained(net), **options)
        assert layouts(training) == wanted
        assert layouts(forward_blueprint(net, batch, **options)) == wanted
        options["without"] = (*DIRECT, "lanes")
        alone = training_blueprint(net, batch, {"Output": 1.0}, trained(net), **options)
        assert layouts(alone) == {"rows"}
        assert (alone == training) == (wanted == {"rows"})


def test_convolutions_that_are_faster_side_by_side_go_there_with_fewer_examples() -> None:
    """So far as shapes decide; a whole batch decides for its last part."""
    net, lanes = deep(), lanes_of("Real32")
    found = [
        layouts(training_blueprint(net, n, {"Output": 1.0}, trained(net), without=DIRECT))
        for n in range(1, lanes + 1)
    ]
    first = found.index({"lanes"})
    assert first > 0 and fill_few_lanes(first + 1, lanes)
    assert found == [{"rows"}] * first + [{"lanes"}] * (lanes - first)
    options: Any = {"without": DIRECT, "whole": lanes}
    assert layouts(training_blueprint(net, 1, {"Output": 1.0}, trained(net), **options)) == {
        "lanes"
    }


def test_convolution_ramp_and_pooling_are_one_call_and_their_way_back_one_more() -> None:
    net = lenet()
    used = kernels(training_blueprint(net, 2, {"Output": 1.0}, trained(net)))
    assert used.count("windows_in_rows.convolve_rows_pooled") == 2
    assert used.count("pools_in_rows.pool_back_rows") == 2
    assert "windows_in_rows.convolve_rows" not in used
    assert used.count("windows_shifted.convolve_shifted") == 1, "the way back to the second's input"
    assert "pools_in_rows.pool_max_rows" not in used


OTHERS = {
    "a mean of them": wl.PoolingLayer(2, 2, "Mean"),
    "all of them": wl.ElementwiseLayer("Tanh"),
    "the same largest": wl.PoolingLayer(2, 2),
}


@pytest.mark.parametrize("other", OTHERS)
def test_pooling_is_fused_only_where_nobody_else_wants_the_pixels(other: str) -> None:
    nodes = {
        "pixels": wl.NetChain([wl.ConvolutionLayer(3, 3), "Ramp"]),
        "largest": wl.NetChain([wl.PoolingLayer(2, 2), wl.FlattenLayer()]),
        "other": wl.NetChain([OTHERS[other], wl.FlattenLayer()]),
        "both": wl.CatenateLayer(),
    }
    edges = [("pixels", "largest"), ("pixels", "other"), (["largest", "other"], "both")]
    net = wl.net_initialize(wl.NetGraph(nodes, edges, input=(2, 9, 8)))
    keys, options = trained(net), {"batch": 3, "precision": "Real64"}
    fused = gradients_of(net, keys, **options)
    apart = gradients_of(net, keys, **options, without=("fuse_pooling",))
    assert all(fused[key].tobytes() == apart[key].tobytes() for key in keys)


def test_where_the_largest_is_stays_untold_if_nobody_asks() -> None:
    net = wl.NetChain([wl.PoolingLayer(2, 2)], input=(2, 8, 8))
    (step,) = forward_blueprint(net, 2).steps
    assert [view.element for view in step.writes] == ["Real"]


@every_net
@pytest.mark.parametrize(("precision", "limit"), [("Real64", 1e-12), ("Real32", 3e-5)])
def test_the_gradients_are_those_of_examples_side_by_side(
    name: str, precision: Any, limit: float
) -> None:
    net = NETS[name]()
    for batch in (1, 3, 20):
        options = {"batch": batch, "precision": precision}
        one_by_one = gradients_of(net, trained(net), **options, without=("lanes",))
        side_by_side = gradients_of(net, trained(net), **options, without=SIDE_BY_SIDE)
        # Batch normalization takes away what a bias before it adds: its gradient is rounding alone.
        without_effect = (4, "Biases") if name == "steps" else None
        for key, gradient in side_by_side.items():
            if key != without_effect:
                size = np.abs(gradient).max()
                np.testing.assert_allclose(one_by_one[key], gradient, rtol=0, atol=limit * size)


@every_net
def test_an_array_has_the_same_gradient_whatever_else_is_trained(name: str) -> None:
    net = NETS[name]()
    keys = trained(net)
    for batch in (3, 20):
        whole = gradients_of(net, keys, batch=batch)
        for key in keys:
            (alone,) = gradients_of(net, [key], batch=batch).values()
            assert alone.tobytes() == whole[key].tobytes()


@every_net
@pytest.mark.parametrize("size", [3, 6, 10])
def test_frozen_layers_workers_and_kept_prefixes_decide_nothing(name: str, size: int) -> None:
    """With a last batch that is smaller: it is computed in the layout of the others."""
    net = NETS[name]()
    random = np.random.default_rng(1)
    x = random.normal(size=(23, *net.ports["Input"].shape)), random.normal(size=(23, 3))
    options = {**OPTIONS, "batch_size": size, "learning_rate_multipliers": {-1: 1, wl.ANY: 0}}
    kept = wl.net_train(net, x, **options)
    assert kept != net
    assert kept == wl.net_train(net, x, **options, frozen_prefix_bytes=0)
    options["learning_rate_multipliers"] = wl.AUTOMATIC
    whole = wl.net_train(net, x, **options, workers=1)
    for workers in (2, 3):
        assert wl.net_train(net, x, **options, workers=workers) == whole


def test_windows_of_many_and_of_few_examples_meet_in_one_net() -> None:
    """A net mapped over a sequence sees more examples than the batch has."""
    inner = wl.NetChain([wl.ConvolutionLayer(3, 3, padding_size=1), "Ramp", wl.PoolingLayer(2, 2)])
    layers = [
        wl.NetMapOperator(inner), wl.ReshapeLayer((12, 4, 4)), wl.ConvolutionLayer(4, 3), "Ramp",
        wl.FlattenLayer(), 2,
    ]  # fmt: skip
    net = wl.net_initialize(wl.NetChain(layers, input=(4, 2, 8, 8)))
    options = {"without": DIRECT}
    blueprint = training_blueprint(net, 3, {"Output": 1.0}, trained(net), **options)
    lanes = lanes_of("Real32")
    assert layouts(blueprint) == ({"rows", "lanes"} if 3 < lanes // 2 <= 12 else {"lanes"})
    found = gradients_of(net, trained(net), batch=3, precision="Real64")
    wanted = gradients_of(net, trained(net), batch=3, precision="Real64", without=SIDE_BY_SIDE)
    for key, gradient in wanted.items():
        np.testing.assert_allclose(found[key], gradient, rtol=1e-10, atol=1e-12)
