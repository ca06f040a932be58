"""What is asked about arrays before training, a number a round: against a training in NumPy, and
that nothing else is changed by it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.thoroughness import share
from tests.training_cases import METHODS, classes, digests, numbers, perceptron
from tests.training_digests import TRAININGS
from wlnet.nets.arrays import arrays_of
from wlnet.train.pace import Pace

NAMES = ["GradientsRMS", "UpdatesRMS", "WeightsRMS"]
PER_ROUND, SIZE = 3, 8


def all_of(net: Any, data: Any, **options: Any) -> Any:
    return wl.net_train(net, data, wl.ALL, **{"training_progress_measurements": NAMES, **options})


def told(results: Any) -> Any:
    return {name: results[name] for name in NAMES}


# A training in NumPy: two layers, the formula of each gradient written out.

Arrays = dict[Any, Any]


def gradients(arrays: Arrays, x: Any, y: Any) -> Arrays:
    """Of the mean over examples and outputs of the squared difference."""
    hidden = np.tanh(x @ arrays[1, "Weights"].T + arrays[1, "Biases"])
    out = hidden @ arrays[3, "Weights"].T + arrays[3, "Biases"]
    slope = 2 * (out - y) / out.size
    inner = (slope @ arrays[3, "Weights"]) * (1 - hidden**2)
    return {
        (1, "Weights"): inner.T @ x,
        (1, "Biases"): inner.sum(axis=0),
        (3, "Weights"): slope.T @ hidden,
        (3, "Biases"): slope.sum(axis=0),
    }


def batch(step: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(step)
    return rng.normal(size=(SIZE, 3)), rng.normal(size=(SIZE, 2))


def in_numpy(arrays: Arrays, rate: float, rounds: int, moves: Any) -> Any:
    """Plain gradient descent; moves(key, step): whether an array is updated."""
    arrays = {key: array.astype(np.float64) for key, array in arrays.items()}
    found: dict[str, dict[Any, list[Any]]] = {n: {key: [] for key in arrays} for n in NAMES}
    for number in range(rounds):
        squares: dict[Any, list[Any]] = {key: [] for key in arrays}
        begun = {key: array.copy() for key, array in arrays.items()}
        for step in range(number * PER_ROUND, (number + 1) * PER_ROUND):
            slopes = gradients(arrays, *batch(step))
            for key, slope in slopes.items():
                if moves(key, step):
                    squares[key].append((slope**2).mean())
                    arrays[key] = arrays[key] - rate * slope
        for key, array in arrays.items():
            mean = np.sqrt(np.mean(squares[key])) if squares[key] else None
            found["GradientsRMS"][key].append(mean)
            found["UpdatesRMS"][key].append(np.sqrt(((array - begun[key]) ** 2).mean()))
            found["WeightsRMS"][key].append(np.sqrt((array**2).mean()))
    return found


SGD = ("SGD", {"Momentum": 0, "LearningRateSchedule": None})
SCHEDULES: dict[str, Any] = {
    "all": (wl.AUTOMATIC, wl.AUTOMATIC, lambda key, step: True),
    "frozen": ({1: None}, wl.AUTOMATIC, lambda key, step: key[0] == 3),
    "by turns": (wl.AUTOMATIC, [1, (3, 3)], lambda key, step: (key[0] == 1) == (step % 4 == 0)),
}


@pytest.mark.parametrize("case", SCHEDULES)
def test_they_are_those_of_a_training_in_numpy(case: str) -> None:
    rules, groups, moves = SCHEDULES[case]
    net = perceptron()
    results = all_of(
        net,
        (lambda state: batch(state["AbsoluteBatch"]), {"RoundLength": PER_ROUND * SIZE}),
        method=SGD,
        learning_rate=0.1,
        batch_size=SIZE,
        max_training_rounds=4,
        working_precision="Real64",
        learning_rate_multipliers=rules,
        training_update_schedule=groups,
    )
    expected = in_numpy(arrays_of(net), 0.1, 4, moves)
    for name in NAMES:
        assert list(results[name]) == list(expected[name])
        for key, values in results[name].items():
            for value, mean in zip(values, expected[name][key], strict=True):
                assert value == (None if mean is None else pytest.approx(mean, rel=1e-5)), (
                    name,
                    key,
                )


def test_neither_regularization_nor_clipping_is_part_of_the_gradient() -> None:
    def first(**more: Any) -> Any:
        method = ("SGD", {"LearningRateSchedule": None, **more})
        options = {"batch_size": 20, "max_training_rounds": 1, "method": method}
        return all_of(perceptron(), numbers(20), **options)["GradientsRMS"]

    plain = first()
    for more in (
        {"GradientClipping": 1e-4},
        {"L2Regularization": 0.5},
        {"GradientNorm": 1e-3},
        {"WeightDecay": 0.1},
        {"WeightClipping": 0.1},
    ):
        assert {key: pytest.approx(value) for key, value in plain.items()} == first(**more)


# Nothing else is changed.


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_has_the_same_bits_with_them_and_without(name: str) -> None:
    net, data, options = TRAININGS[name]()
    options = {"max_training_rounds": 3, **options}
    plain = wl.net_train(net, data, wl.ALL, **options)
    watched = all_of(net, data, **options)
    assert digests(plain["TrainedNet"]) == digests(watched["TrainedNet"])
    for name in ("BatchLossList", "RoundLossList", "ValidationLossList"):
        assert plain[name] == watched[name]
    rounds = watched["TotalRounds"]
    for name in NAMES:
        assert list(watched[name]) == list(watched["ArraysLearningRateMultipliers"])
        assert {len(values) for values in watched[name].values()} == {rounds}
        assert plain[name] == {}


@pytest.mark.parametrize("norm", [None, 0.1])
@pytest.mark.parametrize("method", METHODS)
def test_all_methods_have_the_same_bits_too(method: str, norm: float | None) -> None:
    options = {"method": (method, {"GradientNorm": norm}), "batch_size": 8,
               "max_training_rounds": 5}  # fmt: skip
    plain = wl.net_train(perceptron(), numbers(30), wl.ALL, **options)
    watched = all_of(perceptron(), numbers(30), **options)
    assert digests(plain["TrainedNet"]) == digests(watched["TrainedNet"])
    assert plain["BatchLossList"] == watched["BatchLossList"]


def test_a_net_as_wide_as_packed_arrays_has_the_same_bits_for_any_workers() -> None:
    net = wl.net_initialize(wl.NetChain([256, "Ramp", 200, "Ramp", 2], input=3))
    options: dict[str, Any] = {"batch_size": 60, "max_training_rounds": 3}
    plain = wl.net_train(net, numbers(120), wl.ALL, **options)
    found = [all_of(net, numbers(120), workers=n, **options) for n in (1, 2, 4)]
    assert {str(told(each)) for each in found} == {str(told(found[0]))}
    for each in found:
        assert digests(each["TrainedNet"]) == digests(plain["TrainedNet"])


def test_how_many_steps_run_in_one_go_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for some in (1, 2, 3, 100):

        def paced(self: Pace, most: int, choices: Any, some: int = some) -> tuple[int, int]:
            return min(some, most), choices[0]

        monkeypatch.setattr(Pace, "next", paced)
        found.append(all_of(perceptron(), numbers(33), batch_size=4, max_training_rounds=4))
    assert {str(told(each)) for each in found} == {str(told(found[0]))}


def test_each_can_be_asked_for_alone_and_beside_measurements() -> None:
    data = classes(30)
    net = wl.NetChain([8, "Tanh", 3, wl.SoftmaxLayer()], input=4)
    for name in NAMES:
        results = all_of(net, data, training_progress_measurements=name, max_training_rounds=2)
        assert [each for each in NAMES if results[each]] == [name]
        # Nothing was said of what else to measure.
        assert list(results["RoundMeasurements"]) == ["ErrorRate"]
        report = results["ArraysReport"]
        assert {each for row in report.values() for each in row if each in NAMES} == {name}
        assert {key: row[name] for key, row in report.items()} == results[name]
    both = all_of(net, data, training_progress_measurements=["ErrorRate", *NAMES],
                  max_training_rounds=2)  # fmt: skip
    assert list(both["RoundMeasurements"]) == ["ErrorRate"]
    assert both["GradientsRMS"]


# Phases, going on, interrupts.


def test_what_rests_has_no_gradient_and_no_update() -> None:
    net = wl.net_initialize(wl.NetChain([8, wl.BatchNormalizationLayer(), "Tanh", 2], input=3))
    results = all_of(net, numbers(30), batch_size=10, max_training_rounds=3,
                     learning_rate_multipliers=wl.Phases({1: {1: None}, 3: {1: 1}}))  # fmt: skip
    slopes, updates = results["GradientsRMS"], results["UpdatesRMS"]
    assert slopes[1, "Weights"][:2] == [None, None]
    assert slopes[1, "Weights"][2] > 0
    assert updates[1, "Weights"][:2] == [0, 0]
    assert updates[1, "Weights"][2] > 0
    assert slopes[2, "MovingMean"] == [None] * 3
    assert all(value > 0 for value in updates[2, "MovingMean"])
    weights = results["WeightsRMS"][1, "Weights"]
    first = math.sqrt((arrays_of(net)[1, "Weights"].astype(np.float64) ** 2).mean())
    assert weights[:2] == [pytest.approx(first, rel=1e-12)] * 2


def in_pieces(pieces: list[int], **options: Any) -> Any:
    results = perceptron()
    for rounds in pieces:
        results = all_of(results, numbers(30), max_training_rounds=rounds, batch_size=8, **options)
    return results


@share(30)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=4))
def test_it_does_not_matter_where_a_training_is_cut(pieces: list[int]) -> None:
    assert told(in_pieces([sum(pieces)])) == told(in_pieces(pieces))


def test_rounds_for_which_nobody_asked_have_none() -> None:
    results = perceptron()
    for asked in ("Loss", "WeightsRMS", "GradientsRMS", "WeightsRMS"):
        names = [] if asked == "Loss" else [asked]
        results = all_of(results, numbers(30), training_progress_measurements=names,
                         max_training_rounds=1)  # fmt: skip
    for name, there in (("WeightsRMS", [0, 1, 0, 1]), ("GradientsRMS", [0, 0, 1, 0])):
        for values in results[name].values():
            assert [value is not None for value in values] == list(map(bool, there))
    assert results["UpdatesRMS"] == {}


def interrupted(at: int, names: list[str] = NAMES, **more: Any) -> Any:
    """A training that is broken off when a schedule is asked for so manieth time."""
    count = 0

    def schedule(t: int, total: int) -> float:
        nonlocal count
        count += 1
        if count == at:
            raise KeyboardInterrupt
        return 1.0

    return all_of(perceptron(), numbers(40), method=("ADAM", {"LearningRateSchedule": schedule}),
                  batch_size=4, max_training_rounds=3, training_progress_measurements=names,
                  **more)  # fmt: skip


@pytest.mark.parametrize("at", [1, 2, 7, 11, 12, 19, 25])
def test_a_round_that_was_interrupted_is_taken_to_its_end(
    at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A schedule is asked for many steps at a time: here for each by itself.
    monkeypatch.setattr("wlnet.train.loop.MANY", 1)
    whole = all_of(perceptron(), numbers(40), batch_size=4, max_training_rounds=3)
    cut = interrupted(at)
    done = cut["TotalBatches"]
    assert done == at - 1
    assert {len(values) for name in NAMES for values in cut[name].values()} <= {done // 10}
    rest = all_of(cut, numbers(40), batch_size=4, max_training_rounds=3 - done // 10)
    assert told(whole) == told(rest)


@pytest.mark.parametrize("at", [5, 14])
def test_a_file_keeps_them_also_in_the_middle_of_a_round(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wlnet.train.loop.MANY", 1)
    whole = all_of(perceptron(), numbers(40), batch_size=4, max_training_rounds=3)
    cut = interrupted(at, learning_rate_multipliers={3: 1})
    wl.save(cut, tmp_path / "cut.wlnet")
    back = wl.load(tmp_path / "cut.wlnet")
    assert told(back) == told(cut)
    rest = all_of(back, numbers(40), batch_size=4, max_training_rounds=3 - (at - 1) // 10)
    assert told(rest) == told(whole)
    assert digests(rest["TrainedNet"]) == digests(whole["TrainedNet"])
    report = rest["ArraysReport"]
    assert {key: row["Steps"] for key, row in report.items()} == dict.fromkeys(report, 30)


def test_a_round_of_which_only_the_end_was_watched_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wlnet.train.loop.MANY", 1)
    cut = interrupted(14, [])
    rest = all_of(cut, numbers(40), batch_size=4, max_training_rounds=2)
    assert [value is None for value in rest["GradientsRMS"][1, "Weights"]] == [True, True, False]
    assert [value is None for value in rest["UpdatesRMS"][1, "Weights"]] == [True, True, False]
    assert [value is None for value in rest["WeightsRMS"][1, "Weights"]] == [True, False, False]
    # Nobody asks for a while, then somebody does again.
    cut = interrupted(14)
    again = all_of(cut, numbers(40), batch_size=4, max_training_rounds=2,
                   training_progress_measurements="WeightsRMS")  # fmt: skip
    assert [v is None for v in again["GradientsRMS"][1, "Weights"]] == [False, True, True]


def test_other_rules_in_the_middle_of_a_round_keep_the_beginning_of_each_array(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wlnet.train.loop.MANY", 1)
    net = perceptron()
    cut = interrupted(5, learning_rate_multipliers={1: None})
    rest = all_of(cut, numbers(40), batch_size=4, max_training_rounds=1,
                  learning_rate_multipliers={3: None})  # fmt: skip
    assert rest["TotalBatches"] == 10
    before, after = arrays_of(net), arrays_of(rest["TrainedNet"])
    for key, (value,) in rest["UpdatesRMS"].items():
        change = after[key].astype(np.float64) - before[key]
        assert value == pytest.approx(np.sqrt((change**2).mean()), rel=1e-12)
        assert value > 0


# Who asks in another way.


def test_a_net_alone_has_none_and_no_key_changes_them() -> None:
    for name in NAMES:
        with pytest.raises(wl.OptionError, match="arrays of a training"):
            wl.net_measurements(perceptron(), numbers(8), name)
        with pytest.raises(wl.OptionError, match="the name alone"):
            all_of(perceptron(), numbers(8), training_progress_measurements={"Measurement": name})
    with pytest.raises(wl.OptionError, match="did you mean 'GradientsRMS'"):
        all_of(perceptron(), numbers(8), training_progress_measurements="GradientRMS")
    with pytest.raises(wl.OptionError, match="unknown stopping criterion"):
        all_of(perceptron(), numbers(8), training_stopping_criterion="WeightsRMS")
