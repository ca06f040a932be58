"""net_take and net_drop: what is kept, what it knows, and what is refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import (
    ALL,
    LinearLayer,
    NetChain,
    NetDecoder,
    NetEncoder,
    NetGraph,
    NetPort,
    NetSharedArray,
    OptionError,
    PartError,
    ShapeError,
    Span,
    TotalLayer,
    net_drop,
    net_extract,
    net_initialize,
    net_take,
)

FIVE = NetChain([3, "Ramp", 4, "Tanh", 1], input=2)
NAMED = NetChain({"a": 3, "b": "Ramp", "c": 4, "d": "Tanh", "e": 1}, input=2)
FIRST_THREE = NetChain([3, "Ramp", 4], input=2)
IN = NetPort("Input")


def kinds(net: Any) -> list[str]:
    return [getattr(node, "function", node.kind[:6]) for node in net.nodes.values()]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (3, "abc"),
        (-3, "abc"),
        ("c", "abc"),
        ((2, 4), "bcd"),
        ([2, 4], "bcd"),
        ((-2, -1), "de"),
        (("b", -2), "bcd"),
        (Span(2, 4), "bcd"),
        (Span(4), "de"),
        (Span(ALL, 2), "ab"),
        ((ALL, 2), "ab"),
        ([3], "c"),
        (np.int64(2), "ab"),
        (NetPort("c", "Output"), "abc"),
        (NetPort("c", "Input"), "ab"),
        (NetPort("Output"), "abcde"),
        ((NetPort("Input"), "b"), "ab"),
        ((NetPort("b", "Output"), NetPort("e", "Input")), "cd"),
        ((NetPort("b", "Input"), "b"), "b"),
    ],
)
def test_take_keeps_the_nodes_from_one_end_through_the_other(part: Any, expected: str) -> None:
    assert "".join(net_take(NAMED, part).nodes) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (2, "cde"),
        (-2, "abc"),
        ("b", "cde"),
        ((2, 4), "ae"),
        (Span("b", -2), "ae"),
        (Span(2), "a"),
        ([2], "acde"),
        (["b"], "acde"),
        ([-1], "abcd"),
    ],
)
def test_drop_keeps_the_others(part: Any, expected: str) -> None:
    loose = NetChain(dict.fromkeys("abcde", "Ramp"))
    assert "".join(net_drop(loose, part).nodes) == expected


def test_numbered_nodes_count_from_one_again() -> None:
    assert list(net_take(FIVE, (3, 5)).nodes) == [1, 2, 3]
    assert list(net_drop(FIVE, [1]).nodes) == [1, 2, 3, 4]


def test_what_is_left_of_a_net_is_what_one_would_have_written() -> None:
    assert net_take(FIVE, 3) == net_drop(FIVE, -2) == FIRST_THREE


def test_what_the_rest_of_the_net_told_of_shapes_stays_known() -> None:
    tail = net_take(FIVE, (4, 5))
    assert net_extract(tail, "Input") == (4,)
    assert net_extract(net_take(FIVE, [2]), "Output") == (3,)
    sized = NetChain([LinearLayer(), "Ramp"], output=5)
    assert net_extract(net_drop(sized, -1), "Output") == (5,)
    shared = NetSharedArray("w")
    twins = NetChain(
        [LinearLayer(weights=shared, input=3, output=3), "Ramp", LinearLayer(weights=shared)]
    )
    assert net_extract(net_take(twins, [3]), "Output") == (3,)


def test_numbers_stay_bit_for_bit_and_the_argument_as_it_was() -> None:
    net = net_initialize(FIVE)
    before = copy.deepcopy(net)
    taken = net_take(net, (3, 5))
    for here, there in [((1, "Weights"), (3, "Weights")), ((3, "Biases"), (5, "Biases"))]:
        assert net_extract(taken, here).tobytes() == net_extract(net, there).tobytes()
    x = np.array([[0.5, -1], [2, 3]], np.float32)
    halves = net_take(net, (3, 5))(net_take(net, 2)(x))
    assert np.array_equal(halves, net(x))
    assert net == before


def test_shared_arrays_go_along_and_unused_ones_stay_behind() -> None:
    w, v = NetSharedArray("w"), NetSharedArray("v")
    net = NetChain(
        [LinearLayer(2, weights=w), LinearLayer(2, weights=v), LinearLayer(2, weights=w)], input=2
    )
    net = net_initialize(net)
    taken = net_take(net, (1, 2))
    assert net_extract(taken, w).tobytes() == net_extract(net, w).tobytes()
    assert list(net_extract(net_take(net, 1), NetSharedArray(ALL))) == [w]


def test_the_encoder_stays_with_the_first_node_and_the_decoder_with_the_last() -> None:
    encoder, decoder = (
        NetEncoder("Class", ["a", "b"], "UnitVector"),
        NetDecoder("Class", ["x", "y"]),
    )
    net = NetChain([3, "Ramp", 2, wl.SoftmaxLayer()], input=encoder, output=decoder)
    assert net_extract(net_take(net, 2), "Input") == encoder
    assert net_extract(net_take(net, 2), "Output") == (3,)
    assert net_extract(net_take(net, (3, 4)), "Output") == decoder
    assert net_extract(net_take(net, (3, 4)), "Input") == (3,)
    assert net_extract(net_drop(net, 1), "Input") == (3,)
    assert net_extract(net_drop(net, [2]), "Input") == encoder
    assert net_extract(net_drop(net, [2]), "Output") == decoder


@pytest.mark.parametrize("function", [net_take, net_drop])
@pytest.mark.parametrize(
    ("part", "words"),
    [
        (6, ["no part 6", "1 to 5"]),
        (0, ["count from 1"]),
        ("cc", ["no part 'cc'", "did you mean 'c'"]),
        ("Output", ["'Output' is no node", "a, b, c, d, e", "NetPort('Output')"]),
        ((3, 2), ["no node is left", "(3, 2)", "(2, 3)"]),
        ((1, 2, 3), ["a start and an end", "(1, 3)"]),
        (slice(0, 2), ["slice", "Span(1, 2)"]),
        (True, ["True"]),
        ((NetPort("Query"), 2), ["no port 'Query'", "Input, Output"]),
        ((NetPort("a", "Query"), 2), ["no port 'Query'"]),
    ],
)
def test_a_part_that_cannot_be_taken_or_dropped_is_named(
    function: Any, part: Any, words: Any
) -> None:
    with pytest.raises(PartError) as error:
        function(NAMED, part)
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize("part", [5, -5, (1, 5), Span(1, -1), "e"])
def test_a_net_without_nodes_is_refused(part: Any) -> None:
    with pytest.raises(PartError, match="at least one layer"):
        net_drop(NAMED, part)


def test_an_end_before_everything_leaves_nothing() -> None:
    with pytest.raises(PartError, match="at least one layer"):
        net_take(NAMED, NetPort("Input"))


@pytest.mark.parametrize("given", [LinearLayer(3), [3, "Ramp"], 7, wl.NetMapOperator(3)])
def test_only_chains_and_graphs_are_cut(given: Any) -> None:
    with pytest.raises(OptionError, match="net_take takes a NetChain or a NetGraph"):
        net_take(given, 1)
    with pytest.raises(OptionError, match="net_drop takes a NetChain"):
        net_drop(given, 1)


def test_drop_of_a_graph_says_how_to_get_a_chain() -> None:
    with pytest.raises(OptionError, match="net_flatten"):
        net_drop(NetGraph([3]), 1)


def test_new_neighbours_that_do_not_fit_are_named() -> None:
    net = NetChain([3, 5, LinearLayer(4, weights=np.ones((4, 5)))], input=2)
    with pytest.raises(ShapeError, match=r"without 2 [\s\S]*2 LinearLayer[\s\S]*Weights \(4, 5\)"):
        net_drop(net, [2])


# Graphs

DIAMOND = NetGraph(
    {"a": 3, "b": 3, "sum": TotalLayer(), "out": "Tanh"},
    [(IN, "a", "sum"), (IN, "b", "sum"), ("sum", "out", NetPort("Result"))],
    input=2,
)
"""Input leads to a and b; their sum goes to out, which is the port Result."""


@pytest.mark.parametrize(
    ("part", "nodes", "inputs", "outputs"),
    [
        ("a", ["a"], ["Input"], ["Output"]),
        ("sum", ["a", "b", "sum"], ["Input"], ["Output"]),
        (ALL, ["a", "b", "sum", "out"], ["Input"], ["Result"]),
        ("out", ["a", "b", "sum", "out"], ["Input"], ["Result"]),
        (NetPort("Result"), ["a", "b", "sum", "out"], ["Input"], ["Result"]),
        (NetPort("out", "Input"), ["a", "b", "sum"], ["Input"], ["Output"]),
        (("sum", ALL), ["sum", "out"], ["a/Output", "b/Output"], ["Result"]),
        (("out", "out"), ["out"], ["Input"], ["Result"]),
        ((NetPort("sum", "Output"), ALL), ["out"], ["Input"], ["Result"]),
        (("a", "sum"), ["a", "sum"], ["Input", "b/Output"], ["Output"]),
        ((["a", "b"], "sum"), ["a", "b", "sum"], ["Input"], ["Output"]),
        (["a", "b"], ["a", "b"], ["Input"], ["a/Output", "b/Output"]),
        (["a", "out"], ["a", "b", "sum", "out"], ["Input"], ["Result", "a/Output"]),
        ((IN, "a"), ["a"], ["Input"], ["Output"]),
    ],
)
def test_take_of_a_graph_keeps_what_lies_between_the_cuts(
    part: Any, nodes: Any, inputs: Any, outputs: Any
) -> None:
    taken = net_take(DIAMOND, part)
    assert list(taken.nodes) == nodes
    assert list(taken.input_names) == inputs
    assert list(taken.output_names) == outputs
    sizes = {name: 2 if name == "Input" and nodes[0] == "a" else 3 for name in taken.port_names}
    assert {name: net_extract(taken, name) for name in sizes} == {n: (s,) for n, s in sizes.items()}


def test_the_parts_of_a_cut_graph_compute_what_the_whole_does() -> None:
    net = net_initialize(DIAMOND)
    x = np.array([0.3, -2], np.float32)
    middle = net_take(net, ["a", "b"])(x)
    assert np.array_equal(net_take(net, ("sum", ALL))(middle), net(x))


@pytest.mark.parametrize(
    "cut",
    [
        lambda net: net_take(net, ["a", "b"]),
        lambda net: net_take(net, ["a", "out"]),
        lambda net: net_take(net, (["a", "b"], ["a", "sum"])),
        lambda net: wl.net_delete(net, "sum"),
        lambda net: wl.net_delete(net, ["sum", "out"]),
        lambda net: net_take(wl.net_rename(net, {"out": "Output"}), "sum"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_port_that_is_cut_open_takes_the_name_of_a_vertex(cut: Any) -> None:
    ruled = wl.net_replace_part(DIAMOND, {"LearningRateMultipliers": {"a": 0, "b": 0.5}})
    net = cut(ruled)
    assert set(net.nodes).isdisjoint(net.port_names)
    assert net.learning_rate_multipliers == {"a": 0, "b": 0.5}
    assert net_extract(net, "a").kind == "LinearLayer"


def test_a_port_that_is_cut_open_finds_a_free_name() -> None:
    names = {"a": 3, "a/Output": 3, "Output": "Tanh", "sum": TotalLayer()}
    net = NetGraph(names, [(["a", "a/Output"], "sum", "Output", NetPort("Result"))], input=2)
    taken = net_take(net, ["a", "a/Output"])
    assert taken.output_names == ("a/Output2", "a/Output/Output")
    assert set(taken.nodes).isdisjoint(taken.port_names)


def test_a_cut_graph_of_numbers_counts_from_one_again() -> None:
    net = NetGraph([3, "Ramp", "Tanh"], [(3, 1, 2)])
    assert list(net_take(net, (1, 2)).nodes) == [1, 2]
    assert kinds(net_take(net, (1, 2))) == ["Linear", "Ramp"]
    assert list(net_take(net, [-3, -1]).output_names) == ["1/Output", "3/Output"]


def test_a_side_input_of_the_graph_keeps_its_name_and_coder() -> None:
    encoder = NetEncoder("Class", ["x", "y", "z"], "UnitVector")
    net = NetGraph(
        {"a": 3, "b": "Tanh", "sum": TotalLayer()},
        [(IN, "a", "b", "sum"), (NetPort("Side"), "sum")],
        ports={"Side": encoder, "Input": 2},
    )
    taken = net_take(net, ("b", ALL))
    assert list(taken.input_names) == ["Side", "a/Output"]
    assert net_extract(taken, "Side") == encoder


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("summ", ["no part 'summ'", "did you mean 'sum'"]),
        (1, ["names, not positions"]),
        (("a", "b"), ["no path", "'b'", "lead to 'a', 'sum', 'out'"]),
        (("out", "a"), ["no path", "'a'"]),
        (NetPort("Input"), ["nothing is computed before"]),
        ((NetPort("Result"), ALL), ["nothing is computed after"]),
        (NetPort("Other"), ["no port 'Other'", "Input, Result"]),
        (NetPort("a", "Loss"), ["vertex 'a' has no port 'Loss'"]),
        (Span("a", "b"), ["a cut is at a vertex"]),
        ("Result", ["no vertex", "NetPort('Result')"]),
    ],
)
def test_a_cut_that_cannot_be_is_named(part: Any, words: Any) -> None:
    with pytest.raises(PartError) as error:
        net_take(DIAMOND, part)
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize("part", [wl.ANY, wl.Alternatives("a", "b"), NetSharedArray("w"), None])
def test_an_end_is_one_node(part: Any) -> None:
    with pytest.raises(PartError):
        net_take(NAMED, part)
