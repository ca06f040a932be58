"""Gathering, adding, picking and placing by index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.primitive_cases import answers
from wlnet.graph.reference import REFERENCES

shapes = st.lists(st.integers(1, 4), max_size=2).map(tuple)


@settings(max_examples=60)
@given(st.integers(1, 6), shapes, shapes, st.integers(0, 99), st.sampled_from([np.int64, np.int32]))
def test_tables_of_any_shape_with_indices_inside_and_outside(
    count: int, row: Any, shape: Any, seed: int, integer: Any
) -> None:
    rng = np.random.default_rng(seed)
    index = rng.integers(-1, count + 2, shape).astype(integer)
    whole = shape or ()
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("gather", (rng.normal(size=(count, *row)), index), {}),
        ("scatter_add", (rng.normal(size=(*whole, *row)), index), {"count": count}),
        ("pick", (rng.normal(size=(*whole, count)), index), {}),
        ("place", (rng.normal(size=whole), index), {"count": count}),
    ]
    for primitive, inputs, attributes in cases:
        (found,) = answers(primitive, inputs, attributes)
        (wanted,) = REFERENCES[primitive](*inputs, **attributes)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("outside", [-(2**31), -1, 0, 4, 2**31 - 1])
def test_an_index_outside_the_table_reads_nan_and_writes_nothing(outside: int) -> None:
    index = np.array([1, outside])
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    (gathered,) = answers("gather", [np.arange(3.0), index], {})
    (picked,) = answers("pick", [x, index], {})
    (placed,) = answers("place", [np.ones(2), index], {"count": 3})
    (added,) = answers("scatter_add", [np.ones(2), index], {"count": 3})
    np.testing.assert_array_equal(gathered, [0, np.nan])
    np.testing.assert_array_equal(picked, [1, np.nan])
    assert placed.tolist() == [[1, 0, 0], [0, 0, 0]]
    assert added.tolist() == [1, 0, 0]


def test_rows_of_one_index_are_added_in_their_order() -> None:
    rows = np.array([1e8, 1.0, -1e8], np.float32)
    (table,) = answers("scatter_add", [rows, np.ones(3, int)], {"count": 1}, np.float32)
    assert table.tolist() == [0.0]
