"""Functions of predictions and targets as measurements."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron
from tests.weighted_kinds import KINDS
from tests.weighted_kinds import trained as trained_kind
from wlnet.train import measured_functions
from wlnet.train.stepping import Stepper

X, Y = classes(70)


def largest(predictions: Any, targets: Any) -> float:
    """What is no mean over examples."""
    return float(np.abs(predictions - targets).max())


def wrong(predictions: Any, targets: Any) -> Any:
    return np.mean(predictions.argmax(1) != targets - 1)


class Watched:
    """A function that keeps what it was given."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any]] = []

    def __call__(self, predictions: Any, targets: Any) -> float:
        self.calls.append((predictions, targets))
        return float(len(targets))


def test_it_is_asked_once_for_a_whole_set_in_the_order_of_the_examples() -> None:
    net, (x, y) = wl.net_initialize(perceptron()), numbers(170)
    watched = Watched()
    assert wl.net_measurements(net, (x, y), [watched, largest]) == [
        170.0,
        pytest.approx(np.abs(net(x) - y).max(), rel=1e-6),
    ]
    ((predictions, targets),) = watched.calls
    np.testing.assert_allclose(predictions, net(x), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(targets, y.astype(np.float32))
    for each in (predictions, targets):
        with pytest.raises(ValueError, match="read-only"):
            each[0] = 0


def test_it_agrees_with_the_measurement_that_it_computes() -> None:
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        batch_size=16,
        max_training_rounds=3,
        validation_set=wl.Scaled(0.2),
        training_progress_measurements=["ErrorRate", wrong],
    )
    for kind in ("Batch", "Round", "Validation"):
        lists = results[f"{kind}MeasurementsLists"]
        assert lists["wrong"] == pytest.approx(lists["ErrorRate"], abs=1e-12)


def test_every_batch_and_every_round_is_asked_for_once() -> None:
    watched = Watched()
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        batch_size=32,
        max_training_rounds=2,
        training_progress_measurements={"Measurement": watched, "Key": "size"},
    )
    assert results["BatchMeasurementsLists"]["size"] == [32, 32, 6] * 2
    assert results["RoundMeasurementsLists"]["size"] == [70, 70]
    assert sorted(len(t) for _, t in watched.calls) == [6, 6, 32, 32, 32, 32, 70, 70]


def test_with_the_interval_of_a_round_batches_are_not_asked_for() -> None:
    watched = Watched()
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        batch_size=32,
        max_training_rounds=2,
        validation_set=(X[:50], Y[:50]),
        training_progress_measurements={"Measurement": watched, "Interval": "Round"},
    )
    assert "Watched" not in results["BatchMeasurementsLists"]
    assert results["RoundMeasurementsLists"]["Watched"] == [70, 70]
    assert [len(t) for _, t in watched.calls] == [70, 50, 70, 50]


def test_steps_that_are_taken_back_are_not_asked_for_again(monkeypatch: Any) -> None:
    x, y = numbers(600)
    watched, replays = Watched(), []
    replay = Stepper._replay

    def watched_replay(self: Stepper, stretch: Any, *more: Any) -> None:
        replays.append(stretch.count)
        replay(self, stretch, *more)

    monkeypatch.setattr(Stepper, "_replay", watched_replay)
    with pytest.warns(wl.TrainingWarning):
        results = wl.net_train(
            perceptron(),
            (x, y),
            wl.ALL,
            batch_size=6,
            max_training_rounds=5,
            method=("SGD", {"LearningRateSchedule": lambda t, total: 1.0 if t < 70 else 1e30}),
            training_progress_measurements=watched,
        )
    assert results["ReasonTrainingStopped"] == "WeightsDiverged"
    steps = results["TotalBatches"]
    assert steps >= 70
    assert replays
    assert sum(len(t) == 6 for _, t in watched.calls) == steps
    assert all(np.isfinite(p).all() for p, _ in watched.calls)


def test_with_several_outputs_it_is_asked_about_each_or_about_its_source() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"a": 2, "b": 1},
            [
                (wl.NetPort("Input"), "a", wl.NetPort("A")),
                (wl.NetPort("Input"), "b", wl.NetPort("B")),
            ],
            input=3,
        )
    )
    x, y = numbers(12)
    data = {"Input": x, "A": y, "B": y[:, :1]}
    out = net(x)
    both = wl.net_measurements(net, data, largest)
    assert both["A"] == pytest.approx(np.abs(out["A"] - y).max(), rel=1e-5)
    assert set(both) == {"A", "B"}
    one = wl.net_measurements(net, data, {"Measurement": largest, "Source": wl.NetPort("B")})
    assert one == {"B": both["B"]}
    with pytest.raises(wl.OptionError, match=r"no output of this name[^$]*A, B"):
        wl.net_measurements(net, data, {"Measurement": largest, "Source": "C"})


def test_a_function_with_a_direction_stops_a_training_and_picks_the_net() -> None:
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        validation_set=(X, Y),
        max_training_rounds=60,
        training_progress_measurements={
            "Measurement": lambda p, t: -wrong(p, t),
            "Key": "right",
            "Direction": "Increasing",
        },
        training_stopping_criterion={"Criterion": "right", "Patience": 2},
    )
    right = results["ValidationMeasurementsLists"]["right"]
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    assert results["BestValidationRound"] == 1 + int(np.argmax(right))
    assert len(right) == results["BestValidationRound"] + 3


def test_what_takes_too_much_is_the_mean_by_batch_and_that_is_said(monkeypatch: Any) -> None:
    net, (x, y) = wl.net_initialize(perceptron()), numbers(170)
    monkeypatch.setattr(measured_functions, "MOST", 1000)
    with pytest.warns(wl.TrainingWarning, match="mean of its values by batch"):
        found = wl.net_measurements(net, (x, y), largest)
    off, sizes = np.abs(net(x) - y).max(axis=1), (64, 64, 42)
    ends = np.cumsum(sizes)
    values = [off[end - size : end].max() for end, size in zip(ends, sizes, strict=True)]
    assert found == pytest.approx(np.average(values, weights=sizes), rel=1e-5)


BAD: dict[str, Any] = {
    "a word": lambda p, t: "good",
    "nothing": lambda p, t: None,
    "a truth": lambda p, t: True,
    "an array": lambda p, t: p,
}


@pytest.mark.parametrize("case", BAD)
def test_an_answer_that_is_no_number_is_an_error(case: str) -> None:
    with pytest.raises(wl.OptionError, match="gives a number"):
        wl.net_measurements(wl.net_initialize(perceptron()), numbers(12), BAD[case])


@pytest.mark.parametrize("function", [lambda p: 0.0, lambda: 0.0, lambda p, t, more: 0.0])
def test_a_function_of_other_arguments_is_no_measurement(function: Any) -> None:
    with pytest.raises(wl.OptionError, match="two arguments, predictions and targets"):
        wl.net_measurements(wl.net_initialize(perceptron()), numbers(12), function)


def test_what_a_function_raises_and_warns_of_is_the_users_own() -> None:
    class Mine(Exception):
        pass

    def raising(predictions: Any, targets: Any) -> float:
        raise Mine

    def dividing(predictions: Any, targets: Any) -> float:
        return float((np.zeros(1) / np.zeros(1))[0])

    net = wl.net_initialize(perceptron())
    with pytest.raises(Mine):
        wl.net_measurements(net, numbers(12), raising)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert np.isnan(wl.net_measurements(net, numbers(12), dividing))
    assert [each.category for each in heard] == [RuntimeWarning]
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        wl.net_measurements(net, numbers(12), dividing)


def test_in_a_training_too_numpy_does_about_errors_what_the_user_wants() -> None:
    seen: list[Any] = []

    def looking(predictions: Any, targets: Any) -> float:
        seen.append(np.geterr())
        return 0.0

    with np.errstate(over="raise", divide="ignore"):
        wanted = np.geterr()
        wl.net_train(
            perceptron(),
            numbers(12),
            validation_set=numbers(6),
            max_training_rounds=1,
            training_progress_measurements=looking,
        )
    assert seen == [wanted] * 3


def test_whatever_can_be_called_is_a_measurement() -> None:
    class Odd:
        """It cannot be hashed, and says that it equals everything."""

        def __init__(self, value: float) -> None:
            self.value = value

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

        def __call__(self, predictions: Any, targets: Any) -> float:
            return self.value

    asked = [{"Measurement": Odd(value), "Key": str(value)} for value in (1.0, 2.0)]
    net = wl.net_initialize(perceptron())
    assert wl.net_measurements(net, numbers(12), asked) == [1.0, 2.0]


def test_measurements_of_different_outputs_may_have_one_name() -> None:
    given = KINDS["two outputs"]
    kind = given._replace(data={**given.data, "Kind": given.data["Kind"] + 1})
    asked = [
        {"Measurement": "Accuracy", "Key": "mine", "Source": "Kind"},
        {"Measurement": "MeanSquare", "Key": "mine", "Source": "Size"},
    ]
    net = wl.net_initialize(kind.net, random_seeding=2)
    found = wl.net_measurements(net, kind.data, asked)
    assert found == wl.net_measurements(net, kind.data, ["Accuracy", "MeanSquare"])
    results = trained_kind(kind, training_progress_measurements=asked)
    assert results["RoundMeasurementsLists"].keys() >= {"Kind/mine", "Size/mine"}
