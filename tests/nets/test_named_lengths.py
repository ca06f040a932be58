"""A word where a size may stand is the name of a length, which all ports of a net share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet import NetGraph, NetPort
from wlnet.core.errors import DataError, OptionError, ShapeError

RNG = np.random.default_rng(0)


def pair(**ports: Any) -> NetGraph:
    """Two sequences, each summed up, that nothing but their names of lengths ties."""
    return wl.net_initialize(
        NetGraph(
            {"a": wl.AggregationLayer("Total", 1), "b": wl.AggregationLayer("Total", 1),
             "all": wl.CatenateLayer(), "out": 1},
            [(NetPort("Key"), "a"), (NetPort("Value"), "b"), (["a", "b"], "all", "out")],
            ports=ports or {"Key": ("words", 2), "Value": ("words", 3)},
        )
    )  # fmt: skip


def test_lengths_of_one_name_are_one_length() -> None:
    net = pair()
    key, value = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 3))
    assert net({"Key": key, "Value": value}).shape == (1,)
    with pytest.raises(ShapeError, match=r"(?s)'words'.*Key \(4, 2\), Value \(5, 3\)"):
        net({"Key": key, "Value": np.ones((5, 3))})
    others = pair(Key=("words", 2), Value=("Varying", 3))
    assert others({"Key": key, "Value": np.ones((5, 3))}).shape == (1,)


def test_what_is_known_of_one_port_is_known_of_all() -> None:
    net = pair(Key=(7, 2), Value=("Varying", 3))
    assert wl.information(net, "InputPorts")["Value"] == ("Varying", 3)
    whole = wl.net_replace_part(pair(), {"Key": (7, 2)})
    assert wl.information(whole, "InputPorts")["Key"] == (7, 2)
    square = wl.NetChain(["Ramp"], input=("n", "n"))
    assert square(np.eye(3)).shape == (3, 3)
    with pytest.raises(ShapeError, match="'n'"):
        square(np.ones((3, 4)))


def test_examples_of_several_lengths_agree_one_by_one() -> None:
    net, lengths = pair(), [2, 4, 3, 2, 4, 3]
    data = {
        "Key": [RNG.normal(size=(n, 2)) for n in lengths],
        "Value": [RNG.normal(size=(n, 3)) for n in lengths],
        "Output": RNG.normal(size=(6, 1)),
    }
    trained = wl.net_train(net, data, max_training_rounds=2)
    assert wl.information(trained, "InputPorts") == wl.information(net, "InputPorts")
    data["Value"][3] = np.ones((5, 3))
    with pytest.raises(ShapeError, match=r"(?s)example 4.*'words'"):
        wl.net_train(net, data)


def test_names_are_kept_by_files_text_and_surgery(tmp_path: Any) -> None:
    net = pair()
    wl.save(net, tmp_path / "n.wlnet")
    again = wl.load(tmp_path / "n.wlnet")
    assert again == net
    assert wl.information(again, "InputPorts") == {"Key": ("words", 2), "Value": ("words", 3)}
    assert "('words', 2)" in repr(net)
    assert wl.net_extract(net, "Key") == ("words", 2)
    assert net != pair(Key=("Varying", 2), Value=("Varying", 3))
    inner = wl.NetChain(["Ramp"], input=("words", 2))
    # A name is one length in the net that says it, not in others that happen to use the word.
    outer = NetGraph({"x": inner, "y": inner}, [(NetPort("A"), "x"), (NetPort("B"), "y")])
    made = outer({"A": np.ones((2, 2)), "B": np.ones((5, 2))})
    assert [each.shape for each in made.values()] == [(2, 2), (5, 2)]


@given(st.sampled_from(["Varyng", "varying", "real", "Integr", "automatic", "two words", "3", ""]))
def test_misspelt_words_are_no_names(word: str) -> None:
    with pytest.raises(OptionError, match="shape that cannot be"):
        wl.NetChain(["Ramp"], input=(word, 2))


def test_a_coder_may_stand_at_every_place_of_a_named_length() -> None:
    labels = wl.NetDecoder("Class", ["x", "y"])
    net = wl.net_initialize(
        wl.NetChain([wl.NetMapOperator(2), wl.SoftmaxLayer()], input=("n", 3), output=("n", labels))
    )
    assert len(net(np.ones((4, 3)))) == 4
    with pytest.raises((ShapeError, DataError)):
        wl.net_train(net, ([np.ones((2, 3))], [["x", "y", "x"]]))
