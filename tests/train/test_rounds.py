"""Batches and rounds: how many, which examples, and where the clock cuts in."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import changed, digests, numbers, perceptron
from wlnet.engine import program as program_module

DATA = numbers(12)
QUICK: dict[str, Any] = {"max_training_rounds": 1}


@pytest.mark.parametrize(
    ("examples", "given", "used", "batches"),
    [
        (12, wl.AUTOMATIC, 12, 1),
        (64, wl.AUTOMATIC, 64, 1),
        (100, wl.AUTOMATIC, 64, 2),
        (12, 5, 5, 3),
        (12, 100, 12, 1),
        (1, wl.AUTOMATIC, 1, 1),
    ],
)
def test_a_batch_is_64_examples_or_all_there_are(
    examples: int, given: Any, used: int, batches: int
) -> None:
    found = wl.net_train(
        perceptron(),
        numbers(examples),
        ["BatchSize", "BatchesPerRound", "ExamplesProcessed"],
        batch_size=given,
        **QUICK,
    )
    assert found == [used, batches, examples]


@pytest.mark.parametrize(
    ("batches", "rounds"), [(1, 10000), (2, 5000), (3, 3334), (999, 11), (1000, 10), (5000, 10)]
)
def test_automatic_rounds_make_about_ten_thousand_updates(batches: int, rounds: int) -> None:
    from wlnet.train.options import automatic_rounds

    assert automatic_rounds(batches) == rounds


def test_automatic_rounds_are_used() -> None:
    # 2500 batches a round: the clamp from below, then a stop by hand.
    seen = []

    def stop(state: Any) -> str:
        seen.append(state["LearningRate"])
        return "StopTraining"

    net = wl.net_initialize(wl.NetChain([1], input=1))
    column = np.ones((2500, 1), np.float32)
    wl.net_train(
        net,
        (column, column),
        batch_size=1,
        training_progress_function=stop,
        method=("SGD", {"LearningRateSchedule": lambda t, total: 1 if total == 25000 else 1 / 0}),
    )
    assert seen == [0.01]


def watched_batches(examples: int, size: int, rounds: int, **options: Any) -> list[list[int]]:
    """The examples of every batch, told by what they are: example k is the one whose input is k."""
    from wlnet.train.sources import ArraySource

    source = ArraySource(
        {"Input": np.arange(examples)}, size, options.get("seed", 1234), np.arange(examples)
    )
    return [
        [
            batches.columns["Input"][rows].tolist()
            for batches in source.round(number, dict)
            for rows in batches.order.reshape(batches.count, batches.size)
        ]
        for number in range(1, rounds + 1)
    ]


@pytest.mark.parametrize(("examples", "size"), [(12, 5), (12, 12), (7, 2), (1, 1), (65, 64)])
def test_every_round_uses_every_example_once_and_only_the_last_batch_is_smaller(
    examples: int, size: int
) -> None:
    for batches in watched_batches(examples, size, 3):
        assert sorted(itertools.chain(*batches)) == list(range(examples))  # type: ignore[arg-type]
        assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
        assert 1 <= len(batches[-1]) <= size


def test_every_round_is_shuffled_anew_and_by_the_seed() -> None:
    rounds = watched_batches(30, 10, 4)
    assert len({str(batches) for batches in rounds}) == 4
    assert rounds == watched_batches(30, 10, 4)
    assert rounds != watched_batches(30, 10, 4, seed=1)
    assert {frozenset(batch) for batch in rounds[0]} != {frozenset(batch) for batch in rounds[1]}  # type: ignore[arg-type]


def test_the_clock_ends_a_training() -> None:
    reason, seconds, rounds = wl.net_train(
        perceptron(),
        DATA,
        ["ReasonTrainingStopped", "TotalTrainingTime", "TotalRounds"],
        time_goal=0.2,
    )
    assert reason == "TimeGoal"
    assert 0.2 <= seconds < 5
    assert 0 < rounds < 10000


def test_the_clock_stands_still_while_kernels_are_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare, slow = program_module.prepare, 0.3

    def slowly(*args: Any) -> None:
        time.sleep(slow)
        prepare(*args)

    monkeypatch.setattr(program_module, "prepare", slowly)
    told: list[float] = []
    begun = time.perf_counter()
    reason, seconds, batches = wl.net_train(
        perceptron(),
        DATA,
        ["ReasonTrainingStopped", "TotalTrainingTime", "TotalBatches"],
        batch_size=6,
        time_goal=0.2,
        validation_set=DATA,
        training_progress_function=lambda state: told.append(state["TimeElapsed"]),
    )
    # Two programs: one for steps, and one for the validation.
    assert seconds <= time.perf_counter() - begun - 2 * slow
    assert reason == "TimeGoal" and batches > 1
    assert told == sorted(told) and told[-1] <= seconds


def test_a_round_that_the_clock_cuts_short_is_not_counted() -> None:
    net = perceptron()
    results = wl.net_train(
        net, DATA, wl.ALL, batch_size=1, time_goal=1e-9, validation_set=numbers(5, seed=1)
    )
    assert results["ReasonTrainingStopped"] == "TimeGoal"
    assert results[["TotalRounds", "RoundLossList", "RoundPositions", "RoundLoss"]] == [
        0,
        [],
        [],
        None,
    ]
    assert results[["TotalBatches", "ExamplesProcessed"]] == [1, 1]
    # What it reached is still judged.
    assert results["ValidationPositions"] == [1]
    assert changed(net, results["TrainedNet"]) == digests(net).keys()


def test_rounds_may_end_before_the_clock() -> None:
    assert (
        wl.net_train(perceptron(), DATA, "ReasonTrainingStopped", time_goal=1000, **QUICK)
        == "MaxTrainingRounds"
    )
