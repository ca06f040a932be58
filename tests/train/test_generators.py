"""Functions that yield batches, functions without an argument, and what has no end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

import wlnet as wl
from tests.training_cases import numbers, perceptron

X, Y = numbers(12)
HALVES = [(X[:6], Y[:6]), (X[6:], Y[6:])]


def train(data: Any, prop: Any = "TrainedNet", **options: Any) -> Any:
    return wl.net_train(
        perceptron(), data, prop, **{"max_training_rounds": 5, "batch_size": 6, **options}
    )


def asked(state: Any) -> Any:
    return HALVES[state["AbsoluteBatch"] % 2]


def endless() -> Iterator[Any]:
    while True:
        yield from HALVES


def told(state: Any) -> Iterator[Any]:
    assert state["BatchSize"] == 6
    while True:
        yield from HALVES


def exhausted() -> Iterator[Any]:
    yield from HALVES


class Loader:
    """A loader of batches, called for every pass."""

    def __call__(self) -> Iterator[Any]:
        return iter(HALVES)


YIELDING: dict[str, Any] = {
    "without end": endless,
    "told the state": told,
    "called again when exhausted": exhausted,
    "a function that returns an iterator": lambda: iter(HALVES),
    "a function of the state that returns a generator": lambda state: told(state),
    "an object that is called": Loader(),
    "a method of a builtin": HALVES.__iter__,
}


ENDLESS = ("without end", "told the state", "a function of the state that returns a generator")


@pytest.mark.parametrize("form", YIELDING)
def test_yielded_batches_train_as_returned_ones_do(form: str) -> None:
    options = {"RoundLength": 12}
    assert train((YIELDING[form], options)) == train((asked, options))


@pytest.mark.parametrize("form", [form for form in YIELDING if form not in ENDLESS])
def test_without_a_round_length_a_round_is_a_pass(form: str) -> None:
    found = train(YIELDING[form], prop=wl.ALL)
    assert found["TrainedNet"] == train((asked, {"RoundLength": 12}))
    assert found[["TotalRounds", "TotalBatches", "BatchesPerRound"]] == [5, 10, 2]
    assert found["RoundPositions"] == [2, 4, 6, 8, 10]


def test_a_plain_function_without_a_round_length_gives_rounds_of_one_batch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = train(asked, prop=wl.ALL, training_progress_reporting=("Print", {"Interval": 1}))
    assert found[["TotalRounds", "TotalBatches", "BatchesPerRound"]] == [5, 5, 1]
    *lines, last = capsys.readouterr().err.splitlines()
    told = [line[:25] for line in lines]
    assert told == [f"round {n} of 5 (one batch) " for n in range(1, 6)]
    assert last.startswith("5 rounds in ")


def test_a_pass_begins_with_the_round_and_may_be_of_any_length() -> None:
    told: list[Any] = []

    def batches(state: Any) -> Iterator[Any]:
        told.append(tuple(state[name] for name in ("Round", "AbsoluteBatch", "BatchesPerRound")))
        for number in range(state["Round"]):
            yield HALVES[number % 2]

    found = train(batches, prop=wl.ALL, max_training_rounds=4)
    # Where passes differ nobody knows how many batches one has.
    assert told == [(1, 0, None), (2, 1, 1), (3, 3, None), (4, 6, None)]
    assert found["RoundPositions"] == [1, 3, 6, 10]


def test_the_first_pass_tells_how_many_rounds_there_are() -> None:
    rounds: list[Any] = []

    def watch(state: Any) -> Any:
        rounds.append(state["TotalRounds"])
        return "StopTraining" if state["Round"] == 2 else None

    def batches() -> Iterator[Any]:
        yield from HALVES * 2

    train(batches, max_training_rounds=wl.AUTOMATIC, training_progress_function=watch)
    assert rounds == [2500, 2500], "about ten thousand batches, four in a pass"


def test_a_generator_without_end_and_without_a_round_length_says_so_while_it_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wlnet.train.generated.ENDLESS", 5)
    monkeypatch.setattr("wlnet.train.reporting.printed.LONG", 0.0)
    with pytest.warns(wl.TrainingWarning, match=r"5 batches[^$]*no end[^$]*RoundLength"):
        found = train(endless, prop=wl.ALL, time_goal=0.1, training_progress_reporting="Print")
    assert found[["ReasonTrainingStopped", "TotalRounds"]] == ["TimeGoal", 0]
    assert found["BatchesPerRound"] is None
    assert "0 rounds, loss" in repr(found)
    assert "no RoundLength)  batch 2  loss" in capsys.readouterr().err


def test_a_schedule_must_know_how_many_updates_there_will_be() -> None:
    with pytest.raises(wl.OptionError, match=r"RoundLength[^$]*LearningRateSchedule.: None"):
        train(exhausted, method="SGD")
    train((exhausted, {"RoundLength": 12}), method="SGD")
    train(exhausted, method=("SGD", {"LearningRateSchedule": None}))


STOPPED: dict[str, Any] = {
    "at once": ([], "batch 1 of round 1"),
    "after one": (HALVES[:1], "batch 2 of round 1"),
    "after three": ([*HALVES, HALVES[0]], "batch 2 of round 2"),
}


@pytest.mark.parametrize("when", STOPPED)
@pytest.mark.parametrize("yields", [False, True])
def test_an_iterator_that_ends_within_a_function_is_told_as_an_error(
    when: str, yields: bool
) -> None:
    some, at = STOPPED[when]
    inner = iter(some)

    def returned() -> Any:
        return next(inner)

    def yielded() -> Iterator[Any]:
        while True:
            yield next(inner)

    with pytest.raises(wl.DataError, match=rf"no more answers[^$]*{at}\n[^$]*cycle"):
        train((yielded if yields else returned, {"RoundLength": 12}))


def test_an_iterator_that_ends_within_any_function_of_the_user_is_told_as_an_error() -> None:
    inner: Iterator[Any] = iter(())
    given: dict[str, Any] = {
        "training_progress_function": lambda state: next(inner),
        "training_progress_reporting": lambda state: next(inner),
        "training_stopping_criterion": lambda state: next(inner),
        "LearningRateSchedule": lambda t, total: next(inner),
    }
    for name, function in given.items():
        is_schedule = name == "LearningRateSchedule"
        options = {"method": ("SGD", {name: function})} if is_schedule else {name: function}
        with pytest.raises(wl.DataError, match=rf"no more answers.*\n +at: +{name}"):
            train((X, Y), validation_set=(X, Y), **options)


def test_a_generator_function_is_called_once_for_all_of_its_batches() -> None:
    calls = []

    def batches() -> Iterator[Any]:
        calls.append("called")
        yield from HALVES * 2

    train((batches, {"RoundLength": 12}), max_training_rounds=2)
    assert calls == ["called"]
    train((batches, {"RoundLength": 12}), max_training_rounds=3)
    assert calls == ["called"] * 3, "a second training begins anew, and its third round again"


def test_a_function_without_an_argument_is_asked_for_every_batch() -> None:
    batches = itertools.cycle(HALVES)
    assert train(lambda: next(batches)) == train(asked)


def test_a_zip_that_is_returned_is_one_batch_of_examples() -> None:
    def ask(state: Any) -> Any:
        return zip(*asked(state), strict=True)

    assert train(ask) == train(asked)


def test_a_generator_that_yields_nothing_is_an_error() -> None:
    def nothing() -> Iterator[Any]:
        yield from ()

    once = iter(HALVES)
    for given, at in ((nothing, "round 1"), (lambda: once, "round 2")):
        with pytest.raises(wl.DataError, match=f"gave no batch\\n[^$]*{at}\\n[^$]*fix: .*yield"):
            train(given)


def test_yielded_batches_have_the_batch_size() -> None:
    with pytest.raises(wl.DataError, match=r"given: +6\n +expected: 4[^$]*batch_size=6"):
        train(exhausted, batch_size=4)
    with pytest.raises(wl.DataError, match=r"given: +6\n +expected: 64"):
        train(exhausted, batch_size=wl.AUTOMATIC)


@pytest.mark.parametrize(
    "given", [exhausted(), endless(), itertools.cycle(HALVES), itertools.repeat(HALVES[0])]
)
def test_a_running_generator_is_refused_with_the_form_that_works(given: Any) -> None:
    with pytest.raises(wl.DataError, match=r"the function that makes it\n[^$]*def batches"):
        train(given)


def test_a_column_without_end_is_read_no_further_than_the_other_tells() -> None:
    with pytest.raises(wl.DataError, match=r"different length[^$]*Input: more than 12, Output: 12"):
        train((itertools.cycle(X), Y))


def test_a_function_of_two_arguments_gives_no_batches() -> None:
    with pytest.raises(wl.DataError, match=r"one argument[^$]*\(x, y\)"):
        train(lambda x, y: (x, y))


@pytest.mark.parametrize("method", ["ADAM", "SGD"])
def test_a_round_may_be_of_any_length(method: str) -> None:
    def batch() -> Any:
        return [[1.0], [2.0]], [[1.0], [0.0]]

    results = wl.net_train(
        wl.NetChain([1], input=1),
        (batch, {"RoundLength": 2**63 - 1}),
        wl.ALL,
        batch_size=2,
        max_training_rounds=2**62,
        method=method,
        time_goal=0.05,
    )
    assert results["TotalBatches"] > 0
    assert results["ReasonTrainingStopped"] == "TimeGoal"
