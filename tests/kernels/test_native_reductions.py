"""Sums compiled as kernels, beside NumPy in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded
from wlnet.kernels.reductions.reductions import sum_any, sum_columns, sum_rows

PRECISIONS = "Real32", "Real64"
EPSILON = {"Real32": 2.0**-24, "Real64": 2.0**-53}
small = st.integers(0, 3)
counts = st.one_of(st.integers(0, 40), st.sampled_from([63, 64, 65, 129, 300]))


def numbers(shape: tuple[int, ...], precision: Any, gap: int) -> Any:
    """Numbers whose rows have gaps between them; the sum of their sizes is far from their sum."""
    whole = guarded((*shape[:-1], shape[-1] + gap), REALS[precision])
    array = whole[..., : shape[-1]]
    array[...] = np.random.default_rng(0).normal(size=shape)
    return array


def same_for_all_workers(kernel: Any, precision: Any, shape: Any, **fields: Any) -> Any:
    """The result, which has the same bits for one, two, three and seven workers."""
    results = []
    for workers in (1, 2, 3, 7):
        y = guarded(shape, REALS[precision])
        call(kernel, precision, workers, y=y, **fields)
        results.append(y)
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])
    return results[0]


def check(result: Any, terms: Any, axes: Any, precision: Any) -> None:
    """The error of a sum is some roundings of the sum of sizes, many fewer than there are terms."""
    exact, sizes = terms.sum(axes), np.abs(terms).sum(axes)
    count = terms.size // max(exact.size, 1)
    assert (abs(result - exact) <= (12 + count / 8) * EPSILON[precision] * sizes).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=25)
@given(outer=small, rows=small, inner=counts, columns=counts, gap=small)
@example(outer=1, rows=1, inner=64, columns=1000, gap=0)
@example(outer=1, rows=1, inner=100, columns=10, gap=0)
@example(outer=2, rows=1, inner=0, columns=10, gap=0)
def test_rows_are_summed_for_each_column(
    precision: Any, outer: int, rows: int, inner: int, columns: int, gap: int
) -> None:
    x = numbers((outer, rows, inner, columns), precision, gap)
    y = same_for_all_workers(
        sum_columns, precision, (outer, columns), outer=outer, rows=rows, inner_rows=inner,
        columns=columns, y_outer=columns * x.itemsize, x=x, x_outer=x.strides[0],
        x_row=x.strides[1], x_inner=x.strides[2],
    )  # fmt: skip
    check(y, x.astype(np.float64), (1, 2), precision)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=25)
@given(kept=counts, lines=small, columns=counts, gap=small)
@example(kept=3, lines=2, columns=5000, gap=0)
@example(kept=10, lines=0, columns=7, gap=0)
def test_columns_are_summed_for_each_row_and_each_channel(
    precision: Any, kept: int, lines: int, columns: int, gap: int
) -> None:
    x = numbers((lines, kept, columns), precision, gap)
    y = same_for_all_workers(
        sum_rows, precision, kept, kept=kept, lines=lines, columns=columns, x=x,
        x_kept=x.strides[1], x_line=x.strides[0],
    )  # fmt: skip
    check(y, x.astype(np.float64), (0, 2), precision)


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(max_examples=25)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
    summed=st.integers(1, 5),
    step=st.integers(1, 2),
)
def test_any_axes_of_any_distances_are_summed(
    precision: Any, sizes: list[int], order: Any, summed: int, step: int
) -> None:
    axes = list(range(len(sizes)))
    order.shuffle(axes)
    x = numbers((*sizes[:-1], sizes[-1] * step), precision, 0)[..., ::step].transpose(axes)
    kept = max(0, x.ndim - summed)
    y = same_for_all_workers(
        sum_any, precision, x.shape[:kept], kept_rank=kept, summed_rank=x.ndim - kept,
        table=np.array([*x.shape, *x.strides], np.int64), x=x,
    )  # fmt: skip
    check(y, x.astype(np.float64), tuple(range(kept, x.ndim)), precision)


@pytest.mark.parametrize("kernel", [sum_columns, sum_rows, sum_any])
def test_a_long_sum_of_small_numbers_is_about_as_good_as_that_of_numpy(kernel: Any) -> None:
    count = 1_000_000
    x = np.full(count, 0.1, np.float32)
    y = np.full(1, np.nan, np.float32)
    forms: dict[Any, dict[str, Any]] = {
        sum_columns: {
            "outer": 1, "rows": 1, "inner_rows": count, "columns": 1, "x_outer": 0, "x_row": 0,
            "x_inner": 4, "y_outer": 4,
        },
        sum_rows: {"kept": 1, "lines": 1, "columns": count, "x_kept": 0, "x_line": 0},
        sum_any: {"kept_rank": 0, "summed_rank": 1, "table": np.array([count, 4])},
    }  # fmt: skip
    call(kernel, "Real32", x=x, y=y, **forms[kernel])
    # Added one by one the error is 1e-2 of this sum.
    assert np.cumsum(x)[-1] != pytest.approx(1e5, rel=5e-3)
    assert y[0] == pytest.approx(1e5, rel=3e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("at", [0, 3, 299])
def test_infinity_and_nan_stay_in_a_sum(precision: Any, value: float, at: int) -> None:
    x = numbers((300, 3), precision, 0)
    x[at, 1] = value
    lines = np.ascontiguousarray(x.T)
    by_column, by_row = (guarded(3, REALS[precision]) for _ in range(2))
    call(
        sum_columns, precision, outer=1, rows=1, inner_rows=300, columns=3, x=x, x_outer=0,
        x_row=0, x_inner=x.strides[0], y=by_column, y_outer=0,
    )  # fmt: skip
    call(sum_rows, precision, kept=3, lines=1, columns=300, x=lines, x_kept=lines.strides[0],
         x_line=0, y=by_row)  # fmt: skip
    for y in (by_column, by_row):
        np.testing.assert_equal(y[1], np.asarray(value, y.dtype))
        assert np.isfinite(y[[0, 2]]).all()
