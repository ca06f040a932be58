"""What is read off the losses of a range test."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wlnet.results.learning_rate_range import LearningRateRange, Rise, risen_at, running_means

LOSSES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)
SMOOTHING = st.sampled_from([0.0, 0.5, 0.9, 0.98])


@given(LOSSES, SMOOTHING)
def test_a_running_mean_is_the_mean_by_weights_that_fall(losses: list[float], s: float) -> None:
    for count, mean in enumerate(running_means(np.array(losses), s), 1):
        weights = [s ** (count - 1 - i) for i in range(count)]
        exact = math.fsum(w * x for w, x in zip(weights, losses, strict=False)) / math.fsum(weights)
        scale = max(map(abs, losses[:count]))
        assert mean == pytest.approx(exact, rel=1e-9, abs=1e-9 * scale)


@given(LOSSES, SMOOTHING, st.floats(0.1, 10))
def test_risen_is_above_the_lowest_by_more_than_the_first_or_it(
    losses: list[float], s: float, rise: float
) -> None:
    means = running_means(np.array(losses), s).tolist()
    expected = None
    for step, mean in enumerate(means):
        lowest = min(means[: step + 1])
        if mean - lowest > rise * max(abs(lowest), abs(means[0])):
            expected = step
            break
    assert risen_at(np.array(losses), s, rise) == expected


@given(LOSSES, SMOOTHING)
def test_the_suggestion_is_a_tenth_of_the_rate_at_the_lowest_mean(
    losses: list[float], s: float
) -> None:
    rates = np.geomspace(1e-6, 1, 30)[: len(losses)]
    seen = LearningRateRange(rates, np.array(losses), s, "Highest")
    means = running_means(np.array(losses), s).tolist()
    lowest = means.index(min(means))
    if lowest == 0:
        assert seen.minimum is seen.steepest is seen.suggestion is None
        return
    assert seen.minimum == rates[lowest]
    assert seen.suggestion == rates[lowest] / 10
    window = min(max(len(losses) // 10, 1), lowest)
    falls = [means[i + window] - means[i] for i in range(lowest + 1 - window)]
    first = falls.index(min(falls))
    assert seen.steepest == pytest.approx(math.sqrt(rates[first] * rates[first + window]))
    assert seen.steepest <= seen.minimum
    # Nobody knows the minimum of a curve that ends before it.
    is_last = lowest == len(losses) - 1
    for reason, falls in (("Highest", is_last), ("Risen", False), ("NotFinite", False)):
        ended = LearningRateRange(rates, np.array(losses), s, reason)
        assert ended.still_falls is falls
        assert ("or more: the loss still falls" in repr(ended)) is falls
        assert ended.suggestion == seen.suggestion


@given(st.lists(LOSSES, max_size=5), SMOOTHING, st.floats(0.1, 10))
def test_losses_that_come_some_at_a_time_have_risen_where_all_at_once_have(
    parts: list[list[float]], s: float, rise: float
) -> None:
    found, seen = Rise(s, rise), []
    for part in parts:
        found.go_on(part)
        seen += part
        assert found.count == len(seen)
        assert found.at == risen_at(np.array(seen), s, rise)


@given(LOSSES)
def test_what_was_seen_is_a_value(losses: list[float]) -> None:
    assume(len(losses) > 1)
    rates = np.geomspace(1e-6, 1, len(losses))
    seen = LearningRateRange(rates, np.array(losses), 0.9, "Highest")
    for again in (pickle.loads(pickle.dumps(seen)), copy.deepcopy(seen), copy.copy(seen)):
        assert again == seen
        assert hash(again) == hash(seen)
        assert not any(a.flags.writeable for a in (again.rates, again.losses, again.smoothed))
    assert seen != LearningRateRange(rates, np.array(losses) + 1e7, 0.9, "Highest")
    assert seen != 3
    rates[0] = 5
    assert seen.rates[0] != 5
    with pytest.raises(AttributeError):
        seen.reason = "no"  # type: ignore[misc]
