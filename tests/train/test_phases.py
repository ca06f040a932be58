"""Rules over rounds: what rests is sealed, and its state is kept; all faults are told at once."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.train.test_going_on import net, same_record
from tests.training_cases import METHODS, numbers
from wlnet.nets.arrays import arrays_of

HEAD, ALL_SLOWLY, BODY = {-1: 1, wl.ANY: None}, {wl.ANY: 0.1}, {1: 2, wl.ANY: None}
PHASES = wl.Phases({1: HEAD, 3: ALL_SLOWLY, 6: HEAD, 7: BODY})


def of_method(name: str) -> Any:
    return (name, {"LearningRateSchedule": None})


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("method", METHODS)
def test_phases_are_calls_that_go_on(method: str, precision: str) -> None:
    options = {
        "method": of_method(method),
        "batch_size": 8,
        "working_precision": precision,
        "validation_set": numbers(9, seed=3),
    }
    data = numbers(30)
    whole = wl.net_train(net(), data, wl.ALL, max_training_rounds=8,
                         learning_rate_multipliers=PHASES, **options)  # fmt: skip
    results: Any = net()
    for rules, rounds in ((HEAD, 2), (ALL_SLOWLY, 3), (HEAD, 1), (BODY, 2)):
        results = wl.net_train(results, data, wl.ALL, max_training_rounds=rounds,
                               learning_rate_multipliers=rules, **options)  # fmt: skip
    same_record(whole, results)
    assert list(whole["ArraysLearningRateMultipliersByPhase"]) == [1, 3, 6, 7]


@pytest.mark.parametrize("method", METHODS)
def test_what_rests_is_sealed_and_its_state_and_count_rest_too(method: str) -> None:
    """Beside a training in which the phase of rest is left out: the resting array does not know of
    it."""
    data, rest = numbers(24), wl.Phases({1: 1, 2: {2: None}, 4: 1})
    kept: list[Any] = []

    def watch(state: Any) -> None:
        kept.append({key: a.tobytes() for key, a in arrays_of(state["Net"]).items()})

    results = wl.net_train(
        wl.net_initialize(wl.NetChain([5, 3, 2], input=3)), data, wl.ALL, batch_size=8,
        max_training_rounds=5, learning_rate_multipliers=rest, method=of_method(method),
        training_progress_function=watch,
    )  # fmt: skip
    for name in ("Weights", "Biases"):
        states = [each[2, name] for each in kept]
        assert states[0] == states[1] == states[2] != states[3] != states[4]
        assert kept[0][1, name] != kept[1][1, name] != kept[2][1, name]
    updates = results.record.moment.updates
    assert updates[1, "Weights"] == 15 and updates[2, "Weights"] == 9


def test_after_a_rest_adam_goes_on_with_its_means_and_its_count() -> None:
    """An independent ADAM in float64 on one number whose gradient is known."""
    weights = wl.LinearLayer(1, weights=[[0.0]], biases=None, input=1)
    bias = wl.ConstantPlusLayer(biases=[0.0])
    chain = wl.NetChain([weights, bias])
    data = np.array([[1.0]]), np.array([[3.0]])
    results = wl.net_train(
        chain, data, wl.ALL, max_training_rounds=7, learning_rate=0.1, working_precision="Real64",
        learning_rate_multipliers=wl.Phases({1: 1, 3: {1: None}, 5: 1}),
    )  # fmt: skip
    w, b = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    counts = [0, 0]

    def step(x: list[float], g: float, t: int) -> None:
        x[1] = 0.9 * x[1] + 0.1 * g
        x[2] = 0.999 * x[2] + 0.001 * g * g
        size = 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        x[0] -= size * x[1] / (np.sqrt(x[2]) + 1e-5)

    for number in range(1, 8):
        g = 2 * (w[0] + b[0] - 3.0)
        if number not in (3, 4):
            counts[0] += 1
            step(w, g, counts[0])
        counts[1] += 1
        step(b, g, counts[1])
    arrays = results.record.arrays
    assert arrays[1, "Weights"][0, 0] == pytest.approx(w[0], rel=1e-9)
    assert arrays[2, "Biases"][0] == pytest.approx(b[0], rel=1e-9)


def test_the_multipliers_of_a_record_are_those_of_the_last_phase() -> None:
    results = wl.net_train(net(), numbers(20), wl.ALL, max_training_rounds=8,
                           learning_rate_multipliers=PHASES)  # fmt: skip
    by_phase = results["ArraysLearningRateMultipliersByPhase"]
    assert results["ArraysLearningRateMultipliers"] == by_phase[7]
    assert by_phase[1][5, "Weights"] == 1 and by_phase[1][1, "Weights"] == 0
    assert set(by_phase[3].values()) == {0.1}


@pytest.mark.parametrize("place", [1, 4])
@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([(wl.ANY, 1), (-1, 2)], "a rule is hidden"),
        ([("bend", 2), (wl.ANY, 1)], "without arrays that could learn"),
        ({wl.ANY: 1}, "froze for itself"),
    ],
)
def test_a_warning_of_a_rule_tells_its_phase(rules: Any, told: str, place: int) -> None:
    frozen = wl.LinearLayer(2, learning_rate_multipliers=0)
    made = wl.NetChain({"a": 5, "bend": "Tanh", "b": frozen}, input=3)
    good = {"a": 1, wl.ANY: 0}
    phases = {1: good, 4: good, place: rules}

    def heard(given: Any) -> list[str]:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            wl.net_train(made, numbers(24), max_training_rounds=4, learning_rate_multipliers=given)
        return [str(each.message) for each in found if told in str(each.message)]

    (text,) = heard(wl.Phases(phases))
    (alone,) = heard(rules)
    where = "learning_rate_multipliers of net_train"
    assert text == alone.replace(where, f"phase from round {place}, {where}")


def test_a_phase_that_is_never_reached_is_warned_of() -> None:
    with pytest.warns(wl.TrainingWarning, match="phase from round 7 is never reached"):
        wl.net_train(net(), numbers(20), max_training_rounds=6, learning_rate_multipliers=PHASES)


def test_a_phase_in_which_nothing_learns_is_warned_of() -> None:
    with pytest.warns(wl.TrainingWarning, match="nothing learns in the phase from round 2"):
        results = wl.net_train(
            net(), numbers(20), wl.ALL, max_training_rounds=4, batch_size=10,
            learning_rate_multipliers=wl.Phases({1: 1, 2: None, 4: 1}),
        )  # fmt: skip
    assert set(results.record.moment.updates.values()) == {0, 4}


def test_faults_of_all_phases_are_told_at_once_and_by_their_round() -> None:
    phases = wl.Phases({1: {"hed": 1}, 2: {-1: 1}, 5: {9: 1, 1: float("nan")}})
    with pytest.raises(wl.RuleError) as caught:
        wl.net_train(net(), numbers(20), learning_rate_multipliers=phases, batch_size=-3)
    text = str(caught.value)
    assert "phase from round 1" in text and "'hed'" in text
    assert text.count("phase from round 5") == 2 and "batch_size" in text
    assert "phase from round 2" not in text


def test_rules_of_a_net_are_no_phases() -> None:
    with pytest.raises(wl.RuleError, match="phases are for learning_rate_multipliers of net_train"):
        wl.NetChain([3, 1], input=2, learning_rate_multipliers=wl.Phases({1: 1}))


def test_rounds_of_phases_count_from_the_beginning_of_a_call() -> None:
    first = wl.net_train(net(), numbers(20), wl.ALL, max_training_rounds=3)
    second = wl.net_train(first, numbers(20), wl.ALL, max_training_rounds=3,
                          learning_rate_multipliers=wl.Phases({1: HEAD, 3: 1}))  # fmt: skip
    assert list(second["ArraysLearningRateMultipliersByPhase"]) == [1, 4, 6]


def test_a_program_is_that_of_one_phase() -> None:
    with pytest.raises(wl.OptionError, match=r"a program is that of one phase(.|\n)*phases.at"):
        wl.net_program(net(), batch_size=4, learning_rate_multipliers=PHASES)
