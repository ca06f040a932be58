"""From a Python callable to a formula.

It is called once, with arguments that write down what is done to them.

Arithmetic, `abs`, `round`, comparisons, `np.where`, and NumPy's and SciPy's functions of numbers
can be written down. A branch of Python on a value cannot: only one side of it would ever be seen.
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
from wlnet.graph.conditions import is_condition
from wlnet.graph.expression import Expression, Tree
from wlnet.graph.rewritings import DERIVED, OF_CONDITIONS, UFUNCS, simpler, truth

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
        several = _several(function) if arity == 1 else None
        raise _untraceable(function, f"{type(error).__name__}: {error}", several) from error
    if not isinstance(result, Traced):
        why = f"it gives {brief(result)}, which does not depend on its arguments"
        raise _untraceable(function, why)
    try:
        return Expression(result.tree)
    except ValueError as error:
        raise _untraceable(function, f"what can be kept is {error}") from None


def _untraceable(function: Callable[..., Any], why: str, fix: str | None = None) -> WlnetError:
    return fail(
        OptionError,
        Fault(
            "a callable that cannot be written down as a formula",
            at=getattr(function, "__name__", repr(function)),
            given=why,
            expected="arithmetic, abs, round, comparisons, np.where, and functions of arrays from "
            "NumPy and scipy.special",
            known=KNOWN,
            fix=fix or _repair(function),
        ),
    )


def _several(function: Callable[..., Any]) -> str | None:
    """The layer for callables that need several numbers."""
    try:
        rows = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    needed = [row for row in rows if row.default is row.empty and row.kind <= 1]
    return "ThreadingLayer(f), which has an input for each of them" if len(needed) > 1 else None


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
        name = ufunc.__name__
        trees = [_tree(value) for value in inputs] if method == "__call__" else []
        if trees and not options and all(isinstance(tree, float) for tree in trees):
            with np.errstate(all="ignore"):
                return Traced(float(ufunc(*trees)))
        if any(map(is_condition, trees)) and all(map(_is_truth, inputs)):
            if name in ("subtract", "negative"):
                raise TypeError(f"np.{name} of conditions: they are true or false, no numbers")
            name = OF_CONDITIONS.get(name, name)
        if method != "__call__" or options or name not in KNOWN or not _is_numpys(ufunc):
            how = "" if method == "__call__" else f".{method}"
            with_options = f" with {', '.join(options)}" if options else ""
            raise _no_place(f"np.{ufunc.__name__}{how}{with_options}")
        return Traced(simpler(UFUNCS.get(name, name), trees))

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Traced:
        if function not in FUNCTIONS_OF_ARRAYS:
            raise _no_place(f"np.{function.__name__}")
        return FUNCTIONS_OF_ARRAYS[function](*inputs, **options)

    def _of(self, name: str, *inputs: Any) -> Traced:
        return Traced(simpler(name, [_tree(value) for value in inputs]))

    # A truth value decides what happens next: that cannot be written down.

    def __bool__(self) -> bool:
        raise fail(OptionError, Fault(
            "a branch on a value: only one side of it would ever be seen",
            expected="a formula that holds for every number",
            fix="np.where(x > 0, x, 0) in place of x if x > 0 else 0, np.maximum and np.minimum in "
            "place of max and min, (a < x) & (x < b) in place of a < x < b",
        ))  # fmt: skip

    __hash__ = None  # type: ignore[assignment]
    __iter__ = None

    # In a function of one number, x += 1 gives x another value and changes nothing in place.
    __iadd__ = np.lib.mixins.NDArrayOperatorsMixin.__add__
    __isub__ = np.lib.mixins.NDArrayOperatorsMixin.__sub__
    __imul__ = np.lib.mixins.NDArrayOperatorsMixin.__mul__
    __itruediv__ = np.lib.mixins.NDArrayOperatorsMixin.__truediv__
    __ipow__ = np.lib.mixins.NDArrayOperatorsMixin.__pow__

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("an argument of a formula is one number, not an array nor in one")

    def __getitem__(self, _: Any) -> Any:
        raise TypeError(
            "one number has no elements: np.where(x < 0, 0, x) in place of x[x < 0] = 0"
        )

    def __setitem__(self, at: Any, _: Any) -> None:
        self[at]

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

    def astype(self, dtype: Any) -> Traced:
        """Conditions as the numbers 0 and 1; numbers stay Reals."""
        kind = np.dtype(dtype).kind
        if is_condition(self.tree) and kind in "iuf":
            return Traced(("If", self.tree, 1.0, 0.0))
        if kind != "f":
            raise TypeError(f"only Reals can be written down, not {np.dtype(dtype)}")
        return self

    def clip(self, min: Any = None, max: Any = None) -> Traced:
        """What is below or above a limit as that."""
        return _clip(self, min, max)

    def round(self, decimals: int = 0) -> Traced:
        """The nearest whole number."""
        return self.__round__(decimals)


def _no_place(function: str) -> WlnetError:
    return fail(
        OptionError,
        Fault("a function that has no place in a formula", given=function, known=KNOWN),
    )


def _where(condition: Any, *sides: Any) -> Traced:
    if len(sides) != 2:
        raise TypeError("np.where in a formula takes a condition and two sides")
    then, other = map(_tree, sides)
    known = _tree(condition)
    if isinstance(known, float):
        return Traced(then if known else other)
    return Traced(then if then == other else ("If", truth(known), then, other))


def _select(conditions: Any, choices: Any, default: Any = 0) -> Traced:
    chosen: Any = Traced(_tree(default))
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        chosen = _where(condition, choice, chosen)
    return chosen  # type: ignore[no-any-return]


def _clip(x: Any, a_min: Any = None, a_max: Any = None, **limits: Any) -> Traced:
    low, high = limits.pop("min", a_min), limits.pop("max", a_max)
    if limits.pop("out", None) is not None or limits:
        raise _no_place(f"np.clip with {', '.join(limits)}")
    tree = _tree(x) if low is None else simpler("Max", [_tree(x), _tree(low)])
    return Traced(tree if high is None else simpler("Min", [tree, _tree(high)]))


def _round(x: Any, decimals: int = 0) -> Traced:
    return round(x, decimals) if isinstance(x, Traced) else Traced(_tree(x))


FUNCTIONS_OF_ARRAYS: dict[Any, Callable[..., Traced]] = {
    np.where: _where, np.select: _select, np.clip: _clip, np.round: _round, np.around: _round,
}  # fmt: skip
"""NumPy's functions of arrays that are no functions of numbers, but mean something for them."""
KNOWN = sorted([*UFUNCS, *DERIVED, *(function.__name__ for function in FUNCTIONS_OF_ARRAYS)])


def _is_numpys(ufunc: np.ufunc) -> bool:
    """Whether it is NumPy's or SciPy's own, not another of the same name."""
    name = ufunc.__name__
    special = sys.modules.get("scipy.special")
    return ufunc in (getattr(np, name, None), getattr(special, name, None))


def _is_truth(value: Any) -> bool:
    """Whether an operand is true or false."""
    if isinstance(value, Traced):
        return is_condition(value.tree)
    return isinstance(value, (bool, np.bool_))


def _tree(value: Any) -> Tree:
    if isinstance(value, Traced):
        return value.tree
    if np.ndim(value):
        raise fail(
            OptionError,
            Fault(
                "an array inside a formula",
                given=f"an array of shape {np.shape(value)}",
                expected="numbers: a formula works on one number at a time",
                fix="a NetArrayLayer brings an array into a net",
            ),
        )
    return float(value)
