"""Laws that every property keeps: of nets (information) and of trainings (NetTrainResults)."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import ALL, AUTOMATIC, NetChain, NetGraph, NetPort, NetSharedArray, PartError, information
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
    "graph of a list": NetGraph(
        [wl.TotalLayer(), 3, 3, "Tanh"], [(2, 1), (3, 1), (1, 4)], input=2
    ),
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
SIZE = re.compile(r"\d+(\.\d+)?(e\+\d+)? (B|kB|MB|GB)")


def is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def is_path(key: Any) -> bool:
    return isinstance(key, NetSharedArray) or (
        isinstance(key, tuple) and all(type(step) in (int, str) for step in key)
    )


def by_path(test: Any) -> Any:
    return lambda v: isinstance(v, dict) and all(is_path(k) and test(x) for k, x in v.items())


def listed(test: Any) -> Any:
    return lambda value: isinstance(value, list) and all(test(x) for x in value)


def by_name(test: Any) -> Any:
    return lambda v: isinstance(v, dict) and all(type(k) is str and test(x) for k, x in v.items())


def is_array(value: Any) -> bool:
    return value is AUTOMATIC or (
        isinstance(value, np.ndarray) and value.dtype == np.float32 and not value.flags.writeable
    )


def is_shape(value: Any) -> bool:
    return value is None or isinstance(value, tuple)


def is_picture(value: Any) -> bool:
    return value.to_svg().startswith("<svg") and value.to_svg().endswith("</svg>")


def is_source(value: Any) -> bool:
    return set(value) == {"Multiplier", "Rule", "SetAt", "Beaten"} and type(value["SetAt"]) is str


def count_or_automatic(value: Any) -> bool:
    return value is AUTOMATIC or is_count(value)


ANSWERS = {
    "Arrays": by_path(is_array),
    "ArraysByteCounts": by_path(count_or_automatic),
    "ArraysCount": is_count,
    "ArraysDimensions": by_path(is_shape),
    "ArraysElementCounts": by_path(count_or_automatic),
    "ArraysLearningRateMultiplierSources": by_path(is_source),
    "ArraysLearningRateMultipliers": by_path(lambda value: type(value) is float),
    "ArraysLearningRateMultipliersTable": lambda value: type(value) is str,
    "ArraysList": listed(is_array),
    "ArraysPositionList": listed(is_path),
    "ArraysSizes": by_path(lambda v: v is AUTOMATIC or SIZE.fullmatch(v) is not None),
    "ArraysTotalByteCount": is_count,
    "ArraysTotalElementCount": is_count,
    "ArraysTotalSize": lambda value: SIZE.fullmatch(value) is not None,
    "FullSummaryGraphic": is_picture,
    "InputForm": lambda value: type(value) is str,
    "InputPortNames": listed(lambda value: type(value) is str),
    "InputPorts": by_name(lambda value: True),
    "LayerTypeCounts": by_name(is_count),
    "Layers": by_path(lambda value: hasattr(value, "lower")),
    "LayersCount": is_count,
    "LayersGraph": listed(lambda edge: len(edge) == 2 and all(map(is_path, edge))),
    "LayersList": listed(lambda value: hasattr(value, "lower")),
    "MXNetNodeGraph": listed(lambda row: type(row[0]) is str),
    "MXNetNodeGraphPlot": is_picture,
    "OutputPortNames": listed(lambda value: type(value) is str),
    "OutputPorts": by_name(lambda value: True),
    "Properties": listed(lambda value: type(value) is str),
    "RecurrentStatesCount": is_count,
    "RecurrentStatesPositionList": listed(is_path),
    "SharedArraysCount": is_count,
    "SummaryGraphic": is_picture,
    "TopologyHash": lambda value: re.fullmatch("[0-9a-f]{64}", value) is not None,
}
NEEDS_SHAPES = {"MXNetNodeGraph", "MXNetNodeGraphPlot"}
ENOUGH = {  # semantics §6; what the pages name and what is missing would stand here
    *("Arrays ArraysByteCounts ArraysCount ArraysDimensions ArraysElementCounts ArraysList").split(),
    *("ArraysLearningRateMultipliers ArraysPositionList ArraysSizes ArraysTotalSize").split(),
    *("ArraysTotalByteCount ArraysTotalElementCount FullSummaryGraphic SummaryGraphic").split(),
    *("InputForm InputPortNames InputPorts Layers LayersCount LayersGraph LayersList").split(),
    *("LayerTypeCounts MXNetNodeGraph MXNetNodeGraphPlot OutputPortNames OutputPorts").split(),
    *("Properties RecurrentStatesCount RecurrentStatesPositionList SharedArraysCount").split(),
    "TopologyHash",
}


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
    assert set(OF_NETS.names()) >= ENOUGH


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
    for name in set(OF_NETS.names()) - {"Arrays", "ArraysList", "InputForm", "Layers", "LayersList"}:
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

ROUNDS, COUNT, BATCH = 4, 10, 4
PER_ROUND, HELD = math.ceil(COUNT / BATCH), 5


@pytest.fixture(scope="module", params=["plain", "validated"])
def results(request: pytest.FixtureRequest) -> Any:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(COUNT, 2)), [["a", "b", "c"][i % 3] for i in range(COUNT)]
    net = NetChain([3, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()])
    options: dict[str, Any] = {"learning_rate_multipliers": {1: None}, "batch_size": BATCH}
    if request.param == "validated":
        options["validation_set"] = (x[:HELD], y[:HELD])
    return wl.net_train(net, (x, y), ALL, max_training_rounds=ROUNDS, **options)


def is_number(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def numbers(count: int) -> Any:
    return lambda value: isinstance(value, list) and len(value) == count and all(map(is_number, value))


def lists_of(count: int) -> Any:
    return by_name(numbers(count))


def is_net(value: Any) -> bool:
    return hasattr(value, "nodes")


TOTAL = ROUNDS * PER_ROUND
RECORDS: dict[str, Any] = {
    "ArraysLearningRateMultipliers": by_path(lambda value: type(value) is float),
    "ArraysLearningRateMultiplierSources": by_path(is_source),
    "BatchesPerRound": lambda value: value == PER_ROUND,
    "BatchLossList": numbers(TOTAL),
    "BatchMeasurements": by_name(is_number),
    "BatchMeasurementsLists": lists_of(TOTAL),
    "BatchSize": lambda value: value == BATCH,
    "BestValidationRound": lambda value: value is None or 1 <= value <= ROUNDS,
    "ExamplesProcessed": lambda value: value == ROUNDS * COUNT,
    "FinalLearningRate": lambda value: value == 0.001,
    "FinalWeights": by_path(is_array),
    "InitialLearningRate": lambda value: value == 0.001,
    "MeanBatchesPerSecond": is_number,
    "MeanExamplesPerSecond": is_number,
    "OptimizationMethod": lambda value: value[0] == "ADAM" and value[1]["Beta1"] == 0.9,
    "Properties": listed(lambda value: type(value) is str),
    "ReasonMessage": lambda value: value is None or type(value) is str,
    "ReasonTrainingStopped": lambda value: value == "MaxTrainingRounds",
    "RoundLoss": is_number,
    "RoundLossList": numbers(ROUNDS),
    "RoundMeasurements": by_name(is_number),
    "RoundMeasurementsLists": lists_of(ROUNDS),
    "RoundPositions": lambda value: value == [PER_ROUND * i for i in range(1, ROUNDS + 1)],
    "TargetDevice": lambda value: value == "CPU",
    "TotalBatches": lambda value: value == TOTAL,
    "TotalRounds": lambda value: value == ROUNDS,
    "TotalTrainingTime": lambda value: is_number(value) and value > 0,
    "TrainedNet": is_net,
    "TrainingExamples": lambda value: value == COUNT,
    "TrainingNet": is_net,
    "ValidationExamples": lambda value: value in (None, HELD),
    "ValidationLoss": lambda value: value is None or is_number(value),
    "ValidationLossList": lambda value: numbers(0)(value) or numbers(ROUNDS)(value),
    "ValidationMeasurements": by_name(is_number),
    "ValidationMeasurementsLists": lambda value: lists_of(0)(value) or lists_of(ROUNDS)(value),
    "ValidationPositions": lambda value: value in ([], [PER_ROUND * i for i in range(1, ROUNDS + 1)]),
}


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


def test_validation_properties_are_there_with_a_validation_set_and_empty_without(results: Any) -> None:
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
    ("name", "meant"), [("RoundLos", "RoundLoss"), ("trainednet", "TrainedNet"), ("Batchsize", "BatchSize")]
)
def test_an_unknown_property_of_a_training_tells_the_nearest(results: Any, name: str, meant: str) -> None:
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
