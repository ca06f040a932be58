"""Schedules by name beside their formulas, the warm-up, functions, and who looks at the end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlnet.core.errors import OptionError
from wlnet.methods import SGD, Adam, as_schedule, factor
from wlnet.methods.named_schedules import NAMED, WARMUP
from wlnet.methods.schedules import factors, looks_at_total, takes_rate

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "Constant": [{}],
    "Polynomial": [{}],
    "Linear": [{}, {"Final": 0.25}, {"Final": 1}],
    "Cosine": [{}, {"Final": 0.1}],
    "OneCycle": [{}, {"Rise": 0.5, "Initial": 0.1, "Final": 0}],
    "Steps": [{}, {"At": [3, 0.75], "Factor": 0.5}, {"At": (2, 5)}],
    "Exponential": [{}, {"Final": 0.5}, {"Decay": 0.9}],
}
"""Every schedule with some of its options."""
CASES = [(name, options) for name, some in EXAMPLES.items() for options in some]
each_case = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
named = st.sampled_from(CASES)


def formula(name: str, k: int, total: int, o: dict[str, Any]) -> float:
    """The factor as it is written on paper, of update k = 0, 1, ... out of `total`."""
    x = k / total

    def wave(share: float) -> float:
        return (1 + math.cos(math.pi * share)) / 2

    if name == "Constant":
        return 1.0
    if name == "Polynomial":
        return math.sqrt(1 - (k + 1) / (total + 1))
    if name == "Linear":
        return (1 - x) + o.get("Final", 0) * x
    if name == "Cosine":
        return o.get("Final", 0) * (1 - wave(x)) + wave(x)
    if name == "OneCycle":
        rise, low, end = o.get("Rise", 0.3), o.get("Initial", 0.04), o.get("Final", 4e-6)
        if x < rise:
            return low * wave(x / rise) + (1 - wave(x / rise))
        gone = (x - rise) / (1 - rise)
        return end * (1 - wave(gone)) + wave(gone)
    if name == "Steps":
        at = [p if isinstance(p, int) else round(p * total) for p in o.get("At", (0.5, 0.75))]
        return o.get("Factor", 0.1) ** sum(k >= place for place in at)
    assert name == "Exponential"
    return o["Decay"] ** k if "Decay" in o else o.get("Final", 0.01) ** x


def test_every_schedule_has_its_formula_here() -> None:
    assert set(EXAMPLES) == set(NAMED)
    for name, row in NAMED.items():
        assert set(row.options) <= {option for some in EXAMPLES[name] for option in some}


@each_case
@pytest.mark.parametrize("total", [1, 7, 100])
def test_a_named_schedule_is_its_formula(name: str, options: dict[str, Any], total: int) -> None:
    found = [factor((name, options), t, total) for t in range(1, total + 1)]
    wanted = [formula(name, k, total, options) for k in range(total)]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)
    assert min(found) > 0, "no update is lost"
    assert max(found) <= 1


@each_case
@pytest.mark.parametrize(("warmup", "count"), [(4, 4), (1, 1), (0.2, 4), (0.001, 0), (50, 50)])
def test_a_warm_up_rises_evenly_to_the_first_factor_and_the_schedule_follows_it(
    name: str, options: dict[str, Any], warmup: float, count: int
) -> None:
    total = 20
    schedule = (name, {**options, "Warmup": warmup})
    found = [factor(schedule, t, total) for t in range(1, total + 1)]
    left = max(total - count, 1)
    rising = [formula(name, 0, left, options) * (k + 1) / (count + 1) for k in range(count)]
    wanted = [*rising, *(formula(name, k, left, options) for k in range(left))][:total]
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)


@given(named, st.integers(1, 60), st.sampled_from([None, 0.3, 5]), st.data())
def test_bits_do_not_depend_on_which_updates_are_asked_for_together(
    case: tuple[str, dict[str, Any]], total: int, warmup: float | None, data: st.DataObject
) -> None:
    name, options = case
    schedule = as_schedule((name, options if warmup is None else {**options, "Warmup": warmup}))
    steps = np.arange(1, total + 1)
    whole = factors(schedule, steps, total)
    first = data.draw(st.integers(0, total - 1))
    last = data.draw(st.integers(first + 1, total))
    assert factors(schedule, steps[first:last], total).tobytes() == whole[first:last].tobytes()
    assert factor(schedule, first + 1, total) == whole[first]


@each_case
@given(st.integers(1, 50), st.integers(51, 2**62), st.sampled_from([None, 5, 0.5]))
def test_what_does_not_look_at_the_total_is_the_same_for_every_total(
    name: str, options: dict[str, Any], one: int, other: int, warmup: float | None
) -> None:
    schedule = as_schedule((name, options if warmup is None else {**options, "Warmup": warmup}))
    steps = np.arange(1, 80)
    same = factors(schedule, steps, one).tobytes() == factors(schedule, steps, other).tobytes()
    assert same or looks_at_total(schedule)


def test_which_schedules_look_at_the_total() -> None:
    alone: tuple[Any, ...] = (
        None,
        "Constant",
        ("Constant", {"Warmup": 10}),
        ("Exponential", {"Decay": 0.9}),
        ("Steps", {"At": [10, 20]}),
        ("Steps", {"At": [10, 20], "Warmup": 3}),
    )
    looking: tuple[Any, ...] = (
        "Polynomial", "Linear", "Cosine", "OneCycle", "Steps", "Exponential",
        ("Constant", {"Warmup": 0.1}), ("Exponential", {"Decay": 0.9, "Warmup": 0.1}),
        ("Steps", {"At": [10, 0.5]}), lambda t, T: 1.0,
    )  # fmt: skip
    assert not any(Adam(learning_rate_schedule=schedule).looks_at_total for schedule in alone)
    assert all(Adam(learning_rate_schedule=schedule).looks_at_total for schedule in looking)
    assert SGD().looks_at_total


@each_case
def test_past_the_end_what_looks_at_it_stays(name: str, options: dict[str, Any]) -> None:
    schedule = as_schedule((name, options))
    if looks_at_total(schedule):
        assert factor(schedule, 99, 9) == factor(schedule, 9, 9)


def test_a_schedule_of_a_dict_or_of_pairs_is_one_value_that_nobody_can_change() -> None:
    options = {"Warmup": 0.1, "Final": 0.5}
    method = Adam(learning_rate_schedule=("Cosine", options))
    same = Adam(learning_rate_schedule=["Cosine", [["Warmup", 0.1], ("Final", 0.5)]])
    options.clear()
    assert method == same
    assert hash(method) == hash(same)
    assert method.options()["LearningRateSchedule"] == ("Cosine", {"Warmup": 0.1, "Final": 0.5})
    assert as_schedule(("Cosine", {})) == as_schedule("Cosine") == "Cosine"


@pytest.mark.parametrize("name", NAMED)
def test_an_option_may_be_given_its_default_and_is_none_then(name: str) -> None:
    known = {**NAMED[name].options, "Warmup": WARMUP}
    for option, row in known.items():
        assert as_schedule((name, {option: row.default})) == name
    assert as_schedule((name, {"Warmup": 0.0})) == as_schedule((name, {"Warmup": 0})) == name
    assert Adam(learning_rate_schedule=(name, {"Warmup": 0})) == Adam(learning_rate_schedule=name)


def test_an_exponential_schedule_without_a_decay_falls_to_its_final_factor() -> None:
    given = as_schedule(("Exponential", {"Final": 0.5, "Decay": None}))
    assert given == as_schedule(("Exponential", {"Final": 0.5}))
    assert factor(given, 5, 8) == pytest.approx(0.5**0.5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("cosine", r"no schedule has this name[\s\S]*did you mean 'Cosine'"),
        (("Cosine", {"Warmpu": 0.1}), r"'Warmpu'[\s\S]*known: +Final, Warmup[\s\S]*'Warmup'"),
        (("Cosine", {"Warmup": 1.0}), r"'Warmup'[\s\S]*given: +1.0[\s\S]*between 0 and 1, or how"),
        (("Cosine", {"Warmup": False}), r"'Warmup'[\s\S]*or 0, for none"),
        (("Cosine", {"Warmup": None}), "'Warmup'"),
        (("Cosine", {"Warmup": -1}), "'Warmup'"),
        (("Cosine", {"Warmup": True}), "'Warmup'"),
        (("Cosine", {"Warmup": math.nan}), "'Warmup'"),
        (("Cosine", {"Final": -0.1}), r"'Final'[\s\S]*from 0 up to 1"),
        (("Steps", {"At": []}), "'At'"),
        (("Steps", {"At": [0.5, 1.5]}), "'At'"),
        (("Steps", {"At": 0.5}), "'At'"),
        (("Steps", {"Factor": 0}), "'Factor'"),
        (("OneCycle", {"Rise": 1}), "'Rise'"),
        (("Exponential", {"Decay": 1.5}), "'Decay'"),
        (("Exponential", {"Decay": "fast"}), r"'Decay'[\s\S]*or None"),
        (("Exponential", {"Decay": 0.5, "Final": 0.01}), "both were given"),
        (("Exponential", {"Decay": 0.5, "Final": 0.1}), r"both were given[\s\S]*leave out 'Final'"),
        (("Polynomial", {"Final": 0.1}), "has no such option"),
        (("Cosine", 0.1), r"no options of a schedule[\s\S]*\(\"Cosine\", \{\"Warmup\": 0.1\}\)"),
        (("Cosine", [0.1]), "no options of a schedule"),
        ((lambda t, T: 1, {"Warmup": 0.1}), "not a schedule"),
        (("Cosine", {}, {}), "not a schedule"),
        ((), "not a schedule"),
    ],
)
def test_what_is_no_schedule_is_refused_with_what_there_is(given: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        as_schedule(given)


def test_all_faults_of_a_schedule_are_told_at_once() -> None:
    wrong = {"Warmup": 2.5, "Final": 9, "Decay": 2, "Step": 1}
    with pytest.raises(OptionError) as caught:
        Adam(learning_rate=-1, learning_rate_schedule=("Exponential", wrong))
    assert str(caught.value).startswith("6 faults")


def test_a_function_that_cannot_do_without_a_third_argument_is_given_the_learning_rate() -> None:
    seen: list[Any] = []

    def asks(t: int, total: int, rate: float) -> float:
        seen.append((t, total, rate))
        return 0.5

    assert Adam(learning_rate=0.25, learning_rate_schedule=asks).factor(3, 8) == 0.5
    assert factors(asks, np.array([1, 9]), 4, 0.125).tolist() == [0.5, 0.5]
    assert seen == [(2, 8, 0.25), (0, 4, 0.125), (3, 4, 0.125)]


def test_a_third_argument_with_a_default_is_the_users_own() -> None:
    assert not takes_rate(lambda t, T, power=2: (1 - t / T) ** power)
    assert not takes_rate(lambda *given: 1.0)
    assert not takes_rate(min)
    assert factor(lambda t, T, power=2: (1 - t / T) ** power, 3, 4) == 0.25
