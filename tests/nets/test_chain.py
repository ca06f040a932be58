"""Chains as values: shorthands, addressing, ports, coders, errors, equality. Semantics §1.1-1.3."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import NetChain, NetDecoder, NetEncoder, OptionError, ShapeError
from wlnet.core.net import same

UNARY = [
    "Ramp",
    "Tanh",
    "LogisticSigmoid",
    "SoftRamp",
    "Sin",
    "Cos",
    "Tan",
    "ArcSin",
    "ArcCos",
    "ArcTan",
    "Sinh",
    "Cosh",
    "ArcSinh",
    "ArcCosh",
    "ArcTanh",
    "Log",
    "Exp",
    "Sqrt",
    "Square",
    "Abs",
    "Round",
    "Ceiling",
    "Floor",
    "Sign",
    "Gamma",
    "LogGamma",
    "Erf",
    "Erfc",
    "InverseErf",
    "CubeRoot",
    "Csch",
    "Reciprocal",
    "Identity",
    "ReLU",
    "RectifiedLinearUnit",
    "ELU",
    "ExponentialLinearUnit",
    "SELU",
    "GELU",
    "Swish",
    "HardSwish",
    "Mish",
    "SoftSign",
    "SoftPlus",
    "HardTanh",
    "HardSigmoid",
    "Sigmoid",
]


def node(shorthand: Any) -> Any:
    """What a shorthand becomes, as it stands in the chain."""
    return NetChain([shorthand]).nodes[1]


# Shorthands


def test_a_positive_integer_is_a_linear_layer() -> None:
    assert node(3) == wl.LinearLayer(3)
    assert node(np.int64(3)) == wl.LinearLayer(3)


@pytest.mark.parametrize("name", UNARY)
def test_the_name_of_a_function_is_an_elementwise_layer(name: str) -> None:
    assert node(name) == wl.ElementwiseLayer(name)


@pytest.mark.parametrize("name", ["Plus", "Times", "Subtract", "Divide", "Power", "Min", "Max"])
def test_the_name_of_a_function_of_several_is_a_threading_layer(name: str) -> None:
    graph = wl.NetGraph({"a": 1, "b": 1, "f": name}, [(["a", "b"], "f")], input=2)
    assert graph.nodes["f"] == wl.ThreadingLayer(name)


def test_a_callable_of_one_number_is_an_elementwise_layer() -> None:
    layer = node(lambda x: x * np.tanh(x))
    assert layer.kind == "ElementwiseLayer"
    assert float(layer(0.5)) == pytest.approx(0.5 * np.tanh(0.5), rel=1e-6)
    assert node(np.tanh) == wl.ElementwiseLayer("Tanh")


def test_lists_and_dicts_are_nested_chains() -> None:
    assert node([3, "Ramp"]) == NetChain([3, "Ramp"])
    assert node({"a": 3, "b": "Ramp"}) == NetChain({"a": 3, "b": "Ramp"})


def test_a_net_stands_for_itself() -> None:
    net = wl.net_initialize(NetChain([3], input=2))
    assert node(net) == net


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (0, "position 2"),
        (-3, "position 2"),
        (2.5, "position 2"),
        (True, "position 2"),
        (None, "position 2"),
        ("Rampp", "did you mean 'Ramp'"),
        (wl.LinearLayer, r"LinearLayer\(\) makes the layer"),
        (lambda a, b: a + b, r"ThreadingLayer\(function\)"),
    ],
)
def test_what_is_no_layer_is_refused_with_its_position(wrong: Any, words: str) -> None:
    with pytest.raises(OptionError, match="not a layer, a net, or a shorthand") as caught:
        NetChain([3, wrong])
    assert "position 2" in str(caught.value)
    with pytest.raises(OptionError, match=words):
        NetChain([3, wrong])


def test_what_is_no_layer_in_a_named_chain_is_told_by_its_name() -> None:
    with pytest.raises(OptionError, match="position 'read'"):
        NetChain({"encode": 3, "read": None})


# Addressing


def test_nodes_are_addressed_by_position_and_by_name() -> None:
    named = NetChain({"encode": 3, "act": "Tanh", "read": 1}, input=2)
    assert wl.net_extract(named, 1) == wl.net_extract(named, "encode")
    assert wl.net_extract(named, -1) == wl.net_extract(named, "read")
    assert NetChain([("encode", 3), ("act", "Tanh"), ("read", 1)], input=2) == named
    listed = NetChain([3, "Tanh", 1], input=2)
    assert list(listed.nodes) == [1, 2, 3]
    assert wl.net_extract(listed, -2) == wl.ElementwiseLayer("Tanh", input=3)


@pytest.mark.parametrize("empty", [[], {}, ()])
def test_a_chain_of_nothing_is_refused(empty: Any) -> None:
    with pytest.raises(OptionError, match="at least one layer"):
        NetChain(empty)


def test_names_are_strings_and_occur_once() -> None:
    with pytest.raises(OptionError, match="names of nodes are strings"):
        NetChain({1: 3, "b": 2})
    with pytest.raises(OptionError, match="names of nodes are strings"):
        NetChain({"": 3})
    with pytest.raises(OptionError, match="occur once") as caught:
        NetChain([("a", 3), ("b", 2), ("a", 1)])
    assert "a" in str(caught.value)


@pytest.mark.parametrize("wrong", [wl.LinearLayer(3), 3, "Ramp", None])
def test_a_chain_takes_a_list_or_a_dict(wrong: Any) -> None:
    with pytest.raises(OptionError):
        NetChain(wrong)


def test_a_node_called_like_a_port_is_warned_of() -> None:
    with pytest.warns(wl.RuleWarning, match="the name means the port"):
        net = NetChain({"Input": 3, "b": 1}, input=2)
    assert wl.net_extract(net, "Input") == (2,)
    assert wl.net_extract(net, 1) == wl.LinearLayer(3, input=2)


def test_a_name_after_any_node_is_mended_by_one_that_is_there() -> None:
    nodes = {"body": [4, "Ramp", 3], "mid": "Tanh", "read": 2}
    for step in (wl.ANY, wl.ALL, wl.Span(1, 3), wl.Alternatives("body", "read")):
        with pytest.raises(wl.RuleError) as caught:
            NetChain(nodes, learning_rate_multipliers={(step, "bias"): 0})
        (fault,) = caught.value.faults
        assert "no part 'bias' in any of" in fault.what
        assert fault.fix == "did you mean 'Biases'?"
        net = NetChain(nodes, learning_rate_multipliers={(step, "Biases"): 0})
        rates = wl.information(net, "ArraysLearningRateMultipliers")
        assert [key for key, rate in rates.items() if rate == 0] == [("read", "Biases")]
    with pytest.raises(wl.RuleError, match=r"did you mean \('body', 1, 'Weights'\)"):
        NetChain({"body": [4, 3]}, learning_rate_multipliers={"Weights": 0})


def test_the_repair_for_a_node_behind_a_port_is_told_of_such_nodes_alone() -> None:
    hidden = "the name means the port"
    with pytest.warns(wl.RuleWarning, match=hidden):
        net = NetChain({"Input": 3, "r": "Ramp"}, input=2)
    for rules, told in (({"Input": 0}, True), ({"r": 0}, False)):
        with pytest.warns(wl.RuleWarning, match="without arrays") as heard:
            wl.net_replace_part(net, {"LearningRateMultipliers": rules})
        assert [hidden in str(each.message) for each in heard] == [told]


# Ports


def test_every_node_has_one_input_and_one_output() -> None:
    with pytest.raises(OptionError) as caught:
        NetChain([3, wl.MeanSquaredLossLayer(), wl.TotalLayer()])
    told = str(caught.value)
    assert "2 faults" in told
    assert "position 2 MeanSquaredLossLayer" in told
    assert "position 3 TotalLayer" in told
    assert "NetGraph" in told


def test_a_source_may_stand_first_and_nowhere_else() -> None:
    net = NetChain([wl.NetArrayLayer(array=[1.0, 2.0]), wl.ElementwiseLayer("Square")])
    assert net.input_names == ()
    assert net().tolist() == [1.0, 4.0]
    with pytest.raises(OptionError, match="position 2 NetArrayLayer"):
        NetChain([3, wl.NetArrayLayer(output=3)])


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(OptionError, match="did you mean 'input'"):
        NetChain([3], inptu=2)


def test_neighbours_that_do_not_fit_are_both_named_with_their_shapes() -> None:
    with pytest.raises(ShapeError) as caught:
        NetChain({"encode": wl.LinearLayer(3), "read": wl.LinearLayer(1, input=4)})
    told = str(caught.value)
    assert "encode" in told
    assert "read" in told
    assert "(3,)" in told
    assert "4" in told


def test_an_input_option_that_contradicts_is_a_shape_error() -> None:
    with pytest.raises(ShapeError, match="Input"):
        NetChain([wl.LinearLayer(3, input=4)], input=5)
    with pytest.raises(ShapeError, match="Output"):
        NetChain([wl.LinearLayer(3)], output=5)


# Coders


def test_coders_stay_at_the_ends_and_are_taken_off_inside() -> None:
    encoder, decoder = (
        NetEncoder("Class", ["a", "b"], "UnitVector"),
        NetDecoder("Class", ["x", "y"]),
    )
    first = NetChain([2], input=encoder, output=decoder)
    both = NetChain([first, 2, first.__class__([2], output=decoder)])
    assert wl.net_extract(both, "Input") == encoder
    assert wl.net_extract(both, "Output") == decoder
    assert wl.net_extract(both, (1, "Output")) == (2,)
    swapped = NetChain([2, first, 2], input=2)
    assert wl.net_extract(swapped, (2, "Input")) == (2,)
    assert wl.net_extract(swapped, (2, "Output")) == (2,)
    assert wl.net_extract(swapped, "Output") == (2,)


def test_an_encoder_has_no_place_on_an_output_nor_a_decoder_on_an_input() -> None:
    encoder, decoder = NetEncoder("Class", ["a", "b"]), NetDecoder("Class", ["a", "b"])
    for make in (
        lambda **ports: wl.LinearLayer(2, **ports),
        lambda **ports: NetChain([2], **ports),
        lambda **ports: wl.NetGraph([2], [], **ports),
        lambda **ports: wl.NetNestOperator(2, 2, **ports),
    ):
        with pytest.raises(OptionError, match=r"port Input .* takes an encoder"):
            make(input=decoder)
        with pytest.raises(OptionError, match=r"port Output .* takes a decoder"):
            make(output=encoder)


def test_a_given_port_wins_over_the_coder_of_the_first_node() -> None:
    inner = NetChain([2], input=NetEncoder("Class", ["a", "b"], "UnitVector"))
    other = NetEncoder("Class", ["p", "q"], "UnitVector")
    assert wl.net_extract(NetChain([inner, 1], input=other), "Input") == other
    assert wl.net_extract(NetChain([inner, 1], input=2), "Input") == (2,)


# Values


def test_a_net_never_changes_in_place() -> None:
    net = wl.net_initialize(NetChain([3, "Ramp"], input=2))
    with pytest.raises(OptionError, match="never changes in place"):
        net.nodes = {}
    with pytest.raises(OptionError, match="never changes in place"):
        del net.nodes
    with pytest.raises(TypeError):
        net.nodes[1] = wl.LinearLayer(3)
    with pytest.raises(ValueError, match="read-only"):
        wl.net_extract(net, (1, "Weights"))[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        wl.information(net, "Arrays")[1, "Weights"][0, 0] = 1


def test_arrays_given_are_copied_and_stay_the_givers() -> None:
    weights = np.ones((1, 2), np.float32)
    layer = wl.LinearLayer(1, weights=weights)
    weights[0, 0] = 5
    assert wl.net_extract(layer, "Weights").tolist() == [[1.0, 1.0]]
    assert weights.flags.writeable
    layers = [3, "Ramp"]
    NetChain(layers)
    assert layers == [3, "Ramp"]


def small() -> Any:
    return wl.net_initialize(NetChain({"a": 3, "b": "Ramp", "c": [2, "Tanh"]}, input=2))


def test_nets_are_equal_when_structure_options_and_every_bit_are() -> None:
    net = small()
    assert net == small()
    assert hash(net) == hash(small())
    assert len({net, small()}) == 1
    weights = wl.net_extract(net, ("a", "Weights")).copy()
    weights[0, 0] = np.nextafter(weights[0, 0], np.float32(9))
    assert wl.net_replace_part(net, {("a", "Weights"): weights}) != net
    assert wl.net_replace_part(net, {("a", "LearningRateMultipliers"): 0}) != net
    assert NetChain([3, "Ramp"]) != NetChain([3, "Tanh"])
    assert NetChain([3, "Ramp"]) != NetChain({"a": 3, "b": "Ramp"})
    assert NetChain([3], input=2) != NetChain([3], input=4)
    assert NetChain([3]) != wl.NetGraph([3], [])
    assert net != 3


def test_minus_zero_is_another_bit_pattern_than_zero() -> None:
    plus, minus = (wl.LinearLayer(1, weights=[[w]]) for w in (0.0, -0.0))
    assert plus != minus


@pytest.mark.parametrize(
    "copier", [copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))]
)
def test_copies_are_equal_and_evaluate_alike(copier: Any) -> None:
    net = small()
    net([1.0, 2.0])  # a net that has kept a program is copied too
    other = copier(net)
    assert other == net
    assert same(other([1.0, 2.0]), net([1.0, 2.0]))
    with pytest.raises(ValueError, match="read-only"):
        wl.net_extract(other, ("a", "Weights"))[0, 0] = 1


# Shown


NETS = {
    "chain": NetChain([3, "Ramp", [2, "Tanh"]], input=2),
    "named": NetChain({"a": 3, "b": {"c": "Tanh"}}),
    "rules": NetChain([3, 1], input=2, learning_rate_multipliers=[(1, None), (wl.ANY, 2)]),
    "frozen": NetChain([wl.LinearLayer(2, biases=None, learning_rate_multipliers=0)], input=3),
    "shared": NetChain([wl.LinearLayer(2, weights=wl.NetSharedArray("w"))] * 2, input=2),
    "coders": NetChain([2, wl.SoftmaxLayer()], output=NetDecoder("Class", ["a", "b"])),
    "map": wl.NetMapOperator([1], input=(4, 2)),
    "nest": wl.NetNestOperator([2], 3, input=2),
    "numbers": wl.net_initialize(NetChain([2, "Ramp"], input=3)),
}


@pytest.mark.parametrize("name", NETS)
def test_the_repr_of_a_small_net_reads_back(name: str) -> None:
    net = NETS[name]
    assert eval(repr(net), dict(vars(wl))) == net


def test_the_repr_shows_shapes_and_what_is_not_known() -> None:
    told = repr(NetChain([3, "Ramp", wl.LinearLayer()], input=2))
    assert "(2,) -> (3,)" in told
    assert "(3,) -> ?" in told or "(3,) -> (?)" in told


def test_large_arrays_are_not_written_out() -> None:
    told = repr(wl.net_initialize(NetChain([500], input=800)))
    assert "<array 500x800>" in told
    assert len(told) < 300


def test_the_html_has_the_multiplier_of_every_array() -> None:
    net = NetChain({"a": wl.LinearLayer(3, learning_rate_multipliers=0.25), "b": 2}, input=2)
    told = NetChain([net], learning_rate_multipliers=[((1, "b"), None)])._repr_html_()
    for name, rate in [
        ("1/a/Weights", "0.25 slowed"),
        ("1/a/Biases", "0.25 slowed"),
        ("1/b/Weights", "0 frozen"),
        ("1/b/Biases", "0 frozen"),
    ]:
        rows = [line.replace("<wbr>", "") for line in told.split("<tr>")]
        (row,) = [line for line in rows if f">{name}</th>" in line]
        assert f" {rate}</span>" in row


def test_names_in_the_html_are_escaped() -> None:
    told = NetChain({"<b>": 3}, input=2)._repr_html_()
    assert "<b>/" not in told and "'<b>'" not in told
    assert "&lt;b&gt;/<wbr>Weights" in told
