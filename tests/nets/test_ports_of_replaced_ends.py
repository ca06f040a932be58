"""What names the ports of a node follows a node with other names, and what was known of the inputs
of a layer that takes any number of them stays known."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest

import wlnet as wl

PORT = wl.NetPort


def forked(left: str, right: str) -> wl.NetGraph:
    """A net with two outputs of these names."""
    return wl.NetGraph({"a": 3, "b": 2}, [("a", PORT(left)), ("b", PORT(right))])


def joined(left: str, right: str, output: str = "Output") -> wl.NetGraph:
    """A net with two inputs of these names."""
    edges = [(PORT(left), PORT("c", "1")), (PORT(right), PORT("c", "2")), ("c", PORT(output))]
    return wl.NetGraph({"c": wl.CatenateLayer()}, edges)


def is_whole(net: wl.Net, tmp_path) -> bool:
    """Whether files, pickles, copies and the text of a net give it again."""
    wl.save(net, tmp_path / "net.wlnet")
    again = [wl.load(tmp_path / "net.wlnet"), pickle.loads(pickle.dumps(net)), copy.deepcopy(net)]
    return all(
        each == net and repr(each) == repr(net) for each in [*again, eval(repr(net), vars(wl))]
    )


def test_a_chain_is_called_like_the_ports_that_its_ends_have_now(tmp_path):
    behind = wl.net_replace_part(wl.NetChain([3, forked("u", "v")], input=2), {2: forked("p", "q")})
    assert behind.port_names == ("Input", "p", "q")
    assert behind == wl.NetChain([3, forked("p", "q")], input=2)
    before = wl.NetChain([joined("u", "v"), "Ramp"], u=3, v=wl.NetEncoder("UnitVector", 2))
    before = wl.net_replace_part(before, {1: joined("x", "y")})
    assert before == wl.NetChain([joined("x", "y"), "Ramp"], x=3, y=wl.NetEncoder("UnitVector", 2))
    assert is_whole(behind, tmp_path)
    assert is_whole(before, tmp_path)


def test_what_holds_the_chain_follows_in_turn(tmp_path):
    def nested(end: wl.Net, left: str, right: str) -> wl.NetGraph:
        edges = [(PORT("o", left), "x"), (PORT("o", right), "y")]
        return wl.NetGraph({"o": [1, wl.NetChain([3, end])], "x": 5, "y": 6}, edges, input=1)

    new = wl.net_replace_part(nested(forked("u", "v"), "u", "v"), {("o", 2, 2): forked("p", "q")})
    assert new == nested(forked("p", "q"), "p", "q")
    assert is_whole(new, tmp_path)


def test_an_end_whose_ports_would_clash_or_count_otherwise_is_refused():
    chain = wl.NetChain([joined("u", "v"), "Ramp"])
    with pytest.raises(wl.OptionError, match="would be an input and an output"):
        wl.net_replace_part(chain, {1: joined("Output", "v")})
    three = wl.TotalLayer(ports={"1": 3, "2": 3, "3": 3})
    with pytest.raises(wl.OptionError, match=r"as many ports\n.*\n.*'1', '2', '3'"):
        wl.net_replace_part(wl.NetChain([wl.CatenateLayer()]), {1: three})
    sums = wl.NetGraph({"a": 3, "b": 3, "t": "Plus"}, [(["a", "b"], "t")], input=3)
    with pytest.raises(wl.OptionError, match="as many ports"):
        wl.net_replace_part(sums, {"t": three})


@pytest.mark.parametrize("ports", [{"1000000000": 3}, {"1": 3, "3": 3}, {"1" * 5000: 3}, {"0": 3}])
def test_inputs_of_a_chain_count_from_one_without_gaps(ports):
    with pytest.raises(wl.OptionError, match="has no option"):
        wl.NetChain([wl.CatenateLayer(), 2], ports=ports)


def test_a_function_of_three_numbers_has_three_inputs_where_nobody_says():
    layer = wl.ThreadingLayer(lambda a, b, c: a * b + c)
    chain = wl.NetChain([layer, "Ramp"], ports={"1": 2})
    assert chain.input_names == ("1", "2", "3")
    assert chain({"1": [1, 2], "2": [3, 4], "3": [1, -9]}).tolist() == [4, 0]
    assert wl.NetGraph({"t": layer}).input_names == ("Input1", "Input2", "Input3")
    assert wl.NetChain([wl.ThreadingLayer(lambda a: 2 * a)], input=2)([1, 2]).tolist() == [2, 4]


def test_what_is_known_of_numbered_inputs_stays_known(tmp_path):
    inner = wl.NetChain({"cat": wl.CatenateLayer(), "l": 2}, ports={"1": 3, "2": 4})
    flat = wl.net_flatten(wl.NetChain({"c": inner, "d": 3}))
    assert wl.information(flat, "InputPorts") == {"1": (3,), "2": (4,)}
    assert is_whole(flat, tmp_path)
    forks = wl.NetGraph({"c": inner, "d": 3, "e": 4}, [("c", ["d", "e"])])
    assert wl.information(wl.net_flatten(forks), "InputPorts") == {"Input1": (3,), "Input2": (4,)}
    alone = inner["cat"]
    assert alone == wl.CatenateLayer(ports={"1": 3, "2": 4})
    assert alone({"1": np.zeros(3), "2": np.ones(4)}).tolist() == [0] * 3 + [1] * 4
    assert wl.NetChain([wl.CatenateLayer(), 2])[1] == wl.CatenateLayer()


@pytest.mark.parametrize("layer", [wl.TotalLayer(output=2), wl.CatenateLayer(), wl.DotLayer()])
def test_a_layer_of_any_number_of_inputs_says_so_when_it_is_called_alone(layer):
    with pytest.raises(wl.NotInitializedError, match="how many inputs"):
        layer({"1": [1.0, 2.0], "2": [1.0, 2.0]})
    with pytest.raises(wl.NotInitializedError, match="how many inputs"):
        wl.net_program(layer)


@pytest.mark.parametrize(
    "layer",
    [wl.TotalLayer(), wl.CatenateLayer(), wl.DotLayer(), wl.ThreadingLayer("Times"),
     wl.ThreadingLayer(lambda a, b: a - b), wl.ThreadingLayer(lambda a, b, c: a * b + c)],
    ids=str,
)  # fmt: skip
def test_what_is_advised_to_a_layer_of_any_number_of_inputs_is_taken_by_it(layer):
    with pytest.raises(wl.NotInitializedError) as caught:
        layer({"1": np.ones(3), "2": np.ones(3), "3": np.ones(3)})
    ports = re.search(r"ports=({.*})\)", caught.value.faults[0].fix)[1]
    given = () if not layer.parameters or layer.kind != "ThreadingLayer" else (layer.function,)
    made = type(layer)(*given, ports=eval(ports))
    assert np.isfinite(made({name: np.ones(3) for name in made.input_names})).all()
    with pytest.raises(wl.OptionError, match=r"known: +1, 2, \.\.\., Output"):
        type(layer)(*given, ports={"a": 3})


def test_a_net_is_gone_through_from_its_end():
    net = wl.NetChain([3, "Ramp", wl.SoftmaxLayer()], input=2)
    assert list(reversed(net)) == list(net)[::-1]


@pytest.mark.parametrize("name", ["0", "01", "٣", "7" * 5000, 10**12, -1, "²"])
def test_inputs_of_a_vertex_are_called_by_numbers_as_they_are_written(name):
    with pytest.raises(wl.OptionError, match="has no input"):
        wl.NetGraph({"a": 2, "c": wl.CatenateLayer()}, [("a", PORT("c", name))], input=2)
    with pytest.raises(wl.OptionError):
        wl.CatenateLayer(ports={str(name): 3})


def test_inputs_of_a_vertex_count_from_one_without_gaps():
    parts = {"a": 2, "b": 2, "c": wl.CatenateLayer()}
    with pytest.raises(wl.OptionError, match=r"counted from 1[\s\S]*NetPort\('c', '2'\)"):
        wl.NetGraph(parts, [("a", PORT("c", 1)), ("b", PORT("c", 3))], input=2)
    with pytest.raises(wl.OptionError, match=r"counted from 1[\s\S]*NetPort\('c', '1'\)"):
        wl.NetGraph(parts, [("a", PORT("c", 2)), ("b", None)], input=2)


def test_a_number_of_thousands_of_digits_is_a_part_that_is_not_there():
    with pytest.raises(wl.PartError):
        wl.NetChain([2])["1" * 5000]
    with pytest.raises(wl.OptionError, match="unknown vertex"):
        wl.NetGraph([2, 3], [(1, "1" * 5000)])
