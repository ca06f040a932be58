"""Nets as constructors of the Wolfram Language: WXF, which its own client reads, and InputForm."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from wolframclient.deserializers import binary_deserialize
from wolframclient.language.expression import WLFunction

import wlnet as wl
from tests.coders.test_every_coder import DECODERS, ENCODERS
from tests.random_nets import attempt
from wlnet.core.walking import walk
from wlnet.graph.expression import Expression
from wlnet.layers.declaring.layer import Layer
from wlnet.wolfram import functions
from wlnet.wolfram.coders import coder_read, coder_told
from wlnet.wolfram.expressions import Call, Symbol, call, same
from wlnet.wolfram.input_text import input_text
from wlnet.wolfram.reading import net_of
from wlnet.wolfram.values import Unreadable
from wlnet.wolfram.writing import constructors
from wlnet.wolfram.wxf import read_wxf, wxf

OWN = "CompiledLayer", "FunctionLayer", "HuberLossLayer", "WeightedLossLayer"
"""Layers that the Wolfram Language does not have, or not as data."""
SMOOTHED = {"LabelSmoothing": 0.0, "ClassWeights": None}
ALONE = {"ResizeLayer": {"Scheme": wl.AUTOMATIC}, "CrossEntropyLossLayer": SMOOTHED,
         "LocalResponseNormalizationLayer": {"Interleaving": False}}  # fmt: skip
"""Parameters that it does not have, and what they are where nothing is said."""


def is_own(layer: Any) -> bool:
    """Whether the Wolfram Language has nothing that is all of a layer."""
    usual = ALONE.get(layer.kind, {})
    return layer.kind in OWN or any(layer.parameters[name] != usual[name] for name in usual)


def layers() -> Iterator[Any]:
    for name in wl.__all__:
        thing = getattr(wl, name)
        if isinstance(thing, type) and issubclass(thing, Layer):
            for number, example in enumerate(thing.examples()):
                if not is_own(example.layer):
                    yield pytest.param(example.layer, id=f"{name} {number}")


def back(net: Any) -> Any:
    """The net, out of WXF."""
    return net_of(read_wxf(wxf(constructors(net), "a test"), "a test"))


@pytest.mark.parametrize("layer", [*layers()])
def test_every_layer_comes_back(layer: Any) -> None:
    assert back(layer) == layer


def test_a_placeholder_comes_back() -> None:
    for layer in (wl.PlaceholderLayer(), wl.PlaceholderLayer("gap", 2, ("Sum", "Rest"))):
        assert back(layer) == layer


def test_every_layer_has_a_row_or_is_told_to_have_none() -> None:
    from wlnet.wolfram.layers import LAYERS

    kinds = {name for name in wl.__all__ if isinstance(getattr(wl, name), type)
             and issubclass(getattr(wl, name), Layer)}  # fmt: skip
    assert set(LAYERS) == kinds - set(OWN)
    for name in OWN:
        layer = next(iter(getattr(wl, name).examples())).layer
        with pytest.raises(wl.FormatError, match=f"{name} has no counterpart"):
            wl.wolfram.input_form(layer)


@pytest.mark.parametrize("option", ["label_smoothing", "class_weights"])
def test_options_of_a_cross_entropy_that_are_not_there_are_told(option: str) -> None:
    layer = wl.CrossEntropyLossLayer("Index", **{option: 0.1 if option[0] == "l" else (1, 2)})
    title = {"label_smoothing": "LabelSmoothing", "class_weights": "ClassWeights"}[option]
    with pytest.raises(wl.FormatError, match=f"{title} of a CrossEntropyLossLayer"):
        wl.wolfram.input_form(layer)


@pytest.mark.parametrize("seed", range(30))
def test_random_nets_come_back(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.RuleWarning)
        net = attempt(np.random.default_rng(seed))
        if net is None or any(is_own(node) for _, node in walk(net)):
            return
        read = back(net)
    # Edges into one layer are written together.
    assert same(constructors(read), constructors(net))
    assert wl.information(read, "TopologyHash") == wl.information(net, "TopologyHash")
    assert (read.input_names, read.output_names) == (net.input_names, net.output_names)


@pytest.mark.parametrize("coder", [*ENCODERS, *DECODERS], ids=lambda each: each.kind)
def test_every_coder_that_both_have_comes_back(coder: Any) -> None:
    is_own = coder.kind == "Number" or coder == wl.NetDecoder("UTF8")
    is_own_form = coder.kind == "SubwordTokens" and (
        coder.method == "Unigram" or coder.parameters.get("OutputForm") == "UnitVector"
    )
    if is_own_form:
        with pytest.raises(Unreadable, match="no Unigram, and no UnitVector"):
            coder_told(coder)
        return
    if is_own:
        side = "input" if hasattr(coder, "encode") else "output"
        net = wl.NetChain(["Tanh"], **{side: coder})
        with pytest.raises(wl.FormatError, match=f"'{coder.kind}'"):
            wl.wolfram.input_form(net)
        return
    told = read_wxf(wxf(coder_told(coder), "a test"), "a test")
    assert coder_read(told) == coder


@pytest.mark.parametrize("seed", range(12))
def test_what_is_read_has_the_ports_of_what_was_written_or_it_is_told_why_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [f"v{n}" for n in range(5)]
    wires = [(names[rng.integers(n)], name) for n, name in enumerate(names) if n]
    left_out = [name for name in names[1:] if rng.random() < 0.3]
    edges = [*wires, *((name, None) for name in left_out)]
    net = wl.NetGraph(dict.fromkeys(names, "Tanh"), [*edges, ("v0", wl.NetPort("All"))], input=3)
    lost = [name for name in left_out if name not in {source for source, _ in wires}]
    for whole in (net, wl.NetChain({"one": net})) if len(net.output_names) == 1 else (net,):
        if not lost:
            read = back(whole)
            assert (read.input_names, read.output_names) == (whole.input_names, whole.output_names)
            continue
        with pytest.raises(wl.FormatError) as told:
            wl.wolfram.input_form(whole)
        message = str(told.value)
        assert message.count("an output that is left out has no counterpart") == len(lost)
        assert all(f"{name}/Output" in message for name in lost)


def test_the_graph_of_two_parts_of_which_one_has_a_state_alone_is_told() -> None:
    port, read, write = wl.NetPort, wl.GatedRecurrentLayer(4), wl.GatedRecurrentLayer(4)
    states = (port("read", "State"), port("write", "State"))
    ends = [(port("Source"), "read"), (port("Target"), "write"), states]
    pair = wl.NetGraph({"read": read, "write": write}, [*ends, ("read", None)])
    with pytest.raises(wl.FormatError, match="read/Output"):
        wl.wolfram.input_form(pair)
    both = wl.NetGraph({"read": read, "write": write}, ends)
    assert back(both).output_names == both.output_names


def _of_two(*names: str) -> Any:
    ports = [wl.NetPort(name) for name in names]
    return wl.NetGraph({"sum": "Plus", "act": "Tanh"}, [(ports, "sum", "act")])


OPERATORS: dict[str, Any] = {
    "map": lambda: wl.NetMapOperator(wl.LinearLayer(2), input=(4, 3)),
    "map, of any length": lambda: wl.NetMapOperator([2, "Tanh"], input=("Varying", 3)),
    "map, its output": lambda: wl.NetMapOperator([2, "Tanh"], output=(4, 2)),
    "pair": lambda: wl.NetPairEmbeddingOperator(wl.LinearLayer(2), input=(2, 3)),
    "pair, by the angle": lambda: wl.NetPairEmbeddingOperator(
        wl.LinearLayer(2), distance_function="CosineDistance", input=(2, 3)
    ),
    "game": lambda: wl.NetGANOperator((wl.LinearLayer(2), wl.LinearLayer(())), latent=3),
    "game, said how": lambda: wl.NetGANOperator(
        ([2, "Tanh"], wl.LinearLayer(())), "JensenShannon", latent=3, sample=2
    ),
    "nest": lambda: wl.NetNestOperator(wl.LinearLayer(3), 2, input=3, output=3),
    "thread": lambda: wl.NetMapThreadOperator(_of_two("a", "b"), a=(4, 2)),
    "both ways": lambda: wl.NetBidirectionalOperator(wl.GatedRecurrentLayer(3), input=(4, 2)),
    "fold": lambda: wl.NetFoldOperator(_of_two("Input", "State"), input=(4, 2)),
    "attention": lambda: wl.AttentionLayer("Dot", key=(4, 3), query=(5, 3)),
    "rates": lambda: wl.NetMapOperator([2], input=(4, 3), learning_rate_multipliers=0.5),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_alone_comes_back_with_its_ports(name: str) -> None:
    net = OPERATORS[name]()
    read = back(net)
    assert same(constructors(read), constructors(net))
    assert {port: kind.spec for port, kind in read.ports.items()} == {
        port: kind.spec for port, kind in net.ports.items()
    }


def test_a_length_loses_its_name_as_the_page_says() -> None:
    net = wl.NetMapOperator(wl.LinearLayer(2), input=("words", 3))
    assert back(net) == wl.NetMapOperator(wl.LinearLayer(2), input=("Varying", 3))


NET = wl.net_initialize(
    wl.NetGraph(
        {"a": wl.LinearLayer(2, weights=wl.NetSharedArray("w")), "act": "Tanh",
         "b": wl.LinearLayer(2, weights=wl.NetSharedArray("w"), biases=None,
                             learning_rate_multipliers=0.5),
         "join": wl.CatenateLayer()},
        [("a", "act", "b"), (["b", "act"], "join")],
        input=2,
        learning_rate_multipliers=[
            (("a", "Biases"), 0), (wl.NetSharedArray("w"), 2), (wl.ANY, 0.1)],
    )
)  # fmt: skip


def test_the_client_of_the_wolfram_language_reads_what_is_written(tmp_path: Path) -> None:
    # Not at the top: pytest would ask it what kind of test it is, and it has an answer.
    from wolframclient.language import wl as w

    file = wl.wolfram.write_wxf(NET, tmp_path / "net.wxf")
    read = binary_deserialize(file.read_bytes())
    assert isinstance(read, WLFunction)
    assert read.head == w.NetGraph
    nodes, edges, *options = read.args
    assert list(nodes) == ["a", "act", "b", "join"]
    assert nodes["act"] == w.ElementwiseLayer(w.Tanh)
    assert w.Rule("a", "act") in edges
    assert w.Rule(("b", "act"), "join") in edges
    shared = nodes["a"].args[1].args[1].args[0]
    assert shared["Name"] == "w"
    assert (shared["Array"] == NET["a", "Weights"]).all()
    assert shared["Array"].dtype == np.float32
    assert w.Rule("Input", 2) in options
    rates = w.Rule(
        w.LearningRateMultipliers,
        (w.Rule(("a", "Biases"), 0), w.Rule(w.NetSharedArray("w"), 2), w.Rule(w.Blank(), 0.1)),
    )
    assert rates in options


def test_a_net_with_everything_comes_back_from_a_file(tmp_path: Path) -> None:
    read = wl.wolfram.read_net(wl.wolfram.write_wxf(NET, tmp_path / "net.wxf"))
    rates = wl.information(NET, "ArraysLearningRateMultipliers")
    assert wl.information(read, "ArraysLearningRateMultipliers") == rates
    assert (read([[1, 2]]) == NET([[1, 2]])).all()


def test_input_form_is_text_that_the_wolfram_language_reads() -> None:
    net = wl.NetChain(
        {"in": wl.ConvolutionLayer(2, (3,), padding_size="Same", biases=None),
         "f": wl.ElementwiseLayer(lambda x: x * np.tanh(x)), "g": "GELU",
         "out": wl.LinearLayer(1, weights=[[0.1, 2]], biases=[1e-9],
                               learning_rate_multipliers=None)},
        learning_rate_multipliers={wl.Span(1, 2): 0.5, "out": None},
    )  # fmt: skip
    assert (
        wl.wolfram.input_form(net)
        == """NetChain[
  <|
    "in" -> ConvolutionLayer[2, {3}, "PaddingSize" -> "Same", "Biases" -> None],
    "f" -> ElementwiseLayer[Function[Times[#1, Tanh[#1]]]],
    "g" -> ElementwiseLayer["GELU"],
    "out" -> LinearLayer[
      1,
      "Weights" -> NumericArray[{{0.1, 2.}}, "Real32"],
      "Biases" -> NumericArray[{1.*^-9}, "Real32"],
      LearningRateMultipliers -> None
    ]
  |>,
  LearningRateMultipliers -> {1 ;; 2 -> 0.5, "out" -> None}
]"""
    )


def test_constructors_may_be_written_as_people_write_them() -> None:
    def listed(*parts: Any) -> Any:
        return call("List", *parts)

    edge = call("Rule", "a", call("Rule", "b", call("NetPort", "Output")))
    nodes = {
        "a": 3,
        "b": call("ElementwiseLayer", call("Function", call("Power", call("Slot", 1), 3))),
    }
    told = call("NetGraph", nodes, listed(edge), call("Rule", "Input", listed(4)))
    cube = wl.ElementwiseLayer(lambda x: x**3)
    assert net_of(told) == wl.NetGraph(
        {"a": 3, "b": cube}, [("a", "b", wl.NetPort("Output"))], input=(4,)
    )
    both = call("NetBidirectionalOperator", call("GatedRecurrentLayer", 3))
    assert net_of(both) == wl.NetBidirectionalOperator(wl.GatedRecurrentLayer(3))


def test_parameters_without_a_counterpart_are_told_and_not_left_out() -> None:
    net = wl.NetChain([wl.ResizeLayer((4,), scheme="Bin")])
    with pytest.raises(wl.FormatError, match="Scheme of a ResizeLayer"):
        wl.wolfram.input_form(net)


def test_an_array_of_one_name_is_one_and_finite() -> None:
    def chain(*arrays: Any) -> Any:
        layers = [call("LinearLayer", 2, call("Rule", "Weights", call(
            "NetArray", {"Name": "w", "Array": array}))) for array in arrays]  # fmt: skip
        return call("NetChain", call("List", *layers), call("Rule", "Input", 2))

    ones = np.ones((2, 2), np.float32)
    assert net_of(chain(ones, ones))[wl.NetSharedArray("w")].sum() == 4
    for other in (2 * ones, np.ones((2, 3), np.float32)):
        with pytest.raises(wl.FormatError, match="not two different ones"):
            net_of(chain(ones, other))
    with pytest.raises(wl.FormatError, match="not finite"):
        net_of(chain(np.full((2, 2), np.nan, np.float32)))


def test_formulas_may_be_written_in_other_ways() -> None:
    x = call("Slot", 1)
    for told, function in (
        (call("Power", Symbol("E"), x), "Exp"),
        (call("Minus", x), "Negate"),
        (call("Times", -1, x), "Negate"),
        (call("Log", call("Plus", 1, call("Exp", x))), "SoftRamp"),
    ):
        layer = net_of(call("ElementwiseLayer", call("Function", told)))
        assert layer == wl.ElementwiseLayer(Expression((function, "#1")))
    named = call("Function", call("List", Symbol("y")), call("Sin", Symbol("y")))
    assert net_of(call("ElementwiseLayer", named)) == wl.ElementwiseLayer(Expression(("Sin", "#1")))


@pytest.mark.parametrize("name", sorted({*functions._OF_ONE, *functions._SYMBOLS} - {"Identity"}))
def test_every_function_of_one_number_comes_back_from_a_formula(name: str) -> None:
    for inner in ("#1", ("Plus", "#1", 2.0), ("Exp", "#1"), ("ExpMinusOne", "#1")):
        if (name, inner) == ("LogOnePlus", ("Exp", "#1")):
            continue  # it is SoftRamp
        layer = wl.ElementwiseLayer(Expression((name, inner)))
        assert back(layer) == layer


def test_a_third_root_and_an_inverse_are_read_by_name() -> None:
    x = call("Slot", 1)
    for body, name in ((call("Surd", x, 3), "CubeRoot"), (call("Power", x, -1), "Reciprocal")):
        read = net_of(call("ElementwiseLayer", call("Function", body)))
        assert read == wl.ElementwiseLayer(name)
    with pytest.raises(wl.FormatError, match="Surd"):
        net_of(call("ElementwiseLayer", call("Function", call("Surd", x, 5))))


def test_what_is_no_such_function_stays_what_it_is() -> None:
    for function in (lambda x: np.exp(x) - 1, lambda x: np.tanh(0.5 * x) * (1 + np.exp(x + 1)),
                     lambda x: x**3, lambda x: 2 * x, lambda x: np.log(2 + x)):  # fmt: skip
        layer = wl.ElementwiseLayer(function)
        assert back(layer) == layer


def test_what_is_written_for_expm1_has_all_figures_there(monkeypatch: pytest.MonkeyPatch) -> None:
    told = constructors(wl.ElementwiseLayer(lambda x: np.expm1(x)))
    monkeypatch.setattr(functions, "_FORMS", {})
    as_it_stands = net_of(told)
    assert "ExpMinusOne" not in repr(as_it_stands)
    x = np.array([0, 1e-30, 1e-8, -1e-8, 1e-3, -0.5, 3, 80, -80, -1000], np.float32)
    np.testing.assert_allclose(as_it_stands(x), np.expm1(x), rtol=1e-6)


def test_a_formula_that_would_double_without_end_is_refused() -> None:
    tree: Any = "#1"
    for _ in range(60):
        tree = ("ExpMinusOne", tree)
    with pytest.raises(wl.FormatError, match="fewer ExpMinusOne"):
        wl.wolfram.input_form(wl.ElementwiseLayer(Expression(tree)))


def test_parameters_of_coders_that_are_not_known_are_told() -> None:
    spec = call("List", "Class", call("List", "a", "b"), call("Rule", "Strange", 1))
    with pytest.raises(wl.FormatError, match="Strange"):
        net_of(call("NetChain", call("List", 2), call("Rule", "Output", call("NetDecoder", spec))))


def test_subwords_are_read_as_they_were_called_before_and_are_saved() -> None:
    tokens = call("List", "a", " b", call("Blank"))
    saved = {
        "Tokens": tokens, "Vocabulary": Symbol("None"), "Count": 3, "IgnoreCase": Symbol("False"),
        "WhitespacePadding": Symbol("Left"), "CombineWhitespace": Symbol("True"),
        "TargetLength": Symbol("All"), "$Padding": Symbol("Automatic"),
    }  # fmt: skip
    expected = wl.NetEncoder("SubwordTokens", ["a", " b", wl.ANY], whitespace_padding="Left",
                             combine_whitespace=True)  # fmt: skip
    encoder = call("NetEncoder", "BPESubwordTokens", saved)
    assert coder_read(encoder) == expected
    assert coder_read(call("NetDecoder", encoder)) == wl.NetDecoder(expected)
    method = call("List", "BPE", call("Rule", "WhitespacePadding", Symbol("Left")),
                  call("Rule", Symbol("CombineWhitespace"), Symbol("True")))  # fmt: skip
    spec = call("List", "SubwordTokens", tokens, call("Rule", Symbol("Method"), method))
    assert coder_read(call("NetEncoder", spec)) == expected
    with pytest.raises(Unreadable, match="None for Vocabulary"):
        coder_read(call("NetEncoder", "BPESubwordTokens", {**saved, "Vocabulary": tokens}))


def test_indicator_vectors_are_unit_vectors() -> None:
    spec = call("List", "Class", call("List", "a", "b"), "IndicatorVector",
                call("Rule", "Multilabel", Symbol("True")))  # fmt: skip
    expected = wl.NetEncoder("Class", ["a", "b"], multilabel=True)
    assert coder_read(call("NetEncoder", spec)) == expected


def test_what_wlnet_does_not_have_is_told_at_once() -> None:
    layers = call("List", call("VideoLayer", 3, 2), call("LinearLayer", 2, "x"),
                  call("SoftmaxLayer", call("Rule", Symbol("Strange"), 3)),
                  call("ElementwiseLayer", Symbol("BesselJ")))  # fmt: skip
    with pytest.raises(wl.FormatError) as told:
        net_of(call("NetChain", layers, call("Rule", "Input", call("NetEncoder", "Audio"))))
    message = str(told.value)
    for words in (
        "VideoLayer",
        "an argument too many",
        "Strange",
        "4/Function",
        "Audio",
    ):
        assert words in message


@pytest.mark.parametrize("place", range(0, 200, 13))
def test_a_damaged_wxf_file_is_a_format_error_or_a_net(place: int, tmp_path: Path) -> None:
    data = bytearray(wxf(constructors(NET), "a test"))
    data[place % len(data)] ^= 0xFF
    file = tmp_path / "net.wxf"
    file.write_bytes(bytes(data))
    with contextlib.suppress(wl.FormatError):
        assert isinstance(wl.wolfram.read_net(file), wl.NetGraph)


@pytest.mark.parametrize(
    "data",
    [b"", b"8:", b"9:s", b"8:f\xff\xff\xff\xff\x0fs\x01f", b"8:" + b"f\x01s\x01f" * 50_000,
     b"8C:abc", b"8:i\x00\x00\x00\x00i", b"8:C\x01C\x01",
     b"8:\xc1\x23\x02\xff\xff\xff\xff\x0f\xff\xff\xff\xff\x0f", b"8:i"],
)  # fmt: skip
def test_a_hostile_wxf_file_is_a_format_error(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "net.wxf"
    file.write_bytes(data)
    with pytest.raises(wl.FormatError):
        wl.wolfram.read_net(file)


def test_whoever_lacks_a_library_hears_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("wolframclient", "wolframclient.serializers"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(ImportError, match=r"pip install 'wlnet\[wolfram\]'"):
        wl.wolfram.write_wxf(NET, tmp_path / "net.wxf")
    assert list(tmp_path.iterdir()) == []
    assert isinstance(input_text(Call(Symbol("f"), ())), str)
