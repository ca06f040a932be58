"""Measurements beside their definitions in plain NumPy, one example and one class at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.definitions_of_measurements import BY_CLASS, BY_NUMBER, BY_SCORE, counts
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.train.measurements import DRAWN, TABLE, named


def test_every_measurement_has_a_definition_here() -> None:
    others = {"IntersectionOverUnion", *DRAWN}
    assert {*BY_CLASS, *BY_SCORE, *BY_NUMBER, *others} == set(TABLE)
    assert set(DRAWN.values()) <= {*BY_CLASS, *BY_SCORE}


def measured(name: str, outputs: Any, targets: Any, form: str, cut: int, top: int = 1) -> Any:
    """In two batches, added up."""
    of = named(name, top)
    return of.value(
        of.tally(outputs[:cut], targets[:cut], form) + of.tally(outputs[cut:], targets[cut:], form)
    )


@st.composite
def decisions(draw: Any) -> tuple[list[int], list[int], int, int]:
    n, count = draw(st.integers(2, 4)), draw(st.integers(2, 12))
    column = st.lists(st.integers(0, n - 1), min_size=count, max_size=count)
    return draw(column), draw(column), n, draw(st.integers(1, count - 1))


@settings(max_examples=60)
@given(drawn=decisions())
@pytest.mark.parametrize("name", BY_CLASS)
def test_a_measurement_of_classes_is_its_definition(name: str, drawn: Any) -> None:
    p, t, n, cut = drawn
    outputs = np.eye(n, dtype=np.float32)[p] * 0.5 + 0.1
    wanted = BY_CLASS[name](p, t, n)
    np.testing.assert_allclose(
        measured(name, outputs, np.array(t) + 1, "Index", cut), wanted, atol=1e-12
    )
    np.testing.assert_allclose(
        measured(name, outputs, np.eye(n)[t], "Probabilities", cut), wanted, atol=1e-12
    )


@settings(max_examples=60)
@given(drawn=decisions().filter(lambda drawn: drawn[2] == 2))
@pytest.mark.parametrize("name", BY_CLASS)
def test_with_two_states_a_measurement_is_that_of_true(name: str, drawn: Any) -> None:
    p, t, _, cut = drawn
    outputs = np.array(p, np.float32) * 0.5 + 0.25
    of_one = getattr(BY_CLASS[name], "of_one", None)
    wanted = of_one(*counts(p, t, 1)) if of_one else BY_CLASS[name](p, t, 2)
    np.testing.assert_allclose(
        measured(name, outputs, np.array(t, np.float32), "Binary", cut), wanted, atol=1e-12
    )


@pytest.mark.parametrize("name", BY_NUMBER)
@pytest.mark.parametrize("shape", [(9,), (9, 1), (9, 2, 3)])
def test_a_measurement_of_numbers_is_its_definition(name: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    outputs, targets = rng.standard_normal(shape), 3 + rng.standard_normal(shape)
    assert measured(name, outputs, targets, "Square", 4) == pytest.approx(
        BY_NUMBER[name](outputs, targets), rel=1e-9
    )


@pytest.mark.parametrize("top", [1, 2, 3])
def test_top_n_asks_whether_the_target_is_among_the_n_largest(top: int) -> None:
    rng = np.random.default_rng(1)
    outputs, targets = rng.random((40, 5)), rng.integers(0, 5, 40)
    wanted = np.mean([t in np.argsort(-row)[:top] for row, t in zip(outputs, targets, strict=True)])
    assert measured("Accuracy", outputs, targets + 1, "Index", 9, top) == pytest.approx(wanted)
    assert measured("ErrorRate", outputs, targets + 1, "Index", 9, top) == pytest.approx(1 - wanted)
    assert measured(
        "ErrorRate", outputs, np.eye(5)[targets], "Probabilities", 9, top
    ) == pytest.approx(1 - wanted)


def test_of_equal_outputs_the_first_decides_as_in_the_decoder() -> None:
    outputs = np.array([[0.4, 0.4, 0.2]] * 3)
    for top, right in ((1, [1, 0, 0]), (2, [1, 1, 0]), (3, [1, 1, 1])):
        for target, wanted in zip((1, 2, 3), right, strict=True):
            of = named("Accuracy", top)
            assert of.value(of.tally(outputs[:1], np.array([target]), "Index")) == wanted


@pytest.mark.parametrize(
    ("name", "of_entropy"), [("Entropy", lambda nats: nats), ("Perplexity", math.exp)]
)
def test_the_entropy_is_that_of_what_is_the_case_in_nats(name: str, of_entropy: Any) -> None:
    rng = np.random.default_rng(1)
    p, t = rng.dirichlet([1, 1, 1], 12), rng.integers(0, 3, 12)
    wanted = of_entropy(-np.log(p[np.arange(12), t]).mean())
    assert measured(name, p, t + 1, "Index", 5) == pytest.approx(wanted)
    assert measured(name, p, np.eye(3)[t], "Probabilities", 5) == pytest.approx(wanted)
    bits = (t > 0).astype(float)
    assert measured(name, p[:, 0], bits, "Binary", 5) == pytest.approx(
        of_entropy(-np.log(np.where(bits == 1, p[:, 0], 1 - p[:, 0])).mean())
    )


# The public function.

X, Y = classes(70)


def labelled() -> Any:
    return wl.net_initialize(classifier(output=wl.NetDecoder("Class", [0, 1, 2])))


def test_one_name_gives_a_value_a_list_a_list_and_all_a_dict() -> None:
    net = labelled()
    accuracy = wl.net_measurements(net, (X, Y), "Accuracy")
    assert accuracy == np.mean([a == b for a, b in zip(net(X), Y, strict=True)])
    second = np.mean([t in row for t, row in zip(Y, np.argsort(-net(X, None))[:, :2], strict=True)])
    assert wl.net_measurements(net, (X, Y), ["Accuracy", ("Accuracy", 2), "Loss"]) == [
        accuracy,
        second,
        pytest.approx(-np.log(net(X, None)[np.arange(70), Y]).mean(), rel=1e-5),
    ]
    found = wl.net_measurements(net, (X, Y), wl.ALL)
    assert set(found) == {"Loss", *BY_CLASS, *BY_SCORE}
    assert found["Accuracy"] == accuracy
    assert found["ConfusionMatrix"].sum() == 70
    assert set(wl.net_measurements(perceptron(), numbers(12), wl.ALL)) == {"Loss", *BY_NUMBER}


def test_a_confusion_matrix_has_true_classes_in_rows_in_the_order_of_the_labels() -> None:
    # Weights that answer with the class after the true one, but for the last.
    net = wl.NetChain(
        [
            wl.LinearLayer(3, weights=[[1, 0, 0], [1, 0, 0], [0, 1, 1]], biases=[-0.5, 0, 0]),
            wl.SoftmaxLayer(),
        ],
        input=3,
        output=wl.NetDecoder("Class", ["c", "a", "b"]),
    )
    found = wl.net_measurements(
        net, (np.eye(3)[[0, 0, 1, 2]], ["c", "c", "a", "b"]), "ConfusionMatrix"
    )
    assert found.tolist() == [[0, 2, 0], [0, 0, 1], [0, 0, 1]]


def test_what_is_asked_for_twice_counts_once() -> None:
    names = ["ConfusionMatrix", "TruePositiveNumber"] * 2
    one, number, other, again = wl.net_measurements(labelled(), (X, Y), names)
    assert one.sum() == 70
    np.testing.assert_array_equal(one, other)
    assert number == again == pytest.approx(one.trace() / 3)


def test_results_of_a_training_are_measured_again() -> None:
    results = wl.net_train(
        classifier(), (X, Y), wl.ALL, validation_set=(X[:30], Y[:30]), max_training_rounds=3
    )
    found = wl.net_measurements(results["TrainedNet"], (X[:30], Y[:30]), ["Loss", "ErrorRate"])
    assert found == [
        pytest.approx(results["ValidationLoss"], rel=1e-6),
        results["ValidationMeasurements"]["ErrorRate"],
    ]


def test_sigmoids_are_judged_each_by_itself() -> None:
    net = wl.NetChain(
        [wl.LinearLayer(2, weights=[[1], [-1]], biases=None), "LogisticSigmoid"], input=1
    )
    # Outputs (high, low) for 2 and (low, high) for -2: three of the four bits of these targets are
    # right.
    assert wl.net_measurements(net, ([[2.0], [-2.0]], [[1.0, 1.0], [0.0, 1.0]]), "Accuracy") == 0.75


def test_a_net_with_several_outputs_gives_a_value_for_each() -> None:
    net = wl.net_initialize(
        wl.NetGraph(
            {"trunk": 4, "a": 2, "b": 1},
            [("trunk", "a", wl.NetPort("A")), ("trunk", "b", wl.NetPort("B"))],
            input=3,
        )
    )
    x, y = numbers(12)
    found = wl.net_measurements(net, {"Input": x, "A": y, "B": y[:, :1]}, "MeanSquare")
    out = net(x)
    assert found == {
        "A": pytest.approx(((out["A"] - y) ** 2).mean(), rel=1e-5),
        "B": pytest.approx(((out["B"] - y[:, :1]) ** 2).mean(), rel=1e-5),
    }


def test_labels_without_a_decoder_are_1_to_n() -> None:
    net = wl.net_initialize(classifier())
    assert wl.net_measurements(net, (X, Y + 1), "Accuracy") == np.mean(net(X).argmax(1) == Y)
    with pytest.raises(wl.DataError, match="count from 1"):
        wl.net_measurements(net, (X, Y), "Accuracy")


BAD: dict[str, tuple[Any, str]] = {
    "unknown": ("Acuracy", "did you mean 'Accuracy'"),
    "None": (None, "what is to be measured"),
    "none": ([], "what is to be measured"),
    "automatic": (wl.AUTOMATIC, "what is to be measured"),
    "two unknown": (["Los", "Pecision"], "2 faults"),
    "top of what has none": (("Recall", 2), "no top n"),
    "of numbers": ("MeanSquare", "these targets are classes"),
    "of numbers, in a list": (["Accuracy", "RSquared"], "RSquared is about numbers"),
}


@pytest.mark.parametrize("case", BAD)
def test_measurements_that_cannot_be_made_are_an_option_error(case: str) -> None:
    asked, words = BAD[case]
    with pytest.raises(wl.OptionError, match=words):
        wl.net_measurements(labelled(), (X, Y), asked)


def test_classes_are_not_measured_on_numbers() -> None:
    with pytest.raises(wl.OptionError, match=r"Accuracy is about classes[^$]*MeanSquare"):
        wl.net_measurements(perceptron(), numbers(12), "Accuracy")
    with pytest.raises(wl.OptionError, match="Accuracy is about classes"):
        wl.net_train(
            perceptron(),
            numbers(12),
            training_progress_measurements="Accuracy",
            max_training_rounds=1,
        )


def test_what_cannot_be_measured_is_said() -> None:
    with pytest.raises(wl.NotInitializedError, match="net_initialize"):
        wl.net_measurements(classifier(), (X, Y), "Accuracy")
    with pytest.raises(wl.OptionError, match="takes a net"):
        wl.net_measurements("net", (X, Y), "Accuracy")
    with pytest.raises(wl.DataError, match="no examples"):
        wl.net_measurements(labelled(), (X[:0], Y[:0]), "Accuracy")


def test_workers_and_precision_are_those_of_a_training() -> None:
    net, data = wl.net_initialize(perceptron()), numbers(70)
    asked = ["Loss", "MeanDeviation"]
    usual = wl.net_measurements(net, data, asked)
    for workers in (1, 2, 3):
        assert wl.net_measurements(net, data, asked, workers=workers) == usual
    finer = wl.net_measurements(net, data, asked, working_precision="Real64")
    assert finer != usual
    assert finer == pytest.approx(usual, rel=1e-5)
    x, y = (np.asarray(column, np.float64) for column in data)
    exact = np.abs(net(x, working_precision="Real64") - y).mean()
    assert finer[1] == pytest.approx(exact, rel=1e-12)
    for wrong in ({"workers": 0}, {"workers": True}, {"working_precision": "Real16"}):
        with pytest.raises(wl.OptionError):
            wl.net_measurements(net, data, asked, **wrong)


def test_a_column_is_not_told_options_that_only_a_training_has() -> None:
    x, y = numbers(6)
    net = wl.net_initialize(perceptron())
    data = {"Input": x, "Output": y, "epochs": 3, "loss": 1}
    with pytest.warns(wl.TrainingWarning) as heard:
        wl.net_measurements(net, data, "Loss")
    assert "loss_function" in str(heard[0].message)
    assert "max_training_rounds" not in str(heard[0].message)
