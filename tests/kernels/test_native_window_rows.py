"""Convolution and pooling of examples one by one, compiled as kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import PRECISIONS, ROUNDING, apart, units, windows
from tests.kernels.test_native_pools import HALVES, fits
from tests.kernels.test_native_windows import (
    DEPTHWISE,
    LENET,
    NONE,
    SAME,
    SQUARE,
    STEEP,
    Arrays,
    Case,
    cases,
)
from wlnet.graph import window_reference as meaning
from wlnet.kernels import loading, window_fields
from wlnet.kernels.pools_in_rows import pool_max_rows, pool_sum_rows
from wlnet.kernels.windows_in_rows import convolve_rows, convolve_rows_pooled

EXAMPLES = 2
# More vectors of places than a tile holds, divided among workers.
LONG = Case(1, 1, 2, 6, (1, 20, 9), (1, 3, 3), padding=SAME)


class Rows(Arrays):
    """The first examples of a case, one after another."""

    def __init__(self, case: Case, precision: Any) -> None:
        super().__init__(case, precision)
        self.item = units(precision)["item"]
        self.few = like(self.x[:EXAMPLES], REALS[precision])
        self.few_shape = (EXAMPLES, *self.y.shape[1:])
        self.steps = window_fields.forward(
            self.few.shape, self.w.shape, self.few_shape, **case.window, item=self.item, lanes=1
        )

    def run(self, kernel: Any, fields: Any, shape: Any, workers: int) -> Any:
        y = guarded(shape, REALS[self.precision])
        fields = window_fields.in_rows(fields)
        scratch = window_fields.rows_scratch(fields, self.item, loading.vector_width())
        bias = like(self.bias, REALS[self.precision]) if self.case.bias else None
        call(kernel, self.precision, workers, scratch, x=self.few, w=self.w_flat, y=y, bias=bias,
             activation=self.case.activation, **fields)  # fmt: skip
        return y


@settings(max_examples=40)
@given(cases(), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real64")
@example(DEPTHWISE, "Real32")
@example(STEEP, "Real64")
@example(LONG, "Real64")
@example(LONG, "Real32")
def test_examples_one_by_one_have_the_numbers_of_examples_in_lanes(
    case: Case, precision: Any
) -> None:
    it = Rows(case, precision)
    wanted = apart(it.forward())[:EXAMPLES]
    for workers in (1, 2, 5):
        y = it.run(convolve_rows, it.steps, it.few_shape, workers)
        np.testing.assert_array_equal(y, wanted)


@settings(max_examples=40)
@given(cases(planes=False), st.sampled_from(PRECISIONS))
@example(LENET, "Real64")
@example(SQUARE, "Real32")
def test_pooled_examples_have_the_numbers_of_convolution_then_pooling(
    case: Case, precision: Any
) -> None:
    it = Rows(case, precision)
    rows, columns = (size // 2 for size in it.y_shape[3:])
    if not rows or not columns:
        return
    largest, _ = meaning.pool_max(
        apart(it.forward())[:EXAMPLES], kernel=(1, 2, 2), stride=(1, 2, 2), padding=NONE
    )
    fields = window_fields.pooled(it.steps, rows, columns, it.item, 1)
    for workers in (1, 2, 5):
        y = it.run(convolve_rows_pooled, fields, largest.shape, workers)
        np.testing.assert_array_equal(y, largest)


@settings(max_examples=40)
@given(windows().filter(fits), st.booleans(), st.sampled_from(PRECISIONS))
@example(HALVES, True, "Real32")
@example(((1, 5, 40), (1, 3, 3), (1, 1, 1), NONE, (1, 1, 1)), False, "Real32")
def test_pools_of_examples_one_by_one(window: Any, special: bool, precision: Any) -> None:
    size, kernel, stride, padding, _ = window
    given_window = {"kernel": kernel, "stride": stride, "padding": padding}
    random = np.random.default_rng(2)
    x = like(random.integers(-3, 4, (EXAMPLES, 2, *size)), REALS[precision])
    total = meaning.pool_sum(x, **given_window)
    if special:
        x[random.random(x.shape) < 0.2] = -np.inf
        x[random.random(x.shape) < 0.1] = np.nan
    largest, _ = meaning.pool_max(x, **given_window)
    fields = window_fields.pooling_in_rows(
        window_fields.pooling(x.shape, total.shape, **given_window, item=x.itemsize, lanes=1)
    )
    scratch = window_fields.pool_rows_scratch(fields, loading.vector_width())
    kernels = [(pool_max_rows, largest)] + ([] if special else [(pool_sum_rows, total)])
    for pool, wanted in kernels:
        for workers in (1, 3):
            y = guarded(total.shape, REALS[precision])
            call(pool, precision, workers, scratch, x=x, y=y, **fields)
            np.testing.assert_array_equal(y, wanted)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_one_image_through_a_layer_of_many_channels(precision: Any) -> None:
    # So much is met that an example is gathered in parts.
    it = Rows(Case(1, 1, 70, 6, (1, 20, 9), (1, 3, 3), bias=False), precision)
    y = it.run(convolve_rows, it.steps, it.few_shape, 1)
    limit = 10 * ROUNDING[precision]
    np.testing.assert_allclose(y, np.maximum(it.y[:EXAMPLES], 0), rtol=limit, atol=limit)
