"""GradientNorm, WeightDecay and schedules as net_train runs them: laws that show on a net."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import digests, numbers, perceptron
from wlnet.methods import METHODS, as_method
from wlnet.nets.arrays import arrays_of

RATE, MOST = 0.5, 1e-3
PLAIN = {"Momentum": None, "LearningRateSchedule": None}


def shared() -> Any:
    weights = wl.NetSharedArray("w")
    layers = [wl.LinearLayer(4, weights=weights), "Tanh", wl.LinearLayer(4, weights=weights), 2]
    return wl.net_initialize(wl.NetChain(layers, input=4))


def data_of(net: Any) -> Any:
    return numbers(12, arrays_of(net)[next(iter(arrays_of(net)))].shape[-1], 2)


def moves(net: Any, method: Any, **options: Any) -> dict[Any, Any]:
    """How far every array moved in one step, in float64."""
    given = {"working_precision": "Real64", "learning_rate": RATE, "max_training_rounds": 1}
    trained = wl.net_train(net, data_of(net), method=method, **{**given, **options})
    before, after = arrays_of(net), arrays_of(trained)
    return {key: after[key].astype(np.float64) - before[key] for key in before}


def size(found: dict[Any, Any]) -> float:
    return float(np.sqrt(sum(float(np.sum(move**2)) for move in found.values())))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"learning_rate_multipliers": {1: None}},
        {"learning_rate_multipliers": {wl.ALL: -1}},
        {"training_update_schedule": [1, 3]},
    ],
    ids=["all", "some frozen", "all climb", "some rest"],
)
@pytest.mark.parametrize("net", [perceptron, shared])
def test_all_that_moves_moves_together_as_far_as_the_norm_allows(net: Any, options: Any) -> None:
    """The move of plain SGD is the learning rate times the gradient. Were anything counted that
    does not move, or a shared array twice, it would be shorter."""
    model = net()
    free = moves(model, ("SGD", PLAIN), **options)
    held = moves(model, ("SGD", {**PLAIN, "GradientNorm": MOST}), **options)
    assert size(free) > 10 * RATE * MOST
    assert size(held) == pytest.approx(RATE * MOST, rel=1e-4)
    for key in free:
        wanted = free[key] * (RATE * MOST / size(free))
        np.testing.assert_allclose(held[key], wanted, rtol=1e-2, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("r", [-2.0, 0.5, 4.0])
def test_a_multiplier_of_r_is_r_times_the_step_under_a_norm_and_a_decay(
    method: str, r: float
) -> None:
    """The norm is that of gradients, which know no rate; the decay goes by the rate."""
    net, options = perceptron(), {"GradientNorm": MOST, "WeightDecay": 0.25}
    one = moves(net, (method, options))
    many = moves(net, (method, options), learning_rate_multipliers={3: r})
    for key, move in one.items():
        wanted = r * move if key[0] == 3 else move
        np.testing.assert_allclose(many[key], wanted, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_bits_do_not_depend_on_the_number_of_workers(method: str, precision: str) -> None:
    def trained(workers: int) -> list[bytes]:
        net = wl.net_train(
            perceptron(),
            numbers(12),
            max_training_rounds=5,
            batch_size=5,
            method=(method, {"GradientNorm": 0.05, "WeightDecay": 0.1}),
            working_precision=precision,
            workers=workers,
        )
        return [array.tobytes() for array in arrays_of(net).values()]

    assert trained(1) == trained(2) == trained(4)


def test_a_decay_by_rules_shrinks_what_it_names_by_the_learning_rate_and_nothing_else() -> None:
    net, rules = perceptron(), {(3, "Weights"): 0.25}
    for method, momentum in itertools.product(METHODS, ({}, {"Momentum": None})):
        options: dict[str, Any] = {"LearningRateSchedule": None}
        if method != "ADAM":
            options |= momentum
        without = moves(net, (method, options))
        found = moves(net, (method, {**options, "WeightDecay": rules}))
        for key, array in arrays_of(net).items():
            lost = RATE * rules.get(key, 0.0) * array
            np.testing.assert_allclose(found[key], without[key] - lost, rtol=1e-4, atol=1e-6)


def test_a_decay_of_none_is_the_training_without_to_the_bit() -> None:
    def trained(method: Any) -> list[bytes]:
        net = wl.net_train(perceptron(), numbers(12), max_training_rounds=5, method=method)
        return [array.tobytes() for array in arrays_of(net).values()]

    for method in METHODS:
        plain = trained(method)
        assert trained((method, {"WeightDecay": None})) == plain
        assert trained((method, {"WeightDecay": 0})) == plain
        assert trained((method, {"WeightDecay": {wl.ANY: None}})) == plain
        assert trained((method, {"WeightDecay": 0.5})) != plain


def test_the_learning_rate_of_the_record_is_that_of_the_schedule() -> None:
    method = wl.Adam(learning_rate_schedule=("Linear", {"Warmup": 0.5, "Final": 0.5}))
    found = wl.net_train(
        perceptron(),
        numbers(12),
        "FinalLearningRate",
        method=method,
        max_training_rounds=8,
        learning_rate=0.5,
    )
    assert found == pytest.approx(0.5 * (1 - 0.5 * 3 / 4))


def test_a_function_of_three_is_given_the_learning_rate_of_the_call() -> None:
    seen = []

    def schedule(t: int, total: int, rate: float) -> float:
        seen.append((t, total, rate))
        return 1.0

    wl.net_train(
        perceptron(),
        numbers(12),
        method=wl.SGD(learning_rate=0.125, learning_rate_schedule=schedule),
        max_training_rounds=2,
        learning_rate=0.25,
    )
    assert seen == [(0, 2, 0.25), (1, 2, 0.25)]


def endless() -> Iterator[Any]:
    for _ in range(3):
        yield numbers(12)


@pytest.mark.parametrize(
    "schedule",
    [
        ("Constant", {"Warmup": 4}),
        ("Exponential", {"Decay": 0.5}),
        ("Steps", {"At": [2, 4], "Factor": 0.5}),
    ],
)
def test_a_schedule_that_does_not_look_at_the_end_needs_none(schedule: Any) -> None:
    wanted = {"Constant": 1.0, "Exponential": 0.5**5, "Steps": 0.25}[schedule[0]]
    options = {
        "method": wl.Adam(learning_rate_schedule=schedule),
        "learning_rate": 1e-3,
        "batch_size": 12,
    }
    found = wl.net_train(
        perceptron(), endless, "FinalLearningRate", max_training_rounds=2, **options
    )
    assert found == pytest.approx(1e-3 * wanted)
    wl.net_train(perceptron(), numbers(12), time_goal=0.01, **options)


@pytest.mark.parametrize("schedule", ["Cosine", ("Constant", {"Warmup": 0.1}), lambda t, T: 1.0])
def test_a_schedule_that_looks_at_the_end_is_refused_where_there_is_none(schedule: Any) -> None:
    method = wl.Adam(learning_rate_schedule=schedule)
    with pytest.raises(wl.OptionError, match="how many updates there will be"):
        wl.net_train(perceptron(), endless, method=method, max_training_rounds=2, batch_size=12)
    with pytest.raises(wl.OptionError, match="how many updates there will be"):
        wl.net_train(perceptron(), numbers(12), method=method, time_goal=0.01)


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_gradients_that_are_not_finite_end_a_training_under_a_norm_too(precision: str) -> None:
    x, y = numbers(12)
    large = 1e25 if precision == "Real32" else 1e200
    with pytest.warns(wl.TrainingWarning):
        results = wl.net_train(
            perceptron(),
            (x, y.astype(np.float64) * large),
            wl.ALL,
            method=("SGD", {"GradientNorm": 1.0}),
            working_precision=precision,
            max_training_rounds=3,
        )
    assert results["ReasonTrainingStopped"] == "WeightsDiverged"
    assert all(np.isfinite(array).all() for array in arrays_of(results["TrainedNet"]).values())


UNENDING = [
    None,
    ("Constant", {"Warmup": 7}),
    ("Exponential", {"Decay": 0.9}),
    ("Steps", {"At": [5, 9], "Warmup": 2}),
]


@pytest.mark.filterwarnings("ignore:.*(never ends|never reached):wlnet.TrainingWarning")
@pytest.mark.parametrize("schedule", UNENDING, ids=str)
@pytest.mark.parametrize("method", METHODS)
def test_six_calls_of_one_round_are_one_call_of_six(method: str, schedule: Any) -> None:
    """A schedule that does not look at the end goes on where the call before left it."""
    limits = {"LearningRateSchedule": schedule, "GradientNorm": 0.1, "WeightDecay": 0.1}
    options = {"method": (method, limits), "batch_size": 5}
    whole = wl.net_train(perceptron(), numbers(12), max_training_rounds=6, **options)
    part: Any = perceptron()
    for _ in range(6):
        part = wl.net_train(part, numbers(12), wl.ALL, max_training_rounds=1, **options)
    assert digests(part["TrainedNet"]) == digests(whole)


def test_a_phase_is_the_training_by_its_rules_under_a_norm_and_a_decay_too() -> None:
    """What thaws in a later phase has no share in the norm before, and loses nothing."""
    rules = {3: 1, wl.ANY: None}
    options: dict[str, Any] = {
        "method": ("ADAM", {"GradientNorm": 0.05, "WeightDecay": 0.1}),
        "batch_size": 5,
    }

    def losses(rounds: int, given: Any) -> list[float]:
        found = wl.net_train(
            perceptron(),
            numbers(12),
            "RoundLossList",
            max_training_rounds=rounds,
            learning_rate_multipliers=given,
            **options,
        )
        return list(found)

    phased = losses(4, wl.Phases({1: rules, 3: {wl.ANY: 0.5}}))
    alone = losses(4, rules)
    assert phased[:2] == alone[:2]
    assert phased[3] != alone[3]


def test_a_schedule_is_read_again_from_what_a_file_keeps_of_options() -> None:
    for schedule in (*UNENDING, ("Cosine", {"Warmup": 0.1}), "OneCycle"):
        method = wl.Adam(learning_rate_schedule=schedule, weight_decay={(1, "Weights"): 0.1})
        kept = json.loads(json.dumps(method.options()))
        assert as_method(("ADAM", kept)).options() == method.options()
