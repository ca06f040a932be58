"""Images through affine transformations, beside plain ways to turn, shift and resize them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet import NetPort

sizes = st.integers(1, 7)
IDENTITY = [1, 0, 0, 0, 1, 0]


def seen(x: Any, size: tuple[int, int], parameters: Any) -> Any:
    layer = wl.SpatialTransformationLayer(size)
    return layer({"Input": x, "Parameters": parameters}, working_precision="Real64")


def image(*shape: int) -> np.ndarray:
    x: np.ndarray = np.random.default_rng(0).normal(size=shape)
    return x


@given(height=sizes, width=sizes)
def test_the_identity_is_exact_where_the_size_stays(height: int, width: int) -> None:
    x = np.float32(image(2, height, width))
    layer = wl.SpatialTransformationLayer((height, width))
    np.testing.assert_array_equal(layer({"Input": x, "Parameters": IDENTITY}), x)


@given(height=st.integers(2, 7), width=st.integers(2, 7), rows=st.integers(2, 7),
       columns=st.integers(2, 7))  # fmt: skip
def test_the_identity_in_another_size_is_linear_resampling_between_points(
    height: int, width: int, rows: int, columns: int
) -> None:
    x = image(2, height, width)
    resized = wl.ResizeLayer((rows, columns))(x, working_precision="Real64")
    np.testing.assert_allclose(seen(x, (rows, columns), IDENTITY), resized, atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ([-1, 0, 0, 0, 1, 0], lambda x: x[:, :, ::-1]),
        ([1, 0, 0, 0, -1, 0], lambda x: x[:, ::-1]),
        ([0, 1, 0, 1, 0, 0], lambda x: x.transpose(0, 2, 1)),
        # A pixel is 2 / (5 - 1): what lies one to the right, and then one below.
        ([1, 0, 0.5, 0, 1, 0], lambda x: np.pad(x[:, :, 1:], [(0, 0), (0, 0), (0, 1)])),
        ([1, 0, 0, 0, 1, 0.5], lambda x: np.pad(x[:, 1:], [(0, 0), (0, 1), (0, 0)])),
        # Half of a pixel: between neighbours, and beyond the last one between it and 0.
        ([1, 0, 0.25, 0, 1, 0],
         lambda x: (x + np.pad(x[:, :, 1:], [(0, 0), (0, 0), (0, 1)])) / 2),
        ([0, 0, 0, 0, 0, 0], lambda x: np.broadcast_to(x[:, 2:3, 2:3], x.shape)),
        ([1, 0, 5, 0, 1, 0], lambda x: 0 * x),
        ([1e9, 0, 3e9, 0, 1e9, -3e9], lambda x: 0 * x),
    ],
)  # fmt: skip
def test_what_the_six_numbers_mean(parameters: Any, expected: Any) -> None:
    x = image(2, 5, 5)
    np.testing.assert_allclose(seen(x, (5, 5), parameters), expected(x), atol=1e-12)


def test_at_a_pixel_the_slope_is_that_of_the_side_behind_it() -> None:
    layer = wl.SpatialTransformationLayer((1, 1), input=(1, 1, 3))
    x = [[[1.0, 3.0, 10.0]]]
    slope = layer({"Input": x, "Parameters": [1, 0, 0, 0, 1, 0]}, wl.NetPortGradient("Parameters"))
    # Of the translation: a pixel is one unit of it.
    np.testing.assert_array_equal(slope, [0, 0, 7, 0, 0, 0])


def turning(see: Any, **options: Any) -> Any:
    """A net that turns its image as a part of it says."""
    edges = [(NetPort("Input"), "see"), (NetPort("Input"), NetPort("turn", "Input")),
             ("see", NetPort("turn", "Parameters"))]  # fmt: skip
    nodes = {"see": see, "turn": wl.SpatialTransformationLayer((5, 5))}
    return wl.NetGraph(nodes, edges, input=(1, 5, 5), **options)


@pytest.mark.parametrize("method", ["Kaiming", "Random", "Identity"])
def test_what_feeds_the_parameters_begins_with_the_identity(method: str) -> None:
    x = np.float32(image(4, 1, 5, 5))
    for see in (6, [4, "Tanh", 6], wl.NetChain({"deep": wl.NetChain([wl.FlattenLayer(), 6])})):
        net = wl.net_initialize(turning(see), method)
        np.testing.assert_array_equal(net(x), x)
        assert wl.net_initialize(net, all=True)["see"] == wl.net_initialize(turning(see))["see"]
    held = wl.LinearLayer(6, biases=[2, 0, 0, 0, 2, 0])
    np.testing.assert_array_equal(wl.net_initialize(turning(held))["see", "Biases"],
                                  [2, 0, 0, 0, 2, 0])  # fmt: skip
    bare = wl.net_initialize(turning(wl.LinearLayer(6, biases=None)), "Kaiming")
    assert np.abs(bare["see", "Weights"]).min() > 0
    inside = wl.NetChain([turning([4, "Ramp", 6]), wl.FlattenLayer(), 2])
    weights = wl.net_initialize(inside)[1, "see", 1, "Weights"]
    assert np.abs(weights).min() > 0 and not wl.net_initialize(inside)[1, "see", 3, "Weights"].any()


def test_a_translation_is_learned_and_a_frozen_part_stays() -> None:
    # A smooth bump, and the same one pixel further to the right.
    at = np.arange(5.0)
    bump = np.exp(-((at - 2) ** 2) / 2)
    x = np.float32(bump[:, None] * bump)[None]
    y = np.float32(bump[:, None] * np.exp(-((at - 3) ** 2) / 2))[None]
    net = wl.net_initialize(turning(6))
    data = np.stack([x] * 4), np.stack([y] * 4)
    rules = {("see", "Weights"): None}
    results = wl.net_train(net, data, wl.ALL, max_training_rounds=300, learning_rate=0.02,
                           learning_rate_multipliers=rules)  # fmt: skip
    trained = results["TrainedNet"]
    moved = trained["see", "Biases"]
    assert abs(moved[2] + 0.5) < 0.15 and abs(moved[5]) < 0.05
    assert np.square(trained(x) - y).mean() < 0.02 * np.square(x - y).mean()
    assert trained["see", "Weights"].tobytes() == net["see", "Weights"].tobytes()


def test_other_sizes_and_numbers_are_refused() -> None:
    with pytest.raises(wl.OptionError, match="a height and a width"):
        wl.SpatialTransformationLayer(28)
    with pytest.raises(wl.ShapeError, match="6"):
        wl.SpatialTransformationLayer((2, 2), ports={"Parameters": 5})
    with pytest.raises(wl.ShapeError):
        wl.SpatialTransformationLayer((2, 2), input=(4, 4))
