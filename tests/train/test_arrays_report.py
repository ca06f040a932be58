"""What every array did: the report against what is counted and added up here by itself."""

from __future__ import annotations

import hashlib
import math
import sys
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import METHODS, changed, classes, classifier, numbers, perceptron
from wlnet.core.digests import digest
from wlnet.nets.arrays import arrays_of

PER_ROUND, ROUNDS = 3, 4
OPTIONS: dict[str, Any] = {"batch_size": 10, "max_training_rounds": ROUNDS}
DATA = numbers(10 * PER_ROUND)


def with_statistics(**options: Any) -> Any:
    layers = [8, wl.BatchNormalizationLayer(), "Tanh", 2]
    return wl.net_initialize(wl.NetChain(layers, input=3), **options)


def trained(net: Any, rules: Any = wl.AUTOMATIC, **options: Any) -> Any:
    return wl.net_train(
        net, DATA, wl.ALL, learning_rate_multipliers=rules, **{**OPTIONS, **options}
    )


def root_of_squares(values: Any) -> float:
    return math.sqrt(math.fsum(float(value) ** 2 for value in np.ravel(values)))


def little(array: Any) -> str:
    swapped = array if sys.byteorder == "little" else array.byteswap()
    return hashlib.sha256(swapped.tobytes(order="C")).hexdigest()


RULES: dict[str, Any] = {
    "all": wl.AUTOMATIC,
    "some": [(1, None), ((4, "Biases"), 2), (wl.ANY, 0.1)],
    "a frozen layer of statistics": {2: None},
    "negative": {4: -1},
}


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("method", METHODS)
def test_norms_distances_and_digests_are_those_of_the_arrays(
    method: str, rules: str, precision: str
) -> None:
    net = with_statistics()
    results = trained(net, RULES[rules], method=method, working_precision=precision)
    report = results["ArraysReport"]
    before, after = arrays_of(net), arrays_of(results["TrainedNet"])
    assert list(report) == list(before) == list(results["ArraysLearningRateMultipliers"])
    for key, told in report.items():
        moved = root_of_squares(after[key].astype(np.float64) - before[key].astype(np.float64))
        norm = root_of_squares(before[key])
        assert told["NormBefore"] == pytest.approx(norm, rel=1e-12)
        assert told["NormAfter"] == pytest.approx(root_of_squares(after[key]), rel=1e-12)
        assert told["Moved"] == pytest.approx(moved, rel=1e-12)
        assert told["RelativeMoved"] == (pytest.approx(moved / norm, rel=1e-12) if norm else None)
        assert told["DigestBefore"] == little(before[key]) == digest(before[key])
        assert told["DigestAfter"] == little(after[key]) == digest(after[key])
        assert told["Changed"] == (before[key].tobytes() != after[key].tobytes())
        assert told["Changed"] or told["Moved"] == 0
    rates = results["ArraysLearningRateMultipliers"]
    rules_by_key = results["ArraysLearningRateMultiplierSources"]
    for key, told in report.items():
        assert told["Rate"] == rates[key]
        assert told["Rule"] == rules_by_key[key]["Rule"]
        assert told["Changed"] == (rates[key] != 0)


def test_the_bytes_of_a_digest_do_not_depend_on_how_an_array_lies() -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    same = [np.asfortranarray(array), array.astype(">f4"), np.repeat(array, 2, axis=1)[:, ::2]]
    assert {digest(each) for each in same} == {little(array)}
    assert digest(np.float32(3)) == little(np.float32(3))
    assert digest(array + 1) != digest(array)


def test_steps_are_those_in_which_a_gradient_moved_the_array() -> None:
    counted = trained(with_statistics())["ArraysReport"]
    statistics = {key for key in counted if str(key[-1]).startswith("Moving")}
    assert {told["Steps"] for key, told in counted.items() if key not in statistics} == {
        PER_ROUND * ROUNDS
    }
    assert {counted[key]["Steps"] for key in statistics} == {None}
    frozen = trained(with_statistics(), {1: None})["ArraysReport"]
    assert (frozen[1, "Weights"]["Steps"], frozen[4, "Weights"]["Steps"]) == (0, 12)
    # Of every three steps, the last layer has two.
    groups = trained(perceptron(), training_update_schedule=[1, (3, 2)])["ArraysReport"]
    assert groups[1, "Weights"]["Steps"] == 4
    assert groups[3, "Weights"]["Steps"] == 8


def test_each_phase_tells_its_rate_rule_and_steps() -> None:
    phases = wl.Phases({1: {-1: 1, wl.ANY: None}, 2: {1: 0.5, wl.ANY: 1}, 4: {1: None}})
    report = trained(perceptron(), phases)["ArraysReport"]
    assert report[1, "Weights"]["Phases"] == [
        {"FirstRound": 1, "Rate": 0.0, "Rule": (wl.ANY, 0.0), "Steps": 0},
        {"FirstRound": 2, "Rate": 0.5, "Rule": (1, 0.5), "Steps": 2 * PER_ROUND},
        {"FirstRound": 4, "Rate": 0.0, "Rule": (1, 0.0), "Steps": 0},
    ]
    assert report[1, "Weights"]["Steps"] == 2 * PER_ROUND
    assert report[1, "Weights"]["Rate"] == 0
    assert [each["Steps"] for each in report[3, "Biases"]["Phases"]] == [3, 6, 3]
    assert report[3, "Biases"]["Steps"] == 12


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("second", METHODS)
@pytest.mark.parametrize("first", METHODS)
def test_a_training_that_goes_on_counts_the_steps_of_all_calls(first: str, second: str) -> None:
    begun = trained(perceptron(), method=first)
    more = trained(begun, method=second, max_training_rounds=2)
    report = more["ArraysReport"]
    assert {told["Steps"] for told in report.values()} == {PER_ROUND * (ROUNDS + 2)}
    # Under the same rules it is one phase.
    assert {len(told["Phases"]) for told in report.values()} == {1}
    assert {key: told["DigestBefore"] for key, told in report.items()} == {
        key: told["DigestBefore"] for key, told in begun["ArraysReport"].items()
    }
    last = trained(more, {1: None}, method=first, max_training_rounds=1)["ArraysReport"]
    assert [each["FirstRound"] for each in last[1, "Weights"]["Phases"]] == [1, 7]
    assert [each["Steps"] for each in last[1, "Weights"]["Phases"]] == [18, 0]
    assert [each["Steps"] for each in last[3, "Weights"]["Phases"]] == [18, 3]


def test_a_shared_array_is_told_once() -> None:
    tied = wl.LinearLayer(3, weights=wl.NetSharedArray("w"))
    net = wl.net_initialize(wl.NetChain([tied, "Tanh", tied, 2], input=3))
    results = trained(net, {wl.NetSharedArray("w"): 0.5})
    report = results["ArraysReport"]
    assert [key for key in report if key == wl.NetSharedArray("w")] == [wl.NetSharedArray("w")]
    assert report[wl.NetSharedArray("w")]["Steps"] == 12
    assert len(results["ArraysReportTable"]) == len(report)


def test_with_a_validation_set_it_is_about_the_net_that_comes_back() -> None:
    net = wl.net_initialize(classifier())
    data = classes(30)
    results = wl.net_train(net, data, wl.ALL, validation_set=(data[0][:9], data[1][:9][::-1]),
                           learning_rate=0.5, **OPTIONS)  # fmt: skip
    assert results["BestValidationRound"] < ROUNDS
    told = {key for key, each in results["ArraysReport"].items() if each["Changed"]}
    assert told == changed(net, results["TrainedNet"])
    for key, array in arrays_of(results["TrainedNet"]).items():
        assert results["ArraysReport"][key]["DigestAfter"] == little(array)


def test_the_table_has_a_row_an_array_and_fits_a_terminal() -> None:
    phases = wl.Phases({1: {-1: 1, wl.ANY: None}, 2: {1: None, wl.ANY: 1}, 3: {1: None, 4: 0.1}})
    table = trained(with_statistics(), phases)["ArraysReportTable"]
    head, line, *rows = table.to_text(110).splitlines()
    names = ["array", "shape", "rate", "rule", "steps", "norm", "norm after", "moved", "bytes"]
    assert head.split() == " ".join(names).split()
    assert set(line) == {"-", " "}
    cells = [row.split() for row in rows]
    assert cells[0][:3] == ["1/Weights", "8x3", "0"]
    assert [row.endswith("same") for row in rows] == [True, True, *[False] * 6]
    assert "1 -> 0.1" in rows[-2]
    assert "rule 2: 4 -> 0.1" in rows[-2]
    assert " - " in rows[4]
    assert max(map(len, table.to_text(80).splitlines())) <= 80


def test_a_long_rule_is_whole_in_the_table_and_in_the_report() -> None:
    rule = ("a name that is rather long", "Weights")
    net = wl.net_initialize(wl.NetChain({rule[0]: 4, "b": 2}, input=3))
    results = trained(net, {rule: 0.5})
    assert results["ArraysReport"][rule]["Rule"] == (rule, 0.5)
    assert f"rule 1: {rule!r} -> 0.5" in results["ArraysReportTable"]
    assert "..." not in results["ArraysReportTable"]


def test_the_steps_are_those_of_the_net_that_comes_back() -> None:
    """With a validation the best net comes back: what learned behind it did not learn in it."""
    phases = wl.Phases({1: {-1: 1, wl.ANY: None}, 4: 1})
    results = wl.net_train(
        perceptron(), numbers(20), wl.ALL, batch_size=5, max_training_rounds=6, learning_rate=0.3,
        validation_set=numbers(9, seed=4), learning_rate_multipliers=phases,
    )  # fmt: skip
    best = results["BestValidationRound"]
    report = results["ArraysReport"]
    assert report[3, "Weights"]["Steps"] == 4 * best
    assert report[1, "Weights"]["Steps"] == 4 * max(best - 3, 0)
    for row in report.values():
        assert row["Changed"] == (row["Steps"] > 0)
    assert [phase["Steps"] for phase in report[3, "Weights"]["Phases"]] == [
        4 * min(best, 3), 4 * max(best - 3, 0)]  # fmt: skip
