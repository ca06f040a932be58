"""Names of the Wolfram catalogue that are not there yet say so, and what stands in runs."""

from __future__ import annotations

import numpy as np
import pytest

import wlnet as wl
from wlnet.core import catalogue
from wlnet.core.catalogue import ALIKE, SOON, SOON_DECODERS, SOON_ENCODERS, SOON_FUNCTIONS
from wlnet.core.errors import MissingNameError, OptionError
from wlnet.graph.functions import function_names


@pytest.mark.parametrize("name", SOON)
def test_a_name_of_the_catalogue_says_that_it_is_not_there_yet(name):
    assert not hasattr(wl, name), "it is there: take it from the table"
    assert name not in dir(wl)
    with pytest.raises(MissingNameError, match=rf"{name} is not there yet") as caught:
        getattr(wl, name)
    assert isinstance(caught.value, AttributeError)
    assert isinstance(caught.value, wl.WlnetError)


@pytest.mark.parametrize("words", [*SOON.values(), *SOON_FUNCTIONS.values()])
def test_what_stands_in_is_a_program_that_runs_where_it_is_one(words):
    try:
        code = compile(words.strip(), "stand-in", "eval")
    except SyntaxError:
        assert "(" not in words.split(" ")[0], "a program that cannot be read"
        return
    eval(code, {**vars(wl), "np": np, "f": np.asarray})


@pytest.mark.parametrize("name", SOON_FUNCTIONS)
def test_a_function_that_is_not_there_yet_says_so_as_a_layer_and_as_a_shorthand(name):
    assert name not in function_names()
    with pytest.raises(OptionError, match=f"{name} is not there yet"):
        wl.ElementwiseLayer(name)
    with pytest.raises(OptionError, match=f"{name} is not there yet"):
        wl.NetChain([name])
    if SOON_FUNCTIONS[name]:
        wl.ElementwiseLayer(eval(SOON_FUNCTIONS[name], {"np": np}))


def test_kinds_of_coders_that_are_not_there_yet_say_so():
    for door, table in ((wl.NetEncoder, SOON_ENCODERS), (wl.NetDecoder, SOON_DECODERS)):
        for kind in table:
            assert kind not in door.kinds
            with pytest.raises(OptionError, match=f"{kind} is not there yet"):
                door(kind)


def test_a_misspelt_name_finds_the_one_that_was_meant():
    for given, meant in (("LinearLayr", "LinearLayer"), ("NetTrain", "net_train")):
        with pytest.raises(AttributeError, match=f"did you mean {meant!r}"):
            getattr(wl, given)
    with pytest.raises(AttributeError, match="named by a string"):
        wl.Ramp  # noqa: B018
    with pytest.raises(OptionError, match=r"SoftmaxLayer\(...\) makes the layer"):
        wl.NetChain(["Softmax"])
    assert getattr(wl, "_nothing", None) is None


CHANNELS = np.arange(32, dtype=np.float32).reshape(2, 4, 4)


def test_old_names_give_the_layers_of_today():
    w = [[1.0, 2.0], [3.0, 4.0]]
    assert wl.DotPlusLayer(2, weights=w) == wl.LinearLayer(2, weights=w)
    assert wl.ConstantArrayLayer(output=(2, 3)) == wl.NetArrayLayer(output=(2, 3))
    told = {"epsilon": 0.1, "scaling": None, "input": (2, 4, 4)}
    assert wl.InstanceNormalizationLayer(**told) == wl.NormalizationLayer(**told)
    net = wl.net_initialize(wl.InstanceNormalizationLayer(input=CHANNELS.shape))
    mean, var = CHANNELS.mean((1, 2), keepdims=True), CHANNELS.var((1, 2), keepdims=True)
    assert np.allclose(net(CHANNELS), (CHANNELS - mean) / np.sqrt(var + 0.001), atol=1e-5)
    with pytest.raises(OptionError, match="has no option 'wieghts'"):
        wl.DotPlusLayer(2, wieghts=w)


def test_the_old_attention_reads_one_sequence_as_keys_and_values():
    old = wl.SequenceAttentionLayer("Dot")
    x, query = CHANNELS[0], CHANNELS[1, :2]
    new = wl.AttentionLayer("Dot")({"Key": x, "Value": x, "Query": query})
    assert np.array_equal(old({"Input": x, "Query": query}), new)
    learned = wl.net_initialize(wl.net_replace_part(
        wl.SequenceAttentionLayer(), {"Input": (3, 2), "Query": (4, 2)}))  # fmt: skip
    assert [key[:2] for key in wl.information(learned, "Arrays")] == [("attention", "ScoringNet")]


def test_what_is_only_like_it_is_not_called_a_stand_in(monkeypatch):
    assert all(SOON[name] for name in ALIKE)
    monkeypatch.setitem(SOON, "OracleLayer", "ElementwiseLayer(abs)")
    monkeypatch.setattr(catalogue, "ALIKE", frozenset({"OracleLayer"}))
    with pytest.raises(MissingNameError, match=r"something like it: ElementwiseLayer"):
        wl.OracleLayer  # noqa: B018


def test_a_name_that_nothing_stands_in_for_says_so(monkeypatch):
    monkeypatch.setitem(SOON, "OracleLayer", "")
    with pytest.raises(MissingNameError, match="OracleLayer is not there yet; nothing like it"):
        wl.OracleLayer  # noqa: B018
    with pytest.raises(OptionError, match="OracleLayer is not there"):
        wl.NetChain([3, "Oracle"])
