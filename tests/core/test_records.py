"""Values as JSON: a closed set, both ways."""

from __future__ import annotations

from enum import Enum
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlnet.coders.worth import worth
from wlnet.core.errors import FormatError
from wlnet.core.records import Codec, form, symbols
from wlnet.core.symbols import ALL, ANY

CODEC = Codec(
    (symbols(ALL), form("List", list, tuple, list)),
    deepest=4,
    expected="numbers and lists",
    largest=100,
    longest=5,
    worth=worth,
)
LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-100, 100)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.just(ALL)
)
FLAT = LEAF | st.lists(LEAF, max_size=3).map(tuple)
VALUES = FLAT | st.lists(FLAT, max_size=3).map(tuple)


def typed(value: object) -> object:
    """A value that equals another one only if all types in it are the same."""
    return [typed(part) for part in value] if isinstance(value, tuple) else (type(value), value)


@given(value=VALUES)
def test_what_is_written_is_read_as_the_same_value_of_the_same_types(value: object) -> None:
    record = CODEC.written(value, "here")
    assert typed(CODEC.read(record, "here")) == typed(value)


def test_a_value_of_a_class_is_written_as_what_it_is_worth() -> None:
    Colour = Enum("Colour", {"RED": "red"})
    assert CODEC.written((Colour.RED, np.int64(3), [ALL]), "here") == [
        "red",
        3,
        {"List": [{"Symbol": "ALL"}]},
    ]


@pytest.mark.parametrize(
    "value",
    [
        101,
        -101,
        float("inf"),
        float("nan"),
        1j,
        {"a": 1},
        {1},
        b"a",
        Fraction(1, 2),
        (((((1,),),),),),
    ],
    ids=str,
)
def test_what_a_file_cannot_hold_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(FormatError, match="here"):
        CODEC.written((value,), "here")


def test_a_function_is_refused_as_code() -> None:
    with pytest.raises(FormatError, match="a file holds no code"):
        CODEC.written(len, "here")


@pytest.mark.parametrize(
    "record",
    [
        101,
        "abcdef",
        float("inf"),
        float("nan"),
        {},
        {"Symbol": "ANY"},
        {"Symbol": "ALL", "More": 1},
        {"Other": 1},
        {"Symbol": ["ALL"]},
        [[[[[1]]]]],
        (1,),
        np.float64(0.5),
    ],
    ids=str,
)
def test_what_is_never_written_is_never_read(record: object) -> None:
    with pytest.raises(FormatError):
        CODEC.read(record, "here")  # type: ignore[arg-type]


def test_symbols_are_those_that_were_named() -> None:
    assert CODEC.read({"Symbol": "ALL"}, "here") is ALL
    with pytest.raises(FormatError, match="unknown symbol"):
        CODEC.read({"Symbol": ANY.name}, "here")
