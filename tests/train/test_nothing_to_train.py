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


def test_a_net_that_is_frozen_altogether_gets_its_first_numbers_all_the_same() -> None:
    net = wl.NetChain([4, 2], input=3)
    with pytest.warns(wl.TrainingWarning, match="nothing to train"):
        assert wl.net_train(net, DATA, learning_rate_multipliers=0) == wl.net_initialize(net)
