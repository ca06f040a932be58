"""Stopping before the last round: criteria, patience, functions."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.train.stopping import Stopper
from wlnet.train.stopping_options import as_criterion

DATA = numbers(12)


def rounds_until(values: list[float], **criterion: Any) -> int | None:
    """After how many of these values (smaller is better) a criterion stops; None: never."""
    found = as_criterion(criterion or "Loss")
    assert found is not None
    stopper = Stopper(found)
    return next((count for count, value in enumerate(values, 1) if stopper.fails(value)), None)


NAN = float("nan")
CASES: dict[str, tuple[list[float], dict[str, Any], int | None]] = {
    "always better": ([5, 4, 3, 2, 1], {}, None),
    "no patience: the first failure": ([5, 4, 4.5, 3], {}, 3),
    "an equal value is a failure": ([5, 5], {}, 2),
    "patience 1: the second in a row": ([5, 6, 7, 1], {"Patience": 1}, 3),
    "patience 2: failures apart do not add up": ([5, 6, 6, 4, 6, 6, 3, 6], {"Patience": 2}, None),
    "patience 2: three in a row": ([5, 4, 6, 6, 6], {"Patience": 2}, 5),
    "a failure is against the best, not the last": ([5, 1, 4, 3, 2], {"Patience": 2}, 5),
    "initial patience": ([5, 6, 7, 8, 9], {"InitialPatience": 3}, 4),
    "initial patience, then patience": ([5, 6, 7, 8, 9], {"InitialPatience": 2, "Patience": 1}, 4),
    "absolute change": ([5, 4.5, 3.9], {"AbsoluteChange": 1}, 2),
    "absolute change, exactly": ([5, 4], {"AbsoluteChange": 1}, 2),
    "absolute change, more": ([5, 3.9, 2], {"AbsoluteChange": 1}, None),
    "small steps add up: 1 to .88 is better": (
        [1, 0.94, 0.88, 0.82],
        {"AbsoluteChange": 0.1, "Patience": 2},
        None,
    ),
    "small relative steps add up": (
        [10, 9.5, 8.9, 8.5, 8.0],
        {"RelativeChange": 0.1, "Patience": 1},
        None,
    ),
    "and are counted where they do not": (
        [1, 0.94, 0.91, 0.905],
        {"AbsoluteChange": 0.1, "Patience": 2},
        4,
    ),
    "relative change": ([10, 8.9, 8.1], {"RelativeChange": 0.1}, 3),
    "relative change in percent": ([10, 8.9, 8.1], {"RelativeChange": (10, "Percent")}, 3),
    "relative change of a negative loss": ([-10, -11.1, -11.5], {"RelativeChange": 0.1}, 3),
    "what is no number is a failure": ([5, NAN, NAN], {"Patience": 1}, 3),
    "and never becomes the best": ([NAN, 5, 4, 3], {"Patience": 1}, None),
    "nor does infinity": ([math.inf, 5, 4], {"Patience": 1}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_training_stops_when_failures_in_a_row_exceed_patience(case: str) -> None:
    values, criterion, when = CASES[case]
    assert rounds_until(values, **criterion) == when


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=30), patience=st.integers(0, 5))
def test_the_rule_is_the_plain_reading_of_its_words(values: list[int], patience: int) -> None:
    def failed(i: int) -> bool:
        return i > 0 and values[i] >= min(values[:i])

    wanted = next(
        (
            i + 1
            for i in range(len(values))
            if i >= patience and all(failed(j) for j in range(i - patience, i + 1))
        ),
        None,
    )
    assert rounds_until([float(v) for v in values], Patience=patience) == wanted


def plainly(values: list[float], change: Any, patience: int) -> int | None:
    """The rule in its own words: what counts is the best value that was accepted."""
    accepted, failures = values[0], 0
    for count, value in enumerate(values[1:], 2):
        if value < accepted - change(accepted):
            accepted, failures = value, 0
        else:
            failures += 1
        if failures > patience:
            return count
    return None


@given(
    values=st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=30),
    patience=st.integers(0, 4),
    absolute=st.integers(0, 8),
)
def test_a_change_is_measured_from_the_best_value_that_was_accepted(
    values: list[float], patience: int, absolute: int
) -> None:
    wanted = plainly(values, lambda best: absolute, patience)
    assert rounds_until(values, Patience=patience, AbsoluteChange=absolute) == wanted
    wanted = plainly(values, lambda best: abs(best) * 0.25, patience)
    assert rounds_until(values, Patience=patience, RelativeChange=0.25) == wanted


@given(
    values=st.lists(st.integers(0, 9), min_size=1, max_size=20),
    a=st.integers(0, 5),
    b=st.integers(0, 5),
)
def test_more_patience_never_stops_earlier(values: list[int], a: int, b: int) -> None:
    few, many = (rounds_until([float(v) for v in values], Patience=n) or 99 for n in sorted((a, b)))
    assert few <= many


def ruined(**options: Any) -> Any:
    """A training that gets better for four rounds and worse from then on."""
    return wl.net_train(
        perceptron(),
        DATA,
        wl.ALL,
        batch_size=12,
        max_training_rounds=20,
        learning_rate=0.02,
        **options,
        method=("SGD", {"LearningRateSchedule": lambda t, total: 1.0 if t < 4 else 40.0}),
    )


@pytest.mark.parametrize(
    "criterion", ["Loss", wl.AUTOMATIC, {"Criterion": "Loss"}, {"Criterion": wl.AUTOMATIC}, {}]
)
def test_the_loss_of_validation_stops_a_training(criterion: Any) -> None:
    results = ruined(training_stopping_criterion=criterion, validation_set=DATA)
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    losses = results["ValidationLossList"]
    assert results["TotalRounds"] == len(losses) < 20
    assert losses[-1] >= min(losses[:-1])
    assert all(b < a for a, b in itertools.pairwise(losses[:-1]))
    assert results["ValidationLoss"] == min(losses)


def test_more_patience_means_as_many_more_rounds() -> None:
    rounds = [
        ruined(training_stopping_criterion={"Patience": n}, validation_set=DATA)["TotalRounds"]
        for n in (0, 1, 2)
    ]
    assert rounds == [rounds[0], rounds[0] + 1, rounds[0] + 2]


def test_without_a_validation_set_training_values_are_used_with_a_warning() -> None:
    with pytest.warns(wl.TrainingWarning, match="without a validation set"):
        results = ruined(training_stopping_criterion="Loss")
    losses = results["RoundLossList"]
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    assert losses[-1] >= min(losses[:-1])


def test_a_measurement_that_grows_stops_when_it_no_longer_does() -> None:
    x, y = classes(30)
    results = wl.net_train(
        classifier(),
        (x, y),
        wl.ALL,
        validation_set=(x, y),
        learning_rate=0.01,
        max_training_rounds=200,
        training_progress_measurements="Accuracy",
        training_stopping_criterion={"Criterion": "Accuracy", "Patience": 2},
    )
    found = results["ValidationMeasurementsLists"]["Accuracy"]
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    assert max(found[-3:]) <= max(found[:-3]), "three failures in a row end it"
    assert max(found) > found[0]
    assert results["ValidationMeasurements"]["Accuracy"] == max(found)


def test_a_criterion_that_is_not_measured_is_an_error_before_training() -> None:
    seen: list[Any] = []
    with pytest.raises(
        wl.OptionError,
        match=r"'MeanSquare' is not measured[^$]*training_progress_measurements='MeanSquare'",
    ):
        wl.net_train(
            perceptron(),
            DATA,
            validation_set=DATA,
            training_stopping_criterion="MeanSquare",
            training_progress_function=seen.append,
        )
    assert not seen


def test_a_function_stops_a_training_by_what_it_is_told() -> None:
    told: list[Any] = []

    def stop(state: Any) -> bool:
        told.append(
            (
                state["Round"],
                state["ValidationLoss"] == state["ValidationLossList"][-1],
                state["RoundLoss"] > 0,
            )
        )
        return bool(state["Round"] == 3)

    results = wl.net_train(
        perceptron(),
        DATA,
        wl.ALL,
        validation_set=DATA,
        training_stopping_criterion=stop,
        max_training_rounds=9,
    )
    assert results[["ReasonTrainingStopped", "TotalRounds"]] == ["StoppingCriterion", 3]
    assert told == [(number, True, True) for number in (1, 2, 3)]


def test_a_function_as_criterion_may_have_a_dict_around_it() -> None:
    results = wl.net_train(
        perceptron(),
        DATA,
        wl.ALL,
        validation_set=DATA,
        max_training_rounds=9,
        training_stopping_criterion={"Criterion": lambda state: np.bool_(state["Round"] >= 2)},
    )
    assert results["TotalRounds"] == 2


@pytest.mark.parametrize("answer", [None, 1, "StopTraining", 0.0])
def test_a_function_that_answers_anything_but_true_or_false_is_an_error(answer: Any) -> None:
    with pytest.raises(wl.OptionError, match="True or False"):
        wl.net_train(
            perceptron(),
            DATA,
            validation_set=DATA,
            training_stopping_criterion=lambda state: answer,
            max_training_rounds=2,
        )


# The clock.


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("held", [None, DATA], ids=["training", "validation"])
@pytest.mark.parametrize("batch_size", [6, 12], ids=["round cut short", "whole round"])
@pytest.mark.parametrize("criterion", ["Loss", lambda state: True], ids=["named", "function"])
def test_the_time_goal_goes_before_a_criterion(criterion: Any, batch_size: int, held: Any) -> None:
    results = wl.net_train(
        perceptron(),
        DATA,
        wl.ALL,
        batch_size=batch_size,
        max_training_rounds=9,
        time_goal=1e-9,
        validation_set=held,
        training_stopping_criterion=criterion,
    )
    assert results["ReasonTrainingStopped"] == "TimeGoal"
    assert results["TotalRounds"] == batch_size // 12
    assert results["TotalBatches"] == 1


# Measurements of the top n.

TOP: dict[str, Any] = {
    "key": "AccuracyTop2",
    "pair": ("Accuracy", 2),
    "key in a dict": {"Criterion": "AccuracyTop2"},
    "pair in a dict": {"Criterion": ("Accuracy", 2)},
}


@pytest.mark.parametrize("case", TOP)
def test_a_measurement_of_the_top_n_stops_a_training(case: str) -> None:
    x, y = classes(30)
    results = wl.net_train(
        classifier(),
        (x, y),
        wl.ALL,
        validation_set=(x, y),
        learning_rate=0.003,
        random_seeding=5,
        max_training_rounds=200,
        training_progress_measurements=["Accuracy", ("Accuracy", 2)],
        training_stopping_criterion=TOP[case],
    )
    found = results["ValidationMeasurementsLists"]["AccuracyTop2"]
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    assert found[-1] <= max(found[:-1]) > found[0]
    assert all(b > a for a, b in itertools.pairwise(found[:-1])), "more is better"
    assert results["ValidationMeasurements"]["AccuracyTop2"] == max(found)


def test_a_pair_with_1_is_the_plain_measurement() -> None:
    assert as_criterion(("ErrorRate", 1)) == as_criterion("ErrorRate")
    assert as_criterion(("ErrorRate", 3)) == as_criterion("ErrorRateTop3")


def test_a_top_n_that_is_not_measured_is_an_error_with_its_repair() -> None:
    with pytest.raises(
        wl.OptionError,
        match=r"'ErrorRateTop2' is not measured[^$]*measurements=\('ErrorRate', 2\)",
    ):
        wl.net_train(classifier(), classes(30), training_stopping_criterion=("ErrorRate", 2))


@pytest.mark.parametrize(
    "criterion",
    [
        ("ErrorRate", 0),
        ("ErrorRate", True),
        ("MeanSquare", 2),
        ("Loss", 2),
        ("ConfusionMatrix", 1),
        ("ErrorRate", 2, 3),
        "MeanSquareTop2",
        "ErrorRateTop",
        "ErrorRateTop1",
        "ErrorRateTop02",
        "Top2",
        "ConfusionMatrix",
        ["ErrorRate"],
        3,
    ],
    ids=repr,
)
def test_what_is_no_measurement_of_a_direction_is_no_criterion(criterion: Any) -> None:
    with pytest.raises(wl.OptionError, match="training_stopping_criterion"):
        as_criterion(criterion)
    with pytest.raises(wl.OptionError, match="training_stopping_criterion"):
        as_criterion({"Criterion": criterion})


@pytest.mark.parametrize("function", [lambda: True, lambda state, other: True])
def test_a_function_of_other_arguments_is_no_criterion(function: Any) -> None:
    with pytest.raises(wl.OptionError, match="a function of one argument, the state"):
        wl.net_train(perceptron(), DATA, training_stopping_criterion=function)


def test_a_function_as_criterion_is_not_warned_of_where_it_looks() -> None:
    # Warnings are errors in the tests.
    wl.net_train(
        perceptron(),
        DATA,
        training_stopping_criterion=lambda state: state["RoundLoss"] < 1e9,
        max_training_rounds=3,
    )


def two_headed() -> tuple[wl.NetGraph, dict[str, Any]]:
    """A net that tells a class and two numbers."""
    net = wl.NetGraph(
        {"kind": wl.NetChain([3, wl.SoftmaxLayer()]), "size": 2},
        [
            (wl.NetPort("Input"), "kind", wl.NetPort("Kind")),
            (wl.NetPort("Input"), "size", wl.NetPort("Size")),
        ],
        input=4,
    )
    inputs, kinds = classes(12)
    return net, {"Input": inputs, "Kind": kinds, "Size": inputs[:, :2]}


@pytest.mark.parametrize("criterion", ["KindLoss", "SizeLoss", "Kind/ErrorRate", "Size/RSquared"])
def test_what_is_told_of_one_of_several_outputs_stops_a_training(criterion: str) -> None:
    net, data = two_headed()
    results = wl.net_train(
        net,
        data,
        wl.ALL,
        training_progress_measurements=["ErrorRate", "RSquared"],
        training_stopping_criterion={"Criterion": criterion, "Patience": 2},
        validation_set=wl.Scaled(0.5),
        max_training_rounds=40,
    )
    values = results["ValidationMeasurementsLists"][criterion]
    sign = -1 if criterion.endswith("RSquared") else 1
    expected = rounds_until([sign * value for value in values], Patience=2)
    assert results["TotalRounds"] == (expected or 40)
    assert results["BestValidationRound"] == 1 + int(np.argmin(sign * np.array(values)))


UNMEASURED = {
    "ErrorRate": "training_progress_measurements='ErrorRate'",
    "Kind/ErrorRate": "training_progress_measurements='ErrorRate'",
    "RSquared": "the output is part of the name: 'Size/RSquared'",
    "KidLoss": "did you mean 'KindLoss'",
    "Kind/RSquared": "did you mean 'Size/RSquared'",
}


@pytest.mark.parametrize("criterion", UNMEASURED)
def test_what_is_not_told_of_several_outputs_is_an_error_with_its_repair(criterion: str) -> None:
    net, data = two_headed()
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(
            net,
            data,
            training_progress_measurements="RSquared",
            training_stopping_criterion=criterion,
        )
    (fault,) = error.value.faults
    assert fault.fix is not None
    assert fault.fix.startswith(UNMEASURED[criterion])


def test_a_measurement_is_told_of_the_outputs_that_it_suits() -> None:
    net, data = two_headed()
    results = wl.net_train(
        net, data, wl.ALL, training_progress_measurements=["Accuracy", "RSquared"]
    )
    told = results["RoundMeasurements"]
    assert list(told) == ["KindLoss", "SizeLoss", "Kind/Accuracy", "Size/RSquared"]
    trained = results["TrainedNet"]
    found = wl.net_measurements(trained, data, ["Accuracy", "RSquared"])
    size = np.array(trained(data["Input"])["Size"], float)
    spread = data["Size"] - data["Size"].mean(0)
    unexplained = ((size - data["Size"]) ** 2).sum(0) / (spread**2).sum(0)
    right = np.array(trained(data["Input"])["Kind"]) == data["Kind"]
    assert found == [{"Kind": right.mean()}, {"Size": pytest.approx(1 - unexplained.mean())}]
    every = wl.net_measurements(trained, data, wl.ALL)
    assert every["F1Score"].keys() == {"Kind"}
    assert every["MeanSquare"].keys() == {"Size"}


@pytest.mark.parametrize(("patience", "initial", "rounds"), [(0, 0, 3), (2, 0, 5), (0, 4, 5)])
def test_a_function_is_patient_too(patience: int, initial: int, rounds: int) -> None:
    criterion = {"Criterion": lambda state: state["Round"] >= 3, "Patience": patience,
                 "InitialPatience": initial}  # fmt: skip
    results = wl.net_train(perceptron(), numbers(12), wl.ALL, max_training_rounds=9,
                           training_stopping_criterion=criterion)  # fmt: skip
    assert results["TotalRounds"] == rounds


def test_a_function_has_no_change() -> None:
    with pytest.raises(wl.OptionError, match="a function tells itself"):
        wl.net_train(perceptron(), numbers(12), training_stopping_criterion={
            "Criterion": lambda state: True, "RelativeChange": 0.1})  # fmt: skip
