"""Random numbers as a source: how they are distributed, and what decides what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import wlnet as wl
from wlnet.layers import RandomArrayLayer

DISTRIBUTIONS: dict[Any, Any] = {
    "Normal": stats.norm(),
    ("Normal", 3, 0.5): stats.norm(3, 0.5),
    ("Uniform", -1, 2): stats.uniform(-1, 3),
    "Exponential": stats.expon(),
    ("Exponential", 4): stats.expon(scale=0.25),
}


def drawn(said: Any, count: int = 20_000, seed: int = 1) -> Any:
    return RandomArrayLayer(said, output=count)(random_seeding=seed)


@pytest.mark.parametrize("said", DISTRIBUTIONS, ids=str)
def test_what_is_drawn_has_the_distribution_that_is_said(said: Any) -> None:
    numbers = drawn(said)
    assert np.isfinite(numbers).all()
    assert stats.kstest(numbers, DISTRIBUTIONS[said].cdf).pvalue > 0.01
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.03


def test_a_bernoulli_draw_is_1_as_often_as_is_said() -> None:
    numbers = drawn(("Bernoulli", 0.2))
    assert set(numbers) == {0, 1}
    assert numbers.mean() == pytest.approx(0.2, abs=0.01)


def test_a_seed_decides_what_is_drawn_and_automatic_is_new_each_time() -> None:
    np.testing.assert_array_equal(drawn("Normal", 5), drawn("Normal", 5))
    assert (drawn("Normal", 5) != drawn("Normal", 5, seed=2)).all()
    layer = RandomArrayLayer(output=5)
    new = [layer(random_seeding=wl.AUTOMATIC) for _ in range(2)]
    assert (new[0] != new[1]).all()


def noisy() -> Any:
    """Its input and noise."""
    return wl.NetGraph(
        {"noise": RandomArrayLayer(output=2), "sum": wl.TotalLayer()},
        [(wl.NetPort("Input"), "sum"), ("noise", "sum")], input=2,
    )  # fmt: skip


def test_every_example_and_every_application_has_noise_of_its_own() -> None:
    assert len(np.unique(noisy()(np.zeros((4, 2)), random_seeding=1))) == 8
    mapped = wl.NetMapOperator(noisy(), input=(3, 2))
    assert len(np.unique(mapped(np.zeros((4, 3, 2)), random_seeding=1))) == 24
    nested = wl.NetNestOperator(noisy(), 2)(np.zeros((1, 2)), random_seeding=1)
    assert (
        len(np.unique([*noisy()(np.zeros((1, 2)), random_seeding=1).ravel(), *nested.ravel()])) == 4
    )


def test_in_training_it_is_drawn_anew_at_every_step_though_nothing_of_it_learns() -> None:
    net = wl.NetGraph({"noisy": noisy(), "linear": wl.LinearLayer(1)}, [("noisy", "linear")])
    data = (np.zeros((4, 2)), np.zeros((4, 1)))
    start = wl.net_initialize(net, random_seeding=1)
    options: Any = {"max_training_rounds": 3, "random_seeding": 1, "batch_size": 4}
    record = wl.net_train(start, data, wl.ALL, learning_rate=1e-12, **options)
    losses = record["RoundLossList"]
    assert len(set(losses)) == 3
    assert (
        wl.net_train(start, data, wl.ALL, learning_rate=1e-12, **options)["RoundLossList"] == losses
    )


WRONG: list[Any] = [
    "Gauss", ("Normal", 1), ("Normal", 0, -1), ("Uniform", 2, 1), ("Exponential", 0),
    ("Bernoulli", 2), ("Normal", 0, np.inf), (), 3,
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_no_distribution_is_refused_with_what_may_be_said(wrong: Any) -> None:
    with pytest.raises(wl.OptionError, match=r'\("Normal", mean, deviation\)'):
        RandomArrayLayer(wrong, output=2)
