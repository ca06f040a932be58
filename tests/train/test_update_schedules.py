"""Update schedules: which arrays move at which step."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import changed, numbers, perceptron

DATA = numbers(12)
QUICK: dict[str, Any] = {"max_training_rounds": 1}


def moved_at(net: Any, schedule: Any, steps: int, **options: Any) -> list[set[Any]]:
    """The arrays that move at each step."""
    nets = [net]
    wl.net_train(
        net,
        DATA,
        batch_size=12,
        max_training_rounds=steps,
        training_update_schedule=schedule,
        training_progress_function=lambda state: nets.append(state["Net"]),
        **options,
    )
    return [changed(old, new) for old, new in itertools.pairwise(nets)]


FIRST, LAST = {(1, "Weights"), (1, "Biases")}, {(3, "Weights"), (3, "Biases")}
NOW: dict[str, tuple[Any, list[set[Any]]]] = {
    "automatic": (wl.AUTOMATIC, [FIRST | LAST] * 4),
    "one after the other": ([1, 3], [FIRST, LAST, FIRST, LAST]),
    "several steps each": ([(1, 2), 3], [FIRST, FIRST, LAST, FIRST]),
    "a path, not steps": ([(3, "Biases"), 1], [{(3, "Biases")}, FIRST, {(3, "Biases")}, FIRST]),
    "a path and steps": (
        [((3, "Biases"), 2), 1],
        [{(3, "Biases")}, {(3, "Biases")}, FIRST, {(3, "Biases")}],
    ),
    "alternatives and all": ([wl.Alternatives(1, 3), wl.ANY], [FIRST | LAST] * 4),
    "a span": ([wl.Span(1, 2), wl.Span(3)], [FIRST, LAST, FIRST, LAST]),
    "the last": ([-1], [LAST] * 4),
}


@pytest.mark.parametrize("case", NOW)
@pytest.mark.parametrize("method", ["ADAM", "SGD"])
def test_each_step_moves_its_group_and_nothing_else(case: str, method: str) -> None:
    schedule, groups = NOW[case]
    assert moved_at(perceptron(), schedule, 4, method=method) == groups


def test_a_group_moves_no_frozen_array() -> None:
    assert moved_at(perceptron(), [1, 3], 2, learning_rate_multipliers={(1, "Weights"): 0}) == [
        {(1, "Biases")},
        LAST,
    ]


def test_statistics_move_with_their_group() -> None:
    net = wl.net_initialize(wl.NetChain([4, wl.BatchNormalizationLayer(), 2], input=3))
    norm = {(2, name) for name in ("Scaling", "Biases", "MovingMean", "MovingVariance")}
    assert moved_at(net, [1, 2], 4) == [FIRST, norm, FIRST, norm]


def test_optimizer_state_rests_while_its_array_does() -> None:
    # A first step from zero state is the same whenever it comes: with the other array frozen in
    # between.
    net = perceptron()
    options: dict[str, Any] = {
        "batch_size": 12,
        "learning_rate_multipliers": {1: 0},
        "working_precision": "Real64",
    }
    at_once = wl.net_train(
        net, DATA, max_training_rounds=1, training_update_schedule=[3, 1], **options
    )
    later = wl.net_train(
        net, DATA, max_training_rounds=2, training_update_schedule=[1, 3], **options
    )
    for key in LAST:
        np.testing.assert_allclose(
            wl.net_extract(later, key), wl.net_extract(at_once, key), rtol=1e-9
        )


def test_a_shared_array_has_one_schedule_for_all_its_places() -> None:
    shared = wl.NetSharedArray("w")
    net = wl.net_initialize(
        wl.NetChain(
            [wl.LinearLayer(3, weights=shared), wl.LinearLayer(3, weights=shared), 2], input=3
        )
    )
    assert moved_at(net, [2, 3], 2) == [{shared, (2, "Biases")}, {(3, "Weights"), (3, "Biases")}]
    assert moved_at(net, [shared, 1], 2) == [{shared}, {shared, (1, "Biases")}]


def with_names() -> Any:
    return wl.net_initialize(wl.NetChain({"a": 4, "t": "Tanh", "b": 2}, input=3))


def test_a_group_without_arrays_is_told() -> None:
    with pytest.warns(wl.RuleWarning, match=r"trains? nothing[^$]*group 2[^$]*'t'") as told:
        wl.net_train(with_names(), DATA, training_update_schedule=["a", "t", "b"], **QUICK)
    assert len(told) == 1


NOTHING: dict[str, tuple[Any, Any]] = {
    "a part without arrays": (["t"], wl.AUTOMATIC),
    "a frozen part": (["a"], {"a": 0}),
    "frozen parts, a group each": (["a", ("b", 2)], {"a": 0, "b": None}),
    "a frozen array": ([("a", "Weights")], {("a", "Weights"): 0}),
}


@pytest.mark.parametrize("case", NOTHING)
@pytest.mark.filterwarnings("ignore:a group selects")
def test_a_schedule_that_never_moves_anything_leaves_nothing_to_train(case: str) -> None:
    schedule, rules = NOTHING[case]
    net = with_names()
    options = {"training_update_schedule": schedule, "learning_rate_multipliers": rules}
    why = (
        r"nothing to train: training_update_schedule has no step[^$]*learn, none of them"
        if case != "frozen parts, a group each"
        else "nothing to train: every array is frozen"
    )
    with pytest.warns(wl.TrainingWarning, match=why):
        trained = wl.net_train(net, DATA, **options)
    assert changed(net, trained) == set()
    with pytest.raises(wl.NothingToTrainError):
        wl.net_train(net, DATA, "RoundLoss", **options)


def test_parts_of_a_schedule_that_are_not_there_are_told_all_at_once() -> None:
    with pytest.raises(wl.RuleError) as error:
        wl.net_train(
            perceptron(), DATA, training_update_schedule=[1, 7, ("encoder", 3), (3, "Bises")]
        )
    for word in ("TrainingUpdateSchedule", "7", "encoder", "Biases"):
        assert word in str(error.value)
