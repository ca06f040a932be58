"""net_replace_part: what each kind of part takes, and the laws of a lens with net_extract."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import wlnet as wl
from tests.nets.marks import quietly
from tests.reference_rules import places
from tests.strategies import build, trees
from wlnet import (
    ALL,
    ANY,
    AUTOMATIC,
    ElementwiseLayer,
    NetChain,
    NetDecoder,
    NetGraph,
    NetNestOperator,
    NetSharedArray,
    OptionError,
    PartError,
    RuleError,
    ShapeError,
    Span,
    net_extract,
    net_initialize,
    net_replace_part,
)
from wlnet.core.errors import Fault, fail
from wlnet.core.net import Net, same

RATES = "LearningRateMultipliers"


def test_numbers_of_the_same_shape_take_the_place_of_others() -> None:
    net = NetChain([3, "Ramp"], input=2)
    new = net_replace_part(net, {(1, "Weights"): np.ones((3, 2)), (1, "Biases"): [1, 2, 3]})
    assert net_extract(new, (1, "Weights")).tolist() == [[1, 1]] * 3
    assert (
        net_extract(net_replace_part(new, [((1, "Biases"), AUTOMATIC)]), (1, "Biases")) is AUTOMATIC
    )
    assert net_extract(net_replace_part(new, {(1, "Biases"): None}), (1, "Biases")) is None
    assert net_extract(net, (1, "Weights")) is AUTOMATIC
    with pytest.raises(ShapeError, match=r"1/Weights[\s\S]*\(2, 2\)[\s\S]*\(3, 2\)"):
        net_replace_part(net, {(1, "Weights"): np.ones((2, 2))})
    with pytest.raises(OptionError, match=r"may not be absent[\s\S]*1/Weights"):
        net_replace_part(net, {(1, "Weights"): None})
    with pytest.raises(OptionError, match="not an array of numbers"):
        net_replace_part(net, {(1, "Weights"): "many"})
    with pytest.raises(OptionError, match="not finite"):
        net_replace_part(net, {(1, "Biases"): [np.nan, 1, 2]})


def test_shared_arrays_are_tied_changed_everywhere_and_untied() -> None:
    w = NetSharedArray("w")
    net = net_initialize(NetChain([2, "Ramp", 2], input=2))
    tied = net_replace_part(net, [((1, "Weights"), w), ((3, "Weights"), w)])
    assert net_extract(tied, w).tobytes() == net_extract(net, (1, "Weights")).tobytes()
    both = net_replace_part(tied, {w: np.ones((2, 2))})
    assert net_extract(both, (3, "Weights")).tolist() == [[1, 1], [1, 1]]
    loose = net_replace_part(both, {(1, "Weights"): np.zeros((2, 2))})
    assert net_extract(loose, (3, "Weights")).tolist() == [[1, 1], [1, 1]]
    gone = net_replace_part(loose, {(3, "Weights"): np.zeros((2, 2))})
    assert net_extract(gone, NetSharedArray(ALL)) == {}
    with pytest.raises(PartError, match="no shared array 'v'"):
        net_replace_part(tied, {NetSharedArray("v"): np.ones((2, 2))})
    with pytest.raises(ShapeError):
        net_replace_part(tied, {w: np.ones((3, 2))})
    with pytest.raises(OptionError, match="a shared array holds numbers"):
        net_replace_part(tied, {w: None})
    norm = NetChain([wl.BatchNormalizationLayer()], input=2)
    with pytest.raises(OptionError, match="running statistic"):
        net_replace_part(norm, {(1, "MovingMean"): w})


def test_ports_take_shapes_and_coders_and_coders_new_parameters() -> None:
    net = NetChain([3, wl.SoftmaxLayer()], input=2)
    decoded = net_replace_part(net, {"Output": NetDecoder("Class", ["x", "y", "z"])})
    assert list(net_extract(decoded, ("Output", "Labels"))) == ["x", "y", "z"]
    renamed = net_replace_part(decoded, {("Output", "Labels"): ["k", "l", "m"]})
    assert list(net_extract(renamed, ("Output", "Labels"))) == ["k", "l", "m"]
    assert net_extract(net_replace_part(decoded, {"Output": None}), "Output") == (3,)
    assert net_extract(net_replace_part(net, {"Input": 5}), "Input") == (5,)
    with pytest.raises(ShapeError):
        net_replace_part(net_initialize(net), {"Input": 5})
    with pytest.raises(OptionError, match="coders stand at the ports of the whole net"):
        net_replace_part(net, {(1, "Output"): NetDecoder("Class", ["x", "y", "z"])})
    with pytest.raises(PartError, match="no coder"):
        net_replace_part(net, {("Output", "Labels"): ["x"]})


def test_nodes_take_any_net_that_fits() -> None:
    net = NetChain([3, "Ramp", 1], input=2)
    assert net_replace_part(net, {2: "Tanh"}) == NetChain([3, "Tanh", 1], input=2)
    assert net_replace_part(net, {1: [4, "Sin"]}) == NetChain([[4, "Sin"], "Ramp", 1], input=2)
    assert net_replace_part(net, {Span(1, 3): "Tanh"}) == NetChain(["Tanh"] * 3, input=2)
    with pytest.raises(ShapeError, match=r"the new part at 1 does not fit[\s\S]*3 LinearLayer"):
        net_replace_part(net_initialize(net), {1: 4})
    with pytest.raises(OptionError, match=r"as many ports[\s\S]*TotalLayer"):
        net_replace_part(net, {2: wl.TotalLayer()})
    with pytest.raises(OptionError, match=r"not a layer[\s\S]*2"):
        net_replace_part(net, {2: 0.5})
    parts = NetGraph({"a": 3, "b": "Ramp"}, [("a", "b")], input=2)
    assert net_replace_part(parts, {"a": 4, "b": "Tanh"}) == NetGraph(
        {"a": 4, "b": "Tanh"}, [("a", "b")], input=2
    )


def test_rules_at_every_level_must_still_find_their_parts() -> None:
    inner = NetChain([3, "Ramp"], learning_rate_multipliers={(1, "Weights"): 0})
    net = NetChain([inner, 1])
    with pytest.raises(RuleError, match=r"the rules of 1 do not fit[\s\S]*Weights"):
        net_replace_part(net, {(1, 1): "Tanh"})
    outer = NetChain([[3, "Ramp"], 1], learning_rate_multipliers={(1, 1, "Weights"): 0})
    with pytest.raises(RuleError, match="the rules of the net do not fit"):
        net_replace_part(outer, {(1, 1): "Tanh"})


def test_multipliers_are_a_part_and_are_looked_at() -> None:
    net = NetChain([3, "Ramp", 1])
    frozen = net_replace_part(net, {(1, RATES): None, RATES: {3: 2}})
    assert net_extract(frozen, (1, RATES)) is None
    assert net_extract(frozen, RATES) == {3: 2}
    assert net_replace_part(frozen, {(1, RATES): AUTOMATIC, RATES: AUTOMATIC}) == net
    with pytest.raises(RuleError, match=r"rules for the net[\s\S]*no part 4"):
        net_replace_part(net, {RATES: {4: 1}})
    with pytest.raises(RuleError, match=r"rules for 1:[\s\S]*'Weights'"):
        net_replace_part(net, {(1, RATES): {"Wieghts": 1}})
    with pytest.raises(RuleError, match="neither a rate nor"):
        net_replace_part(net, {RATES: "frozen"})
    with pytest.raises(OptionError, match="no arrays"):
        net_replace_part(net, {(2, RATES): 0})


def test_parameters_are_set_where_they_can_be() -> None:
    net = NetChain([3, "Ramp"])
    assert net_replace_part(net, {(2, "Function"): "Tanh"}) == NetChain([3, "Tanh"])
    with pytest.raises(OptionError, match="OutputSize of a LinearLayer"):
        net_replace_part(net, {(1, "OutputSize"): -1})
    nested = NetChain({"head": NetNestOperator("Tanh", 2)})
    with pytest.raises(OptionError, match="make a new one"):
        net_replace_part(nested, {("head", "Iterations"): 3})


def test_replacements_go_from_left_to_right() -> None:
    net = net_replace_part(NetChain(["Ramp"]), [(1, [3, "Tanh"]), ((1, 2), "Sin")])
    assert net == NetChain([[3, "Sin"]])
    for wrong in ([1, 2], "x", 3, [(1,)]):
        with pytest.raises(OptionError, match=r"\{part: value"):
            net_replace_part(net, wrong)


# Laws of a lens


@st.composite
def nets_and_parts(draw: st.DrawFn) -> tuple[Any, Any]:
    """A random net of numbers, and an array, a node or an option in it."""
    tree = draw(trees(depth=2))
    net = quietly(build, tree, marked=True)
    arrays = [path for path, shared, _ in places(tree) if shared is None]
    parts: list[Any] = [*arrays, *[(*path[:-1], RATES) for path in arrays]]
    parts += [
        (key,)
        for key, node in net.nodes.items()
        if key not in net.port_names and not getattr(node, "is_variadic", False)
    ]
    assume(parts)
    return net, draw(st.sampled_from(parts))


def value_for(net: Any, part: Any, data: Any) -> Any:
    old = net_extract(net, part)
    if part[-1] == RATES:
        return data.draw(st.sampled_from([0, None, 2.5, [(ANY, -1)]]))
    if isinstance(old, np.ndarray):
        return np.full(old.shape, data.draw(st.integers(-9, 9)), np.float32)
    return data.draw(st.sampled_from([wl.DropoutLayer(), ElementwiseLayer("Tanh")]))


@given(nets_and_parts(), st.data())
def test_you_get_what_you_set_and_nothing_else_changes(drawn: Any, data: Any) -> None:
    net, part = drawn
    before = copy.deepcopy(net)
    value = value_for(net, part, data)
    try:
        new = quietly(net_replace_part, net, {part: value})
    except RuleError:
        assume(False)  # a rule of the net speaks for what a new node does not have
    found = net_extract(new, part)
    if isinstance(value, np.ndarray):
        assert found.tobytes() == value.tobytes()
        others = {key: a for key, a in wl.information(net, "Arrays").items() if key != part}
        after = wl.information(new, "Arrays")
        assert all(same(after[key], array) for key, array in others.items())
    elif part[-1] == RATES:
        assert found == value
    else:
        assert (found.kind, found.parameters) == (value.kind, value.parameters)
    assert net == before


@given(nets_and_parts())
def test_setting_what_you_got_changes_nothing(drawn: Any) -> None:
    net, part = drawn
    got = net_extract(net, part)
    new = quietly(net_replace_part, net, {part: got})
    if isinstance(got, Net):
        # A node comes out with the shapes that the net around told it; they are the same shapes.
        assert wl.information(new, "ArraysDimensions") == wl.information(net, "ArraysDimensions")
        assert wl.information(new, "ArraysLearningRateMultipliers") == wl.information(
            net, "ArraysLearningRateMultipliers"
        )
        assert net_extract(new, part) == got
    else:
        assert new == net


@given(nets_and_parts(), st.data())
def test_setting_twice_is_setting_the_last(drawn: Any, data: Any) -> None:
    net, part = drawn
    first, last = value_for(net, part, data), value_for(net, part, data)
    try:
        once = quietly(net_replace_part, net, {part: last})
        twice = quietly(net_replace_part, net, [(part, first), (part, last)])
    except RuleError:
        assume(False)
    assert once == twice


def test_replacements_of_one_call_need_to_fit_only_together() -> None:
    net = net_initialize(
        NetGraph({"a": 4, "map": [3, wl.SoftmaxLayer()]}, [("a", "map")], input=2, output=3)
    )
    two = [2, wl.SoftmaxLayer()]
    for edit in ({"map": two, "Output": 2}, {"Output": 2, "map": two}):
        assert net_extract(net_replace_part(net, edit), "Output") == (2,)
    with pytest.raises(ShapeError, match="the new part at map does not fit"):
        net_replace_part(net, {"map": two})
    with pytest.raises(ShapeError, match="the new parts at map and Output do not fit"):
        net_replace_part(net, {"map": two, "Output": 5})
    wider = net_replace_part(
        net_initialize(NetChain([3], input=2)), {"Input": 5, (1, "Weights"): np.ones((3, 5))}
    )
    assert wider(np.ones(5)).tolist() == [5, 5, 5]
    weights = net_initialize(NetChain([wl.LinearLayer(biases=None)], input=2, output=3))
    weights = net_replace_part(weights, {"Output": None})
    with pytest.raises(ShapeError, match=r"another shape[\s\S]*1/Weights[\s\S]*\(3, 2\)"):
        net_replace_part(net_extract(NetChain([weights]), 1), {(1, "Weights"): np.ones((4, 2))})


def test_parameters_of_one_call_need_to_go_together_only_in_the_end() -> None:
    layer = wl.ConvolutionLayer(4, 3, channel_groups=2, input=(6, 8, 8))
    both = {"ChannelGroups": 3, "OutputChannels": 6}
    for order in (both, dict(reversed(both.items()))):
        new = net_replace_part(layer, order)
        assert (new.channel_groups, new.output_channels) == (3, 6)
        inside = net_replace_part(
            NetChain([layer, "Ramp"]), {(1, name): value for name, value in order.items()}
        )
        assert (inside[1].channel_groups, inside[1].output_channels) == (3, 6)
    with pytest.raises(OptionError, match="cannot be divided into groups") as caught:
        net_replace_part(NetChain([layer, "Ramp"]), {(1, "ChannelGroups"): 3})
    assert caught.value.faults[0].at == "1"
    # A part that is put in whole later is asked by itself alone.
    parts = [((1, "ChannelGroups"), 3), (1, "Tanh")]
    assert isinstance(net_replace_part(NetChain([layer, "Ramp"]), parts)[1], ElementwiseLayer)


def test_arrays_of_a_layer_go_together_with_its_parameters(monkeypatch: Any) -> None:
    def check(layer: Any) -> None:
        if layer.biases is None:
            raise fail(OptionError, Fault("without biases it cannot be", at=layer.kind))

    monkeypatch.setattr(wl.LinearLayer, "check", check)
    with pytest.raises(OptionError, match="without biases") as caught:
        net_replace_part(NetChain([3, 2], input=2), {(2, "Biases"): None})
    assert caught.value.faults[0].at == "2"


def test_all_faults_of_one_call_are_told_at_once() -> None:
    net = NetChain([3, "Ramp", 1], input=2)
    with pytest.raises(PartError, match="4 faults") as caught:
        net_replace_part(
            net,
            [("x", 1), (2, 0.5), ((1, "Weights"), None), ((9, "Biases"), 0), (("x", "y"), "Ramp")],
        )
    for word in ("'x'", "not a layer", "may not be absent", "no part 9"):
        assert word in str(caught.value)
    with pytest.raises(ShapeError, match="2 faults"):
        net_replace_part(net, {(1, "Weights"): np.ones((2, 2)), (3, "Weights"): np.ones((3, 3))})


def test_what_was_inferred_is_not_given_when_a_part_is_taken_out() -> None:
    body = net_extract(NetChain({"body": {"a": 4, "b": 3}, "end": 2}, input=5), "body")
    assert net_extract(body, "Input") == (5,)
    assert net_extract(net_replace_part(body, {"b": 7}), "Output") == (7,)
    told = net_extract(NetChain(["Ramp", 3], output=3, input=2), 1)
    assert net_extract(net_replace_part(told, {"Input": 6}), "Output") == (6,)
