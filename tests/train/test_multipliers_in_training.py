"""What a multiplier does in training: the step is r times as long, negative ones climb."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import METHODS, changed, digests, numbers, perceptron
from wlnet.nets.arrays import arrays_of

ONE_STEP: dict[str, Any] = {
    "max_training_rounds": 1,
    "batch_size": 12,
    "working_precision": "Real64",
}
RATES = (-2, -1, -0.1, 0.1, 1, 3)


def moves(net: Any, **options: Any) -> dict[Any, Any]:
    """How far one step moves every array."""
    trained = wl.net_train(net, numbers(12), **{**ONE_STEP, **options})
    old = arrays_of(net)
    return {key: value - old[key].astype(np.float64) for key, value in arrays_of(trained).items()}


@pytest.mark.parametrize("method", METHODS)
def test_the_first_step_with_r_is_r_times_the_step_with_1(method: str) -> None:
    net = perceptron()
    for limits in ({}, {"L2Regularization": 0.3, "GradientClipping": 0.05}):
        plain = moves(net, method=(method, limits))
        for r in RATES:
            scaled = moves(net, method=(method, limits), learning_rate_multipliers=r)
            for key, move in plain.items():
                assert np.abs(move).max() > 0
                np.testing.assert_allclose(scaled[key], r * move, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("method", METHODS)
def test_each_array_moves_at_its_own_rate(method: str) -> None:
    net = perceptron()
    plain = moves(net, method=method)
    scaled = moves(
        net,
        method=method,
        learning_rate_multipliers=[((1, "Biases"), -3), (1, 0.25), ((3, "Weights"), 2)],
    )
    rates = {(1, "Weights"): 0.25, (1, "Biases"): -3, (3, "Weights"): 2, (3, "Biases"): 1}
    for key, rate in rates.items():
        np.testing.assert_allclose(scaled[key], rate * plain[key], rtol=1e-9, atol=1e-15)


@settings(max_examples=15)
@given(r=st.floats(0.01, 8), method=st.sampled_from(METHODS))
def test_scaling_the_multiplier_is_scaling_the_learning_rate(r: float, method: str) -> None:
    net = perceptron()
    options: dict[str, Any] = {
        "max_training_rounds": 3,
        "method": method,
        "working_precision": "Real64",
    }
    by_multiplier = wl.net_train(
        net, numbers(), learning_rate=0.001, learning_rate_multipliers=r, **options
    )
    by_rate = wl.net_train(net, numbers(), learning_rate=0.001 * r, **options)
    for key, value in arrays_of(by_rate).items():
        np.testing.assert_allclose(arrays_of(by_multiplier)[key], value, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_rate_of_one_is_the_same_as_none_bit_for_bit(method: str) -> None:
    net = perceptron()
    options: dict[str, Any] = {"max_training_rounds": 4, "batch_size": 5, "method": method}
    plain = wl.net_train(net, numbers(), **options)
    for rules in (1, 1.0, {wl.ANY: 1}, [(wl.ALL, 1.0)], {1: 1, 3: 1}):
        assert wl.net_train(net, numbers(), learning_rate_multipliers=rules, **options) == plain


@pytest.mark.parametrize("method", METHODS)
def test_the_first_step_of_a_negative_rate_climbs_by_as_much_as_the_positive_one_falls(
    method: str,
) -> None:
    net = perceptron()
    losses = {
        r: wl.net_train(
            net,
            numbers(),
            "RoundLossList",
            max_training_rounds=4,
            batch_size=12,
            learning_rate=0.01,
            method=method,
            learning_rate_multipliers=r,
        )
        for r in (1, -1)
    }
    assert losses[1][0] == losses[-1][0]
    assert losses[1] == sorted(losses[1], reverse=True)
    assert losses[-1] == sorted(losses[-1])


def test_a_first_step_of_adam_is_the_learning_rate_times_the_sign_of_the_gradient() -> None:
    # Without epsilon to speak of: 1e-12 beside gradients of about 1e-2.
    net = perceptron()
    found = moves(
        net,
        method=("ADAM", {"Epsilon": 1e-12, "LearningRate": 0.003}),
        learning_rate_multipliers=-2,
    )
    for move in found.values():
        np.testing.assert_allclose(np.abs(move), 0.006, rtol=1e-6)


def test_net_train_wins_over_the_container_and_the_container_over_the_layer() -> None:
    layer = wl.LinearLayer(3, learning_rate_multipliers=0)
    inner = wl.NetChain([layer, "Tanh"], learning_rate_multipliers={1: 0.5})
    net = wl.net_initialize(wl.NetChain([inner, 2], input=3))
    plain = moves(net, learning_rate_multipliers=1)
    container = moves(net)
    other = moves(net, learning_rate_multipliers={2: 4})
    np.testing.assert_allclose(container[1, 1, "Weights"], 0.5 * plain[1, 1, "Weights"], rtol=1e-9)
    np.testing.assert_allclose(other[1, 1, "Weights"], 0.5 * plain[1, 1, "Weights"], rtol=1e-9)
    np.testing.assert_allclose(other[2, "Weights"], 4 * plain[2, "Weights"], rtol=1e-9)


# Shared arrays: items 6 to 8 of the list of examples.

SHARED = wl.NetSharedArray("w")


def shared_net(rules: Any = wl.AUTOMATIC) -> Any:
    def layer() -> Any:
        return wl.LinearLayer(3, weights=SHARED, input=3)

    return wl.net_initialize(
        wl.NetChain([layer(), "Tanh", layer()], input=3, learning_rate_multipliers=rules)
    )


CONFLICTS = {
    "one rule, the first place": ({1: 0.5}, 0.5, 0.5, 1.0),
    "one rule, the second place": ({3: 0.5}, 0.5, 1.0, 0.5),
    "the left-most of two": ({1: 2, 3: 5}, 2.0, 2.0, 5.0),
    "left-most, the other way round": ({3: 5, 1: 2}, 5.0, 2.0, 5.0),
    "frozen by the left-most": ({3: None, 1: 1}, 0.0, 1.0, 0.0),
    "by its own name": ({SHARED: -1, wl.ANY: 3}, -1.0, 3.0, 3.0),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_a_shared_array_has_one_rate_and_one_value_at_all_its_places(case: str) -> None:
    rules, shared, first, second = CONFLICTS[case]
    net = shared_net()
    found, trained = wl.net_train(
        net,
        numbers(12, 3, 3),
        ["ArraysLearningRateMultipliers", "TrainedNet"],
        learning_rate_multipliers=rules,
        **ONE_STEP,
    )
    assert found == {SHARED: shared, (1, "Biases"): first, (3, "Biases"): second}
    at = [wl.net_extract(trained, (place, "Weights")) for place in (1, 3)]
    assert at[0].tobytes() == at[1].tobytes()
    plain = wl.net_train(net, numbers(12, 3, 3), **ONE_STEP)
    for key, rate in found.items():
        start = arrays_of(net)[key].astype(np.float64)
        np.testing.assert_allclose(
            arrays_of(trained)[key] - start,
            rate * (arrays_of(plain)[key] - start),
            rtol=1e-9,
            atol=1e-15,
        )


@pytest.mark.parametrize("case", CONFLICTS)
def test_rules_of_the_net_train_like_rules_of_the_call(case: str) -> None:
    rules, *_ = CONFLICTS[case]
    by_call = wl.net_train(
        shared_net(), numbers(12, 3, 3), max_training_rounds=3, learning_rate_multipliers=rules
    )
    by_net = wl.net_train(shared_net(rules), numbers(12, 3, 3), max_training_rounds=3)
    assert digests(by_call) == digests(by_net)


def test_the_gradient_of_a_shared_array_is_the_sum_over_its_places() -> None:
    net = shared_net()
    apart = wl.net_initialize(
        wl.NetChain(
            [
                wl.LinearLayer(3, weights=wl.net_extract(net, SHARED)),
                "Tanh",
                wl.LinearLayer(3, weights=wl.net_extract(net, SHARED)),
            ],
            input=3,
        )
    )
    options: dict[str, Any] = {
        "method": ("SGD", {"Momentum": None, "LearningRateSchedule": None}),
        **ONE_STEP,
    }

    def move(trained: Any, key: Any) -> Any:
        return arrays_of(trained)[key] - wl.net_extract(net, SHARED).astype(np.float64)

    together = wl.net_train(net, numbers(12, 3, 3), **options)
    alone = wl.net_train(apart, numbers(12, 3, 3), **options)
    np.testing.assert_allclose(
        move(together, SHARED), move(alone, (1, "Weights")) + move(alone, (3, "Weights")), rtol=1e-9
    )


def test_a_frozen_shared_array_stays_while_the_biases_beside_it_learn() -> None:
    net = shared_net()
    trained = wl.net_train(
        net, numbers(12, 3, 3), max_training_rounds=3, learning_rate_multipliers={3: None, 1: 1}
    )
    assert changed(net, trained) == {(1, "Biases")}


# Rules that cannot be.


def test_all_faults_of_all_rule_lists_are_told_at_once() -> None:
    with pytest.raises(wl.RuleError) as error:
        wl.net_train(
            perceptron(),
            numbers(),
            learning_rate_multipliers={9: 1, (1, "Weigths"): 2},
            method=(
                "ADAM",
                {"L2Regularization": {"encoder": 0.1}, "WeightClipping": {(3, "Wieghts"): 1}},
            ),
        )
    text = str(error.value)
    for word in ("9", "Weights", "L2Regularization", "encoder", "WeightClipping", "Wieghts"):
        assert word in text


@pytest.mark.parametrize(
    "bad", [True, float("nan"), float("inf"), "fast", 1j, [1, 2], {1: "fast"}, {1: True}]
)
def test_what_is_no_rate_is_a_rule_error(bad: Any) -> None:
    with pytest.raises(wl.RuleError):
        wl.net_train(perceptron(), numbers(), learning_rate_multipliers=bad)


def test_rules_are_looked_at_before_the_data() -> None:
    with pytest.raises(wl.RuleError):
        wl.net_train(perceptron(), "no data at all", learning_rate_multipliers={9: 1})
