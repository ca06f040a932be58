"""Functions that are told how far a training is: at intervals, at events, and what they end."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import METHODS, changed, numbers, perceptron
from wlnet.train.intervals import At, Due, Every, as_interval
from wlnet.train.listeners import EVENTS

DATA = numbers(25)
"""Seven batches of four a round."""
PER_ROUND = 7


def train(function: Any, rounds: int = 4, **options: Any) -> Any:
    return wl.net_train(
        perceptron(), DATA, wl.ALL, batch_size=4, max_training_rounds=rounds,
        training_progress_function=function, **options,
    )  # fmt: skip


def batches(given: Any, rounds: int = 4, **options: Any) -> list[int]:
    """After how many batches a function is called."""
    told: list[int] = []
    train((lambda state: told.append(state["AbsoluteBatch"]), given), rounds, **options)
    return told


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (1, [7, 14, 21, 28]),
        (2, [14, 28]),
        ((3, "Rounds"), [21]),
        ((7, "Batches"), [7, 14, 21, 28]),
        ((10, "Batches"), [10, 20]),
        ((25, "Percent"), [7, 14, 21, 28]),
        ((50, "Percent"), [14, 28]),
        ((30, "Percent"), [9, 17, 26]),
        ((100, "Percent"), [28]),
        ((1000, "Seconds"), []),
        ((2, "Hours"), []),
    ],
)
def test_an_interval_is_kept_to_the_batch(interval: Any, expected: list[int]) -> None:
    assert batches({"Interval": interval}) == expected


def test_every_batch_and_every_second_are_intervals_too() -> None:
    assert batches({"Interval": (1, "Batches")}) == list(range(1, 29))
    assert batches({"Interval": (1e-9, "Seconds")})[-1] == 28


def test_a_minimum_interval_leaves_calls_out() -> None:
    assert batches({"Interval": (1, "Batches"), "MinimumInterval": 1000}) == [1]


@given(st.integers(1, 40), st.integers(0, 60), st.floats(0.1, 100), st.integers(1, 50))
def test_steps_are_cut_where_something_is_due_and_nowhere_else(
    count: int, first: int, share: float, total: int
) -> None:
    for interval in (Every(count, "Batches"), Every(share, "Percent")):
        due = Due(interval)
        batch, found = first, []
        while batch < first + total:
            end = due.next_batch(batch, At(batch, first, total, 0.0))
            assert end is not None and end > batch
            batch = end
            found.append(end)
        told = [b for b in range(first + 1, found[-1] + 1) if due.at(At(b, first, total, 0.0))]
        assert told == found


@pytest.mark.parametrize("method", METHODS)
def test_being_called_within_a_round_changes_no_bit(method: str) -> None:
    def nothing(state: Any) -> None:
        assert state["Net"] is not None

    plain = train(None, method=method)
    watched = train((nothing, {"Interval": (3, "Batches")}), method=method)
    assert plain["BatchLossList"] == watched["BatchLossList"]
    assert plain["RoundLossList"] == watched["RoundLossList"]
    assert not changed(plain["TrainedNet"], watched["TrainedNet"])


def test_the_events_come_in_their_order() -> None:
    told: list[str] = []
    train((lambda state: told.append(state["Event"]), {"Event": list(EVENTS)}), 2,
          validation_set=numbers(5, seed=1))  # fmt: skip
    first = ["RoundStarted", "ValidationStarted", "ValidationComplete"]
    assert told[0] == "TrainingStarted" and told[-1] == "TrainingComplete"
    assert told[1:6] == [*first, "NetValidationImprovement", "RoundComplete"]
    assert [each for each in told if each != "NetValidationImprovement"] == [
        "TrainingStarted", *first, "RoundComplete", *first, "RoundComplete", "TrainingComplete",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "last"),
    [
        ({}, "TrainingComplete"),
        ({"training_stopping_criterion": lambda state: True}, "TrainingStoppedEarly"),
        ({"learning_rate": 1e38}, "WeightsDiverged"),
    ],
)
@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
def test_how_a_training_ends_is_an_event(options: Any, last: str) -> None:
    told: list[str] = []
    train((lambda state: told.append(state["Event"]), {"Event": list(EVENTS)}), **options)
    assert told[-1] == last
    assert told.count(last) == 1


@pytest.mark.parametrize(("word", "reason"), [("StopTraining", "ManualStop"),
                                             ("AbortTraining", "Aborted")])  # fmt: skip
def test_a_function_may_end_the_training_within_a_round(word: str, reason: str) -> None:
    def function(state: Any) -> Any:
        return word if state["AbsoluteBatch"] == 10 else None

    results = train((function, {"Interval": (5, "Batches")}))
    whole = train(None)
    assert results["ReasonTrainingStopped"] == reason
    assert results["BatchLossList"] == whole["BatchLossList"][:10]
    assert results["RoundLossList"] == whole["RoundLossList"][:1]
    if reason == "ManualStop":
        rest = wl.net_train(results, DATA, wl.ALL, batch_size=4, max_training_rounds=3)
        assert rest["BatchLossList"] == whole["BatchLossList"]
        assert not changed(rest["TrainedNet"], whole["TrainedNet"])


def test_several_functions_are_all_called_and_each_at_its_time() -> None:
    told: list[tuple[str, int]] = []

    def named(name: str) -> Any:
        return lambda state: told.append((name, state["AbsoluteBatch"]))

    train([named("a"), (named("b"), {"Interval": 2}), (named("c"), {"Event": "TrainingStarted"}),
           (named("d"), {"Event": "RoundComplete", "Interval": (5, "Batches")})], 2)  # fmt: skip
    assert told == [("c", 0), ("d", 5), ("a", 7), ("d", 7), ("d", 10), ("a", 14), ("b", 14),
                    ("d", 14)]  # fmt: skip


def test_one_function_of_several_is_named_in_its_fault() -> None:
    with pytest.raises(wl.OptionError, match="function 2"):
        train([print, (print, {"Interval": 0})])


def test_intervals_are_told_with_all_that_is_wrong() -> None:
    interval, faults = as_interval(("x", "Batchs"), "here")
    assert interval == Every() and "Batches" in str(faults[0])


def of_length(*lengths: int) -> Any:
    """Passes of so many batches, one after the other."""
    left = list(lengths)

    def passes() -> Any:
        for _ in range(left.pop(0)):
            yield tuple(each[:4] for each in DATA)

    return passes


def told_by_passes(lengths: list[int], interval: Any, **options: Any) -> list[Any]:
    told: list[Any] = []

    def tell(state: Any) -> None:
        told.append((state["AbsoluteBatch"], state["TotalBatches"]))

    wl.net_train(perceptron(), of_length(*lengths), batch_size=4, max_training_rounds=len(lengths),
                 training_progress_function=(tell, {"Interval": interval}), **options)  # fmt: skip
    return told


def test_what_is_due_at_the_end_of_a_pass_is_due_once() -> None:
    assert [batch for batch, _ in told_by_passes([3, 3, 3], (3, "Batches"))] == [3, 6, 9]
    assert [batch for batch, _ in told_by_passes([3, 3, 3], (2, "Batches"))] == [2, 4, 6, 8]


def test_nobody_knows_the_end_where_passes_differ() -> None:
    assert told_by_passes([2, 2, 2], 1) == [(2, 6), (4, 6), (6, 6)]
    assert told_by_passes([1, 2, 3], 1) == [(1, 3), (3, None), (6, None)]


def test_per_cent_of_a_time_goal_are_a_matter_of_the_clock() -> None:
    told: list[float] = []

    def tell(state: Any) -> None:
        told.append(state["TimeElapsed"])

    wl.net_train(perceptron(), DATA, batch_size=4, time_goal=0.5,
                 training_progress_function=(tell, {"Interval": (20, "Percent")}))  # fmt: skip
    assert 1 <= len(told) <= 6
    assert all(later - first >= 0.05 for first, later in pairwise(told))


@pytest.mark.parametrize("event", ["TrainingStarted", "RoundStarted", "CheckpointStarted",
                                   "CheckpointComplete", "ValidationStarted"])  # fmt: skip
@pytest.mark.parametrize(("word", "reason"), [("StopTraining", "ManualStop"),
                                             ("AbortTraining", "Aborted")])  # fmt: skip
def test_an_answer_ends_the_training_whatever_event_it_answers(
    word: str, reason: str, event: str, tmp_path: Path
) -> None:
    results = train((lambda state: word, {"Event": event}), validation_set=numbers(5, seed=1),
                    training_progress_checkpointing=("File", tmp_path / "a.wlnet"))  # fmt: skip
    assert results["ReasonTrainingStopped"] == reason
    begun = {"TrainingStarted": 0, "RoundStarted": 0}
    assert results["TotalBatches"] == begun.get(event, PER_ROUND)
