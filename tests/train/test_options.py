"""Options of net_train: each wrong value is an OptionError that says so, all faults of a call at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import changed, digests, numbers, perceptron

DATA = numbers(12)
QUICK: dict[str, Any] = {"max_training_rounds": 1}

WRONG: list[tuple[str, Any, str]] = [
    *(("batch_size", given, "positive integer") for given in (0, -1, 2.5, 64.0, True, "64", None, float("nan"), [1])),
    *(("max_training_rounds", given, "positive integer") for given in (0, -3, 1.5, True, "ten", None, float("inf"))),
    *(("learning_rate", given, "learning_rate") for given in (0, -0.1, float("nan"), float("inf"), True, "fast", None, 1j, [0.1])),
    *(("time_goal", given, "seconds") for given in (0, -1, float("nan"), "1 min", True)),
    *(("workers", given, "positive integer") for given in (0, -1, 1.5, True, None)),
    *(("random_seeding", given, "random_seeding") for given in (1.5, None, True, [1])),
    *(("method", given, "method") for given in ("ADAMS", 3, None, ("ADAM", {"Beta": 0.5}), ("SGD", {"Momentum": 1.5}), wl.Adam)),
    *(("working_precision", given, "Real32, Real64") for given in ("Real16", "Mixed", 32, None, np.float64)),
    *(("target_device", given, "CPU") for given in ("GPU", ("GPU", 1), None)),
    *(("training_progress_function", given, "function of one dict") for given in (3, "print")),
    *(("training_progress_reporting", given, "training_progress_reporting") for given in ("Panel", 3, True)),
    *(("training_progress_checkpointing", given, "not there yet") for given in ("net.wlnet", ("File", "x"))),
    *(("training_progress_measurements", given, "training_progress_measurements") for given in (
        "Acuracy", 3, ("Accuracy", 0), ("MeanSquare", 2), ("Accuracy", True), ["MeanSquare", "x"])),
    *(("training_stopping_criterion", given, "training_stopping_criterion") for given in (
        "Los", 3, {"Patince": 1}, {"Patience": -1}, {"Patience": 1.5}, {"Patience": True}, {"InitialPatience": -1},
        {"AbsoluteChange": -1}, {"AbsoluteChange": float("inf")}, {"RelativeChange": 0.0}, {"RelativeChange": 1.0},
        {"AbsoluteChange": 0.1, "RelativeChange": 0.1}, "ConfusionMatrix")),
    *(("validation_set", given, "0 < f < 1") for given in (wl.Scaled(0), wl.Scaled(1), wl.Scaled(-0.1), wl.Scaled(2))),
    *(("training_update_schedule", given, "list of parts") for given in (3, [], "a", None, {1: 2})),
]


@pytest.mark.parametrize(("option", "given", "word"), WRONG, ids=[f"{o}={g!r}"[:60] for o, g, _ in WRONG])
def test_a_wrong_value_is_an_option_error_that_names_its_option(option: str, given: Any, word: str) -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(perceptron(), DATA, **{**QUICK, option: given})
    assert word in str(error.value)
    assert option in str(error.value) or option in ("method",)


def test_all_faults_of_a_call_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(perceptron(), DATA, batch_size=0, learning_rate=-1, method="Adma", time_goal="soon",
                     training_stopping_criterion="Los", working_precision="Real8", random_seeding=1.5,
                     training_progress_measurements="Acuracy")
    text = str(error.value)
    for word in ("8 faults", "batch_size", "learning_rate", "did you mean 'ADAM'", "time_goal", "did you mean 'Loss'",
                 "working_precision", "random_seeding", "did you mean 'Accuracy'"):
        assert word in text


def test_an_unknown_option_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="bach_size"):
        wl.net_train(perceptron(), DATA, bach_size=3)


RIGHT: list[tuple[str, Any]] = [
    ("batch_size", np.int64(4)), ("batch_size", 10**6), ("max_training_rounds", np.int32(1)), ("learning_rate", 1),
    ("learning_rate", np.float32(0.01)), ("learning_rate", wl.AUTOMATIC), ("time_goal", 1000), ("time_goal", wl.AUTOMATIC),
    ("workers", 2), ("random_seeding", "a text"), ("random_seeding", wl.AUTOMATIC), ("random_seeding", -7),
    ("method", wl.AUTOMATIC), ("method", wl.Adam(beta1=0.5)), ("method", ("ADAM", {"Beta1": 0.95})),
    ("working_precision", wl.AUTOMATIC), ("training_progress_reporting", None), ("validation_set", wl.Scaled(0.25)),
]


@pytest.mark.parametrize(("option", "given"), RIGHT, ids=[f"{o}={g!r}" for o, g in RIGHT])
def test_right_values_are_taken(option: str, given: Any) -> None:
    assert wl.net_train(perceptron(), DATA, "TotalRounds", **{**QUICK, option: given}) == 1


@pytest.mark.parametrize("given", [None, 3, "net", [perceptron()]])
def test_what_is_no_net_is_an_option_error(given: Any) -> None:
    with pytest.raises(wl.OptionError, match="takes a net"):
        wl.net_train(given, DATA)


def test_a_learning_rate_of_the_call_wins_over_that_of_the_method() -> None:
    method = ("ADAM", {"LearningRate": 0.5})
    assert wl.net_train(perceptron(), DATA, "InitialLearningRate", method=method, **QUICK) == 0.5
    assert wl.net_train(perceptron(), DATA, "InitialLearningRate", method=method, learning_rate=0.25, **QUICK) == 0.25
    assert wl.net_train(perceptron(), DATA, "InitialLearningRate", **QUICK) == 0.001


# Batches and rounds.


@pytest.mark.parametrize(("examples", "given", "used", "batches"), [
    (12, wl.AUTOMATIC, 12, 1), (64, wl.AUTOMATIC, 64, 1), (100, wl.AUTOMATIC, 64, 2), (12, 5, 5, 3), (12, 100, 12, 1), (1, wl.AUTOMATIC, 1, 1)])
def test_a_batch_is_64_examples_or_all_there_are(examples: int, given: Any, used: int, batches: int) -> None:
    found = wl.net_train(perceptron(), numbers(examples), ["BatchSize", "BatchesPerRound", "ExamplesProcessed"], batch_size=given, **QUICK)
    assert found == [used, batches, examples]


@pytest.mark.parametrize(("batches", "rounds"), [(1, 10000), (2, 5000), (3, 3334), (999, 11), (1000, 10), (5000, 10)])
def test_automatic_rounds_make_about_ten_thousand_updates(batches: int, rounds: int) -> None:
    from wlnet.train.options import automatic_rounds

    assert automatic_rounds(batches) == rounds


def test_automatic_rounds_are_used() -> None:
    # 2500 batches a round: the clamp from below, then a stop by hand.
    seen = []

    def stop(state: Any) -> str:
        seen.append(state["LearningRate"])
        return "StopTraining"

    net = wl.net_initialize(wl.NetChain([1], input=1))
    column = np.ones((2500, 1), np.float32)
    wl.net_train(net, (column, column), batch_size=1, training_progress_function=stop,
                 method=("SGD", {"LearningRateSchedule": lambda t, total: 1 if total == 25000 else 1 / 0}))
    assert seen == [0.01]


def watched_batches(examples: int, size: int, rounds: int, **options: Any) -> list[list[int]]:
    """The examples of every batch, told by what they are: example k is the one whose input is k."""
    from wlnet.train.sources import ArraySource

    source = ArraySource({"Input": np.arange(examples)}, size, options.get("seed", 1234))
    return [[batch["Input"].tolist() for batch, _ in source.round(number, dict)] for number in range(1, rounds + 1)]  # type: ignore[misc]


@pytest.mark.parametrize(("examples", "size"), [(12, 5), (12, 12), (7, 2), (1, 1), (65, 64)])
def test_every_round_uses_every_example_once_and_only_the_last_batch_is_smaller(examples: int, size: int) -> None:
    for batches in watched_batches(examples, size, 3):
        assert sorted(sum(batches, [])) == list(range(examples))  # type: ignore[arg-type]
        assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1)
        assert 1 <= len(batches[-1]) <= size


def test_every_round_is_shuffled_anew_and_by_the_seed() -> None:
    rounds = watched_batches(30, 10, 4)
    assert len({str(batches) for batches in rounds}) == 4
    assert rounds == watched_batches(30, 10, 4)
    assert rounds != watched_batches(30, 10, 4, seed=1)
    assert {frozenset(batch) for batch in rounds[0]} != {frozenset(batch) for batch in rounds[1]}  # type: ignore[arg-type]


def test_the_clock_ends_a_training() -> None:
    reason, seconds, rounds = wl.net_train(
        perceptron(), DATA, ["ReasonTrainingStopped", "TotalTrainingTime", "TotalRounds"], time_goal=0.2)
    assert reason == "TimeGoal"
    assert 0.2 <= seconds < 5
    assert 0 < rounds < 10000


def test_a_round_that_the_clock_cuts_short_is_not_counted() -> None:
    net = perceptron()
    results = wl.net_train(net, DATA, wl.ALL, batch_size=1, time_goal=1e-9, validation_set=numbers(5, seed=1))
    assert results["ReasonTrainingStopped"] == "TimeGoal"
    assert results[["TotalRounds", "RoundLossList", "RoundPositions", "RoundLoss"]] == [0, [], [], None]
    assert results[["TotalBatches", "ExamplesProcessed"]] == [1, 1]
    # What it reached is still judged.
    assert results["ValidationPositions"] == [1]
    assert changed(net, results["TrainedNet"]) == digests(net).keys()


def test_rounds_may_end_before_the_clock() -> None:
    assert wl.net_train(perceptron(), DATA, "ReasonTrainingStopped", time_goal=1000, **QUICK) == "MaxTrainingRounds"


# Nothing to train.


NOTHING = {"by rules": ({wl.ANY: None}, "every array is frozen"), "by a number": (0, "every array is frozen"), "by None": (None, "every array is frozen")}


@pytest.mark.parametrize("case", NOTHING)
def test_with_everything_frozen_the_net_comes_back_with_a_warning(case: str) -> None:
    rules, why = NOTHING[case]
    net = perceptron()
    with pytest.warns(wl.TrainingWarning, match=why):
        assert wl.net_train(net, DATA, learning_rate_multipliers=rules) == net
    with pytest.warns(wl.TrainingWarning, match=why):
        assert wl.net_train(net, DATA, ["TrainedNet"], learning_rate_multipliers=rules) == [net]
    for prop in ("RoundLoss", wl.ALL, ["TrainedNet", "RoundLoss"], "ArraysLearningRateMultipliers"):
        with pytest.raises(wl.NothingToTrainError, match=why):
            wl.net_train(net, DATA, prop, learning_rate_multipliers=rules)


def test_a_net_without_arrays_comes_back_with_a_warning() -> None:
    net = wl.NetChain(["Tanh"], input=3)
    with pytest.warns(wl.TrainingWarning, match="no arrays"):
        assert wl.net_train(net, (DATA[0], DATA[0])) == net
    with pytest.raises(wl.NothingToTrainError, match="no arrays"):
        wl.net_train(net, (DATA[0], DATA[0]), "RoundLoss")


def test_a_net_that_is_frozen_altogether_gets_its_first_numbers_all_the_same() -> None:
    net = wl.NetChain([4, 2], input=3)
    with pytest.warns(wl.TrainingWarning, match="nothing to train"):
        assert wl.net_train(net, DATA, learning_rate_multipliers=0) == wl.net_initialize(net)


# Update schedules.


def moved_at(net: Any, schedule: Any, steps: int, **options: Any) -> list[set[Any]]:
    """The arrays that move at each step."""
    nets = [net]
    wl.net_train(net, DATA, batch_size=12, max_training_rounds=steps, training_update_schedule=schedule,
                 training_progress_function=lambda state: nets.append(state["Net"]), **options)
    return [changed(old, new) for old, new in zip(nets, nets[1:], strict=False)]


FIRST, LAST = {(1, "Weights"), (1, "Biases")}, {(3, "Weights"), (3, "Biases")}
NOW: dict[str, tuple[Any, list[set[Any]]]] = {
    "automatic": (wl.AUTOMATIC, [FIRST | LAST] * 4),
    "one after the other": ([1, 3], [FIRST, LAST, FIRST, LAST]),
    "several steps each": ([(1, 2), 3], [FIRST, FIRST, LAST, FIRST]),
    "a path, not steps": ([(3, "Biases"), 1], [{(3, "Biases")}, FIRST, {(3, "Biases")}, FIRST]),
    "a path and steps": ([((3, "Biases"), 2), 1], [{(3, "Biases")}, {(3, "Biases")}, FIRST, {(3, "Biases")}]),
    "alternatives and all": ([wl.Alternatives(1, 3), wl.ANY], [FIRST | LAST] * 4),
    "a span": ([wl.Span(1, 2), wl.Span(3)], [FIRST, LAST, FIRST, LAST]),
    "the last": ([-1], [LAST] * 4),
}


@pytest.mark.parametrize("case", NOW)
@pytest.mark.parametrize("method", ["ADAM", "SGD"])
def test_each_step_moves_its_group_and_nothing_else(case: str, method: str) -> None:
    schedule, groups = NOW[case]
    assert moved_at(perceptron(), schedule, 4, method=method) == groups


def test_a_group_moves_no_frozen_array() -> None:
    assert moved_at(perceptron(), [1, 3], 2, learning_rate_multipliers={(1, "Weights"): 0}) == [{(1, "Biases")}, LAST]


def test_statistics_move_with_their_group() -> None:
    net = wl.net_initialize(wl.NetChain([4, wl.BatchNormalizationLayer(), 2], input=3))
    norm = {(2, name) for name in ("Scaling", "Biases", "MovingMean", "MovingVariance")}
    assert moved_at(net, [1, 2], 4) == [FIRST, norm, FIRST, norm]


def test_optimizer_state_rests_while_its_array_does() -> None:
    # A first step from zero state is the same whenever it comes: with the other array frozen in between.
    net = perceptron()
    options: dict[str, Any] = {"batch_size": 12, "learning_rate_multipliers": {1: 0}, "working_precision": "Real64"}
    at_once = wl.net_train(net, DATA, max_training_rounds=1, training_update_schedule=[3, 1], **options)
    later = wl.net_train(net, DATA, max_training_rounds=2, training_update_schedule=[1, 3], **options)
    for key in LAST:
        np.testing.assert_allclose(wl.net_extract(later, key), wl.net_extract(at_once, key), rtol=1e-9)


def test_a_shared_array_has_one_schedule_for_all_its_places() -> None:
    shared = wl.NetSharedArray("w")
    net = wl.net_initialize(wl.NetChain([wl.LinearLayer(3, weights=shared), wl.LinearLayer(3, weights=shared), 2], input=3))
    assert moved_at(net, [2, 3], 2) == [{shared, (2, "Biases")}, {(3, "Weights"), (3, "Biases")}]
    assert moved_at(net, [shared, 1], 2) == [{shared}, {shared, (1, "Biases")}]


def test_parts_of_a_schedule_that_are_not_there_are_told_all_at_once() -> None:
    with pytest.raises(wl.RuleError) as error:
        wl.net_train(perceptron(), DATA, training_update_schedule=[1, 7, ("encoder", 3), (3, "Bises")])
    for word in ("TrainingUpdateSchedule", "7", "encoder", "Biases"):
        assert word in str(error.value)
