"""The order of numbers, and parts of arrays by their places, compiled as kernels."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.graph.reference import REFERENCES
from wlnet.kernels.copies.places import extract, ordering, put

WORKERS = 1, 2, 3, 7
both_precisions = pytest.mark.parametrize("precision", ["Real32", "Real64"])


@both_precisions
@settings(max_examples=40)
@given(count=st.integers(0, 9), n=st.integers(1, 200), kinds=st.integers(2, 50), seed=st.integers())
@example(count=2, n=1000, kinds=3, seed=0)
def test_numbers_are_put_in_order_equals_as_they_stand_and_nan_last(
    precision: Any, count: int, n: int, kinds: int, seed: int
) -> None:
    rng = np.random.default_rng(abs(seed))
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, *rng.normal(size=kinds)])
    x = like(rng.choice(values, (count, n)), REALS[precision])
    for workers in WORKERS:
        y = guarded((count, n), np.int32)
        call(ordering, precision, workers, 4 * n, count=count, n=n, x=x, y=y)
        np.testing.assert_array_equal(y, np.argsort(x, axis=-1, kind="stable") + 1)


@both_precisions
@settings(max_examples=60)
@given(
    outer=st.integers(1, 4),
    each=st.integers(1, 9),
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    width=st.integers(1, 20),
    counting=st.sampled_from([(-1, 1), (0, 0), (-2, 0), (3, 0)]),
    seed=st.integers(0, 99),
)
def test_parts_are_read_and_added_up_at_their_places_and_nowhere_else(
    precision: Any, outer: int, each: int, sizes: Any, width: int, counting: Any, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    index = rng.integers(-max(sizes) - 1, max(sizes) + 2, (outer, each, len(sizes)))
    index[rng.random(index.shape) < 0.05] = rng.choice([-(2**31), 2**31 - 1])
    at = {"beside": 1, "offset": counting[0], "wrap": counting[1]}
    fields = {
        "each": each, "parts": prod(sizes), "width": width, "depth": len(sizes),
        "sizes": like(sizes, np.int64), "offset": counting[0], "wrap": counting[1],
        "index": like(index, np.int32),
    }  # fmt: skip
    x = like(rng.normal(size=(outer, *sizes, width)), REALS[precision])
    d = like(rng.normal(size=(outer, each, width)), REALS[precision])
    (taken,) = REFERENCES["extract"](x, index, **at)
    (added,) = REFERENCES["put"](np.float64(d), index, shape=x.shape, **at)
    rounding = np.finfo(REALS[precision]).eps * each * 4
    for workers in WORKERS:
        y = guarded(d.shape, REALS[precision])
        call(extract, precision, workers, count=outer * each, x=x, y=y, **fields)
        np.testing.assert_array_equal(y, taken)
        y = guarded(x.shape, REALS[precision])
        call(put, precision, workers, count=outer, x=d, y=y, **fields)
        np.testing.assert_allclose(y, added, atol=rounding)
