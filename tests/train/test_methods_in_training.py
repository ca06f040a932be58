"""net_train against a training by hand: formulas on paper, NumPy, float64, own backprop."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests import reference_methods as paper
from tests.training_cases import numbers, perceptron
from wlnet.core.streams import stream
from wlnet.nets.arrays import arrays_of

# Method as it is asked for, its formula, its learning rate, its schedule.
METHODS: dict[str, tuple[Any, Any, float, str | None]] = {
    "ADAM": ("ADAM", paper.adam, 0.001, None),
    "RMSProp": ("RMSProp", paper.rmsprop(0.9), 0.001, None),
    "SGD": ("SGD", paper.sgd_momentum, 0.01, "Polynomial"),
    "SGD without momentum": (("SGD", {"Momentum": None}), paper.sgd_plain, 0.01, "Polynomial"),
    "SignSGD": ("SignSGD", paper.signum, 0.01, None),
    "SignSGD without momentum": (("SignSGD", {"Momentum": None}), paper.sign_sgd_plain, 0.01, None),
}
RULES = [((1, "Biases"), 0.25), ((3, "Weights"), -0.1), ((3, "Biases"), 0), (wl.ANY, 1.5)]
RATES = {(1, "Weights"): 1.5, (1, "Biases"): 0.25, (3, "Weights"): -0.1, (3, "Biases"): 0.0}
STEPS = 100


def gradients(w: dict[Any, Any], x: Any, y: Any) -> tuple[float, dict[Any, Any]]:
    """Loss and gradients of mean over examples of mean over outputs of (output - y)^2."""
    h = np.tanh(x @ w[1, "Weights"].T + w[1, "Biases"])
    out = h @ w[3, "Weights"].T + w[3, "Biases"]
    d_out = 2 * (out - y) / y.size
    d_h = d_out @ w[3, "Weights"] * (1 - h**2)
    found = {
        (1, "Weights"): d_h.T @ x,
        (1, "Biases"): d_h.sum(0),
        (3, "Weights"): d_out.T @ h,
        (3, "Biases"): d_out.sum(0),
    }
    return float(((out - y) ** 2).mean()), found


def batches(count: int, size: int, seed: int = 1234) -> Iterator[Any]:
    """The examples of every batch: each round a new permutation from the stream "shuffle"."""
    number = 0
    while True:
        number += 1
        order = stream(seed, "shuffle", number).permutation(count)
        yield from (order[start : start + size] for start in range(0, count, size))


def by_hand(
    net: Any, name: str, size: int, limits: dict[str, float]
) -> tuple[dict[Any, Any], list[float]]:
    _, formula, rate, schedule = METHODS[name]
    x, y = (column.astype(np.float64) for column in numbers(12))
    w = {key: value.astype(np.float64) for key, value in arrays_of(net).items()}
    states: dict[Any, dict[str, Any]] = {key: {} for key in w}
    losses = []
    for t, rows in zip(range(1, STEPS + 1), batches(12, size), strict=False):
        loss, found = gradients(w, x[rows], y[rows])
        losses.append(loss)
        s = math.sqrt(1 - t / (STEPS + 1)) if schedule == "Polynomial" else 1.0
        found = {key: gradient for key, gradient in found.items() if RATES[key] != 0}
        if "GradientNorm" in limits:
            found = paper.norm_clipped(found, limits["GradientNorm"])
        for key, gradient in found.items():
            lost = RATES[key] * rate * s * limits.get("WeightDecay", 0.0) * w[key]
            w[key] = formula(
                w[key],
                gradient,
                states[key],
                t,
                RATES[key] * rate * s,
                limits.get("L2Regularization", 0.0),
                limits.get("GradientClipping"),
            )
            w[key] = paper.clip(w[key] - lost, limits.get("WeightClipping"))
    return w, losses


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"WeightDecay": 0.5},
        {"GradientNorm": 0.05},
        {
            "L2Regularization": 0.05,
            "GradientClipping": 0.02,
            "WeightClipping": 0.8,
            "WeightDecay": 0.3,
            "GradientNorm": 0.1,
        },
    ],
    ids=["plain", "with decay", "with a norm", "with limits"],
)
@pytest.mark.parametrize("size", [12, 6], ids=["all examples a batch", "two batches a round"])
@pytest.mark.parametrize("name", METHODS)
def test_a_hundred_steps_agree_with_the_formulas_in_float64(
    name: str, size: int, limits: dict[str, float]
) -> None:
    net = perceptron()
    method, *_ = METHODS[name]
    kind, options = (method, {}) if isinstance(method, str) else method
    trained, losses = wl.net_train(
        net,
        numbers(12),
        ["TrainedNet", "BatchLossList"],
        method=(kind, {**options, **limits}),
        batch_size=size,
        max_training_rounds=STEPS * size // 12,
        learning_rate_multipliers=RULES,
        working_precision="Real64",
    )
    wanted, wanted_losses = by_hand(net, name, size, limits)
    np.testing.assert_allclose(losses, wanted_losses, rtol=1e-9)
    for key, value in wanted.items():
        np.testing.assert_allclose(
            arrays_of(trained)[key], value, rtol=1e-7, atol=1e-10, err_msg=str(key)
        )
        assert RATES[key] == 0 or np.abs(value - arrays_of(net)[key]).max() > 1e-4


def test_real32_stays_near_real64() -> None:
    net = perceptron()
    both = [
        wl.net_train(net, numbers(12), max_training_rounds=20, working_precision=precision)
        for precision in ("Real32", "Real64")
    ]
    for key, value in arrays_of(both[1]).items():
        assert arrays_of(both[0])[key].dtype == np.float32
        assert value.dtype == np.float64
        np.testing.assert_allclose(arrays_of(both[0])[key], value, rtol=1e-3, atol=1e-4)


def test_the_last_smaller_batch_is_averaged_over_its_own_examples() -> None:
    net = perceptron()
    x, y = numbers(12)
    losses = wl.net_train(
        net, (x, y), "BatchLossList", batch_size=5, max_training_rounds=1, learning_rate=1e-30
    )
    order = stream(1234, "shuffle", 1).permutation(12)
    parts = [order[:5], order[5:10], order[10:]]
    np.testing.assert_allclose(
        losses, [((net(x[rows]) - y[rows]) ** 2).mean() for rows in parts], rtol=1e-5
    )


# Limits by rules, as in section 3.8.


def trained_with(option: str, given: Any) -> Any:
    return wl.net_train(
        perceptron(),
        numbers(12),
        max_training_rounds=5,
        learning_rate=0.05,
        method=("SGD", {option: given}),
    )


@pytest.mark.parametrize(
    "option", ["L2Regularization", "GradientClipping", "WeightClipping", "WeightDecay"]
)
def test_a_limit_for_one_array_leaves_the_others_as_they_were_after_one_step(option: str) -> None:
    net = perceptron()

    def once(given: Any) -> dict[Any, Any]:
        return arrays_of(
            wl.net_train(
                net,
                numbers(12),
                max_training_rounds=1,
                learning_rate=0.05,
                method=("SGD", {option: given}),
            )
        )

    plain, some = once(None), once({(3, "Weights"): 0.01})
    differing = {key for key in plain if plain[key].tobytes() != some[key].tobytes()}
    assert differing == {(3, "Weights")}


@pytest.mark.parametrize(
    "option", ["L2Regularization", "GradientClipping", "WeightClipping", "WeightDecay"]
)
def test_rules_for_limits_go_by_the_first_match_and_none_is_off(option: str) -> None:
    number = trained_with(option, 0.02)
    assert trained_with(option, {wl.ANY: 0.02}) == number
    assert (
        trained_with(option, [((1, "Weights"), 0.02), ((1, "Biases"), 0.02), (3, 0.02)]) == number
    )
    off = trained_with(option, None)
    assert off != number
    assert trained_with(option, {wl.ANY: None}) == off
    with pytest.warns(wl.RuleWarning, match="hidden"):
        assert trained_with(option, [(wl.ANY, None), (1, 0.02)]) == off


def test_weight_clipping_holds_every_trained_number_within_its_bound() -> None:
    trained = wl.net_train(
        perceptron(),
        numbers(12),
        max_training_rounds=5,
        method=("ADAM", {"WeightClipping": {1: 0.1, (3, "Weights"): 0.2}}),
    )
    arrays = arrays_of(trained)
    assert np.abs(arrays[1, "Weights"]).max() == np.float32(0.1)
    assert np.abs(arrays[3, "Weights"]).max() == np.float32(0.2)


def test_the_loss_reported_is_without_the_penalty() -> None:
    first = [
        wl.net_train(
            perceptron(),
            numbers(12),
            "BatchLossList",
            max_training_rounds=1,
            method=("ADAM", {"L2Regularization": l2}),
        )
        for l2 in (None, 5.0)
    ]
    assert first[0] == first[1]


def test_a_shared_array_has_one_penalty_by_the_left_most_rule() -> None:
    shared = wl.NetSharedArray("w")
    net = wl.net_initialize(
        wl.NetChain(
            [wl.LinearLayer(3, weights=shared), "Tanh", wl.LinearLayer(3, weights=shared)], input=3
        )
    )

    def train(rules: Any) -> Any:
        return wl.net_extract(
            wl.net_train(
                net,
                numbers(12, 3, 3),
                max_training_rounds=1,
                method=("SGD", {"L2Regularization": rules}),
            ),
            shared,
        ).tobytes()

    assert train({3: 5.0, 1: 0.5}) == train({shared: 5.0})
    assert train({1: 0.5, 3: 5.0}) == train({shared: 0.5})
    assert train({shared: 5.0}) != train({shared: 0.5})


@pytest.mark.parametrize(
    "option", ["L2Regularization", "GradientClipping", "WeightClipping", "WeightDecay"]
)
def test_a_limit_for_a_part_that_is_not_there_is_a_rule_error_that_names_its_option(
    option: str,
) -> None:
    with pytest.raises(wl.RuleError, match=option) as error:
        trained_with(option, {(3, "Wieghts"): 0.1})
    assert "Weights" in str(error.value)


@pytest.mark.parametrize("schedule", [lambda t, total: 0.5, lambda t, total: 1 - t / total])
def test_a_schedule_function_scales_every_step(schedule: Any) -> None:
    seen = []

    def watched(t: int, total: int) -> float:
        seen.append((t, total))
        return float(schedule(t, total))

    rate = wl.net_train(
        perceptron(),
        numbers(12),
        "FinalLearningRate",
        max_training_rounds=3,
        batch_size=4,
        learning_rate=0.1,
        method=("SGD", {"LearningRateSchedule": watched}),
    )
    assert seen == [(t, 9) for t in range(9)]
    assert rate == pytest.approx(0.1 * schedule(8, 9))


def test_a_schedule_of_zero_leaves_the_net_as_it_was() -> None:
    net = perceptron()
    still = wl.net_train(
        net,
        numbers(12),
        max_training_rounds=2,
        method=("SGD", {"LearningRateSchedule": lambda t, total: 0}),
    )
    assert still == net
