"""What leads to what: from layer to layer, through the walls of chains, graphs and operators."""

from __future__ import annotations

from typing import Any

import pytest

from wlnet import NetChain, NetGraph, NetMapOperator, NetNestOperator, NetPort, TotalLayer
from wlnet.nets.connections import connections

IN = NetPort("Input")
BRANCHED = NetGraph(
    {"a": "Tanh", "b": "Sin", "sum": TotalLayer()}, [(IN, "a", "sum"), (IN, "b", "sum")]
)


@pytest.mark.parametrize("wrap", [NetMapOperator, lambda net: NetNestOperator(net, 3)])
def test_layers_in_an_operator_are_connected_to_those_around_it(wrap: Any) -> None:
    net = NetChain({"first": "Tanh", "op": wrap(["Ramp", "Sin"]), "last": "Tanh"})
    assert set(connections(net)) == {
        (("first",), ("op", "Net", 1)),
        (("op", "Net", 1), ("op", "Net", 2)),
        (("op", "Net", 2), ("last",)),
    }


def test_the_way_back_of_a_nest_is_no_connection() -> None:
    assert connections(NetNestOperator(["Ramp", "Sin"], 3)) == [(("Net", 1), ("Net", 2))]
    assert connections(NetNestOperator("Ramp", 3)) == []


def test_an_operator_leads_to_every_layer_that_takes_its_input() -> None:
    net = NetGraph({"first": ["Tanh"], "op": NetMapOperator(BRANCHED)}, [("first", "op")])
    inside = ("op", "Net")
    assert set(connections(net)) == {
        (("first", 1), (*inside, "a")),
        (("first", 1), (*inside, "b")),
        ((*inside, "a"), (*inside, "sum")),
        ((*inside, "b"), (*inside, "sum")),
    }


def test_operators_in_operators_are_seen_through() -> None:
    net = NetChain([NetMapOperator(NetNestOperator("Tanh", 2)), NetMapOperator("Ramp")])
    assert connections(net) == [((1, "Net", "Net"), (2, "Net"))]
