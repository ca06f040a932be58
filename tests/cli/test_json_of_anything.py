"""--json: whatever is told is valid JSON, and the same numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import wlnet as wl
from wlnet.cli.plain import json_text

KEYS = (
    st.text() | st.integers() | st.booleans() | st.none() | st.tuples(st.integers(1, 9), st.text())
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
LEAVES = LEAVES | arrays.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_, "U3"]),
    st.sampled_from([(), (2, 3), 0]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner),
    max_leaves=8,
)


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


@given(VALUES)
def test_any_value_is_valid_json(value: object) -> None:
    found = json.loads(json_text(value), parse_constant=refuse)
    if isinstance(value, Mapping):
        assert len(found.get("Dict", found)) == len(value)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_number_of_real32_comes_back_as_the_same_number(value: float) -> None:
    single = np.float32(value)
    assert np.float32(json.loads(json_text(single))) == single
    assert np.float32(json.loads(json_text(np.array([single])))) == single


def test_a_number_of_real32_has_no_more_digits_than_it_needs() -> None:
    assert json_text({"a": np.float32(0.1)}) == '{\n "a": 0.1\n}'
    assert json.loads(json_text(np.float32([[0.1, 0.2]]))) == [[0.1, 0.2]]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (float("nan"), {"Float": "nan"}),
        (np.float32("-inf"), {"Float": "-inf"}),
        (wl.AUTOMATIC, {"Symbol": "AUTOMATIC"}),
        ({("a", 1, "Weights"): 1, wl.NetSharedArray("w"): 2}, {"a/1/Weights": 1, "~shared/w": 2}),
        ({1: "a", "1": "b"}, {"Dict": [[1, "a"], ["1", "b"]]}),
        ({2, 1}, [1, 2]),
    ],
)
def test_what_json_has_no_word_for_says_what_it_is(value: object, told: object) -> None:
    assert json.loads(json_text(value)) == told
