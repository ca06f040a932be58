"""Graphs: edges, implied ports, order, muted outputs, conversion, errors. Semantics §1.4."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetChain, NetEncoder, NetGraph, NetPort, OptionError, ShapeError
from wlnet.core.net import same


def plus(*layers: Any) -> dict[str, Any]:
    """Layers a, b (linear ones, by their sizes) and a sum."""
    return dict(zip("ab", layers, strict=True)) | {"sum": wl.TotalLayer()}


def linear(weights: Any) -> Any:
    return wl.LinearLayer(len(weights), weights=weights, biases=None)


DOUBLE, TRIPLE = (wl.ElementwiseLayer(lambda x, k=k: k * x) for k in (2.0, 3.0))


# Edges


def test_a_pair_a_path_a_list_of_sources_and_a_list_of_targets_say_what_leads_where() -> None:
    nodes = {"double": DOUBLE, "triple": TRIPLE, "join": wl.CatenateLayer()}
    pairs = NetGraph(
        nodes,
        [
            (NetPort("Input"), "double"),
            ("double", "triple"),
            ("double", "join"),
            ("triple", "join"),
        ],
        input=1,
    )
    assert pairs([1.0]).tolist() == [2.0, 6.0]
    path = NetGraph(nodes, [("double", "triple"), (["double", "triple"], "join")], input=1)
    assert path([1.0]).tolist() == [2.0, 6.0]
    fan = NetGraph(
        nodes, [(NetPort("Input"), ["double", "triple"]), (["double", "triple"], "join")]
    )
    assert fan([1.0]).tolist() == [2.0, 3.0]
    long = NetGraph(nodes, [(NetPort("Input"), "double", "triple", "join", NetPort("Six"))])
    assert long.output_names == ("Six",)
    assert long([1.0]).tolist() == [6.0]


def test_sources_in_a_list_reach_the_inputs_of_a_layer_in_declared_order() -> None:
    nodes = {"a": linear([[1.0, 0.0]]), "b": linear([[0.0, 1.0]]), "f": "Subtract"}
    there = NetGraph(nodes, [(["a", "b"], "f")], input=2)
    back = NetGraph(nodes, [(["b", "a"], "f")], input=2)
    assert there([5.0, 3.0]).tolist() == [2.0]
    assert back([5.0, 3.0]).tolist() == [-2.0]
    loss = NetGraph(
        {"x": "Identity", "loss": wl.MeanSquaredLossLayer()}, [(["x", NetPort("T")], "loss")]
    )
    assert set(loss.input_names) == {"T", "Input"}
    assert float(loss({"Input": [1.0], "T": [3.0]})) == 4.0


def test_inputs_of_a_variadic_layer_are_numbered_in_order_of_arrival() -> None:
    nodes = {"double": DOUBLE, "triple": TRIPLE, "join": wl.CatenateLayer()}
    edges = [(NetPort("Input"), ["double", "triple"])]
    one = NetGraph(nodes, [*edges, ("triple", "join"), ("double", "join")])
    assert one([1.0]).tolist() == [3.0, 2.0]
    named = [("triple", NetPort("join", "2")), ("double", NetPort("join", "1"))]
    assert NetGraph(nodes, [*edges, *named])([1.0]).tolist() == [2.0, 3.0]


def test_a_vertex_given_by_position_or_by_its_number_as_a_name_is_the_same() -> None:
    by_number = NetGraph([DOUBLE, TRIPLE], [(1, 2)], input=1)
    by_name = NetGraph([DOUBLE, TRIPLE], [("1", "2")], input=1)
    assert by_number.edges == by_name.edges


def test_the_order_of_writing_does_not_matter_to_the_result() -> None:
    forth = NetGraph(
        [DOUBLE, TRIPLE, wl.LinearLayer(1, weights=[[1.0]], biases=[1.0])], [(1, 2, 3)]
    )
    back = NetGraph([wl.LinearLayer(1, weights=[[1.0]], biases=[1.0]), TRIPLE, DOUBLE], [(3, 2, 1)])
    assert same(forth([4.0]), back([4.0]))
    named = NetGraph({"c": DOUBLE, "b": TRIPLE, "a": 1}, [("a", "b"), ("b", "c")], input=1)
    assert list(named.nodes) == ["a", "b", "c"], (
        "vertices with names are kept in order of computing"
    )
    assert list(back.nodes) == [1, 2, 3], "numbers stay those of the user"
    assert wl.net_extract(back, 3).kind == "ElementwiseLayer"


# Implied ports


def test_one_open_input_is_called_input_and_one_open_output_output() -> None:
    net = NetGraph([3, "Ramp"], [(1, 2)], input=2)
    assert (net.input_names, net.output_names) == (("Input",), ("Output",))


def test_several_open_inputs_of_one_name_that_fit_are_one() -> None:
    net = NetGraph({**plus(3, 3)}, [(["a", "b"], "sum")])
    assert net.input_names == ("Input",)
    wider = NetGraph({**plus(3, wl.LinearLayer(3, input=4))}, [(["a", "b"], "sum")])
    assert wl.information(wider, "InputPorts") == {"Input": (4,)}
    led = NetGraph({**plus(3, 3)}, [(NetPort("Input"), "a"), (["a", "b"], "sum")])
    assert led.input_names == ("Input",)
    losses = {"one": wl.MeanSquaredLossLayer(), "two": wl.MeanSquaredLossLayer()}
    assert NetGraph(losses, []).input_names == ("Input", "Target")


def test_several_open_inputs_of_one_name_that_do_not_fit_are_numbered() -> None:
    four, five = (wl.LinearLayer(3, input=size) for size in (4, 5))
    net = NetGraph({**plus(four, five)}, [(["a", "b"], "sum")])
    assert net.input_names == ("Input1", "Input2")
    mean = {"one": wl.MeanSquaredLossLayer(input=4), "two": wl.MeanSquaredLossLayer(target=5)}
    assert set(NetGraph(mean, []).input_names) == {"Input1", "Input2", "Target1", "Target2"}
    words = wl.NetEncoder("Class", ["u", "v"], "UnitVector")
    coded = [wl.NetChain([3], input=words), wl.NetChain([3], input=words), wl.NetChain([3])]
    both = NetGraph({**plus(*coded[:2])}, [(["a", "b"], "sum")])
    assert both.ports["Input"].coder == words
    one = NetGraph({**plus(*coded[1:])}, [(["a", "b"], "sum")])
    assert one.input_names == ("Input1", "Input2")
    assert one.ports["Input1"].coder == words
    assert one.ports["Input2"].coder is None


def test_a_name_that_fits_is_one_beside_a_name_that_does_not() -> None:
    nodes = {
        "one": wl.CrossEntropyLossLayer("Binary", input=4),
        "two": wl.CrossEntropyLossLayer("Binary", input=4),
        "a": wl.LinearLayer(4, input=2),
        "b": wl.LinearLayer(4, input=3),
    }
    edges = [("a", NetPort("one", "Input")), ("b", NetPort("two", "Input"))]
    assert set(NetGraph(nodes, edges).input_names) == {"Input1", "Input2", "Target"}


def test_declared_ports_of_a_layer_with_any_number_of_inputs_are_all_open() -> None:
    three = wl.CatenateLayer(ports={"1": 2, "2": 3, "3": 4})
    assert NetGraph({"c": three}, []).input_names == ("Input1", "Input2", "Input3")
    led = NetGraph({"a": 2, "c": three}, [("a", NetPort("c", "1"))])
    assert set(led.input_names) == {"Input", "Input1", "Input2"}
    assert NetGraph({"c": wl.CatenateLayer(ports={"1": 2})}, []).input_names == ("Input1",)


def test_ports_that_are_spoken_of_by_number_are_numbered() -> None:
    net = NetGraph({**plus(3, 3)}, [(["a", "b"], "sum")], ports={"Input1": 4})
    assert net.input_names == ("Input1", "Input2")


def test_open_inputs_that_do_not_fit_are_numbered_in_order_of_the_vertices() -> None:
    net = NetGraph({**plus(3, 3)}, [(["a", "b"], "sum")], input1=4, input2=5)
    assert net.input_names == ("Input1", "Input2")
    assert wl.information(net, "ArraysDimensions")["a", "Weights"] == (3, 4)
    assert wl.information(net, "ArraysDimensions")["b", "Weights"] == (3, 5)


def test_numbers_of_implied_ports_pass_by_names_that_are_taken() -> None:
    edges = [(NetPort("Input1"), "c"), (["a", "b", "c"], "sum"), ("c", NetPort("Output1"))]
    sizes = [wl.LinearLayer(2, input=size) for size in (4, 5)]
    net = NetGraph({**plus(3, 3), "c": 3, "d": sizes[0], "e": sizes[1]}, edges)
    assert set(net.input_names) == {"Input1", "Input2", "Input3", "Input4", "Input5"}
    assert len(net.input_names) == 5
    assert set(net.output_names) == {"Output1", "Output2", "Output3", "Output4"}


def test_an_option_for_their_common_name_makes_several_open_inputs_one() -> None:
    net = NetGraph({**plus(3, 3)}, [("a", "sum"), ("b", "sum")], input=4)
    assert net.input_names == ("Input",)
    assert wl.information(net, "ArraysDimensions")["b", "Weights"] == (3, 4)


def test_a_port_used_twice_feeds_both() -> None:
    edges = [(NetPort("Input"), ["a", "b"]), (["a", "b"], "sum")]
    net = NetGraph({**plus(3, 3)}, edges, input=4)
    assert net.input_names == ("Input",)
    assert wl.information(net, "ArraysDimensions")["b", "Weights"] == (3, 4)


def test_several_open_outputs_of_one_name_are_numbered_in_order_of_the_vertices() -> None:
    net = NetGraph({"a": DOUBLE, "b": TRIPLE}, [(NetPort("Input"), ["a", "b"])])
    assert net.output_names == ("Output1", "Output2")
    answer = net([1.0])
    assert {name: x.tolist() for name, x in answer.items()} == {"Output1": [2.0], "Output2": [3.0]}


def test_open_ports_with_a_name_of_their_own_keep_it() -> None:
    net = NetGraph(
        {"read": 2, "loss": wl.MeanSquaredLossLayer()}, [("read", NetPort("loss", "Input"))]
    )
    assert set(net.input_names) == {"Input", "Target"}
    assert net.output_names == ("Loss",)


def test_several_losses_are_numbered_and_single_ones_are_not() -> None:
    nodes = {"read": 2, "one": wl.MeanSquaredLossLayer(), "two": wl.MeanAbsoluteLossLayer()}
    edges = [("read", [NetPort("one", "Input"), NetPort("two", "Input")])]
    net = NetGraph(nodes, edges, input=3)
    assert net.output_names == ("Loss1", "Loss2")
    assert set(net.input_names) == {"Input", "Target"}
    declared = NetGraph(nodes, [*edges, ("one", NetPort("Loss"))], input=3)
    assert set(declared.output_names) == {"Loss", "Loss1"}


def test_an_output_led_to_none_is_left_out() -> None:
    nodes = {"a": DOUBLE, "b": TRIPLE}
    net = NetGraph(nodes, [(NetPort("Input"), ["a", "b"]), ("a", None)])
    assert net.output_names == ("Output",)
    assert net([1.0]).tolist() == [3.0]


def test_a_graph_whose_every_output_is_muted_is_refused() -> None:
    with pytest.raises(OptionError, match="a graph needs an output") as caught:
        NetGraph({"a": DOUBLE}, [("a", None)])
    assert "NetPort" in str(caught.value)


def test_one_vertex_may_feed_another_and_the_outside() -> None:
    net = NetGraph({"a": DOUBLE, "b": TRIPLE}, [("a", "b"), ("a", NetPort("Inner"))])
    assert {k: x.tolist() for k, x in net([1.0]).items()} == {"Inner": [2.0], "Output": [6.0]}


def test_one_vertex_may_feed_several_outputs() -> None:
    net = NetGraph({"a": 2}, [("a", NetPort("X")), ("a", NetPort("Y"))], input=3)
    ports = wl.information(net, "OutputPorts")
    assert ports == {"X": (2,), "Y": (2,)}
    answer = wl.net_initialize(net)([1.0, 2.0, 3.0])
    assert same(answer["X"], answer["Y"])


def test_an_input_may_lead_straight_to_no_vertex_twice() -> None:
    net = NetGraph([wl.ThreadingLayer("Times")], [(NetPort("X"), 1), (NetPort("X"), 1)])
    assert net([3.0]).tolist() == [9.0]


# Conversion, nesting, coders


def test_a_chain_becomes_a_graph_that_gives_the_same() -> None:
    chain = wl.net_initialize(NetChain({"a": 3, "b": "Tanh", "c": 1}, input=2))
    graph = NetGraph(chain)
    assert list(graph.nodes) == ["a", "b", "c"]
    assert same(graph([1.0, 2.0]), chain([1.0, 2.0]))
    numbered = NetGraph(NetChain([3, "Ramp"], input=2))
    assert list(numbered.nodes) == [1, 2]
    assert wl.information(numbered, "InputPorts") == {"Input": (2,)}


def test_a_chain_with_coders_keeps_them_as_a_graph() -> None:
    encoder = NetEncoder("Class", ["a", "b"], "UnitVector")
    decoder = wl.NetDecoder("Class", ["x", "y"])
    chain = wl.net_initialize(NetChain([2, wl.SoftmaxLayer()], input=encoder, output=decoder))
    graph = NetGraph(chain)
    assert graph("a") == chain("a")
    assert wl.net_extract(graph, "Input") == encoder


def test_a_chain_keeps_its_rules_and_its_shared_arrays_as_a_graph() -> None:
    shared = wl.LinearLayer(2, weights=wl.NetSharedArray("w"))
    rules = [(wl.Span(2, 3), 0.5), (1, None)]
    for nodes in ([shared, "Tanh", shared, 1], {"a": shared, "b": "Tanh", "c": shared, "d": 1}):
        chain = wl.net_initialize(NetChain(nodes, input=2, learning_rate_multipliers=rules))
        graph = NetGraph(chain)
        for name in ("Arrays", "ArraysLearningRateMultipliers"):
            assert same(wl.information(graph, name), wl.information(chain, name))
        assert same(graph([1.0, 2.0]), chain([1.0, 2.0]))


def test_a_layer_becomes_a_graph_with_one_vertex() -> None:
    graph = NetGraph(wl.LinearLayer(2, weights=[[1.0], [2.0]]))
    assert list(graph.nodes) == [1]
    with pytest.raises(OptionError, match="takes no edges"):
        NetGraph(wl.LinearLayer(2), [(1, 2)])


def test_graphs_nest_and_keep_their_ports() -> None:
    inner = NetGraph({"a": DOUBLE, "b": TRIPLE}, [(NetPort("Input"), ["a", "b"])])
    edges = [(NetPort("v", "Output1"), "f"), (NetPort("v", "Output2"), "f")]
    net = NetGraph({"v": inner, "f": "Subtract"}, edges)
    assert net([1.0]).tolist() == [-1.0]


def test_the_encoder_of_a_vertex_becomes_that_of_the_port_and_stays_nowhere_else() -> None:
    encoder = NetEncoder("Class", ["a", "b"], "UnitVector")
    net = NetGraph({"v": wl.LinearLayer(2, input=encoder), "w": "Ramp"}, [("v", "w")])
    assert wl.net_extract(net, "Input") == encoder
    assert net.nodes["v"].ports["Input"].coder is None
    inside = NetGraph({"u": 2, "v": wl.LinearLayer(2, input=encoder)}, [("u", "v")], input=3)
    assert wl.net_extract(inside, ("v", "Input")) == (2,)


# Errors


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ([("a", "b"), ("b", "a")], ["circle", "'a'", "'b'"]),
        ([("a", "a")], ["circle"]),
        ([("a", "bb")], ["unknown vertex 'bb'", "edge 1", "did you mean 'b'"]),
        ([("a", "b"), (7, "b")], ["unknown vertex 7", "edge 2"]),
        ([("a", "Output")], ["unknown vertex 'Output'", 'NetPort("Output")']),
        ([("a", NetPort("b", "Inptu"))], ["no input 'Inptu'", "did you mean 'Input'", "edge 1"]),
        ([(NetPort("a", "Outptu"), "b")], ["no output 'Outptu'", "did you mean 'Output'"]),
        ([("a", "b"), (NetPort("Input"), "b")], ["two edges", "'Input' of vertex 'b'", "edge 2"]),
        ([("a", NetPort("X")), ("b", NetPort("X"))], ["two edges", "output 'X' of the graph"]),
        ([(["a", "b"], NetPort("X"))], ["an output of a graph has one source", "edge 1"]),
        ([("a", "loss")], ["needs the port by name", "vertex 'loss'", "Target", 'NetPort("loss"']),
        ([(["a", "b", "a"], "loss")], ["3 sources for 2 inputs", "vertex 'loss'"]),
        ([("a", 1.5)], ["joins vertices and ports", "1.5"]),
        ([(None, "b")], ["joins vertices and ports", "None"]),
        ([("a", NetPort("b", "Input", "x"))], ["joins vertices and ports"]),
        ([("a",)], ["a tuple (source, target)", "edge 1"]),
        (["ab"], ["a tuple (source, target)", "'ab'"]),
        ([["a", "b"]], ["a tuple (source, target)"]),
        ("a->b", ["edges are a list"]),
        ({"a": "b"}, ["edges are a list"]),
        (3, ["edges are a list"]),
    ],
)
def test_an_edge_that_cannot_be_is_told_with_its_place_and_a_repair(edges: Any, words: Any) -> None:
    nodes = {"a": wl.LinearLayer(2), "b": wl.LinearLayer(2), "loss": wl.MeanSquaredLossLayer()}
    with pytest.raises(OptionError) as caught:
        NetGraph(nodes, edges)
    for word in words:
        assert word.replace('"', "'") in str(caught.value).replace('"', "'")


def test_a_source_with_several_outputs_needs_the_port_by_name() -> None:
    inner = NetGraph({"a": DOUBLE, "b": TRIPLE}, [(NetPort("Input"), ["a", "b"])])
    with pytest.raises(OptionError, match="several outputs needs the port by name") as caught:
        NetGraph({"v": inner, "w": 1}, [("v", "w")])
    assert "Output1, Output2" in str(caught.value)


def test_ends_that_do_not_fit_are_both_named() -> None:
    nodes = {"a": wl.LinearLayer(3), "b": wl.LinearLayer(1, input=4)}
    with pytest.raises(ShapeError) as caught:
        NetGraph(nodes, [("a", "b")])
    told = str(caught.value)
    for word in ("a LinearLayer", "b", "(3,)", "4"):
        assert word in told


def test_unknown_port_options_are_all_told_at_once() -> None:
    with pytest.raises(OptionError) as caught:
        NetGraph({"a": 2}, [], inptu=3, ports={"Outptu": 2})
    told = str(caught.value)
    assert "2 faults" in told
    assert "did you mean 'Input' or 'input'" in told or "did you mean 'input'" in told
    assert "'Outptu'" in told


def test_a_port_may_be_given_by_name_or_in_snake_case() -> None:
    nodes, edges = {"a": 2}, [(NetPort("Left"), "a"), ("a", NetPort("TheEnd"))]
    one = NetGraph(nodes, edges, left=3, the_end=2)
    two = NetGraph(nodes, edges, ports={"Left": 3, "TheEnd": 2})
    assert one == two
    assert wl.information(one, "InputPorts") == {"Left": (3,)}


@pytest.mark.parametrize("wrong", [[], {}])
def test_a_graph_of_nothing_is_refused(wrong: Any) -> None:
    with pytest.raises(OptionError, match="at least one layer"):
        NetGraph(wrong, [])


# Values and evaluation


def test_a_loss_with_an_index_target_takes_indices() -> None:
    nodes = {"p": wl.SoftmaxLayer(), "loss": wl.CrossEntropyLossLayer("Index")}
    net = NetGraph(nodes, [("p", NetPort("loss", "Input"))], input=3)
    data = {"Input": [[0.0, 0.0, 0.0]], "Target": [2]}
    assert net(data) == pytest.approx(np.log(3), rel=1e-6)
    with pytest.raises(wl.DataError, match="port Target"):
        net({"Input": [[0.0, 0.0, 0.0]], "Target": [4]})


def test_the_repr_of_a_graph_reads_back() -> None:
    inner = NetGraph({"a": 2, "b": 2}, [(NetPort("Input"), ["a", "b"])], input=3)
    nodes = {"v": inner, "t": wl.TotalLayer(), "loss": wl.MeanSquaredLossLayer(), "x": "Tanh"}
    edges = [
        ([NetPort("v", "Output1"), NetPort("v", "Output2")], "t"),
        ("t", NetPort("loss", "Input")),
        ("t", "x", NetPort("Answer")),
    ]
    net = NetGraph(nodes, edges, learning_rate_multipliers={("v", "a"): 0.5})
    for each in (net, inner, NetGraph([3, "Ramp"], [(2, 1)]), wl.net_initialize(net)):
        assert eval(repr(each), dict(vars(wl))) == each


def test_muted_outputs_stay_muted_when_read_back() -> None:
    net = NetGraph({"a": DOUBLE, "b": "Tanh"}, [(NetPort("Input"), ["a", "b"]), ("a", None)])
    names = {**vars(wl), "Expression": type(DOUBLE.parameters["Function"])}
    assert eval(repr(net), names) == net
