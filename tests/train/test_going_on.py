"""A training goes on: ten calls of one round are one call of ten, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import METHODS, classes, numbers
from wlnet.nets.arrays import arrays_of

ROUNDS = 6
TIMES = ("MeanBatchesPerSecond", "MeanExamplesPerSecond", "TotalTrainingTime")
OF_A_CALL = (*TIMES, "NetTrainInputForm", "TrainingNet", "TrainedNet", "Receipt")


def net() -> Any:
    layers = [8, wl.BatchNormalizationLayer(), "Tanh", wl.DropoutLayer(0.3), 2]
    return wl.net_initialize(wl.NetChain(layers, input=3))


def same(first: Any, second: Any) -> bool:
    """Whether two nets have the same bytes in every array."""
    one, other = arrays_of(first), arrays_of(second)
    return {key: a.tobytes() for key, a in one.items()} == {
        key: a.tobytes() for key, a in other.items()
    }


def plain(value: Any) -> Any:
    """A value that can be compared: what is no number is equal to itself."""
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def same_record(first: Any, second: Any, but: tuple[str, ...] = OF_A_CALL) -> None:
    for name in first["Properties"]:
        if name not in but:
            assert plain(first[name]) == plain(second[name]), name
    assert same(first["TrainedNet"], second["TrainedNet"])


def in_pieces(pieces: list[int], data: Any, **options: Any) -> Any:
    results = net()
    for rounds in pieces:
        results = wl.net_train(results, data, wl.ALL, max_training_rounds=rounds, **options)
    return results


def of_method(name: str) -> Any:
    """Without a schedule over the whole, which nobody knows in pieces."""
    return (name, {"LearningRateSchedule": None})


FORMS: dict[str, Any] = {
    "columns": lambda: numbers(30),
    "a function": lambda: (
        lambda state: (np.full((8, 3), state["AbsoluteBatch"] / 7), np.ones((8, 2)))
    ),
    "a function with a length": lambda: (
        lambda state: (np.full((8, 3), state["Round"] / 7), np.ones((8, 2))),
        {"RoundLength": 20},
    ),
    "passes": lambda: passes,
}


def passes(state: Any) -> Any:
    for i in range(3):
        yield np.full((8, 3), state["Round"] + i, np.float32), np.ones((8, 2), np.float32)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", METHODS)
def test_calls_of_one_round_are_one_call_of_all(method: str, form: str) -> None:
    options = {"batch_size": 8, "method": of_method(method)}
    whole = in_pieces([ROUNDS], FORMS[form](), **options)
    pieces = in_pieces([1] * ROUNDS, FORMS[form](), **options)
    same_record(whole, pieces)
    assert pieces["TotalRounds"] == ROUNDS


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("method", METHODS)
def test_validation_best_net_and_patience_go_on_too(method: str, precision: str) -> None:
    options = {
        "batch_size": 8,
        "method": of_method(method),
        "learning_rate": 0.05,
        "validation_set": wl.Scaled(0.3),
        "training_stopping_criterion": {"Patience": 2},
        "working_precision": precision,
        "training_progress_measurements": ["MeanDeviation", "RSquared"],
    }
    whole = in_pieces([40], numbers(30), **options)
    assert whole["ReasonTrainingStopped"] == "StoppingCriterion"
    rounds = whole["TotalRounds"]
    pieces = in_pieces([1] * rounds, numbers(30), **options)
    same_record(whole, pieces)


@settings(max_examples=6)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=4))
def test_it_does_not_matter_where_a_training_is_cut(pieces: list[int]) -> None:
    whole = in_pieces([sum(pieces)], numbers(20), batch_size=6)
    same_record(whole, in_pieces(pieces, numbers(20), batch_size=6))


def test_a_schedule_is_that_of_a_call() -> None:
    asked: list[Any] = []

    def schedule(t: int, total: int) -> float:
        asked.append((t, total))
        return 1.0

    options = {"batch_size": 10, "method": ("SGD", {"LearningRateSchedule": schedule})}
    in_pieces([2, 1], numbers(20), **options)
    assert asked == [(0, 4), (1, 4), (2, 4), (3, 4), (0, 2), (1, 2)]


def test_another_method_begins_anew_and_says_so() -> None:
    first = in_pieces([3], numbers(20), method="ADAM")
    with pytest.warns(wl.TrainingWarning, match="another method: what ADAM has kept"):
        second = wl.net_train(first, numbers(20), wl.ALL, method="RMSProp", max_training_rounds=2)
    fresh = wl.net_train(first["TrainedNet"], numbers(20), wl.ALL, method="RMSProp",
                         max_training_rounds=2)  # fmt: skip
    # The order of rounds goes on, so only the state is the same as that of a new training.
    assert second["TotalRounds"] == 5 and fresh["TotalRounds"] == 2
    assert second["BatchLossList"][:3] == first["BatchLossList"]


def test_other_data_rates_and_batches_keep_the_moments() -> None:
    first = in_pieces([3], numbers(20), batch_size=10)
    second = wl.net_train(first, numbers(33, seed=5), wl.ALL, batch_size=4, max_training_rounds=2,
                          learning_rate=0.5, learning_rate_multipliers={1: 3})  # fmt: skip
    moment = second.record.moment
    assert set(moment.updates.values()) == {0, 6 + 2 * 9}
    assert second["ExamplesProcessed"] == 60 + 66
    assert second["RoundPositions"] == [2, 4, 6, 15, 24]
    assert second["InitialLearningRate"] == 0.5


def test_without_the_earlier_validation_the_last_net_comes_back() -> None:
    first = in_pieces([3], numbers(30), validation_set=numbers(9, seed=2))
    second = wl.net_train(first, numbers(30), wl.ALL, max_training_rounds=1)
    assert second["BestValidationRound"] is None
    assert same(second["TrainedNet"], wl.net_train(first, numbers(30), max_training_rounds=1))
    for key, array in second.record.moment.arrays.items():
        assert array.tobytes() == arrays_of(second["TrainedNet"])[key].tobytes()


def test_other_validation_data_are_judged_anew() -> None:
    held = numbers(9, seed=2)
    first = in_pieces([3], numbers(30), validation_set=held)
    x, y = numbers(9, seed=2)
    again = wl.net_train(first, numbers(30), wl.ALL, max_training_rounds=1,
                         validation_set=(x, y * 1000))  # fmt: skip
    assert again["BestValidationRound"] == 4
    assert len(again["ValidationLossList"]) == 4


def test_what_was_not_measured_before_is_told_as_such() -> None:
    data = classes()
    layers = wl.NetChain([8, "Tanh", 3, wl.SoftmaxLayer()], input=4)
    first = wl.net_train(layers, data, wl.ALL, max_training_rounds=2)
    second = wl.net_train(first, data, wl.ALL, max_training_rounds=1,
                          training_progress_measurements="F1Score")  # fmt: skip
    lists = second["RoundMeasurementsLists"]
    assert np.isnan(lists["ErrorRate"]).tolist() == [False, False, True]
    assert np.isnan(lists["F1Score"]).tolist() == [True, True, False]


def test_the_record_that_goes_on_is_as_it_was() -> None:
    first = in_pieces([2], numbers(20))
    kept = plain({name: first[name] for name in first["Properties"] if name not in OF_A_CALL})
    state = {key: {n: a.tobytes() for n, a in each.items()}
             for key, each in first.record.moment.states.items()}  # fmt: skip
    wl.net_train(first, numbers(20), max_training_rounds=3)
    assert kept == plain({n: first[n] for n in first["Properties"] if n not in OF_A_CALL})
    assert state == {key: {n: a.tobytes() for n, a in each.items()}
                     for key, each in first.record.moment.states.items()}  # fmt: skip


def test_a_round_that_was_interrupted_is_taken_to_its_end() -> None:
    data = numbers(40)
    count = 0

    def schedule(t: int, total: int) -> float:
        nonlocal count
        count += 1
        if count == 14:
            raise KeyboardInterrupt
        return 1.0

    options = {"batch_size": 4, "max_training_rounds": 3}
    whole = wl.net_train(net(), data, wl.ALL, **options)
    cut = wl.net_train(net(), data, wl.ALL, method=("ADAM", {"LearningRateSchedule": schedule}),
                       **options)  # fmt: skip
    assert cut["ReasonTrainingStopped"] == "ManualStop"
    done = cut["TotalBatches"]
    rest = wl.net_train(cut, data, wl.ALL, batch_size=4, max_training_rounds=3 - done // 10)
    same_record(whole, rest, (*OF_A_CALL, "OptimizationMethod"))


def test_a_round_of_examples_is_not_taken_to_its_end_by_a_pass() -> None:
    def ends(state: Any) -> Any:
        return "StopTraining" if state["AbsoluteBatch"] == 2 else None

    cut = wl.net_train(net(), numbers(40), wl.ALL, batch_size=8, max_training_rounds=3,
                       training_progress_function=(ends, {"Interval": (1, "Batches")}))  # fmt: skip
    assert cut["TotalBatches"] == 2
    rest = wl.net_train(cut, passes, wl.ALL, batch_size=8, max_training_rounds=1)
    assert rest["RoundLossList"] == [pytest.approx(np.mean(rest["BatchLossList"][2:]))]


@pytest.mark.parametrize(("before", "after"), [(None, 0.9), (0.9, None)])
def test_what_an_option_of_the_method_needs_no_more_or_newly_begins_with_zeros(
    before: float | None, after: float | None
) -> None:
    data, plain_net = numbers(1), wl.net_initialize(wl.NetChain([2], input=3))
    first = wl.net_train(plain_net, data, wl.ALL, method=("SGD", {"Momentum": before}),
                         max_training_rounds=2)  # fmt: skip
    options: Any = {"method": ("SGD", {"Momentum": after}), "max_training_rounds": 3}
    assert same(wl.net_train(first, data, **options),
                wl.net_train(first["TrainedNet"], data, **options))  # fmt: skip


def test_patience_goes_on_where_a_measurement_has_a_key_of_its_own() -> None:
    options: Any = {
        "training_progress_measurements": {"Measurement": "MeanDeviation", "Key": "Mine"},
        "training_stopping_criterion": {"Criterion": "Mine", "Patience": 2},
        "validation_set": wl.Scaled(0.3), "learning_rate": 0.05, "batch_size": 8,
        "method": of_method("ADAM"),
    }  # fmt: skip
    whole = in_pieces([40], numbers(30), **options)
    assert whole["ReasonTrainingStopped"] == "StoppingCriterion"
    same_record(whole, in_pieces([1] * whole["TotalRounds"], numbers(30), **options))
