"""Functions of one number as kernels: against NumPy and SciPy, and their errors in last places."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.native_bench import REALS, call, guarded, like
from wlnet.graph import maps
from wlnet.graph.map_reference import MAP_REFERENCES
from wlnet.kernels.elementwise.maps import MAPS

PRECISIONS = "Real32", "Real64"

# The largest error in units of the last place, for float32 and float64.
ERRORS = {
    "Exp": (1, 1),
    "ExpMinusOne": (2, 2),
    "Log": (1, 1),
    "LogOnePlus": (1.5, 1.5),
    "Tanh": (2, 2),
    "LogisticSigmoid": (2, 2),
    "SoftRamp": (2, 2),
    "Sinh": (2, 2),
    "Cosh": (2, 2),
    "Erf": (1.5, 2),
    "Csch": (0.6, 3),
    "CubeRoot": (0.6, 1),
    "Sin": (1, 2),
    "Cos": (1, 2),
}


def _soft_ramp(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _logistic(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


EXACT: dict[str, Callable[[Any], Any]] = {
    "Exp": np.exp,
    "ExpMinusOne": np.expm1,
    "Log": np.log,
    "LogOnePlus": np.log1p,
    "Tanh": np.tanh,
    "LogisticSigmoid": _logistic,
    "SoftRamp": _soft_ramp,
    "Sinh": np.sinh,
    "Cosh": np.cosh,
    "Sin": np.sin,
    "Cos": np.cos,
    "Csch": lambda x: 1 / np.sinh(x),
    "CubeRoot": np.cbrt,
    # The C library's is more exact than SciPy's.
    "Erf": lambda x: np.array([math.erf(each) for each in x], np.float64),
}


def applied(name: str, precision: Any, x: Any, workers: int = 1) -> Any:
    y = guarded(x.shape, x.dtype)
    call(MAPS[name], precision, workers, count=x.size, x=x, y=y)
    return y


def sweep(dtype: Any) -> Any:
    """Numbers of all sizes, more of those at which something happens."""
    random = np.random.default_rng(0)
    whole = np.int32 if dtype == np.float32 else np.int64
    edges = np.iinfo(whole)
    parts = [
        random.integers(edges.min, edges.max, 20000, whole).view(dtype),
        random.normal(size=20000),
        random.normal(size=20000) * 10,
        random.uniform(-1e6, 1e6, 10000),
        np.arange(-5000, 5000) * (np.pi / 2),
        random.uniform(-110, 110, 20000),
        random.uniform(-750, 750, 10000),
        random.uniform(-1.1, 1.1, 20000),
        10 ** random.uniform(-20, 0, 5000),
        specials(dtype),
    ]
    with np.errstate(invalid="ignore"):  # signalling NaN among the bits
        return like(np.concatenate(parts), dtype)


def specials(dtype: Any) -> Any:
    info = np.finfo(dtype)
    sizes = [0.0, 1.0, 0.5, 1.5, 2.5, 3.0, np.inf, info.tiny, info.smallest_subnormal, info.max]
    return np.array([*sizes, *(-each for each in sizes), np.nan], dtype)


def last_places(y: Any, exact: Any) -> Any:
    """Errors in units of the last place of the exact result; exact has more digits than y."""
    info = np.finfo(y.dtype)
    exponent = np.frexp(np.abs(exact))[1]
    unit = np.ldexp(np.ones_like(exact), np.maximum(exponent - 1, info.minexp) - info.nmant)
    return np.abs(y.astype(exact.dtype) - exact) / unit


def test_every_function_of_a_graph_has_a_kernel() -> None:
    assert set(MAPS) == set(maps.MAPS)
    names = [kernel.name for kernel in MAPS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_function_means_what_the_reference_says(name: str, precision: Any) -> None:
    dtype = REALS[precision]
    random = np.random.default_rng(1)
    x = like(np.concatenate([specials(dtype), random.normal(size=300) * 3]), dtype)
    if name == "LogGamma":  # SciPy overflows at denormal numbers
        x = like(x[(np.abs(x) >= 1e-300) | (x == 0)])
    y = applied(name, precision, x)
    with np.errstate(all="ignore"):
        expected = MAP_REFERENCES[name](x.astype(np.float64)).astype(dtype)
    tolerance = 2e-6 if precision == "Real32" else 1e-11
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance / 10)


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_error_is_at_most_a_unit_or_two_of_the_last_place(name: str, precision: Any) -> None:
    dtype = REALS[precision]
    x = sweep(dtype)
    y = applied(name, precision, x)
    wide = np.float64 if precision == "Real32" else np.longdouble
    with np.errstate(all="ignore"):
        exact = EXACT[name](x.astype(wide))
        rounded = exact.astype(dtype)
        ordinary = np.isfinite(rounded) & np.isfinite(y)
        np.testing.assert_array_equal(y[~ordinary], rounded[~ordinary])
        assert last_places(y[ordinary], exact[ordinary]).max() <= ERRORS[name][dtype is np.float64]


@pytest.mark.parametrize(
    "name",
    [
        "Negate",
        "Tanh",
        "ExpMinusOne",
        "LogOnePlus",
        "Sinh",
        "Erf",
        "Sin",
        "Square",
        "CubeRoot",
    ],
)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_zeros_keep_their_sign(name: str, precision: Any) -> None:
    x = like([0.0, -0.0], REALS[precision])
    y = applied(name, precision, x)
    np.testing.assert_array_equal(np.signbit(y), np.signbit(MAP_REFERENCES[name](x)))


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", ["Tanh", "Sin", "DiGamma"])
@settings(max_examples=20)
@given(count=st.integers(0, 400))
def test_the_bits_depend_on_neither_workers_nor_places(
    name: str, precision: Any, count: int
) -> None:
    x = like(np.random.default_rng(2).normal(size=count) * 3, REALS[precision])
    x[::50] *= 2000
    before = x.copy()
    y = applied(name, precision, x)
    np.testing.assert_array_equal(x, before)
    for workers in (2, 3):
        np.testing.assert_array_equal(applied(name, precision, x, workers), y)
    for i in range(0, count, 37):
        np.testing.assert_array_equal(applied(name, precision, like(x[i : i + 1])), y[i : i + 1])
    small = np.abs(x) < 100
    without = applied(name, precision, like(np.where(small, x, 1)))
    np.testing.assert_array_equal(without[small], y[small])
    call(MAPS[name], precision, 2, count=count, x=x, y=x)
    np.testing.assert_array_equal(x, y)
