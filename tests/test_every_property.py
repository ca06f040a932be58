"""Laws that every property keeps: of nets (information) and of trainings (NetTrainResults)."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.property_answers import (
    ANSWERS,
    BATCH,
    COUNT,
    ENOUGH,
    HELD,
    NEEDS_SHAPES,
    PER_ROUND,
    RECORDS,
    ROUNDS,
)
from wlnet import (
    ALL,
    NetChain,
    NetGraph,
    NetPort,
    NetSharedArray,
    PartError,
    information,
)
from wlnet.core.net import same
from wlnet.core.symbols import Symbol
from wlnet.nets.information import PROPERTIES as OF_NETS
from wlnet.results.results import PROPERTIES as OF_TRAININGS

SHARED = wl.LinearLayer(2, weights=NetSharedArray("w"), learning_rate_multipliers=0.5)
DRAFTS = {
    "layer": wl.LinearLayer(3, input=2),
    "layer without arrays": wl.ElementwiseLayer("Ramp", input=2),
    "layer with statistics": wl.BatchNormalizationLayer(scaling=None, input=(2, 3)),
    "source": NetChain([wl.NetArrayLayer(output=2), "Tanh"]),
    "chain": NetChain([3, "Ramp", wl.LinearLayer(1, biases=None)], input=2),
    "named chain": NetChain({"a": 3, "b": "Ramp", "c": 1}, input=2),
    "nested": NetChain({"a": [3, ["Ramp", 2]], "b": {"c": 1}}, input=2),
    "graph of a list": NetGraph([wl.TotalLayer(), 3, 3, "Tanh"], [(2, 1), (3, 1), (1, 4)], input=2),
    "graph of a dict": NetGraph(
        {"read": 2, "loss": wl.MeanSquaredLossLayer(), "see": "Tanh"},
        [("read", NetPort("loss", "Input")), ("read", "see")],
        input=3,
    ),
    "map": wl.NetMapOperator([3, "Ramp"], input=(5, 2)),
    "nest": NetChain([wl.NetNestOperator(2, 3), 1], input=2),
    "shared": NetChain([SHARED, "Ramp", [SHARED, 1]], input=2),
    "coders": NetChain(
        [wl.LinearLayer(), wl.SoftmaxLayer()],
        input=wl.NetEncoder("Class", ["p", "q"], "UnitVector"),
        output=wl.NetDecoder("Class", ["x", "y", "z"]),
    ),
    "large": NetChain([500, "Ramp", 10], input=800),
}
NETS = DRAFTS | {f"{name}, initialised": wl.net_initialize(net) for name, net in DRAFTS.items()}
OPEN = {"open sizes": NetChain([3, wl.LinearLayer()]), "open rank": NetChain(["Tanh", 2])}

every_net = pytest.mark.parametrize("net", [*NETS.values(), *OPEN.values()], ids=[*NETS, *OPEN])
every_known_net = pytest.mark.parametrize("net", NETS.values(), ids=NETS)


# Of nets


@pytest.mark.parametrize("name", OF_NETS.names())
@every_net
def test_a_property_answers_with_what_it_says(net: Any, name: str) -> None:
    if name in NEEDS_SHAPES and net in OPEN.values():
        with pytest.raises(wl.NotInitializedError):
            information(net, name)
        return
    assert ANSWERS[name](information(net, name)), information(net, name)


def test_every_property_of_the_page_is_there_and_has_a_law() -> None:
    assert set(ANSWERS) == set(OF_NETS.names())
    assert set(OF_NETS.names()) >= set(ENOUGH)


@every_net
def test_properties_lists_exactly_what_can_be_asked(net: Any) -> None:
    names = information(net, "Properties")
    assert names == OF_NETS.names()
    assert len(set(names)) == len(names)


@every_known_net
def test_keys_are_the_same_everywhere_and_in_the_same_order(net: Any) -> None:
    keys = information(net, "ArraysPositionList")
    for name in (
        "Arrays",
        "ArraysByteCounts",
        "ArraysDimensions",
        "ArraysElementCounts",
        "ArraysLearningRateMultipliers",
        "ArraysLearningRateMultiplierSources",
        "ArraysSizes",
    ):
        assert list(information(net, name)) == keys, name
    assert list(information(net, "Layers")) == list(dict.fromkeys(information(net, "Layers")))


@every_known_net
def test_sums_and_counts_agree(net: Any) -> None:
    def ask(name: str) -> Any:
        return information(net, name)

    shapes = ask("ArraysDimensions")
    assert ask("ArraysElementCounts") == {key: math.prod(shape) for key, shape in shapes.items()}
    assert ask("ArraysByteCounts") == {key: 4 * math.prod(s) for key, s in shapes.items()}
    assert ask("ArraysTotalElementCount") == sum(ask("ArraysElementCounts").values())
    assert ask("ArraysTotalByteCount") == sum(ask("ArraysByteCounts").values())
    assert ask("ArraysCount") == len(ask("ArraysList")) == len(ask("ArraysPositionList"))
    assert same(list(ask("Arrays").values()), ask("ArraysList"))
    assert ask("SharedArraysCount") == sum(isinstance(key, NetSharedArray) for key in shapes)
    layers = ask("LayersList")
    assert ask("LayersCount") == len(layers)
    assert same(list(ask("Layers").values()), layers)
    assert ask("LayerTypeCounts") == dict(Counter(layer.kind for layer in layers))
    assert list(ask("InputPorts")) == ask("InputPortNames")
    assert list(ask("OutputPorts")) == ask("OutputPortNames")
    assert ask("RecurrentStatesCount") == len(ask("RecurrentStatesPositionList"))
    assert {step for edge in ask("LayersGraph") for step in edge} <= set(ask("Layers"))
    for key, source in ask("ArraysLearningRateMultiplierSources").items():
        assert source["Multiplier"] == ask("ArraysLearningRateMultipliers")[key]


@every_known_net
def test_what_is_listed_can_be_extracted(net: Any) -> None:
    for key, array in information(net, "Arrays").items():
        assert same(wl.net_extract(net, key), array)
    for path, layer in information(net, "Layers").items():
        if path:
            assert wl.net_extract(net, path).kind == layer.kind


@every_known_net
def test_initialising_changes_numbers_and_nothing_else_that_is_told(net: Any) -> None:
    new = wl.net_initialize(net, all=True)
    assert {a.shape for a in information(new, "ArraysList")} == set(
        information(net, "ArraysDimensions").values()
    )
    for name in set(OF_NETS.names()) - {
        "Arrays",
        "ArraysList",
        "InputForm",
        "Layers",
        "LayersList",
    }:
        if "Graphic" not in name and "Plot" not in name:
            assert same(information(new, name), information(net, name)), name


@every_net
def test_the_report_sums_a_net_up_and_lists_answer_in_order(net: Any) -> None:
    report = information(net)
    assert list(report) == [
        "LayersCount",
        "ArraysCount",
        "SharedArraysCount",
        "InputPortNames",
        "OutputPortNames",
        "ArraysTotalElementCount",
        "ArraysTotalSize",
    ]
    assert information(net, list(report)) == list(report.values())
    assert information([net, net], "LayersCount") == [report["LayersCount"]] * 2


@pytest.mark.parametrize(
    ("name", "meant"),
    [("ArraysCoutn", "ArraysCount"), ("layerscount", "LayersCount"), ("Array", "Arrays")],
)
@every_net
def test_an_unknown_property_is_an_error_that_tells_the_nearest(
    net: Any, name: str, meant: str
) -> None:
    with pytest.raises(PartError) as caught:
        information(net, name)
    assert f"{meant!r}" in str(caught.value)
    assert "did you mean" in str(caught.value)
    with pytest.raises(PartError):
        information(net, ["LayersCount", name])


@pytest.mark.parametrize("name", [3, None.__class__, ALL, ("LayersCount", 3), "", b"LayersCount"])
def test_what_is_no_name_is_an_error(name: Any) -> None:
    with pytest.raises(PartError):
        information(NETS["chain"], name)


def test_information_is_about_nets() -> None:
    for wrong in (3, "LeNet", None, wl.NetEncoder("Scalar")):
        with pytest.raises(wl.OptionError, match="information is about a net"):
            information(wrong)


# Of trainings


@pytest.fixture(scope="module", params=["plain", "validated"])
def results(request: pytest.FixtureRequest) -> Any:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(COUNT, 2)), [["a", "b", "c"][i % 3] for i in range(COUNT)]
    net = NetChain([3, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()])
    options: dict[str, Any] = {"learning_rate_multipliers": {1: None}, "batch_size": BATCH}
    if request.param == "validated":
        options["validation_set"] = (x[:HELD], y[:HELD])
    return wl.net_train(net, (x, y), ALL, max_training_rounds=ROUNDS, **options)


@pytest.mark.parametrize("name", OF_TRAININGS.names())
def test_a_property_of_a_training_answers_with_what_it_says(results: Any, name: str) -> None:
    assert RECORDS[name](results[name]), results[name]


def test_every_property_of_a_training_has_a_law() -> None:
    assert set(RECORDS) == set(OF_TRAININGS.names())


def test_results_list_exactly_what_can_be_asked_and_give_it_all_at_once(results: Any) -> None:
    names = results["Properties"]
    assert names == OF_TRAININGS.names()
    everything = results[ALL]
    assert list(everything) == names
    pair = results[["RoundLoss", "TotalRounds"]]
    assert pair == [results["RoundLoss"], results["TotalRounds"]]
    assert same(everything["BatchLossList"], results["BatchLossList"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("FinalRoundLoss", "RoundLoss"),
        ("FinalValidationLoss", "ValidationLoss"),
        ("TotalInputs", "ExamplesProcessed"),
        ("MeanInputsPerSecond", "MeanExamplesPerSecond"),
        ("WeightsLearningRateMultipliers", "ArraysLearningRateMultipliers"),
    ],
)
def test_old_names_of_properties_still_answer(results: Any, old: str, new: str) -> None:
    assert results[old] == results[new]


def test_what_a_training_tells_agrees_with_itself(results: Any) -> None:
    batches = np.reshape(results["BatchLossList"], (ROUNDS, PER_ROUND))
    sizes = [BATCH] * (COUNT // BATCH) + [COUNT % BATCH] * bool(COUNT % BATCH)
    plain, weighted = batches.mean(1), (batches * sizes).sum(1) / COUNT
    found = results["RoundLossList"]
    assert np.allclose(found, plain, rtol=1e-6) or np.allclose(found, weighted, rtol=1e-6)
    assert results["RoundLoss"] == found[-1]
    rates = results["ArraysLearningRateMultipliers"]
    keys = information(results["TrainedNet"], "ArraysPositionList")
    assert list(rates) == keys
    assert list(results["ArraysLearningRateMultiplierSources"]) == keys
    assert list(results["FinalWeights"]) == keys
    assert {rates[key] for key in keys if key[0] == 1} == {0.0}
    assert {rates[key] for key in keys if key[0] != 1} == {1.0}
    assert same(information(results["TrainedNet"], "Arrays"), results["FinalWeights"])
    assert set(results["RoundMeasurements"]) == {"ErrorRate"}


def test_validation_properties_are_there_with_a_validation_set_and_empty_without(
    results: Any,
) -> None:
    validated = results["ValidationExamples"] is not None
    assert len(results["ValidationLossList"]) == (ROUNDS if validated else 0)
    assert len(results["ValidationPositions"]) == (ROUNDS if validated else 0)
    assert (results["BestValidationRound"] is None) is not validated
    assert (results["ValidationLoss"] is None) is not validated
    if validated:
        best = results["BestValidationRound"] - 1
        rates = results["ValidationMeasurementsLists"]["ErrorRate"]
        assert rates[best] == min(rates)
        assert results["ValidationLoss"] == results["ValidationLossList"][best]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("RoundLos", "RoundLoss"), ("trainednet", "TrainedNet"), ("Batchsize", "BatchSize")],
)
def test_an_unknown_property_of_a_training_tells_the_nearest(
    results: Any, name: str, meant: str
) -> None:
    with pytest.raises(PartError) as caught:
        results[name]
    assert f"{meant!r}" in str(caught.value)
    with pytest.raises(PartError):
        wl.net_train(NetChain([1]), ([[1.0]], [[1.0]]), name)


def test_results_are_a_frozen_record(results: Any) -> None:
    with pytest.raises(AttributeError):
        results.net = 3
    results["RoundLossList"].append(3.0)
    results["ArraysLearningRateMultipliers"].clear()
    assert len(results["RoundLossList"]) == ROUNDS
    assert results["ArraysLearningRateMultipliers"]
    assert not any(isinstance(value, Symbol) for value in results[ALL].values())
    assert "4 rounds" in repr(results)
