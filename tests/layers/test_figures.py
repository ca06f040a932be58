"""How many figures of a function or formula are right: its error in units of the last place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special

import wlnet as wl
from tests.primitive_cases import DTYPES, Run
from wlnet.graph.builder import Builder
from wlnet.graph.functions import FUNCTIONS
from wlnet.graph.graph import Graph
from wlnet.kernels.language import Precision

UNITS = 4.0
"""The largest error of a function, unless it is named here."""
MORE = {"GELU": 8.0, "Mish": 6.0, "Gamma": 6.0, "LogGamma": 6.0, "log2": 5.0}

FORMULAS: dict[str, Callable[..., Any]] = {
    "logaddexp(0, x)": lambda x: np.logaddexp(0, x),
    "logaddexp(x, 0)": lambda x: np.logaddexp(x, 0),
    "logaddexp(x, 1.5)": lambda x: np.logaddexp(x, 1.5),
    "logaddexp(1.5, x)": lambda x: np.logaddexp(1.5, x),
    "softplus": scipy.special.softplus,
    "log_expit": scipy.special.log_expit,
    "log1p": np.log1p,
    "log1p(exp(x))": lambda x: np.log1p(np.exp(x)),
    "log(1 + exp(x))": lambda x: np.log(1 + np.exp(x)),
    "log(exp(x) + 1)": lambda x: np.log(np.exp(x) + 1),
    "log(1 + x)": lambda x: np.log(1 + x),
    "expm1": np.expm1,
    "exp(x) - 1": lambda x: np.exp(x) - 1,
    "1 / (1 + exp(-x))": lambda x: 1 / (1 + np.exp(-x)),
    "exp(x) / (exp(x) + 1)": lambda x: np.exp(x) / (np.exp(x) + 1),
    "x / (1 + exp(-x))": lambda x: x / (1 + np.exp(-x)),
    "(exp(x) - 1) / (exp(x) + 1)": lambda x: (np.exp(x) - 1) / (np.exp(x) + 1),
    "log(1 / (1 + exp(-x)))": lambda x: np.log(1 / (1 + np.exp(-x))),
    "log(1 - sigmoid)": lambda x: np.log(1 - scipy.special.expit(x)),
    "1 - sigmoid": lambda x: 1 - scipy.special.expit(x),
    "-1 + exp(x)": lambda x: -1 + np.exp(x),
    "1 - exp(-x)": lambda x: 1 - np.exp(-x),
    "log(1 - x)": lambda x: np.log(1 - x),
    "1 / exp(x)": lambda x: 1 / np.exp(x),
    "ndtr": scipy.special.ndtr,
    "log2": np.log2,
    "exp2": np.exp2,
    "x^3": lambda x: x**3,
    "a choice": lambda x: np.where(x > 0, np.log1p(x), np.expm1(x)),
}


def _log_of_one_plus_exp(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


ONE = np.longdouble(1)
EXACT: dict[str, Callable[[Any], Any]] = {
    "LogisticSigmoid": _sigmoid,
    "1 / (1 + exp(-x))": _sigmoid,
    "SoftRamp": _log_of_one_plus_exp,
    **dict.fromkeys(
        ("logaddexp(0, x)", "logaddexp(x, 0)", "softplus", "log1p(exp(x))", "log(1 + exp(x))",
         "log(exp(x) + 1)"), _log_of_one_plus_exp
    ),
    "log_expit": lambda x: -_log_of_one_plus_exp(-x),
    "exp(x) / (exp(x) + 1)": _sigmoid,
    "x / (1 + exp(-x))": lambda x: x * _sigmoid(x),
    "(exp(x) - 1) / (exp(x) + 1)": lambda x: np.tanh(x / 2),
    "log(1 / (1 + exp(-x)))": lambda x: -_log_of_one_plus_exp(-x),
    "log(1 - sigmoid)": lambda x: -_log_of_one_plus_exp(x),
    "1 - sigmoid": lambda x: _sigmoid(-x),
    "-1 + exp(x)": np.expm1,
    "1 - exp(-x)": lambda x: -np.expm1(-x),
    "log(1 - x)": lambda x: np.log1p(-x),
    "1 / exp(x)": lambda x: np.exp(-x),
    "log(1 + x)": np.log1p,
    "exp(x) - 1": np.expm1,
    "Swish": lambda x: x * _sigmoid(x),
    "Mish": lambda x: x * np.tanh(_log_of_one_plus_exp(x)),
    "HardSwish": lambda x: x * np.clip(x + 3 * ONE, 0, 6) / 6,
}  # fmt: skip
"""What is right, in the precision of the numbers that are given: that has more digits. Others are
computed by NumPy as they are written."""

# Functions that NumPy does not have: in 64 bits they are held against these numbers.
TABLE: dict[str, dict[float, float]] = {
    "Erf": {
        -6.5: -1.0,
        -1.25: -0.9229001282564583,
        -0.3: -0.3286267594591274,
        1e-09: 1.1283791670955127e-09,
        0.7: 0.6778011938374184,
        1.0: 0.8427007929497149,
        2.5: 0.999593047982555,
        4.0: 0.9999999845827421,
    },
    "Erfc": {
        -6.0: 2.0,
        -1.25: 1.9229001282564582,
        -0.3: 1.3286267594591274,
        -1e-09: 1.0000000011283792,
        1e-17: 1.0,
        0.47: 0.5062549491139179,
        0.7: 0.32219880616258156,
        1.5: 0.033894853524689274,
        2.5: 0.0004069520174449589,
        5.5: 7.357847917974398e-15,
        9.0: 4.13703174651381e-37,
        20.25: 2.272956417880784e-180,
        26.5: 2.2109076642637343e-307,
    },
    "InverseErf": {
        -0.9999999999999999: -5.8635847487551676,
        -0.99: -1.8213863677184494,
        -0.5: -0.4769362762044699,
        -1e-09: -8.86226925452758e-10,
        1e-300: 8.86226925452758e-301,
        0.01: 0.008862501280950598,
        0.3: 0.2724627147267543,
        0.4999: 0.4768250236254278,
        0.7: 0.7328690779592167,
        0.84: 0.9935356283473041,
        0.999: 2.3267537655135246,
        0.99999999: 4.052237243268763,
        0.9999999999999: 5.261483331372676,
    },
    "ndtr": {
        -38.0: 2.88542835e-316,
        -20.25: 1.77619986494957e-91,
        -9.5: 1.0494515075362608e-21,
        -5.0: 2.866515718791939e-07,
        -1.5: 0.06680720126885807,
        -0.7: 0.24196365222307303,
        -1e-09: 0.49999999960105773,
        0.3: 0.6179114221889527,
        2.0: 0.9772498680518208,
        5.5: 0.9999999810104375,
    },
    "GELU": {
        -37.0: -2.1184613523340935e-298,
        -20.25: -3.596804726522879e-90,
        -9.5: -9.969789321594476e-21,
        -5.0: -1.4332578593959695e-06,
        -1.5: -0.1002108019032871,
        -0.7: -0.1693745565561511,
        -1e-09: -4.999999996010577e-10,
        0.3: 0.1853734266566858,
        2.0: 1.9544997361036416,
        5.5: 5.499999895557407,
    },
    "Gamma": {
        -2.5: -0.9453087204829419,
        -0.1: -10.686287021193193,
        1e-09: 999999999.4227843,
        0.5: 1.772453850905516,
        1.5: 0.886226925452758,
        4.75: 16.58620653922594,
        20.25: 2.5604013332847648e17,
        170.5: 5.56209241456e305,
    },
    "LogGamma": {
        -3.5: -1.309006684993042,
        -2.4375: 0.03145561712747945,
        -0.1: 2.3689613327287886,
        1e-09: 20.723265836369194,
        0.5: 0.5723649429247001,
        0.9999: 5.7729791561193866e-05,
        1.0001: -5.771334222047127e-05,
        1.75: -0.08440112102048555,
        2.0001: 4.2281658112919945e-05,
        40.5: 108.47307506906539,
        1000000.0: 12815504.569147611,
        1e300: 6.897755278982137e302,
    },
}
"""Rounded once from 50 digits."""


def layer_of(name: str) -> Any:
    return wl.ElementwiseLayer(FORMULAS.get(name, name))


def computed(name: str, x: Any, precision: Precision) -> Any:
    graph = Graph()
    value = graph.inputs["0"] = graph.new_value(x.shape)
    graph.outputs["y"] = layer_of(name).lower(Builder(graph), value)
    (y,) = Run(graph, precision, [x]).outputs
    return y


def numbers(dtype: Any) -> Any:
    """Of all sizes and both signs, more of those that are neither tiny nor huge."""
    random = np.random.default_rng(0)
    whole, info = (np.int32 if dtype == np.float32 else np.int64), np.finfo(dtype)
    span = np.iinfo(whole)
    parts = [
        random.integers(span.min, span.max, 4000, whole).view(dtype),
        random.normal(size=4000) * 3,
        random.uniform(-120, 120, 4000),
        10 ** random.uniform(-30, 0, 1000) * random.choice([-1, 1], 1000),
        [0.0, -0.0, 1.0, -1.0, 3e38, -3e38, info.max, info.min, info.tiny, -info.tiny],
        [2.9999998, -2.9999998, 3.0, -3.0, 6.0, -6.0, 0.5, -0.5],
    ]
    with np.errstate(all="ignore"):
        x = np.concatenate(parts).astype(dtype)
    return x[np.isfinite(x)]


def errors(y: Any, right: Any) -> Any:
    """In units of the last place of what is right; where that is denormal, of the smallest normal
    number's, as products of denormal numbers have no more."""
    info = np.finfo(y.dtype)
    exponent = np.frexp(np.abs(right))[1]
    unit = np.ldexp(np.ones_like(right), np.maximum(exponent - 1, info.minexp) - info.nmant)
    off = np.abs(y.astype(right.dtype) - right) / unit
    return np.where(np.abs(right) < 16 * info.tiny, off / 16, off)


def right(name: str, x: Any) -> Any:
    layer = layer_of(name)
    return EXACT[name](x) if name in EXACT else layer.reference(x)


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@pytest.mark.parametrize("name", [*FUNCTIONS, *FORMULAS])
def test_all_but_the_last_figures_are_right_over_the_whole_range(
    name: str, precision: Precision
) -> None:
    if precision == "Real64" and name in TABLE:
        pytest.skip("held against a table")
    x = numbers(DTYPES[precision])
    wide = np.float64 if precision == "Real32" else np.longdouble
    with np.errstate(all="ignore"):
        y = computed(name, x, precision)
        exact = np.asarray(right(name, x.astype(wide)), wide)
        expected = exact.astype(y.dtype)
    ordinary = np.isfinite(expected)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
    off = errors(y[ordinary], exact[ordinary])
    worst = int(np.argmax(off))
    assert off[worst] <= MORE.get(name, UNITS), (x[ordinary][worst], y[ordinary][worst])
    lost = ~ordinary & ~np.isnan(expected)
    assert (np.abs(y[lost]) >= np.finfo(y.dtype).max * (1 - 1e-6)).all()


@pytest.mark.parametrize("name", TABLE)
def test_so_are_those_of_functions_that_numpy_does_not_have(name: str) -> None:
    x, exact = (np.array([*each]) for each in (TABLE[name], TABLE[name].values()))
    y = computed(name, x, "Real64")
    off = errors(y, exact)
    assert off.max() <= MORE.get(name, UNITS) + 0.5, dict(zip(x, off, strict=True))
