"""Functions of a user, called by the kernel by their address, beside Python."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.kernels.elementwise.compiled import MOST, compiled
from wlnet.kernels.jit.functions import address_of


def one(x: float) -> float:
    return math.atan(x) if x > 0 else -x


def two(x: float, y: float) -> float:
    return x - 2 * y


def three(x: float, y: float, z: float) -> float:
    return x * y + z


def four(x: float, y: float, z: float, w: float) -> float:
    return x * y - z * w


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@settings(max_examples=25)
@given(count=st.integers(0, 700), operands=st.integers(1, MOST))
def test_each_number_is_that_of_python_for_any_number_of_workers(
    precision: Any, count: int, operands: int
) -> None:
    function = (one, two, three, four)[operands - 1]
    rng = np.random.default_rng(count)
    xs = [like(rng.normal(size=count), REALS[precision]) for _ in range(operands)]
    given = {f"x{i + 1}": xs[i] if i < operands else 0 for i in range(MOST)}
    results = []
    for workers in (1, 2, 3, 7):
        y = guarded(count, REALS[precision])
        loop = address_of(function, operands, precision)
        call(compiled, precision, workers, count=count, loop=loop, **given, y=y)
        results.append(y)
    exact = [function(*map(float, row)) for row in zip(*xs, strict=True)]
    tolerance = 4 * float(np.finfo(REALS[precision]).eps)
    np.testing.assert_allclose(results[0], exact, rtol=tolerance, atol=20 * tolerance)
    for other in results[1:]:
        assert other.tobytes() == results[0].tobytes()
