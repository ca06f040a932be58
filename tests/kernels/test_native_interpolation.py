"""Images at spots between their entries, and what goes back, compiled as kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.graph.reference import REFERENCES
from wlnet.kernels.copies.interpolation import (
    interpolate,
    interpolate_input,
    interpolate_spots,
)

WORKERS = 1, 2, 3, 7
both_precisions = pytest.mark.parametrize("precision", ["Real32", "Real64"])


@both_precisions
@settings(max_examples=40)
@given(
    batch=st.integers(1, 3), channels=st.integers(1, 3), height=st.integers(1, 6),
    width=st.integers(1, 6), points=st.integers(0, 40), seed=st.integers(0, 99),
)  # fmt: skip
@example(batch=2, channels=1, height=3, width=4, points=300, seed=0)
def test_numbers_and_both_derivatives_for_any_number_of_workers(
    precision: Any, batch: int, channels: int, height: int, width: int, points: int, seed: int
) -> None:
    rng, real = np.random.default_rng(seed), REALS[precision]
    x = like(rng.normal(size=(batch, channels, height, width)), real)
    d = like(rng.normal(size=(batch, channels, points)), real)
    spots = rng.uniform(-2, 7, (batch, 2, points))
    # At entries, at the edge of what is near, far away, and nowhere.
    odd = rng.random(spots.shape)
    spots = np.where(odd < 0.3, np.round(spots), spots)
    spots = np.where(odd > 0.97, rng.choice([-np.inf, np.inf, 1e30, -1e30], spots.shape), spots)
    spots = like(spots, real)
    fields = {"channels": channels, "height": height, "width": width, "points": points,
              "spots": spots}  # fmt: skip
    wide = np.float64(x), np.float64(d), np.float64(spots)
    (y,) = REFERENCES["interpolate"](wide[0], wide[2])
    (to_x,) = REFERENCES["interpolate_input"](wide[1], wide[2], height=height, width=width)
    (to_spots,) = REFERENCES["interpolate_spots"](wide[1], wide[0], wide[2])
    rounding = 8 * np.finfo(real).eps * max(points, 1)
    first: list[bytes] = []
    for workers in WORKERS:
        found = [guarded(each.shape, real) for each in (y, x, spots)]
        count = batch * channels * points
        call(interpolate, precision, workers, count=count, x=x, y=found[0], **fields)
        call(interpolate_input, precision, workers, planes=batch * channels, d=d, y=found[1],
             **fields)  # fmt: skip
        call(interpolate_spots, precision, workers, count=batch * points, d=d, x=x, y=found[2],
             **fields)  # fmt: skip
        for given_, expected in zip(found, (y, to_x, to_spots), strict=True):
            np.testing.assert_allclose(given_, expected, atol=rounding)
        bits = [each.tobytes() for each in found]
        first = first or bits
        assert bits == first


@both_precisions
def test_nan_is_not_lost_and_what_has_no_part_in_a_number_may_be_infinite(precision: Any) -> None:
    real = REALS[precision]
    x = like([[[[1.0, np.inf], [np.nan, 4.0]]]], real)
    spots = like([[[0.0, np.nan, 0.0, 1.0], [0.0, 0.0, np.nan, 1.0]]], real)
    fields = {"channels": 1, "height": 2, "width": 2, "points": 4, "spots": spots}
    y = guarded((1, 1, 4), real)
    call(interpolate, precision, 1, count=4, x=x, y=y, **fields)
    np.testing.assert_array_equal(y, [[[1, np.nan, np.nan, 4]]])
    back = guarded(spots.shape, real)
    d = like(np.ones((1, 1, 4)), real)
    call(interpolate_spots, precision, 1, count=4, d=d, x=x, y=back, **fields)
    assert np.isnan(back[0, :, 1:3]).all()
    image = guarded(x.shape, real)
    call(interpolate_input, precision, 1, planes=1, d=d, y=image, **fields)
    np.testing.assert_array_equal(image, [[[[1, 0], [0, 1]]]])
