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


def parts(value: Any) -> Any:
    """The curves of a measurement that has several, or itself."""
    return value if isinstance(value, tuple) else (value,)


def assert_alike(weighted: Any, repeated: Any, factor: float) -> None:
    """The same measurements, and losses that are divided by as many as are given."""
    for name, value in weighted.items():
        other = repeated[name]
        if isinstance(value, dict):
            assert_alike(value, other, factor)
        elif name.endswith("Loss"):
            np.testing.assert_allclose(value, other * factor, **FLOATS)
        else:
            for own, its in zip(*map(parts, (value, other)), strict=True):
                np.testing.assert_allclose(own, its, **FLOATS, err_msg=name)


@pytest.mark.parametrize("kind", NETS)
@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=N, max_size=N).filter(any))
def test_a_weight_is_how_often_an_example_is_measured(kind: str, weights: list[int]) -> None:
    rows = np.repeat(np.arange(N), weights)
    found = measured(kind, example_weights=weights)
    assert found.keys() == measured(kind).keys()
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
def test_every_tally_takes_weights(name: str) -> None:
    assert "weights" in inspect.signature(TABLE[name].tally).parameters


def distance(point: Any, curve: Any) -> float:
    """How far a point is from a curve: from the line between two of its points."""
    starts, along = curve[:-1], np.diff(curve, axis=0)
    places = ((point - starts) * along).sum(1) / (along**2).sum(1)
    nearest = starts + np.clip(places, 0, 1)[:, None] * along
    return float(np.sqrt(((point - nearest) ** 2).sum(1)).min())


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1), st.booleans())
def test_areas_and_curves_are_those_of_their_definition(n: int, seed: int, few: bool) -> None:
    """How often, by the products of weights, a member is before another; and the shares reached."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, n) / 4 if few else rng.random(n)
    members, weights = rng.random(n) < 0.5, rng.integers(0, 3, n) * rng.random(n)
    seen_members = members[weights > 0]
    has_both = seen_members.any() and not seen_members.all()
    net = wl.NetChain(["LogisticSigmoid"], input=())
    logits = np.log(np.clip(scores, 1e-9, 1 - 1e-9) / (1 - np.clip(scores, 1e-9, 1 - 1e-9)))
    if not (weights > 0).any():
        return
    area, curve = wl.net_measurements(
        net, (logits, members), ["AreaUnderROCCurve", "ROCCurve"], example_weights=weights,
        loss_function=wl.CrossEntropyLossLayer("Binary"), working_precision="Real64",
    )  # fmt: skip
    if not has_both:
        assert np.isnan(area)
        assert len(curve) == 0
        return
    seen = np.asarray(net(logits, working_precision="Real64"))
    before = (seen[:, None] > seen) + 0.5 * (seen[:, None] == seen)
    pairs = (weights * members)[:, None] * (weights * ~members)
    assert area == pytest.approx((before * pairs).sum() / pairs.sum(), rel=1e-9)
    assert area == pytest.approx(np.trapezoid(curve[:, 1], curve[:, 0]), rel=1e-9)
    for limit in np.unique(seen[weights > 0]):
        shares = [np.average(seen[of] >= limit, weights=weights[of]) for of in (~members, members)]
        assert distance(np.array(shares), curve) < 1e-9


def test_what_has_no_weights_is_told() -> None:
    weights = np.ones(N)
    for asked in (wl.NetPort("Output"), lambda p, t: 1.0):
        with pytest.raises(wl.OptionError, match="have no weights"):
            measured("labels", asked=asked, example_weights=weights)
        item = {"Measurement": asked, "Weighted": True, "Key": "own"}
        with pytest.raises(wl.OptionError, match="has no weights"):
            measured("labels", asked=item, example_weights=weights)
        plain = measured("labels", asked={**item, "Weighted": False}, example_weights=weights)
        assert plain == measured("labels", asked=asked)
    with pytest.raises(wl.OptionError, match="2 faults"):
        measured("labels", class_weights="balanced", example_weights=3)
    with pytest.raises(wl.WlnetError, match="below 0"):
        measured("labels", example_weights=-weights)


def test_who_wants_decisions_to_count_once_beside_weights_says_so() -> None:
    asked = [
        {"Measurement": "Accuracy", "Weighted": each, "Key": str(each)} for each in (0 > 1, 1 > 0)
    ]
    once, weighed = measured("labels", asked=asked, example_weights=np.arange(N))
    assert once == measured("labels", asked="Accuracy")
    assert weighed == measured("labels", asked="Accuracy", example_weights=np.arange(N))


WEIGHTED = {"Measurement": "ErrorRate", "Weighted": True, "Key": "weighted"}


def test_a_training_measures_by_weights_where_it_is_asked_to() -> None:
    """By those of classes and examples what it trains on, by those of examples what it validates:
    as its losses do."""
    net, own = wl.net_initialize(softmax, random_seeding=5), np.arange(N) / 3
    data = {"Input": X, "Output": NUMBERED, "W": own}
    usual = {"learning_rate": 1e-12, "max_training_rounds": 1, "batch_size": 3}
    asked = [WEIGHTED, {**WEIGHTED, "Measurement": "AreaUnderROCCurve", "Key": "area"}, "ErrorRate"]
    found = wl.net_train(
        net, data, wl.ALL, example_weights="W", class_weights={1: 9}, validation_set=data,
        training_progress_measurements=asked, **usual,
    )  # fmt: skip
    kinds = ("ErrorRate", "AreaUnderROCCurve")
    both = [wl.net_measurements(net, data, each, example_weights="W", class_weights={1: 9})
            for each in kinds]  # fmt: skip
    alone = [wl.net_measurements(net, data, each, example_weights="W") for each in kinds]
    once = wl.net_measurements(net, (X, NUMBERED), "ErrorRate")
    told = [found[f"{group}Measurements"] for group in ("Round", "Validation")]
    assert list(told[0].values()) == pytest.approx([*both, once])
    assert list(told[1].values()) == pytest.approx([*alone, once])
    assert both != alone


def test_a_batch_that_weighs_nothing_has_no_error_rate() -> None:
    net, own = wl.net_initialize(softmax, random_seeding=5), np.array([0.0] * (N - 1) + [1])
    found = wl.net_train(
        net, (X, NUMBERED), wl.ALL, example_weights=own, batch_size=1, max_training_rounds=1,
        training_progress_measurements=WEIGHTED,
    )  # fmt: skip
    by_batch = found["BatchMeasurementsLists"]["weighted"]
    assert sum(np.isnan(by_batch)) == N - 1
    assert found["RoundMeasurements"]["weighted"] in (0, 1)


def test_measurements_by_weights_need_weights() -> None:
    with pytest.raises(wl.OptionError, match="there are none"):
        wl.net_train(softmax, (X, NUMBERED), training_progress_measurements=WEIGHTED)
    for wrong in ("yes", 1, None):
        with pytest.raises(wl.OptionError, match="Weighted cannot be this"):
            measured("labels", asked={"Measurement": "Accuracy", "Weighted": wrong})


def test_a_weighted_error_rate_chooses_the_net_and_a_training_by_it_goes_on(tmp_path: Any) -> None:
    """Cut within a round, its sums of weights are kept; and a saved record asks the same again."""
    net, own = wl.net_initialize(softmax, random_seeding=5), np.arange(N) / 3
    file = tmp_path / "run.wlnet"
    options: dict[str, Any] = {
        "example_weights": own, "batch_size": 3, "max_training_rounds": 4, "learning_rate": 0.2,
        "training_progress_measurements": {"Measurement": "ErrorRate", "Weighted": True},
    }  # fmt: skip
    data = (X, NUMBERED)
    whole = wl.net_train(net, data, wl.ALL, validation_set=data, **options)
    lists = whole["ValidationMeasurementsLists"]["ErrorRate"]
    ranks = list(zip(lists, whole["ValidationLossList"], strict=True))
    assert whole["BestValidationRound"] == 1 + min(range(4), key=ranks.__getitem__)

    def stop(state: Any) -> str | None:
        return "StopTraining" if state["AbsoluteBatch"] == 5 else None

    wl.net_train(
        net, data, validation_set=data, **options,
        training_progress_checkpointing=("File", str(file), {"Interval": (1, "Batches")}),
        training_progress_function=(stop, {"Interval": (1, "Batches")}),
    )  # fmt: skip
    again = {"validation_set": data, "example_weights": own, "training_progress_function": None}
    resumed = wl.net_resume(file, data, **again)
    assert resumed["RoundMeasurementsLists"] == whole["RoundMeasurementsLists"]
    assert resumed["ValidationMeasurementsLists"] == whole["ValidationMeasurementsLists"]


def test_a_training_measures_each_decision_once() -> None:
    """Whatever its losses weigh, unless it is asked to: so its error rates are those of a training
    without weights."""
    asked = {"training_progress_measurements": ["ErrorRate"], "max_training_rounds": 1}
    usual = {"learning_rate": 1e-12, "validation_set": (X, NUMBERED), **asked}
    names = ["RoundMeasurements", "ValidationMeasurements"]
    net = wl.net_initialize(softmax)
    plain = wl.net_train(net, (X, NUMBERED), names, **usual)
    assert wl.net_train(net, (X, NUMBERED), names, class_weights={1: 9}, **usual) == plain
