"""Phases: what they may be, and that they are values."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.core.scalars import MOST

FREEZE = {-1: 1, wl.ANY: None}


def test_the_rules_of_a_round_are_those_of_the_last_phase_that_has_begun() -> None:
    phases = wl.Phases({4: 0.5, 1: FREEZE, 7: None})
    assert list(phases) == [1, 4, 7]
    assert [phases.at(n) for n in (1, 3, 4, 6, 7, 99)] == [FREEZE, FREEZE, 0.5, 0.5, None, None]
    assert phases == {1: FREEZE, 4: 0.5, 7: None} and len(phases) == 3


def test_phases_are_values() -> None:
    rules = dict(FREEZE)
    phases = wl.Phases({1: rules, 2: [(1, 2)]})
    rules[-1] = 9
    phases[1][-1] = 9
    phases[2].append((2, 2))
    assert phases == wl.Phases({1: FREEZE, 2: [(1, 2)]})
    assert hash(phases) == hash(wl.Phases({1: FREEZE, 2: [(1, 2)]}))
    assert copy.deepcopy(phases) == pickle.loads(pickle.dumps(phases)) == phases
    assert repr(wl.Phases({1: None, 3: {"a": 1}})) == "Phases({1: None, 3: {'a': 1}})"
    with pytest.raises(AttributeError, match="never change"):
        phases._rules = {}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "phases are rules by the round"),
        ([(1, 2)], "phases are rules by the round"),
        ({0: 1}, "a phase begins with a round"),
        ({1: 1, -2: 1}, "a phase begins with a round"),
        ({1: 1, 2.5: 1}, "a phase begins with a round"),
        ({1: 1, "two": 1}, "a phase begins with a round"),
        ({1: 1, 10**20: 2}, f"an integer, 1 to {MOST:,}"),
        ({True: 1}, "a phase begins with a round"),
        ({5: 1}, r"nothing is said of round 1(.|\n)*Phases\(\{1: AUTOMATIC, 5"),
        ({1: wl.Phases({1: 1})}, "phases in phases"),
    ],
)
def test_what_are_no_phases(given: Any, told: str) -> None:
    with pytest.raises(wl.OptionError, match=told):
        wl.Phases(given)


@pytest.mark.parametrize("number", [0, -3, "x", None, 1.5])
def test_what_is_no_round_has_no_rules(number: Any) -> None:
    with pytest.raises(wl.OptionError, match="rounds count from 1"):
        wl.Phases({1: 1, 3: None}).at(number)


@pytest.mark.parametrize("method", [wl.Adam, wl.SGD])
@pytest.mark.parametrize(
    "option", ["weight_decay", "l2_regularization", "gradient_clipping", "weight_clipping"]
)
def test_limits_of_a_method_are_no_phases(option: str, method: Any) -> None:
    with pytest.raises(wl.OptionError, match="learning_rate_multipliers of net_train alone"):
        method(**{option: wl.Phases({1: 0.5, 3: 0.1})})


def test_rounds_may_be_numbers_of_numpy() -> None:
    assert list(wl.Phases({np.int64(1): 1, np.int32(4): 2})) == [1, 4]
