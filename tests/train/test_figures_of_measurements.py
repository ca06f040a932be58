"""How exact measurements are, and what they keep: references in exact fractions, and memory."""

from __future__ import annotations

import itertools
import math
import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classes, numbers
from wlnet.train.measurements import named

# References: nothing is rounded before the end.


def exact(column: Any) -> list[Fraction]:
    return [Fraction(float(value)) for value in column]


def unexplained(y: list[Fraction], t: list[Fraction]) -> Fraction:
    middle = sum(t) / len(t)
    missed = sum((a - b) ** 2 for a, b in zip(y, t, strict=True))
    spread = sum((b - middle) ** 2 for b in t)
    return missed / spread if spread else Fraction(int(missed > 0))


def mean(numbers: Any) -> Fraction:
    found = list(numbers)
    return sum(found, Fraction(0)) / len(found)


def missed(y: list[Fraction], t: list[Fraction]) -> list[Fraction]:
    return [a - b for a, b in zip(y, t, strict=True)]


OF_ONE_OUTPUT: dict[str, Any] = {
    "FractionVarianceUnexplained": unexplained,
    "RSquared": lambda y, t: 1 - unexplained(y, t),
    "MeanDeviation": lambda y, t: mean(map(abs, missed(y, t))),
    "MeanSquare": lambda y, t: mean(d * d for d in missed(y, t)),
    "StandardDeviation": lambda y, t: math.sqrt(mean(d * d for d in missed(y, t))),
}


def reference(name: str, outputs: Any, targets: Any) -> float:
    columns = zip(outputs.T, targets.T, strict=True)
    return float(np.mean([float(OF_ONE_OUTPUT[name](exact(y), exact(t))) for y, t in columns]))


def in_batches(name: str, outputs: Any, targets: Any, cuts: Any) -> float:
    """Measured in batches cut at these places."""
    of = named(name)
    ends = [0, *sorted(set(cuts)), len(targets)]
    tallies = [of.tally(outputs[a:b], targets[a:b], "Square") for a, b in itertools.pairwise(ends)]
    total = tallies[0]
    for tally in tallies[1:]:
        total = total + tally
    return float(of.value(total))


@settings(max_examples=40)
@given(
    seed=st.integers(0, 999),
    mean=st.sampled_from([0.0, 1.0, -1e5, 1e6, 1.7e9, 1e12]),
    spread=st.sampled_from([1e-3, 1.0, 1e3]),
    cuts=st.lists(st.integers(1, 29), max_size=4),
    dtype=st.sampled_from([np.float32, np.float64]),
)
@example(seed=0, mean=1.7e9, spread=1e-3, cuts=[1], dtype=np.float64)
@pytest.mark.parametrize("name", OF_ONE_OUTPUT)
def test_far_from_zero_and_however_batches_are_cut_a_measurement_keeps_its_figures(
    name: str, seed: int, mean: float, spread: float, cuts: list[int], dtype: Any
) -> None:
    rng = np.random.default_rng(seed)
    targets = (mean + spread * rng.standard_normal((30, 2))).astype(dtype)
    outputs = (targets + 0.1 * spread * rng.standard_normal((30, 2))).astype(dtype)
    wanted = reference(name, outputs, targets)
    assert in_batches(name, outputs, targets, cuts) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_every_output_counts_by_itself_however_far_apart_they_are() -> None:
    rng = np.random.default_rng(0)
    y = rng.standard_normal((500, 2)) + np.array([0, 100])
    # It knows the mean of each output, and nothing else.
    net = wl.NetChain([wl.LinearLayer(2, weights=np.zeros((2, 3)), biases=y.mean(0))])
    data = rng.standard_normal((500, 3)), y
    r, unexplained = wl.net_measurements(net, data, ["RSquared", "FractionVarianceUnexplained"])
    assert r == pytest.approx(0, abs=1e-9)
    assert unexplained == pytest.approx(1, abs=1e-9)


def test_targets_that_never_vary_leave_everything_or_nothing_unexplained() -> None:
    same = np.full((4, 1), 0.1)
    assert in_batches("RSquared", same + 1, same, [2]) == 0.0
    assert in_batches("RSquared", same, same, [2]) == 1.0
    assert in_batches("FractionVarianceUnexplained", same + 1, same, [1, 3]) == 1.0
    half = np.c_[same, np.arange(4.0)]
    assert in_batches("RSquared", half + np.array([1, 0]), half, [2]) == 0.5


@pytest.mark.parametrize("cuts", [[], [1], [1, 2, 3, 4]])
def test_a_batch_of_one_example_is_added_like_any_other(cuts: list[int]) -> None:
    _, y = numbers(5)
    assert in_batches("RSquared", y + 0.1, y, cuts) == pytest.approx(
        reference("RSquared", y + 0.1, y), rel=1e-6
    )


# Classes: products of counts are exact, however many decisions there are.


def agreement(name: str, table: list[list[int]]) -> Fraction | float:
    n = sum(map(sum, table))
    true = [sum(row) for row in table]
    predicted = [sum(row[j] for row in table) for j in range(len(table))]
    right = sum(table[i][i] for i in range(len(table)))
    chance = sum(a * b for a, b in zip(true, predicted, strict=True))
    if name == "CohenKappa":
        return Fraction(right * n - chance, n * n - chance)
    within = (n * n - sum(a * a for a in true)) * (n * n - sum(b * b for b in predicted))
    return (right * n - chance) / math.sqrt(within)


@pytest.mark.parametrize("name", ["CohenKappa", "MatthewsCorrelationCoefficient"])
@pytest.mark.parametrize(
    "table",
    [
        [[10**6, 3], [2, 1]],
        [[10**9, 3], [2, 1]],
        [[3 * 10**9, 7, 0], [5, 2, 1], [0, 1, 10**9]],
        [[10**12, 1], [1, 1]],
    ],
)
def test_agreement_is_exact_for_rare_classes_among_many_decisions(name: str, table: Any) -> None:
    counts = np.array(table)
    tally = np.concatenate([counts.diagonal(), counts.sum(1), counts.sum(0), [0]])
    assert named(name).value(tally) == pytest.approx(float(agreement(name, table)), rel=1e-14)


@settings(max_examples=40)
@given(
    size=st.integers(2, 40),
    batches=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    seed=st.integers(0, 99),
)
def test_tables_of_batches_add_up_to_the_table_of_all(
    size: int, batches: list[int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    of, total, table = named("ConfusionMatrix"), None, np.zeros((size, size), int)
    for count in batches:
        predicted, true = rng.integers(0, size, (2, count))
        np.add.at(table, (true, predicted), 1)
        tally = of.tally(np.eye(size)[predicted], true + 1, "Index")
        total = tally if total is None else total + tally
    np.testing.assert_array_equal(of.value(total), table)


# Memory.


def kept_bytes(call: Any) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def many_classes(k: int) -> Any:
    net = wl.NetChain([wl.LinearLayer(k), wl.SoftmaxLayer()], input=4)
    return wl.net_initialize(net), classes(1600, count=k)


@pytest.mark.parametrize(
    "name", ["F1Score", "Precision", "BalancedAccuracy", "CohenKappa", "ConfusionMatrix"]
)
def test_a_table_of_classes_is_kept_once_and_not_for_every_batch(name: str) -> None:
    net, (x, y) = many_classes(400)
    table = 400 * 400 * 8

    def judge(measured: str) -> Any:
        return lambda: wl.net_measurements(net, (x, y + 1), measured)

    judge(name)()
    # 25 batches.
    assert kept_bytes(judge(name)) < kept_bytes(judge("ErrorRate")) + 3 * table


@pytest.mark.parametrize("name", ["F1Score", "ConfusionMatrix"])
def test_nor_does_a_training_keep_one_for_every_batch(name: str) -> None:
    net, (x, y) = many_classes(400)
    table = 400 * 400 * 8

    def train(measured: str) -> Any:
        return lambda: wl.net_train(
            net,
            (x, y + 1),
            wl.ALL,
            batch_size=32,
            max_training_rounds=1,
            training_progress_measurements=measured,
        )

    results = train(name)()
    assert kept_bytes(train(name)) < kept_bytes(train("ErrorRate")) + 3 * table
    values = results["BatchMeasurementsLists"][name]
    assert len(values) == 50
    if name == "ConfusionMatrix":
        assert sum(values).tolist() == results["RoundMeasurements"][name].tolist()
