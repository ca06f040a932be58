"""What layers say of their numbers and targets, by which losses are chosen, is so."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

import wlnet as wl
from tests.bench import EXAMPLES, Case
from wlnet.layers.declaring.layer import LAYERS, Gives, TargetForm
from wlnet.train.losses import asked_form, loss_terms

WITH_ONE_INPUT = [case for case in EXAMPLES if len(case.shapes) == 1]
every_case = pytest.mark.parametrize("case", EXAMPLES, ids=str)


def numbers(case: Case, low: float, high: float) -> tuple[Any, Any]:
    """What goes into a layer of one input, and what comes out."""
    (column,) = case.data().values()
    if column.dtype.kind == "f":
        column = np.random.default_rng(5).uniform(low, high, column.shape).astype(np.float32)
    return column, case.net(column)


@every_case
def test_the_words_are_those_there_are(case: Case) -> None:
    layer = case.layer
    assert layer.gives in (None, *get_args(Gives))
    assert layer.asks_for in get_args(TargetForm)
    assert layer.target_form in (None, *get_args(TargetForm))


def made(case: Case) -> Any:
    low, high = case.span
    return numbers(case, max(low, -9), min(high, 9))[1]


@pytest.mark.parametrize(
    "case",
    [case for case in WITH_ONE_INPUT if case.layer.gives in ("Chances", "Distribution")],
    ids=str,
)
def test_what_gives_probabilities_gives_them(case: Case) -> None:
    found = made(case)
    assert found.min() >= 0 and found.max() <= 1
    sums = [found.sum(axis) for axis in range(1, found.ndim)]
    assert any(np.allclose(total, 1) for total in sums) == (case.layer.gives == "Distribution")


REALS = {
    (case.layer.kind, case.layer.gain_function)
    for case in WITH_ONE_INPUT
    if case.layer.gives == "Reals"
}


@pytest.mark.parametrize("which", sorted(REALS, key=str), ids=str)
def test_what_gives_reals_gives_some_that_are_no_probabilities(which: Any) -> None:
    cases = [
        case for case in WITH_ONE_INPUT if (case.layer.kind, case.layer.gain_function) == which
    ]
    assert any(found.min() < 0 or found.max() > 1 for found in map(made, cases))


@pytest.mark.parametrize("case", [case for case in WITH_ONE_INPUT if case.layer.is_view], ids=str)
def test_behind_a_view_numbers_are_what_they_were(case: Case) -> None:
    given, found = numbers(case, 1, 2)
    assert np.isin(found, given).all()


@every_case
def test_a_loss_is_a_number_an_example_and_alone_has_targets_of_its_own(case: Case) -> None:
    layer = case.layer
    if layer.is_loss:
        assert {"Input", "Target"} <= set(layer.input_names)
        (shape,) = wl.information(case.bare, "OutputPorts").values()
        assert shape == ()
    assert layer.is_loss or layer.target_form is None


def test_the_loss_of_an_output_is_that_which_its_last_layer_asks_for() -> None:
    found = {kind: LAYERS[kind].asks_for for kind in LAYERS if kind.startswith("Softmax")}
    assert found == {"SoftmaxLayer": "Index"}
    for function in ("LogisticSigmoid", "HardSigmoid", "Tanh", lambda x: x * x):
        layer = wl.ElementwiseLayer(function)
        assert layer.asks_for == ("Binary" if function == "LogisticSigmoid" else "Square")
    for last, form, kind in (
        (wl.SoftmaxLayer(), "Index", "CrossEntropyLossLayer"),
        ("LogisticSigmoid", "Binary", "CrossEntropyLossLayer"),
        ("Tanh", "Square", "MeanSquaredLossLayer"),
        (3, "Square", "MeanSquaredLossLayer"),
    ):
        net = wl.NetChain([wl.NetChain([3, last])], input=2)
        assert asked_form(net, "Output") == form
        (term,) = loss_terms(net, wl.AUTOMATIC)
        assert term.loss is not None and term.loss.kind == kind


def test_an_output_that_a_loss_makes_is_minimised_as_it_is() -> None:
    net = wl.NetGraph([wl.MeanAbsoluteLossLayer()], [(1, wl.NetPort("Far"))], input=2, target=2)
    assert asked_form(net, "Far") is None
    (term,) = loss_terms(net, wl.AUTOMATIC)
    assert term.loss is None


@pytest.mark.parametrize("function", ["Ramp", "LogisticSigmoid", "Tanh"])
def test_first_weights_are_drawn_by_the_function_that_says_so(function: str) -> None:
    assert wl.ElementwiseLayer(function).gain_function == function
    assert wl.SoftmaxLayer().gain_function is None
