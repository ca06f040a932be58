"""Weights of classes: what a label counts, its examples count, or its decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classes, classifier
from tests.weighted_kinds import (
    BITS,
    KINDS,
    LABELS,
    ONCE,
    SEQUENCES,
    SHARES,
    TOKENS,
    N,
    X,
    Y,
    assert_alike,
    logistic,
    softmax,
    trained,
)
from wlnet.nets.arrays import arrays_of
from wlnet.train.class_weights import balanced, weights_of_decisions
from wlnet.train.mapped import Mapped

# What a class counts


def by_class(kind: str) -> tuple[Any, Any]:
    """Weights of classes, and what they make of each example."""
    labels: dict[str, tuple[Any, Any]] = {
        "labels": ({0: 0.5, 2: 3}, np.array([0.5, 1, 3])[LABELS]),
        "two states": ({True: 2, False: 0.25}, np.where(BITS, 2, 0.25)),
        "probabilities": ({1: 2, 2: 0}, SHARES @ [2, 0, 1]),
    }
    return labels[kind]


@pytest.mark.parametrize("kind", ["labels", "two states", "probabilities"])
def test_a_class_counts_as_its_examples_would(kind: str) -> None:
    asked, weights = by_class(kind)
    of_examples = trained(KINDS[kind], example_weights=weights)
    assert_alike(trained(KINDS[kind], class_weights=asked), of_examples)
    assert_alike(trained(KINDS[kind], class_weights={"Output": asked}), of_examples)
    own = np.linspace(0, 2, N)
    both = trained(KINDS[kind], class_weights=asked, example_weights=own)
    assert_alike(both, trained(KINDS[kind], example_weights=own * weights))


def test_weights_of_the_loss_are_those_of_the_training_and_judge_what_is_held_out() -> None:
    held = {"validation_set": (X[:9], LABELS[:9])}
    loss = wl.CrossEntropyLossLayer("Index", class_weights=(0.5, 1, 3))
    of_loss = trained(KINDS["labels"], loss_function=loss, **held)
    of_classes = trained(KINDS["labels"], class_weights={0: 0.5, 2: 3}, **held)
    assert_alike(of_loss, of_classes)
    assert of_loss["ValidationLoss"] != pytest.approx(of_classes["ValidationLoss"], rel=1e-3)


def test_labels_are_those_of_the_data() -> None:
    words = np.array(["a", "b", "c"])[LABELS]
    net = wl.net_initialize(softmax)
    named = wl.net_train(net, (X, words), wl.ALL, class_weights={"b": 2}, **ONCE)
    assert_alike(named, wl.net_train(net, (X, LABELS), wl.ALL, class_weights={1: 2}, **ONCE))
    bits = wl.net_initialize(logistic)
    truth = wl.net_train(bits, (X, BITS), wl.ALL, class_weights={True: 2}, **ONCE)
    zeros = wl.net_train(bits, (X, 1.0 * BITS), wl.ALL, class_weights={1: 2}, **ONCE)
    assert_alike(truth, zeros)


def test_of_several_outputs_those_named_are_weighted_alone() -> None:
    kind = KINDS["two outputs"]
    net, data = wl.net_initialize(kind.net), kind.data
    options = {**ONCE, "max_training_rounds": 1, "learning_rate": 1e-12}
    told = ["BatchLossList", "BatchMeasurementsLists"]
    (loss,), lists = wl.net_train(
        net,
        data,
        told,
        loss_function=kind.loss,
        class_weights={"Kind": {1: 4}},
        **options,
    )
    out = net(X, working_precision="Real64")
    kind_loss = -np.log(out["Kind"][np.arange(N), LABELS]) * np.where(LABELS == 1, 4, 1)
    size_loss = (out["Size"] - Y[:, :1]) ** 2
    assert lists["KindLoss"] == pytest.approx([kind_loss.mean()], rel=1e-5)
    assert lists["SizeLoss"] == pytest.approx([size_loss.mean()], rel=1e-5)
    assert loss == pytest.approx(0.5 * kind_loss.mean() + size_loss.mean(), rel=1e-5)


@pytest.mark.parametrize("form", ["Index", "Probabilities", "Binary"])
@pytest.mark.parametrize("asked", ["Balanced", "labels"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_of_several_decisions_each_counts_as_its_class(
    form: str, asked: str, smoothing: float
) -> None:
    """A net that reads every place by itself learns from sequences what it learns from places."""
    body: list[Any] = [4, "Tanh", () if form == "Binary" else 3]
    last = wl.ElementwiseLayer("LogisticSigmoid") if form == "Binary" else wl.SoftmaxLayer()
    inner = wl.net_initialize(wl.NetChain([*body, last], input=3))
    targets = {
        "Index": TOKENS,
        "Binary": 1.0 * (TOKENS == 1),
        "Probabilities": np.random.default_rng(1).dirichlet([1, 2, 3], TOKENS.shape),
    }[form]
    flat, count = targets.reshape(-1, *targets.shape[2:]), 2 if form == "Binary" else 3
    weights: Any = "Balanced"
    if asked == "labels":
        weights = {False: 0.5} if form == "Binary" else {1: 3, 2: 0}
    own = np.linspace(0, 2, N)
    loss = wl.CrossEntropyLossLayer(form, smoothing, None if smoothing else (1, 2, 3)[-count:])
    options = {"loss_function": loss, "class_weights": weights, **ONCE}
    by_place = wl.net_train(
        inner,
        (SEQUENCES.reshape(-1, 3), flat),
        wl.ALL,
        example_weights=np.repeat(own, 5),
        **options,
    )
    in_order = wl.net_train(
        wl.NetMapOperator(inner), (SEQUENCES, targets), wl.ALL, example_weights=own, **options
    )
    np.testing.assert_allclose(in_order["BatchLossList"], by_place["BatchLossList"], rtol=1e-9)
    for one, other in zip(
        arrays_of(in_order["TrainedNet"]).values(),
        arrays_of(by_place["TrainedNet"]).values(),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


# Balanced


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=30))
def test_balanced_is_n_by_k_times_the_count_of_a_class(rows: list[tuple[int, int]]) -> None:
    """scikit-learn: n_samples / (n_classes * np.bincount(y)), weighted where examples are."""
    labels = np.array([label for label, _ in rows])
    weights = np.array([weight for _, weight in rows], float)
    present = sorted({label for label, weight in rows if weight})
    repeated = [label for label, weight in rows for _ in range(weight)]
    expected = [
        len(repeated) / (len(present) * repeated.count(label)) if label in present else 1.0
        for label in range(1, 6)
    ]
    found = balanced("Index", labels, 5, weights)
    np.testing.assert_allclose(found, expected)
    if repeated:
        mean = (weights_of_decisions("Index", labels, found) * weights).sum() / weights.sum()
        assert mean == pytest.approx(1), "the weights of what is learnt have mean 1"


def test_balanced_equals_the_numbers_of_scikit_learn() -> None:
    """compute_class_weight("balanced", classes=[0, 1], y=[1, 1, 1, 1, 0, 0]) of its manual, and of
    scikit-learn 1.9.1 with sample_weight=[1, 2, 3, 4, 5, 6] and with three classes."""
    y = np.array([2, 2, 2, 2, 1, 1])
    np.testing.assert_allclose(balanced("Index", y, 2, np.ones(6)), [1.5, 0.75])
    weighted = balanced("Index", y, 2, np.arange(1.0, 7))
    np.testing.assert_allclose(weighted, [0.954545454545, 1.05], rtol=1e-11)
    three = balanced("Index", np.array([1, 1, 1, 2, 3, 3]), 3, np.ones(6))
    np.testing.assert_allclose(three, [2 / 3, 2, 1])


def test_balanced_goes_by_the_examples_that_are_trained_on() -> None:
    x, _ = classes(60)
    y = np.where(np.arange(60) < 54, "often", "seldom")
    options: dict[str, Any] = {**ONCE, "validation_set": wl.Scaled(1 / 3)}
    net = wl.net_initialize(classifier(count=2))
    found = wl.net_train(net, (x, y), wl.ALL, class_weights="Balanced", **options)
    counts = {"often": 40 / (2 * 36), "seldom": 40 / (2 * 4)}
    said = wl.net_train(net, (x, y), wl.ALL, class_weights=counts, **options)
    assert_alike(found, said)


def test_shares_count_as_far_as_they_go() -> None:
    bits = np.array([1, 0, 0, 0.5])
    np.testing.assert_allclose(balanced("Binary", bits, 2, np.ones(4)), [4 / 5, 4 / 3])
    shares = np.stack([1 - bits, bits], axis=1)
    np.testing.assert_allclose(balanced("Probabilities", shares, 2, np.ones(4)), [4 / 5, 4 / 3])
    table = np.array([1.0, 3.0])
    for form, column in (("Binary", bits), ("Probabilities", shares)):
        found = weights_of_decisions(form, column, table)  # type: ignore[arg-type]
        np.testing.assert_allclose(found, [3, 1, 1, 2])


def test_a_column_in_a_file_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    own = np.linspace(1, 2, N)
    whole = balanced("Index", TOKENS.astype(np.int32), 3, own)
    monkeypatch.setattr("wlnet.train.mapped.PIECE", 64)
    late = Mapped(TOKENS, np.dtype(np.int32), np.arange(N))
    table = balanced("Index", late, 3, own)
    np.testing.assert_allclose(table, whole)
    np.testing.assert_array_equal(weights_of_decisions("Index", late, table), table[TOKENS - 1])
