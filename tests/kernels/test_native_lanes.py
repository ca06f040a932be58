"""The ways into lanes, back, and from lanes to other lanes, compiled as kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.native_lanes import PRECISIONS, apart, lanes_of, side_by_side
from wlnet.engine.packed import packed
from wlnet.kernels.copies.lane_blocks import LAST_AGAIN, ZEROS, from_lanes, to_lanes, to_panels
from wlnet.kernels.copies.masking import mask_lanes

precisions = st.sampled_from(PRECISIONS)
few = settings(max_examples=40)


def numbers(shape: Any, precision: Any) -> Any:
    return np.random.default_rng(1).normal(size=shape).astype(REALS[precision])


def filled_up(x: Any, lanes: int, ends: float) -> Any:
    """With more examples, all of one number, until they are a multiple of the lanes."""
    return np.pad(x, [(0, -len(x) % lanes), (0, 0)], constant_values=ends)


@few
@given(st.integers(1, 40), st.integers(1, 70), st.booleans(), precisions)
@example(32, 64, False, "Real32")
@example(5, 16, True, "Real64")
def test_examples_go_into_lanes_and_back(
    examples: int, values: int, zeros: bool, precision: Any
) -> None:
    lanes = lanes_of(precision)
    x = like(np.random.default_rng(1).normal(size=(examples, values + 3)), REALS[precision])
    blocks = -(-examples // lanes)
    missing = blocks * lanes - examples
    ends = np.zeros((missing, values + 3)) if zeros else np.repeat(x[-1:], missing, 0)
    wanted = side_by_side(np.concatenate([x, ends])[:, :values], precision)
    for workers in (1, 3):
        y = guarded((blocks, values, lanes), REALS[precision])
        call(to_lanes, precision, workers, examples=examples, values=values,
             fill=ZEROS if zeros else LAST_AGAIN, x=x, x_example=x.strides[0], y=y,
             y_block=y.strides[0])  # fmt: skip
        np.testing.assert_array_equal(y, wanted)
        back = guarded((examples, values), REALS[precision])
        call(from_lanes, precision, workers, examples=examples, values=values, x=y,
             x_block=y.strides[0], y=back, y_example=back.strides[0])  # fmt: skip
        np.testing.assert_array_equal(back, x[:, :values])


@few
@given(st.integers(1, 70), st.integers(1, 70), precisions)
@example(1, 1, "Real32")
@example(16, 17, "Real32")
def test_the_columns_of_a_matrix_become_panels(rows: int, columns: int, precision: Any) -> None:
    whole = like(numbers((rows, columns + 3), precision))
    x = whole[:, :columns]
    wanted = packed(np.ascontiguousarray(x.T), lanes_of(precision))
    for workers in (1, 3):
        y = guarded(wanted.shape, REALS[precision])
        call(to_panels, precision, workers, rows=rows, columns=columns, x=x, x_row=x.strides[0],
             y=y)  # fmt: skip
        np.testing.assert_array_equal(y, wanted)


@few
@given(st.integers(1, 70), st.integers(1, 40), precisions)
@example(32, 5, "Real32")
@example(33, 1, "Real64")
def test_lanes_beyond_the_last_example_become_zero_whatever_they_hold(
    examples: int, values: int, precision: Any
) -> None:
    present, lanes = numbers((examples, values), precision), lanes_of(precision)
    for beyond in (3.0, np.inf, np.nan):
        x = side_by_side(filled_up(present, lanes, beyond), precision)
        for workers in (1, 2, 3, 7):
            y = guarded(x.shape, REALS[precision])
            call(mask_lanes, precision, workers, blocks=len(x), values=values, examples=examples,
                 x=x, y=y)  # fmt: skip
            np.testing.assert_array_equal(apart(y), filled_up(present, lanes, 0.0))
