"""The forms that data come in, and what is said about data that cannot be used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.core.streams import stream

X, Y = numbers(12)


class Columnar:
    """Something that is an array only when asked, as a table of another library is."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.array, dtype)


FORMS: dict[str, Any] = {
    "two columns": lambda: (X, Y),
    "columns as lists": lambda: (X.tolist(), Y.tolist()),
    "columns of rows": lambda: (list(X), list(Y)),
    "columns as tuples": lambda: (tuple(X), tuple(Y)),
    "columns that can be read once": lambda: (iter(X), (row for row in Y)),
    "anything with __array__": lambda: (Columnar(X), Columnar(Y)),
    "pairs": lambda: list(zip(X, Y, strict=True)),
    "pairs as lists": lambda: [[list(map(float, a)), list(map(float, b))] for a, b in zip(X, Y, strict=True)],
    "pairs one after the other": lambda: zip(X, Y, strict=True),
    "columns by port": lambda: {"Input": X, "Output": Y},
    "columns by port, others besides": lambda: {"Names": "abc", "Output": Y, "Input": X},
    "rows by port": lambda: [{"Input": a, "Output": b} for a, b in zip(X, Y, strict=True)],
    "a pair of dicts": lambda: ({"Input": X}, {"Output": Y}),
    "float64": lambda: (X.astype(np.float64), Y.astype(np.float64)),
    "not contiguous": lambda: (np.asfortranarray(X), np.repeat(Y, 2, axis=0)[::2]),
}


def train(net: Any, data: Any, **options: Any) -> Any:
    return wl.net_train(net, data, **{"max_training_rounds": 3, "batch_size": 5, **options})


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_bits(form: str) -> None:
    assert train(perceptron(), FORMS[form]()) == train(perceptron(), (X, Y))


def test_data_are_never_changed() -> None:
    x, y = X.copy(), Y.copy()
    rows = {"Input": x, "Output": y}
    for data in ((x, y), rows, list(zip(x, y, strict=True))):
        train(perceptron(), data, learning_rate=0.5)
    assert x.tobytes() == X.tobytes()
    assert y.tobytes() == Y.tobytes()
    assert list(rows) == ["Input", "Output"]


def test_read_only_data_will_do() -> None:
    x, y = X.copy(), Y.copy()
    x.flags.writeable = y.flags.writeable = False
    assert train(perceptron(), (x, y)) == train(perceptron(), (X, Y))


def test_a_net_with_several_ports_takes_columns_by_port() -> None:
    net = wl.net_initialize(wl.NetGraph(
        {"a": 2, "b": 2, "sum": wl.TotalLayer()},
        [(wl.NetPort("u"), "a", "sum"), (wl.NetPort("v"), "b", "sum")], u=3, v=3))
    by_port = train(net, {"u": X, "v": X * 2, "Output": Y})
    rows = [{"u": a, "v": a * 2, "Output": b} for a, b in zip(X, Y, strict=True)]
    assert train(net, rows) == by_port
    assert train(net, ({"u": X, "v": X * 2}, Y)) == by_port


def test_a_net_that_is_its_own_loss_takes_one_column() -> None:
    net = wl.net_initialize(wl.NetGraph({"a": 2, "loss": wl.ElementwiseLayer("Square")}, [("a", "loss")], input=3))
    options: dict[str, Any] = {"loss_function": "Output"}
    plain = train(net, X, **options)
    for data in (Columnar(X), list(X), {"Input": X}, [{"Input": row} for row in X]):
        assert train(net, data, **options) == plain


# Generators.


def batches_of(x: Any, y: Any, size: int, seed: int = 1234) -> Any:
    """The batches of a round, in the order in which net_train takes columns."""
    def ask(state: Any) -> Any:
        order = stream(seed, "shuffle", state["Round"]).permutation(len(x))
        start = (state["AbsoluteBatch"] * size) % len(x)
        rows = order[start : start + state["BatchSize"]]
        return x[rows], y[rows]

    return ask


def test_a_generator_of_the_same_batches_gives_the_same_bits() -> None:
    asked = (batches_of(X, Y, 4), {"RoundLength": 12})
    assert train(perceptron(), asked, batch_size=4) == train(perceptron(), (X, Y), batch_size=4)


def test_without_a_round_length_a_round_is_one_batch() -> None:
    results = wl.net_train(perceptron(), lambda state: (X[:4], Y[:4]), wl.ALL, batch_size=4, max_training_rounds=5)
    assert results[["BatchesPerRound", "TotalBatches", "ExamplesProcessed"]] == [1, 5, 20]
    assert results["TrainingExamples"] is None


def test_a_generator_is_asked_once_for_every_batch_and_told_where_training_is() -> None:
    seen = []

    def ask(state: Any) -> Any:
        seen.append((state["Round"], state["AbsoluteBatch"], state["BatchSize"], isinstance(state["Net"], wl.NetChain)))
        return X[:4], Y[:4]

    train(perceptron(), (ask, {"RoundLength": 8}), batch_size=4)
    assert seen == [(number // 2 + 1, number, 4, True) for number in range(6)]


def test_a_generator_may_look_at_the_net_as_it_is_now() -> None:
    outputs = []

    def ask(state: Any) -> Any:
        if state["AbsoluteBatch"]:
            outputs.append(state["Net"](X[0]).tobytes())
        return X[:4], Y[:4]

    train(perceptron(), ask, batch_size=4)
    assert len(set(outputs)) == len(outputs) == 2


def test_a_generator_tells_shapes_and_labels_as_columns_do() -> None:
    x, y = classes(12)
    net = wl.NetChain([8, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()])
    trained = train(net, lambda state: (x, y), batch_size=12)
    assert set(trained(x)) <= {0, 1, 2}


@pytest.mark.parametrize("given", [lambda s: (X[:3], Y[:3]), lambda s: (X[:5], Y[:5])])
def test_a_generator_with_a_wrong_count_is_told_the_right_one(given: Any) -> None:
    with pytest.raises(wl.DataError, match=r"batch 1 of round 1[^$]*expected: 4"):
        train(perceptron(), given, batch_size=4)


def test_a_later_batch_with_a_wrong_count_is_named() -> None:
    def ask(state: Any) -> Any:
        count = 4 if state["AbsoluteBatch"] < 3 else 2
        return X[:count], Y[:count]

    with pytest.raises(wl.DataError, match=r"batch 2 of round 2"):
        train(perceptron(), (ask, {"RoundLength": 8}), batch_size=4)


@pytest.mark.parametrize("options", [{"RoundLenght": 4}, {"RoundLength": 0}, {"RoundLength": 2.5}, {"RoundLength": True}, {}])
def test_options_of_a_generator_are_checked(options: Any) -> None:
    with pytest.raises(wl.OptionError, match="RoundLength"):
        train(perceptron(), (lambda state: (X, Y), options))


@pytest.mark.parametrize("batch", [None, 3, lambda s: X, (X[:4], np.full((4, 2), np.nan)), (X[:4], Y[:4, :1]), []])
def test_a_generator_that_gives_no_batch_is_an_error(batch: Any) -> None:
    with pytest.raises((wl.DataError, wl.ShapeError), match="the generator's batch|port Output"):
        train(perceptron(), lambda state: batch, batch_size=4)


# Data that cannot be used: what was given, the kind of error, and what the message must say.


def holed(array: Any, row: int, value: float) -> Any:
    array = array.copy()
    array[row, -1] = value
    return array


BAD: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "NaN in an input": (lambda: (holed(X, 4, np.nan), Y), wl.DataError, ("Input", "example 5", "nan")),
    "infinity in an input": (lambda: (holed(X, 0, np.inf), Y), wl.DataError, ("Input", "example 1", "inf")),
    "minus infinity in a target": (lambda: (X, holed(Y, 11, -np.inf)), wl.DataError, ("Output", "example 12", "-inf")),
    "NaN in a target": (lambda: (X, holed(Y, 3, np.nan)), wl.DataError, ("Output", "example 4")),
    "NaN in a list": (lambda: (X.tolist(), [[0.0, 1.0]] * 11 + [[0.0, float("nan")]]), wl.DataError, ("Output", "example 12")),
    "no examples, a list": (lambda: [], wl.DataError, ("no examples",)),
    "no examples, columns": (lambda: (X[:0], Y[:0]), wl.DataError, ("no examples", "Input: 0")),
    "no examples, by port": (lambda: {"Input": [], "Output": []}, wl.DataError, ("no examples",)),
    "unequal lengths": (lambda: (X, Y[:7]), wl.DataError, ("different length", "Input: 12", "Output: 7")),
    "a port is missing": (lambda: {"Input": X}, wl.DataError, ("'Output'", "columns ['Input', 'Output']")),
    "a port is misspelt": (lambda: {"Input": X, "Ouput": Y}, wl.DataError, ("'Output'", "did you mean 'Ouput'")),
    "all ports are missing": (lambda: {"x": X}, wl.DataError, ("'Input'", "'Output'", "2 faults")),
    "a row lacks a port": (lambda: [{"Input": X[0], "Output": Y[0]}, {"Input": X[0]}], wl.DataError, ("example 2", "'Output'")),
    "a row is no pair": (lambda: [(X[0], Y[0]), (X[1], Y[1], 3)], wl.DataError, ("example 2", "pair")),
    "columns in a list": (lambda: [X, Y], wl.DataError, ("(inputs, outputs)",)),
    "an array alone": (lambda: X, wl.DataError, ("columns ['Input', 'Output']",)),
    "a text": (lambda: "MNIST", wl.DataError, ("unknown form", "'MNIST'")),
    "a number": (lambda: 3, wl.DataError, ("unknown form",)),
    "None": (lambda: None, wl.DataError, ("unknown form",)),
    "a set as a column": (lambda: ({1.0, 2.0}, Y), wl.DataError, ("Input", "sequence")),
    "a dict as a column": (lambda: {"Input": {1: 2}, "Output": Y}, wl.DataError, ("Input", "sequence")),
    "a number as a column": (lambda: (X, 3), wl.DataError, ("Output", "sequence")),
    "a scalar array as a column": (lambda: (X, np.float32(3)), wl.DataError, ("Output", "sequence")),
    "a text as a column": (lambda: ("abc", Y), wl.DataError, ("Input", "sequence")),
    "texts as inputs": (lambda: (["a"] * 12, Y), wl.DataError, ("Input", "example 1", "numbers")),
    "None among numbers": (lambda: ([*X[:11].tolist(), None], Y), wl.DataError, ("Input", "example 12", "None")),
    "rows of different length": (lambda: ([*X[:11].tolist(), [1.0]], Y), wl.DataError, ("Input", "example 12")),
    "complex numbers": (lambda: (X.astype(complex), Y), wl.DataError, ("Input", "numbers")),
    "inputs too wide": (lambda: (np.c_[X, X], Y), wl.ShapeError, ("Input", "(6,)", "(3,)")),
    "targets too narrow": (lambda: (X, Y[:, :1]), wl.ShapeError, ("Output", "(1,)", "(2,)")),
    "one number an example": (lambda: (X, Y[:, 0]), wl.ShapeError, ("Output", "()", "(2,)")),
    "inputs too deep": (lambda: (X[:, None], Y), wl.ShapeError, ("Input", "(1, 3)", "(3,)")),
}


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
    "rows of probabilities": (lambda y: np.eye(3)[y], ("example 1", 'CrossEntropyLossLayer("Probabilities")')),
    "None among them": (lambda y: [None, *y[1:].tolist()], ("example 1", "None")),
    "too many": (lambda y: [*y[:-1].tolist(), 7], ("4 different labels for 3 classes", "0, 1, 2, 7", "NetDecoder")),
    "too few texts": (lambda y: ["ab"[i % 2] for i in y], ("2 different labels for 3 classes", "'a', 'b'")),
    "out of reach": (lambda y: np.where(y == 2, 9, 1), ("2 different labels for 3 classes", "1, 9")),
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
    net = wl.NetGraph({"net": classifier(), "loss": wl.CrossEntropyLossLayer("Index")},
                      [("net", wl.NetPort("loss", "Input"))])
    x, _ = classes(3)
    train(net, {"Input": x, "Target": [1, 2, 3]})
    for bad in (0, 4, -1):
        with pytest.raises(wl.DataError, match=r"Target, example 2[^$]*1\.\.3"):
            train(net, {"Input": x, "Target": [1, bad, 3]})
