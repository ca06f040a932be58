"""Sums of squares, the scale of a norm, and updates by scaled gradients, as kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from tests.kernels.test_native_updates import WAYS, Trained, Way, draws
from wlnet.kernels.updates import norms

precisions = pytest.mark.parametrize("precision", REALS)
COUNTS = st.one_of(st.integers(0, 40), st.sampled_from([4095, 4096, 4097, 20_001]))


def squares(x: Any, precision: Any, workers: int) -> Any:
    sums = guarded(max(1, -(-x.size // norms.CHUNK)), np.float64)
    sums[:] = 0
    call(
        norms.square_sums, precision, workers, memory=[x, sums], count=x.size, x=x, sums=sums
    )  # fmt: skip
    return sums


@precisions
@given(count=COUNTS, seed=st.integers(0, 99), size=st.sampled_from([1.0, 1e-30, 1e18, 1e30]))
@example(count=20_001, seed=0, size=1e30)
@settings(max_examples=12)
def test_squares_are_summed_in_64_bits_for_any_number_of_workers(
    precision: Any, count: int, seed: int, size: float
) -> None:
    x = like(draws(seed, count) * size, REALS[precision])
    found = [squares(x, precision, workers) for workers in (1, 2, 4)]
    assert len({each.tobytes() for each in found}) == 1
    exact = math.fsum(float(number) ** 2 for number in x)
    assert float(found[0].sum()) == pytest.approx(exact, rel=1e-14)


@precisions
@pytest.mark.parametrize("before", [None, 2.5])
@pytest.mark.parametrize("rate", [0.1, math.nan], ids=["moves", "rests"])
def test_an_array_that_rests_is_told_and_has_no_share(
    precision: Any, before: float | None, rate: float
) -> None:
    sums, rates = like([1.0, 2.0, 4.0], np.float64), like([math.nan, rate], np.float64)
    total, running = guarded(1, np.float64), guarded(1, np.float64)
    earlier = None if before is None else like([before], np.float64)
    call(
        norms.add_squares, precision, 2, 0, 1, count=3, sums=sums, rates=rates, before=earlier,
        total=total, running=running,
    )  # fmt: skip
    assert total[0] == 7.0
    assert running[0] == (before or 0.0) + (0.0 if math.isnan(rate) else 7.0)


@precisions
@pytest.mark.parametrize(
    ("squared", "most", "wanted"),
    [
        (0.0, 1.0, 1.0),
        (4.0, 2.0, 1.0),
        (4.0, 1.0, 0.5),
        (1e300, 1e-3, 1e-153),
        (math.inf, 1.0, math.nan),
        (math.nan, 1.0, math.nan),
    ],
)
def test_the_scale_is_the_limit_by_the_norm_and_1_at_most(
    precision: Any, squared: float, most: float, wanted: float
) -> None:
    running, scale = like([squared], np.float64), guarded(1, np.float64)
    call(norms.norm_scale, precision, 3, running=running, most=most, scale=scale)
    np.testing.assert_allclose(scale, [wanted], rtol=1e-15)


@precisions
@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.kernel.name}-{way.settings}")
@given(
    count=st.one_of(st.integers(0, 40), st.sampled_from([259, 5_001])),
    factor=st.sampled_from([1.0, 0.3, 1e-9, math.nan]),
    held=st.booleans(),
    seed=st.integers(0, 99),
)
@example(count=5_001, factor=0.3, held=True, seed=1)
@settings(max_examples=8)
def test_an_update_by_a_scaled_gradient_is_the_update_by_the_gradient_times_the_scale(
    way: Way, precision: Any, count: int, factor: float, held: bool, seed: int
) -> None:
    real = REALS[precision]
    limits = (0.1, 0.3, 1.0, [0.05]) if held else (0.0, math.inf, math.inf, None)
    start, gradient = draws(seed, count), like(draws(seed + 1, count), real)
    wanted = Trained(way, precision, start, [0.1], *limits)
    wanted.divided_step(like(gradient * real(factor), real), 0, 1)
    scale, before = like([factor], np.float64), gradient.tobytes()
    for workers in (1, 2, 4):
        array = Trained(way, precision, start, [0.1], *limits)
        call(
            norms.scaled_update, precision, workers, norms.scaled_update_scratch(precision),
            memory=[*array.memory, gradient, scale], function=way.kernel,
            record=array.record(gradient), scale=scale,
        )  # fmt: skip
        assert array.bits() == wanted.bits()
        assert gradient.tobytes() == before
    assert bool(wanted.status[0]) == (math.isnan(factor) and count > 0)


@precisions
def test_a_scaled_update_leaves_alone_what_rests(precision: Any) -> None:
    array = Trained(WAYS[0], precision, draws(1, 20), [math.nan], 0.1, 0.5, 1.5)
    before, gradient = array.bits(), like(draws(2, 20), REALS[precision])
    scale = like([math.nan], np.float64)
    call(
        norms.scaled_update, precision, 2, norms.scaled_update_scratch(precision),
        memory=[*array.memory, gradient, scale], function=array.way.kernel,
        record=array.record(gradient), scale=scale,
    )  # fmt: skip
    assert array.bits() == before
