"""Frozen normalization: which statistics are used, and which of them move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import METHODS, changed, digests, numbers
from wlnet.nets.arrays import arrays_of

MOVING = {(1, "MovingMean"), (1, "MovingVariance")}
LEARNED = {(1, "Scaling"), (1, "Biases")}
READ = {(2, "Weights"), (2, "Biases")}
MEAN, VARIANCE = [1.0, -2.0, 0.5], [4.0, 0.25, 1.0]


def net_of(**options: Any) -> Any:
    norm = wl.BatchNormalizationLayer(
        moving_mean=MEAN,
        moving_variance=VARIANCE,
        scaling=[1, 2, 3],
        biases=[0.1, 0.2, 0.3],
        **options,
    )
    return wl.net_initialize(wl.NetChain([norm, 2], input=3))


def train(net: Any, rules: Any = wl.AUTOMATIC, prop: Any = "TrainedNet", **options: Any) -> Any:
    settings = {
        "max_training_rounds": 1,
        "batch_size": 12,
        "working_precision": "Real64",
        **options,
    }
    return wl.net_train(net, numbers(12), prop, learning_rate_multipliers=rules, **settings)


def test_statistics_move_towards_those_of_the_batch() -> None:
    x, _ = numbers(12)
    trained = arrays_of(train(net_of(momentum=0.75)))
    np.testing.assert_allclose(
        trained[1, "MovingMean"], 0.75 * np.array(MEAN) + 0.25 * x.mean(0), rtol=1e-6
    )
    np.testing.assert_allclose(
        trained[1, "MovingVariance"], 0.75 * np.array(VARIANCE) + 0.25 * x.var(0), rtol=1e-6
    )


@pytest.mark.parametrize("rate", [1, -2, 0.001])
def test_the_size_of_their_multiplier_means_nothing_to_statistics(rate: float) -> None:
    plain, scaled = arrays_of(train(net_of())), arrays_of(train(net_of(), {1: rate}))
    for key in MOVING:
        assert scaled[key].tobytes() == plain[key].tobytes()


def test_with_scaling_and_biases_frozen_alone_batch_statistics_are_used_and_still_move() -> None:
    net = net_of()
    rules = {(1, "Scaling"): 0, (1, "Biases"): None}
    trained, loss = train(net, rules, ["TrainedNet", "RoundLoss"])
    assert changed_values(net, trained) == MOVING | READ
    assert loss == pytest.approx(loss_of(net, *batch_statistics()), rel=1e-5)


def test_with_the_moving_arrays_frozen_stored_statistics_are_used_and_stay() -> None:
    net = net_of()
    rules = {(1, "MovingMean"): 0, (1, "MovingVariance"): 0}
    trained, loss = train(net, rules, ["TrainedNet", "RoundLoss"])
    assert changed_values(net, trained) == LEARNED | READ
    assert loss == pytest.approx(loss_of(net, np.array(MEAN), np.array(VARIANCE)), rel=1e-5)


def test_a_rule_on_the_whole_layer_freezes_its_statistics_too() -> None:
    net = net_of()
    trained, loss = train(net, {1: None}, ["TrainedNet", "RoundLoss"])
    assert changed_values(net, trained) == READ
    assert loss == pytest.approx(loss_of(net, np.array(MEAN), np.array(VARIANCE)), rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_frozen_statistics_keep_their_bytes_over_many_rounds(method: str) -> None:
    net = net_of()
    limits = {"L2Regularization": 0.5, "WeightClipping": 0.1}
    trained = train(
        net,
        {1: 0},
        max_training_rounds=5,
        batch_size=5,
        method=(method, limits),
        working_precision="Real32",
    )
    assert changed(net, trained) == READ


def test_a_momentum_of_one_freezes_the_statistics_as_a_rule_does() -> None:
    net = net_of(momentum=1.0)
    trained, loss = train(net, wl.AUTOMATIC, ["TrainedNet", "RoundLoss"])
    assert changed_values(net, trained) == LEARNED | READ
    assert loss == pytest.approx(loss_of(net, np.array(MEAN), np.array(VARIANCE)), rel=1e-5)


def test_the_gradient_flows_through_batch_statistics() -> None:
    # A slope of the loss, found from two evaluations, is what the array moves along.
    net = wl.net_initialize(wl.NetChain([3, wl.BatchNormalizationLayer(), 2], input=3))
    x, y = numbers(12)
    step = 1e-3
    options: dict[str, Any] = {
        "method": ("SGD", {"Momentum": None, "LearningRateSchedule": None}),
        "learning_rate": step,
    }
    rules = [
        ((1, "Weights"), 1),
        ((2, "MovingMean"), 1),
        ((2, "MovingVariance"), 1),
        (wl.ANY, None),
    ]
    trained, before = train(net, rules, ["TrainedNet", "RoundLoss"], **options)
    gradient = (arrays_of(net)[1, "Weights"] - arrays_of(trained)[1, "Weights"]) / step
    direction = np.random.default_rng(5).standard_normal(gradient.shape)

    def loss_at(h: float) -> float:
        moved = wl.net_replace_part(
            net, {(1, "Weights"): arrays_of(net)[1, "Weights"] + h * direction}
        )
        out = moved(x, net_evaluation_mode="Train", working_precision="Real64")
        return float(((out - y) ** 2).mean())

    assert loss_at(0.0) == pytest.approx(before, rel=1e-6)
    slope = (loss_at(1e-3) - loss_at(-1e-3)) / 2e-3
    assert float((gradient * direction).sum()) == pytest.approx(slope, rel=2e-3)


def test_statistics_alone_are_nothing_to_train() -> None:
    net = net_of()
    rules = [((1, "MovingMean"), 1), ((1, "MovingVariance"), 1), (wl.ANY, None)]
    with pytest.warns(wl.TrainingWarning, match="nothing to train"):
        trained = train(net, rules)
    assert digests(trained) == digests(net)


def batch_statistics() -> tuple[Any, Any]:
    x, _ = numbers(12)
    return x.astype(np.float64).mean(0), x.astype(np.float64).var(0)


def loss_of(net: Any, mean: Any, variance: Any) -> float:
    """The mean squared loss from the formula, with the statistics given."""
    x, y = numbers(12)
    a = arrays_of(net)
    z = (x - mean) / np.sqrt(variance + 0.001) * a[1, "Scaling"] + a[1, "Biases"]
    return float(((z @ a[2, "Weights"].T + a[2, "Biases"] - y) ** 2).mean())


def changed_values(net: Any, trained: Any) -> set[Any]:
    old = arrays_of(net)
    return {
        key
        for key, value in arrays_of(trained).items()
        if np.any(np.asarray(old[key], np.float64) != np.asarray(value, np.float64))
    }
