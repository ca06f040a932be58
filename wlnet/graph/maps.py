"""Functions of one number, applied to every element: the closed set, each with its derivative.

`slope(g, x, y, d)` is d times the derivative at x, where y is the value, and nothing where d is
nothing, be the derivative infinite; None where the derivative is zero wherever it exists, or where
the function occurs only in gradients (TriGamma).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.graph.table import Table

Slope = Callable[[Builder, Value, Value, Value], Value]


@dataclass(frozen=True)
class Map:
    """A function of one number: its name and its slope."""

    name: str
    slope: Slope | None


MAPS = Table[Map]("row as a function of one number", "wlnet/graph/maps.py")


def _enter(name: str, slope: Slope | None) -> None:
    MAPS[name] = Map(name, slope)


def _one_minus_square(g: Builder, y: Value) -> Value:
    return g.subtract(1.0, g.map("Square", y))


def _within_one(g: Builder, x: Value) -> Value:
    """1 - x^2 for numbers that may be close to 1: each factor is exact there."""
    return g.multiply(g.subtract(1.0, x), g.add(1.0, x))


def _divided(slope: Slope, at_zero: bool = False) -> Slope:
    """A slope that is infinite somewhere; at_zero: where x is 0, and nowhere else."""

    def kept(g: Builder, x: Value, y: Value, d: Value) -> Value:
        found = slope(g, x, y, d)
        is_safe = at_zero and g.keeps_from_zero(x)
        return found if is_safe else g.masked(found, g.nonzero(d))

    return kept


_enter("Negate", lambda g, x, y, d: g.negate(d))
_enter("Ramp", lambda g, x, y, d: g.multiply(d, g.map("UnitStep", y)))
_enter("UnitStep", None)
_enter("Tanh", lambda g, x, y, d: g.multiply(d, _one_minus_square(g, y)))
_enter("LogisticSigmoid", lambda g, x, y, d: g.multiply(d, g.multiply(y, g.subtract(1.0, y))))
_enter("SoftRamp", lambda g, x, y, d: g.multiply(d, g.map("LogisticSigmoid", x)))
_enter("Sin", lambda g, x, y, d: g.multiply(d, g.map("Cos", x)))
_enter("Cos", lambda g, x, y, d: g.negate(g.multiply(d, g.map("Sin", x))))
_enter("Tan", lambda g, x, y, d: g.masked(g.add(1.0, g.map("Square", y)), d))
_enter("ArcSin", _divided(lambda g, x, y, d: g.divide(d, g.map("Sqrt", _within_one(g, x)))))
_enter(
    "ArcCos", _divided(lambda g, x, y, d: g.negate(g.divide(d, g.map("Sqrt", _within_one(g, x)))))
)
_enter("ArcTan", lambda g, x, y, d: g.divide(d, g.add(1.0, g.map("Square", x))))
_enter("Sinh", lambda g, x, y, d: g.masked(g.map("Cosh", x), d))
_enter("Cosh", lambda g, x, y, d: g.masked(g.map("Sinh", x), d))
_enter(
    "Csch",
    _divided(
        lambda g, x, y, d: g.negate(g.divide(g.multiply(d, y), g.map("Tanh", x))), at_zero=True
    ),
)
_enter("ArcSinh", lambda g, x, y, d: g.divide(d, g.map("Cosh", y)))
_enter("ArcCosh", _divided(lambda g, x, y, d: g.divide(d, g.map("Sinh", y))))
_enter("ArcTanh", _divided(lambda g, x, y, d: g.divide(d, _within_one(g, x))))
_enter("Log", _divided(lambda g, x, y, d: g.divide(d, x), at_zero=True))
_enter("Exp", lambda g, x, y, d: g.masked(y, d))
_enter("ExpMinusOne", lambda g, x, y, d: g.masked(g.add(y, 1.0), d))
_enter("LogOnePlus", _divided(lambda g, x, y, d: g.divide(d, g.add(x, 1.0))))
# The root of -0.0 is -0.0, and the slope there is that of the right side.
_enter(
    "Sqrt", _divided(lambda g, x, y, d: g.divide(g.multiply(d, 0.5), g.map("Abs", y)), at_zero=True)
)
_enter(
    "CubeRoot",
    _divided(lambda g, x, y, d: g.divide(g.multiply(d, 1 / 3), g.map("Square", y)), at_zero=True),
)
_enter("Square", lambda g, x, y, d: g.multiply(d, g.multiply(x, 2.0)))
_enter("Abs", lambda g, x, y, d: g.masked(d, g.map("Sign", x)))
_enter("Sign", None)
_enter("Round", None)
_enter("Ceiling", None)
_enter("Floor", None)
_enter("Gamma", lambda g, x, y, d: g.masked(g.multiply(y, g.map("DiGamma", x)), d))
_enter("LogGamma", lambda g, x, y, d: g.masked(g.map("DiGamma", x), d))
_enter("DiGamma", lambda g, x, y, d: g.multiply(d, g.map("TriGamma", x)))
_enter("TriGamma", None)
_enter(
    "Erf",
    lambda g, x, y, d: g.multiply(
        d, g.multiply(2 / math.sqrt(math.pi), g.map("Exp", g.negate(g.map("Square", x))))
    ),
)
_enter(
    "Erfc",
    lambda g, x, y, d: g.multiply(
        d, g.multiply(-2 / math.sqrt(math.pi), g.map("Exp", g.negate(g.map("Square", x))))
    ),
)
_enter(
    "InverseErf",
    _divided(
        lambda g, x, y, d: g.multiply(
            d, g.multiply(math.sqrt(math.pi) / 2, g.map("Exp", g.map("Square", y)))
        )
    ),
)
_enter(
    "NormalCDF",
    lambda g, x, y, d: g.multiply(
        d,
        g.multiply(1 / math.sqrt(2 * math.pi), g.map("Exp", g.multiply(g.map("Square", x), -0.5))),
    ),
)
