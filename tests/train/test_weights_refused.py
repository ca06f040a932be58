"""Weights that are none, and losses that take none: told, with place and repair."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import perceptron
from tests.weighted_kinds import (
    BITS,
    KINDS,
    LABELS,
    ONCE,
    SEQUENCES,
    TOKENS,
    N,
    X,
    Y,
    absolute,
    assert_alike,
    softmax,
    trained,
)

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
    "all classes 0": (
        {"class_weights": {0: 0, 1: 0, 2: 0}},
        "all weights are 0\n  at: *class_weights, port Output\n",
    ),
    "what is there 0 by class": (
        {"class_weights": {0: 0}, "example_weights": 1 * (LABELS == 0)},
        "all weights are 0\n  at: *class_weights and example_weights\n",
    ),
    "a word for a label": (
        {"class_weights": {"a": "x"}},
        r"no weight of a class\n  at: *class_weights, label 'a'",
    ),
    "a word for a port": (
        {"class_weights": {"Output": "balanced", "B": "x"}},
        r"2 faults[^$]*port Output[^$]*port B",
    ),
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


def test_a_net_without_columns_has_as_many_weights_as_examples() -> None:
    with pytest.raises(wl.DataError, match=r"different length[^$]*example_weights: 3, examples: 8"):
        trained(KINDS["no columns"], example_weights=[1, 2, 3])


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
    with pytest.raises(wl.DataError, match="no column of weights 'v'") as caught:
        wl.net_train(softmax, batch, batch_size=N, example_weights="v")
    # What no function may be given is not suggested, but of columns it is.
    assert "example_weights=" not in str(caught.value)
    with pytest.raises(wl.DataError, match="no column of weights 'v'") as caught:
        wl.net_measurements(wl.net_initialize(softmax), batch, "Loss", example_weights="v")
    assert "example_weights=" not in str(caught.value)
    with pytest.raises(wl.DataError, match="example_weights=weights, the column itself"):
        wl.net_train(softmax, batch(), batch_size=N, example_weights="v")
    with pytest.raises(wl.OptionError, match="all weights are 0"):
        wl.net_train(softmax, lambda: (X, LABELS + 1), class_weights={1: 0, 2: 0, 3: 0}, **ONCE)
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
