"""Weights of examples: what an example counts is how often it is there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron
from tests.weighted_kinds import (
    BITS,
    KINDS,
    LABELS,
    ONCE,
    Kind,
    N,
    X,
    Y,
    assert_alike,
    softmax,
    trained,
)

every_kind = pytest.mark.parametrize("kind", KINDS)


# What an example counts


@every_kind
@settings(max_examples=4, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=N, max_size=N).filter(any))
def test_a_weight_is_how_often_an_example_is_there(kind: str, weights: list[int]) -> None:
    """0 leaves it out, 2 is the same as twice: the sum is divided by as many as are given."""
    rows = np.repeat(np.arange(N), weights)
    weighted = trained(KINDS[kind], example_weights=weights)
    repeated = trained(KINDS[kind], rows, learning_rate=0.1 * len(rows) / N)
    assert_alike(weighted, repeated, len(rows) / N)


@every_kind
def test_weights_of_1_are_none(kind: str) -> None:
    one, none = trained(KINDS[kind], example_weights=np.ones(N)), trained(KINDS[kind])
    assert_alike(one, none)
    assert one["BatchMeasurementsLists"].keys() == none["BatchMeasurementsLists"].keys()


def test_a_scaled_port_is_told_by_the_same_names_with_weights_as_without() -> None:
    own = KINDS["a loss of its own"]
    for loss, of in (("Output", KINDS["a port minimised"]), ("Loss", own)):
        kind = Kind(of.net, (loss, wl.Scaled(3)), of.data)
        one, none = trained(kind, example_weights=np.ones(N)), trained(kind)
        assert_alike(one, none)
        assert one["BatchMeasurementsLists"].keys() == none["BatchMeasurementsLists"].keys()


def test_what_is_drawn_at_random_is_drawn_as_without_weights() -> None:
    loss = wl.NetGraph(
        {"drop": wl.DropoutLayer(), "net": 2, "loss": wl.MeanSquaredLossLayer()},
        [
            ("drop", "net"),
            ("net", wl.NetPort("loss", "Input")),
            (wl.NetPort("Goal"), wl.NetPort("loss", "Target")),
        ],
        input=3,
    )
    for net, data in (
        (loss, {"Input": X, "Goal": Y}),
        (wl.NetChain([wl.DropoutLayer(), 2], input=3), {"Input": X, "Output": Y}),
    ):
        kind = Kind(net, wl.AUTOMATIC, data)
        assert_alike(trained(kind, example_weights=np.ones(N)), trained(kind))


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.floats(0, 5), min_size=N, max_size=N).filter(any),
    st.integers(1, N),
)
def test_the_loss_of_a_batch_is_divided_by_the_number_of_its_examples(
    weights: list[float], size: int
) -> None:
    """As Keras does; scikit-learn divides by the sum of the weights."""
    net = wl.net_initialize(perceptron())
    results = wl.net_train(
        net,
        (X, Y),
        wl.ALL,
        example_weights=weights,
        **{**ONCE, "batch_size": size, "max_training_rounds": 1, "learning_rate": 1e-12},
    )
    lost = ((net(X, working_precision="Real64") - Y) ** 2).mean(axis=1) * weights
    batches = [np.array(batch) - 1 for batch in results["BatchPermutation"]]
    expected = [lost[batch].sum() / len(batch) for batch in batches]
    np.testing.assert_allclose(results["BatchLossList"], expected, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(results["RoundLoss"], lost.sum() / N, rtol=1e-6, atol=1e-12)


FORMS: dict[str, Callable[[Any], Any]] = {
    "columns": lambda w: {"Input": X, "Output": Y, "w": w},
    "a list of dicts": lambda w: [
        {"Input": a, "Output": b, "w": c} for a, b, c in zip(X, Y, w, strict=True)
    ],
    "a pair of dicts": lambda w: ({"Input": X, "w": w}, {"Output": Y}),
    "pairs with dicts": lambda w: [
        ({"Input": a, "w": c}, b) for a, b, c in zip(X, Y, w, strict=True)
    ],
    "an array with fields": lambda w: np.array(
        [(a, b, c) for a, b, c in zip(X, Y, w, strict=True)],
        [("Input", "f4", 3), ("Output", "f4", 2), ("w", "f8")],
    ),
    "a function": lambda w: lambda: {"Input": X, "Output": Y, "w": w},
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("form", FORMS)
def test_weights_are_a_column_of_the_data_or_one_by_itself(form: str) -> None:
    weights = np.linspace(0, 2, N)
    options = {**ONCE, "batch_size": N, "max_training_rounds": 1, "learning_rate": 0.1}
    net = perceptron()
    by_itself = wl.net_train(net, (X, Y), wl.ALL, example_weights=list(weights), **options)
    named = wl.net_train(net, FORMS[form](weights), wl.ALL, example_weights="w", **options)
    assert_alike(named, by_itself)


def test_rows_of_any_source_of_numbers_weigh() -> None:
    plain = trained(KINDS["squares"], example_weights=np.arange(N))
    for weights in (range(N), [*map(str, range(N))], iter(range(N)), np.arange(N, dtype=">u2")):
        if isinstance(weights, list):
            with pytest.raises(wl.DataError, match="not numbers"):
                trained(KINDS["squares"], example_weights=weights)
        else:
            assert_alike(trained(KINDS["squares"], example_weights=weights), plain)
    assert_alike(
        trained(KINDS["squares"], example_weights=BITS),
        trained(KINDS["squares"], example_weights=1.0 * BITS),
    )


def test_the_bits_are_the_same_for_any_workers_and_what_is_kept_of_frozen_layers() -> None:
    x, y = classes(200)
    net = wl.net_initialize(classifier())
    options = {"class_weights": {0: 3}, "example_weights": np.linspace(0, 1, 200)}
    nets = [
        wl.net_train(
            net,
            (x, y),
            learning_rate_multipliers={1: 0},
            max_training_rounds=3,
            validation_set=wl.Scaled(0.2),
            **options,
            **more,
        )
        for more in ({}, {"workers": 1}, {"workers": 2}, {"frozen_prefix_bytes": 0})
    ]
    assert all(other == nets[0] for other in nets[1:])


# Validation


def test_weights_of_examples_go_with_them_where_they_are_held_out() -> None:
    x, y = numbers(20)
    weights = np.linspace(0, 3, 20)
    results = wl.net_train(
        perceptron(),
        (x, y),
        wl.ALL,
        example_weights=weights,
        validation_set=wl.Scaled(0.25),
        **ONCE,
    )
    held = np.array(results["ValidationExampleNumbers"]) - 1
    net = results["TrainedNet"]
    lost = ((net(x[held], working_precision="Real64") - y[held]) ** 2).mean(axis=1) * weights[held]
    assert min(results["ValidationLossList"]) == pytest.approx(lost.mean(), rel=1e-5)


@pytest.mark.parametrize("brings", [True, False])
def test_a_validation_set_is_weighted_where_it_has_the_column(brings: bool) -> None:
    x, y = numbers(10, seed=3)
    weights = np.linspace(0, 3, 10)
    held = {"Input": x, "Output": y, **({"w": weights} if brings else {})}
    data = {"Input": X, "Output": Y, "w": np.linspace(0, 2, N)}
    results = wl.net_train(
        perceptron(), data, wl.ALL, example_weights="w", validation_set=held, **ONCE
    )
    net = results["TrainedNet"]
    lost = ((net(x, working_precision="Real64") - y) ** 2).mean(axis=1)
    expected = (lost * (weights if brings else 1)).mean()
    assert min(results["ValidationLossList"]) == pytest.approx(expected, rel=1e-5)


def test_classes_count_alike_in_validation() -> None:
    net = wl.net_initialize(softmax)
    results = wl.net_train(
        net, (X, LABELS), wl.ALL, class_weights={0: 9}, validation_set=(X, LABELS), **ONCE
    )
    chances = results["TrainedNet"](X, "Probabilities", working_precision="Real64")
    lost = [-math.log(row[label]) for row, label in zip(chances, LABELS, strict=True)]
    assert min(results["ValidationLossList"]) == pytest.approx(np.mean(lost), rel=1e-5)
