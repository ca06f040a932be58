"""Validation: which examples are held out, what is measured on them, and which net is the best."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classes, classifier, digests, numbers, perceptron
from wlnet.train.sources import ArraySource

HELD = numbers(9, seed=4)


def test_validation_losses_are_those_of_the_net_after_each_round() -> None:
    nets: list[Any] = []
    results = wl.net_train(
        perceptron(),
        numbers(12),
        wl.ALL,
        validation_set=HELD,
        max_training_rounds=4,
        batch_size=5,
        learning_rate=0.05,
        training_progress_function=lambda state: nets.append(state["Net"]),
    )
    x, y = HELD
    np.testing.assert_allclose(
        results["ValidationLossList"], [((net(x) - y) ** 2).mean() for net in nets], rtol=1e-5
    )
    assert results["ValidationPositions"] == [3, 6, 9, 12]
    assert results["ValidationExamples"] == 9
    assert results["TrainingExamples"] == 12


@pytest.mark.parametrize(
    ("count", "fraction", "held"),
    [(12, 0.25, 3), (12, 0.1, 1), (100, 0.1, 10), (5, 0.5, 2), (10, 0.92, 9), (2, 0.5, 1)],
)
def test_scaled_holds_a_rounded_share_of_the_examples_out(
    count: int, fraction: float, held: int
) -> None:
    found = wl.net_train(
        perceptron(),
        numbers(count),
        ["ValidationExamples", "TrainingExamples", "ExamplesProcessed"],
        validation_set=wl.Scaled(fraction),
        max_training_rounds=1,
    )
    assert found == [held, count - held, count - held]


@pytest.mark.parametrize(("count", "fraction"), [(4, 0.1), (1, 0.5), (3, 0.9)])
def test_a_share_that_leaves_none_on_one_side_is_an_error(count: int, fraction: float) -> None:
    with pytest.raises(wl.DataError, match=r"validation_set[^$]*Scaled"):
        wl.net_train(perceptron(), numbers(count), validation_set=wl.Scaled(fraction))


def test_the_held_out_examples_are_never_trained_on_and_drawn_by_the_seed() -> None:
    source = ArraySource({"Input": np.arange(40)}, 8, 1234, np.arange(1, 41))
    training, held = source.split(0.25)
    assert sorted([*training.columns["Input"], *held.columns["Input"]]) == list(range(40))
    assert len(held.columns["Input"]) == 10
    again = source.split(0.25)[1].columns["Input"]
    other = replace(source, seed=1).split(0.25)[1].columns["Input"]
    assert held.columns["Input"].tolist() == again.tolist() != other.tolist()
    assert held.columns["Input"].tolist() != list(range(30, 40)), "the examples are shuffled first"


def held_out(x: Any, y: Any, fraction: float = 0.25, net: Any = None, **options: Any) -> Any:
    found = wl.net_train(
        net or classifier(),
        (x, y),
        wl.ALL,
        validation_set=wl.Scaled(fraction),
        **{"max_training_rounds": 1, "batch_size": 8, **options},
    )
    return found["ValidationExampleNumbers"], found["BatchPermutation"]


def test_results_number_examples_as_the_data_do() -> None:
    x = np.arange(1, 11.0)[:, None]
    net = wl.LinearLayer(1, weights=[[1.0]], biases=None, input=1)
    results = wl.net_train(
        net,
        (x, 0 * x),
        wl.ALL,
        validation_set=wl.Scaled(0.3),
        batch_size=1,
        max_training_rounds=1,
        learning_rate=1e-30,
        working_precision="Real64",
    )
    used = [example for batch in results["BatchPermutation"] for example in batch]
    assert used == [round(loss**0.5) for loss in results["BatchLossList"]]
    held = results["ValidationExampleNumbers"]
    assert sorted([*used, *held]) == list(range(1, 11))
    assert results["ValidationLoss"] == pytest.approx(np.mean(np.square(held)))
    plain = wl.net_train(net, (x, 0 * x), wl.ALL, max_training_rounds=1)
    assert plain["ValidationExampleNumbers"] is None
    others = wl.net_train(net, (x, x), wl.ALL, max_training_rounds=1, validation_set=(x, x))
    assert others["ValidationExampleNumbers"] is None


def test_what_is_held_out_does_not_depend_on_anything_else() -> None:
    x, y = classes(60)
    held, _ = held_out(x, y)
    assert held == held_out(-2 * x, y, batch_size=5, max_training_rounds=3)[0]
    assert held == held_out(x, y, net=wl.NetChain([3, wl.SoftmaxLayer()], input=4), workers=1)[0]
    assert held == held_out(x, y, method="SGD", working_precision="Real64")[0]
    drawing = wl.NetChain([wl.DropoutLayer(), 3, wl.SoftmaxLayer()], input=4)
    assert held == held_out(x, y, net=drawing, learning_rate_multipliers={(2, "Biases"): 0})[0]
    assert set(held) < set(held_out(x, y, 0.5)[0]), "a larger share holds out these and more"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
    st.integers(0, 10),
)
def test_each_class_gives_its_share(kinds: list[int], fraction: float, seed: int) -> None:
    count = len(kinds)
    column = np.array(kinds)
    source = ArraySource({"Target": column}, 8, seed, np.arange(1, count + 1))
    if not 0 < round(fraction * count) < count:
        return
    training, held = source.split(fraction, [column])
    assert held.examples == round(fraction * count)
    assert sorted([*training.numbers, *held.numbers]) == list(range(1, count + 1))
    assert (column[held.numbers - 1] == held.columns["Target"]).all()
    for kind in set(kinds):
        share = kinds.count(kind) * held.examples / count
        assert abs((held.columns["Target"] == kind).sum() - share) < 1


def test_targets_that_are_classes_are_held_out_by_shares() -> None:
    x, _ = classes(60)
    y = np.where(np.arange(60) < 54, "often", "seldom")
    held, _ = held_out(x, y, 1 / 3, classifier(count=2))
    assert sum(number > 54 for number in held) == 2
    truth = [bool(n % 10) for n in range(60)]
    binary = wl.NetChain([(), "LogisticSigmoid"], input=4)
    assert sum(not truth[n - 1] for n in held_out(x, truth, 1 / 3, binary)[0]) == 2


def spoiling(target: int) -> Any:
    """A schedule that improves the net up to a step and ruins it afterwards."""
    return lambda t, total: 1.0 if t < target else 40.0


def test_the_net_returned_is_that_of_the_best_validation() -> None:
    nets: list[Any] = []
    results = wl.net_train(
        perceptron(),
        numbers(12),
        wl.ALL,
        validation_set=numbers(12),
        batch_size=12,
        max_training_rounds=8,
        learning_rate=0.02,
        method=("SGD", {"LearningRateSchedule": spoiling(4)}),
        training_progress_function=lambda s: nets.append(s["Net"]),
    )
    losses = results["ValidationLossList"]
    assert 1 < results["BestValidationRound"] < 8
    assert results["BestValidationRound"] == int(np.argmin(losses)) + 1
    assert results["ValidationLoss"] == min(losses)
    assert results["TrainedNet"] == nets[results["BestValidationRound"] - 1]
    assert digests(results["TrainedNet"]) != digests(nets[-1])


def test_statistics_come_back_with_the_best_net() -> None:
    net = wl.net_initialize(wl.NetChain([4, wl.BatchNormalizationLayer(), "Tanh", 2], input=3))
    nets: list[Any] = []
    results = wl.net_train(
        net,
        numbers(12),
        wl.ALL,
        validation_set=numbers(12),
        batch_size=12,
        max_training_rounds=8,
        learning_rate=0.05,
        method=("SGD", {"LearningRateSchedule": spoiling(4)}),
        training_progress_function=lambda s: nets.append(s["Net"]),
    )
    assert results["BestValidationRound"] < 8
    assert results["TrainedNet"] == nets[results["BestValidationRound"] - 1]


def test_without_a_validation_set_the_last_net_is_returned() -> None:
    nets: list[Any] = []
    results = wl.net_train(
        perceptron(),
        numbers(12),
        wl.ALL,
        batch_size=12,
        max_training_rounds=8,
        learning_rate=0.02,
        method=("SGD", {"LearningRateSchedule": spoiling(4)}),
        training_progress_function=lambda s: nets.append(s["Net"]),
    )
    assert results["TrainedNet"] == nets[-1]
    assert results[
        [
            "BestValidationRound",
            "ValidationLoss",
            "ValidationLossList",
            "ValidationPositions",
            "ValidationMeasurements",
            "ValidationExamples",
        ]
    ] == [None, None, [], [], {}, None]


class Validated:
    """A trainer whose validations are written down beforehand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, found: list[dict[str, float]]) -> None:
        from wlnet.train.history import Tallies
        from wlnet.train.programs import Programs

        rows = iter(found)

        def fake(this: Any, source: Any) -> Any:
            tallies = Tallies()
            for name, value in next(rows).items():
                tallies.add(name, np.array([[value, 1.0]]))
            return tallies

        monkeypatch.setattr(Programs, "test", fake)


def best_round(
    monkeypatch: pytest.MonkeyPatch, found: list[dict[str, float]], **options: Any
) -> Any:
    Validated(monkeypatch, found)
    return wl.net_train(
        classifier(),
        classes(12),
        "BestValidationRound",
        validation_set=classes(3),
        max_training_rounds=len(found),
        **options,
    )


NAN = float("nan")
JUDGED: dict[str, tuple[list[tuple[float, float]], int]] = {
    "the lowest error rate": ([(0.5, 0.1), (0.2, 0.9), (0.3, 0.0)], 2),
    "among equal ones the lowest loss": ([(0.2, 0.9), (0.2, 0.4), (0.2, 0.6)], 2),
    "among equal ones the first": ([(0.2, 0.4), (0.2, 0.4)], 1),
    "what is no number is worst": ([(NAN, 0.1), (0.5, 0.3), (0.5, NAN)], 2),
}


@pytest.mark.parametrize("case", JUDGED)
def test_the_best_net_has_the_lowest_error_rate_then_the_lowest_loss(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, best = JUDGED[case]
    assert (
        best_round(monkeypatch, [{"Loss": loss, "ErrorRate": rate} for rate, loss in rows]) == best
    )


def test_a_stopping_criterion_decides_which_net_is_best(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"Loss": 0.5, "Accuracy": 0.2},
        {"Loss": 0.9, "Accuracy": 0.7},
        {"Loss": 0.1, "Accuracy": 0.6},
    ]
    criterion = {"Criterion": "Accuracy", "Patience": 9}
    assert (
        best_round(
            monkeypatch,
            rows,
            training_progress_measurements="Accuracy",
            training_stopping_criterion=criterion,
        )
        == 2
    )


def test_error_rates_are_measured_by_themselves_for_cross_entropy() -> None:
    x, y = classes(30)
    results = wl.net_train(
        classifier(),
        (x, y),
        wl.ALL,
        validation_set=(x[:9], y[:9]),
        max_training_rounds=5,
        learning_rate=0.1,
    )
    assert results["RoundMeasurementsLists"].keys() == {"ErrorRate"}
    assert len(results["RoundMeasurementsLists"]["ErrorRate"]) == 5
    assert len(results["ValidationMeasurementsLists"]["ErrorRate"]) == 5
    assert len(results["BatchMeasurementsLists"]["ErrorRate"]) == 5
    best = results["TrainedNet"]
    assert results["ValidationMeasurements"]["ErrorRate"] == np.mean(
        [a != b for a, b in zip(best(x[:9]), y[:9], strict=True)]
    )
    assert wl.net_train(perceptron(), numbers(12), "RoundMeasurements", max_training_rounds=1) == {}


def test_dropout_is_off_in_validation() -> None:
    net = wl.net_initialize(wl.NetChain([4, wl.DropoutLayer(0.9), 2], input=3))
    x, y = HELD
    results = wl.net_train(net, numbers(12), wl.ALL, validation_set=HELD, max_training_rounds=1)
    assert results["ValidationLoss"] == pytest.approx(
        ((results["TrainedNet"](x) - y) ** 2).mean(), rel=1e-5
    )


def test_validation_changes_nothing_in_the_training() -> None:
    plain = wl.net_train(
        perceptron(), numbers(12), "BatchLossList", max_training_rounds=3, batch_size=5
    )
    assert (
        wl.net_train(
            perceptron(),
            numbers(12),
            "BatchLossList",
            max_training_rounds=3,
            batch_size=5,
            validation_set=HELD,
        )
        == plain
    )


def test_a_bare_share_as_a_validation_set_is_an_error_with_its_repair() -> None:
    with pytest.raises(wl.OptionError, match=r"fix: *Scaled\(0\.25\)"):
        wl.net_train(perceptron(), numbers(12), validation_set=0.25)
