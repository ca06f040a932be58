"""Functions of one number on every element: a kernel each, with the fields `count, x, y`.

Unary elementwise functions, the activations among them.

y may be x. The workers divide the flat range. Most are vector code, whose errors stand in
exponentials.py, normal.py and waves.py; those of specials.py go number by number, in 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from wlnet.kernels.elementwise import exponentials, normal, specials, waves
from wlnet.kernels.elementwise.specials import library, widened
from wlnet.kernels.emit.instructions import ITEM, real, reals, start_of, stop_of
from wlnet.kernels.emit.lanes import Lanes, run
from wlnet.kernels.language import Instruction, Kernel, PerTarget, Routine, native

GRAIN = PerTarget(lambda target: 256 // target.item)
"""Shares are whole cache lines, and a handful of numbers is left to one worker."""


def _kernel(name: str, function: Callable[..., Any], words: str) -> Kernel:
    function.__name__ = name
    function.__doc__ = f"y[i] = {words}."
    return native(function)


def _vector_map(name: str, words: str, function: Callable[[Lanes], Lanes]) -> Kernel:
    numbers = run(function)

    def kernel(context, count, x, y):  # type: ignore[no-untyped-def]
        start, stop = start_of(context, count, GRAIN), stop_of(context, count, GRAIN)
        numbers(stop - start, x + ITEM * start, y + ITEM * start)

    return _kernel(name, kernel, words)


def _single_map(name: str, words: str, function: Routine | Instruction) -> Kernel:
    def kernel(context, count, x, y):  # type: ignore[no-untyped-def]
        source, to = reals(x), reals(y)
        for i in range(start_of(context, count, GRAIN), stop_of(context, count, GRAIN)):
            to[i] = real(function(widened(source[i])))

    return _kernel(name, kernel, words)


def _unit_step(x: Lanes) -> Lanes:
    return (x > 0.0).choose(1.0, 0.0)


def _sign(x: Lanes) -> Lanes:
    # Zeros of both signs give 0, NaN stays.
    other = x.is_nan().choose(x, 0.0)
    return (x > 0.0).choose(1.0, (x < 0.0).choose(-1.0, other))


MAPS: Final[dict[str, Kernel]] = {
    "Negate": _vector_map("negate", "-x[i]", lambda x: -x),
    "Ramp": _vector_map("ramp", "max(x[i], 0)", lambda x: x.at_least(0.0)),
    "UnitStep": _vector_map("unit_step", "1 where x[i] > 0, else 0", _unit_step),
    "Tanh": _vector_map("tanh", "tanh x[i]", exponentials.tanh),
    "LogisticSigmoid": _vector_map("logistic", "1 / (1 + e^-x[i])", exponentials.logistic),
    "SoftRamp": _vector_map("soft_ramp", "log(1 + e^x[i])", exponentials.soft_ramp),
    "Sin": _vector_map("sin", "sin x[i]", waves.sine),
    "Cos": _vector_map("cos", "cos x[i]", waves.cosine),
    "Tan": _single_map("tan", "tan x[i]", library("tan")),
    "ArcSin": _single_map("arc_sin", "arc sin x[i]", library("asin")),
    "ArcCos": _single_map("arc_cos", "arc cos x[i]", library("acos")),
    "ArcTan": _single_map("arc_tan", "arc tan x[i]", library("atan")),
    "Sinh": _vector_map("sinh", "sinh x[i]", exponentials.sinh),
    "Cosh": _vector_map("cosh", "cosh x[i]", exponentials.cosh),
    "Csch": _single_map("csch", "1 / sinh x[i]", specials.csch),
    "ArcSinh": _single_map("arc_sinh", "ar sinh x[i]", library("asinh")),
    "ArcCosh": _single_map("arc_cosh", "ar cosh x[i]", library("acosh")),
    "ArcTanh": _single_map("arc_tanh", "ar tanh x[i]", library("atanh")),
    "Log": _vector_map("log", "log x[i]", exponentials.log),
    "Exp": _vector_map("exp", "e^x[i]", exponentials.exp),
    "ExpMinusOne": _vector_map("exp_minus_one", "e^x[i] - 1", exponentials.exp_minus_one),
    "LogOnePlus": _vector_map("log_one_plus", "log(1 + x[i])", exponentials.log_one_plus),
    "Sqrt": _vector_map("sqrt", "the root of x[i]", lambda x: x.by("sqrt")),
    "CubeRoot": _single_map("cube_root", "the third root of x[i]", specials.cube_root),
    "Square": _vector_map("square", "x[i]^2", lambda x: x * x),
    "Abs": _vector_map("abs", "|x[i]|", abs),
    "Sign": _vector_map("sign", "-1, 0 or 1", _sign),
    "Round": _vector_map(
        "round", "the nearest whole number, of two the even", lambda x: x.by("rint")
    ),
    "Ceiling": _vector_map("ceiling", "the next whole number above", lambda x: x.by("ceil")),
    "Floor": _vector_map("floor", "the next whole number below", lambda x: x.by("floor")),
    "Gamma": _single_map("gamma", "Gamma(x[i])", specials.gamma),
    "LogGamma": _single_map("log_gamma", "log |Gamma(x[i])|", specials.log_gamma),
    "DiGamma": _single_map("digamma", "(log Gamma)'(x[i])", specials.digamma),
    "TriGamma": _single_map("trigamma", "(log Gamma)''(x[i])", specials.trigamma),
    "Erf": _vector_map("erf", "erf x[i]", normal.erf),
    "Erfc": _single_map("erfc", "1 - erf x[i]", specials.erfc),
    "InverseErf": _single_map("inverse_erf", "what erf makes x[i] of", specials.inverse_erf),
    "NormalCDF": _vector_map(
        "normal_cdf", "the chance that a normal number is below x[i]", normal.normal_cdf
    ),
}
"""The kernel of each function of wlnet/graph/maps.py."""
