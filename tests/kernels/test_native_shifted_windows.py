"""Convolution of examples one by one with a stride of 1, where elements of windows are shifts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import PRECISIONS, ROUNDING, apart, units
from tests.kernels.test_native_window_rows import (
    APART,
    BROAD,
    EXAMPLES,
    LONG,
    ONES,
    SLABS,
    WIDTH,
    Rows,
)
from tests.kernels.test_native_windows import (
    DEPTHWISE,
    LENET,
    NONE,
    SAME,
    SQUARE,
    STILL,
    Case,
    cases,
)
from wlnet.graph import window_reference as meaning
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows.windows_in_lanes import convolve
from wlnet.kernels.windows.windows_shifted import convolve_shifted
from wlnet.kernels.windows.windows_shifted_back import PART, convolve_shifted_weights
from wlnet.plan.calls import shifted_fields, window_fields

# A single row: what is met is not copied for each column of the kernel.
LINE = Case(1, 1, 3, 9, (1, 1, 90), (1, 1, 5), padding=((0, 0), (0, 0), (4, 2)), dilation=(1, 1, 3))
ENDLESS = Case(1, 2, 5, 3, (1, 1, 26997), (1, 1, 4), padding=((0, 0), (0, 0), (1, 2)),
               dilation=(1, 1, 300))  # fmt: skip
# Planes, some of which lie outside; whole vectors of places; parts of them are copied, or summed.
BLOCK = Case(1, 1, 3, 7, (4, 5, 6), (3, 2, 3), padding=((2, 3), (0, 1), (3, 0)), dilation=(2, 1, 2))
WHOLE = Case(1, 2, 6, 13, (1, 8, 16), (1, 5, 3), padding=((0, 0), (2, 2), (1, 1)))
# Channels that tiles of other heights leave over.
TWELVE = Case(1, 1, 2, 12, (1, 9, 10), (1, 3, 3), padding=SAME)
SEVENTEEN = Case(1, 1, 11, 17, (1, 8, 9), (1, 2, 2))
FAR = Case(1, 1, 9, 8, (1, 70, 41), (1, 3, 5), padding=SAME, dilation=(1, 4, 1))


def shifted() -> Any:
    return cases().map(lambda case: replace(case, stride=STILL))


@settings(max_examples=60)
@given(shifted(), st.sampled_from(PRECISIONS))
@example(SQUARE, "Real32")
@example(DEPTHWISE, "Real64")
@example(LONG, "Real32")
@example(APART, "Real32")
@example(BROAD, "Real32")
@example(SLABS, "Real64")
@example(LINE, "Real32")
@example(ENDLESS, "Real64")
@example(BLOCK, "Real32")
@example(WHOLE, "Real32")
@example(FAR, "Real32")
@example(TWELVE, "Real32")
@example(SEVENTEEN, "Real32")
def test_windows_that_are_shifts_have_the_numbers_of_examples_in_lanes_there_and_back(
    case: Case, precision: Any
) -> None:
    it = Rows(case, precision)
    wanted = apart(it.forward())[:EXAMPLES]
    here, lanes = units(precision)["item"], units(precision)
    shapes = it.few_shape, it.w.shape, it.few.shape
    ((there, at, _),) = window_fields.backward(*shapes, **case.window, item=here, lanes=1)
    ((beside, _, _),) = window_fields.backward(it.y_shape, it.w.shape, it.x_shape, **case.window,
                                               **lanes)  # fmt: skip
    in_lanes = it.empty(it.x_shape)
    call(convolve, precision, x=it.d_lanes, w=it.w_flat, y=in_lanes, bias=None, gate=None,
         activation=NO_ACTIVATION, **beside)  # fmt: skip
    for workers in (1, 2, 5):
        y, x = (guarded(shape, REALS[precision]) for shape in (it.few_shape, it.few.shape))
        scratch = shifted_fields.forward_scratch(it.steps, here, WIDTH)
        bias = like(it.bias, REALS[precision]) if case.bias else None
        call(convolve_shifted, precision, workers, scratch, x=it.few, w=it.w_flat, y=y, bias=bias,
             activation=case.activation, **shifted_fields.forward(it.steps))  # fmt: skip
        np.testing.assert_array_equal(y, wanted)
        scratch = shifted_fields.forward_scratch(there, here, WIDTH)
        call(convolve_shifted, precision, workers, scratch, x=it.back, w=it.w_flat[at // here :],
             y=x, bias=None, activation=NO_ACTIVATION, **shifted_fields.forward(there))  # fmt: skip
        np.testing.assert_array_equal(x, apart(in_lanes)[:EXAMPLES])
    limit = ROUNDING[precision]
    sent = meaning.convolve_input(it.back, it.w, shape=it.few.shape, **case.window)
    np.testing.assert_allclose(x, sent, rtol=limit, atol=10 * limit)


@settings(max_examples=60)
@given(shifted(), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real64")
@example(DEPTHWISE, "Real32")
@example(LONG, "Real32")
@example(ONES, "Real32")
@example(BROAD, "Real32")
@example(APART, "Real32")
@example(SLABS, "Real32")
@example(LINE, "Real32")
@example(ENDLESS, "Real32")
@example(ENDLESS, "Real64")
@example(BLOCK, "Real64")
@example(WHOLE, "Real32")
@example(FAR, "Real32")
def test_what_shifts_send_back_to_the_weights_whoever_does_which_part(
    case: Case, precision: Any
) -> None:
    it = Rows(case, precision)
    wanted = meaning.convolve_weights(it.few, it.back, shape=it.w.shape, **case.window)
    fields, found = shifted_fields.back(it.steps, it.item, WIDTH), []
    scratch = shifted_fields.weights_scratch(fields, it.item, WIDTH)
    for workers in (1, 2, 5):
        w = guarded(it.w.shape, REALS[precision])
        call(convolve_shifted_weights, precision, workers, scratch, x=it.few, y=it.back, w=w,
             **fields)  # fmt: skip
        found.append(w)
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()
    limit, terms = ROUNDING[precision], EXAMPLES * it.back[0, 0].size
    np.testing.assert_allclose(found[0], wanted, rtol=limit, atol=limit * terms**0.5)


def test_the_sums_for_the_weights_have_parts_that_follow_from_sizes_alone() -> None:
    def parts(size: Any, images: int) -> Any:
        shape, w = (images, 2, *size), (3, 2, 1, 1, 1)
        fields = window_fields.forward(
            shape, w, (images, 3, *size), stride=STILL, padding=NONE, dilation=STILL, groups=1,
            item=4, lanes=1,
        )  # fmt: skip
        found = shifted_fields.back(fields, 4, 64)
        return found["some"], found["piece"]

    assert parts((1, 16, 16), 5) == (5, 16)
    assert parts((1, 16, 16), 50) == (PART // 16, 16)
    assert parts((1, 70, 41), 5) == (1, 90)
