"""net_append, net_prepend, net_join and net_insert: more nodes, and what becomes of coders, shapes,
names.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.strategies import small_vectors_nets
from wlnet import (
    LinearLayer,
    NetChain,
    NetDecoder,
    NetEncoder,
    NetGraph,
    NetPort,
    NetSharedArray,
    OptionError,
    PartError,
    RuleWarning,
    ShapeError,
    SoftmaxLayer,
    TotalLayer,
    net_append,
    net_drop,
    net_extract,
    net_initialize,
    net_insert,
    net_join,
    net_prepend,
    net_take,
)

NET = NetChain([3, "Ramp"], input=2)
NAMED = NetChain({"a": 3, "b": "Ramp"}, input=2)
ENCODER = NetEncoder("Class", ["a", "b"], "UnitVector")
DECODER = NetDecoder("Class", ["x", "y", "z"])


@pytest.mark.parametrize(
    ("given_layers", "expected"),
    [
        (["Tanh"], ["Tanh"]),
        ([["Tanh", 4]], ["Tanh", 4]),
        (["Tanh", 4], ["Tanh", 4]),
        ([[["Tanh", 4]]], [["Tanh", 4]]),
        ([NetChain(["Tanh"])], [["Tanh"]]),
        ([np.tanh], [np.tanh]),
    ],
)
def test_append_takes_a_layer_or_several(given_layers: Any, expected: Any) -> None:
    assert net_append(NET, *given_layers) == NetChain([3, "Ramp", *expected], input=2)
    whole = NetChain([*expected, 3, "Ramp"])
    assert net_prepend(NetChain([3, "Ramp"]), *given_layers) == whole


@pytest.mark.parametrize(
    "given_layers",
    [[("c", "Tanh"), ("d", 4)], [[("c", "Tanh"), ("d", 4)]], [{"c": "Tanh", "d": 4}]],
)
def test_named_chains_take_pairs_or_a_dict(given_layers: Any) -> None:
    expected = NetChain({"a": 3, "b": "Ramp", "c": "Tanh", "d": 4}, input=2)
    assert net_append(NAMED, *given_layers) == expected


@given(small_vectors_nets())
def test_appending_and_dropping_again_gives_the_same_net(net: Any) -> None:
    before = copy.deepcopy(net)
    assert net_drop(net_append(net, "Tanh"), -1) == net == before


@given(small_vectors_nets(), st.data())
def test_joining_the_two_halves_gives_the_net(net: Any, data: Any) -> None:
    count = len(net.nodes)
    if count > 1:
        k = data.draw(st.integers(1, count - 1))
        assert net_join(net_take(net, k), net_take(net, (k + 1, count))) == net


@given(small_vectors_nets(), small_vectors_nets())
def test_a_joined_net_computes_one_after_the_other(a: Any, b: Any) -> None:
    size = net_extract(a, "Output")[0]
    b = net_initialize(net_prepend(b, LinearLayer(input=size)))
    x = np.linspace(-1, 1, net_extract(a, "Input")[0])
    assert np.array_equal(net_join(a, b)(x), b(a(x)))


def test_insert_puts_the_node_before_a_position_or_name() -> None:
    net = NetChain(["Ramp", "Tanh"])
    assert net_insert(net, "Sin", 1) == NetChain(["Sin", "Ramp", "Tanh"])
    assert (
        net_insert(net, "Sin", 2) == net_insert(net, "Sin", -1) == NetChain(["Ramp", "Sin", "Tanh"])
    )
    assert net_insert(net, "Sin", 3) == NetChain(["Ramp", "Tanh", "Sin"])
    assert net_insert(net, ["Sin", "Cos"], 2) == NetChain(["Ramp", "Sin", "Cos", "Tanh"])
    assert list(net_insert(NAMED, ("new", "Tanh"), "b").nodes) == ["a", "new", "b"]
    assert list(net_insert(NAMED, {"x": "Tanh", "y": "Sin"}, "a").nodes) == ["x", "y", "a", "b"]


def test_what_the_port_of_the_net_said_stays_with_the_node_that_stood_there() -> None:
    longer = net_append(NetChain([LinearLayer()], output=5), "Tanh")
    assert net_extract(longer, (1, "Output")) == (5,)
    longer = net_prepend(NetChain(["Tanh"], input=4), LinearLayer())
    assert net_extract(longer, (1, "Output")) == (4,)
    assert net_extract(longer, "Input") == wl.AUTOMATIC


def test_append_drops_the_decoder_and_prepend_the_encoder_unless_given_anew() -> None:
    net = NetChain([3, SoftmaxLayer()], input=ENCODER, output=DECODER)
    longer = net_append(net, "Sqrt")
    assert net_extract(longer, "Output") == (3,)
    assert net_extract(longer, "Input") == ENCODER
    assert net_extract(net_append(net, "Sqrt", output=DECODER), "Output") == DECODER
    assert net_extract(net_append(net, SoftmaxLayer(output=DECODER)), "Output") == DECODER
    earlier = net_prepend(net, 2)
    assert net_extract(earlier, "Input") == wl.AUTOMATIC
    assert net_extract(earlier, "Output") == DECODER
    assert net_extract(net_prepend(net, 2, input=ENCODER), "Input") == ENCODER
    assert net_extract(net_insert(net, "Tanh", 2), "Output") == DECODER
    assert net_extract(net_insert(net, "Tanh", 3), "Output") == (3,)
    assert net_extract(net_insert(net, "Tanh", 2), "Input") == ENCODER


def test_join_keeps_the_outer_coders_and_takes_new_ones() -> None:
    a = NetChain([3, "Ramp"], input=ENCODER, output=NetDecoder("Class", ["r", "s", "t"]))
    b = NetChain(
        [3, SoftmaxLayer()],
        input=NetEncoder("Class", ["k", "l", "m"], "UnitVector"),
        output=DECODER,
    )
    both = net_join(a, b)
    assert net_extract(both, "Input") == ENCODER
    assert net_extract(both, "Output") == DECODER
    assert net_extract(both, (3, "Input")) == (3,)
    other = NetDecoder("Class", ["u", "v", "w"])
    assert net_extract(net_join(a, b, output=other), "Output") == other
    assert net_extract(net_join(a, b, input=2), "Input") == (2,)
    assert net_join([a, b]) == both


def test_join_merges_arrays_of_one_name_and_refuses_different_numbers() -> None:
    w = NetSharedArray("w")
    a = net_initialize(NetChain([LinearLayer(2, weights=w)], input=2))
    plain = NetChain([LinearLayer(2, weights=w)])
    assert net_extract(net_join(a, plain), w).tobytes() == net_extract(a, w).tobytes()
    other = net_initialize(a, random_seeding=5, all=True)
    with pytest.raises(OptionError, match="two different arrays are called 'w'"):
        net_join(a, other)


@pytest.mark.parametrize("function", [net_append, net_prepend])
def test_names_where_there_are_none_and_none_where_there_are_some_are_refused(
    function: Any,
) -> None:
    with pytest.raises(OptionError, match=r"a new one needs one[\s\S]*layer 1[\s\S]*a, b"):
        function(NAMED, "Tanh")
    with pytest.raises(OptionError, match=r"takes no name[\s\S]*'x'"):
        function(NET, ("x", "Tanh"))
    with pytest.raises(OptionError, match=r"2 faults[\s\S]*layer 1[\s\S]*layer 2"):
        function(NAMED, "Tanh", "Sin")
    with pytest.raises(OptionError, match=r"names of nodes occur once[\s\S]*a"):
        function(NAMED, ("a", "Tanh"))
    with pytest.raises(OptionError, match="needs at least one layer"):
        function(NET)
    with pytest.raises(OptionError, match="not a layer"):
        function(NET, 0.5)
    with pytest.raises(OptionError, match="takes a NetChain or a NetGraph"):
        function(LinearLayer(2), "Tanh")


def test_insert_refuses_names_and_positions_as_the_others_do() -> None:
    with pytest.raises(OptionError, match="a new one needs one"):
        net_insert(NAMED, "Tanh", 1)
    with pytest.raises(OptionError, match="takes no name"):
        net_insert(NET, ("x", "Tanh"), 1)
    with pytest.raises(PartError, match=r"no part 4[\s\S]*1 to 2"):
        net_insert(NET, "Tanh", 4)
    with pytest.raises(PartError, match=r"no part 'bb'[\s\S]*'b'"):
        net_insert(NAMED, ("x", "Tanh"), "bb")
    with pytest.raises(OptionError, match="net_insert takes a NetChain"):
        net_insert(NetGraph([3]), "Tanh", 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: net_append(NetChain([3], input=2), LinearLayer(1, input=4)),
        lambda: net_prepend(NetChain([3], input=2), 4),
        lambda: net_insert(NetChain([3, LinearLayer(1, weights=np.ones((1, 3)))]), 4, 2),
    ],
)
def test_a_node_that_does_not_fit_is_named_with_both_shapes(call: Any) -> None:
    with pytest.raises(ShapeError, match=r"the new node at position \d does not fit[\s\S]*given"):
        call()


def test_chains_that_cannot_be_joined_are_named() -> None:
    with pytest.raises(
        OptionError, match=r"numbered and with named[\s\S]*chain 2[\s\S]*net_rename"
    ):
        net_join(NET, NAMED)
    with pytest.raises(
        OptionError, match=r"one name[\s\S]*chains 1 and 3[\s\S]*a, b[\s\S]*net_rename"
    ):
        net_join(NAMED, NetChain({"c": "Tanh"}), NAMED)
    with pytest.raises(ShapeError, match=r"the chains do not fit[\s\S]*\(3,\)"):
        net_join(NetChain([3]), NetChain([1], input=4))
    with pytest.raises(OptionError, match=r"net_join takes a NetChain[\s\S]*net_flatten"):
        net_join(NET, NetGraph([3]))
    with pytest.raises(
        OptionError, match=r"net_join takes a NetChain[\s\S]*NetChain\(\[LinearLayer"
    ):
        net_join(NET, LinearLayer(3))
    with pytest.raises(OptionError, match="at least one chain"):
        net_join()


def test_a_new_name_that_hides_behind_a_port_is_warned_of() -> None:
    with pytest.warns(RuleWarning, match="'Output' is called like a port"):
        net_append(NAMED, ("Output", "Tanh"))


# Graphs with one output or one input

GRAPH = NetGraph(
    {"a": 3, "b": 3, "sum": TotalLayer()},
    [(NetPort("In"), "a", "sum"), (NetPort("In"), "b", "sum"), ("sum", NetPort("Out"))],
    ports={"In": 2},
)


def test_a_graph_grows_at_its_one_output_or_input() -> None:
    net = net_initialize(net_append(GRAPH, {"t": "Tanh", "u": 1}))
    assert list(net.nodes) == ["a", "b", "sum", "t", "u"]
    assert net.port_names == ("In", "Out")
    assert net_extract(net, "Out") == (1,)
    x = np.array([0.5, -1], np.float32)
    assert np.array_equal(net(x), net_take(net, ("t", wl.ALL))(net_take(net, "sum")(x)))
    earlier = net_prepend(GRAPH, ("e", 2))
    assert next(iter(earlier.nodes)) == "e"
    assert earlier.port_names == ("In", "Out")
    assert net_extract(earlier, ("e", "Output")) == (2,)


def test_a_graph_of_numbers_gives_the_new_nodes_the_next_numbers() -> None:
    assert list(net_append(NetGraph([3, "Ramp"], [(2, 1)]), ["Tanh", 2]).nodes) == [1, 2, 3, 4]


def test_a_graph_that_branches_there_does_not_grow() -> None:
    two = NetGraph({"a": 3, "b": 3}, [(NetPort("x"), "a"), (NetPort("y"), "b")])
    with pytest.raises(OptionError, match=r"one output[\s\S]*Output1"):
        net_append(two, ("c", "Tanh"))
    with pytest.raises(OptionError, match=r"one input[\s\S]*'x', 'y'"):
        net_prepend(two, ("c", "Tanh"))
    with pytest.raises(OptionError, match=r"one input and one output[\s\S]*TotalLayer"):
        net_append(GRAPH, ("c", TotalLayer()))
    with pytest.raises(ShapeError, match="the new node 'c' does not fit"):
        net_append(GRAPH, ("c", LinearLayer(1, input=7)))
