"""net_rename: other names for nodes and ports; what referred to them follows."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import wlnet as wl
from tests.strategies import small_vectors_nets
from wlnet import (
    ALL,
    LinearLayer,
    NetChain,
    NetGraph,
    NetMapOperator,
    NetPort,
    OptionError,
    PartError,
    RuleWarning,
    TotalLayer,
    net_extract,
    net_initialize,
    net_rename,
)

NET = NetChain({"a": 3, "b": "Ramp", "c": 1}, input=2)
NUMBERED = NetChain([3, "Ramp", 1], input=2)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"a": "x"}, ["x", "b", "c"]),
        ([("a", "x"), ("c", "z")], ["x", "b", "z"]),
        ({"a": "b", "b": "a"}, ["b", "a", "c"]),
        ({"a": "x", "b": "a"}, ["x", "a", "c"]),
        ({1: "x", -1: "z"}, ["x", "b", "z"]),
        (["x", "y", "z"], ["x", "y", "z"]),
        (str.upper, ["A", "B", "C"]),
        ({"a": "a"}, ["a", "b", "c"]),
        ({}, ["a", "b", "c"]),
    ],
)
def test_names_are_given_by_pairs_in_order_or_by_a_function(names: Any, expected: Any) -> None:
    renamed = net_rename(NET, names)
    assert list(renamed.nodes) == expected
    assert list(renamed.nodes.values()) == list(NET.nodes.values())
    assert net_extract(renamed, "Input") == (2,)


@given(small_vectors_nets())
def test_names_change_nothing_but_the_names(net: Any) -> None:
    before = copy.deepcopy(net)
    named = net_rename(net, [f"n{key}" for key in net.nodes])
    x = np.linspace(-1, 1, net_extract(net, "Input")[0])
    assert np.array_equal(named(x), net(x))
    assert [a.tobytes() for a in wl.information(named, "ArraysList")] == [
        a.tobytes() for a in wl.information(net, "ArraysList")
    ]
    assert net == before


def test_numbered_nodes_get_names_all_or_none() -> None:
    assert net_rename(NUMBERED, ["a", "b", "c"]) == NET
    assert net_rename(NUMBERED, {1: "a", 2: "b", 3: "c"}) == NET
    assert net_rename(NUMBERED, "n{}".format) == net_rename(NET, ["n1", "n2", "n3"])
    with pytest.raises(OptionError, match=r"all of its nodes[\s\S]*\[2, 3\][\s\S]*a list of names"):
        net_rename(NUMBERED, {1: "a"})


def test_edges_follow_and_so_do_rules() -> None:
    rules = {("a", "Weights"): 0, "b": 2}
    graph = NetGraph(
        {"a": 3, "b": 3, "s": TotalLayer()},
        [("a", "s"), ("b", "s")],
        learning_rate_multipliers=rules,
    )
    renamed = net_rename(graph, {"a": "b", "b": "a"})
    expected = NetGraph({"b": 3, "a": 3, "s": TotalLayer()}, [("b", "s"), ("a", "s")])
    assert set(renamed.edges) == set(expected.edges)
    assert renamed.learning_rate_multipliers == {("b", "Weights"): 0, "a": 2}
    numbered = NetGraph([3, 4], [(2, 1)], learning_rate_multipliers=[(1, None), (-1, 3)])
    named = net_rename(numbered, ["x", "y"])
    assert named.learning_rate_multipliers == [("x", None), ("y", 3)]
    assert list(named.nodes) == ["y", "x"]  # vertices with names stand in the order of computing


def test_ports_of_a_graph_are_renamed() -> None:
    graph = NetGraph({"a": 3}, [(NetPort("Query"), "a", NetPort("Result"))], ports={"Query": 2})
    for new in ("Question", NetPort("Question")):
        renamed = net_rename(graph, {NetPort("Query"): new, "a": "b"})
        assert renamed.port_names == ("Question", "Result")
        assert net_extract(renamed, "Question") == (2,)
        assert list(renamed.nodes) == ["b"]


def test_levels_reach_into_nets_inside_nets() -> None:
    net = NetChain(
        {"a": NetChain({"a": 2, "b": NetChain({"a": "Ramp"})}), "m": NetMapOperator({"a": 2})}
    )

    def names(net: Any) -> list[Any]:
        return [key if not node.nodes else (key, names(node)) for key, node in net.nodes.items()]

    assert names(net_rename(net, {"a": "x"})) == [
        ("x", ["a", ("b", ["a"])]),
        ("m", [("Net", ["a"])]),
    ]
    assert names(net_rename(net, {"a": "x"}, 2)) == [
        ("x", ["x", ("b", ["a"])]),
        ("m", [("Net", ["x"])]),
    ]
    assert names(net_rename(net, {"a": "x"}, ALL)) == [
        ("x", ["x", ("b", ["x"])]),
        ("m", [("Net", ["x"])]),
    ]
    assert net_rename(net, {"b": "y"}, level=2).nodes["a"].nodes.keys() == {"a", "y"}


def test_inner_and_outer_rules_follow_renaming_at_all_levels() -> None:
    inner = NetChain({"a": 2, "b": 2}, learning_rate_multipliers={"a": 3})
    net = NetChain({"a": inner, "b": 2}, learning_rate_multipliers=[(("a", "b"), 0), ("b", 5)])
    renamed = net_rename(net, lambda name: name * 2, ALL)
    assert renamed.learning_rate_multipliers == [(("aa", "bb"), 0), ("bb", 5)]
    assert renamed.nodes["aa"].learning_rate_multipliers == {"aa": 3}


@pytest.mark.parametrize(
    ("names", "kind", "words"),
    [
        ({"aa": "x"}, PartError, ["no node 'aa'", "a, b, c", "did you mean 'a'"]),
        ({"q7": "x", "a": "y", 9: "z"}, PartError, ["2 faults", "'q7'", "9"]),
        ({"a": "b"}, OptionError, ["occur once", "b"]),
        ({"a": 3}, OptionError, ["strings", "3"]),
        ({"a": ""}, OptionError, ["strings"]),
        (["x", "y"], OptionError, ["2 names for 3 nodes"]),
        (["x", "x", "y"], OptionError, ["occur once"]),
        (lambda name: "same", OptionError, ["occur once", "same"]),
        (3, OptionError, ["{old: new}"]),
        ({("a", "b"): "x"}, OptionError, ["what is renamed"]),
        ({NetPort("Input"): "x"}, PartError, ["fixed names", "NetGraph(net)"]),
        ({NetPort("Inputt"): "x"}, PartError, ["no port 'Inputt'", "'Input'"]),
        ({NetPort("Input"): 3}, OptionError, ["a port of the net"]),
    ],
)
def test_names_that_cannot_be_are_refused(names: Any, kind: Any, words: Any) -> None:
    with pytest.raises(kind) as error:
        net_rename(NET, names)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_levels_ports_and_nets_that_cannot_be_are_refused() -> None:
    for level in (0, -1, True, 1.5):
        with pytest.raises(OptionError, match="level of net_rename"):
            net_rename(NET, {"a": "x"}, level)
    graph = NetGraph({"a": 3}, [(NetPort("x"), "a", NetPort("y"))])
    with pytest.raises(OptionError, match="names of ports occur once"):
        net_rename(graph, {NetPort("x"): "y"})
    with pytest.raises(OptionError, match="net_rename takes a"):
        net_rename(LinearLayer(3), {"Weights": "W"})


def test_a_name_that_hides_behind_a_port_is_warned_of() -> None:
    with pytest.warns(RuleWarning, match="called like a port"):
        net_rename(NET, {"a": "Input"})


def test_a_rule_that_covers_everything_keeps_its_wording() -> None:
    net = NetChain({"a": 3, "b": 2}, learning_rate_multipliers=None)
    assert net_rename(net, {"a": "x"}).learning_rate_multipliers is None
    filled = net_initialize(NetChain({"a": 3}, input=2, learning_rate_multipliers=[(wl.ANY, 2)]))
    assert net_rename(filled, {"a": "x"}).learning_rate_multipliers == [(wl.ANY, 2)]
