"""Functions of one number in ONNX: a row for each of graph/maps.py.

Most are operators. What ONNX lacks is composed, so that no figures are lost where the function is
near 0; what takes a series stands in special_functions.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from wlnet.graph.table import Table
from wlnet.onnx.exporting import special_functions as special
from wlnet.onnx.exporting.writer import Writer

MapTranslation = Callable[[Writer, str], str]
"""translation(writer, name of the argument) gives the name of the value."""
MAP_TRANSLATIONS = Table[MapTranslation]("nodes of ONNX", "wlnet/onnx/exporting/maps.py")
OPERATORS = {
    "Negate": "Neg",
    "Ramp": "Relu",
    "Tanh": "Tanh",
    "LogisticSigmoid": "Sigmoid",
    "SoftRamp": "Softplus",
    "Sin": "Sin",
    "Cos": "Cos",
    "Tan": "Tan",
    "ArcSin": "Asin",
    "ArcCos": "Acos",
    "ArcTan": "Atan",
    "Sinh": "Sinh",
    "Cosh": "Cosh",
    "ArcSinh": "Asinh",
    "ArcCosh": "Acosh",
    "ArcTanh": "Atanh",
    "Log": "Log",
    "Exp": "Exp",
    "Sqrt": "Sqrt",
    "Abs": "Abs",
    "Sign": "Sign",
    "Round": "Round",
    "Ceiling": "Ceil",
    "Floor": "Floor",
    "Erf": "Erf",
}


def _operator(operator: str, w: Writer, x: str) -> str:
    return w.node(operator, x)


for _name, _operator_name in OPERATORS.items():
    MAP_TRANSLATIONS[_name] = partial(_operator, _operator_name)


def _unit_step(w: Writer, x: str) -> str:
    return w.truth(w.node("Greater", x, w.number(0.0)))


def _square(w: Writer, x: str) -> str:
    return w.node("Mul", x, x)


def _exp_minus_one(w: Writer, x: str) -> str:
    """tanh(x / 2) (exp(x) + 1): no difference of numbers that are alike."""
    bent = w.node("Tanh", w.node("Mul", x, w.number(0.5)))
    return w.node("Mul", bent, w.node("Add", w.node("Exp", x), w.number(1.0)))


def _log_one_plus(w: Writer, x: str) -> str:
    """2 arctanh(x / (2 + x)) where x is small, else the logarithm itself."""
    small = w.node("Less", w.node("Abs", x), w.number(0.5))
    near = w.node("Where", small, x, w.number(0.0))
    half = w.node("Atanh", w.node("Div", near, w.node("Add", near, w.number(2.0))))
    far = w.node("Log", w.node("Add", x, w.number(1.0)))
    return w.node("Where", small, w.node("Mul", half, w.number(2.0)), far)


def _normal_cdf(w: Writer, x: str) -> str:
    bent = w.node("Erf", w.node("Mul", x, w.number(math.sqrt(0.5))))
    return w.node("Mul", w.node("Add", bent, w.number(1.0)), w.number(0.5))


def _csch(w: Writer, x: str) -> str:
    return w.node("Reciprocal", w.node("Sinh", x))


MAP_TRANSLATIONS |= {
    "UnitStep": _unit_step,
    "Square": _square,
    "ExpMinusOne": _exp_minus_one,
    "LogOnePlus": _log_one_plus,
    "NormalCDF": _normal_cdf,
    "Csch": _csch,
    "CubeRoot": special.cube_root,
    "Erfc": special.erfc,
    "InverseErf": special.inverse_erf,
    "Gamma": special.gamma,
    "LogGamma": special.log_gamma,
    "DiGamma": special.di_gamma,
    "TriGamma": special.tri_gamma,
}
