"""Indices among data: what is none is named, with its example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl

NAN, INF = float("nan"), float("inf")
NETS: dict[str, Any] = {
    "one": wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(2, 5)], input="Integer")),
    "rows": wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(2, 5)], input=2)),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (NAN, ("indices are integers", "nan")),
        (1.5, ("indices are integers", "1.5")),
        (INF, ("out of range", "inf")),
        (-INF, ("out of range", "-inf")),
        (6.0, ("out of range", "6.0")),
        (0.0, ("out of range", "0.0")),
    ],
)
def test_a_number_that_is_no_index_is_named_with_its_example(
    value: float, words: tuple[str, ...], dtype: Any
) -> None:
    columns: dict[str, Any] = {"one": [1, 2, value, 3], "rows": [[1, 2], [3, 4], [5, value]]}
    for form, column in columns.items():
        with pytest.raises(wl.DataError) as error:
            NETS[form](np.array(column, dtype))
        for word in (*words, "port Input, example 3", "1..5"):
            assert word in str(error.value)


def test_the_first_of_several_is_named() -> None:
    with pytest.raises(wl.DataError, match=r"example 2\n.*given: *nan"):
        NETS["one"]([1.0, NAN, 9.0, 0.5])


def test_a_list_with_a_gap_names_it() -> None:
    with pytest.raises(wl.DataError, match=r"example 3\n.*given: *nan"):
        NETS["rows"]([[1, 2], [3, 4], [NAN, 1]])


@pytest.mark.parametrize("value", [1e300, 2.0**63, np.uint64(2**63 + 5)])
def test_an_index_beyond_all_integers_is_given_as_it_is(value: Any) -> None:
    with pytest.raises(wl.DataError, match="out of range") as error:
        NETS["one"](np.array([value]))
    assert str(value) in str(error.value)


def test_whole_numbers_of_any_type_are_indices() -> None:
    expected = NETS["one"](np.array([1, 5, 2]))
    for dtype in (np.float16, np.float32, np.float64, np.int8, np.uint64):
        assert np.array_equal(NETS["one"](np.array([1, 5, 2], dtype)), expected)


def test_truth_values_are_no_indices() -> None:
    with pytest.raises(wl.DataError, match=r"indices are integers[^$]*bool[^$]*an integer in 1..5"):
        NETS["one"](np.array([True, False]))


def test_where_nothing_limits_an_index_its_size_does() -> None:
    moved = wl.NetChain([wl.FlattenLayer()], input=(2, "Integer"))
    assert moved([1, 2**31 - 1]).tolist() == [1, 2**31 - 1]
    with pytest.raises(wl.DataError, match=r"given: *2147483648\n.*1..2147483647"):
        moved([1, 2**31])
