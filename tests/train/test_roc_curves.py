"""ROC curves and the areas under them, beside their definitions: pairs that are counted one by one,
and shares at each threshold."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.training_cases import classes, classifier
from wlnet.train.measurements import named


def area(scores: Any, members: Any) -> float:
    """Mann and Whitney 1947: in how many pairs the member has the larger score."""
    inside, outside = (
        [s for s, m in zip(scores, members, strict=True) if bool(m) is want]
        for want in (True, False)
    )
    if not inside or not outside:
        return math.nan
    won = sum((a > b) + (a == b) / 2 for a in inside for b in outside)
    return float(won / (len(inside) * len(outside)))


def shares(scores: Any, members: Any) -> list[tuple[float, float]]:
    """False and true positive rate at every threshold, from the highest."""
    found = [(0.0, 0.0)]
    for threshold in sorted(set(scores), reverse=True):
        said = np.array(scores) >= threshold
        found.append((said[~members].mean(), said[members].mean()))
    return found


@st.composite
def scored(draw: Any) -> tuple[Any, Any, int]:
    """Scores with many ties, true classes of which some may not occur, and a cut."""
    n, count = draw(st.integers(2, 4)), draw(st.integers(2, 14))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    scores = rng.integers(0, draw(st.integers(1, 12)) + 1, (count, n)) / 16
    return scores.astype(np.float32), rng.integers(0, n, count), draw(st.integers(1, count - 1))


def in_two(of: Any, outputs: Any, targets: Any, form: str, cut: int) -> Any:
    one = of.tally(outputs[:cut], targets[:cut], form)
    return of.value(one + of.tally(outputs[cut:], targets[cut:], form))


@settings(max_examples=100)
@given(drawn=scored())
def test_the_area_is_the_share_of_pairs_in_the_right_order(drawn: Any) -> None:
    scores, true, cut = drawn
    n = scores.shape[1]
    each = [area(scores[:, c], true == c) for c in range(n)]
    there = [value for value in each if not math.isnan(value)]

    def found(averaging: Any) -> Any:
        of = named("AreaUnderROCCurve", averaging=averaging)
        return in_two(of, scores, true + 1, "Index", cut)

    np.testing.assert_allclose(found(None), each, atol=1e-12)
    wanted = np.mean(there) if there else math.nan
    for averaging in ("Macro", wl.AUTOMATIC):
        np.testing.assert_allclose(found(averaging), wanted, atol=1e-12)
    micro = area(scores.ravel(), (true[:, None] == np.arange(n)).ravel())
    np.testing.assert_allclose(found("Micro"), micro, atol=1e-12)


@settings(max_examples=60)
@given(drawn=scored())
def test_of_two_states_the_area_is_that_of_true(drawn: Any) -> None:
    scores, true, cut = drawn
    of_true, targets = scores[:, 0], (true > 0).astype(np.float32)
    wanted = area(of_true, targets == 1)
    found = in_two(named("AreaUnderROCCurve"), of_true, targets, "Binary", cut)
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    both = in_two(named("AreaUnderROCCurve", averaging=None), of_true, targets, "Binary", cut)
    np.testing.assert_allclose(both, [wanted, wanted], atol=1e-12)


@settings(max_examples=100)
@given(drawn=scored())
def test_a_curve_goes_through_the_shares_at_every_threshold(drawn: Any) -> None:
    scores, true, cut = drawn
    curves = in_two(named("ROCCurve"), scores, true + 1, "Index", cut)
    assert len(curves) == scores.shape[1]
    for c, curve in enumerate(curves):
        assert not curve.flags.writeable
        members = true == c
        if members.all() or not members.any():
            assert curve.shape == (0, 2)
            continue
        points = shares(scores[:, c], members)
        assert curve[0].tolist() == [0, 0]
        assert curve[-1].tolist() == [1, 1]
        kept = set(map(tuple, curve.tolist()))
        assert kept <= set(points), "each point is one of a threshold"
        # What is left out lies on the line between the points around it.
        for x, y in points:
            ys = curve[curve[:, 0] == x, 1]
            low, high = (ys.min(), ys.max()) if len(ys) else (2, -1)
            line = np.interp(x, *np.unique(curve, axis=0).T)
            assert low - 1e-12 <= y <= high + 1e-12 or line == pytest.approx(y)
        assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(area(scores[:, c], members))


def test_one_curve_stands_for_two_states_and_for_all_classes_as_one() -> None:
    scores, bits = np.array([0.9, 0.5, 0.5, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])
    wanted = [[0, 0], [0, 0.5], [0.5, 1], [1, 1]]
    assert in_two(named("ROCCurve"), scores, bits, "Binary", 1).tolist() == wanted
    rows = np.stack([1 - scores, scores], axis=1)
    one = in_two(named("ROCCurve", averaging="Micro"), rows, bits.astype(int) + 1, "Index", 3)
    # What is between (0.5, 1) and (1, 1) is left out.
    assert one.tolist() == wanted


def test_scores_that_are_no_numbers_have_no_area() -> None:
    scores, bits = np.array([0.9, np.nan, 0.1]), np.array([1.0, 0.0, 0.0])
    assert math.isnan(in_two(named("AreaUnderROCCurve"), scores, bits, "Binary", 1))
    assert in_two(named("ROCCurve"), scores, bits, "Binary", 1).shape == (0, 2)


X, Y = classes(70)


def test_batches_rounds_and_sets_agree_with_one_big_batch() -> None:
    results = wl.net_train(
        classifier(),
        (X, Y),
        wl.ALL,
        batch_size=16,
        max_training_rounds=3,
        validation_set=(X, Y),
        training_progress_measurements=["AreaUnderROCCurve", "ROCCurve"],
        training_stopping_criterion={"Criterion": "AreaUnderROCCurve", "Patience": 9},
    )
    areas = results["ValidationMeasurementsLists"]["AreaUnderROCCurve"]
    best = results["BestValidationRound"]
    assert best == 1 + int(np.argmax(areas)), "more is better"
    net = results["TrainedNet"]
    probabilities = net(X, None)
    wanted = np.mean([area(probabilities[:, c], c == Y) for c in range(3)])
    assert areas[best - 1] == pytest.approx(wanted, abs=1e-12)
    assert wl.net_measurements(net, (X, Y), "AreaUnderROCCurve") == areas[best - 1]
    assert len(results["BatchMeasurementsLists"]["ROCCurve"]) == 15
    assert len(results["ValidationMeasurements"]["ROCCurve"]) == 3


def test_scores_are_held_once_and_not_again_with_every_batch() -> None:
    of, count, k = named("AreaUnderROCCurve"), 200, 10
    rng = np.random.default_rng(0)
    batches = [
        (rng.random((64, k), dtype=np.float32), rng.integers(1, k + 1, 64)) for _ in range(count)
    ]
    held = count * 64 * (k * 4 + 8)
    tracemalloc.start()
    try:
        total: Any = of.tally(*batches[0], "Index")
        for batch in batches[1:]:
            total = total + of.tally(*batch, "Index")
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1.1 * held
    assert peak < 2.5 * held
    assert len(total.held.runs) < 10, "runs are joined as they grow"
