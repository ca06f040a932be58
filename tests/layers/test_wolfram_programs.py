"""Short programs as the pages of the Wolfram Language have them, and what they give."""

from __future__ import annotations

from typing import Any

import numpy as np

import wlnet as wl
from wlnet import (
    AggregationLayer,
    EmbeddingLayer,
    ExtractLayer,
    FunctionLayer,
    LinearLayer,
    NetArrayLayer,
    NetChain,
    NetEncoder,
    NetGraph,
    NetPort,
    OrderingLayer,
    SequenceIndicesLayer,
    SoftmaxLayer,
    net_initialize,
    net_train,
)


def test_standard_deviation_as_a_layer() -> None:
    """FunctionLayer[StandardDeviation[#] &]; NetGraph[%]"""
    layer = FunctionLayer(lambda x: np.std(x, ddof=1))
    np.testing.assert_allclose(layer([1, 2, 3, 4]), np.std([1, 2, 3, 4], ddof=1), rtol=1e-6)
    assert float(NetGraph(layer)([1, 2, 3, 4])) == float(layer([1, 2, 3, 4]))
    assert float(layer([1, 2, 3, 4])) == float(
        AggregationLayer("StandardDeviation", 1)([1, 2, 3, 4])
    )


def test_named_slots_and_several_outputs() -> None:
    """FunctionLayer[<|"Distance" -> EuclideanDistance[#Foo, #Bar], "Mean" -> Mean[#Foo]|> &]"""
    layer = FunctionLayer(
        lambda foo, bar: {"Distance": np.linalg.norm(foo - bar), "Mean": np.mean(foo)}
    )
    made = layer({"Foo": [1, 5], "Bar": [4, 1]})
    assert made == {"Distance": 5, "Mean": 3}
    graph = NetGraph(
        {"both": layer, "sum": "Plus"},
        [([NetPort("both", "Distance"), NetPort("both", "Mean")], "sum")],
    )
    assert graph({"Foo": [1, 5], "Bar": [4, 1]}) == 8


def test_learnable_values_in_a_function() -> None:
    """FunctionLayer[# + NetArray[<|"Array" -> {1, 2}|>] &]"""
    shift = NetArrayLayer(array=[1, 2])
    net = FunctionLayer(lambda x: x + shift(), input=2)
    assert net([10, 20]).tolist() == [11, 22]
    x = np.random.default_rng(0).normal(size=(50, 2))
    trained = net_train(net, (x, x - 3), learning_rate=0.03, max_training_rounds=400)
    np.testing.assert_allclose(trained["shift", "Array"], [-3, -3], atol=0.05)


def test_embedding_of_words_and_their_places() -> None:
    """FunctionLayer[Module[{e = EmbeddingLayer[4][#Input], p = SequenceIndicesLayer[50][#Input]},
    e + EmbeddingLayer[4][p]] &, "Input" -> {"Varying", NetEncoder[{"Class", vocabulary}]}]"""
    words, places = EmbeddingLayer(4), EmbeddingLayer(4)

    def embedded(x: Any) -> Any:
        return words(x) + places(SequenceIndicesLayer(50)(words(x)))

    vocabulary = NetEncoder("Class", ["the", "cat", "sat"])
    net = net_initialize(FunctionLayer(embedded, input=("Varying", vocabulary)))
    made = net(["cat", "sat", "cat"])
    assert made.shape == (3, 4)
    assert net["places", "Weights"].shape == (50, 4)
    arrays = wl.information(net, "Arrays")
    (table,) = [it for key, it in arrays.items() if isinstance(key, wl.NetSharedArray)]
    expected = table[[1, 2, 1]] + net["places", "Weights"][:3]
    np.testing.assert_allclose(made, expected, atol=1e-6)


def test_the_smallest_and_what_stands_there() -> None:
    """OrderingLayer[4]; NetGraph[{OrderingLayer[], ExtractLayer[]}, ...] sorts a vector"""
    numbers = [4.5, 1.2, 5.8, 9.9, 0.7]
    assert OrderingLayer()(numbers).tolist() == [5, 2, 1, 3, 4]
    assert OrderingLayer(4)(numbers).tolist() == [5, 2, 1, 3]
    assert OrderingLayer(-2)(numbers).tolist() == [3, 4]
    order, extract = OrderingLayer(), ExtractLayer()
    sort = FunctionLayer(lambda x: extract({"Input": x, "Position": order(x)[:, None]}))
    np.testing.assert_array_equal(NetChain([sort], input=5)(numbers), np.sort(np.float32(numbers)))


def test_parts_by_position() -> None:
    """ExtractLayer[][<|"Input" -> {{1, 2}, {3, 4}}, "Position" -> {{1, 2}, {-1, 1}}|>]"""
    layer = ExtractLayer(input=(2, 2), position=(2, 2))
    assert layer({"Input": [[1, 2], [3, 4]], "Position": [[1, 2], [-1, 1]]}).tolist() == [2, 3]
    rows = ExtractLayer(input=(3, 2), position="Integer")
    assert rows({"Input": [[1, 2], [3, 4], [5, 6]], "Position": -1}).tolist() == [5, 6]


def test_one_number_a_channel_before_a_classifier() -> None:
    """NetChain[{ConvolutionLayer[3, 2], Ramp, AggregationLayer[Max], LinearLayer[2],
    SoftmaxLayer[]}]"""
    layers = [wl.ConvolutionLayer(3, 2), "Ramp", AggregationLayer("Max"), LinearLayer(2)]
    net = net_initialize(NetChain([*layers, SoftmaxLayer()], input=(1, 5, 5)))
    assert net(np.ones((1, 5, 5))).sum() == np.float32(1)
    columns = AggregationLayer("Total", 1)
    assert columns([[1, 2], [3, 4], [5, 6]]).tolist() == [9, 12]


def test_conditions_of_numbers_and_of_arrays() -> None:
    """ElementwiseLayer[If[# > 0, Log[1 + #], 0.1 #] &]; FunctionLayer[If[Total[#] > 1, ...] &]"""
    leaky = wl.ElementwiseLayer(lambda x: np.where(x > 0, np.log1p(x), 0.1 * x))
    np.testing.assert_allclose(leaky([-1, 0, 1]), [-0.1, 0, np.log(2)], rtol=1e-6)
    scaled = FunctionLayer(lambda x: np.where(np.sum(x) > 1, x / np.sum(x), x), input=2)
    np.testing.assert_allclose(scaled([[3, 1], [0.25, 0.5]]), [[0.75, 0.25], [0.25, 0.5]])
    slope = scaled([0.25, 0.5], wl.NetPortGradient("Input"))
    assert slope.tolist() == [1, 1]
