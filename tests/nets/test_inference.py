"""What follows from what is known, forwards and backwards, through whole nets. Semantics §1.6."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import wlnet as wl
from wlnet import AUTOMATIC, NetChain, NetDecoder, NetEncoder, NetGraph, NetSharedArray, ShapeError


def dimensions(net: Any) -> dict[Any, Any]:
    return wl.information(net, "ArraysDimensions")


def ports(net: Any) -> dict[str, Any]:
    return {**wl.information(net, "InputPorts"), **wl.information(net, "OutputPorts")}


# Forwards and backwards


def test_an_input_tells_every_array_and_the_output() -> None:
    net = NetChain(
        [wl.ConvolutionLayer(20, 5), "Ramp", wl.PoolingLayer(2, 2), 10], input=(1, 28, 28)
    )
    assert dimensions(net) == {
        (1, "Weights"): (20, 1, 5, 5),
        (1, "Biases"): (20,),
        (4, "Weights"): (10, 20 * 12 * 12),
        (4, "Biases"): (10,),
    }
    assert ports(net)["Output"] == (10,)


def test_an_output_tells_a_size_that_was_left_open() -> None:
    net = NetChain([wl.LinearLayer(), "Tanh", wl.DropoutLayer()], input=4, output=3)
    assert dimensions(net)[1, "Weights"] == (3, 4)
    assert ports(NetChain(["Tanh"], output=(2, 3)))["Input"] == (2, 3)


def test_a_class_decoder_tells_the_size_of_the_last_layer() -> None:
    net = NetChain(
        [wl.LinearLayer(), wl.SoftmaxLayer()], input=4, output=NetDecoder("Class", list("xyz"))
    )
    assert dimensions(net)[1, "Weights"] == (3, 4)


def test_an_encoder_tells_the_size_of_the_input() -> None:
    net = NetChain([2], input=NetEncoder("Class", ["a", "b", "c"], "UnitVector"))
    assert dimensions(net)[1, "Weights"] == (2, 3)
    image = NetChain([wl.ConvolutionLayer(2, 3)], input=NetEncoder("Image", (8, 6)))
    assert dimensions(image)[1, "Weights"] == (2, 3, 3, 3)
    assert ports(image)["Output"] == (2, 4, 6)


def test_arrays_tell_the_ports() -> None:
    layer = wl.LinearLayer(weights=np.ones((3, 2)))
    assert dimensions(layer) == {("Weights",): (3, 2), ("Biases",): (3,)}
    assert ports(NetChain(["Tanh", layer, "Tanh"]))["Output"] == (3,)
    assert ports(NetChain([wl.LinearLayer(weights=np.ones((3, 2)), input=2)]))["Input"] == (2,)
    assert dimensions(wl.LinearLayer(biases=[1, 2, 3], input=5))["Weights",] == (3, 5)
    embedding = wl.EmbeddingLayer(weights=np.ones((5, 2)), input="Integer")
    assert ports(embedding)["Output"] == (2,)


def test_a_neighbour_tells_the_layer_before_it() -> None:
    net = NetChain(
        [wl.LinearLayer(), "Ramp", wl.LinearLayer(weights=np.ones((1, 7)), input=7)], input=2
    )
    assert dimensions(net)[1, "Weights"] == (7, 2)


def test_what_is_not_known_is_told_as_far_as_it_is() -> None:
    net = NetChain([3, "Ramp", wl.LinearLayer()])
    assert dimensions(net)[1, "Biases"] == (3,)
    assert dimensions(net)[1, "Weights"] == (3, None)
    assert dimensions(net)[3, "Weights"] == (None, 3)
    assert ports(net)["Input"] is AUTOMATIC


def test_nested_nets_know_what_their_surroundings_know() -> None:
    deep = NetChain({"a": {"b": {"c": wl.LinearLayer()}}}, input=2, output=3)
    assert dimensions(deep) == {
        ("a", "b", "c", "Weights"): (3, 2),
        ("a", "b", "c", "Biases"): (3,),
    }


# Graphs and operators


def test_a_sum_ties_the_sizes_of_all_its_branches() -> None:
    nodes = {"a": 3, "b": wl.LinearLayer(), "sum": wl.TotalLayer()}
    net = NetGraph(nodes, [("a", "sum"), ("b", "sum")], input=4)
    assert dimensions(net)["b", "Weights"] == (3, 4)


def test_what_a_join_lacks_is_left_for_its_open_branch() -> None:
    nodes = {"a": 3, "b": wl.LinearLayer(), "join": wl.CatenateLayer()}
    net = NetGraph(nodes, [("a", "join"), ("b", "join")], input=4, output=8)
    assert dimensions(net)["b", "Weights"] == (5, 4)


def test_a_graph_input_that_feeds_several_vertices_has_one_shape() -> None:
    edges = [(wl.NetPort("Input"), ["a", "b"]), (["a", "b"], "sum")]
    nodes = {"a": wl.LinearLayer(3, input=4), "b": 3, "sum": wl.TotalLayer()}
    assert dimensions(NetGraph(nodes, edges))["b", "Weights"] == (3, 4)
    with pytest.raises(ShapeError):
        NetGraph({**nodes, "b": wl.LinearLayer(3, input=5)}, edges)


def test_a_target_tells_the_net_that_it_is_compared_with() -> None:
    nodes = {"read": wl.LinearLayer(), "loss": wl.MeanSquaredLossLayer()}
    net = NetGraph(nodes, [("read", wl.NetPort("loss", "Input"))], input=2, target=5)
    assert dimensions(net)["read", "Weights"] == (5, 2)


def test_a_map_adds_one_level_and_a_nest_keeps_the_shape() -> None:
    net = wl.NetMapOperator(wl.LinearLayer(3), input=(5, 2))
    assert ports(net) == {"Input": (5, 2), "Output": (5, 3)}
    assert dimensions(net) == {("Net", "Weights"): (3, 2), ("Net", "Biases"): (3,)}
    assert ports(wl.NetMapOperator(wl.LinearLayer(input=2), output=(4, 3)))["Input"] == (4, 2)
    nest = wl.NetNestOperator([wl.LinearLayer(), "Tanh"], 3, input=2)
    assert dimensions(nest)["Net", 1, "Weights"] == (2, 2)
    with pytest.raises(ShapeError):
        wl.NetNestOperator(3, 2, input=2)
    with pytest.raises(ShapeError):
        wl.NetMapOperator(wl.LinearLayer(3), input="Real")


def test_shared_arrays_have_one_shape_at_all_their_places() -> None:
    shared = wl.LinearLayer(weights=NetSharedArray("w"))
    net = NetChain([shared, "Tanh", shared], input=3)
    assert dimensions(net)[NetSharedArray("w")] == (3, 3)
    with pytest.raises(ShapeError):
        NetChain([wl.LinearLayer(2, weights=NetSharedArray("w")), shared], input=3)


# What cannot be


def test_a_contradiction_names_the_layer_what_it_has_and_where_that_came_from() -> None:
    with pytest.raises(ShapeError) as caught:
        NetChain({"encode": 3, "act": "Ramp", "read": wl.LinearLayer(weights=np.ones((1, 4)))})
    told = str(caught.value)
    for word in ("read", "LinearLayer", "(1, 4)", "(3,)", "act"):
        assert word in told


@pytest.mark.parametrize("options", [{}, {"multilabel": True}], ids=["one label", "several"])
@pytest.mark.parametrize(
    ("labels", "last"),
    [
        (["x", "y"], 1),
        (["x", "y"], wl.LinearLayer(())),
        (list("xyz"), 1),
        (wl.AUTOMATIC, wl.LinearLayer(())),
    ],
)
def test_a_class_decoder_on_too_few_numbers_says_what_it_reads(
    labels: Any, last: Any, options: Any
) -> None:
    """One probability of two labels, above all."""
    decoder = NetDecoder("Class", labels, **options)
    with pytest.raises(ShapeError) as caught:
        NetChain([4, "Tanh", last, "LogisticSigmoid"], input=2, output=decoder)
    told = str(caught.value)
    count = "n" if labels is wl.AUTOMATIC else len(labels)
    assert f"fix:      a number for each label: LinearLayer({count}), then " in told
    assert f"NetChain Output, {decoder!r}" in told
    assert ("with multilabel=True" in told) == ("SoftmaxLayer()" in told) == (not options)
    assert ('NetDecoder("Boolean")' in told) == (not options and count != 3)


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "two", (2, 0), [3, "x y"]])
def test_a_shape_that_cannot_be_is_an_option_error(size: Any) -> None:
    with pytest.raises(wl.OptionError, match="cannot be"):
        NetChain([3], input=size)


def test_a_window_larger_than_its_input_is_refused() -> None:
    with pytest.raises(ShapeError, match="ConvolutionLayer"):
        NetChain([wl.ConvolutionLayer(2, 5)], input=(1, 4, 4))


# Left open until it is needed


def test_what_is_open_is_legal_until_numbers_are_needed() -> None:
    net = NetChain([3, wl.LinearLayer()])
    for ask in (wl.net_initialize, lambda n: n([1.0])):
        with pytest.raises(wl.NotInitializedError) as caught:
            ask(net)
        assert "2/Weights" in str(caught.value) or "2 Weights" in str(caught.value)


def test_the_datum_tells_an_initialised_net_its_shape() -> None:
    assert wl.ElementwiseLayer("Square")([[1.0, 2.0]]).tolist() == [[1.0, 4.0]]
    net = NetChain([wl.ConvolutionLayer(1, (2,), weights=[[[1.0, 1.0]]], biases=[0.0])])
    assert net([[1.0, 2.0, 4.0]]).tolist() == [[3.0, 6.0]]
    assert net([[1.0, 2.0, 4.0, 8.0]]).tolist() == [[3.0, 6.0, 12.0]]
    assert ports(net)["Output"] == (1, "Varying")


# Stacks of windows: the formula, and what really comes out


def places(size: int, kernel: int, stride: int, before: int, after: int, dilation: int) -> int:
    """How often a window fits, counted by sliding it."""
    reach, count, at = dilation * (kernel - 1) + 1, 0, 0
    while at + reach <= size + before + after:
        count, at = count + 1, at + stride
    return count


@st.composite
def window_stacks(draw: st.DrawFn) -> tuple[list[Any], tuple[int, ...], tuple[int, ...]]:
    """Layers that move windows in 1 or 2 directions, the input shape, the output shape."""
    rank = draw(st.integers(1, 2))
    space = [draw(st.integers(3, 9)) for _ in range(rank)]
    channels = start = draw(st.integers(1, 3))
    first, layers = (start, *space), []
    for _ in range(draw(st.integers(1, 3))):
        kernel = tuple(draw(st.integers(1, 3)) for _ in space)
        stride = tuple(draw(st.integers(1, 3)) for _ in space)
        pads = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in space)
        if draw(st.booleans()):
            dilation = tuple(draw(st.integers(1, 2)) for _ in space)
            channels = draw(st.integers(1, 3))
            layer = wl.ConvolutionLayer(
                channels, kernel, stride=stride, padding_size=pads, dilation=dilation
            )
        else:
            dilation = (1,) * rank
            pads = tuple(
                (min(a, k - 1), min(b, k - 1)) for (a, b), k in zip(pads, kernel, strict=True)
            )
            function = draw(st.sampled_from(["Max", "Mean", "Total"]))
            layer = wl.PoolingLayer(kernel, stride, function, padding_size=pads)
        space = [
            places(n, k, s, a, b, d)
            for n, k, s, (a, b), d in zip(space, kernel, stride, pads, dilation, strict=True)
        ]
        assume(min(space) > 0)
        layers.append(layer)
    return layers, first, (channels, *space)


@given(window_stacks())
def test_a_stack_of_windows_gives_the_shape_that_sliding_them_gives(stack: Any) -> None:
    layers, start, end = stack
    net = NetChain(layers, input=start)
    assert ports(net)["Output"] == end
    answer = wl.net_initialize(net)(np.zeros(start, np.float32))
    assert answer.shape == end
    assert np.isfinite(answer).all()


@given(window_stacks())
def test_the_output_of_a_stack_never_contradicts_its_input(stack: Any) -> None:
    layers, start, end = stack
    net = NetChain(layers, input=start, output=end)
    assert dimensions(net) == dimensions(NetChain(layers, input=start))
    back = ports(NetChain(layers, output=end))["Input"]
    assert back is AUTOMATIC or all(
        size in (known, "Varying") for known, size in zip(start, back, strict=True)
    )


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(1, 4), st.data())
def test_sizes_left_out_one_at_a_time_come_back_from_the_rest(
    sizes: Any, start: int, data: Any
) -> None:
    whole = NetChain(sizes, input=start)
    open_one = data.draw(st.integers(0, len(sizes) - 1))
    weights = {
        i: np.ones(dimensions(whole)[i + 1, "Weights"]) for i in range(len(sizes)) if i != open_one
    }
    layers = [
        wl.LinearLayer()
        if i == open_one
        else wl.LinearLayer(n, weights=weights[i], input=weights[i].shape[1])
        for i, n in enumerate(sizes)
    ]
    net = NetChain(layers, input=start, output=sizes[-1])
    assert dimensions(net) == dimensions(whole)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_a_flattened_input_has_the_product_of_its_sizes(shape: list[int]) -> None:
    net = NetChain([wl.FlattenLayer(), 2], input=tuple(shape))
    assert dimensions(net)[2, "Weights"] == (2, math.prod(shape))
    assert dimensions(NetChain([2], input=tuple(shape)))[1, "Weights"] == (2, math.prod(shape))
