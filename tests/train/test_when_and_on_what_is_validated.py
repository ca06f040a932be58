"""When a net is validated, and functions that give what it is validated on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, digests, numbers, perceptron

X, Y = numbers(12)
HELD = numbers(9, seed=4)
VALUES = ["ValidationLossList", "ValidationPositions", "BestValidationRound", "ValidationLoss"]


def train(validation_set: Any, prop: Any = wl.ALL, **options: Any) -> Any:
    usual = {"max_training_rounds": 7, "batch_size": 5, "learning_rate": 0.05}
    given = {**usual, "training_progress_reporting": None, **options}
    return wl.net_train(perceptron(), (X, Y), prop, validation_set=validation_set, **given)


# Every how many rounds


@pytest.mark.parametrize("column", [[[2.0], [3.0]], ((2.0,), (3.0,)), np.array([[2.0], [3.0]])])
def test_a_dict_beside_columns_may_be_of_columns_called_like_an_option(column: Any) -> None:
    net = wl.NetGraph([wl.LinearLayer(1)], [(1, wl.NetPort("Interval"))], input=1)
    data = ([[1.0], [2.0]], {"Interval": column})
    once: Any = {"max_training_rounds": 1, "validation_set": data}
    assert wl.net_train(net, data, "ValidationExamples", **once) == 2
    assert wl.net_measurements(wl.net_train(net, data, **once), data, "Loss") > 0


def test_options_stand_beside_a_validation_set_alone() -> None:
    for given, told in (
        (((X, Y), {"RoundLength": 5}), "of a function that gives batches"),
        (((X, Y), {"Interval": 5}), "data has no option 'Interval'"),
        (([*zip(X, Y, strict=True)], {"Interval": (5, "Batches"), "Foo": 1}), "2 faults"),
    ):
        with pytest.raises(wl.OptionError, match=told):
            wl.net_train(perceptron(), given)
        with pytest.raises(wl.OptionError, match=told):
            wl.net_measurements(wl.net_initialize(perceptron()), given, "Loss")


@pytest.mark.parametrize("interval", [1, 2, 3, 7, 100])
def test_an_interval_leaves_rounds_out_and_never_the_last(interval: int) -> None:
    every, some = train(HELD), train((HELD, {"Interval": interval}))
    rounds = [n for n in range(1, 8) if n % interval == 0 or n == 7]
    assert some["ValidationPositions"] == [3 * n for n in rounds]
    assert some["ValidationLossList"] == [every["ValidationLossList"][n - 1] for n in rounds]
    assert some["RoundLossList"] == every["RoundLossList"], "to judge a net does not change it"


@pytest.mark.parametrize("interval", [1, 2, 3])
def test_the_best_is_told_by_its_round_and_with_its_values(interval: int) -> None:
    nets: dict[int, Any] = {}
    results = train(
        (HELD, {"Interval": interval}),
        learning_rate=0.9,
        training_progress_function=lambda state: nets.update({state["Round"]: state["Net"]}),
        training_progress_measurements="MeanDeviation",
    )
    losses = results["ValidationLossList"]
    best = int(np.argmin(losses))
    number = results["ValidationPositions"][best] // 3
    assert best < len(losses) - 1, "a case in which the last is not the best"
    assert results["BestValidationRound"] == number
    assert digests(results["TrainedNet"]) == digests(nets[number])
    assert results["ValidationLoss"] == losses[best]
    measured = results["ValidationMeasurementsLists"]["MeanDeviation"]
    assert results["ValidationMeasurements"]["MeanDeviation"] == measured[best]


def test_a_share_may_have_an_interval() -> None:
    results = train((wl.Scaled(0.25), {"Interval": 3}))
    assert results["ValidationPositions"] == [6, 12, 14]
    plain = train(wl.Scaled(0.25))
    assert results["ValidationExampleNumbers"] == plain["ValidationExampleNumbers"]


def test_a_criterion_is_asked_when_there_was_a_validation() -> None:
    """Patience counts validations: each of these is worse than the first."""
    asked: dict[str, Any] = {"Criterion": "Loss", "Patience": 1}
    options = {"learning_rate": 5.0, "max_training_rounds": 40, "method": "SignSGD"}
    results = train((HELD, {"Interval": 4}), training_stopping_criterion=asked, **options)
    losses = results["ValidationLossList"]
    fails = [loss >= min(losses[:n]) for n, loss in enumerate(losses) if n]
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    assert fails[-2:] == [True, True]
    assert results["TotalRounds"] == 4 * len(losses)


@pytest.mark.parametrize(("word", "judged"), [("StopTraining", [6, 9]), ("AbortTraining", [6])])
def test_who_stops_a_training_has_its_last_net_judged(word: str, judged: list[int]) -> None:
    results = train(
        (HELD, {"Interval": 2}),
        training_progress_function=lambda state: word if state["Round"] == 3 else None,
    )
    assert results["ValidationPositions"] == judged


def test_a_function_as_criterion_is_asked_every_round() -> None:
    results = train(
        (HELD, {"Interval": 2}), training_stopping_criterion=lambda state: state["Round"] == 3
    )
    assert results["ValidationPositions"] == [6, 9]


def test_a_training_goes_on_with_its_weights_and_its_interval() -> None:
    x, y = classes(40)
    net = wl.net_initialize(classifier())
    options: dict[str, Any] = {
        "class_weights": "Balanced",
        "example_weights": np.linspace(0, 2, 40),
        "validation_set": ((x, y), {"Interval": 2}),
        "batch_size": 8,
    }
    whole = wl.net_train(net, (x, y), wl.ALL, max_training_rounds=6, **options)
    some = wl.net_train(net, (x, y), wl.ALL, max_training_rounds=4, **options)
    more = wl.net_train(some, (x, y), wl.ALL, max_training_rounds=2, **options)
    for name in ("BatchLossList", *VALUES):
        assert more[name] == whole[name], name
    assert digests(more["TrainedNet"]) == digests(whole["TrainedNet"])


WRONG: dict[str, tuple[Any, str]] = {
    "no number": ((HELD, {"Interval": 0}), "every how many rounds"),
    "a word": ((HELD, {"Interval": "x"}), "every how many rounds"),
    "another option": ((HELD, {"Interval": 2, "Intervall": 3}), "has no option 'Intervall'"),
    "a unit": ((HELD, {"Interval": (2, "Batches")}), "every how many rounds"),
    "a unit, of a function": (
        (lambda: HELD, {"Interval": (2, "Batches")}),
        "every how many rounds",
    ),
    "another option alone": ((HELD, {"Foo": 2}), "validation_set has no option 'Foo'"),
    "of a share": ((wl.Scaled(0.1), {"Foo": "x"}), "validation_set has no option 'Foo'"),
    "a length of columns": ((HELD, {"RoundLength": 2}), "of a function that gives batches"),
    "of a function": ((lambda: HELD, {"Foo": 2}), r"no option 'Foo'\n  at: *validation_set"),
    "no length": ((lambda: HELD, {"RoundLength": 0}), r"no length\n  at: *validation_set"),
    "no validation": ((None, {"Interval": 2}), "an interval of no validation"),
    "a wrong share": ((wl.Scaled(2), {"Interval": 2}), "needs 0 < f < 1"),
    "both": ((wl.Scaled(2), {"Interval": 0}), "2 faults"),
}


@pytest.mark.parametrize("case", WRONG)
def test_intervals_that_are_none_are_told(case: str) -> None:
    given, told = WRONG[case]
    with pytest.raises(wl.OptionError, match=told):
        train(given)


# Functions


def parts(*sizes: int) -> Iterator[Any]:
    start = 0
    for size in sizes:
        yield HELD[0][start : start + size], HELD[1][start : start + size]
        start += size


def told(state: Any) -> Any:
    assert state["BatchSize"] == 5
    assert state["AbsoluteBatch"] == 0
    assert state["Net"] is not None
    return parts(4, 5)


def again() -> Iterator[Any]:
    while True:
        yield from parts(4, 5)


FUNCTIONS: dict[str, Any] = {
    "a pass": lambda: parts(4, 5),
    "that is told": told,
    "one batch": lambda: HELD,
    "one batch by port": lambda: {"Input": HELD[0], "Output": HELD[1]},
    "a round": (lambda: parts(4, 5), {"RoundLength": 9}),
    "a round of what has no end": (again, {"RoundLength": 9}),
    "with an interval": (again, {"RoundLength": 9, "Interval": 1}),
    "with an interval around": ((again, {"RoundLength": 9}), {"Interval": 1}),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_function_gives_what_is_validated_on(case: str) -> None:
    given, plain = train(FUNCTIONS[case], VALUES), train(HELD, VALUES)
    np.testing.assert_allclose(given[0], plain[0], rtol=1e-6)
    assert given[1:3] == plain[1:3]


def test_a_round_ends_where_its_length_says_and_passes_follow_one_another() -> None:
    some = train((lambda: parts(4, 5), {"RoundLength": 7}))
    assert some["ValidationExamples"] == 7
    assert some["ValidationLossList"] == train((HELD[0][:7], HELD[1][:7]))["ValidationLossList"]
    twice = train((lambda: parts(4, 5), {"RoundLength": 18}))
    assert twice["ValidationExamples"] == 18
    np.testing.assert_allclose(twice["ValidationLossList"], train(HELD)["ValidationLossList"])


def test_a_function_is_asked_once_before_training_and_may_fill_one_memory() -> None:
    x, y = np.empty((3, 3), np.float32), np.empty((3, 2), np.float32)
    asked = []

    def refilled() -> Iterator[Any]:
        for start in range(0, 9, 3):
            asked.append(start)
            x[:], y[:] = HELD[0][start : start + 3], HELD[1][start : start + 3]
            yield x, y

    results = train(refilled)
    assert asked == [0, 3, 6]
    np.testing.assert_allclose(results["ValidationLossList"], train(HELD)["ValidationLossList"])


def test_examples_of_a_function_have_labels_and_weights() -> None:
    x, y = classes(30)
    words = np.array(["a", "b", "c"])[y]
    weights = np.linspace(0, 2, 30)
    net = wl.net_initialize(classifier())
    held = {"Input": x, "Output": words, "w": weights}
    usual = {"max_training_rounds": 3, "training_progress_reporting": None}
    plain, given = (
        wl.net_train(net, held, VALUES, example_weights="w", validation_set=validation, **usual)
        for validation in (
            held,
            lambda: ({name: column[some] for name, column in held.items()} for some in THIRDS),
        )
    )
    np.testing.assert_allclose(given[0], plain[0], rtol=1e-6)


THIRDS = slice(0, 10), slice(10, 20), slice(20, 30)


def test_either_all_batches_of_a_function_have_weights_or_none() -> None:
    def some() -> Iterator[Any]:
        yield {"Input": HELD[0], "Output": HELD[1], "w": np.ones(9)}
        yield {"Input": HELD[0], "Output": HELD[1]}

    data = {"Input": X, "Output": Y, "w": np.ones(12)}
    with pytest.raises(wl.DataError, match=r"no column of weights 'w'[^$]*validation_set, batch 2"):
        wl.net_train(perceptron(), data, example_weights="w", validation_set=some)


def holed() -> Iterator[Any]:
    yield HELD
    yield HELD[0] * np.nan, HELD[1]


REFUSED: dict[str, tuple[Any, str]] = {
    "a generator that runs": (parts(4, 5), "already runs"),
    "nothing": (lambda: iter(()), "exhausted"),
    "a gap": (holed, r"validation_set, batch 2, port Input, example 1"),
    "another shape": (lambda: (X[:, :2], Y), r"validation_set, batch 1"),
    "a function of a function": (lambda: lambda: HELD, "gives examples, not a function"),
    "no length": ((again, {"RoundLength": 0}), "a round has no length"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_functions_that_give_no_examples_are_told(case: str) -> None:
    given, words = REFUSED[case]
    with pytest.raises(wl.WlnetError, match=words):
        train(given)


def test_nothing_is_asked_of_a_function_by_a_call_that_cannot_go_on() -> None:
    asked: list[Any] = []
    calls: list[Callable[[], Any]] = [
        lambda: train(lambda: asked.append(1), max_training_rounds=-1),
        lambda: train(lambda: asked.append(1), learning_rate_multipliers={"no such part": 0}),
        lambda: wl.net_train(perceptron(), (X * np.nan, Y), validation_set=lambda: asked.append(1)),
    ]
    for call in calls:
        with pytest.raises(wl.WlnetError):
            call()
    assert not asked


def test_a_pass_without_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wlnet.train.drawn.ENDLESS", 3)

    def many() -> Iterator[Any]:
        for _ in range(5):
            yield HELD

    with pytest.warns(wl.TrainingWarning, match=r"has no end[^$]*validation_set[^$]*RoundLength"):
        train(many)
