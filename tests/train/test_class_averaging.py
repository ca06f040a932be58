"""Scores of one class against the rest, averaged over classes in each way there is."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.definitions_of_measurements import BY_CLASS, counts
from tests.training_cases import classes, classifier
from wlnet.train.measurements import TABLE, named

OF_ONE = {name: score.of_one for name, score in BY_CLASS.items() if hasattr(score, "of_one")}
"""A score of one class, from its true and false positives and negatives."""


def by_definition(name: str, p: list[int], t: list[int], n: int, averaging: str | None) -> Any:
    each = [OF_ONE[name](*counts(p, t, c)) for c in range(n)]
    occurs = [c for c in range(n) if c in p or c in t]
    if averaging is None:
        return np.array(each, float)
    if averaging == "Macro":
        return np.mean([each[c] for c in occurs])
    return OF_ONE[name](*np.sum([counts(p, t, c) for c in occurs], axis=0))


@st.composite
def decisions(draw: Any) -> tuple[list[int], list[int], int, int]:
    """Predictions, targets, how many classes there are (some may not occur), and a cut."""
    n, count = draw(st.integers(2, 5)), draw(st.integers(2, 12))
    column = st.lists(st.integers(0, n - 1), min_size=count, max_size=count)
    return draw(column), draw(column), n, draw(st.integers(1, count - 1))


def in_two(of: Any, outputs: Any, targets: Any, form: str, cut: int) -> Any:
    one = of.tally(outputs[:cut], targets[:cut], form)
    return of.value(one + of.tally(outputs[cut:], targets[cut:], form))


@settings(max_examples=40)
@given(drawn=decisions())
@pytest.mark.parametrize("averaging", ["Micro", "Macro", None])
@pytest.mark.parametrize("name", OF_ONE)
def test_an_average_over_classes_is_its_definition(name: str, averaging: Any, drawn: Any) -> None:
    p, t, n, cut = drawn
    of = named(name, averaging=averaging)
    wanted = by_definition(name, p, t, n, averaging)
    outputs = np.eye(n, dtype=np.float32)[p]
    np.testing.assert_allclose(
        in_two(of, outputs, np.array(t) + 1, "Index", cut), wanted, atol=1e-12
    )
    if n == 2:
        of_true, targets = np.array(p, np.float32), np.array(t, np.float32)
        np.testing.assert_allclose(in_two(of, of_true, targets, "Binary", cut), wanted, atol=1e-12)


def test_every_score_of_one_class_is_tried_here() -> None:
    beyond = {"AreaUnderROCCurve", "ROCCurve", "ROCCurvePlot"}
    assert set(OF_ONE) | beyond == {name for name, row in TABLE.items() if row.averaged}


@settings(max_examples=60)
@given(drawn=decisions(), beta=st.sampled_from([0.5, 1, 2, 10]))
def test_an_f_score_weighs_recall_by_the_square_of_beta(drawn: Any, beta: float) -> None:
    p, t, n, cut = drawn

    def score(c: int) -> float:
        tp, fp, fn, _ = counts(p, t, c)
        if not tp:
            return 0.0
        precision, recall = tp / (tp + fp), tp / (tp + fn)
        return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)

    occurs = [c for c in range(n) if c in p or c in t]
    found = in_two(named("FScore", beta), np.eye(n)[p], np.array(t) + 1, "Index", cut)
    assert found == pytest.approx(np.mean([score(c) for c in occurs]), abs=1e-12)


LAWS = {
    "Precision": "FalseDiscoveryRate",
    "Recall": "FalseNegativeRate",
    "Specificity": "FalsePositiveRate",
    "NegativePredictiveValue": "FalseOmissionRate",
}


@given(drawn=decisions())
@pytest.mark.parametrize("name", LAWS)
def test_a_rate_and_its_converse_are_1_where_there_is_anything(name: str, drawn: Any) -> None:
    p, t, n, cut = drawn

    def found(of: str) -> Any:
        return in_two(named(of, averaging=None), np.eye(n)[p], np.array(t) + 1, "Index", cut)

    both = found(name) + found(LAWS[name])
    assert ((abs(both - 1) < 1e-12) | (both == 0)).all()


@given(drawn=decisions())
def test_the_four_numbers_of_a_class_are_all_decisions(drawn: Any) -> None:
    p, t, n, cut = drawn
    four = ("TruePositive", "FalsePositive", "FalseNegative", "TrueNegative")
    found = [
        in_two(named(f"{each}Number", averaging=None), np.eye(n)[p], np.array(t) + 1, "Index", cut)
        for each in four
    ]
    assert (sum(found) == len(t)).all()


# As they are asked for.

X, Y = classes(70)
NET = wl.net_initialize(classifier())


def test_a_dict_says_how_classes_are_averaged() -> None:
    def asked(averaging: Any) -> dict[str, Any]:
        return {"Measurement": "Precision", "ClassAveraging": averaging}

    usual = wl.net_measurements(NET, (X, Y + 1), "Precision")
    assert wl.net_measurements(NET, (X, Y + 1), asked("Macro")) == usual
    each = wl.net_measurements(NET, (X, Y + 1), asked(None))
    assert each.shape == (3,)
    assert not each.flags.writeable
    micro = wl.net_measurements(NET, (X, Y + 1), asked("Micro"))
    assert micro == wl.net_measurements(NET, (X, Y + 1), "Accuracy")


def test_a_record_has_a_row_of_classes_for_each_round() -> None:
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        batch_size=32,
        max_training_rounds=2,
        validation_set=(X, Y),
        training_progress_measurements=[
            "Recall",
            {"Measurement": "Recall", "ClassAveraging": None, "Key": "by class"},
        ],
    )
    for kind, count in (("Batch", 6), ("Round", 2), ("Validation", 2)):
        lists = results[f"{kind}MeasurementsLists"]
        rows = np.array(lists["by class"])
        assert rows.shape == (count, 3)
        np.testing.assert_allclose(
            rows[-1].mean() if kind != "Batch" else 0, lists["Recall"][-1] * (kind != "Batch")
        )


def test_arrays_of_a_record_are_read_only_in_copies_too() -> None:
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        max_training_rounds=1,
        validation_set=(X, Y),
        training_progress_measurements=[
            "ROCCurve",
            {"Measurement": "Recall", "ClassAveraging": None},
        ],
    )
    for record in (results, pickle.loads(pickle.dumps(results)), copy.deepcopy(results)):
        for kind in ("Batch", "Round", "Validation"):
            found = record[f"{kind}Measurements"]
            for array in (found["Recall"], *found["ROCCurve"]):
                assert not array.flags.writeable
