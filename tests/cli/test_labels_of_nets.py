"""Labels that are no text, as words and files have them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import wlnet as wl
from tests.cli.conftest import Command
from wlnet.cli.labels import by_label, label_column

ROUNDS = ("--max-training-rounds", "2", "-q", "--receipt", "none")


def _net(*labels: object) -> wl.NetChain:
    output = wl.NetDecoder("Class", list(labels)) if labels else None
    layers = {"read": wl.LinearLayer(2 if not labels else len(labels)), "s": wl.SoftmaxLayer()}
    return wl.net_initialize(wl.NetChain(layers, input=2, output=output))


@pytest.mark.parametrize(
    ("labels", "given", "meant"),
    [
        ((3, 5), {"5": 0}, {5: 0}),
        ((False, True), {"true": 2, "False": 1}, {True: 2, False: 1}),
        ((0.5, 2.0), {"0.5": 2}, {0.5: 2}),
        # A text that is a label means itself, and what is none is told as it was written.
        ((5, "5"), {"5": 2}, {"5": 2}),
        (("true", "false"), {"true": 2}, {"true": 2}),
        ((3, 5), {"7": 2}, {"7": 2}),
        ((False, True), {"true": 1, "True": 2}, {"true": 1, "True": 2}),
        # Classes without labels are counted.
        ((), {"2": 3}, {2: 3}),
        ((3, 5), {"Output": {"3": 2}}, {"Output": {3: 2}}),
        ((3, 5), {"Other": {"3": 2}}, {"Other": {"3": 2}}),
        ((3, 5), "Balanced", "Balanced"),
    ],
)
def test_weights_are_of_the_labels_of_the_net(
    labels: Sequence[object], given: object, meant: object
) -> None:
    found = by_label(_net(*labels), given)
    assert found == meant
    assert repr(found) == repr(meant)


@pytest.mark.parametrize(
    ("labels", "weights"),
    [((3, 5), "{5 = 0}"), ((False, True), "{true = 0}"), ((False, True), "{Output = {True = 0}}")],
)
def test_weights_name_labels_that_are_no_text(
    wlnet: Command, labels: tuple[object, ...], weights: str
) -> None:
    net = _net(*labels)
    wl.save(net, "labels.wlnet")
    x = np.random.default_rng(1).normal(size=(12, 2)).astype(np.float32)
    y = np.array(labels)[np.arange(12) % 2]
    np.savez("labels.npz", Input=x, Output=y)
    words = ("labels.npz", "--class-weights", weights)
    assert wlnet("train", "labels.wlnet", *words, *ROUNDS, "-o", "a.wlnet").status == 0
    expected = wl.net_train(
        net,
        {"Input": x, "Output": y},
        class_weights={labels[1]: 0},
        max_training_rounds=2,
        training_progress_reporting=None,
    )
    assert wl.load("a.wlnet") == expected
    loss = wlnet("measure", "labels.wlnet", *words, "-m", "Loss", "--json").value["Loss"]
    options = {"class_weights": {labels[1]: 0}}
    assert loss == wl.net_measurements(net, {"Input": x, "Output": y}, "Loss", **options)


TRUTHS = "c,d,y\nTrue,1,True\nFalse,2,False\nTrue,3,False\n"


def test_truth_values_are_0_and_1_in_a_file_as_in_a_table(wlnet: Command) -> None:
    Path("a.csv").write_text(TRUTHS)
    numbers = TRUTHS.replace("True", "1").replace("False", "0")
    Path("b.csv").write_text(numbers)
    layers = ("LinearLayer", "LogisticSigmoid", "--target", "y")
    assert wlnet("new", "a.csv", *layers, "-o", "truths.wlnet").status == 0
    for name, *words in (("predict",), ("measure", "--target", "y"), ("measure",)):
        as_words, as_numbers = (
            wlnet(name, "truths.wlnet", file, *words) for file in ("a.csv", "b.csv")
        )
        assert as_words.status == as_numbers.status == 0
        assert as_words.out == as_numbers.out
    Path("c.csv").write_text(numbers.replace("0,2", "2,2"))
    said = wlnet("predict", "truths.wlnet", "c.csv")
    assert said.status == 1
    assert "this is not one of the labels" in said.err


def test_a_missing_truth_value_is_missing_among_0_and_1() -> None:
    net = _net(False, True, None)
    for column in (np.array([1.0, np.nan, 0.0]), np.array([1, None, 0], object)):
        assert label_column(net, "Output", column).tolist() == [True, None, False]
    assert label_column(_net(0, 1), "Output", np.array([1, 0])).tolist() == [1, 0]
