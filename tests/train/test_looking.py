"""What a state tells of the arrays of now and of the last batch: against formulas written out here,
and that whoever looks changes no bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import METHODS, changed, classes, classifier, digests, numbers, perceptron
from tests.training_digests import TRAININGS
from wlnet.nets.arrays import arrays_of

OF_NOW = (
    *("Net", "BatchData", "BatchIndices", "ExampleLosses"),
    *("Weights", "WeightsRMS", "WeightsVector"),
    *("Gradients", "GradientsRMS", "GradientsVector"),
)


def looked(net: Any, data: Any, **options: Any) -> tuple[list[Any], Any]:
    """All that every round was told, and the results."""
    told: list[Any] = []

    def look(state: Any) -> None:
        told.append(dict(state))

    results = wl.net_train(net, data, wl.ALL, training_progress_function=look, **options)
    return told, results


def by_formula(arrays: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The losses of examples, and the gradients of their mean, of a net of two layers."""
    hidden = np.tanh(x @ arrays[1, "Weights"].T + arrays[1, "Biases"])
    out = hidden @ arrays[3, "Weights"].T + arrays[3, "Biases"]
    slope = 2 * (out - y) / out.size
    inner = (slope @ arrays[3, "Weights"]) * (1 - hidden**2)
    return ((out - y) ** 2).mean(axis=1), {
        (1, "Weights"): inner.T @ x,
        (1, "Biases"): inner.sum(axis=0),
        (3, "Weights"): slope.T @ hidden,
        (3, "Biases"): slope.sum(axis=0),
    }


def close(found: Any, expected: Any, precision: str = "Real64") -> bool:
    rtol, atol = (1e-9, 1e-12) if precision == "Real64" else (1e-4, 1e-6)
    return np.allclose(found, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("width", [4, 300])
@pytest.mark.parametrize("precision", ["Real32", "Real64"])
def test_losses_and_gradients_are_those_of_the_formula(
    precision: str, width: int, workers: int
) -> None:
    # The wide net is packed in memory.
    net = wl.net_initialize(wl.NetChain([width, "Tanh", 2], input=3))
    x, y = numbers(70)
    told, results = looked(net, (x, y), batch_size=32, max_training_rounds=3,
                           working_precision=precision, workers=workers)  # fmt: skip
    for state in told:
        rows = np.array(state["BatchIndices"]) - 1
        assert len(rows) == 70 - 2 * 32
        assert np.array_equal(state["BatchData"]["Input"], x[rows])
        assert np.array_equal(state["BatchData"]["Output"], y[rows])
        arrays = arrays_of(state["Net"])
        assert {key: a.tobytes() for key, a in state["Weights"].items()} == {
            key: a.tobytes() for key, a in arrays.items()
        }
        losses, gradients = by_formula(arrays, x[rows].astype(float), y[rows].astype(float))
        assert close(state["ExampleLosses"], losses, precision)
        assert list(state["Gradients"]) == list(state["Weights"]) == list(gradients)
        for key, gradient in state["Gradients"].items():
            assert gradient.shape == arrays[key].shape
            assert close(gradient, gradients[key], precision), key
            mean = np.sqrt((gradient.astype(float) ** 2).mean())
            assert state["GradientsRMS"][key] == pytest.approx(mean, rel=1e-12)
            mean = np.sqrt((arrays[key].astype(float) ** 2).mean())
            assert state["WeightsRMS"][key] == pytest.approx(mean, rel=1e-12)
        for name in ("Weights", "Gradients"):
            flat = np.concatenate([each.reshape(-1) for each in state[name].values()])
            assert np.array_equal(state[f"{name}Vector"], flat)
    last = results["BatchPermutation"][-1]
    assert tuple(told[-1]["BatchIndices"]) == tuple(last)


def test_a_frozen_prefix_that_is_kept_makes_no_difference() -> None:
    x, y = numbers(30)
    told, _ = looked(perceptron(), (x, y), batch_size=10, max_training_rounds=3,
                     learning_rate_multipliers={1: None})  # fmt: skip
    for state in told:
        assert list(state["BatchData"]) == ["Input", "Output"]
        rows = np.array(state["BatchIndices"]) - 1
        losses, gradients = by_formula(arrays_of(state["Net"]), x[rows], y[rows])
        assert close(state["ExampleLosses"], losses, "Real32")
        assert list(state["Gradients"]) == [(3, "Weights"), (3, "Biases")]
        assert close(state["Gradients"][3, "Weights"], gradients[3, "Weights"], "Real32")


STILL: dict[str, Any] = {"learning_rate": 1e-30, "method": ("SGD", {"Momentum": 0})}
"""No array is moved: what the batch was trained on, and what is told, are of the same net."""


def test_random_numbers_are_those_that_the_batch_was_trained_with() -> None:
    net = wl.net_initialize(wl.NetChain([30, wl.DropoutLayer(0.5), "Tanh", 2], input=3))
    told, _ = looked(net, numbers(40), batch_size=10, max_training_rounds=4, **STILL)
    for state in told:
        assert state["ExampleLosses"].mean() == state["BatchLoss"]
    assert len({state["BatchLoss"] for state in told}) == 4


def test_statistics_of_a_batch_are_its_own_and_do_not_move() -> None:
    net = wl.net_initialize(wl.NetChain([8, wl.BatchNormalizationLayer(), "Tanh", 2], input=3))
    told, results = looked(net, numbers(40), batch_size=20, max_training_rounds=2, **STILL)
    assert [state["ExampleLosses"].mean() for state in told] == [s["BatchLoss"] for s in told]
    assert {key[1] for key in told[0]["Gradients"]} == {"Weights", "Biases", "Scaling"}
    plain = wl.net_train(net, numbers(40), batch_size=20, max_training_rounds=2, **STILL)
    assert digests(plain) == digests(results["TrainedNet"])


def test_weights_and_factors_are_in_the_losses() -> None:
    x, y = classes(30)
    options = {"batch_size": 15, "max_training_rounds": 2, "class_weights": {0: 3, 1: 0.5},
               "loss_function": ("Output", wl.AUTOMATIC, wl.Scaled(2)), **STILL}  # fmt: skip
    told, _ = looked(wl.net_initialize(classifier()), (x, y), **options)
    for state in told:
        assert state["ExampleLosses"].mean() == pytest.approx(state["BatchLoss"], rel=1e-12)


def test_only_arrays_that_learn_are_told_in_each_phase() -> None:
    rules = wl.Phases({1: {1: None}, 2: {(3, "Biases"): None}, 3: {wl.ANY: 1}})
    told, _ = looked(perceptron(), numbers(), max_training_rounds=3,
                     learning_rate_multipliers=rules)  # fmt: skip
    expected = [
        [(3, "Weights"), (3, "Biases")],
        [(1, "Weights"), (1, "Biases"), (3, "Weights")],
        [(1, "Weights"), (1, "Biases"), (3, "Weights"), (3, "Biases")],
    ]
    for name in ("Weights", "WeightsRMS", "Gradients", "GradientsRMS"):
        assert [list(state[name]) for state in told] == expected
    assert [len(state["GradientsVector"]) for state in told] == [10, 24, 26]


def test_an_array_that_no_loss_depends_on_has_a_gradient_of_zeros() -> None:
    net = wl.net_initialize(
        wl.NetGraph({"a": 2, "b": 3}, [(wl.NetPort("Input"), "a", wl.NetPort("A")),
                                       (wl.NetPort("Input"), "b", wl.NetPort("B"))],
                    input=3))  # fmt: skip
    x, y = numbers()
    told, _ = looked(net, {"Input": x, "A": y}, max_training_rounds=1,
                     loss_function=("A", wl.AUTOMATIC))  # fmt: skip
    assert not told[0]["Gradients"]["b", "Weights"].any()
    assert told[0]["Gradients"]["b", "Weights"].shape == (3, 3)
    assert told[0]["Gradients"]["a", "Weights"].any()


# Whoever looks changes nothing.


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_has_the_same_bits_when_somebody_looks(name: str) -> None:
    net, data, options = TRAININGS[name]()
    options = {"max_training_rounds": 3, **options}
    plain = wl.net_train(net, data, wl.ALL, **options)
    told, results = looked(net, data, **options)
    assert digests(plain["TrainedNet"]) == digests(results["TrainedNet"])
    for name in ("BatchLossList", "RoundLossList", "ValidationLossList"):
        assert plain[name] == results[name]
    assert len(told) == results["TotalRounds"]
    assert all(np.isfinite(state["GradientsVector"]).all() for state in told)


@pytest.mark.parametrize("method", METHODS)
def test_an_interrupt_of_somebody_who_looks_leaves_whole_rounds(method: str) -> None:
    def stop(state: Any) -> None:
        dict(state)
        if state["Round"] == 2:
            raise KeyboardInterrupt

    options = {"batch_size": 5, "method": (method, {"LearningRateSchedule": None})}
    cut = wl.net_train(perceptron(), numbers(), wl.ALL, max_training_rounds=5,
                       training_progress_function=stop, **options)  # fmt: skip
    whole = wl.net_train(perceptron(), numbers(), wl.ALL, max_training_rounds=2, **options)
    assert cut["ReasonTrainingStopped"] == "ManualStop"
    assert digests(cut["TrainedNet"]) == digests(whole["TrainedNet"])


def test_nobody_can_write_to_what_is_told() -> None:
    x, y = numbers()
    (state,), results = looked(perceptron(), (x, y), max_training_rounds=1)
    before = x.copy()
    arrays = [state["ExampleLosses"], state["WeightsVector"], state["GradientsVector"]]
    for name in ("BatchData", "Weights", "Gradients"):
        arrays += state[name].values()
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    assert not any(np.shares_memory(array, x) for array in state["BatchData"].values())
    state["Gradients"].clear()
    state["BatchData"].clear()
    assert np.array_equal(x, before)
    assert changed(results["TrainedNet"], state["Net"]) == set()


def test_dicts_that_are_told_are_the_callers_own() -> None:
    def look(state: Any) -> None:
        for name in ("BatchData", "BatchIndices", "Weights", "Gradients", "GradientsRMS"):
            state[name].clear()
            assert state[name]

    wl.net_train(perceptron(), numbers(), max_training_rounds=1, training_progress_function=look)


# When.


@pytest.mark.parametrize("name", OF_NOW)
def test_what_is_asked_for_too_late_is_an_error_that_names_it(name: str) -> None:
    told: list[Any] = []
    wl.net_train(
        perceptron(), numbers(), max_training_rounds=3, training_progress_function=told.append
    )
    gone = rf"this state is gone, the training went on[^$]*batch 1\s[^$]*state\['{name}'\]"
    with pytest.raises(wl.PartError, match=gone):
        told[0][name]
    if name not in ("Net", "Weights", "WeightsRMS", "WeightsVector"):
        # The arrays are there as the training ended, what computes with them is not.
        with pytest.raises(wl.PartError, match="inside the function"):
            told[-1][name]


def test_what_was_asked_for_in_time_is_kept() -> None:
    told: list[Any] = []

    def look(state: Any) -> None:
        told.append((state, state["GradientsVector"].copy(), state["BatchIndices"], state["Net"]))

    wl.net_train(perceptron(), numbers(), max_training_rounds=3, training_progress_function=look)
    for state, gradients, indices, net in told:
        assert np.array_equal(state["GradientsVector"], gradients)
        assert state["ExampleLosses"].shape == (12,)
        assert state["BatchIndices"] == indices
        assert state["Net"] is net


def test_a_generator_is_told_of_the_batch_before() -> None:
    told: list[Any] = []

    def ask(state: Any) -> Any:
        told.append(dict(state))
        number = state["AbsoluteBatch"]
        return np.full((4, 3), number, np.float32), np.ones((4, 2), np.float32)

    looked_at, _ = looked(perceptron(), (ask, {"RoundLength": 8}), batch_size=4,
                          max_training_rounds=3,
                          learning_rate_multipliers=wl.Phases({1: 1, 2: {1: None}}))  # fmt: skip
    assert [state["Event"] for state in told] == [None] * 6
    assert [state["Event"] for state in looked_at] == ["RoundComplete"] * 3
    assert told[0]["BatchData"] is None
    assert told[0]["Weights"] is None
    for number, state in enumerate(told[1:]):
        assert np.array_equal(state["BatchData"]["Input"], np.full((4, 3), number))
        assert state["BatchIndices"] is None
        assert state["ExampleLosses"].shape == (4,)
    assert [len(state["Gradients"]) for state in told[1:]] == [4, 2, 2, 2, 2]


def test_a_call_that_goes_on_is_told_of_its_own_batches() -> None:
    first = wl.net_train(perceptron(), numbers(), wl.ALL, batch_size=5, max_training_rounds=2)
    told, results = looked(first, numbers(), batch_size=5, max_training_rounds=2)
    assert [state["Round"] for state in told] == [3, 4]
    assert tuple(told[-1]["BatchIndices"]) == tuple(results["BatchPermutation"][-1])
    assert [state["ProgressFraction"] for state in told] == [0.5, 1]


# How far.


def test_lists_are_those_of_the_record_so_far() -> None:
    x, y = classes(30)
    told, results = looked(classifier(), (x, y), batch_size=8, max_training_rounds=3,
                           validation_set=(x, y))  # fmt: skip
    for number, state in enumerate(told, 1):
        for group, count in (("Batch", 4 * number), ("Round", number), ("Validation", number)):
            lists = results[f"{group}MeasurementsLists"]
            assert state[f"{group}MeasurementsLists"] == {
                name: values[:count] for name, values in lists.items()
            }


def test_the_share_that_is_done_and_the_time_that_is_left() -> None:
    told, results = looked(perceptron(), numbers(), batch_size=4, max_training_rounds=4)
    assert [state["ProgressFraction"] for state in told] == [0.25, 0.5, 0.75, 1.0]
    for state in told:
        done = state["ProgressFraction"]
        assert state["TimeRemaining"] == pytest.approx(state["TimeElapsed"] / done * (1 - done))
        assert state["MeanBatchesPerSecond"] == state["AbsoluteBatch"] / state["TimeElapsed"]
        assert state["MeanExamplesPerSecond"] == state["ExamplesProcessed"] / state["TimeElapsed"]
    assert told[-1]["TimeRemaining"] == 0
    assert results["TotalBatches"] == 12


def test_by_the_clock_and_without_an_end() -> None:
    seen: list[Any] = []

    def stop(state: Any) -> str | None:
        seen.append((state["ProgressFraction"], state["TimeRemaining"], state["TimeElapsed"]))
        return "StopTraining" if len(seen) > 3 else None

    options: dict[str, Any] = {"training_progress_function": stop}
    wl.net_train(perceptron(), numbers(), time_goal=100, **options)
    for fraction, left, elapsed in seen:
        assert fraction == elapsed / 100
        assert left == 100 - elapsed
    seen.clear()
    batch = tuple(each[:4] for each in numbers())
    wl.net_train(perceptron(), lambda state: batch, time_goal=50, batch_size=4, **options)
    assert all(fraction == elapsed / 50 for fraction, _, elapsed in seen)
    asked: list[Any] = []

    def passes(state: Any) -> Any:
        asked.append((state["ProgressFraction"], state["TimeRemaining"]))
        yield batch

    wl.net_train(perceptron(), passes, batch_size=4, max_training_rounds=2)
    # How long a round is, the first has told.
    assert asked[0] == (None, None)
    assert asked[1][0] == 0.5


def test_a_time_goal_is_that_of_a_call() -> None:
    first = wl.net_train(perceptron(), numbers(), wl.ALL, time_goal=0.15)
    second = wl.net_train(first, numbers(), wl.ALL, time_goal=0.15)
    assert second["TotalTrainingTime"] >= first["TotalTrainingTime"] + 0.15
    assert second["ReasonTrainingStopped"] == "TimeGoal"
