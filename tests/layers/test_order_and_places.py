"""The order of numbers, and parts by places that are worked out or given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.layers.bench import assert_follows, assert_refused
from wlnet.layers import AggregationLayer, ExtractLayer, OrderingLayer

X, P, Y = "Input", "Position", "Output"
FOLLOWS: list[Any] = [
    (OrderingLayer(), {X: (4,)}, {Y: (4,)}),
    (OrderingLayer(), {Y: (4,)}, {X: (4,)}),
    (OrderingLayer(-2), {X: (None,)}, {Y: (2,)}),
    (ExtractLayer(), {X: (3, 4), P: ()}, {Y: (4,)}),
    (ExtractLayer(), {X: (3, 4), P: (5, 1)}, {Y: (5, 4)}),
    (ExtractLayer(), {X: (3, 4, 2), P: (None, 2), Y: (6, None)}, {P: (6, 2), Y: (6, 2)}),
    (ExtractLayer(), {X: (3, None), P: (1,), Y: (7,)}, {X: (3, 7)}),
    (ExtractLayer(), {X: (3, 4)}, {Y: None}),
    (ExtractLayer(), {P: (3, 4)}, {Y: None}),
]
REFUSED: list[Any] = [
    (OrderingLayer(5), {X: (4,)}, "(4,) has no 5 entries to order"),
    (OrderingLayer(-5), {X: (4,)}, "(4,) has no 5 entries to order"),
    (ExtractLayer(), {X: (3,), P: (2,)}, "positions of 2 coordinates, and (3,) has 1 levels"),
    (ExtractLayer(), {X: (3, 4), P: (1,), Y: (5,)}, "size 5 is not 4"),
]


@pytest.mark.parametrize(("layer", "given", "expected"), FOLLOWS)
def test_shapes_follow_from_one_another(layer: Any, given: Any, expected: Any) -> None:
    assert_follows(layer, given, expected)


@pytest.mark.parametrize(("layer", "given", "why"), REFUSED)
def test_shapes_that_cannot_be_are_refused(layer: Any, given: Any, why: str) -> None:
    assert_refused(layer, given, why)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_what_is_taken_in_order_is_sorted_and_equals_stay_in_order(numbers: Any) -> None:
    x = np.float32(numbers)
    order = OrderingLayer(input=len(x))(x)
    np.testing.assert_array_equal(order, np.argsort(x, kind="stable") + 1)
    net = sorter(len(x))
    np.testing.assert_array_equal(net(x), np.sort(x))
    np.testing.assert_array_equal(net([x, -x]), np.sort([x, -x]))


def sorter(size: Any) -> wl.NetGraph:
    """A net that sorts the numbers of a vector."""
    return wl.NetGraph(
        {
            "order": OrderingLayer(),
            "places": wl.ReshapeLayer((wl.AUTOMATIC, 1)),
            "take": ExtractLayer(),
        },
        [
            (wl.NetPort("Input"), "order", "places", wl.NetPort("take", "Position")),
            (wl.NetPort("Input"), wl.NetPort("take", "Input")),
        ],
        input=size,
    )


def test_the_gradient_of_what_is_taken_goes_to_where_it_stood() -> None:
    net = wl.NetChain([sorter(4), wl.ConstantTimesLayer(scaling=[1, 2, 3, 4]), wl.SummationLayer()])
    slope = net([0.3, -1, 7, 0.1], wl.NetPortGradient("Input"))
    np.testing.assert_array_equal(slope, [3, 1, 4, 2])


@settings(max_examples=40)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    many=st.lists(st.integers(1, 3), max_size=2),
    data=st.data(),
)
def test_parts_are_those_that_stand_at_the_places(shape: Any, many: Any, data: Any) -> None:
    depth = data.draw(st.integers(1, len(shape)))
    seed = data.draw(st.integers(0, 99))
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape).astype(np.float32)
    place = np.stack([rng.integers(1, size + 1, many) for size in shape[:depth]], -1)
    behind = place - 1 - np.array(shape[:depth])
    expected = x[tuple(np.moveaxis(place - 1, -1, 0))]
    layer = ExtractLayer(input=shape, position=place.shape)
    for told in (place, behind):
        np.testing.assert_array_equal(layer({X: x, P: told}), expected)


@pytest.mark.parametrize("place", [[0, 1], [1, 4], [-3, 1], [1, -4]])
def test_a_place_in_the_data_that_is_not_there_is_an_error(place: Any) -> None:
    layer = ExtractLayer(input=(2, 3), position=2)
    with pytest.raises(wl.DataError, match=r"1\.\.2 or -2\.\.-1, 1\.\.3 or -3\.\.-1"):
        layer({X: np.ones((2, 3)), P: place})
    open_layer = ExtractLayer(input=("Varying", 3), position=2)
    with pytest.raises(wl.DataError, match="an index out of range"):
        open_layer({X: np.ones((2, 3)), P: place})


def test_a_port_that_two_layers_read_allows_what_both_do() -> None:
    net = wl.NetGraph(
        {"take": ExtractLayer(), "embed": wl.EmbeddingLayer(1, 2, weights=[[5], [6]])},
        [(wl.NetPort("At"), wl.NetPort("take", "Position")), (wl.NetPort("At"), "embed")],
        ports={"Input": 4, "At": "Integer"},
    )
    assert net({"Input": [1, 2, 3, 4], "At": 2}) == {"Output1": 2, "Output2": [6]}
    for place in (3, -1):
        with pytest.raises(wl.DataError, match=r"1\.\.2"):
            net({"Input": [1, 2, 3, 4], "At": place})


def test_places_that_are_moved_before_they_are_read_are_looked_at_where_they_come_in() -> None:
    net = wl.NetGraph(
        {"pairs": wl.ReshapeLayer((3, 2)), "take": ExtractLayer()},
        [(wl.NetPort("At"), "pairs", wl.NetPort("take", "Position"))],
        ports={"Input": (5, 4), "At": (6, "Integer")},
    )
    x = np.arange(20).reshape(5, 4)
    assert net({"Input": x, "At": [1, 1, 5, 4, -1, -4]}).tolist() == [0, 19, 16]
    for wrong in ([1, 1, 6, 4, 1, 1], [1, 0, 1, 1, 1, 1]):
        with pytest.raises(wl.DataError, match=r"1\.\.5 or -5\.\.-1"):
            net({"Input": x, "At": wrong})
    assert np.isnan(net({"Input": x, "At": [1, 5, 1, 1, 1, 1]})[0])


def test_a_net_learns_to_ask_for_the_largest() -> None:
    """What is taken by a place that was worked out, is trained through the place's array."""
    net = wl.NetChain([3, sorter(3), wl.PartLayer(-1)], input=2)
    x = np.random.default_rng(0).normal(size=(60, 2))
    y = np.max(x @ [[1, -1, 0], [0, 1, 2]], axis=1)
    new = wl.net_train(net, (x, y), max_training_rounds=150, learning_rate=0.02)
    assert np.mean((new(x) - y) ** 2) < 0.02 * np.var(y)


@pytest.mark.parametrize("name", ["Median", "InterquartileRange"])
def test_what_goes_by_order_tells_nan_and_stands_infinities(name: str) -> None:
    def expected(x: Any) -> Any:
        quartiles = np.quantile(x, (0.75, 0.25), method="hazen")
        return np.median(x) if name == "Median" else np.subtract(*quartiles)

    x = np.float32([3, 1, 2, 5, 0, 7, 4, 6, 9])
    for function, odd in ((lambda x: 1 / x, 0), (np.log, 0), (np.log, -1)):
        net = wl.NetChain([function, AggregationLayer(name, 1)], input=9)
        given = np.where(x == 0, odd, x)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(net(given), expected(function(given)), rtol=1e-6)
