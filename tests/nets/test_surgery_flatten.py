"""net_flatten: nets inside nets on one level, computing the same under the same multipliers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.nets.marks import quietly
from tests.strategies import build, trees
from wlnet import (
    ALL,
    ANY,
    Alternatives,
    CatenateLayer,
    LinearLayer,
    NetChain,
    NetDecoder,
    NetGraph,
    NetMapOperator,
    NetPort,
    NetSharedArray,
    OptionError,
    TotalLayer,
    net_extract,
    net_flatten,
    net_initialize,
)

IN = NetPort("Input")
FEWER = settings(max_examples=max(settings.default.max_examples // 2, 1))


@FEWER
@given(trees(kinds=("chain", "named chain", "graph", "named graph"), rank=2, depth=2), st.data())
def test_the_flat_net_computes_the_same_bits(tree: Any, data: Any) -> None:
    net = quietly(
        wl.net_initialize, quietly(wl.net_replace_part, quietly(build, tree), {"Input": (2, 2)})
    )
    before = copy.deepcopy(net)
    flat = quietly(net_flatten, net, data.draw(st.sampled_from([ALL, 1])))
    x = np.array([[0.25, -1], [2, 0.5]], np.float32)
    assert np.array_equal(flat(x), net(x))
    assert net == before


@FEWER
@given(trees(kinds=("chain", "named chain", "graph", "named graph"), depth=3))
def test_no_chain_or_graph_is_left_inside_and_flattening_twice_is_flattening_once(
    tree: Any,
) -> None:
    flat = quietly(net_flatten, quietly(build, tree))
    assert not any(node.kind in ("NetChain", "NetGraph") for node in flat.nodes.values())
    assert quietly(net_flatten, flat) == flat


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (NetChain([[3, "Ramp"], 1]), NetChain([3, "Ramp", 1])),
        (NetChain([[3, ["Ramp", [1]]]]), NetChain([3, "Ramp", 1])),
        (
            NetChain({"a": {"x": 3, "y": "Ramp"}, "b": 1}),
            NetChain({"a/x": 3, "a/y": "Ramp", "b": 1}),
        ),
        (NetChain({"a": [3, "Ramp"], "b": 1}), NetChain({"a/1": 3, "a/2": "Ramp", "b": 1})),
        (NetChain([{"b": 3}, "Ramp"]), NetChain({"1/b": 3, "2": "Ramp"})),
        (NetChain([3, NetGraph(["Ramp", 1], [(1, 2)])]), NetChain([3, "Ramp", 1])),
        (NetGraph([3, "Ramp", 1], [(1, 2, 3)]), NetChain([3, "Ramp", 1])),
        (NetGraph([3, "Ramp", 1], [(3, 1, 2)]), NetChain([1, 3, "Ramp"])),
        (
            NetGraph({"a": [3, 4], "b": "Ramp"}, [("a", "b")]),
            NetChain({"a/1": 3, "a/2": 4, "b": "Ramp"}),
        ),
    ],
)
def test_names_are_paths_and_numbers_count_through(net: Any, expected: Any) -> None:
    assert net_flatten(net) == expected


def test_only_so_many_levels_are_laid_out() -> None:
    net = NetChain([[3, ["Ramp", ["Tanh"]]], 1])
    assert net_flatten(net, 1) == NetChain([3, ["Ramp", ["Tanh"]], 1])
    assert net_flatten(net, 2) == NetChain([3, "Ramp", ["Tanh"], 1])
    assert (
        net_flatten(net, 3)
        == net_flatten(net)
        == net_flatten(net, ALL)
        == NetChain([3, "Ramp", "Tanh", 1])
    )


def test_a_chain_around_branches_becomes_a_graph() -> None:
    branches = NetGraph(
        {"a": 3, "b": [4, "Tanh"], "cat": CatenateLayer()}, [(IN, "a", "cat"), (IN, "b", "cat")]
    )
    net = NetChain({"in": 2, "mid": branches, "out": 1}, input=5)
    flat = net_flatten(net)
    assert flat.kind == "NetGraph"
    assert list(flat.nodes) == ["in", "mid/a", "mid/b/1", "mid/b/2", "mid/cat", "out"]
    assert flat.port_names == ("Input", "Output")
    assert net_extract(flat, "Input") == (5,)
    edges = [
        (IN, "in"),
        ("in", "mid/a"),
        ("in", "mid/b/1"),
        ("mid/b/1", "mid/b/2"),
        (["mid/a", "mid/b/2"], "mid/cat"),
        ("mid/cat", "out"),
    ]
    assert set(flat.edges) == set(NetGraph(dict(flat.nodes), edges).edges)


def test_graphs_inside_graphs_are_wired_through_and_ports_keep_their_order() -> None:
    inner = NetGraph(
        {"s": TotalLayer(), "t": "Tanh"},
        [([NetPort("B"), NetPort("A")], "s"), ("s", "t", NetPort("Y")), ("s", NetPort("X"))],
    )
    outer = NetGraph(
        {"n": inner, "e": 2},
        [
            (NetPort("P"), NetPort("n", "A")),
            (NetPort("Q"), "e", NetPort("n", "B")),
            (NetPort("n", "X"), NetPort("U")),
            (NetPort("n", "Y"), NetPort("V")),
        ],
        ports={"Q": 3},
    )
    outer = net_initialize(outer)
    flat = net_flatten(outer)
    assert list(flat.nodes) == ["e", "n/s", "n/t"]
    assert (flat.input_names, flat.output_names) == (outer.input_names, outer.output_names)
    data = {"P": np.float32([1, 2]), "Q": np.float32([1, 0, -1])}
    here, there = outer(data), flat(data)
    assert all(np.array_equal(here[name], there[name]) for name in ("U", "V"))


def test_a_line_with_other_ports_than_a_chain_stays_a_graph() -> None:
    graph = NetGraph({"a": 3}, [(NetPort("Query"), "a")])
    assert net_flatten(graph) == graph


def test_operators_stay_with_what_is_in_them() -> None:
    mapped = NetMapOperator([[3, "Ramp"], 1])
    assert net_flatten(NetChain([["Tanh", mapped]])) == NetChain(["Tanh", mapped])
    assert net_flatten(mapped) == mapped
    assert net_flatten(LinearLayer(3)) == LinearLayer(3)


def test_what_inner_ports_said_and_coders_outside_stay() -> None:
    decoder = NetDecoder("Class", ["x", "y"])
    net = NetChain(
        [NetChain([LinearLayer()], input=4, output=7), [2, wl.SoftmaxLayer()]], output=decoder
    )
    flat = net_flatten(net)
    assert net_extract(flat, "Input") == (4,)
    assert net_extract(flat, (1, "Output")) == (7,)
    assert net_extract(flat, "Output") == decoder


def test_rules_of_inner_nets_come_after_those_around_them() -> None:
    inner = NetChain({"l": 3, "m": 4}, learning_rate_multipliers={"l": 5, ANY: 7})
    net = NetChain(
        {"a": inner, "b": 1}, learning_rate_multipliers={("a", "m", "Biases"): 0, "b": None}
    )
    flat = net_flatten(net)
    assert list(flat.learning_rate_multipliers.items()) == [
        (("a/m", "Biases"), 0),
        ("b", None),
        ("a/l", 5),
        (Alternatives("a/l", "a/m"), 7),
    ]
    rates = wl.information(flat, "ArraysLearningRateMultipliers")
    assert list(rates.values()) == [5, 5, 7, 0, 0, 0]


def test_a_shared_array_keeps_the_rate_that_a_deeper_rule_would_now_take() -> None:
    w = NetSharedArray("w")
    inner = NetChain([[LinearLayer(2, weights=w)]], learning_rate_multipliers=None)
    net = NetChain([LinearLayer(2, weights=w, learning_rate_multipliers=3), inner], input=2)
    assert wl.information(net, "ArraysLearningRateMultipliers")[w] == 3
    flat = net_flatten(net)
    assert wl.information(flat, "ArraysLearningRateMultipliers")[w] == 3
    assert flat.learning_rate_multipliers[0] == (w, 3)


def test_two_nodes_of_one_name_and_levels_that_cannot_be_are_refused() -> None:
    with pytest.raises(OptionError, match=r"one name[\s\S]*a/b[\s\S]*net_rename"):
        net_flatten(NetChain({"a/b": 2, "a": {"b": 3}}))
    for levels in (0, -1, True, 1.5, "all"):
        with pytest.raises(OptionError, match="levels of net_flatten"):
            net_flatten(NetChain([3]), levels)
    with pytest.raises(OptionError, match="takes a net"):
        net_flatten([3])
