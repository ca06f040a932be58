"""A net that holds nets is the sequence of its nodes; in brackets stands a part."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl

CHAIN = wl.NetChain({"a": 3, "act": "Tanh", "b": (2, 2)}, input=2)
NETS = [
    CHAIN,
    wl.NetChain([3, "Ramp", 1], input=2),
    wl.NetGraph({"a": 3, "b": 3, "s": wl.TotalLayer()}, [(["a", "b"], "s")], input=4),
    wl.NetGraph(["Ramp", 3], [(2, 1)], input=4),
    wl.NetMapOperator([1, "Tanh"], input=(5, 2)),
    wl.NetNestOperator(2, 3, input=2),
]


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.kind)
def test_length_iteration_and_membership_are_those_of_the_nodes(net):
    assert len(net) == len(net.nodes) == len(list(net))
    assert all(a is b for a, b in zip(net, net.nodes.values(), strict=True))
    assert all(node in net for node in net)
    assert wl.LinearLayer(77) not in net
    assert bool(net)


@pytest.mark.parametrize("net", NETS, ids=lambda net: net.kind)
def test_brackets_give_what_net_extract_gives(net):
    for key, node in net.nodes.items():
        assert net[key] == wl.net_extract(net, key)
        for name in node.array_values:
            assert net[key, name] is wl.AUTOMATIC
    assert net["Output"] == wl.net_extract(net, "Output")


def test_brackets_take_the_whole_part_language_and_its_errors():
    net = wl.net_initialize(CHAIN)
    assert np.array_equal(net["a", "Weights"], wl.net_extract(net, ("a", "Weights")))
    assert net[-1] == net["b"]
    assert list(net[wl.Span(1, 2)]) == list(wl.net_extract(net, wl.Span(1, 2)))
    for wrong, message in ((0, "count from 1"), (slice(1, 2), "Span"), ("c", "no part 'c'")):
        with pytest.raises(wl.PartError, match=message):
            net[wrong]


def test_a_key_is_not_in_a_net_but_among_the_keys_of_its_nodes():
    with pytest.raises(wl.OptionError, match=r"'a' in net.nodes"):
        "a" in CHAIN  # noqa: B015


def test_a_layer_is_no_sequence():
    with pytest.raises(wl.OptionError, match="is not a sequence"):
        list(wl.LinearLayer(3))
    with pytest.raises(TypeError):
        len(wl.LinearLayer(3))


def test_a_tuple_of_sizes_is_one_layer_and_a_list_a_chain():
    assert wl.NetChain([(2, 3)]).nodes[1] == wl.LinearLayer((2, 3))
    assert wl.NetMapOperator((2, 3)).nodes["Net"] == wl.LinearLayer((2, 3))
    assert wl.NetChain([()], input=3)["Output"] == ()
    assert wl.NetChain([[2, 3]]).nodes[1] == wl.NetChain([2, 3])
    assert wl.NetGraph({"a": (2, 3)}, [], input=4).nodes["a"] == wl.LinearLayer((2, 3))
    for wrong in ((3, "Ramp"), (3, 0), (True,)):
        with pytest.raises(wl.OptionError, match="a list makes a chain"):
            wl.NetChain([wrong])
