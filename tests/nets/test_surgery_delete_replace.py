"""net_delete and net_replace: nodes taken out, bridged, or changed for others, at any depth."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import (
    ALL,
    Alternatives,
    DropoutLayer,
    ElementwiseLayer,
    LinearLayer,
    MeanSquaredLossLayer,
    NetChain,
    NetDecoder,
    NetEncoder,
    NetGraph,
    NetMapOperator,
    NetPort,
    NetSharedArray,
    OptionError,
    PartError,
    RuleError,
    RuleWarning,
    ShapeError,
    Span,
    TotalLayer,
    net_delete,
    net_extract,
    net_initialize,
    net_replace,
    net_replace_part,
)

FIVE = NetChain({name: ElementwiseLayer("Tanh") for name in "abcde"}, input=2)
IN = NetPort("Input")


# net_delete


@pytest.mark.parametrize(
    ("part", "left"),
    [
        (1, "bcde"),
        (-1, "abcd"),
        ("c", "abde"),
        (["a", -1], "bcd"),
        (Span(2, 4), "ae"),
        (Alternatives("a", 3), "bde"),
        ([Span("b", "c"), "b", 5], "ad"),
    ],
)
def test_delete_leaves_the_other_nodes_of_a_chain(part: Any, left: str) -> None:
    assert "".join(net_delete(FIVE, part).nodes) == left


def test_delete_reaches_into_nets_inside_nets_and_operators() -> None:
    net = NetChain({"x": NetMapOperator([3, "Tanh", 2]), "z": "Tanh"}, input=(4, 2))
    inner = net_delete(net, ("x", "Net", 2))
    assert inner == NetChain({"x": NetMapOperator([3, 2]), "z": "Tanh"}, input=(4, 2))
    assert net_delete(net, [("x", "Net", 2), "z"]) == NetChain(
        {"x": NetMapOperator([3, 2])}, input=(4, 2)
    )
    deep = NetChain([[["Tanh", "Sin"], "Ramp"]])
    assert net_delete(deep, (1, 1, 2)) == NetChain([[["Tanh"], "Ramp"]])


def test_the_ends_of_a_chain_lose_their_coders_with_their_nodes_and_keep_their_shapes() -> None:
    encoder, decoder = (
        NetEncoder("Class", ["a", "b"], "UnitVector"),
        NetDecoder("Class", ["x", "y", "z"]),
    )
    net = NetChain(["Ramp", 3, wl.SoftmaxLayer()], input=encoder, output=decoder)
    assert net_extract(net_delete(net, 1), "Input") == (2,)
    assert net_extract(net_delete(net, 1), "Output") == decoder
    assert net_extract(net_delete(net, 3), "Output") == (3,)
    assert net_extract(net_delete(net, 3), "Input") == encoder


def test_a_vertex_with_one_input_and_one_output_is_bridged() -> None:
    graph = NetGraph(
        {"a": 3, "b": "Tanh", "c": "Sin", "sum": TotalLayer()},
        [("a", "b", "c", "sum"), ("b", "sum")],
        input=2,
    )
    expected = NetGraph(
        {"a": 3, "c": "Sin", "sum": TotalLayer()}, [("a", "c", "sum"), ("a", "sum")], input=2
    )
    net = net_delete(graph, "b")
    assert set(net.edges) == set(expected.edges)
    filled = net_initialize(net)
    values = wl.information(filled, "Arrays")
    same = net_replace_part(net_initialize(expected), dict(values))
    assert np.array_equal(filled([0.5, 2]), same([0.5, 2]))


def test_the_ports_of_a_graph_lose_their_coders_with_the_vertices_behind_them() -> None:
    encoder = NetEncoder("Class", ["a", "b"], "UnitVector")
    decoder = NetDecoder("Class", ["x", "y", "z"])
    graph = NetGraph(
        {"a": 3, "b": "Tanh", "c": wl.SoftmaxLayer()},
        [("a", "b", "c")],
        input=encoder,
        output=decoder,
    )
    first, last, middle = (net_delete(graph, key) for key in "acb")
    assert (net_extract(first, "Input"), net_extract(first, "Output")) == ((3,), decoder)
    assert (net_extract(last, "Input"), net_extract(last, "Output")) == (encoder, (3,))
    assert (net_extract(middle, "Input"), net_extract(middle, "Output")) == (encoder, decoder)
    two = NetGraph(
        {"a": "Tanh", "b": "Sin", "sum": TotalLayer()},
        [(IN, "a", "sum"), (IN, "b", "sum")],
        input=encoder,
    )
    assert net_extract(net_delete(two, "a"), "Input") == encoder


def test_around_a_vertex_with_several_inputs_ports_are_left_open() -> None:
    graph = NetGraph(
        {"a": 3, "b": 3, "sum": TotalLayer(), "t": "Tanh"},
        [("a", "sum"), ("b", "sum"), ("sum", "t"), (IN, "a"), (IN, "b")],
        input=2,
    )
    net = net_delete(graph, "sum")
    assert (net.input_names, net.output_names) == (
        ("Input", "sum/Output"),
        ("Output", "a/Output", "b/Output"),
    )
    assert [net_extract(net, name) for name in net.port_names] == [(2,), (3,), (3,), (3,), (3,)]
    # The loss goes, and its target with it; what it judged is the output again.
    trained = NetGraph(
        {"net": 2, "loss": MeanSquaredLossLayer()}, [("net", NetPort("loss", "Input"))], input=3
    )
    assert set(trained.port_names) == {"Input", "Target", "Loss"}
    assert net_delete(trained, "loss") == NetGraph({"net": 2}, input=3)


def test_a_numbered_graph_counts_from_one_again() -> None:
    net = net_delete(NetGraph([3, "Ramp", "Tanh"], [(3, 1, 2)]), 1)
    assert net == NetGraph(["Ramp", "Tanh"], [(2, 1)])


def test_delete_leaves_its_argument_and_the_numbers_as_they_were() -> None:
    net = net_initialize(NetChain([3, "Ramp", 1], input=2))
    before = copy.deepcopy(net)
    smaller = net_delete(net, 2)
    assert net == before
    assert (
        net_extract(smaller, (2, "Weights")).tobytes() == net_extract(net, (3, "Weights")).tobytes()
    )


@pytest.mark.parametrize(
    ("part", "kind", "words"),
    [
        (9, PartError, ["no part 9", "1 to 5"]),
        ("f", PartError, ["no part 'f'", "a, b, c, d, e"]),
        (ALL, PartError, ["all nodes would be deleted", "at least one layer"]),
        ([1, 2, 3, 4, 5], PartError, ["all nodes would be deleted"]),
        ("Input", PartError, ["only nodes can be deleted"]),
        (("a", "Function"), PartError, ["only nodes can be deleted"]),
        ((), PartError, ["only nodes"]),
    ],
)
def test_what_cannot_be_deleted_is_named(part: Any, kind: Any, words: Any) -> None:
    with pytest.raises(kind) as error:
        net_delete(FIVE, part)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_arrays_operators_and_inner_ports_are_not_deleted() -> None:
    with pytest.raises(PartError, match=r"only nodes[\s\S]*net_replace_part"):
        net_delete(NetChain([3]), (1, "Biases"))
    with pytest.raises((PartError, OptionError), match="Net"):
        net_delete(NetChain([NetMapOperator(3), "Ramp"]), (1, "Net"))
    with pytest.raises(OptionError, match="net_delete takes a"):
        net_delete(LinearLayer(3), 1)
    inner = NetGraph(
        {"a": "Tanh", "b": "Sin", "sum": TotalLayer()}, [(IN, "a", "sum"), (IN, "b", "sum")]
    )
    with pytest.raises(OptionError, match=r"other ports[\s\S]*1[\s\S]*net_flatten"):
        net_delete(NetChain([inner, "Ramp"]), (1, "sum"))


def test_new_neighbours_that_do_not_fit_are_named() -> None:
    net = net_initialize(NetChain([3, 4, 5], input=2))
    with pytest.raises(
        ShapeError, match=r"without 2 its neighbours do not fit[\s\S]*Weights \(5, 4\)"
    ):
        net_delete(net, 2)
    with pytest.raises(ShapeError, match=r"without 1/2 "):
        net_delete(NetChain([net, "Ramp"]), (1, 2))


# net_replace

DEEP = NetChain({"a": [3, "Tanh"], "b": ["Tanh", ["Tanh", 2]]})


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("Tanh", 3),
        (ElementwiseLayer("Tanh"), 3),
        (LinearLayer(), 2),
        (LinearLayer(3), 1),
        (LinearLayer, 2),
        (wl.ElementwiseLayer, 3),
        (lambda node: node.kind == "LinearLayer", 2),
        (lambda node: node.parameters.get("OutputSize") == (2,), 1),
        (NetChain(["Tanh", 2]), 1),
        (NetChain([3, ElementwiseLayer("Tanh")]), 1),
    ],
)
def test_a_pattern_matches_what_agrees_with_it_at_any_depth(pattern: Any, count: int) -> None:
    replaced = net_replace(DEEP, [(pattern, "Sin")])
    sines = [
        layer
        for layer in wl.information(replaced, "LayersList")
        if layer == ElementwiseLayer("Sin")
    ]
    assert len(sines) == count


def test_the_first_pattern_that_matches_decides_and_the_new_is_not_looked_at_again() -> None:
    net = NetChain([3, "Tanh", 4])
    swapped = net_replace(
        net, [("Tanh", "Sin"), ("Sin", "Tanh"), (LinearLayer(4), 5), (LinearLayer, 6)]
    )
    assert swapped == NetChain([6, "Sin", 5])


def test_what_a_pattern_does_not_say_does_not_matter() -> None:
    net = net_initialize(NetChain([LinearLayer(3, biases=None), DropoutLayer(0.1)], input=2))
    assert (
        net_replace(net, {LinearLayer(3): LinearLayer(3)}).nodes[1].array_values["Biases"]
        is wl.AUTOMATIC
    )
    assert net_replace(net, {DropoutLayer(): "Ramp"}).nodes[2].function == "Ramp"
    for pattern in (
        LinearLayer(3, weights=np.ones((3, 2))),
        DropoutLayer(0.2),
        LinearLayer(3, input=4),
    ):
        with pytest.warns(RuleWarning):
            assert net_replace(net, {pattern: "Ramp"}) == net
    assert net_replace(net, {LinearLayer(biases=None): 3}) != net


@pytest.mark.parametrize(
    ("default", "other", "silent"),
    [
        (DropoutLayer(0.5), DropoutLayer(0.3), DropoutLayer()),
        (wl.PoolingLayer(2, 1), wl.PoolingLayer(2, 2), wl.PoolingLayer(2)),
        (
            wl.BatchNormalizationLayer(momentum=0.9),
            wl.BatchNormalizationLayer(momentum=0.5),
            wl.BatchNormalizationLayer(),
        ),
    ],
)
def test_a_parameter_that_is_given_its_default_is_given(
    default: Any, other: Any, silent: Any
) -> None:
    assert default == silent
    net = NetChain([other, default])
    for pattern in (default, pickle.loads(pickle.dumps(default)), copy.deepcopy(default)):
        assert net_replace(net, {pattern: "Ramp"}) == NetChain([other, "Ramp"])
    assert net_replace(net, {silent: "Ramp"}) == NetChain(["Ramp", "Ramp"])


@pytest.mark.parametrize("key", [1, 2, 3, 4, (5, 1), (5, 2)])
@pytest.mark.parametrize("made", [lambda net: net, net_initialize])
@pytest.mark.filterwarnings("error")
def test_a_node_that_was_taken_out_is_a_pattern_of_itself(key: Any, made: Any) -> None:
    net = made(NetChain([3, DropoutLayer(0.5), LinearLayer(4, weights=2), "Tanh", DEEP], input=2))
    assert net_replace(net, {net[key]: net[key]})["Output"] == net["Output"]


def test_a_pattern_may_say_what_its_place_tells() -> None:
    net = NetChain([3, 3, "Ramp"], input=2)
    assert net_replace(net, {LinearLayer(3, input=2): "Tanh"}) == NetChain(
        ["Tanh", 3, "Ramp"], input=2
    )
    assert net_replace(net, {LinearLayer(3, input=3, output=3): "Tanh"}) == NetChain(
        [3, "Tanh", "Ramp"], input=2
    )
    inner = NetChain([["Ramp", 3], 3], input=2)
    assert net_replace(inner, {NetChain(["Ramp", 3], input=2): 5}) == NetChain([5, 3], input=2)


def test_a_number_in_a_pattern_is_what_fills_the_array() -> None:
    net = NetChain([LinearLayer(2, weights=1), 2], input=2)
    assert net_replace(net, {LinearLayer(weights=1): "Ramp"}) == NetChain(["Ramp", 2], input=2)
    with pytest.warns(RuleWarning, match="nothing in the net matches"):
        net_replace(net, {LinearLayer(weights=2): "Ramp"})


def test_a_function_that_does_not_answer_yes_or_no_is_refused() -> None:
    with pytest.raises(OptionError, match="answers True or False"):
        net_replace(NetChain([3]), {lambda node: np.array([True, False]): "Ramp"})


def test_the_repair_for_rules_of_what_went_can_be_done() -> None:
    net = NetChain([3, LinearLayer(1, weights=NetSharedArray("w"))], input=2)
    ruled = net_replace_part(net, {"LearningRateMultipliers": {NetSharedArray("w"): 0, 1: 2}})
    edits = [
        (lambda net: net_replace(net, {LinearLayer(1): LinearLayer(1)}), ruled, ()),
        (lambda net: net_replace_part(net, {2: 1}), ruled, ()),
        (lambda net: net_replace(net, {LinearLayer(1): 1}), NetChain([ruled]), (1,)),
    ]
    for edit, whole, at in edits:
        with pytest.raises(wl.RuleError) as caught:
            edit(whole)
        (fault,) = caught.value.faults
        part = (*at, "LearningRateMultipliers") if at else "LearningRateMultipliers"
        assert f"net_replace_part of {part!r}" in str(fault.fix)
        before = edit(net_replace_part(whole, {part: {1: 2}}))
        assert net_extract(before, part) == {1: 2}


def test_layers_that_only_fit_together_are_replaced_together() -> None:
    weights = np.ones((3, 3))
    net = NetChain([LinearLayer(3, weights=weights), "Tanh", LinearLayer(3, weights=weights)])
    four = LinearLayer(4, weights=np.ones((4, 4)))
    assert net_replace(net, {LinearLayer: four}) == NetChain([four, "Tanh", four])
    assert net_replace_part(net, {Alternatives(1, 3): four}) == NetChain([four, "Tanh", four])


def test_nothing_in_place_of_a_layer_deletes_it() -> None:
    assert net_replace(DEEP, {"Tanh": None}) == NetChain({"a": [3], "b": [[2]]})
    assert net_replace(DEEP, {"Tanh": None, LinearLayer(3): "Sin"}) == NetChain(
        {"a": ["Sin"], "b": [[2]]}
    )


@pytest.mark.parametrize("name", ["Input", "Output"])
@pytest.mark.parametrize("rules", [wl.AUTOMATIC, {"b": 0}])
def test_a_node_may_be_called_like_a_port_and_still_goes(name: str, rules: Any) -> None:
    with pytest.warns(RuleWarning, match="called like a port"):
        net = NetChain(
            {"a": 4, "b": {name: "Tanh", "c": 3}, name: "Tanh", "d": 2},
            learning_rate_multipliers=rules,
        )
    left = NetChain({"a": 4, "b": {"c": 3}, "d": 2}, learning_rate_multipliers=rules)
    assert net_replace(net, {"Tanh": None}) == left


def test_a_bare_layer_is_replaced_as_a_whole() -> None:
    assert net_replace(ElementwiseLayer("Tanh"), {"Tanh": "Ramp"}) == ElementwiseLayer("Ramp")
    with pytest.raises(OptionError, match="cannot be deleted"):
        net_replace(ElementwiseLayer("Tanh"), {"Tanh": None})


def test_no_match_is_a_warning_at_the_line_of_the_user_and_the_same_net() -> None:
    with pytest.warns(RuleWarning, match=r"nothing in the net matches[\s\S]*'Sin'") as caught:
        assert net_replace(DEEP, {"Sin": "Cos"}) is DEEP
    assert caught[0].filename == __file__


def test_replacements_that_cannot_be_are_refused() -> None:
    with pytest.raises(OptionError, match=r"\{pattern: layer"):
        net_replace(DEEP, "Tanh")
    with pytest.raises(OptionError, match="as many ports"):
        net_replace(DEEP, {"Tanh": TotalLayer()})
    with pytest.raises(OptionError, match="a pattern is a layer, a class of layers"):
        net_replace(DEEP, {int: "Tanh"})
    with pytest.raises(OptionError, match="not a layer"):
        net_replace(DEEP, {"Tanh": 0.5})
    with pytest.raises(ShapeError, match="does not fit"):
        net_replace(net_initialize(NetChain([3, 4, 5], input=2)), {LinearLayer(4): LinearLayer(6)})
    with pytest.raises(OptionError, match="takes a net"):
        net_replace([3], {"Tanh": 2})


def test_rules_hold_on_to_the_place_or_say_that_they_cannot() -> None:
    net = NetChain([3, "Tanh"], learning_rate_multipliers={1: 0})
    assert net_replace(net, {LinearLayer: 4}).learning_rate_multipliers == {1: 0}
    net = NetChain([3, "Tanh"], learning_rate_multipliers={(1, "Weights"): 0})
    with pytest.raises(RuleError, match="do not fit the new part"):
        net_replace(net, {LinearLayer: "Ramp"})


def test_an_array_that_is_shared_elsewhere_stays() -> None:
    w = NetSharedArray("w")
    net = net_initialize(
        NetChain(
            [LinearLayer(2, weights=w), "Tanh", LinearLayer(2, weights=w, biases=None)], input=2
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        replaced = net_replace(net, {LinearLayer(biases=None): LinearLayer(2)})
    assert net_extract(replaced, w).tobytes() == net_extract(net, w).tobytes()
    gone = net_replace(net, {LinearLayer: LinearLayer(2)})
    assert net_extract(gone, NetSharedArray(ALL)) == {}
    assert net_extract(net, (1, "Weights")).shape == (2, 2)
