"""Rows and numbers by index, batches, histories and checks, compiled as kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.graph.reference import REFERENCES
from wlnet.kernels.copies.rows import (
    check_finite,
    count_up,
    gather,
    gather_batch,
    keep,
    pick,
    place,
    scatter_add,
)

PRECISIONS = "Real32", "Real64"
counts = st.integers(0, 40)
widths = st.one_of(st.integers(0, 20), st.sampled_from([64, 100, 257]))


def same_for_all_workers(kernel: Any, precision: Any, name: str, shape: Any, **fields: Any) -> Any:
    """The result, which has the same bits for one, two, three and seven workers."""
    results = []
    for workers in (1, 2, 3, 7):
        made = guarded(shape, REALS[precision])
        call(kernel, precision, workers, **{name: made}, **fields)
        results.append(made)
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])
    return results[0]


def numbers(shape: Any, precision: Any) -> Any:
    return like(np.random.default_rng(0).normal(size=shape), REALS[precision])


def indices(count: int, size: int) -> Any:
    """From 0 to size + 1: the first and the last are outside of the table; and far ones."""
    random = np.random.default_rng(1)
    index = random.integers(0, size + 2, count)
    index[random.random(count) < 0.05] = random.choice([-(2**31), -1, 2**31 - 1])
    return like(index, np.int32)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=25)
@given(count=counts, size=st.integers(0, 9), width=widths)
@example(count=40, size=9, width=257)
def test_rows_of_a_table_are_read_and_summed_by_index(
    precision: Any, count: int, size: int, width: int
) -> None:
    index, table = indices(count, size), numbers((size, width), precision)
    fields = {"count": count, "size": size, "width": width, "index": index}
    y = same_for_all_workers(gather, precision, "y", (count, width), table=table, **fields)
    np.testing.assert_array_equal(y, REFERENCES["gather"](table, index)[0])
    rows = numbers((count, width), precision)
    y = same_for_all_workers(scatter_add, precision, "table", (size, width), rows=rows, **fields)
    (expected,) = REFERENCES["scatter_add"](rows.astype(np.float64), index, count=size)
    rounding = np.finfo(REALS[precision]).eps * max(count, 1)
    np.testing.assert_allclose(y, expected, atol=rounding * 4)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=25)
@given(count=counts, n=widths)
def test_numbers_are_picked_from_rows_and_placed_in_rows(
    precision: Any, count: int, n: int
) -> None:
    index, x = indices(count, n), numbers((count, n), precision)
    y = same_for_all_workers(pick, precision, "y", count, count=count, n=n, x=x, index=index)
    np.testing.assert_array_equal(y, REFERENCES["pick"](x, index)[0])
    x = numbers(count, precision)
    y = same_for_all_workers(place, precision, "y", (count, n), count=count, n=n, x=x, index=index)
    np.testing.assert_array_equal(y, REFERENCES["place"](x, index, count=n)[0])


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("width", [1, 3, 784])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_batch_of_a_step_is_read_in_the_order_given(
    kind: Any, width: int, workers: int
) -> None:
    random = np.random.default_rng(0)
    column, order = like(random.integers(0, 99, (50, width)), kind), like(random.permutation(50))
    out = guarded((8, width), kind)
    call(
        gather_batch, "Real32", workers, step=3, count=8, batch=10, offset=5, order=order,
        column=column, row_bytes=width * column.itemsize, out=out,
    )  # fmt: skip
    np.testing.assert_array_equal(out, column[order[35:43]])


@pytest.mark.parametrize("size", [0, 1, 4, 100, 16_384, 16_385, 100_000])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_history_keeps_what_a_step_gives(size: int, workers: int) -> None:
    x = like(np.random.default_rng(size).integers(0, 256, size), np.uint8)
    table = guarded((4, size), np.uint8, 7)
    call(keep, "Real32", workers, step=2, size=size, x=x, table=table)
    np.testing.assert_array_equal(table[2], x)
    assert (table[[0, 1, 3]] == 7).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=40)
@given(
    count=st.integers(1, 300),
    place=st.integers(0, 299),
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
    workers=st.integers(1, 3),
)
def test_one_number_that_is_not_finite_is_found(
    precision: Any, count: int, place: int, value: float, workers: int
) -> None:
    largest = np.finfo(REALS[precision]).max
    x = like(np.random.default_rng(0).choice([0.0, -1.0, largest, -largest], count),
             REALS[precision])  # fmt: skip
    status = guarded(1, np.int64, 0)
    call(check_finite, precision, workers, step=4, count=count, x=x, status=status)
    assert status[0] == 0
    x[place % count] = value
    call(check_finite, precision, workers, step=4, count=count, x=x, status=status)
    assert status[0] == 5
    call(check_finite, precision, workers, step=6, count=count, x=x, status=status)
    assert status[0] == 5, "the first such step is told"


@given(count=st.integers(0, 300))
def test_counting_up_gives_each_its_number(count: int) -> None:
    for workers in (1, 2, 3, 7):
        y = guarded(count, np.int32)
        call(count_up, "Real32", workers, count=count, y=y)
        np.testing.assert_array_equal(y, np.arange(1, count + 1))
