"""Pooling in lanes, compiled as kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded
from tests.kernels.native_lanes import (
    PRECISIONS,
    apart,
    lanes_of,
    side_by_side,
    units,
    windows,
)
from wlnet.graph import window_reference as meaning
from wlnet.kernels.windows.pools_in_lanes import pool_back, pool_max, pool_sum
from wlnet.plan.calls import window_fields

NONE = ((0, 0),) * 3
HALVES = ((1, 6, 7), (1, 2, 2), (1, 2, 2), NONE, (1, 1, 1))


class Pool:
    """A pool of 2 channels and the fields of its kernels."""

    def __init__(self, window: Any, blocks: int, special: bool, precision: Any) -> None:
        size, kernel, stride, padding, _ = window
        self.precision = precision
        self.window = {"kernel": kernel, "stride": stride, "padding": padding}
        self.random = np.random.default_rng(5)
        shape = (blocks * lanes_of(precision), 2, *size)
        # Few different numbers: equal ones meet in a window.
        self.x = self.random.integers(-2, 3, shape).astype(float)
        if special:
            self.x[self.random.random(shape) < 0.1] = np.nan
            self.x[self.random.random(shape) < 0.2] = -np.inf
        self.largest, self.places = meaning.pool_max(self.x, **self.window)
        self.d = self.random.integers(-9, 10, self.largest.shape).astype(float)
        self.y_shape = (blocks, *self.largest.shape[1:])
        self.fields = window_fields.pooling(
            (blocks, *shape[1:]), self.y_shape, **self.window, **units(precision)
        )

    def empty(self, shape: Any, dtype: Any = None, fill: Any = np.nan) -> Any:
        return guarded((*shape, lanes_of(self.precision)), dtype or REALS[self.precision], fill)


def fits(window: Any) -> bool:
    size, kernel, _, padding, _ = window
    return all(n + sum(pads) >= k for n, k, pads in zip(size, kernel, padding, strict=True))


pools = windows().filter(fits)
drawn = given(pools, st.integers(1, 2), st.booleans(), st.sampled_from(PRECISIONS))
few = settings(max_examples=40)


@few
@drawn
@example(HALVES, 2, True, "Real32")
@example(HALVES, 1, False, "Real64")
def test_the_largest_of_windows_and_its_place(
    window: Any, blocks: int, special: bool, precision: Any
) -> None:
    it = Pool(window, blocks, special, precision)
    for workers in (1, 3):
        y, places = it.empty(it.y_shape), it.empty(it.y_shape, np.int32, -1)
        call(pool_max, precision, workers, x=side_by_side(it.x, precision), y=y, places=places,
             **it.fields)  # fmt: skip
        np.testing.assert_array_equal(apart(y), it.largest)
        np.testing.assert_array_equal(apart(places), it.places)


@few
@drawn
@example(HALVES, 1, False, "Real64")
def test_sums_of_windows(window: Any, blocks: int, special: bool, precision: Any) -> None:
    it = Pool(window, blocks, False, precision)
    fields = {name: word for name, word in it.fields.items() if "place" not in name}
    for workers in (1, 2):
        y = it.empty(it.y_shape)
        call(pool_sum, precision, workers, x=side_by_side(it.x, precision), y=y, **fields)
        np.testing.assert_array_equal(apart(y), meaning.pool_sum(it.x, **it.window))


@few
@drawn
@example(HALVES, 1, False, "Real64")
@example(HALVES, 2, False, "Real32")
def test_gradients_go_back_to_the_largest_or_to_all(
    window: Any, blocks: int, special: bool, precision: Any
) -> None:
    it = Pool(window, blocks, False, precision)
    places = side_by_side(it.places, precision, np.int32)
    shape = it.x.shape
    to_largest = meaning.pool_max_input(it.d, it.places, shape=shape, **it.window)
    to_all = meaning.pool_sum_input(it.d, shape=shape, **it.window)
    for workers in (1, 3):
        for given_places, wanted in ((places, to_largest), (None, to_all)):
            x = it.empty((blocks, *shape[1:]))
            call(pool_back, precision, workers, x=x, y=side_by_side(it.d, precision),
                 places=given_places, **it.fields)  # fmt: skip
            np.testing.assert_array_equal(apart(x), wanted)
