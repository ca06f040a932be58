"""Convolution in lanes compiled as kernels, beside the meaning of the primitives in float64."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import (
    PRECISIONS,
    ROUNDING,
    apart,
    call_one,
    lanes_of,
    side_by_side,
    units,
    windows,
)
from wlnet.graph import window_reference as meaning
from wlnet.kernels.products.tiles import NO_ACTIVATION, RAMP
from wlnet.kernels.windows.pool_tiles import GATED
from wlnet.kernels.windows.pools_in_lanes import unpool
from wlnet.kernels.windows.window_gradients import convolve_weights
from wlnet.kernels.windows.windows_in_lanes import convolve
from wlnet.kernels.windows.windows_pooled import convolve_pooled
from wlnet.plan.calls import window_fields

STILL = (1, 1, 1)
NONE = ((0, 0),) * 3
SAME = ((0, 0), (1, 1), (1, 1))


@dataclass(frozen=True)
class Case:
    """A convolution: channels are those of one group."""

    blocks: int
    groups: int
    inputs: int
    outputs: int
    size: Any
    kernel: Any
    stride: Any = STILL
    padding: Any = NONE
    dilation: Any = STILL
    bias: bool = True
    activation: int = RAMP

    @property
    def window(self) -> Any:
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }


@st.composite
def cases(draw: Any, planes: bool = True) -> Case:
    channels = st.one_of(st.integers(1, 3), st.integers(1, 18))
    size, kernel, stride, padding, dilation = draw(windows(planes))
    return Case(
        draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(channels), draw(channels),
        size, kernel, stride, padding, dilation,
        draw(st.booleans()), draw(st.sampled_from([NO_ACTIVATION, RAMP])),
    )  # fmt: skip


LENET = Case(1, 1, 3, 10, (1, 12, 12), (1, 5, 5))
SQUARE = Case(2, 1, 5, 16, (1, 8, 9), (1, 3, 3), padding=SAME)
DEPTHWISE = Case(1, 7, 1, 1, (1, 5, 6), (1, 3, 3), padding=SAME)
STEEP = Case(1, 2, 2, 3, (2, 9, 8), (2, 2, 3), (1, 3, 4), ((1, 0), (3, 2), (0, 5)), (1, 2, 6))
# So many weights that the sums are taken over several slabs of input channels.
DEEP = Case(1, 1, 300, 9, (1, 3, 5), (1, 3, 3), padding=SAME)
# So large that the gradient by the weights is summed over one block after the other.
LARGE = Case(2, 1, 1, 2, (1, 40, 41), (1, 5, 5))
# Lines of windows begin before the input, or end beyond it, while all columns lie in it.
HIGH_ABOVE = Case(1, 1, 2, 6, (1, 7, 8), (1, 3, 3), padding=((0, 0), (1, 0), (0, 0)))
HIGH_BELOW = Case(1, 1, 2, 6, (1, 7, 8), (1, 3, 3), padding=((0, 0), (0, 1), (0, 0)))
LARGE_SAME = Case(2, 1, 2, 4, (1, 43, 42), (1, 3, 3), padding=SAME)


class Arrays:
    """The arrays of a case in float64 and in lanes, and the fields that describe them."""

    def __init__(self, case: Case, precision: Any) -> None:
        self.case, self.precision = case, precision
        self.random = np.random.default_rng(7)
        examples = case.blocks * lanes_of(precision)
        self.x = self.numbers((examples, case.groups * case.inputs, *case.size))
        self.w = self.numbers((case.groups * case.outputs, case.inputs, *case.kernel))
        self.bias = self.numbers(len(self.w))
        self.y = meaning.convolve(self.x, self.w, **case.window)
        self.d = self.numbers(self.y.shape)
        self.x_lanes, self.d_lanes = (side_by_side(each, precision) for each in (self.x, self.d))
        self.w_flat = like(self.w, REALS[precision]).reshape(-1)
        self.x_shape, self.y_shape = ((case.blocks, *each.shape[1:]) for each in (self.x, self.y))
        self.fields = window_fields.forward(
            self.x_shape, self.w.shape, self.y_shape, **case.window, **units(precision)
        )

    def numbers(self, shape: Any) -> Any:
        return self.random.normal(size=shape).astype(REALS[self.precision]).astype(np.float64)

    def empty(self, shape: Any) -> Any:
        return guarded((*shape, lanes_of(self.precision)), REALS[self.precision])

    def close(self, found: Any, wanted: Any) -> None:
        limit = ROUNDING[self.precision]
        terms = self.case.inputs * np.prod(self.case.kernel)
        np.testing.assert_allclose(found, wanted, rtol=limit, atol=limit * (1 + terms**0.5 / 8))

    def forward(self, workers: int = 1, **changes: Any) -> Any:
        y = self.empty(self.y_shape)
        given = {
            "bias": like(self.bias, REALS[self.precision]) if self.case.bias else None,
            "activation": self.case.activation,
            "gate": None,
        }
        call(convolve, self.precision, workers, x=self.x_lanes, w=self.w_flat, y=y,
             **given | self.fields | changes)  # fmt: skip
        return y


@settings(max_examples=40)
@given(cases(), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real64")
@example(DEPTHWISE, "Real32")
@example(STEEP, "Real32")
@example(DEEP, "Real32")
def test_convolution_with_bias_and_ramp_whoever_does_which_part(case: Case, precision: Any) -> None:
    it = Arrays(case, precision)
    wanted = it.y + (it.bias[:, None, None, None] if case.bias else 0)
    y = it.forward()
    it.close(apart(y), np.maximum(wanted, 0) if case.activation == RAMP else wanted)
    for workers in (2, 3):
        assert it.forward(workers).tobytes() == y.tobytes()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_gate_keeps_what_it_is_positive_for(precision: Any) -> None:
    it = Arrays(SQUARE, precision)
    gate = np.round(it.numbers(it.y.shape))
    y = it.forward(gate=side_by_side(gate, precision), activation=NO_ACTIVATION)
    it.close(apart(y), np.where(gate > 0, it.y + it.bias[:, None, None, None], 0))


@settings(max_examples=40)
@given(cases(), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real64")
@example(STEEP, "Real64")
def test_the_gradient_by_the_input_is_a_convolution_for_each_phase_of_the_stride(
    case: Case, precision: Any
) -> None:
    it = Arrays(case, precision)
    wanted = meaning.convolve_input(it.d, it.w, shape=it.x.shape, **case.window)
    calls = window_fields.backward(
        it.y_shape, it.w.shape, it.x_shape, **case.window, **units(precision)
    )
    found = []
    for workers in (1, 2):
        x = it.empty(it.x_shape)
        for fields, w_at, x_at in calls:
            item = it.w_flat.itemsize
            call(convolve, precision, workers, x=it.d_lanes, w=it.w_flat[w_at // item :],
                 y=x.reshape(-1)[x_at // item :], bias=None, activation=NO_ACTIVATION, gate=None,
                 **fields)  # fmt: skip
        found.append(x)
    it.close(apart(found[0]), wanted)
    assert found[0].tobytes() == found[1].tobytes()


@settings(max_examples=40)
@given(cases(), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real32")
@example(DEPTHWISE, "Real64")
@example(STEEP, "Real64")
@example(LARGE, "Real64")
@example(LARGE_SAME, "Real64")
def test_the_gradient_by_the_weights_whoever_does_which_part(case: Case, precision: Any) -> None:
    it = Arrays(case, precision)
    wanted = meaning.convolve_weights(it.x, it.d, shape=it.w.shape, **case.window)
    fields = window_fields.gradient(it.fields)
    scratch = window_fields.gradient_scratch(fields, **units(precision))
    found = []
    for workers in (1, 2, 3):
        w = guarded(it.w.shape, REALS[precision])
        call(convolve_weights, precision, workers, scratch, x=it.x_lanes, y=it.d_lanes, w=w,
             **fields)  # fmt: skip
        found.append(w)
    limit = ROUNDING[precision]
    np.testing.assert_allclose(found[0], wanted, rtol=limit, atol=limit * it.d[:, 0].size ** 0.5)
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


@pytest.mark.parametrize("case", [LENET, SQUARE, STEEP])
def test_no_two_workers_write_the_same_number(case: Case) -> None:
    it = Arrays(case, "Real32")
    fields = window_fields.gradient(it.fields)
    scratch = window_fields.gradient_scratch(fields, **units("Real32"))
    given = {"bias": None, "activation": NO_ACTIVATION, "gate": None}
    for workers in (2, 3):
        written: Any = [0, 0]
        for worker in range(workers):
            y, w = it.empty(it.y_shape), guarded(it.w.shape, np.float32)
            call_one(convolve, "Real32", worker, workers, x=it.x_lanes, w=it.w_flat, y=y,
                     **given | it.fields)  # fmt: skip
            call_one(convolve_weights, "Real32", worker, workers, scratch, x=it.x_lanes,
                     y=it.d_lanes, w=w, **fields)  # fmt: skip
            written = [done + ~np.isnan(now) for done, now in zip(written, (y, w), strict=True)]
        assert all((done == 1).all() for done in written)


def largest_of_pooled(y: Any, ramp: bool) -> tuple[Any, Any]:
    """What `convolve_pooled` makes of the result of `convolve`."""
    largest, places = meaning.pool_max(y, kernel=(1, 2, 2), stride=(1, 2, 2), padding=NONE)
    return largest, np.where(largest > 0, places, GATED) if ramp else places


@settings(max_examples=40)
@given(cases(planes=False), st.sampled_from(PRECISIONS))
@example(LENET, "Real32")
@example(SQUARE, "Real64")
@example(HIGH_ABOVE, "Real64")
@example(HIGH_BELOW, "Real32")
def test_pooled_convolution_has_the_bits_of_convolution_then_pooling(
    case: Case, precision: Any
) -> None:
    it = Arrays(case, precision)
    rows, columns = (size // 2 for size in it.y_shape[3:])
    if not rows or not columns:
        return
    ramp = case.activation == RAMP
    largest, places = largest_of_pooled(apart(it.forward()), ramp)
    fields = window_fields.pooled(it.fields, rows, columns, **units(precision))
    scratch = window_fields.pooled_scratch(fields, **units(precision))
    bias = like(it.bias, REALS[precision]) if case.bias else None
    for workers in (1, 3):
        y = it.empty((*it.y_shape[:2], 1, rows, columns))
        where = guarded(y.shape, np.uint8, 99)
        call(convolve_pooled, precision, workers, scratch, x=it.x_lanes, w=it.w_flat, bias=bias,
             y=y, places=where, activation=case.activation, **fields)  # fmt: skip
        np.testing.assert_array_equal(apart(y), largest)
        np.testing.assert_array_equal(apart(where), places)
        again = it.empty((*it.y_shape[:2], 1, rows, columns))
        call(convolve_pooled, precision, workers, scratch, x=it.x_lanes, w=it.w_flat, bias=bias,
             y=again, places=None, activation=case.activation, **fields)  # fmt: skip
        assert again.tobytes() == y.tobytes()


@pytest.mark.parametrize("size", [(8, 6), (7, 9), (2, 3)])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_was_pooled_goes_back_to_its_places(size: Any, precision: Any) -> None:
    random = np.random.default_rng(3)
    rows, columns = size[0] // 2, size[1] // 2
    examples = 2 * lanes_of(precision)
    places = random.integers(0, 5, (examples, 3, 1, rows, columns))
    d = random.normal(size=places.shape).astype(REALS[precision])
    passed = np.where(places == GATED, 0, d)
    wanted = meaning.pool_max_input(
        passed, places, shape=(examples, 3, 1, *size), kernel=(1, 2, 2), stride=(1, 2, 2),
        padding=NONE,
    )  # fmt: skip
    d_lanes, where = side_by_side(d, precision), side_by_side(places, precision, np.uint8)
    for workers in (1, 2):
        x = guarded((2, 3, 1, *size, lanes_of(precision)), REALS[precision])
        call(unpool, precision, workers, images=6, rows=rows, columns=columns, d=d_lanes,
             d_image=d_lanes.strides[1], d_row=d_lanes.strides[3], places=where,
             place_image=where.strides[1], place_row=where.strides[3], x=x,
             x_image=x.strides[1], x_row=x.strides[3], x_rows=size[0],
             x_columns=size[1])  # fmt: skip
        np.testing.assert_array_equal(apart(x), wanted)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_nan_is_larger_than_all_and_passes_the_ramp(precision: Any) -> None:
    it = Arrays(Case(1, 1, 1, 1, (1, 2, 2), (1, 1, 1), bias=False), precision)
    values = np.array([1, np.nan, 3, 2.0]).reshape(2, 2)
    it.x_lanes[...] = values[:, :, None]
    it.w_flat[:] = 1
    y = it.forward()
    np.testing.assert_array_equal(apart(y)[0, 0, 0], values)
    fields = window_fields.pooled(it.fields, 1, 1, **units(precision))
    pooled, where = it.empty((1, 1, 1, 1, 1)), guarded((lanes_of(precision),), np.uint8, 99)
    call(convolve_pooled, precision, x=it.x_lanes, w=it.w_flat, bias=None, y=pooled,
         places=where, activation=NO_ACTIVATION, **fields)  # fmt: skip
    assert np.isnan(pooled).all()
    assert (where == 1).all()
