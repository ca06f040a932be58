"""Conditions in formulas, which are 1 or 0, and the choice between two sides.

A side that is not taken leaves no trace: neither its numbers nor its slopes, be they NaN or
infinite. So each side gets its arguments through a gate that hands out 1 where the other is taken,
and lets no gradient back there; unless it is made of straight pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wlnet.graph.builder import Builder, Real
from wlnet.graph.functions import Combination, Function
from wlnet.graph.graph import Value


def _flag(condition: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *numbers: np.asarray(condition(*numbers), float)


def _equal(g: Builder, a: Real, b: Real) -> Value:
    return g.multiply(g.greater_equal(a, b), g.greater_equal(b, a))


CONDITIONS: dict[str, Combination] = {
    "Greater": Combination(Builder.greater, _flag(np.greater), 2),
    "GreaterEqual": Combination(Builder.greater_equal, _flag(np.greater_equal), 2),
    "Less": Combination(lambda g, a, b: g.greater(b, a), _flag(np.less), 2),
    "LessEqual": Combination(lambda g, a, b: g.greater_equal(b, a), _flag(np.less_equal), 2),
    "Equal": Combination(_equal, _flag(np.equal), 2),
    "Unequal": Combination(
        lambda g, a, b: g.subtract(1.0, _equal(g, a, b)), _flag(np.not_equal), 2
    ),
    "And": Combination(Builder.multiply, _flag(np.logical_and), 2),
    "Or": Combination(Builder.maximum, _flag(np.logical_or), 2),
}
"""Conditions of two numbers; "And" and "Or" are of conditions. Nothing equals NaN."""

NOT = Function(lambda g, x: g.subtract(1.0, x), _flag(np.logical_not))
"""Of a condition."""

OF_CONDITIONS = {"And": 2, "Or": 2, "Not": 1, "If": 1}
"""What takes conditions, and how many of them, before anything else."""


def is_condition(tree: Any) -> bool:
    """Whether a part of a formula is true or false."""
    return isinstance(tree, tuple) and (tree[0] in CONDITIONS or tree[0] == "Not")


STRAIGHT = frozenset({"Plus", "Subtract", "Negate", "Max", "Min", "Abs", "Ramp"})
"""Functions whose slopes are numbers; so are those of a product with a number, and a quotient by
one."""


def guarded(g: Builder, mask: Value, values: Mapping[Any, Value]) -> dict[Any, Value]:
    """Arguments of a side that is taken where the mask is 1."""
    return {name: g.choose(mask, value, 1.0) for name, value in values.items()}


def chosen(condition: Any, then: Any, other: Any) -> Any:
    """`If` in NumPy."""
    return np.where(np.asarray(condition) != 0, then, other)
