"""Numbers that are no longer finite: seen before they reach an array, told where they began."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import METHODS, numbers, perceptron
from wlnet.nets.arrays import arrays_of

DATA = numbers(12)


def diverging(net: Any, data: Any = DATA, prop: Any = wl.ALL, **options: Any) -> Any:
    with pytest.warns(wl.TrainingWarning, match="no longer finite"):
        results = wl.net_train(
            net, data, wl.ALL, **{"batch_size": 12, "max_training_rounds": 50, **options}
        )
    assert results["ReasonTrainingStopped"] == "WeightsDiverged"
    for key, value in arrays_of(results["TrainedNet"]).items():
        assert np.isfinite(value).all(), key
    return results


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_a_huge_learning_rate_ends_the_training_with_finite_arrays(
    method: str, precision: str
) -> None:
    rate = 1e35 if precision == "Real32" else 1e300
    net = wl.net_initialize(wl.NetChain([4, "Ramp", 2], input=3))
    results = diverging(net, learning_rate=rate, method=method, working_precision=precision)
    assert results["TotalBatches"] == len(results["BatchLossList"]) < 50
    assert np.isfinite(results["BatchLossList"]).all()


def test_the_last_finite_arrays_are_those_before_the_step_that_went_wrong() -> None:
    net = perceptron()
    options: dict[str, Any] = {"learning_rate": 1e30, "method": ("SGD", {"Momentum": None})}
    results = diverging(net, **options)
    steps = results["TotalBatches"]
    assert steps > 0
    # The same training, ended by hand at that step.
    assert results["TrainedNet"] == wl.net_train(
        net,
        DATA,
        batch_size=12,
        max_training_rounds=50,
        **options,
        training_progress_function=lambda s: "StopTraining" if s["Round"] == steps else None,
    )


def test_a_smaller_rate_is_the_repair_only_of_what_was_learnt() -> None:
    net = wl.NetChain([wl.LinearLayer(2, weights=-1, biases=0), np.log], input=3)
    with pytest.warns(wl.TrainingWarning, match="no learning_rate helps"):
        wl.net_train(net, (abs(DATA[0]), DATA[1]))
    with pytest.warns(wl.TrainingWarning, match="a smaller learning_rate"):
        wl.net_train(perceptron(), DATA, learning_rate=1e30, max_training_rounds=50)


def test_an_overflow_in_the_loss_names_step_layer_and_call() -> None:
    net = wl.NetChain([wl.LinearLayer(2, weights=np.full((2, 3), 1e30), biases=[0, 0])], input=3)
    results = diverging(net, (DATA[0], DATA[1]), working_precision="Real32")
    message = results["ReasonMessage"]
    assert "the loss at step 1" in message
    assert "LossLayer" in message
    assert results["TotalBatches"] == 0
    assert results["RoundLoss"] is None
    assert results["TrainedNet"] == net, "nothing has been written yet"


def test_an_overflow_inside_the_net_names_the_layer_where_it_began() -> None:
    big = wl.LinearLayer(3, weights=np.eye(3) * 1e30, biases=None)
    net = wl.net_initialize(
        wl.NetChain({"small": 3, "first": big, "second": big, "read": 2}, input=3)
    )
    results = diverging(net)
    assert "first to go was second (product)" in results["ReasonMessage"]


def test_a_gradient_that_is_not_finite_names_its_array_and_reaches_none() -> None:
    # The root is finite at 0, its slope is not: the loss is fine and the gradient is not.
    net = wl.NetChain([wl.LinearLayer(1, weights=[[0, 0, 0]], biases=[0]), "Sqrt"], input=3)
    results = diverging(net, (DATA[0], DATA[1][:, :1]))
    assert (
        "the gradient of (1, 'Weights')" in results["ReasonMessage"]
        or "the gradient of 1/Weights" in results["ReasonMessage"]
    )
    assert "step 1" in results["ReasonMessage"]
    assert results["TrainedNet"] == net


def test_an_update_that_overflows_is_taken_back_in_all_arrays() -> None:
    net = wl.net_initialize(wl.NetChain([4, "Tanh", 2], input=3))
    results = diverging(
        net,
        learning_rate=3e38,
        learning_rate_multipliers=[((3, "Biases"), 1e6), (wl.ANY, 1e-38)],
        method=("SGD", {"Momentum": None}),
    )
    assert "the update of" in results["ReasonMessage"]
    assert "3" in results["ReasonMessage"] and "Biases" in results["ReasonMessage"]
    assert results["TotalBatches"] == 0
    assert results["TrainedNet"] == net, "the arrays that were fine are taken back too"


def test_a_statistic_that_overflows_moves_nothing() -> None:
    huge = (DATA[0] * np.float32(1e30), DATA[1])
    net = wl.net_initialize(wl.NetChain([wl.BatchNormalizationLayer(), 2], input=3))
    results = diverging(net, huge)
    assert results["TrainedNet"] == net


def test_the_best_validated_net_comes_back_from_a_training_that_diverged() -> None:
    nets: list[Any] = []
    results = diverging(
        perceptron(),
        validation_set=DATA,
        learning_rate=0.02,
        training_progress_function=lambda s: nets.append(s["Net"]),
        method=("SGD", {"LearningRateSchedule": lambda t, total: 1.0 if t < 4 else 1e25}),
    )
    best = results["BestValidationRound"]
    assert 1 < best < len(nets)
    assert results["TrainedNet"] == nets[best - 1]


def test_the_warning_says_what_and_how_to_repair_it() -> None:
    with pytest.warns(wl.TrainingWarning) as warnings:
        wl.net_train(perceptron(), DATA, learning_rate=1e35, method="SGD", max_training_rounds=50)
    (warning,) = warnings
    for word in ("step", "learning_rate", "GradientClipping"):
        assert word in str(warning.message)
    assert warning.filename == __file__


@pytest.mark.parametrize("place", [0, 500, 999])
def test_one_bad_number_among_many_is_found(place: int) -> None:
    biases = np.ones(1000, np.float32)
    biases[place] = 0
    net = wl.NetChain([wl.ConstantPlusLayer(biases=biases), "Sqrt"], input=1000)
    x = np.zeros((2, 1000), np.float32)
    results = diverging(net, (x, x - 1), batch_size=2)
    assert "gradient" in results["ReasonMessage"]
    assert results["TotalBatches"] == 0
    assert results["TrainedNet"] == net


def test_large_numbers_are_finite() -> None:
    net = wl.NetChain([wl.ConstantTimesLayer(scaling=np.full(10, 3e38))], input=10)
    x = np.zeros((3, 10), np.float32)
    assert (
        wl.net_train(net, (x, x), "ReasonTrainingStopped", max_training_rounds=3)
        == "MaxTrainingRounds"
    )


@pytest.mark.parametrize("at", [0, 1, 7, 20])
def test_the_steps_before_the_bad_one_are_kept_wherever_it_is(at: int) -> None:
    # Many steps are run in one go: what was spoilt is taken back to the step before.
    net = perceptron()

    def method(factor: float) -> Any:
        return "SGD", {"LearningRateSchedule": lambda t, total: factor if t == at else 1.0}

    options: dict[str, Any] = {"batch_size": 3, "max_training_rounds": 8}
    results = diverging(net, method=method(1e35), **options)
    # The arrays are still finite after this update, the next loss is not.
    assert results["TotalBatches"] == at + 1
    seen = wl.net_train(net, DATA, "BatchLossList", method=method(1.0), **options)
    assert results["BatchLossList"] == seen[: at + 1]


def test_gradient_clipping_is_the_repair() -> None:
    net = wl.net_initialize(wl.NetChain([4, "Ramp", 2], input=3))
    method = {"LearningRateSchedule": None, "Momentum": None}
    diverging(net, learning_rate=50.0, method=("SGD", method))
    assert (
        wl.net_train(
            net,
            DATA,
            "ReasonTrainingStopped",
            batch_size=12,
            max_training_rounds=50,
            learning_rate=50.0,
            method=("SGD", {**method, "GradientClipping": 1e-4}),
        )
        == "MaxTrainingRounds"
    )


# Sums of finite losses.


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    ("batch_size", "told"),
    [(64, "the loss at step 1"), (1, "the sum of the losses of round 1")],
    ids=["of a batch", "of a round"],
)
def test_losses_whose_sum_is_not_finite_end_the_training(batch_size: int, told: str) -> None:
    """Each of them is finite, and so are all gradients."""
    net = wl.NetChain([wl.LinearLayer(1, weights=[[0]], biases=[0])], input=1)
    data = np.ones((64, 1)), np.full((64, 1), 5e153)
    options: dict[str, Any] = {"working_precision": "Real64", "max_training_rounds": 3}
    results = diverging(net, data, batch_size=batch_size, **options)
    assert told in results["ReasonMessage"]
    assert results["RoundLossList"] == []
    assert np.isfinite(results["BatchLossList"]).all()
    steps = 64 if batch_size == 1 else 0
    assert results["TotalBatches"] == len(results["BatchLossList"]) == steps


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_training_heeds_no_setting_of_numpy() -> None:
    x = np.full((12, 3), 1e-30, np.float32)
    with np.errstate(all="raise"):
        found = wl.net_train(perceptron(), (x, DATA[1]), wl.ALL, max_training_rounds=3)
        same = wl.net_train(perceptron(), (x, DATA[1]), max_training_rounds=3)
    assert found["TrainedNet"] == same
    with np.errstate(all="raise"):
        diverging(perceptron(), learning_rate=1e35, method="SGD")
