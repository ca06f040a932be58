"""Weights of examples and of classes: what an example counts is how often it is there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.nets.arrays import arrays_of
from wlnet.train.class_weights import balanced, weights_of_decisions
from wlnet.train.mapped import Mapped

N = 8
ONCE = {
    "method": ("SGD", {"LearningRateSchedule": None}),
    "batch_size": 10**6,
    "max_training_rounds": 3,
    "working_precision": "Real64",
    "training_progress_reporting": None,
}


class Kind(NamedTuple):
    """A kind of loss: a net, the option, and data by port, of N examples."""

    net: Any
    loss: Any
    data: dict[str, Any]


def absolute() -> Any:
    """The absolute differences, a number an output: not one number an example."""
    return wl.NetGraph(
        {"difference": wl.ThreadingLayer("Subtract"), "size": wl.ElementwiseLayer("Abs")},
        [
            (wl.NetPort("Input"), wl.NetPort("difference", "1")),
            (wl.NetPort("Target"), wl.NetPort("difference", "2")),
            ("difference", "size"),
        ],
    )


def own_loss() -> Any:
    """A net that makes its loss itself, and another output."""
    return wl.NetGraph(
        {"net": 2, "loss": wl.MeanSquaredLossLayer()},
        [
            ("net", wl.NetPort("loss", "Input")),
            (wl.NetPort("Goal"), wl.NetPort("loss", "Target")),
            ("loss", wl.NetPort("Loss")),
            ("net", wl.NetPort("Out")),
        ],
        input=3,
    )


def two_outputs() -> Any:
    return wl.NetGraph(
        {"body": [4, "Tanh"], "kind": [3, wl.SoftmaxLayer()], "size": 1},
        [
            ("body", ["kind", "size"]),
            ("kind", wl.NetPort("Kind")),
            ("size", wl.NetPort("Size")),
        ],
        input=3,
    )


def contrastive() -> Any:
    """Distance of a pair and whether it belongs together: what is minimised of it."""
    return wl.NetGraph(
        {
            "square": wl.ElementwiseLayer(lambda d: d * d),
            "loss": wl.ThreadingLayer(
                lambda d, other: other * np.maximum(1 - d, 0) + (1 - other) * d
            ),
        },
        [
            (wl.NetPort("Input"), "square"),
            ("square", wl.NetPort("loss", "1")),
            (wl.NetPort("Target"), wl.NetPort("loss", "2")),
        ],
    )


X, Y = numbers(N)
LABELS = np.arange(N) % 3
SHARES = np.random.default_rng(3).dirichlet(np.ones(3), N)
SEQUENCES = np.random.default_rng(4).standard_normal((N, 5, 3))
TOKENS = np.random.default_rng(5).integers(1, 4, (N, 5))
BITS = np.arange(N) % 2 == 0
softmax = classifier(3)
logistic = wl.NetChain([(), "LogisticSigmoid"], input=3)
KINDS: dict[str, Kind] = {
    "squares": Kind(perceptron(), wl.AUTOMATIC, {"Input": X, "Output": Y}),
    "absolute": Kind(perceptron(), wl.MeanAbsoluteLossLayer(), {"Input": X, "Output": Y}),
    "a net of several numbers": Kind(perceptron(), absolute(), {"Input": X, "Output": Y}),
    "contrastive": Kind(
        wl.NetChain([()], input=3), contrastive(), {"Input": X, "Output": 1.0 * BITS}
    ),
    "labels": Kind(softmax, wl.AUTOMATIC, {"Input": X, "Output": LABELS}),
    "probabilities": Kind(
        softmax, wl.CrossEntropyLossLayer("Probabilities"), {"Input": X, "Output": SHARES}
    ),
    "two states": Kind(logistic, wl.AUTOMATIC, {"Input": X, "Output": BITS}),
    "several states": Kind(
        wl.NetChain([2, "LogisticSigmoid"], input=3),
        wl.AUTOMATIC,
        {"Input": X, "Output": SHARES[:, :2]},
    ),
    "sequences of classes": Kind(
        wl.NetChain([wl.NetMapOperator([3]), wl.SoftmaxLayer()], input=(5, 3)),
        wl.AUTOMATIC,
        {"Input": SEQUENCES, "Output": TOKENS},
    ),
    "a loss of its own": Kind(own_loss(), wl.AUTOMATIC, {"Input": X, "Goal": Y}),
    "a port minimised": Kind(
        wl.NetChain([2, wl.ElementwiseLayer(lambda x: x * x)], input=3), "Output", {"Input": X}
    ),
    "a port twice": Kind(
        wl.NetChain([2, wl.ElementwiseLayer(lambda x: x * x)], input=3),
        ["Output", ("Output", wl.Scaled(0.5))],
        {"Input": X},
    ),
    "two outputs": Kind(
        two_outputs(),
        [("Kind", wl.AUTOMATIC, wl.Scaled(0.5)), ("Size", wl.AUTOMATIC)],
        {"Input": X, "Kind": LABELS, "Size": Y[:, :1]},
    ),
    "an output with two losses": Kind(
        perceptron(),
        [wl.MeanSquaredLossLayer(), ("Output", wl.MeanAbsoluteLossLayer(), wl.Scaled(-0.1))],
        {"Input": X, "Output": Y},
    ),
    "no columns": Kind(
        wl.NetChain([wl.NetArrayLayer(array=3.0), wl.ElementwiseLayer(lambda a: (a - 1) ** 2)]),
        "Output",
        {},
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def trained(kind: Kind, rows: Any = None, **options: Any) -> Any:
    """The results of a training on some rows of the data, or on all."""
    rows = np.arange(N) if rows is None else rows
    data = {name: column[rows] for name, column in kind.data.items()} or len(rows)
    with_all = {"loss_function": kind.loss, "learning_rate": 0.1, **ONCE, **options}
    net = wl.net_initialize(kind.net, random_seeding=2)
    return wl.net_train(net, data, wl.ALL, **with_all)


def assert_alike(one: Any, other: Any, factor: float = 1.0, rtol: float = 1e-9) -> None:
    """The same net within rounding, and losses of which the first are the second times a factor."""
    a, b = arrays_of(one["TrainedNet"]), arrays_of(other["TrainedNet"])
    assert a.keys() == b.keys()
    for key in a:
        np.testing.assert_allclose(a[key], b[key], rtol=rtol, atol=rtol)
    losses = np.array(other["BatchLossList"]) * factor
    np.testing.assert_allclose(one["BatchLossList"], losses, rtol=rtol, atol=rtol)


# What an example counts


@every_kind
@settings(max_examples=8, deadline=None)
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
def test_of_several_decisions_each_counts_as_its_class(form: str, asked: str) -> None:
    """A net that reads every place by itself learns from sequences what it learns from places."""
    body: list[Any] = [4, "Tanh", () if form == "Binary" else 3]
    last = wl.ElementwiseLayer("LogisticSigmoid") if form == "Binary" else wl.SoftmaxLayer()
    inner = wl.net_initialize(wl.NetChain([*body, last], input=3))
    targets = {
        "Index": TOKENS,
        "Binary": 1.0 * (TOKENS == 1),
        "Probabilities": np.random.default_rng(1).dirichlet([1, 2, 3], TOKENS.shape),
    }[form]
    flat = targets.reshape(-1, *targets.shape[2:])
    weights: Any = "Balanced"
    if asked == "labels":
        weights = {False: 0.5} if form == "Binary" else {1: 3, 2: 0}
    own = np.linspace(0, 2, N)
    options = {"loss_function": wl.CrossEntropyLossLayer(form), "class_weights": weights, **ONCE}
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
    monkeypatch.setattr("wlnet.train.mapped.PIECE", 64)
    late = Mapped(TOKENS, np.dtype(np.int32), np.arange(N))
    own = np.linspace(1, 2, N)
    table = balanced("Index", late, 3, own)
    np.testing.assert_allclose(table, balanced("Index", TOKENS.astype(np.int32), 3, own))
    np.testing.assert_array_equal(weights_of_decisions("Index", late, table), table[TOKENS - 1])


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


# What is refused

W = np.ones(N)
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a negative one": ({"example_weights": [*W[1:], -1]}, r"a weight below 0[^$]*example 8"),
    "NaN": ({"example_weights": [1, math.nan, *W[2:]]}, r"not finite[^$]*example 2"),
    "infinite": ({"example_weights": [math.inf, *W[1:]]}, r"not finite[^$]*example 1"),
    "all 0": ({"example_weights": 0 * W}, "all weights are 0"),
    "too few": ({"example_weights": W[1:]}, r"different length[^$]*example_weights: 7"),
    "levels": ({"example_weights": W[:, None]}, r"option example_weights[^$]*\[:, 0\]"),
    "a number": ({"example_weights": 2}, "example_weights cannot be this"),
    "an empty name": ({"example_weights": ""}, "example_weights cannot be this"),
    "a dict": ({"example_weights": {0: 1}}, r"class_weights=\{"),
    "no such column": ({"example_weights": "w"}, r"no column of weights 'w'"),
    "a port": ({"example_weights": "Output"}, "a port of the net"),
    "too large": (
        {"example_weights": 1e300 * W, "working_precision": "Real32"},
        r"too large for Real32[^$]*example_weights",
    ),
    "another word": ({"class_weights": "balanced"}, "did you mean 'Balanced'"),
    "a list": ({"class_weights": [1, 2, 3]}, "example_weights="),
    "nothing": ({"class_weights": {}}, "no weights of classes"),
    "below 0": ({"class_weights": {0: -1, 1: math.nan}}, r"2 faults[^$]*label 0[^$]*label 1"),
    "another label": ({"class_weights": {0: 2, 7: 1, 8: 2}}, r"2 faults[^$]*not one of the labels"),
    "another port": ({"class_weights": {"Outptu": "Balanced"}}, "did you mean 'Output'"),
    "both kinds": ({"class_weights": {"Output": {0: 1}, 1: 2}}, "of labels and of ports in one"),
    "all classes 0": ({"class_weights": {0: 0, 1: 0, 2: 0}}, "all weights are 0"),
    "both": (
        {"class_weights": {9: 1}, "example_weights": [-1, *W[1:]]},
        "below 0",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_weights_that_are_none_are_told(case: str) -> None:
    options, told = WRONG[case]
    with pytest.raises(wl.WlnetError, match=told):
        wl.net_train(softmax, (X, LABELS), **{**ONCE, **options})


def test_the_nearest_label_is_told() -> None:
    words = np.array(["red", "green", "blue"])[LABELS]
    with pytest.raises(wl.OptionError, match="did you mean 'green'"):
        wl.net_train(softmax, (X, words), class_weights={"gren": 2})


def test_who_learns_no_classes_has_no_weights_of_classes() -> None:
    for kind in ("squares", "a loss of its own", "a port minimised"):
        with pytest.raises(wl.OptionError, match="no output learns classes"):
            trained(KINDS[kind], class_weights="Balanced")


def test_weights_of_one_of_several_outputs_need_its_name() -> None:
    net = wl.NetGraph(
        {"body": 4, "a": [2, wl.SoftmaxLayer()], "b": [3, wl.SoftmaxLayer()]},
        [("body", ["a", "b"]), ("a", wl.NetPort("A")), ("b", wl.NetPort("B"))],
        input=3,
    )
    data = {"Input": X, "A": 1 + 1 * BITS, "B": LABELS + 1}
    with pytest.raises(wl.OptionError, match="whose labels"):
        wl.net_train(net, data, class_weights={1: 2})
    assert wl.net_train(net, data, class_weights="Balanced", **ONCE) == wl.net_train(
        net, data, class_weights={"A": "Balanced", "B": "Balanced"}, **ONCE
    )


def test_a_loss_that_tells_no_single_decisions_has_no_weights_of_classes() -> None:
    net = KINDS["sequences of classes"].net
    data = SEQUENCES, np.eye(3)[TOKENS - 1]
    with pytest.raises(wl.OptionError, match="does not tell what each decision loses"):
        wl.net_train(net, data, loss_function=absolute(), class_weights={1: 2})
    trained = wl.net_train(net, data, loss_function=absolute(), example_weights=W, **ONCE)
    assert trained.kind == "NetChain"


def test_the_weights_of_a_function_come_with_its_batches() -> None:
    def batch() -> Any:
        return {"Input": X, "Output": LABELS + 1, "w": W}

    with pytest.raises(wl.OptionError, match="come with each batch"):
        wl.net_train(softmax, batch, batch_size=N, example_weights=W)
    with pytest.raises(wl.OptionError, match="goes by all examples"):
        wl.net_train(softmax, batch, batch_size=N, example_weights="w", class_weights="Balanced")
    with pytest.raises(wl.DataError, match="no column of weights 'v'"):
        wl.net_train(softmax, batch, batch_size=N, example_weights="v")
    net = wl.net_initialize(softmax)
    asked: Any = {"class_weights": {1: 3}, **ONCE, "batch_size": N, "max_training_rounds": 2}
    given = wl.net_train(net, batch, wl.ALL, example_weights="w", **asked)
    assert_alike(given, wl.net_train(net, (X, LABELS + 1), wl.ALL, **asked))
    late = iter([batch(), {**batch(), "w": -W}])
    with pytest.raises(wl.DataError, match=r"a weight below 0[^$]*batch 2 of round 1, column w"):
        wl.net_train(net, lambda: late, example_weights="w", **asked)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(wl.WlnetError) as caught:
        wl.net_train(
            wl.net_initialize(perceptron()),
            ([[math.nan] * 3] * N, Y),
            example_weights=-W,
            class_weights="Balanced",
        )
    told = str(caught.value)
    assert "below 0" in told
    assert "not finite" in told
    assert "no output learns classes" in told
