"""What progress functions, stopping criteria and generators are told: one mapping for all of them,
made at no cost until something is asked.
"""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import wlnet as wl
from tests.training_cases import numbers, perceptron
from wlnet.nets.arrays import replace_arrays
from wlnet.train import loop, standing
from wlnet.train.history import History, Series
from wlnet.train.plan import Plan
from wlnet.train.state import TrainingState

X, Y = DATA = numbers(12)
TWO_BATCHES: dict[str, Any] = {"batch_size": 6, "max_training_rounds": 3}


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A list that grows by one whenever a net of now is built."""
    made: list[Any] = []
    build = replace_arrays

    def counted(net: Any, arrays: Any) -> Any:
        made.append(arrays)
        return build(net, arrays)

    monkeypatch.setattr(standing, "replace_arrays", counted)
    return made


def told_of(**options: Any) -> list[Any]:
    """The states of every round."""
    told: list[Any] = []
    wl.net_train(
        perceptron(), DATA, training_progress_function=told.append, **{**TWO_BATCHES, **options}
    )
    return told


# No cost.


def test_who_asks_for_no_net_causes_no_copies(copies: list[Any]) -> None:
    told: list[Any] = []

    def ask(state: Any) -> Any:
        told.append(state["Round"])
        return X[:4], Y[:4]

    wl.net_train(
        perceptron(),
        ask,
        batch_size=4,
        max_training_rounds=3,
        training_progress_reporting="Print",
        training_progress_function=lambda state: told.append(state["RoundLoss"]),
        training_stopping_criterion=lambda state: state["Round"] > 9,
        validation_set=DATA,
    )
    assert len(told) == 6
    assert not copies


def test_the_net_is_built_once_however_often_it_is_asked_for(copies: list[Any]) -> None:
    wl.net_train(
        perceptron(),
        DATA,
        training_progress_function=lambda state: state["Net"] == state["Net"],
        training_stopping_criterion=lambda state: state["Net"] is not state["Net"],
        validation_set=DATA,
        **TWO_BATCHES,
    )
    assert len(copies) == TWO_BATCHES["max_training_rounds"]


# What it is.


def test_a_state_cannot_be_changed() -> None:
    state = told_of()[0]
    with pytest.raises(TypeError, match="item assignment"):
        state["Round"] = 9
    with pytest.raises(TypeError, match="item deletion"):
        del state["Round"]
    with pytest.raises(AttributeError):
        state.more = 1


def test_lists_and_measurements_of_a_state_stay_those_of_its_round() -> None:
    told = told_of(validation_set=DATA, training_progress_measurements="MeanSquare")
    last = told[-1]
    for count, state in enumerate(told, 1):
        assert state["BatchLossList"] == last["BatchLossList"][: 2 * count]
        assert state["BatchLoss"] == last["BatchLossList"][2 * count - 1]
        for group in ("Round", "Validation"):
            assert state[f"{group}LossList"] == last[f"{group}LossList"][:count]
            assert state[f"{group}Loss"] == last[f"{group}LossList"][count - 1]
            found = state[f"{group}Measurements"]["MeanSquare"]
            assert found == pytest.approx(state[f"{group}Loss"], rel=1e-6)
    assert len({state["RoundMeasurements"]["MeanSquare"] for state in told}) == 3


def test_a_state_knows_its_keys_and_names_the_nearest_to_others() -> None:
    state = told_of()[0]
    assert len(state) == len(list(state)) == len(UNKNOWN_AT_FIRST) + 1
    assert "RoundLoss" in state
    assert "Roundloss" not in state
    assert state.get("Roundloss", 7) == 7
    assert state.get("Round") == 1
    with pytest.raises(wl.PartError, match="did you mean 'RoundLoss'"):
        state["Roundloss"]


def test_a_net_that_is_asked_for_too_late_is_an_error_not_a_later_net() -> None:
    first, *_, last = told_of()
    with pytest.raises(wl.PartError, match=r"batch 2[^$]*state\['Net'\]"):
        first["Net"]
    assert isinstance(last["Net"], wl.NetChain)


def test_a_state_tells_how_long_the_training_was_planned_to_be() -> None:
    assert [(state["TotalRounds"], state["TotalBatches"]) for state in told_of()] == [(3, 6)] * 3
    told: list[tuple[Any, Any]] = []

    def look(state: Any) -> str:
        told.append((state["TotalRounds"], state["TotalBatches"]))
        return "StopTraining"

    for goal in (None, 1e-9):
        options = {**TWO_BATCHES, "max_training_rounds": wl.AUTOMATIC, "time_goal": goal}
        wl.net_train(perceptron(), DATA, training_progress_function=look, **options)
    # A time alone is no plan in rounds.
    assert told == [(5000, 10000), (None, None)]


# The first call of a generator comes before there is a training.

UNKNOWN_AT_FIRST: dict[str, Any] = {
    "Event": None,
    "AbsoluteBatch": 0,
    "Batch": 0,
    "Round": 1,
    "BatchSize": 4,
    "Rank": 0,
    "Ranks": 1,
    "BatchesPerRound": 2,
    "BatchLoss": None,
    "BatchLossList": [],
    "BatchMeasurements": {},
    "RoundLoss": None,
    "RoundLossList": [],
    "RoundMeasurements": {},
    "ValidationLoss": None,
    "ValidationLossList": [],
    "ValidationMeasurements": {},
    "BestValidationRound": None,
    "LearningRate": 0.25,
    "InitialLearningRate": 0.25,
    "ExamplesProcessed": 0,
    "ExamplesPerSecond": 0.0,
    "OptimizationMethod": "SGD",
    "TargetDevice": "CPU",
    "TimeElapsed": 0.0,
    "TotalRounds": 3,
    "TotalBatches": 6,
    "BatchMeasurementsLists": {},
    "RoundMeasurementsLists": {},
    "ValidationMeasurementsLists": {},
    "MeanExamplesPerSecond": 0.0,
    "BatchesPerSecond": 0.0,
    "MeanBatchesPerSecond": 0.0,
    "ProgressFraction": 0.0,
    "CheckpointingFiles": [],
    **dict.fromkeys(
        (
            *("TimeRemaining", "Event", "BatchData", "BatchIndices", "ExampleLosses"),
            *("Weights", "WeightsRMS", "WeightsVector"),
            *("Gradients", "GradientsRMS", "GradientsVector"),
        )
    ),
}


def test_the_first_call_of_a_generator_is_told_the_same_things_as_all_others() -> None:
    told: list[dict[str, Any]] = []

    def ask(state: Any) -> Any:
        told.append(dict(state))
        return X[:4], Y[:4]

    net = perceptron()
    wl.net_train(
        net,
        (ask, {"RoundLength": 8}),
        batch_size=4,
        max_training_rounds=3,
        learning_rate=0.25,
        method="SGD",
        training_progress_function=lambda state: told.append(dict(state)),
    )
    assert len(told) == 6 + 3
    assert {tuple(state) for state in told} == {tuple(told[0])}
    assert told[0].pop("Net") == net
    assert told[0] == UNKNOWN_AT_FIRST


class NotCopied(list[Any]):
    """Values that may be looked at one at a time only."""

    def __iter__(self) -> Any:
        raise AssertionError("a long list was copied")

    def __getitem__(self, at: Any) -> Any:
        assert not isinstance(at, slice), "a long list was copied"
        return super().__getitem__(at)


def test_what_is_not_a_list_is_told_without_copying_lists() -> None:
    history = History(batches=Series({"Loss": NotCopied([1.5, 0.5])}))
    state = TrainingState(Plan(6, 2, 3, 0.1, "ADAM"), history, perceptron, (1, 2, 2), 0.1)
    assert state["BatchLoss"] == 0.5
    for key in state:
        if key != "BatchLossList":
            state[key]
    with pytest.raises(AssertionError, match="copied"):
        state["BatchLossList"]


def test_a_kept_state_does_not_keep_the_training_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    trainers: list[Any] = []
    start = loop.Trainer.__init__

    def remembered(self: Any, *args: Any) -> None:
        start(self, *args)
        trainers.append(weakref.ref(self))

    monkeypatch.setattr(loop.Trainer, "__init__", remembered)
    told = told_of()
    gc.collect()
    assert isinstance(told[-1]["Net"], wl.NetChain)
    assert [trainer() for trainer in trainers] == [None]
