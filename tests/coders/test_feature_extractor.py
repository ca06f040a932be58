"""The "FeatureExtractor" encoder: a net in front of a net, which no training reaches."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import DataError, NetChain, NetEncoder
from wlnet.io.files import from_bytes, to_bytes
from wlnet.io.layout import packed, unpacked

RNG = np.random.default_rng(0)


def body(**options: Any) -> Any:
    layers = [4, "Tanh", wl.BatchNormalizationLayer(), wl.DropoutLayer(0.5), 3]
    return wl.net_initialize(NetChain(layers, **{"input": 2, **options}))


BODY = body()
X = RNG.normal(size=(20, 2))


def test_features_are_what_the_net_gives() -> None:
    encoder = NetEncoder("FeatureExtractor", BODY)
    assert (encoder.shape, encoder.element) == ((3,), "Real")
    for given in (X, list(X), X.tolist()):
        assert encoder.encode(given).tobytes() == BODY(X).tobytes()
    assert encoder(X[0]).tobytes() == BODY(X[0]).tobytes()
    double = encoder.encode(X, dtype=np.float64)
    assert double.dtype == np.float64
    np.testing.assert_allclose(double, BODY(X, working_precision="Real64"), rtol=0)
    assert pickle.loads(pickle.dumps(encoder)) == encoder
    assert NetEncoder("FeatureExtractor", wl.net_replace_part(BODY, {(1, "Biases"): 1})) != encoder


@pytest.mark.parametrize(
    ("own", "items"),
    [
        (NetEncoder("Class", ["a", "b"], "UnitVector"), ["a", "b", "a"]),
        (NetEncoder("Class", ["a", "b"], multilabel=True), [{"a"}, {"a", "b"}, []]),
        (NetEncoder("Function", lambda word: [len(word), 1], 2), ["one", "three", "five"]),
        (NetEncoder("FeatureExtractor", wl.NetChain(["Tanh"], input=2)), X[:3]),
    ],
    ids=lambda it: getattr(it, "kind", ""),
)
def test_items_go_through_the_encoder_of_the_net(own: Any, items: Any) -> None:
    inner = body(input=own)
    encoder = NetEncoder("FeatureExtractor", inner)
    assert encoder.encode(items).tobytes() == inner(items).tobytes()
    assert encoder(items[0]).tobytes() == inner(items[0]).tobytes()
    net = wl.net_initialize(NetChain([2], input=encoder))
    np.testing.assert_allclose(net(items), net[1](inner(items)), rtol=1e-6)


def test_the_decoder_of_the_net_is_left_out_and_indices_stay_indices() -> None:
    judge = wl.net_initialize(
        NetChain([2, wl.SoftmaxLayer()], input=2, output=wl.NetDecoder("Class", ["a", "b"]))
    )
    assert NetEncoder("FeatureExtractor", judge)(X).shape == (20, 2)
    order = NetEncoder("FeatureExtractor", NetChain([wl.OrderingLayer()], input=3))
    assert order.element == "Integer"
    codes = order.encode([[3, 1, 2]])
    assert codes.dtype == np.int64
    assert codes.tolist() == [[2, 3, 1]]
    lengths = wl.net_initialize(NetChain([wl.NetMapOperator(2)], input=("Varying", 1)))
    encoded = NetEncoder("FeatureExtractor", lengths)([np.ones((3, 1)), np.ones((1, 1))])
    assert [each.shape for each in encoded] == [(3, 2), (1, 2)]


def test_no_training_reaches_the_net_in_front_and_it_is_asked_once(tmp_path: Path) -> None:
    seen: list[int] = []

    def noted(items: list[Any]) -> Any:
        seen.append(len(items))
        return items

    inner = body(input=NetEncoder("Function", noted, 2, batched=True))
    encoder = NetEncoder("FeatureExtractor", inner)
    before = to_bytes(body())
    net = NetChain([8, "Tanh", 1], input=encoder)
    data = (list(X), X.sum(axis=1, keepdims=True))
    results = wl.net_train(net, data, wl.ALL, max_training_rounds=30, batch_size=4)
    # Thirty rounds, and the net in front has run for each example once.
    assert sum(seen) == len(X)
    trained = results["TrainedNet"]
    assert trained.ports["Input"].coder.net == inner
    assert to_bytes(wl.net_replace_part(inner, {"Input": 2})) == before
    assert set(results["ArraysLearningRateMultipliers"]) == {
        (1, "Weights"), (1, "Biases"), (3, "Weights"), (3, "Biases"),
    }  # fmt: skip
    assert wl.information(trained, "ArraysTotalElementCount") == 8 * 3 + 8 + 8 + 1
    assert results["RoundLossList"][-1] < results["RoundLossList"][0]
    joined = NetChain([inner, *trained])
    np.testing.assert_allclose(joined(list(X)), trained(list(X)), rtol=1e-5, atol=1e-6)


def test_a_net_is_saved_with_the_nets_of_its_encoders(tmp_path: Path) -> None:
    first = NetEncoder(
        "FeatureExtractor", body(input=NetEncoder("Class", ["x", "y"], "UnitVector"))
    )
    shared = wl.net_insert_shared_arrays(wl.net_initialize(NetChain([5, "Ramp", 2], input=first)))
    encoder = NetEncoder("FeatureExtractor", shared)
    net = wl.net_initialize(NetChain([2], input=encoder))
    again = wl.load(wl.save(net, tmp_path / "net.wlnet"))
    assert again == net
    assert again(["x", "y"]).tobytes() == net(["x", "y"]).tobytes()
    assert to_bytes(again) == to_bytes(net)
    held = unpacked(to_bytes(net))[1]
    assert "~coder/Input/~coder/Input/1/Weights" in held
    assert "~coder/Input/~shared/1~2f;Weights" in held
    # Arrays by name are those of the net alone.
    other = wl.net_import_arrays(net, tmp_path / "net.wlnet")
    assert other == net


def test_a_record_of_a_training_holds_them_too(tmp_path: Path) -> None:
    net = NetChain([2], input=NetEncoder("FeatureExtractor", BODY))
    data = (X, np.zeros((20, 2)))
    results = wl.net_train(net, data, wl.ALL, max_training_rounds=2)
    again = wl.load(wl.save(results, tmp_path / "record.wlnet"))
    assert again["TrainedNet"] == results["TrainedNet"]
    more = [wl.net_train(each, data, max_training_rounds=2) for each in (again, results)]
    assert more[0] == more[1]


def changed(net: Any, change: Any) -> bytes:
    record, tensors = unpacked(to_bytes(net))
    change(record["Net"]["Ports"][0][1]["Coder"]["Parameters"]["Net"], tensors)
    return packed(record, tensors)


@pytest.mark.parametrize(
    "change",
    [
        lambda told, tensors: tensors.pop("~coder/Input/1/Weights"),
        lambda told, tensors: tensors.update({"~coder/Input/9/Weights": np.ones(2, np.float32)}),
        lambda told, tensors: tensors.update({"~coder/Other/1/Weights": np.ones(2, np.float32)}),
        lambda told, tensors: tensors.update({"~coder/Input/1/Weights": np.ones(2, np.float32)}),
        lambda told, tensors: told.update({"Net": 3}),
        lambda told, tensors: told["Net"].update({"Format": 2}),
        lambda told, tensors: told["Net"]["Net"].update({"Kind": "os.system"}),
        lambda told, tensors: told["Net"]["Net"]["Nodes"].pop(),
        lambda told, tensors: told["Net"]["Shared"].append("w"),
    ],
)
def test_a_file_that_lies_about_the_net_of_an_encoder_is_refused(change: Any) -> None:
    net = wl.net_initialize(NetChain([2], input=NetEncoder("FeatureExtractor", BODY)))
    with pytest.raises(wl.FormatError):
        from_bytes(changed(net, change))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (3, r"features are what a net makes.*NetEncoder\(\"Function\", f\)"),
        (NetChain([3], input=2), r"needs its numbers before.*net_initialize"),
        (wl.CrossEntropyLossLayer("Binary"), r"one input and one output.*Target"),
    ],
)
def test_what_makes_no_features_is_told(given: Any, told: str) -> None:
    with pytest.raises(wl.OptionError, match=rf"(?s){told}"):
        NetEncoder("FeatureExtractor", given)


def test_what_the_net_does_not_take_is_told_of_the_port_outside() -> None:
    encoder = NetEncoder(
        "FeatureExtractor", body(input=NetEncoder("Class", ["a", "b"], "UnitVector"))
    )
    with pytest.raises(DataError, match=r"(?s)not one of the labels\n +at: +port Query, example 2"):
        encoder.encode(["a", "c"], "port Query")
    with pytest.raises(DataError, match=r"at: +port Query"):
        NetEncoder("FeatureExtractor", BODY).encode(np.ones((3, 4)), "port Query")
    with pytest.raises(DataError, match=r"at: +Input, example 2"):
        NetEncoder("FeatureExtractor", BODY)([[1, 2], [1, np.nan]])
    with pytest.raises(wl.ShapeError, match="does not fit the port"):
        NetChain([wl.SummationLayer()], input=encoder).ports["Input"].coder.fitted((4,))


def test_there_is_no_counterpart_in_onnx_or_the_wolfram_language(tmp_path: Path) -> None:
    net = wl.net_initialize(NetChain([2], input=NetEncoder("FeatureExtractor", BODY)))
    with pytest.raises(wl.OptionError, match="more than arithmetic"):
        wl.onnx.export_net(net, tmp_path / "net.onnx", encoders=True)
    with pytest.raises(wl.FormatError, match="'FeatureExtractor'"):
        wl.wolfram.input_form(net)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wl.onnx.export_net(net, tmp_path / "net.onnx")
