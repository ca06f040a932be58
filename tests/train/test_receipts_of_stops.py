"""Receipts of trainings that were stopped, wherever that was, and taken up again: they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import wlnet as wl
from tests.forged_receipts import found_at, verified
from tests.receipt_cases import PHASES, at_batch, interrupting
from tests.thoroughness import one_of
from tests.training_cases import numbers, perceptron
from wlnet.train.receipts.writing import seal_of

pytestmark = pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")

WORDS = STOP, ABORT, INTERRUPT = "StopTraining", "AbortTraining", "interrupt"
SHARE = wl.Scaled(0.3)
VALIDATIONS: dict[str, Any] = {
    "none": None, "each round": SHARE, "every second": (SHARE, {"Interval": 2}),
    "every third": (SHARE, {"Interval": 3}),
}  # fmt: skip
EVENTS = ("RoundStarted", "ValidationStarted", "ValidationComplete", "NetValidationImprovement")
PATIENT = {"Criterion": "Loss", "Patience": 2, "AbsoluteChange": 10.0}
# Options that a training had, and those that others were when it was taken up again.
TRAININGS: dict[str, Mapping[str, Any]] = {
    "plain": {},
    "validated": {"validation_set": SHARE},
    "validated now and then": {"validation_set": (SHARE, {"Interval": 2})},
    "with a criterion": {
        "validation_set": SHARE, "training_stopping_criterion": PATIENT, "max_training_rounds": 9,
    },
    "in phases": {"learning_rate_multipliers": PHASES},
}  # fmt: skip
CHANGES: dict[str, Mapping[str, Any]] = {
    "rates": {
        "learning_rate_multipliers": {1: None}, "max_training_rounds": 8, "learning_rate": 0.01,
    },
    "rounds": {"max_training_rounds": 7},
    "phases": {"learning_rate_multipliers": PHASES, "max_training_rounds": 7},
    "a method": {"method": "SGD"},
    "a schedule": {"method": ("SGD", {"LearningRateSchedule": ("Cosine", {})})},
    "the size of batches": {"batch_size": 2},
    "nothing": {},
    "no number": {"workers": 1},
}  # fmt: skip


def trained(function: Any = None, net: Any = None, **options: Any) -> Any:
    usual = {"batch_size": 3, "max_training_rounds": 5, "training_progress_function": function}
    return wl.net_train(net or perceptron(), numbers(), wl.ALL, **{**usual, **options})


def at_event(event: str, number: int, word: str) -> Any:
    """A function that ends a training the n-th time that something happens."""
    heard = []

    def end(state: Any) -> str | None:
        heard.append(event)
        if len(heard) != number:
            return None
        if word == INTERRUPT:
            raise KeyboardInterrupt
        return word

    return end, {"Event": event}


def assert_holds(results: Any, unverified: int | None = 1) -> None:
    found = verified(results, perceptron(), numbers())
    assert found, found
    assert unverified is None or len(found.unverified) == unverified, found


@pytest.mark.parametrize(("validation", "word"), one_of(3, VALIDATIONS, WORDS))
def test_whoever_stops_a_training_after_a_batch_has_a_receipt_that_holds(
    validation: str, word: str
) -> None:
    for number in (1, 2, 4, 5, 8):
        function = interrupting(number) if word == INTERRUPT else at_batch(number, word)
        assert_holds(trained(function, validation_set=VALIDATIONS[validation]))


@pytest.mark.parametrize(
    ("validation", "event", "word"), one_of(3, ["each round", "every second"], EVENTS, WORDS)
)
def test_whoever_stops_a_training_at_an_event_has_a_receipt_that_holds(
    validation: str, event: str, word: str
) -> None:
    for number in (1, 2):
        for rules in (wl.AUTOMATIC, PHASES):
            results = trained(
                at_event(event, number, word),
                validation_set=VALIDATIONS[validation],
                learning_rate_multipliers=rules,
            )
            assert results["ReasonTrainingStopped"] in ("ManualStop", "Aborted")
            assert_holds(results)


def test_a_round_that_is_being_validated_when_a_function_stops_is_over() -> None:
    for event in EVENTS[1:]:
        for word, validations in ((STOP, 1), (ABORT, event != "ValidationStarted")):
            results = trained(at_event(event, 1, word), validation_set=SHARE)
            assert results["TotalRounds"] == len(results["RoundLossList"]) == 1
            assert len(results["ValidationLossList"]) == validations


def test_a_function_that_is_a_criterion_stops_between_two_validations() -> None:
    def far(state: Any) -> bool:
        return bool(state["Round"] == 3)

    results = trained(validation_set=VALIDATIONS["every second"], training_stopping_criterion=far)
    assert verified(results, perceptron(), numbers(), training_stopping_criterion=far)


# Taken up again


@pytest.mark.parametrize(
    ("training", "change"),
    [*[(each, "rates") for each in TRAININGS], *[("with a criterion", each) for each in CHANGES]],
)
def test_a_training_that_was_resumed_with_other_options_has_a_receipt_that_holds(
    tmp_path: Path, training: str, change: str
) -> None:
    options, others = TRAININGS[training], CHANGES[change]
    kept = ("Directory", str(tmp_path), {"Interval": (1, "Batches")})
    trained(training_progress_checkpointing=kept, **options)
    files = sorted(tmp_path.iterdir())
    for file in (files[0], files[2], files[-1]):
        again = wl.net_resume(file, numbers(), training_progress_checkpointing=None, **others)
        assert_holds(again, 0)
    # One that goes on, in a call of its own.
    assert_holds(trained(net=wl.load(files[3]), **options), 0)


@pytest.mark.parametrize(("training", "word"), one_of(3, TRAININGS, WORDS))
def test_a_training_that_was_stopped_and_goes_on_has_a_receipt_that_holds(
    tmp_path: Path, training: str, word: str
) -> None:
    options = TRAININGS[training]
    for number in (3, 4):
        function = interrupting(number) if word == INTERRUPT else at_batch(number, word)
        results = trained(function, **options)
        file = wl.save(results, tmp_path / "kept.wlnet")
        for change in ("nothing", "rates"):
            given = {"training_progress_function": None, **CHANGES[change]}
            assert_holds(wl.net_resume(file, numbers(), **given), 0)
        assert_holds(trained(net=results, **options), 0)


def test_where_a_training_was_taken_up_cannot_be_forged(tmp_path: Path) -> None:
    kept = ("File", str(tmp_path / "kept.wlnet"), {"Interval": (1, "Batches")})
    function = at_batch(6, STOP)
    trained(function, training_progress_checkpointing=kept)
    given = {"training_progress_function": None, "training_progress_checkpointing": None}
    results = wl.net_resume(tmp_path / "kept.wlnet", numbers(), **given, **CHANGES["rates"])
    true = json.loads(results["Receipt"])
    assert [call["ResumedAt"] for call in true["Calls"]] == [None, 6]
    for place in (None, 0, 5, 7, 8, 10**9):
        for moves in (False, True):
            forged = json.loads(results["Receipt"])
            forged["Calls"][1]["ResumedAt"] = place
            if moves and place is not None:
                forged["Calls"][1]["Phases"][0]["FirstBatch"] = place + 1
            forged["Seal"] = seal_of(forged)
            found = verified(forged, perceptron(), numbers())
            assert not found
            assert len(found_at(found)) > 0


def test_a_criterion_has_seen_the_round_in_which_a_function_stopped(tmp_path: Path) -> None:
    options = TRAININGS["with a criterion"]
    whole = trained(**options)
    assert whole["ReasonTrainingStopped"] == "StoppingCriterion"
    for word in (STOP, ABORT):
        for number in (1, 2):
            stopped = trained(at_event("RoundComplete", number, word), **options)
            file = wl.save(stopped, tmp_path / "kept.wlnet")
            again = wl.net_resume(file, numbers(), training_progress_function=None)
            assert again["RoundLossList"] == whole["RoundLossList"]


def test_each_of_several_places_gets_all_of_its_checkpoints(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("one", "two", "three")]
    kept = [("Directory", str(place)) for place in places]
    trained(training_progress_checkpointing=kept)
    assert [len(list(place.iterdir())) for place in places] == [5, 5, 5]
