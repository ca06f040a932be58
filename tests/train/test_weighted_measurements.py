"""Measurements with weights: as if each example, or decision, were there as often as it weighs."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.weighted_kinds import (
    BITS,
    KINDS,
    LABELS,
    SEQUENCES,
    TOKENS,
    N,
    X,
    Y,
    absolute,
    logistic,
    numbers_of_loss,
    softmax,
)
from wlnet.train.measurements import TABLE

NUMBERED = LABELS + 1
NETS: dict[str, tuple[Any, dict[str, Any]]] = {
    "labels": (softmax, {"Input": X, "Output": NUMBERED}),
    "two states": (logistic, {"Input": X, "Output": BITS}),
    "squares": (KINDS["squares"].net, {"Input": X, "Output": Y}),
    "two outputs": (KINDS["two outputs"].net, {"Input": X, "Kind": NUMBERED, "Size": Y[:, :1]}),
    "sequences": (KINDS["sequences of classes"].net, {"Input": SEQUENCES, "Output": TOKENS}),
    "boxes": (
        wl.NetChain([4], input=3),
        {"Input": X, "Output": np.random.default_rng(8).random((N, 4))},
    ),
}
FLOATS = {"rtol": 1e-9, "atol": 1e-12}


def measured(kind: str, rows: Any = None, asked: Any = wl.ALL, **options: Any) -> Any:
    net, data = NETS[kind]
    some = {name: column[rows] for name, column in data.items()} if rows is not None else data
    net = wl.net_initialize(net, random_seeding=5)
    return wl.net_measurements(net, some, asked, working_precision="Real64", **options)


def assert_alike(weighted: Any, repeated: Any, factor: float) -> None:
    """The same measurements, and losses that are divided by as many as are given."""
    for name, value in weighted.items():
        other = repeated[name]
        if isinstance(value, dict):
            assert_alike(value, other, factor)
        elif name.endswith("Loss"):
            np.testing.assert_allclose(value, other * factor, **FLOATS)
        else:
            np.testing.assert_allclose(value, other, **FLOATS, err_msg=name)


@pytest.mark.parametrize("kind", NETS)
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=N, max_size=N).filter(any))
def test_a_weight_is_how_often_an_example_is_measured(kind: str, weights: list[int]) -> None:
    rows = np.repeat(np.arange(N), weights)
    found = measured(kind, example_weights=weights)
    forms = {name for name in measured(kind) if name in TABLE}
    assert forms - found.keys() <= {"ROCCurve", "AreaUnderROCCurve"}
    assert_alike(found, measured(kind, rows), len(rows) / N)


def test_a_class_weighs_its_decisions() -> None:
    """Accuracy by "Balanced" is the balanced accuracy: each class counts the same."""
    for kind in ("labels", "two states", "sequences"):
        balanced = measured(kind, asked="Accuracy", class_weights="Balanced")
        assert balanced == pytest.approx(measured(kind, asked="BalancedAccuracy"))
    said = measured("labels", asked="ErrorRate", class_weights={2: 0, 1: 3})
    weights = np.choose(LABELS, [3, 0, 1])
    assert said == pytest.approx(measured("labels", asked="ErrorRate", example_weights=weights))
    one = measured("two outputs", asked=["ErrorRate", "MeanSquare"], class_weights={"Kind": {1: 5}})
    plain = measured("two outputs", asked=["ErrorRate", "MeanSquare"])
    assert one[1] == plain[1]
    assert one[0] != plain[0]


def test_only_what_weights_are_beside_one_another_counts() -> None:
    weights = np.array([0.3, 2, 1, 0.1, 0.7, 1, 0, 0.2])
    asked = ["CohenKappa", "ScottPi", "MatthewsCorrelationCoefficient", "F1Score", "Entropy"]
    found, smaller = (
        measured("labels", asked=asked, example_weights=own) for own in (weights, weights / 700)
    )
    np.testing.assert_allclose(found, smaller, rtol=1e-9)


def test_targets_that_never_vary_where_they_count_are_explained_or_not() -> None:
    """To the last figure: one far away that counts nothing leaves no rounding behind."""
    net = wl.LinearLayer(1, weights=[[0.0]], biases=[0.25], input=1)
    targets = np.array([[1e9], [0.1], [0.1], [0.1]])
    options: dict[str, Any] = {"example_weights": [0, 0.3, 0.7, 0.1], "working_precision": "Real64"}
    data = np.ones((4, 1)), targets
    assert wl.net_measurements(net, data, "RSquared", **options) == 0.0


def test_a_loss_of_several_numbers_has_one_weight_an_example() -> None:
    net = wl.net_initialize(KINDS["squares"].net)
    weights = np.linspace(0, 2, N)
    options: dict[str, Any] = {"example_weights": weights, "working_precision": "Real64"}
    asked = ["MeanSquare", "Loss"]
    square, loss = wl.net_measurements(net, (X, Y), asked, loss_function=absolute(), **options)
    missed = net(X, working_precision="Real64") - Y
    assert square == pytest.approx(np.average((missed**2).mean(1), weights=weights), rel=1e-6)
    assert loss == pytest.approx((np.abs(missed).sum(1) * weights).mean(), rel=1e-6)


def test_an_example_weighs_all_its_decisions_alike_however_many_numbers_its_loss_has() -> None:
    """Whether the numbers of the loss are fewer than the decisions, as many, or more."""
    kind = KINDS["more states than losses"]
    asked = ["Accuracy", "Entropy", "ConfusionMatrix", "CohenKappa"]
    net = wl.net_initialize(kind.net, random_seeding=2)
    options: dict[str, Any] = {"example_weights": np.arange(N), "working_precision": "Real64"}
    plain = wl.net_measurements(net, kind.data, asked, **options)
    for count in (1, 2, 3, 5):
        loss = numbers_of_loss(count)
        found = wl.net_measurements(net, kind.data, asked, loss_function=loss, **options)
        assert str(found) == str(plain)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_says_whether_its_tally_takes_weights(name: str) -> None:
    row = TABLE[name]
    assert row.weighs == ("weights" in inspect.signature(row.tally).parameters)


def test_what_has_no_weights_is_told() -> None:
    weights = np.ones(N)
    for asked in ("ROCCurve", "AreaUnderROCCurve", wl.NetPort("Output"), lambda p, t: 1.0):
        with pytest.raises(wl.OptionError, match="have no weights"):
            measured("labels", asked=asked, example_weights=weights)
    with pytest.raises(wl.OptionError, match="2 faults"):
        measured("labels", class_weights="balanced", example_weights=3)
    with pytest.raises(wl.WlnetError, match="below 0"):
        measured("labels", example_weights=-weights)


def test_a_training_measures_each_decision_once() -> None:
    """Whatever its losses weigh: so its error rates are those of a training without weights."""
    asked = {"training_progress_measurements": ["ErrorRate"], "max_training_rounds": 1}
    usual = {"learning_rate": 1e-12, "validation_set": (X, NUMBERED), **asked}
    names = ["RoundMeasurements", "ValidationMeasurements"]
    net = wl.net_initialize(softmax)
    plain = wl.net_train(net, (X, NUMBERED), names, **usual)
    assert wl.net_train(net, (X, NUMBERED), names, class_weights={1: 9}, **usual) == plain
