"""Named functions of numbers: what `ElementwiseLayer` and `ThreadingLayer` may be asked for.

Each is said twice: in maps (for the graph, which gives it a derivative) and in NumPy (plain, for
comparison). Several names of one function have one canonical name, which is the one that nets keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np

from wlnet.graph.builder import Builder, Real
from wlnet.graph.graph import Value
from wlnet.graph.maps import MAPS

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
"""Klambauer et al. 2017, Self-Normalizing Neural Networks: they keep mean 0 and variance 1."""


@dataclass(frozen=True)
class Function:
    """A function of one number; domain: numbers between which it is smooth enough to be tested."""

    lower: Callable[[Builder, Value], Value]
    evaluate: Callable[[Any], Any]
    domain: tuple[float, float] = (-2.0, 2.0)


@dataclass(frozen=True)
class Combination:
    """A function of several numbers; arity None: of any number of them."""

    lower: Callable[[Builder, Real, Real], Value]
    evaluate: Callable[[Any, Any], Any]
    arity: int | None
    domain: tuple[float, float] = (-2.0, 2.0)


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
}
"""Further names, and the canonical ones."""


def combine(name: str, g: Builder, values: list[Any]) -> Value:
    """A combination of several values, from the left."""
    total = reduce(lambda a, b: COMBINATIONS[name].lower(g, a, b), values)
    assert isinstance(total, Value)
    return total


# Functions that are one map


def _special(name: str, x: Any) -> Any:
    # Imported late: it takes a tenth of a second, and only comparisons need it.
    import scipy.special

    return getattr(scipy.special, name)(x)


def normal_cdf(x: Any) -> Any:
    """The chance that a normal number lies below x."""
    return _special("ndtr", x)


def _mapped(
    name: str, evaluate: Callable[[Any], Any], low: float = -2.0, high: float = 2.0
) -> None:
    assert name in MAPS, name
    FUNCTIONS[name] = Function(lambda g, x: g.map(name, x), evaluate, (low, high))


FUNCTIONS["Identity"] = Function(lambda g, x: x, lambda x: x)
_mapped("Ramp", lambda x: np.maximum(x, 0))
_mapped("Tanh", np.tanh)
_mapped("LogisticSigmoid", partial(_special, "expit"))
_mapped("SoftRamp", lambda x: np.logaddexp(0, x))
_mapped("Sin", np.sin)
_mapped("Cos", np.cos)
_mapped("Tan", np.tan, -1.2, 1.2)
_mapped("ArcSin", np.arcsin, -0.9, 0.9)
_mapped("ArcCos", np.arccos, -0.9, 0.9)
_mapped("ArcTan", np.arctan)
_mapped("Sinh", np.sinh)
_mapped("Cosh", np.cosh)
_mapped("ArcSinh", np.arcsinh)
_mapped("ArcCosh", np.arccosh, 1.2, 3)
_mapped("ArcTanh", np.arctanh, -0.9, 0.9)
_mapped("Log", np.log, 0.5, 3)
_mapped("Exp", np.exp)
_mapped("Sqrt", np.sqrt, 0.5, 3)
_mapped("Square", lambda x: x * x)
_mapped("Abs", np.abs)
_mapped("Round", np.round)
_mapped("Ceiling", np.ceil)
_mapped("Floor", np.floor)
_mapped("Sign", np.sign)
_mapped("Gamma", partial(_special, "gamma"), 0.5, 3)
_mapped("LogGamma", partial(_special, "gammaln"), 0.5, 3)
_mapped("Erf", partial(_special, "erf"))

# Functions that are several maps


def composed(
    evaluate: Callable[[Any], Any],
) -> Callable[[Callable[[Builder, Value], Value]], Callable[[Builder, Value], Value]]:
    """Enter a function under its name, with what it computes in NumPy."""

    def enter(lower: Callable[[Builder, Value], Value]) -> Callable[[Builder, Value], Value]:
        FUNCTIONS[lower.__name__] = Function(lower, evaluate)
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


@composed(lambda x: x * _special("expit", x))
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
