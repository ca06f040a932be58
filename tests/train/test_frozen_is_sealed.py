"""A frozen array is sealed: no gradient, state, penalty, clipping or drift; the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import (
    METHODS,
    changed,
    digests,
    numbers,
    perceptron,
    watched_training,
)
from wlnet.graph.keys import GradientKey, StateKey
from wlnet.train.programs import Kind

LIMITS = (
    {},
    {"L2Regularization": 0.1},
    {"GradientClipping": 0.01},
    {"WeightDecay": 0.1, "GradientNorm": 0.01},
    {"WeightClipping": 0.05},
    {"L2Regularization": 0.1, "GradientClipping": 0.01, "WeightClipping": 0.05},
)
SCHEDULES = (None, "Polynomial", ("Cosine", {"Warmup": 2}), lambda t, total: 1 - t / total)
FREEZING = (0, 0.0, -0.0, None, np.float32(0), np.float64(-0.0), np.int64(0))

STATISTICS = {("norm", "MovingMean"), ("norm", "MovingVariance")}
NORM = {("norm", "Scaling"), ("norm", "Biases")} | STATISTICS
SHARED = wl.NetSharedArray("w")


def net_of(first: Any = wl.AUTOMATIC, container: Any = wl.AUTOMATIC) -> Any:
    """A net with a normalization, a nested chain and a shared array."""
    shared = wl.LinearLayer(4, weights=SHARED)
    return wl.net_initialize(
        wl.NetChain(
            {
                "first": wl.LinearLayer(
                    4, biases=[0.5, -0.0, 1, 2], learning_rate_multipliers=first
                ),
                "norm": wl.BatchNormalizationLayer(learning_rate_multipliers=first),
                "act": "Tanh",
                "block": wl.NetChain([shared, "Ramp", shared]),
                "read": 2,
            },
            input=3,
            learning_rate_multipliers=container,
        )
    )


FIRST = {("first", "Weights"), ("first", "Biases")}
BLOCK = {("block", 1, "Biases"), ("block", 3, "Biases")}
READ = {("read", "Weights"), ("read", "Biases")}

WAYS = {
    "layer option": (lambda: net_of(first=None), wl.AUTOMATIC, FIRST | NORM),
    "container rule": (
        lambda: net_of(container=[("norm", 0), ("block", None)]),
        wl.AUTOMATIC,
        NORM | BLOCK | {SHARED},
    ),
    "net_train rule": (net_of, [("read", 2), (wl.ANY, None)], FIRST | NORM | BLOCK | {SHARED}),
    "NetSharedArray rule": (
        net_of,
        {SHARED: 0, ("first", "Biases"): -0.0},
        {SHARED, ("first", "Biases")},
    ),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", WAYS)
def test_frozen_arrays_come_back_bit_for_bit(method: str, way: str) -> None:
    make, rules, frozen = WAYS[way]
    net = make()
    before = digests(net)
    for limits in LIMITS:
        for schedule in SCHEDULES:
            trained = wl.net_train(
                net,
                numbers(),
                learning_rate_multipliers=rules,
                max_training_rounds=2,
                batch_size=8,
                learning_rate=0.01,
                method=(method, {"LearningRateSchedule": schedule, **limits}),
            )
            # No more and no less than what is frozen: the others are the control.
            assert changed(net, trained) == before.keys() - frozen, (limits, schedule)
            assert digests(net) == before, "the net given has changed"


@pytest.mark.parametrize("zero", FREEZING, ids=repr)
def test_every_zero_freezes(zero: Any) -> None:
    net = perceptron()
    trained, table = wl.net_train(
        net,
        numbers(),
        ["TrainedNet", "ArraysLearningRateMultipliers"],
        max_training_rounds=2,
        learning_rate_multipliers={1: zero},
        method=("ADAM", {"L2Regularization": 1.0}),
    )
    assert changed(net, trained) == {(3, "Weights"), (3, "Biases")}
    assert table[1, "Weights"] == 0.0
    assert not np.signbit(table[1, "Weights"])


def test_without_rules_everything_moves() -> None:
    net = net_of()
    trained = wl.net_train(net, numbers(), max_training_rounds=2)
    assert changed(net, trained) == digests(net).keys()


def test_a_frozen_array_has_no_optimizer_state(monkeypatch: pytest.MonkeyPatch) -> None:
    for method, states in zip(METHODS, (2, 3, 1, 1), strict=True):
        _, trainer = watched_training(
            monkeypatch,
            net_of(),
            numbers(),
            method=method,
            max_training_rounds=1,
            learning_rate_multipliers=[("read", 1), (SHARED, -1), (wl.ANY, None)],
        )
        assert {learner.key for learner in trainer.phase.learners} == READ | {SHARED}
        assert set(trainer.memory.states) == READ | {SHARED}
        for key, kept in trainer.memory.states.items():
            assert [state.size for state in kept] == [trainer.memory.arrays[key].size] * states


def test_a_frozen_array_gets_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    _, trainer = watched_training(
        monkeypatch,
        net_of(),
        numbers(),
        max_training_rounds=1,
        learning_rate_multipliers={"first": None, ("read", "Biases"): 0},
    )
    wanted = {("norm", "Scaling"), ("norm", "Biases"), ("read", "Weights"), *BLOCK}
    learning = wanted | {SHARED}
    told = trainer.phase.programs._blueprint("Gradients", Kind(8)).outputs
    assert {key.array for key in told if isinstance(key, GradientKey)} == learning
    step = trainer.phase.programs._blueprint("Train", Kind(8))
    slots = [step.slots[view.slot] for call in step.steps for view in call.writes]
    written = {slot.where for slot in slots if slot.kind == "array"}
    states = {key for key in written if isinstance(key, StateKey)}
    assert {key.array for key in states} == learning
    statistics = {("norm", name) for name in ("MovingMean", "MovingVariance")}
    assert written - states == learning | statistics


def test_a_frozen_array_lies_where_it_was_and_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = net_of()
    _, trainer = watched_training(
        monkeypatch,
        net,
        numbers(),
        max_training_rounds=1,
        learning_rate_multipliers={"first": None},
    )
    weights = trainer.memory.arrays["first", "Weights"]
    assert np.shares_memory(weights, wl.net_extract(net, ("first", "Weights")))
    assert not weights.flags.writeable


def steps_by_layer(trainer: Any, mode: str) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for step in trainer.phase.programs._blueprint(mode, Kind(8)).steps:
        found[step.origin] = found.get(step.origin, 0) + 1
    return found


def test_no_backward_pass_runs_below_the_lowest_trained_array(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = wl.net_initialize(wl.NetChain([4, "Tanh", 4, "Tanh", 2], input=3))
    rules = {5: 1, wl.ANY: None}
    _, all_of_it = watched_training(monkeypatch, net, numbers(), max_training_rounds=1)
    _, last = watched_training(
        monkeypatch, net, numbers(), max_training_rounds=1, learning_rate_multipliers=rules
    )
    forward, trained = steps_by_layer(last, "Test"), steps_by_layer(last, "Train")
    everything = steps_by_layer(all_of_it, "Train")
    for layer in range(1, 5):
        assert trained[(layer,)] == forward[(layer,)], f"layer {layer} has a backward pass"
        assert trained[(layer,)] < everything[(layer,)]
    assert trained[(5,)] > forward[(5,)]


def test_a_layer_frozen_in_the_middle_passes_its_gradient_on() -> None:
    net = wl.net_initialize(wl.NetChain([4, "Tanh", 4, "Tanh", 2], input=3))
    trained = wl.net_train(
        net, numbers(), max_training_rounds=2, learning_rate_multipliers={3: None}
    )
    assert changed(net, trained) == {(1, "Weights"), (1, "Biases"), (5, "Weights"), (5, "Biases")}


def test_an_array_that_is_frozen_before_it_has_numbers_gets_its_first_ones_and_keeps_them() -> None:
    net = wl.NetChain([4, "Tanh", 2], input=3)
    trained = wl.net_train(
        net, numbers(), max_training_rounds=3, learning_rate_multipliers={1: None}
    )
    assert changed(wl.net_initialize(net), trained) == {(3, "Weights"), (3, "Biases")}


def test_frozen_arrays_stay_what_they_are_in_real64() -> None:
    net = net_of()
    trained = wl.net_train(
        net,
        numbers(),
        max_training_rounds=2,
        working_precision="Real64",
        learning_rate_multipliers={"first": None, "norm": 0},
    )
    kept = FIRST | NORM
    assert {key: digest for key, digest in digests(trained).items() if key in kept} == {
        key: digest for key, digest in digests(net).items() if key in kept
    }
