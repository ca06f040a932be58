"""Data that cannot be used: what was given, the kind of error, and what the message must say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron

X, Y = numbers(12)


def train(net: Any, data: Any, **options: Any) -> Any:
    return wl.net_train(net, data, **{"max_training_rounds": 3, "batch_size": 5, **options})


def holed(array: Any, row: int, value: float) -> Any:
    array = array.copy()
    array[row, -1] = value
    return array


BAD: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "NaN in an input": (
        lambda: (holed(X, 4, np.nan), Y),
        wl.DataError,
        ("Input", "example 5", "nan"),
    ),
    "infinity in an input": (
        lambda: (holed(X, 0, np.inf), Y),
        wl.DataError,
        ("Input", "example 1", "inf"),
    ),
    "minus infinity in a target": (
        lambda: (X, holed(Y, 11, -np.inf)),
        wl.DataError,
        ("Output", "example 12", "-inf"),
    ),
    "NaN in a target": (lambda: (X, holed(Y, 3, np.nan)), wl.DataError, ("Output", "example 4")),
    "NaN in a list": (
        lambda: (X.tolist(), [[0.0, 1.0]] * 11 + [[0.0, float("nan")]]),
        wl.DataError,
        ("Output", "example 12"),
    ),
    "no examples, a list": (list, wl.DataError, ("no examples",)),
    "no examples, columns": (lambda: (X[:0], Y[:0]), wl.DataError, ("no examples", "Input: 0")),
    "no examples, by port": (lambda: {"Input": [], "Output": []}, wl.DataError, ("no examples",)),
    "unequal lengths": (
        lambda: (X, Y[:7]),
        wl.DataError,
        ("different length", "Input: 12", "Output: 7"),
    ),
    "a port is missing": (
        lambda: {"Input": X},
        wl.DataError,
        ("'Output'", "columns ['Input', 'Output']"),
    ),
    "a port is misspelt": (
        lambda: {"Input": X, "Ouput": Y},
        wl.DataError,
        ("'Output'", "call it 'Output'"),
    ),
    "all ports are missing": (lambda: {"x": X}, wl.DataError, ("'Input'", "'Output'", "2 faults")),
    "a row lacks a port": (
        lambda: [{"Input": X[0], "Output": Y[0]}, {"Input": X[0]}],
        wl.DataError,
        ("example 2", "'Output'"),
    ),
    "a row is no pair": (
        lambda: [(X[0], Y[0]), (X[1], Y[1], 3)],
        wl.DataError,
        ("example 2", "pair"),
    ),
    "columns in a list": (lambda: [X, Y], wl.DataError, ("(inputs, outputs)",)),
    "an array alone": (lambda: X, wl.DataError, ("columns ['Input', 'Output']",)),
    "a text": (lambda: "MNIST", wl.DataError, ("unknown form", "'MNIST'")),
    "a number": (lambda: 3, wl.DataError, ("unknown form",)),
    "None": (lambda: None, wl.DataError, ("unknown form",)),
    "a set as a column": (lambda: ({1.0, 2.0}, Y), wl.DataError, ("Input", "sequence")),
    "a dict as a column": (
        lambda: {"Input": {1: 2}, "Output": Y},
        wl.DataError,
        ("Input", "sequence"),
    ),
    "a number as a column": (lambda: (X, 3), wl.DataError, ("Output", "sequence")),
    "a scalar array as a column": (
        lambda: (X, np.float32(3)),
        wl.DataError,
        ("Output", "sequence"),
    ),
    "a text as a column": (lambda: ("abc", Y), wl.DataError, ("Input", "sequence")),
    "texts as inputs": (lambda: (["a"] * 12, Y), wl.DataError, ("Input", "example 1", "numbers")),
    "None among numbers": (
        lambda: ([*X[:11].tolist(), None], Y),
        wl.DataError,
        ("Input", "example 12", "None"),
    ),
    "rows of different length": (
        lambda: ([*X[:11].tolist(), [1.0]], Y),
        wl.DataError,
        ("Input", "example 12"),
    ),
    "complex numbers": (lambda: (X.astype(complex), Y), wl.DataError, ("Input", "numbers")),
    "inputs too wide": (lambda: (np.c_[X, X], Y), wl.ShapeError, ("Input", "(6,)", "(3,)")),
    "targets too narrow": (lambda: (X, Y[:, :1]), wl.ShapeError, ("Output", "(1,)", "(2,)")),
    "one number an example": (lambda: (X, Y[:, 0]), wl.ShapeError, ("Output", "()", "(2,)")),
    "inputs too deep": (lambda: (X[:, None], Y), wl.ShapeError, ("Input", "(1, 3)", "(3,)")),
}


def test_sequences_of_several_lengths_need_a_port_that_takes_them() -> None:
    net = wl.NetChain([wl.NetMapOperator([2])], input=(2, 3))
    columns = [np.ones((2, 3)), np.ones((4, 3))], [np.ones((2, 2)), np.ones((4, 2))]
    told = r"port Input[\s\S]*\(4, 3\) after shape \(2, 3\)[\s\S]*input=\('Varying', 3\)"
    with pytest.raises(wl.DataError, match=told):
        wl.net_train(net, columns)


@pytest.mark.parametrize("case", BAD)
def test_data_that_cannot_be_used_are_an_error_that_says_where(case: str) -> None:
    make, kind, words = BAD[case]
    with pytest.raises(kind) as error:
        train(perceptron(), make())
    assert type(error.value) is kind
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("case", BAD)
def test_a_validation_set_is_checked_like_the_data(case: str) -> None:
    make, kind, _ = BAD[case]
    if case == "None":
        return
    with pytest.raises(kind):
        train(perceptron(), (X, Y), validation_set=make())


def test_one_number_an_example_for_an_output_of_size_1_shows_the_repair() -> None:
    net = perceptron(outputs=1)
    with pytest.raises(wl.ShapeError, match=r"output\[:, None\]") as error:
        train(net, (X, Y[:, 0]))
    assert "LinearLayer([])" in str(error.value)
    train(net, (X, Y[:, 0][:, None]))
    train(wl.NetChain([4, "Tanh", wl.LinearLayer([])], input=3), (X, Y[:, 0]))


def test_a_level_of_size_1_too_much_shows_the_repair() -> None:
    with pytest.raises(wl.ShapeError, match=r"output\[:, 0\]"):
        train(wl.NetChain([4, "Tanh", wl.LinearLayer([])], input=3), (X, Y[:, :1]))


LABELS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "whole floats": (lambda y: y.astype(float), ("example 1", "astype(int)")),
    "broken floats": (lambda y: y + 0.5, ("example 1", "0.5", "leave the layer out")),
    "NaN among them": (lambda y: [*y[:-1].tolist(), float("nan")], ("example 60", "nan")),
    "rows of probabilities": (
        lambda y: np.eye(3)[y],
        ("example 1", 'CrossEntropyLossLayer("Probabilities")'),
    ),
    "None among them": (lambda y: [None, *y[1:].tolist()], ("example 1", "None")),
    "too many": (
        lambda y: [*y[:-1].tolist(), 7],
        ("4 different labels for 3 classes", "0, 1, 2, 7", "NetDecoder"),
    ),
    "too few texts": (
        lambda y: ["ab"[i % 2] for i in y],
        ("2 different labels for 3 classes", "'a', 'b'"),
    ),
    "out of reach": (
        lambda y: np.where(y == 2, 9, 1),
        ("2 different labels for 3 classes", "1, 9"),
    ),
}


@pytest.mark.parametrize("case", LABELS)
def test_targets_that_are_no_classes_are_an_error_with_a_repair(case: str) -> None:
    make, words = LABELS[case]
    x, y = classes()
    with pytest.raises(wl.DataError) as error:
        train(classifier(), (x, make(y)))
    for word in ("port Output", *words):
        assert word in str(error.value)


def test_a_label_the_decoder_does_not_know_is_named_with_its_example() -> None:
    x, _ = classes(4)
    net = classifier(output=wl.NetDecoder("Class", ["cat", "dog", "bird"]))
    with pytest.raises(wl.DataError) as error:
        train(net, (x, ["cat", "dog", "brid", "cat"]))
    for word in ("Output", "3", "'brid'", "'bird'"):
        assert word in str(error.value)


def test_indices_count_from_1_and_to_the_number_of_classes() -> None:
    net = wl.NetGraph(
        {"net": classifier(), "loss": wl.CrossEntropyLossLayer("Index")},
        [("net", wl.NetPort("loss", "Input"))],
    )
    x, _ = classes(3)
    train(net, {"Input": x, "Target": [1, 2, 3]})
    for bad in (0, 4, -1):
        with pytest.raises(wl.DataError, match=r"Target, example 2[^$]*1\.\.3"):
            train(net, {"Input": x, "Target": [1, bad, 3]})


def test_labels_for_numbers_say_how_to_learn_them() -> None:
    inputs, labels = np.ones((4, 2)), np.array(["n", "y", "n", "y"])
    yes_or_no = wl.NetChain([wl.LinearLayer([]), "LogisticSigmoid"], input=2)
    with pytest.raises(wl.DataError, match=r"fix: *targets == 'n', with True and False"):
        wl.net_train(yes_or_no, (inputs, labels))
    once = {"max_training_rounds": 1}
    assert wl.net_train(yes_or_no, (inputs, labels == "n"), **once)([0, 0]) in (False, True)
    for texts in (labels, list(labels), np.array(["1", "2", "3", "4"], object)):
        with pytest.raises(wl.DataError, match="data that are not numbers") as error:
            wl.net_train(wl.NetChain([wl.LinearLayer([])], input=2), (inputs, texts))
        assert "ends in a SoftmaxLayer" in str(error.value)


@pytest.mark.parametrize("states", [(-1, 1), (1, 2)])
def test_two_states_that_are_not_0_and_1_are_told_as_truth(states: tuple[int, int]) -> None:
    net = wl.NetChain([wl.LinearLayer([]), "LogisticSigmoid"], input=2)
    with pytest.raises(wl.DataError, match=rf"fix: *targets == {states[1]},"):
        wl.net_train(net, (np.ones((4, 2)), np.array(states * 2)))
