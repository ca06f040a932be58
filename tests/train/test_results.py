"""The record of a training: every property, and what it must be."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, digests, numbers, perceptron
from wlnet.nets.arrays import arrays_of
from wlnet.train import course

X, Y = classes(20)
RULES = [((1, "Biases"), 0.5), (3, None), (wl.ANY, 1)]


@pytest.fixture(scope="module")
def results() -> Any:
    """4 rounds of 3 batches of 20 examples, validated on 6."""
    return wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        batch_size=8,
        max_training_rounds=4,
        validation_set=(X[:6], Y[:6]),
        learning_rate=0.01,
        learning_rate_multipliers=RULES,
        method=("SGD", {"Momentum": 0.5, "WeightClipping": {1: 9}}),
    )


VALUES: dict[str, Any] = {
    "ArraysLearningRateMultipliers": {
        (1, "Weights"): 1.0,
        (1, "Biases"): 0.5,
        (3, "Weights"): 0.0,
        (3, "Biases"): 0.0,
    },
    "BatchesPerRound": 3,
    "BatchSize": 8,
    "ExamplesProcessed": 80,
    # Asked for by nobody: see test_arrays_by_round.py.
    "GradientsRMS": {},
    "UpdatesRMS": {},
    "WeightsRMS": {},
    "InitialLearningRate": 0.01,
    "ReasonTrainingStopped": "MaxTrainingRounds",
    "ReasonMessage": None,
    "RoundPositions": [3, 6, 9, 12],
    "SkippedTrainingData": [],
    "TargetDevice": "CPU",
    "TotalBatches": 12,
    "TotalRounds": 4,
    "TrainingExamples": 20,
    "ValidationExampleNumbers": None,
    "ValidationExamples": 6,
    "ValidationPositions": [3, 6, 9, 12],
}

OF_THEM: dict[str, Any] = {
    "BatchLearningRateList": lambda r, v: (
        len(v) == 12 and v == sorted(v, reverse=True) and v[-1] == r["FinalLearningRate"]
    ),
    "RoundLearningRateList": lambda r, v: v == r["BatchLearningRateList"][2::3],
    "LossPlot": lambda r, v: v == r["FinalPlots"]["Loss"],
    "FinalPlots": lambda r, v: (
        len(v["LearningRateMultipliers"].rows) == 4 and v["ErrorRate"].y_axis.name == "ErrorRate"
    ),
    "BatchPermutation": lambda r, v: (
        [len(batch) for batch in v] == [8, 8, 4]
        and sorted(example for batch in v for example in batch) == list(range(1, 21))
    ),
    "NetTrainInputForm": lambda r, v: (
        v.startswith("net_train(net, data, ALL, learning_rate=0.01, learning_rate_multipliers=[")
        and "batch_size=8" in v
        and "random_seeding" not in v
    ),
    "ArraysLearningRateMultipliersByPhase": lambda r, v: (
        v == {1: r["ArraysLearningRateMultipliers"]}
    ),
    "ArraysLearningRateMultiplierSources": lambda r, v: (
        v[3, "Weights"]["Rule"] == (3, 0.0)
        and v[3, "Weights"]["SetAt"] == "net_train"
        and v.keys() == r["ArraysLearningRateMultipliers"].keys()
    ),
    "ArraysLearningRateMultipliersTable": lambda r, v: (
        [
            (row.split()[0], float(row.split()[2]), "frozen" in row)
            for row in v.to_text(None).splitlines()[2:]
        ]
        == [
            ("1/Weights", 1, False),
            ("1/Biases", 0.5, False),
            ("3/Weights", 0, True),
            ("3/Biases", 0, True),
        ]
    ),
    "ArraysReport": lambda r, v: (
        [(key, told["Rate"], told["Steps"], told["Changed"]) for key, told in v.items()]
        == [
            ((1, "Weights"), 1.0, 12, True),
            ((1, "Biases"), 0.5, 12, True),
            ((3, "Weights"), 0.0, 0, False),
            ((3, "Biases"), 0.0, 0, False),
        ]
    ),
    "Receipt": lambda r, v: (
        [row["Loss"] for row in json.loads(v)["Rounds"]] == r["RoundLossList"]
        and json.loads(v)["After"]["1/Weights"] == digests(r["TrainedNet"])[1, "Weights"]
    ),
    "ArraysReportTable": lambda r, v: (
        [(row["array"], row["bytes"]) for row in v]
        == [
            ((1, "Weights"), "changed"),
            ((1, "Biases"), "changed"),
            ((3, "Weights"), "same"),
            ((3, "Biases"), "same"),
        ]
    ),
    "BatchLossList": lambda r, v: len(v) == 12 and all(type(x) is float for x in v),
    "BatchMeasurements": lambda r, v: (
        v == {"ErrorRate": r["BatchMeasurementsLists"]["ErrorRate"][-1]}
    ),
    "BatchMeasurementsLists": lambda r, v: list(v) == ["ErrorRate"] and len(v["ErrorRate"]) == 12,
    "BestValidationRound": lambda r, v: v in (1, 2, 3, 4),
    "CheckpointingFiles": lambda r, v: v == [],
    "FinalLearningRate": lambda r, v: v == pytest.approx(0.01 * np.sqrt(1 - 12 / 13)),
    "FinalWeights": lambda r, v: (
        {k: a.tobytes() for k, a in v.items()}
        == {k: a.tobytes() for k, a in arrays_of(r["TrainedNet"]).items()}
    ),
    "MeanBatchesPerSecond": lambda r, v: v == pytest.approx(12 / r["TotalTrainingTime"]),
    "MeanExamplesPerSecond": lambda r, v: v == pytest.approx(80 / r["TotalTrainingTime"]),
    "OptimizationMethod": lambda r, v: (
        v
        == (
            "SGD",
            {
                "LearningRate": 0.01,
                "Momentum": 0.5,
                "LearningRateSchedule": "Polynomial",
                "L2Regularization": None,
                "GradientClipping": None,
                "WeightClipping": [(1, 9.0)],
                "WeightDecay": None,
                "GradientNorm": None,
            },
        )
    ),
    "Properties": lambda r, v: v == sorted(v) and len(v) == len(set(v)),
    "RoundLoss": lambda r, v: v == r["RoundLossList"][-1],
    "RoundLossList": lambda r, v: (
        v
        == pytest.approx(
            [np.average(r["BatchLossList"][i : i + 3], weights=[8, 8, 4]) for i in range(0, 12, 3)]
        )
    ),
    "RoundMeasurements": lambda r, v: (
        v == {"ErrorRate": r["RoundMeasurementsLists"]["ErrorRate"][-1]}
    ),
    "RoundMeasurementsLists": lambda r, v: (
        v["ErrorRate"]
        == pytest.approx(
            [
                np.average(r["BatchMeasurementsLists"]["ErrorRate"][i : i + 3], weights=[8, 8, 4])
                for i in range(0, 12, 3)
            ]
        )
    ),
    "TotalTrainingTime": lambda r, v: type(v) is float and 0 < v < 60,
    "TrainedNet": lambda r, v: isinstance(v, wl.NetChain) and set(v(X)) <= {0, 1, 2},
    "TrainingNet": lambda r, v: "LossLayer" in wl.net_extract(v, wl.ALL),
    "ValidationLoss": lambda r, v: v == r["ValidationLossList"][r["BestValidationRound"] - 1],
    "ValidationLossList": lambda r, v: len(v) == 4,
    "ValidationMeasurements": lambda r, v: (
        v
        == {
            "ErrorRate": r["ValidationMeasurementsLists"]["ErrorRate"][r["BestValidationRound"] - 1]
        }
    ),
    "ValidationMeasurementsLists": lambda r, v: (
        list(v) == ["ErrorRate"] and len(v["ErrorRate"]) == 4
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_property_has_its_value(name: str, results: Any) -> None:
    assert results[name] == VALUES[name]


@pytest.mark.parametrize("name", OF_THEM)
def test_a_property_agrees_with_the_others(name: str, results: Any) -> None:
    assert OF_THEM[name](results, results[name])


def test_every_property_is_tested_here(results: Any) -> None:
    assert sorted([*VALUES, *OF_THEM]) == results["Properties"]


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
def test_old_names_still_answer(old: str, new: str, results: Any) -> None:
    assert results[old] == results[new]


def test_several_names_give_a_list_and_all_a_dict(results: Any) -> None:
    assert results[["TotalRounds", "BatchSize"]] == [4, 8]
    assert results["TotalRounds", "BatchSize"] == [4, 8]
    assert results[[]] == []
    everything = results[wl.ALL]
    assert list(everything) == results["Properties"]
    assert everything["RoundLossList"] == results["RoundLossList"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("RoundLos", "RoundLoss"),
        ("trainednet", "TrainedNet"),
        ("BatchLoss", "BatchLossList"),
        (3, ""),
        (None, ""),
    ],
)
def test_an_unknown_property_is_a_part_error_with_a_suggestion(
    name: Any, near: str, results: Any
) -> None:
    for ask in (lambda: results[name], lambda: wl.net_train(perceptron(), numbers(12), [name])):
        with pytest.raises(wl.PartError) as error:
            ask()
        assert near in str(error.value)
        assert "no such property" in str(error.value)
    with pytest.raises((wl.PartError, wl.OptionError)):
        wl.net_train(perceptron(), numbers(12), name)


def test_a_property_is_looked_at_before_training() -> None:
    seen: list[Any] = []
    with pytest.raises(wl.PartError):
        wl.net_train(
            perceptron(), numbers(12), ["RoundLoss", "Los"], training_progress_function=seen.append
        )
    assert not seen


@pytest.mark.parametrize("prop", [None, 3, {"TrainedNet"}, wl.AUTOMATIC])
def test_what_is_no_property_is_an_option_error(prop: Any) -> None:
    with pytest.raises(wl.OptionError, match="TrainedNet"):
        wl.net_train(perceptron(), numbers(12), prop)


# What net_train returns.


def test_each_form_of_prop_gives_its_form_of_answer() -> None:
    options: dict[str, Any] = {"max_training_rounds": 1}
    net = perceptron()
    trained = wl.net_train(net, numbers(12), **options)
    assert isinstance(trained, wl.NetChain)
    assert wl.net_train(net, numbers(12), "TrainedNet", **options) == trained
    assert wl.net_train(net, numbers(12), ["TrainedNet"], **options) == [trained]
    assert wl.net_train(net, numbers(12), ("TrainedNet", "TotalRounds"), **options) == [trained, 1]
    assert wl.net_train(net, numbers(12), [], **options) == []
    assert isinstance(wl.net_train(net, numbers(12), wl.ALL, **options), wl.NetTrainResults)
    assert wl.net_train(net, numbers(12), "FinalRoundLoss", **options) == wl.net_train(
        net, numbers(12), "RoundLoss", **options
    )


def test_the_properties_and_the_training_net_need_no_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(course, "Trainer", None)
    names = wl.net_train(perceptron(), numbers(12), "Properties")
    assert "TrainedNet" in names
    training = wl.net_train(wl.NetChain([4, wl.LinearLayer()]), numbers(12), "TrainingNet")
    assert list(training.input_names) == ["Input", "Output"]
    assert list(training.output_names) == ["Loss"]
    assert wl.net_extract(training, ("Net", 2, "Weights")) is wl.AUTOMATIC
    found = wl.net_train(perceptron(), numbers(12), ["TrainingNet", "Properties"])
    assert isinstance(found[0], wl.NetGraph)
    assert found[1] == names


def test_the_training_net_computes_the_loss(results: Any) -> None:
    x, y = numbers(12)
    training = wl.net_train(perceptron(), (x, y), "TrainingNet")
    np.testing.assert_allclose(
        training({"Input": x, "Output": y}), ((perceptron()(x) - y) ** 2).mean(1), rtol=1e-5
    )


# The record is a value.


def test_a_record_never_changes(results: Any) -> None:
    with pytest.raises(AttributeError, match="never changes"):
        results._record = None
    with pytest.raises(AttributeError, match="never changes"):
        del results._record
    with pytest.raises(TypeError):
        results["RoundLoss"] = 0
    before = digests(results["TrainedNet"])
    for name in results["Properties"]:
        value = results[name]
        if isinstance(value, (list, dict)) and value:
            value.clear()
            assert results[name], f"what was handed out of {name} was the record's own"
    results["OptimizationMethod"][1].clear()
    assert results["OptimizationMethod"][1]
    results["RoundMeasurementsLists"]["ErrorRate"].clear()
    assert len(results["RoundMeasurementsLists"]["ErrorRate"]) == 4
    with pytest.raises(ValueError, match="read-only"):
        results["FinalWeights"][1, "Weights"][0] = 0
    assert digests(results["TrainedNet"]) == before


def test_a_record_can_be_copied_and_pickled(results: Any) -> None:
    for other in (pickle.loads(pickle.dumps(results)), copy.deepcopy(results), copy.copy(results)):
        assert other["TrainedNet"] == results["TrainedNet"]
        assert other["BatchLossList"] == results["BatchLossList"]
        assert other["ArraysLearningRateMultipliers"] == results["ArraysLearningRateMultipliers"]


def test_the_repr_says_what_happened(results: Any) -> None:
    text = repr(results)
    for word in (
        "4 rounds of 3 batches",
        f"{results['RoundLoss']:.4g}",
        "best validation round",
        "2 of 4 arrays frozen",
        "MaxTrainingRounds",
    ):
        assert word in text


@pytest.mark.parametrize(
    ("rules", "frozen"),
    [
        (wl.AUTOMATIC, 0),
        ({2: None}, 4),
        ({(2, "Scaling"): 0}, 1),
        ({(3, "Biases"): 1, wl.ANY: None}, 7),
    ],
)
def test_a_record_counts_as_frozen_what_is_frozen_and_no_running_statistics(
    rules: Any, frozen: int
) -> None:
    net = wl.NetChain([4, wl.BatchNormalizationLayer(), 1], input=3)
    data = numbers(12, outputs=1)
    options: Any = {"learning_rate_multipliers": rules, "max_training_rounds": 1}
    record = wl.net_train(net, data, wl.ALL, **options)
    assert f"{frozen} of 8 arrays frozen" in repr(record)
    multipliers = record["ArraysLearningRateMultipliers"].values()
    assert sum(rate == 0 for rate in multipliers) == frozen
