"""Named functions of numbers: what `ElementwiseLayer` and `ThreadingLayer` may be asked for.

Each is said twice: in maps (for the graph, which gives it a derivative) and in NumPy (plain, for
comparison; of a map, its reference). Several names of one function have one canonical name, which
is the one that nets keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from wlnet.graph.builder import Builder, Real
from wlnet.graph.graph import Value
from wlnet.graph.map_reference import MAP_REFERENCES, Evaluate

SMOOTH = -2.0, 2.0
"""Between these numbers most functions are smooth."""
SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
"""Klambauer et al. 2017, Self-Normalizing Neural Networks: they keep mean 0 and variance 1."""


@dataclass(frozen=True)
class Function:
    """A function of one number; domain: numbers between which it is smooth enough to be tested."""

    lower: Callable[[Builder, Value], Value]
    evaluate: Evaluate
    domain: tuple[float, float] = SMOOTH


@dataclass(frozen=True)
class Combination:
    """A function of several numbers; arity None: of any number of them."""

    lower: Callable[[Builder, Real, Real], Value]
    evaluate: Callable[[Any, Any], Any]
    arity: int | None
    domain: tuple[float, float] = SMOOTH


FUNCTIONS: dict[str, Function] = {}
"""Every function of one number, by canonical name."""
ALIASES: dict[str, str] = {
    "ReLU": "Ramp",
    "RectifiedLinearUnit": "Ramp",
    "ExponentialLinearUnit": "ELU",
    "ScaledExponentialLinearUnit": "SELU",
    "GaussianErrorLinearUnit": "GELU",
    "Sigmoid": "LogisticSigmoid",
    "SoftPlus": "SoftRamp",
    "Clip": "HardTanh",
    "Minus": "Negate",
}
"""Further names, and the canonical ones."""


def combine(name: str, g: Builder, values: list[Any]) -> Value:
    """A combination of several values, from the left."""
    total = reduce(lambda a, b: COMBINATIONS[name].lower(g, a, b), values)
    assert isinstance(total, Value)
    return total


# Functions that are one map


DOMAINS = {
    "Tan": (-1.2, 1.2), "ArcSin": (-0.9, 0.9), "ArcCos": (-0.9, 0.9), "ArcTanh": (-0.9, 0.9),
    "ArcCosh": (1.2, 3.0), "Log": (0.5, 3.0), "Sqrt": (0.5, 3.0), "Gamma": (0.5, 3.0),
    "LogGamma": (0.5, 3.0), "Csch": (0.5, 2.5), "CubeRoot": (0.5, 3.0), "InverseErf": (-0.9, 0.9),
}  # fmt: skip
"""Of those that are not smooth, or not defined, everywhere between -2 and 2."""


def mapped(name: str) -> Function:
    """A map as a function."""
    return Function(lambda g, x: g.map(name, x), MAP_REFERENCES[name], DOMAINS.get(name, SMOOTH))


FUNCTIONS["Identity"] = Function(lambda g, x: x, lambda x: x)
for _name in (
    "Ramp", "Tanh", "LogisticSigmoid", "SoftRamp", "Sin", "Cos", "Tan", "ArcSin", "ArcCos",
    "ArcTan", "Sinh", "Cosh", "ArcSinh", "ArcCosh", "ArcTanh", "Log", "Exp", "Sqrt", "Square",
    "Abs", "Round", "Ceiling", "Floor", "Sign", "Gamma", "LogGamma", "Erf",
    "Negate", "Csch", "CubeRoot", "Erfc", "InverseErf",
):  # fmt: skip
    FUNCTIONS[_name] = mapped(_name)

normal_cdf, logistic = MAP_REFERENCES["NormalCDF"], MAP_REFERENCES["LogisticSigmoid"]

# Functions that are several maps


def composed(
    evaluate: Evaluate, domain: tuple[float, float] = SMOOTH
) -> Callable[[Callable[[Builder, Value], Value]], Callable[[Builder, Value], Value]]:
    """Enter a function under its name, with what it computes in NumPy."""

    def enter(lower: Callable[[Builder, Value], Value]) -> Callable[[Builder, Value], Value]:
        FUNCTIONS[lower.__name__] = Function(lower, evaluate, domain)
        return lower

    return enter


def above_zero(g: Builder, x: Value) -> Value:
    """max(x, 0), where 0 is still above: there the slope is 1."""
    return g.maximum(x, 0.0, tie=1.0)


def below_zero(g: Builder, x: Value) -> Value:
    """min(x, 0), where 0 is not below: there the slope is 0."""
    return g.minimum(x, 0.0, tie=0.0)


def _exponential_tail(g: Builder, x: Value) -> Value:
    """exp(x) - 1 below zero, 0 above, without a large exponential and without cancellation."""
    return g.map("ExpMinusOne", below_zero(g, x))


@composed(lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))))
def ELU(g: Builder, x: Value) -> Value:
    """Clevert et al. 2015. At 0 its slope is that of the right side, as that of SELU."""
    return g.add(above_zero(g, x), _exponential_tail(g, x))


@composed(lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))))
def SELU(g: Builder, x: Value) -> Value:
    """Klambauer et al. 2017."""
    tail = g.multiply(_exponential_tail(g, x), SELU_ALPHA)
    return g.multiply(g.add(above_zero(g, x), tail), SELU_SCALE)


@composed(lambda x: x * normal_cdf(x))
def GELU(g: Builder, x: Value) -> Value:
    """Hendrycks and Gimpel 2016: x times the chance that a normal number lies below x."""
    return g.multiply(x, g.map("NormalCDF", x))


@composed(lambda x: x * logistic(x))
def Swish(g: Builder, x: Value) -> Value:
    """Ramachandran et al. 2017."""
    return g.multiply(x, g.map("LogisticSigmoid", x))


@composed(lambda x: x * (np.clip(x + 3, 0, 6) / 6))
def HardSwish(g: Builder, x: Value) -> Value:
    """Howard et al. 2019."""
    gate = g.minimum(g.map("Ramp", g.add(x, 3.0)), 6.0)
    return g.multiply(x, g.divide(gate, 6.0))


@composed(lambda x: x * np.tanh(np.logaddexp(0, x)))
def Mish(g: Builder, x: Value) -> Value:
    """Misra 2019."""
    return g.multiply(x, g.map("Tanh", g.map("SoftRamp", x)))


@composed(lambda x: x / (1 + np.abs(x)))
def SoftSign(g: Builder, x: Value) -> Value:
    """Turian et al. 2009."""
    return g.divide(x, g.add(1.0, g.map("Abs", x)))


@composed(lambda x: np.clip(x, -1, 1))
def HardTanh(g: Builder, x: Value) -> Value:
    """Collobert 2004."""
    return g.maximum(g.minimum(x, 1.0), -1.0)


@composed(lambda x: np.clip((x + 1) / 2, 0, 1))
def HardSigmoid(g: Builder, x: Value) -> Value:
    """Courbariaux et al. 2015: not the 0.2 x + 0.5 of other frameworks."""
    return g.maximum(g.minimum(g.multiply(g.add(x, 1.0), 0.5), 1.0), 0.0)


@composed(lambda x: np.clip(x, 0, 6))
def ReLU6(g: Builder, x: Value) -> Value:
    """Krizhevsky 2010: Ramp that ends at 6."""
    return g.minimum(g.map("Ramp", x), 6.0)


@composed(np.log2, (0.5, 3.0))
def Log2(g: Builder, x: Value) -> Value:
    """The logarithm to base 2."""
    return g.multiply(g.map("Log", x), 1 / np.log(2.0))


@composed(np.log10, (0.5, 3.0))
def Log10(g: Builder, x: Value) -> Value:
    """The logarithm to base 10."""
    return g.multiply(g.map("Log", x), 1 / np.log(10.0))


@composed(lambda x: np.sin(x / 2) ** 2)
def Haversine(g: Builder, x: Value) -> Value:
    """(1 - Cos(x)) / 2, with all figures where that is small."""
    return g.map("Square", g.map("Sin", g.multiply(x, 0.5)))


@composed(lambda x: 2 * np.arctan(np.tanh(x / 2)))
def Gudermannian(g: Builder, x: Value) -> Value:
    """From hyperbolic to plain angles: 2 ArcTan(Tanh(x / 2))."""
    return g.multiply(g.map("ArcTan", g.map("Tanh", g.multiply(x, 0.5))), 2.0)


@composed(lambda x: 1 / x, (0.5, 2.5))
def Reciprocal(g: Builder, x: Value) -> Value:
    """1 / x."""
    return g.divide(1.0, x)


@composed(lambda x: 1 / np.cos(x), (-1.2, 1.2))
def Sec(g: Builder, x: Value) -> Value:
    """1 / Cos(x)."""
    return g.divide(1.0, g.map("Cos", x))


@composed(lambda x: 1 / np.sin(x), (0.5, 2.5))
def Csc(g: Builder, x: Value) -> Value:
    """1 / Sin(x)."""
    return g.divide(1.0, g.map("Sin", x))


@composed(lambda x: 1 / np.tan(x), (0.5, 2.5))
def Cot(g: Builder, x: Value) -> Value:
    """1 / Tan(x)."""
    return g.divide(g.map("Cos", x), g.map("Sin", x))


def _falling(g: Builder, x: Value) -> Value:
    """exp(-|x|)."""
    return g.map("Exp", g.negate(g.map("Abs", x)))


@composed(lambda x: 1 / np.cosh(x))
def Sech(g: Builder, x: Value) -> Value:
    """1 / Cosh(x), without a large exponential."""
    t = _falling(g, x)
    return g.divide(g.multiply(t, 2.0), g.add(1.0, g.map("Square", t)))


@composed(lambda x: 1 / np.tanh(x), (0.5, 2.5))
def Coth(g: Builder, x: Value) -> Value:
    """1 / Tanh(x)."""
    return g.divide(1.0, g.map("Tanh", x))


# Steps: their slope is 0


@composed(np.trunc)
def IntegerPart(g: Builder, x: Value) -> Value:
    """Towards 0."""
    return g.multiply(g.map("Sign", x), g.map("Floor", g.map("Abs", x)))


@composed(lambda x: x - np.trunc(x))
def FractionalPart(g: Builder, x: Value) -> Value:
    """What IntegerPart leaves: of the sign of the number, with a slope of 1."""
    return g.subtract(x, IntegerPart(g, x))


@composed(lambda x: (x != 0).astype(x.dtype))
def Unitize(g: Builder, x: Value) -> Value:
    """0 for 0, else 1."""
    return g.nonzero(x)


@composed(lambda x: (x >= 0).astype(x.dtype))
def UnitStep(g: Builder, x: Value) -> Value:
    """1 from 0 on, else 0."""
    return g.choose(g.greater_equal(x, 0.0), 1.0, 0.0)


# Functions of several numbers

COMBINATIONS: dict[str, Combination] = {
    "Plus": Combination(Builder.add, np.add, None),
    "Times": Combination(Builder.multiply, np.multiply, None),
    "Subtract": Combination(Builder.subtract, np.subtract, 2),
    "Divide": Combination(Builder.divide, np.divide, 2, (0.5, 2.0)),
    "Power": Combination(Builder.power, np.power, 2, (0.5, 2.0)),
    "Min": Combination(Builder.minimum, np.minimum, None),
    "Max": Combination(Builder.maximum, np.maximum, None),
}
"""Functions of several numbers, applied from the left."""


def canonical(name: str) -> str:
    """The name under which a function is kept.

    >>> canonical("ReLU"), canonical("Tanh")
    ('Ramp', 'Tanh')
    """
    return ALIASES.get(name, name)


def function_names() -> list[str]:
    """Every name that a function of one number may be called by."""
    return sorted([*FUNCTIONS, *ALIASES])
