"""Dropout inside of recurrent layers: what each kind drops, when anew, and that it comes again."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import filled
from wlnet import NetChain, NetPort
from wlnet.graph.tidying import prune
from wlnet.lowering.lower import lower

BASIC, GATED, LONG = wl.BasicRecurrentLayer, wl.GatedRecurrentLayer, wl.LongShortTermMemoryLayer
LAYERS = [BASIC, GATED, LONG]
WEIGHTS, INPUT, STATE = "VariationalWeights", "VariationalInput", "VariationalState"
UPDATE = "StateUpdate"
EVERY = [(layer, kind) for layer in LAYERS for kind in (WEIGHTS, INPUT, STATE, UPDATE)
         if (layer, kind) != (BASIC, UPDATE)]  # fmt: skip
every_kind = pytest.mark.parametrize(
    ("layer", "kind"), EVERY, ids=[f"{layer.__name__}-{kind}" for layer, kind in EVERY]
)
SIZE, LENGTH, COUNT = 8, 5, 4
OPEN = 50.0
"""What a gate that is open has for its bias."""


def plain(layer: Any, dropout: Any) -> Any:
    """A layer that shows what is dropped: a state is tanh of input + 1/2 + state / 2, unit by unit,
    or is what of that is added to nothing, where the layer has gates."""
    one, half = np.eye(SIZE), 0.5 * np.eye(SIZE)
    arrays: dict[str, Any] = {}
    if layer is BASIC:
        arrays = {"input_weights": one, "state_weights": half, "biases": np.full(SIZE, 0.5)}
    gates = {GATED: {"input": -OPEN, "reset": OPEN}, LONG: {"input": OPEN, "output": OPEN,
                                                           "forget": -OPEN}}  # fmt: skip
    for gate, bias in {**gates.get(layer, {}), "memory": 0.5}.items() if layer is not BASIC else ():
        is_memory = gate == "memory"
        arrays[f"{gate}_gate_input_weights"] = one * is_memory
        arrays[f"{gate}_gate_state_weights"] = half * is_memory
        arrays[f"{gate}_gate_biases"] = np.full(SIZE, bias)
    return layer(SIZE, dropout, input=("Varying", SIZE), **arrays)


def trained(layer: Any, dropout: Any, x: Any, **more: Any) -> Any:
    return plain(layer, dropout)(x, net_evaluation_mode="Train", working_precision="Real64", **more)


def sums(layer: Any, states: Any) -> Any:
    """What states are the tanh of, or where there are cells the tanh of the tanh."""
    return np.arctanh(np.arctanh(states) if layer is LONG else states)


@every_kind
def test_what_is_kept_is_scaled_so_that_its_mean_stays(layer: Any, kind: str) -> None:
    """What each kind multiplies takes two values, 0 and 1 / keep, in about the given shares."""
    x = np.random.default_rng(0).uniform(0.1, 0.3, (200, 2, SIZE))
    if kind == WEIGHTS:
        # One mask for all examples: many seeds are drawn.
        seeds = range(40)
        factors = np.concatenate([factors_of(layer, kind, x[:2], seed=n) for n in seeds])
    else:
        factors = factors_of(layer, kind, x)
    assert set(np.unique(np.round(factors, 6))) == {0, 1.25}
    assert np.mean(factors == 0) == pytest.approx(0.2, abs=0.05)


def factors_of(layer: Any, kind: str, x: Any, seed: int = 1) -> Any:
    """By what each number was multiplied that a kind is about, told from what came out."""
    found = trained(layer, {kind: 0.2}, x, random_seeding=seed)
    if kind == UPDATE:
        # A state is what is added, or for the one with cells the tanh of that.
        without = plain(layer, None)(x, working_precision="Real64")
        kept, full = (each[:, 0] if layer is GATED else np.arctanh(each[:, 0])
                      for each in (found, without))  # fmt: skip
        return np.round(kept / full, 9)
    shown = sums(layer, found)
    if kind == INPUT:
        return np.round((shown[:, 0] - 0.5) / x[:, 0], 9)
    return np.round((shown[:, 1] - 0.5 - x[:, 1]) / (0.5 * found[:, 0]), 9)


@pytest.mark.parametrize("layer", LAYERS)
def test_variational_masks_are_those_of_an_example_at_every_element(layer: Any) -> None:
    x = np.full((COUNT, LENGTH, SIZE), 0.25)
    for kind, by_example in ((INPUT, True), (STATE, True), (WEIGHTS, False)):
        found = trained(layer, {kind: 0.5}, x, random_seeding=3)
        shown = sums(layer, found)
        if kind == INPUT:
            before = np.concatenate([np.zeros((COUNT, 1, SIZE)), found[:, :-1]], 1)
            factors = (shown - 0.5 - 0.5 * before) / x
        else:
            factors = (shown[:, 1:] - 0.5 - x[:, 1:]) / (0.5 * found[:, :-1])
        factors = np.round(factors, 6)
        assert (factors == factors[:, :1]).all()
        assert (factors == factors[:1]).all() != by_example


@pytest.mark.parametrize("layer", [GATED, LONG])
def test_what_is_new_in_a_state_is_dropped_anew_at_every_element(layer: Any) -> None:
    found = trained(layer, {UPDATE: 0.5}, np.full((COUNT, LENGTH, SIZE), 0.25)) == 0
    assert not (found == found[:, :1]).all()
    assert not (found == found[:1]).all()


@every_kind
def test_the_same_seed_draws_the_same_and_any_number_of_workers_too(layer: Any, kind: str) -> None:
    net = filled(layer(SIZE, {kind: 0.5}, input=("Varying", 3)))
    x = np.random.default_rng(1).normal(size=(20, LENGTH, 3)).astype(np.float32)

    def bits(**options: Any) -> bytes:
        return bytes(net(x, net_evaluation_mode="Train", **options).tobytes())

    assert bits() == bits(workers=2) == bits(workers=4)
    assert bits(random_seeding=1) != bits(random_seeding=2)
    assert net(x).tobytes() == wl.net_replace_part(net, {"Dropout": None})(x).tobytes()


@pytest.mark.parametrize("layer", LAYERS)
def test_one_number_is_that_of_the_weights(layer: Any) -> None:
    one, other = (
        filled(layer(SIZE, given, input=("Varying", 3))) for given in (0.5, {WEIGHTS: 0.5})
    )
    x = np.ones((2, LENGTH, 3), np.float32)
    found = [net(x, net_evaluation_mode="Train").tobytes() for net in (one, other)]
    assert found[0] == found[1]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_chance_of_0_draws_nothing_and_is_the_layer_without(layer: Any) -> None:
    kinds = [kind for each, kind in EVERY if each is layer]
    shape = {"input": (LENGTH, 3)}
    none, zeros = (layer(SIZE, given, **shape) for given in (None, dict.fromkeys(kinds, 0)))
    every = layer(SIZE, dict.fromkeys(kinds, 0.5), **shape)

    def calls(net: Any, mode: Any = "Train") -> list[str]:
        return [call.primitive for call in prune(lower(net, 3, mode)).calls]

    assert calls(none) == calls(zeros)
    assert "random_mask" not in calls(none)
    assert calls(every).count("random_mask") == len(kinds)
    assert "random_mask" not in calls(every, "Test")


@every_kind
def test_a_training_with_dropout_goes_on_to_the_bit(layer: Any, kind: str) -> None:
    net = filled(NetChain({"read": layer(SIZE, {kind: 0.4}), "last": wl.SequenceLastLayer()},
                          input=(LENGTH, 3)))  # fmt: skip
    rng = np.random.default_rng(2)
    data = rng.normal(size=(30, LENGTH, 3)), rng.normal(size=(30, SIZE))
    options = {"method": ("ADAM", {"LearningRate": 0.01}), "batch_size": 8}
    whole = wl.net_train(net, data, max_training_rounds=3, **options)
    first = wl.net_train(net, data, wl.ALL, max_training_rounds=1, **options)
    rest = wl.net_train(first, data, max_training_rounds=2, **options)
    assert rest == whole
    name = "StateWeights" if layer is BASIC else "MemoryGateStateWeights"
    rules = {("read", name): None}
    frozen = wl.net_train(net, data, max_training_rounds=1, learning_rate_multipliers=rules)
    assert frozen["read", name].tobytes() == net["read", name].tobytes()


def test_dropout_is_read_written_and_replaced(tmp_path: Any) -> None:
    net = LONG(3, {UPDATE: 0.1, INPUT: 0})
    assert net.dropout == ((INPUT, 0.0), (UPDATE, 0.1))
    assert eval(repr(net), vars(wl)) == net == LONG(3, [(INPUT, 0), (UPDATE, 0.1)])
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    assert wl.net_replace_part(net, {"Dropout": 0.5}) == LONG(3, dropout=0.5)
    opened = wl.NetGraph({"a": net}, [(NetPort("a", "State"), NetPort("State"))], input=(2, 3))
    assert opened["a", "Dropout"] == net.dropout


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: LONG(3, 1), ">= 0 and < 1"),
        (lambda: LONG(3, {"Variational": 0.5}), "'VariationalWeights', 'VariationalInput'"),
        (lambda: LONG(3, {INPUT: -0.5}), ">= 0"),
        (lambda: LONG(3, {}), "a dict of such"),
        (lambda: LONG(3, "VariationalInput"), "a number"),
        (lambda: GATED(3, [(INPUT, 0.1), (INPUT, 0.2)]), "not 'VariationalInput'"),
        (lambda: BASIC(3, {UPDATE: 0.5}), "nothing is added to this state"),
    ],
)  # fmt: skip
def test_what_cannot_be_dropped_is_told(make: Any, told: str) -> None:
    with pytest.raises(wl.OptionError, match=re.escape(told)):
        make()
