"""Layers that do in training what they do not do otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from tests.layers.bench import Bench
from wlnet.core.errors import OptionError
from wlnet.graph.reference import run_graph
from wlnet.layers import BatchNormalizationLayer, DropoutLayer
from wlnet.lowering.lower import lower
from wlnet.nets.arrays import arrays_of
from wlnet.nets.initialize import net_initialize
from wlnet.nets.nest import NetNestOperator

MANY = 200_000


def dropped(layer, numbers, mode="Train"):
    bench = Bench(mode)
    y = bench.lower(layer, Input=bench.input("Input", numbers))
    return bench.value(y), bench


def test_dropout_keeps_the_mean_and_drops_the_share_it_says():
    y, _ = dropped(DropoutLayer(0.3), np.ones((MANY, 1)))
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.005)
    assert y.mean() == pytest.approx(1, abs=0.005)


def test_alpha_dropout_keeps_mean_zero_and_variance_one():
    numbers = np.random.default_rng(1).normal(size=(MANY, 1))
    y, _ = dropped(DropoutLayer(0.4, "AlphaDropout"), numbers)
    assert y.mean() == pytest.approx(0, abs=0.01)
    assert y.var() == pytest.approx(1, abs=0.015)
    (dropped_to,) = (
        value for value, n in zip(*np.unique(y, return_counts=True), strict=True) if n > 1
    )
    assert np.mean(y == dropped_to) == pytest.approx(0.4, abs=0.005)


@pytest.mark.parametrize(
    ("layer", "mode"), [(DropoutLayer(0.9), "Test"), (DropoutLayer(0.0), "Train")]
)
def test_dropout_that_drops_nothing_computes_nothing(layer, mode):
    y, bench = dropped(layer, [[1.0, 2.0]], mode)
    assert y.tolist() == [[1.0, 2.0]]
    assert not bench.graph.calls


@pytest.mark.parametrize("p", [1, 1.5, -0.1, True, "half", float("nan"), None])
def test_dropout_of_everything_or_of_nonsense_is_refused(p):
    with pytest.raises(OptionError, match="a number >= 0 and < 1"):
        DropoutLayer(p)


STATISTICS = {"MovingMean": [10.0, 20.0], "MovingVariance": [4.0, 9.0]}
LEARNED = {"Scaling": [2.0, 3.0], "Biases": [0.5, -0.5]}
BATCH = np.random.default_rng(3).normal(3, 2, size=(4, 2, 5))


def normalized(mode="Train", frozen=(), numbers=BATCH, **options):
    bench = Bench(mode, frozenset(frozen))
    layer = BatchNormalizationLayer(**options)
    y = bench.lower(layer, arrays=LEARNED | STATISTICS, Input=bench.input("Input", numbers))
    values = bench.run()
    return values[y], {key[-1]: values[value] for key, value in bench.graph.updates.items()}


def by_hand(mean, variance, epsilon=0.001):
    return (BATCH - mean) / np.sqrt(variance + epsilon) * 2 + 0.5


def test_in_training_batches_are_normalized_by_themselves_and_statistics_follow():
    y, moved = normalized()
    mean, variance = BATCH.mean((0, 2)), BATCH.var((0, 2))
    np.testing.assert_allclose(y[:, 0], by_hand(mean[0], variance[0])[:, 0])
    np.testing.assert_allclose(moved["MovingMean"], 0.9 * np.array([10, 20]) + 0.1 * mean)
    np.testing.assert_allclose(moved["MovingVariance"], 0.9 * np.array([4, 9]) + 0.1 * variance)


def test_outside_of_training_stored_statistics_are_used_and_stay():
    y, moved = normalized("Test")
    np.testing.assert_allclose(y[:, 0], by_hand(10, 4)[:, 0])
    assert not moved


def test_frozen_statistics_are_used_in_training_and_stay():
    y, moved = normalized(frozen=("MovingMean", "MovingVariance"))
    np.testing.assert_array_equal(y, normalized("Test")[0])
    assert not moved


def test_a_momentum_of_one_freezes_the_statistics():
    y, moved = normalized(momentum=1)
    np.testing.assert_array_equal(y, normalized("Test")[0])
    assert not moved


def test_one_frozen_statistic_is_used_and_the_other_moves():
    y, moved = normalized(frozen=("MovingMean",))
    np.testing.assert_allclose(y[:, 0], by_hand(10, BATCH.var((0, 2))[0])[:, 0])
    assert list(moved) == ["MovingVariance"]
    np.testing.assert_allclose(
        moved["MovingVariance"], 0.9 * np.array([4, 9]) + 0.1 * BATCH.var((0, 2))
    )
    y, moved = normalized(frozen=("MovingVariance",))
    np.testing.assert_allclose(y[:, 0], by_hand(BATCH.mean((0, 2))[0], 4)[:, 0])
    assert list(moved) == ["MovingMean"]


def test_channels_may_stand_last():
    y, moved = normalized(numbers=np.moveaxis(BATCH, 1, -1), interleaving=True)
    want, moved_first = normalized()
    np.testing.assert_allclose(np.moveaxis(y, -1, 1), want)
    np.testing.assert_allclose(moved["MovingMean"], moved_first["MovingMean"])


def test_a_batch_without_spread_gives_the_biases():
    y, _ = normalized(numbers=np.full((1, 2), 7.0))
    assert y.tolist() == [[0.5, -0.5]]


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_a_layer_that_is_applied_n_times_moves_its_statistics_n_times(count):
    layer = BatchNormalizationLayer(
        momentum=0.75, scaling=[2, 3], moving_mean=[10, 20], moving_variance=[4, 9]
    )
    net = net_initialize(NetNestOperator(layer, count, input=(2, 5)))
    graph = lower(net, 4, "Train")
    mean, variance, x = np.array([10.0, 20]), np.array([4.0, 9]), BATCH
    for _ in range(count):
        mean = 0.75 * mean + 0.25 * x.mean((0, 2))
        variance = 0.75 * variance + 0.25 * x.var((0, 2))
        along = (x - x.mean((0, 2), keepdims=True)) / np.sqrt(x.var((0, 2), keepdims=True) + 0.001)
        x = along * np.array([[2], [3]])
    values = run_graph(graph, {"Input": BATCH}, arrays_of(net))
    np.testing.assert_allclose(values[graph.updates["Net", "MovingMean"]], mean)
    np.testing.assert_allclose(values[graph.updates["Net", "MovingVariance"]], variance)
    np.testing.assert_allclose(values[graph.outputs["Output"]], x)
