"""From a Python callable to a formula.

It is called once, with arguments that write down what is done to them.

Arithmetic, `abs`, `round`, and NumPy's and SciPy's functions of numbers can be written down. A
branch on a value cannot: only one side of it would ever be seen.
"""

from __future__ import annotations

import dis
import inspect
import math
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, WlnetError, brief, fail
from wlnet.graph.expression import Expression, Tree

UFUNCS: dict[str, str] = {
    "add": "Plus", "subtract": "Subtract", "multiply": "Times", "divide": "Divide",
    "power": "Power", "float_power": "Power", "minimum": "Min", "maximum": "Max",
    "fmin": "Min", "fmax": "Max", "negative": "Negate", "positive": "Identity",
    "absolute": "Abs", "fabs": "Abs", "sign": "Sign", "rint": "Round", "floor": "Floor",
    "ceil": "Ceiling", "sqrt": "Sqrt", "square": "Square", "exp": "Exp", "expm1": "ExpMinusOne",
    "log": "Log", "sin": "Sin", "cos": "Cos", "tan": "Tan", "arcsin": "ArcSin",
    "arccos": "ArcCos", "arctan": "ArcTan", "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh",
    "arcsinh": "ArcSinh", "arccosh": "ArcCosh", "arctanh": "ArcTanh",
    "expit": "LogisticSigmoid", "erf": "Erf", "gamma": "Gamma", "gammaln": "LogGamma",
}  # fmt: skip
"""NumPy's and SciPy's functions, by the name of the function that they are here."""

DERIVED: dict[str, Callable[..., Tree]] = {
    "reciprocal": lambda x: ("Divide", 1.0, x),
    "exp2": lambda x: ("Power", 2.0, x),
    "log2": lambda x: ("Times", ("Log", x), 1 / math.log(2)),
    "log10": lambda x: ("Times", ("Log", x), 1 / math.log(10)),
    "log1p": lambda x: ("SoftRamp", x[1]) if x[0] == "Exp" else ("Log", ("Plus", 1.0, x)),
    "logaddexp": lambda a, b: ("Plus", b, ("SoftRamp", ("Subtract", a, b))),
}
"""NumPy's functions that are several functions here; a number for one argument is fine."""

FROM_MATH: dict[str, str] = {
    "acos": "np.arccos", "acosh": "np.arccosh", "asin": "np.arcsin", "asinh": "np.arcsinh",
    "atan": "np.arctan", "atanh": "np.arctanh", "pow": "np.power", "erf": "scipy.special.erf",
    "gamma": "scipy.special.gamma", "lgamma": "scipy.special.gammaln",
}  # fmt: skip
"""Functions of `math` that have another name in NumPy or SciPy."""


def trace(function: Callable[..., Any], arity: int = 1) -> Expression:
    """The formula of a callable of `arity` numbers.

    >>> str(trace(lambda x: x * np.tanh(x)))
    '(#1 * Tanh[#1])'
    >>> trace(lambda a, b: 2 * a - b, 2).evaluate(3, 1).item()
    5.0

    Raises OptionError for a callable that cannot be written down, with the repair.
    """
    try:
        result = function(*(Traced(f"#{i}") for i in range(1, arity + 1)))
    except OptionError:
        raise
    except RecursionError:
        raise _untraceable(function, "it calls itself without end") from None
    except Exception as error:
        raise _untraceable(function, f"{type(error).__name__}: {error}") from error
    if not isinstance(result, Traced):
        why = f"it gives {brief(result)}, which does not depend on its arguments"
        raise _untraceable(function, why)
    try:
        return Expression(result.tree)
    except ValueError as error:
        raise _untraceable(function, f"a formula must be {error}") from None


def _untraceable(function: Callable[..., Any], why: str) -> WlnetError:
    return fail(
        OptionError,
        Fault(
            "a callable that cannot be written down as a formula",
            at=getattr(function, "__name__", repr(function)),
            given=why,
            expected="arithmetic, abs, round, and functions of arrays from NumPy and scipy.special",
            known=sorted([*UFUNCS, *DERIVED]),
            fix=_repair(function),
        ),
    )


def _repair(function: Callable[..., Any]) -> str | None:
    """What to write in place of functions of `math`, which take only numbers."""
    names = _from_math(function)
    swaps = [f"{FROM_MATH.get(name, f'np.{name}')} in place of math.{name}" for name in names]
    return ", ".join(swaps) or None


def _from_math(function: Callable[..., Any]) -> list[str]:
    """The functions of `math` that a callable uses, and that NumPy or SciPy has too."""
    names = []
    if getattr(function, "__module__", None) == "math":
        names = [function.__name__]
    elif hasattr(function, "__code__"):
        outside = inspect.getclosurevars(function)
        seen = {**outside.globals, **outside.nonlocals}
        code = list(dis.get_instructions(function.__code__))
        names = [after.argval for name, after in pairwise(code) if seen.get(name.argval) is math]
        names += [used.__name__ for used in seen.values() if _is_math(used)]
    return sorted({name for name in names if name in FROM_MATH | UFUNCS | DERIVED})


def _is_math(value: Any) -> bool:
    return inspect.isbuiltin(value) and value.__module__ == "math"


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An argument, or what was made of arguments: it writes down what is done to it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def __repr__(self) -> str:
        return "an argument of the formula"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Traced:
        comparison = ufunc.__name__ in (
            "greater", "greater_equal", "less", "less_equal", "equal", "not_equal",
        )  # fmt: skip
        if comparison:
            raise self._branch()
        if method != "__call__" or options or not _is_known(ufunc):
            how = "" if method == "__call__" else f".{method}"
            with_options = f" with {', '.join(options)}" if options else ""
            raise fail(OptionError, Fault(
                "a function that has no place in a formula",
                given=f"np.{ufunc.__name__}{how}{with_options}",
                known=sorted([*UFUNCS, *DERIVED]),
            ))  # fmt: skip
        return self._of(UFUNCS.get(ufunc.__name__, ufunc.__name__), *inputs)

    def _of(self, name: str, *inputs: Any) -> Traced:
        return Traced(_simpler(name, [_tree(value) for value in inputs]))

    def _branch(self) -> Exception:
        return fail(OptionError, Fault(
            "a branch on a value: only one side of it would ever be seen",
            expected="a formula that holds for every number",
            fix="np.maximum and np.minimum choose: np.maximum(x, 0) in place of x if x > 0 else 0",
        ))  # fmt: skip

    # A comparison or a truth value decides what happens next: that cannot be written down.

    def __bool__(self) -> bool:
        raise self._branch()

    def __eq__(self, other: object) -> Any:
        raise self._branch()

    __hash__ = None  # type: ignore[assignment]
    __iter__ = None
    __array__ = None

    def __float__(self) -> float:
        raise TypeError("only a function of arrays can be written down, this one takes a number")

    __int__ = __index__ = __complex__ = __float__

    def __round__(self, digits: int | None = None) -> Traced:
        if digits:
            raise TypeError("only rounding to integers can be written down")
        return self._of("Round", self)

    def __floor__(self) -> Traced:
        return self._of("Floor", self)

    def __ceil__(self) -> Traced:
        return self._of("Ceiling", self)

    def clip(self, min: Any = None, max: Any = None, out: None = None) -> Traced:
        """What np.clip calls."""
        low = self if min is None else self._of("Max", self, min)
        return low if max is None else low._of("Min", low, max)

    def round(self, decimals: int = 0, out: None = None) -> Traced:
        """What np.round calls."""
        return self.__round__(decimals)


def _is_known(ufunc: np.ufunc) -> bool:
    """Whether it is NumPy's or SciPy's own, not another of the same name."""
    name = ufunc.__name__
    special = sys.modules.get("scipy.special")
    return name in UFUNCS | DERIVED and ufunc in (
        getattr(np, name, None),
        getattr(special, name, None),
    )


def _tree(value: Any) -> Tree:
    if isinstance(value, Traced):
        return value.tree
    if isinstance(value, np.ndarray) and value.ndim:
        raise fail(
            OptionError,
            Fault(
                "an array inside a formula",
                given=f"an array of shape {value.shape}",
                expected="numbers: a formula works on one number at a time",
                fix="a NetArrayLayer brings an array into a net",
            ),
        )
    return float(value)


def _simpler(name: str, trees: list[Tree]) -> Tree:
    """Shorter ways to say the same, which are also how layers know a function again."""
    if name in DERIVED:
        return DERIVED[name](*trees)
    if name == "Identity":
        return trees[0]
    if name == "Max" and 0.0 in trees:
        return ("Ramp", *(tree for tree in trees if tree != 0.0))
    if name == "Power" and trees[1] in (2.0, 0.5):
        return ("Square" if trees[1] == 2.0 else "Sqrt", trees[0])
    if name == "Power" and trees[1] == -1.0:
        return ("Divide", 1.0, trees[0])
    return (name, *trees)
