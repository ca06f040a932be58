"""Warm-ups that never end and steps that never come are told, as phases are that never begin."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import numbers, perceptron

DATA = numbers(20)
NEVER = ("never ends", "never reached")


def told(schedule: Any, net: Any = None, data: Any = DATA, **options: Any) -> list[str]:
    """What is warned of a training of five updates a round."""
    method = ("SGD", {"LearningRateSchedule": schedule})
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        wl.net_train(net or perceptron(), data, wl.ALL, method=method, batch_size=4, **options)
    words = [str(each.message) for each in heard if issubclass(each.category, wl.TrainingWarning)]
    return [each for each in words if any(never in each for never in NEVER)]


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(["Constant", "Polynomial", "Linear", "Cosine", "OneCycle", "Steps"]),
    warm=st.integers(1, 30),
    rounds=st.integers(1, 5),
)
@example(name="Linear", warm=10, rounds=2)
@example(name="Linear", warm=9, rounds=2)
def test_a_warm_up_ends_where_an_update_has_the_factor_of_the_schedule(
    name: str, warm: int, rounds: int
) -> None:
    found = told((name, {"Warmup": warm}), max_training_rounds=rounds)
    assert len(found) == (warm >= 5 * rounds)
    assert all(f"the warm-up of {warm} updates never ends" in each for each in found)
    assert all(f"given:    {5 * rounds} updates" in each for each in found)


@settings(max_examples=20, deadline=None)
@given(
    places=st.lists(st.integers(1, 30), min_size=1, max_size=3, unique=True),
    warm=st.integers(0, 4),
)
@example(places=[6, 7, 8], warm=3)
def test_a_step_comes_where_an_update_is_behind_it(places: list[int], warm: int) -> None:
    options = {"At": places, **({"Warmup": warm} if warm else {})}
    late = [str(place) for place in places if place + warm >= 10]
    found = told(("Steps", options), max_training_rounds=2)
    assert [each.partition(":")[0] for each in found] == ([", ".join(late)] if late else [])


@pytest.mark.parametrize(
    "schedule",
    [
        ("Cosine", {"Warmup": 0.9}),
        ("Steps", {"At": [0.5, 0.99]}),
        "Linear",
        None,
        lambda t, total: 1,
    ],
)
def test_shares_and_functions_are_of_the_training_there_is(schedule: Any) -> None:
    assert not told(schedule, max_training_rounds=1)


def test_what_goes_on_counts_the_updates_before() -> None:
    for name, again in (("Constant", 0), ("Linear", 1)):
        schedule = (name, {"Warmup": 8})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first: Any = wl.net_train(perceptron(), DATA, wl.ALL, batch_size=4,
                                      method=("SGD", {"LearningRateSchedule": schedule}),
                                      max_training_rounds=1)  # fmt: skip
        assert len(told(schedule, first, max_training_rounds=1)) == again
        # Only such a schedule goes on behind this call.
        (text,) = told(schedule, max_training_rounds=1)
        assert ("goes on from the record" in text) is (not again)


def test_of_a_training_whose_length_nobody_knows_nothing_is_told() -> None:
    schedule = ("Constant", {"Warmup": 10**6})
    assert not told(schedule, time_goal=0.01)
    few = DATA[0][:4], DATA[1][:4]
    assert not told(schedule, data=lambda: iter([few] * 3), max_training_rounds=1)
    length = (lambda: iter([few] * 3), {"RoundLength": 8})
    assert len(told(schedule, data=length, max_training_rounds=1)) == 1


def test_a_range_test_has_no_schedule_and_a_resumed_training_is_told_once_more(
    tmp_path: Path,
) -> None:
    method = ("SGD", {"LearningRateSchedule": ("Constant", {"Warmup": 50})})
    wl.learning_rate_range(perceptron(), DATA, method=method, steps=5)
    file = str(tmp_path / "run.wlnet")
    options: Any = {"method": method, "max_training_rounds": 3, "batch_size": 4}
    with pytest.warns(wl.TrainingWarning, match="never ends"):
        wl.net_train(
            perceptron(), DATA, training_progress_checkpointing=("File", file),
            training_progress_function=lambda s: "StopTraining" if s["Round"] == 1 else None,
            **options,
        )  # fmt: skip
    with pytest.warns(wl.TrainingWarning, match="never ends"):
        resumed = wl.net_resume(file, DATA, training_progress_function=None)
    assert resumed["TotalRounds"] == 3
