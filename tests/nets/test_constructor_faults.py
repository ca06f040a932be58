"""A constructor tells all that is wrong with its arguments at once."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.errors import OptionError, RuleError


def told(make) -> list[str]:
    """The first line of every fault of a call that must fail."""
    with pytest.raises(wl.WlnetError) as caught:
        make()
    error = caught.value
    places = [f"{fault.what} @ {fault.at}" for fault in error.faults]
    assert len(set(map(str, error.faults))) == len(error.faults), "a fault is told twice"
    return places


def test_a_chain_tells_of_all_layers_ports_options_and_rules():
    places = told(
        lambda: wl.NetChain(
            ["Rmp", {"a": "Tnh", "b": [3, 0]}, 2.5, "Ramp"],
            input="x",
            ouput=3,
            ports={"Output": -1},
            learning_rate_multipliers={1: "fast"},
        )
    )
    assert len(places) == 8
    for words in (
        "position 1",
        "position 2, position 'a'",
        "position 2, position 'b', position 2",
        "position 3",
        "port Input has a shape",
        "port Output has a shape",
        "no option 'ouput'",
        "a value that cannot be @ rule 1",
    ):
        assert any(words in place for place in places), words


def test_several_nodes_between_with_several_ports_are_told_at_once():
    places = told(lambda: wl.NetChain([3, wl.TotalLayer(), wl.CatenateLayer(), 2]))
    assert len(places) == 2


def test_a_graph_tells_of_all_vertices_edges_ports_options_and_rules():
    nodes = {"a": "Rmp", "b": 3, "c": [4, "Tnh"], "d": wl.MeanSquaredLossLayer()}
    edges = [
        ("a", "b"),
        ("b", "e"),
        ("f", "g"),
        ("b", wl.NetPort("b", "In")),
        3,
        (wl.NetPort("b", "Out"), "d"),
        ("b", "d"),
        ("c", "nowhere"),
    ]
    places = told(
        lambda: wl.NetGraph(
            nodes, edges, ports={"Input": "q"}, learning_rate_multipliers=[(wl.ANY, "slow")]
        )
    )
    for words in (
        "position 'a'",
        "position 'c', position 2",
        "vertex 'e' @ edge 2",
        "vertex 'f' @ edge 3",
        "vertex 'g' @ edge 3",
        "no input 'In' @ edge 4",
        "tuple (source, target) or a longer path @ edge 5",
        "no output 'Out' @ edge 6",
        "port by name @ edge 7",
        "vertex 'nowhere' @ edge 8",
        "port Input has a shape",
        "a value that cannot be @ rule 1",
    ):
        assert any(words in place for place in places), (words, places)
    assert len(places) == 12
    unknown = told(lambda: wl.NetGraph({"a": 3}, [], inpt=4, outpt=5, ports={"Query": 3}))
    assert len(unknown) == 3


def test_an_operator_tells_of_its_net_ports_number_and_rules():
    places = told(
        lambda: wl.NetNestOperator(
            ["Rmp", "Tnh"], 0, input="x", output=-1, learning_rate_multipliers="fast"
        )
    )
    assert len(places) == 6
    places = told(lambda: wl.NetMapOperator(wl.TotalLayer(), input="x"))
    assert len(places) == 2


def test_a_layer_tells_of_its_parameters_arrays_ports_options_and_rules():
    places = told(
        lambda: wl.LinearLayer(
            -3,
            weights="x",
            biases=[float("nan")],
            input="x",
            output=-1,
            bias=False,
            ports={"Query": 3},
            learning_rate_multipliers={"Weights": "fast"},
        )
    )
    assert len(places) == 8
    places = told(lambda: wl.CatenateLayer(ports={"1": "x", "3": -1, "Query": 2}))
    assert len(places) == 4


def test_faults_of_several_kinds_are_of_all_their_kinds():
    for kind in (OptionError, RuleError):
        with pytest.raises(kind):
            wl.NetChain(["Rmp"], learning_rate_multipliers={1: "fast"})
        with pytest.raises(kind):
            wl.LinearLayer(-3, learning_rate_multipliers={"Weights": "fast"})


def test_a_port_that_is_given_by_two_words_is_told():
    for make in (
        lambda: wl.LinearLayer(3, input=2, ports={"Input": 2}),
        lambda: wl.NetChain([3], input=2, ports={"Input": 2}),
        lambda: wl.NetGraph({"a": 3}, [], input=2, ports={"Input": 2}),
    ):
        with pytest.raises(OptionError, match="twice"):
            make()


def test_options_of_other_libraries_are_told_by_their_names_here():
    for make in (lambda: wl.LinearLayer(3, bias=False), lambda: wl.LinearLayer(3, use_bias=False)):
        with pytest.raises(OptionError, match="biases=None"):
            make()


def test_all_shapes_that_do_not_fit_are_told_at_once():
    wide = [wl.LinearLayer(3, weights=np.ones((3, 9))), wl.LinearLayer(2, weights=np.ones((2, 8)))]
    places = told(lambda: wl.NetChain([*wide, 4], input=5))
    assert [place.partition(" @ ")[2] for place in places] == ["1 LinearLayer", "2 LinearLayer"]
    nodes = {"a": wide[0], "b": wide[1], "c": wl.LinearLayer(5, input=6), "d": "Ramp"}
    edges = [(wl.NetPort("x"), "a"), (wl.NetPort("y"), ["b", "c"]), ("a", "d")]
    places = told(lambda: wl.NetGraph(nodes, edges, x=2, y=3))
    assert len(places) == 3
    for words in ("a LinearLayer", "b LinearLayer", "c LinearLayer"):
        assert any(words in place for place in places), (words, places)
    with pytest.raises(wl.ShapeError, match="2 faults"):
        wl.NetChain([*wide, 4], input=5)


def test_shapes_and_element_types_that_do_not_fit_are_told_together():
    indices = wl.NetEncoder("Class", ["u", "v"])
    nodes = {"a": 3, "b": wl.LinearLayer(3, weights=np.ones((3, 9)))}
    edges = [(wl.NetPort("x"), "a"), (wl.NetPort("y"), "b")]
    places = told(lambda: wl.NetGraph(nodes, edges, x=indices, y=4))
    assert len(places) == 2
    assert any("element types" in place for place in places)


@pytest.mark.parametrize("wrong", [3, [1], {1: 3}, "Input", {None: 2}])
def test_what_is_no_table_of_ports_is_told(wrong):
    for make in (
        lambda: wl.NetChain([3], ports=wrong),
        lambda: wl.NetGraph({"a": 3}, [], ports=wrong),
        lambda: wl.LinearLayer(3, ports=wrong),
        lambda: wl.CatenateLayer(ports=wrong),
    ):
        with pytest.raises(OptionError, match="a dict from names"):
            make()


@pytest.mark.parametrize("edge", [("a", []), ([], "a"), ([], [])])
def test_an_edge_without_an_end_is_told(edge):
    with pytest.raises(OptionError, match="a source and a target"):
        wl.NetGraph({"a": 3}, [edge])


@pytest.mark.parametrize("kind", [wl.NetChain, wl.NetGraph])
def test_layers_given_one_by_one_are_told_to_be_a_list(kind) -> None:
    with pytest.raises(OptionError, match="layers are one list"):
        kind(wl.LinearLayer(3), [], "Ramp")
    with pytest.raises(OptionError, match="missing a required argument"):
        kind()
