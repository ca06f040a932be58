"""Channels side by side in whole nets: when they are, and that it changes nothing but rounding."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.kernels.native_lanes import windows_in_groups
from tests.plan.test_passes import gradients_of
from tests.plan.test_windows import check_convolution
from tests.plan.test_winograd import OPTIONS, data, kernels, residual, trained
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Graph
from wlnet.plan.compile import finish, forward_blueprint, training_blueprint
from wlnet.plan.passes.channels_worth import is_fast, is_pointwise, is_worth
from wlnet.plan.passes.whole_windows import sum_whole_windows

OTHERS = ("channels",)
FEW = Fraction(8)


@cache
def stages() -> Any:
    """What comes between and around: biases, a longer step, pooling, a mean of all, two ways."""

    def fast(channels: int) -> Any:
        return wl.ConvolutionLayer(channels, 3, padding_size=1)

    layers = [
        wl.ConvolutionLayer(24, 3), "Tanh", fast(40), "Ramp", fast(24), wl.PoolingLayer(2, 2),
        wl.BatchNormalizationLayer(), fast(32), "Ramp", wl.ConvolutionLayer(16, 3, stride=2),
        wl.PoolingLayer((3, 2), 1, "Mean"), wl.FlattenLayer(), 2,
    ]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=(2, 17, 14)))


@cache
def bottleneck() -> Any:
    """Products of pixels before and after a window, with biases, without, and with a longer step;
    a way around them."""

    def pixels(channels: int, **options: Any) -> Any:
        return wl.ConvolutionLayer(channels, 1, **options)

    within = [
        pixels(16), wl.BatchNormalizationLayer(), "Ramp",
        wl.ConvolutionLayer(16, 3, padding_size=1), "Ramp", pixels(24, biases=None),
    ]  # fmt: skip
    nodes = {
        "in": wl.NetChain([pixels(24), "Tanh"]),
        "way": wl.NetChain(within),
        "sum": wl.TotalLayer(),
        "out": wl.NetChain([pixels(20), "Ramp", pixels(9, stride=2), wl.FlattenLayer(), 2]),
    }
    edges = [("in", "way"), ("in", "sum"), ("way", "sum"), ("sum", "out")]
    return wl.net_initialize(wl.NetGraph(nodes, edges, input=(16, 9, 12)))


NETS = {"residual": residual, "stages": stages}
every_net = pytest.mark.parametrize("name", NETS)


def convolution(name: str, images: int, w: Any, size: int = 16, **change: Any) -> Call:
    """A convolution of images of size x size, or a gradient of it, as a call."""
    graph = Graph()
    g = Builder(graph)
    at = {"stride": (1, 1), "padding": ((1, 1),) * 2, "dilation": (1, 1), "groups": 1, **change}
    x, w = graph.new_value((images, w[1] * at["groups"], size, size)), graph.new_value(w)
    y = g.one("convolve", x, w, **at)
    if name == "convolve_input":
        g.one(name, y, w, shape=x.shape, **at)
    elif name == "convolve_weights":
        g.one(name, x, y, shape=w.shape, **at)
    return graph.calls[-1]


@pytest.mark.parametrize("images", [1, 5, 16, 64])
@pytest.mark.parametrize("channels", [32, 48, 64, 128])
def test_many_channels_lie_side_by_side_whatever_the_number_of_images(
    images: int, channels: int
) -> None:
    for name in ("convolve", "convolve_input", "convolve_weights"):
        assert is_worth(convolution(name, images, (channels, channels, 3, 3)), 16, FEW)


def test_few_channels_do_where_images_are_few_and_places_are_not_side_by_side_as_well() -> None:
    def found(w: Any, size: int = 32, **change: Any) -> list[bool]:
        calls = [convolution("convolve", n, w, size, **change) for n in (2, 5, 16)]
        return [is_worth(call, 16, FEW) for call in calls]

    few, none = [True, True, False], [False] * 3
    for stride in ((2, 2), (1, 2)):
        assert found((8, 8, 3, 3), stride=stride) == few
    assert found((8, 8, 3, 3)) == found((16, 16, 5, 3)) == found((24, 31, 7, 7)) == none
    assert found((16, 16, 2, 3), 7) == found((24, 16, 5, 3), 8) == few, "few vectors of places"
    assert found((15, 16, 5, 3), 7) == found((16, 16, 5, 3), 10) == none


OTHER = [{"stride": (2, 2)}, {"dilation": (2, 2)}, {"w": (32, 32, 3, 5)}, {"w": (32, 32, 1, 1)}]
GROUPS: dict[str, Any] = {"groups": 2, "w": (64, 32, 3, 3)}


@pytest.mark.parametrize("change", [*OTHER, GROUPS], ids=str)
def test_windows_without_a_formula_are_done_one_by_one(change: Any) -> None:
    """Where channels fill two vectors, of any number of images; else of few with a longer step."""
    at = {"w": (32, 32, 3, 3), **change}
    for images in (1, 5, 16, 64):
        call = convolution("convolve", images, **at)
        assert is_worth(call, 16, FEW) and not is_fast(call, 16, FEW)
    outputs, inputs, *kernel = at["w"]
    for w in ((outputs // 2, inputs, *kernel), (outputs, inputs // 2, *kernel)):
        found = [is_worth(convolution("convolve", n, **{**at, "w": w}), 16, FEW) for n in (5, 16)]
        assert found == ["stride" in change, False]


@pytest.mark.parametrize("w", [(32, 3, 3, 3), (7, 32, 3, 3), (32, 7, 3, 5)], ids=str)
def test_windows_of_few_channels_lie_otherwise(w: Any) -> None:
    assert not is_worth(convolution("convolve", 5, w, stride=(2, 2)), 16, FEW)


def test_a_whole_batch_decides_for_its_last_part() -> None:
    one = convolution("convolve", 1, (256, 256, 3, 3), 8)
    assert not is_fast(one, 16, FEW), "on so few pixels kernels would take the time"
    assert is_fast(one, 16, FEW / 8)
    last = convolution("convolve", 8, (16, 16, 1, 1), stride=(2, 2))
    assert is_worth(last, 16, FEW) and not is_worth(last, 16, FEW / 2)


def test_what_lies_between_stays_there() -> None:
    """Ramps and normalizations are done with channels last: only ends are turned."""
    net = residual()
    blueprint = training_blueprint(net, 5, {"Output": 1.0}, trained(net))
    names = kernels(blueprint)
    assert {name.split(".")[0] for name in names if "wino" in name} == {"winograd_in_channels"}
    # Images in; to the linear layer and back.
    copied = [step.writes[0].shape for step in blueprint.steps if step.kernel.name == "copies.copy"]
    assert len([shape for shape in copied if len(shape) == 4 and min(shape) > 1]) == 3


@every_net
@pytest.mark.parametrize(("precision", "limit"), [("Real64", 1e-11), ("Real32", 1e-4)])
def test_the_gradients_are_those_of_the_other_layouts(
    name: str, precision: Any, limit: float
) -> None:
    net = NETS[name]()
    for batch in (1, 5, 19):
        options = {"batch": batch, "precision": precision}
        found = gradients_of(net, trained(net), **options)
        others = gradients_of(net, trained(net), **options, without=OTHERS)
        assert any((found[key] != others[key]).any() for key in found), "it was done another way"
        for key, gradient in others.items():
            # Batch normalization takes away what a bias before it adds: rounding alone.
            if key[-1] == "Biases" and key[0] in ("in", "way", 5):
                continue
            size = np.abs(gradient).max()
            np.testing.assert_allclose(found[key], gradient, rtol=0, atol=limit * size)


@every_net
def test_evaluation_agrees_with_the_other_layouts(name: str) -> None:
    net = NETS[name]()
    arrays = wl.information(net, "Arrays")
    blueprint = forward_blueprint(net, 3, constants=arrays)
    assert "winograd_in_channels.points_3" in [step.kernel.name for step in blueprint.once]
    assert "winograd_in_channels.forward_3" in kernels(blueprint)
    x = np.random.default_rng(0).normal(size=(3, *net.ports["Input"].shape)).astype(np.float32)
    exact = net(x, working_precision="Real64")
    np.testing.assert_allclose(net(x), exact, atol=3e-5 * np.abs(exact).max())


@every_net
def test_an_array_has_the_same_gradient_whatever_else_is_trained(name: str) -> None:
    net = NETS[name]()
    whole = gradients_of(net, trained(net), batch=5)
    for key in trained(net):
        (alone,) = gradients_of(net, [key], batch=5).values()
        assert alone.tobytes() == whole[key].tobytes()


@every_net
@pytest.mark.parametrize("size", [1, 5, 16])
def test_workers_and_kept_prefixes_decide_nothing(name: str, size: int) -> None:
    """With a last batch that is smaller."""
    net = NETS[name]()
    last = list(wl.information(net, "Arrays"))[-1][0]
    options = {**OPTIONS, "batch_size": size, "max_training_rounds": 1}
    rules = {**options, "learning_rate_multipliers": {last: 1, wl.ANY: 0}}
    kept = wl.net_train(net, data(net), **rules)
    assert kept != net
    assert kept == wl.net_train(net, data(net), **rules, frozen_prefix_bytes=0)
    alone = wl.net_train(net, data(net), **options, workers=1)
    for workers in (2, 3):
        assert wl.net_train(net, data(net), **options, workers=workers) == alone


def test_depthwise_convolutions_lie_side_by_side() -> None:
    """Of all kernels and strides: of few images where channels fill a quarter of the lanes, of any
    number from two vectors of channels on."""

    def found(images: int, channels: int, outputs: int, **change: Any) -> bool:
        at = {"groups": channels, **change}
        return is_worth(convolution("convolve", images, (outputs, 1, 3, 3), **at), 16, FEW)

    assert [found(n, 31, 31) for n in (1, 5, 12, 16, 17, 32)] == [True] * 3 + [False, True, False]
    assert all(found(n, 32, 32) for n in (1, 5, 12, 16, 17, 32))
    assert found(5, 4, 4, stride=(2, 1), dilation=(1, 3))
    assert not found(5, 3, 3) and not found(5, 32, 64)


@settings(max_examples=60)
@given(windows_in_groups((4, 37), (1, 1), (1, 1)))
def test_depthwise_convolution_means_what_the_primitive_means(given: Any) -> None:
    """Forwards and back, of any stride, dilation and padding, in one to three axes of space."""
    check_convolution(*given)


@settings(max_examples=60)
@given(windows_in_groups((1, 3), (8, 21), (8, 40)))
def test_windows_of_few_images_mean_what_the_primitive_means(given: Any) -> None:
    """Forwards and back, in groups too, of any stride, dilation and padding, in one to three axes
    of space."""
    check_convolution(*given)


def test_kernels_of_single_pixels_are_products() -> None:
    def found(images: int, w: Any = (24, 24, 1, 1), **change: Any) -> bool:
        at = {"padding": ((0, 0), (0, 0)), **change}
        call = convolution("convolve", images, w, **at)
        return is_pointwise(call) and is_worth(call, 16, FEW)

    assert [found(n) for n in (1, 5, 12, 16, 17, 32)] == [True] * 3 + [False, True, False]
    assert [found(n, (32, 32, 1, 1)) for n in (1, 12, 16, 64)] == [True] * 4
    assert found(5, dilation=(3, 3))
    assert not found(5, (32, 15, 1, 1)) and not found(5, (15, 32, 1, 1)), "few channels"
    for change in ({"stride": (2, 1)}, {"padding": ((0, 1), (0, 0))}):
        assert not found(5, **change)
    assert not found(5, (32, 16, 1, 1), groups=2)

    net = bottleneck()
    used = kernels(training_blueprint(net, 5, {"Output": 1.0}, trained(net)))
    # Forwards, back and for the weights; nobody asks for the gradient of images. And the last one.
    assert used.count("products.product") == 4 + 3 + 4 + 3
    longer = [name for name in used if "windows_in_channels.convolve" in name]
    assert len(longer) == 1 + 4 + 1, "of the longer step: four phases on the way back"


@cache
def windowed() -> Any:
    """Windows of all kinds; two of them, one with a formula, have one array."""
    shared = wl.NetSharedArray("w")

    def window(channels: int, size: int = 3, **options: Any) -> Any:
        return wl.ConvolutionLayer(channels, size, padding_size=size // 2, **options)

    layers = [
        window(32, 1), window(32, weights=shared), "Ramp", window(32, stride=2, weights=shared),
        wl.BatchNormalizationLayer(), "Ramp", window(36, channel_groups=2), "Tanh",
        window(24, dilation=2), "Ramp", window(20, 1, stride=3), wl.FlattenLayer(), 2,
    ]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=(9, 13, 16)))


@pytest.mark.parametrize(("precision", "limit"), [("Real64", 1e-11), ("Real32", 1e-4)])
def test_windows_have_the_gradients_of_the_other_layouts(precision: Any, limit: float) -> None:
    net = windowed()
    for batch in (1, 5, 18):
        options = {"batch": batch, "precision": precision}
        found = gradients_of(net, trained(net), **options)
        for key, gradient in gradients_of(net, trained(net), **options, without=OTHERS).items():
            if key == (4, "Biases"):  # before a normalization: rounding alone
                continue
            size = np.abs(gradient).max()
            np.testing.assert_allclose(found[key], gradient, rtol=0, atol=limit * size)
    used = kernels(training_blueprint(net, 5, {"Output": 1.0}, trained(net)))
    kinds = "windows_in_channels.convolve_channels", "winograd_in_channels.forward_3"
    assert all(any(name.startswith(kind) for name in used) for kind in kinds)


@pytest.mark.parametrize("size", [1, 5, 16])
def test_windows_have_the_bits_of_any_workers_and_kept_prefixes(size: int) -> None:
    net = windowed()
    options = {**OPTIONS, "batch_size": size, "max_training_rounds": 1}
    rules = {**options, "learning_rate_multipliers": {-1: 1, wl.ANY: 0}}
    kept = wl.net_train(net, data(net), **rules)
    assert kept == wl.net_train(net, data(net), **rules, frozen_prefix_bytes=0) != net
    alone = wl.net_train(net, data(net), **options, workers=1)
    for workers in (2, 3, 4):
        assert wl.net_train(net, data(net), **options, workers=workers) == alone


@st.composite
def pointwise(draw: Any) -> Any:
    rank = draw(st.integers(1, 3))
    channels, outputs = draw(st.integers(6, 40)), draw(st.integers(6, 40))
    space = tuple(draw(st.integers(1, 9 if rank < 3 else 4)) for _ in range(rank))
    window = {"stride": (1,) * rank, "padding": ((0, 0),) * rank, "dilation": (1,) * rank}
    w = outputs, channels, *(1,) * rank
    return (draw(st.integers(1, 4)), channels, *space), w, {**window, "groups": 1}


@settings(max_examples=60)
@given(pointwise())
def test_convolution_of_single_pixels_means_what_the_primitive_means(given: Any) -> None:
    check_convolution(*given)


@pytest.mark.parametrize(("precision", "limit"), [("Real64", 1e-11), ("Real32", 1e-4)])
def test_products_of_pixels_have_the_gradients_of_the_other_layouts(
    precision: Any, limit: float
) -> None:
    net = bottleneck()
    for batch in (1, 5, 19):
        options = {"batch": batch, "precision": precision}
        found = gradients_of(net, trained(net), **options)
        for key, gradient in gradients_of(net, trained(net), **options, without=OTHERS).items():
            if key == ("way", 1, "Biases"):  # before a normalization: rounding alone
                continue
            size = np.abs(gradient).max()
            np.testing.assert_allclose(found[key], gradient, rtol=0, atol=limit * size)
    whole = gradients_of(net, trained(net), batch=5)
    for key in trained(net):
        (alone,) = gradients_of(net, [key], batch=5).values()
        assert alone.tobytes() == whole[key].tobytes()


@pytest.mark.parametrize("size", [1, 5, 12])
def test_products_of_pixels_have_the_bits_of_any_workers_and_kept_prefixes(size: int) -> None:
    net = bottleneck()
    options = {**OPTIONS, "batch_size": size, "max_training_rounds": 1}
    rules = {**options, "learning_rate_multipliers": {"out": 1, wl.ANY: 0}}
    kept = wl.net_train(net, data(net), **rules)
    assert kept == wl.net_train(net, data(net), **rules, frozen_prefix_bytes=0) != net
    alone = wl.net_train(net, data(net), **options, workers=1)
    for workers in (2, 3, 4):
        assert wl.net_train(net, data(net), **options, workers=workers) == alone


def depthwise_net() -> Any:
    layers = [
        wl.ConvolutionLayer(20, 3, channel_groups=20, padding_size=1), "Ramp",
        wl.BatchNormalizationLayer(), wl.ConvolutionLayer(20, 5, channel_groups=20, stride=2),
        "Ramp", wl.ConvolutionLayer(20, 2, channel_groups=20, biases=None, dilation=2),
        wl.FlattenLayer(), 2,
    ]  # fmt: skip
    return wl.net_initialize(wl.NetChain(layers, input=(20, 13, 12)))


def test_depthwise_convolutions_have_the_bits_of_any_workers_and_gradients_of_the_others() -> None:
    net = depthwise_net()
    used = kernels(training_blueprint(net, 5, {"Output": 1.0}, trained(net)))
    names = [name for name in used if name.startswith("depthwise")]
    assert names.count("depthwise.convolve_depthwise_weights") == 3
    assert names.count("depthwise.convolve_depthwise") == 3 + 4 + 1, "four phases of a stride of 2"
    options: Any = {"batch": 5, "precision": "Real64"}
    found = gradients_of(net, trained(net), **options)
    for key, gradient in gradients_of(net, trained(net), **options, without=OTHERS).items():
        limit = 1e-11 * np.abs(gradient).max()
        np.testing.assert_allclose(found[key], gradient, rtol=0, atol=limit)
    options = {**OPTIONS, "batch_size": 5}
    alone = wl.net_train(net, data(net), **options, workers=1)
    for workers in (2, 3, 4):
        assert wl.net_train(net, data(net), **options, workers=workers) == alone


def test_a_window_that_is_the_whole_image_is_a_sum() -> None:
    """Forwards and back; one that is smaller, or reaches beyond an edge, stays."""

    def sums(size: tuple[int, int], padding: int = 0) -> tuple[list[str], Any]:
        graph = Graph()
        g = Builder(graph)
        x = graph.inputs["x"] = graph.new_value((2, 3, 4, 5))
        window = {"kernel": size, "stride": (1, 1), "padding": ((padding, 0), (0, 0))}
        y = g.one("pool_sum", x, **window)
        graph.outputs["x"] = g.one("pool_sum_input", y, shape=x.shape, **window)
        return [call.primitive for call in sum_whole_windows(graph).calls], graph

    assert sums((4, 5))[0] == ["sum", "broadcast"]
    assert sums((4, 4))[0] == sums((5, 5), 1)[0] == ["pool_sum", "pool_sum_input"]
    from wlnet.engine.program import Program

    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    program = Program(finish(sums((4, 5))[1], "Real64"), {})
    program.inputs["x"][...] = x
    program.run()
    wanted = np.broadcast_to(x.sum((2, 3), keepdims=True), x.shape)
    np.testing.assert_allclose(program.outputs["x"], wanted, rtol=1e-12)
