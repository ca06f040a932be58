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
    largest_of_pooled,
)
from wlnet.graph import window_reference as meaning
from wlnet.kernels.jit import target
from wlnet.kernels.products.tiles import RAMP
from wlnet.kernels.windows.pools_in_rows import pool_back_rows, pool_max_rows, pool_sum_rows
from wlnet.kernels.windows.windows_in_rows import convolve_rows, convolve_rows_pooled
from wlnet.kernels.windows.windows_in_rows_back import convolve_rows_input, convolve_rows_weights
from wlnet.plan.calls import row_fields, window_fields

EXAMPLES = 2
# More vectors of places than a tile holds, divided among workers.
LONG = Case(1, 1, 2, 6, (1, 20, 9), (1, 3, 3), padding=SAME)
# Kernels of one pixel: a slab has several channels. Many output channels: several chunks.
ONES = Case(1, 1, 13, 4, (1, 6, 5), (1, 1, 1))
APART = Case(1, 1, 6, 2, (1, 5, 6), (1, 2, 1), dilation=(1, 1, 3))
BROAD = Case(1, 1, 2, 130, (1, 4, 5), (1, 1, 3))
# Between the elements of a window lie others; a stride that shares a factor with the distance.
GAPS = Case(1, 1, 3, 4, (3, 12, 13), (2, 3, 2), (2, 2, 3), ((1, 1), (2, 0), (1, 3)), (1, 4, 2))
# Rows of several vectors, in phases of two and of three.
WIDE = Case(1, 1, 2, 3, (1, 4, 90), (1, 2, 3), (1, 3, 2), ((0, 0), (1, 0), (1, 1)))
# The rows of places are held in bands, of one channel and of as many as a tile has.
TALL = Case(1, 1, 2, 3, (1, 90, 150), (1, 5, 3), (1, 2, 1), ((0, 0), (3, 1), (1, 1)), (1, 3, 1))
POINTS = Case(1, 1, 7, 6, (1, 330, 331), (1, 1, 1))
# So much is met that a slab has some channels only.
SLABS = Case(1, 1, 40, 7, (1, 31, 33), (1, 3, 3))
# The places are summed over in parts.
LARGE = Case(1, 1, 2, 7, (1, 31, 33), (1, 2, 2))
WIDTH = target.vector_width()


class Rows(Arrays):
    """The first examples of a case, one after another."""

    def __init__(self, case: Case, precision: Any) -> None:
        super().__init__(case, precision)
        self.item = units(precision)["item"]
        self.few = like(self.x[:EXAMPLES], REALS[precision])
        self.few_shape = (EXAMPLES, *self.y.shape[1:])
        self.back = like(self.d[:EXAMPLES], REALS[precision])
        self.steps = window_fields.forward(
            self.few.shape, self.w.shape, self.few_shape, **case.window, item=self.item, lanes=1
        )

    def run(self, kernel: Any, fields: Any, shape: Any, workers: int, **more: Any) -> Any:
        y = guarded(shape, REALS[self.precision])
        scratch = row_fields.forward_scratch(fields, self.item, WIDTH)
        bias = like(self.bias, REALS[self.precision]) if self.case.bias else None
        call(kernel, self.precision, workers, scratch, x=self.few, w=self.w_flat, y=y, bias=bias,
             activation=self.case.activation, **more, **fields)  # fmt: skip
        return y

    def sent(self, kernel: Any, name: str, shape: Any, scratch: Any, **given: Any) -> Any:
        """What a kernel of the way back writes, with the same bits for any number of workers."""
        found, fields = [], row_fields.back(self.steps)
        for workers in (1, 2, 5):
            out = guarded(shape, REALS[self.precision])
            call(kernel, self.precision, workers, scratch(fields, self.item, WIDTH),
                 y=self.back, **{name: out}, **given, **fields)  # fmt: skip
            found.append(out)
        assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()
        return found[0]


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
        y = it.run(convolve_rows, row_fields.forward(it.steps), it.few_shape, workers)
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
    largest, places = largest_of_pooled(apart(it.forward())[:EXAMPLES], case.activation == RAMP)
    fields = window_fields.pooled(it.steps, rows, columns, it.item, 1)
    fields = row_fields.pooled(fields, it.item)
    for workers in (1, 2, 5):
        told = guarded(largest.shape, np.int32)
        for where in (told, None):
            y = it.run(convolve_rows_pooled, fields, largest.shape, workers, told=where)
            np.testing.assert_array_equal(y, largest)
        np.testing.assert_array_equal(told, places)


@settings(max_examples=60)
@given(cases(), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real64")
@example(DEPTHWISE, "Real32")
@example(STEEP, "Real64")
@example(LONG, "Real32")
@example(ONES, "Real32")
@example(GAPS, "Real64")
@example(WIDE, "Real32")
@example(APART, "Real64")
@example(TALL, "Real64")
@example(POINTS, "Real32")
def test_what_examples_one_by_one_send_back_to_their_input(case: Case, precision: Any) -> None:
    it = Rows(case, precision)
    wanted = meaning.convolve_input(it.back, it.w, shape=it.few.shape, **case.window)
    found = it.sent(convolve_rows_input, "x", it.few.shape, row_fields.input_scratch, w=it.w_flat)
    limit = ROUNDING[precision]
    np.testing.assert_allclose(found, wanted, rtol=limit, atol=10 * limit)


@settings(max_examples=60)
@given(cases(), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real64")
@example(DEPTHWISE, "Real32")
@example(STEEP, "Real64")
@example(LONG, "Real32")
@example(ONES, "Real32")
@example(GAPS, "Real64")
@example(WIDE, "Real32")
@example(LARGE, "Real32")
@example(LARGE, "Real64")
@example(BROAD, "Real32")
@example(APART, "Real32")
@example(SLABS, "Real32")
def test_what_examples_one_by_one_send_back_to_the_weights(case: Case, precision: Any) -> None:
    it = Rows(case, precision)
    wanted = meaning.convolve_weights(it.few, it.back, shape=it.w.shape, **case.window)
    found = it.sent(convolve_rows_weights, "w", it.w.shape, row_fields.weights_scratch, x=it.few)
    limit, terms = ROUNDING[precision], EXAMPLES * it.back[0, 0].size
    np.testing.assert_allclose(found, wanted, rtol=limit, atol=limit * terms**0.5)


@settings(max_examples=60)
@given(windows().filter(fits), st.booleans(), st.sampled_from(PRECISIONS))
@example(HALVES, True, "Real32")
@example(HALVES, False, "Real64")
@example(((1, 5, 40), (1, 3, 3), (1, 1, 1), NONE, (1, 1, 1)), False, "Real32")
@example(((1, 7, 70), (1, 3, 2), (1, 2, 2), NONE, (1, 1, 1)), False, "Real32")
def test_pools_of_examples_one_by_one_and_their_way_back(
    window: Any, special: bool, precision: Any
) -> None:
    size, kernel, stride, padding, _ = window
    given_window = {"kernel": kernel, "stride": stride, "padding": padding}
    random = np.random.default_rng(2)
    x = like(random.integers(-3, 4, (EXAMPLES, 2, *size)), REALS[precision])
    total = meaning.pool_sum(x, **given_window)
    d = like(random.integers(-9, 10, total.shape), REALS[precision])
    if special:
        x[random.random(x.shape) < 0.2] = -np.inf
        x[random.random(x.shape) < 0.1] = np.nan
    largest, places = meaning.pool_max(x, **given_window)
    told = like(places, np.int32)
    fields = window_fields.pooling(
        x.shape, total.shape, **given_window, item=x.itemsize, lanes=1
    )  # fmt: skip
    unplaced = row_fields.pool_sum(fields)
    scratch = row_fields.pool_scratch(fields, WIDTH)
    back = row_fields.pool_back_scratch(fields, x.itemsize, WIDTH)
    to_largest = meaning.pool_max_input(d, places, shape=x.shape, **given_window)
    to_all = meaning.pool_sum_input(d, shape=x.shape, **given_window)
    for workers in (1, 3):
        for where in (guarded(total.shape, np.int32, -1), None):
            y = guarded(total.shape, REALS[precision])
            call(pool_max_rows, precision, workers, scratch, x=x, y=y, places=where, **fields)
            np.testing.assert_array_equal(y, largest)
            if where is not None:
                np.testing.assert_array_equal(where, places)
        if not special:
            y = guarded(total.shape, REALS[precision])
            call(pool_sum_rows, precision, workers, scratch, x=x, y=y, **unplaced)
            np.testing.assert_array_equal(y, total)
        for given_places, wanted in ((told, to_largest), (None, to_all)):
            sent = guarded(x.shape, REALS[precision])
            call(pool_back_rows, precision, workers, back, x=sent, y=d, places=given_places,
                 **fields)  # fmt: skip
            np.testing.assert_array_equal(sent, wanted)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_one_image_through_a_layer_of_many_channels(precision: Any) -> None:
    # So much is met that an example is gathered in parts.
    it = Rows(Case(1, 1, 70, 6, (1, 20, 9), (1, 3, 3), bias=False), precision)
    y = it.run(convolve_rows, row_fields.forward(it.steps), it.few_shape, 1)
    limit = 10 * ROUNDING[precision]
    np.testing.assert_allclose(y, np.maximum(it.y[:EXAMPLES], 0), rtol=limit, atol=limit)
