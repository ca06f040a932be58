"""What the tests of weights share: a net and data for every kind of loss."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import wlnet as wl
from tests.training_cases import classifier, numbers, perceptron
from wlnet.nets.arrays import arrays_of

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


def numbers_of_loss(count: int) -> Any:
    """Differences of the first of three outputs, or of the sum of all, so many of each example."""
    parts = {"some": wl.LinearLayer(count, weights=np.ones((count, 3)), biases=None)}
    return wl.NetGraph(
        {"difference": wl.ThreadingLayer("Subtract"), **parts, "size": wl.ElementwiseLayer("Abs")},
        [
            (wl.NetPort("Input"), wl.NetPort("difference", "1")),
            (wl.NetPort("Target"), wl.NetPort("difference", "2")),
            ("difference", "some"),
            ("some", "size"),
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
    "more states than losses": Kind(
        wl.NetChain([3, "LogisticSigmoid"], input=3),
        numbers_of_loss(2),
        {"Input": X, "Output": np.random.default_rng(6).random((N, 3)) < 0.5},
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
