"""Nothing left to train: the net comes back with a warning, anything else is an error."""

from __future__ import annotations

from typing import Any

import pytest

import wlnet as wl
from tests.training_cases import numbers, perceptron

DATA = numbers(12)
QUICK: dict[str, Any] = {"max_training_rounds": 1}


NOTHING = {
    "by rules": ({wl.ANY: None}, "every array is frozen"),
    "by a number": (0, "every array is frozen"),
    "by None": (None, "every array is frozen"),
}


@pytest.mark.parametrize("case", NOTHING)
def test_with_everything_frozen_the_net_comes_back_with_a_warning(case: str) -> None:
    rules, why = NOTHING[case]
    net = perceptron()
    with pytest.warns(wl.TrainingWarning, match=why):
        assert wl.net_train(net, DATA, learning_rate_multipliers=rules) == net
    with pytest.warns(wl.TrainingWarning, match=why):
        assert wl.net_train(net, DATA, ["TrainedNet"], learning_rate_multipliers=rules) == [net]
    for prop in ("RoundLoss", wl.ALL, ["TrainedNet", "RoundLoss"], "ArraysLearningRateMultipliers"):
        with pytest.raises(wl.NothingToTrainError, match=why):
            wl.net_train(net, DATA, prop, learning_rate_multipliers=rules)


def test_a_net_without_arrays_comes_back_with_a_warning() -> None:
    net = wl.NetChain(["Tanh"], input=3)
    with pytest.warns(wl.TrainingWarning, match="no arrays"):
        assert wl.net_train(net, (DATA[0], DATA[0])) == net
    with pytest.raises(wl.NothingToTrainError, match="no arrays"):
        wl.net_train(net, (DATA[0], DATA[0]), "RoundLoss")


def statistics_only() -> Any:
    """A net whose only arrays are running statistics."""
    return wl.NetChain([wl.BatchNormalizationLayer(scaling=None, biases=None)], input=3)


def normalized() -> Any:
    return wl.NetChain([wl.BatchNormalizationLayer(), 2], input=3)


REASONS: dict[str, tuple[Any, Any, str]] = {
    "no arrays": (lambda: wl.NetChain(["Tanh"], input=3), wl.AUTOMATIC, "the net has no arrays"),
    "only statistics": (
        statistics_only,
        wl.AUTOMATIC,
        "the net has only running statistics, which no gradient moves",
    ),
    "only statistics, and those frozen": (statistics_only, 0, "the net has only running stat"),
    "all frozen": (normalized, 0, "every array is frozen\\n"),
    "all frozen but statistics": (
        normalized,
        {(1, "MovingMean"): 1, (1, "MovingVariance"): 1, wl.ANY: 0},
        "every array is frozen but running statistics, which no gradient moves",
    ),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_warning_says_why_there_is_nothing_to_train(case: str) -> None:
    net, rules, why = REASONS[case]
    outputs = DATA[1] if "frozen" in why else DATA[0]
    with pytest.warns(wl.TrainingWarning, match=f"nothing to train: {why}") as told:
        wl.net_train(net(), (DATA[0], outputs), learning_rate_multipliers=rules, **QUICK)
    assert ("which rule froze what" in str(told[0].message)) == ("frozen" in why)


def test_a_net_that_is_frozen_altogether_gets_its_first_numbers_all_the_same() -> None:
    net = wl.NetChain([4, 2], input=3)
    with pytest.warns(wl.TrainingWarning, match="nothing to train"):
        assert wl.net_train(net, DATA, learning_rate_multipliers=0) == wl.net_initialize(net)
