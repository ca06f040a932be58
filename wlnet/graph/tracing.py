"""From a Python callable to a formula.

It is called once, with arguments that write down what is done to them.

Arithmetic, `abs`, `round`, comparisons, `np.where`, and NumPy's and SciPy's functions of numbers
can be written down. A branch of Python on a value cannot: only one side of it would ever be seen.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.graph.calling import called, no_place, untraceable
from wlnet.graph.conditions import is_condition
from wlnet.graph.expression import Expression, Tree
from wlnet.graph.rewritings import DERIVED, OF_CONDITIONS, UFUNCS, simpler, truth


def trace(function: Callable[..., Any], arity: int = 1) -> Expression:
    """The formula of a callable of `arity` numbers.

    >>> str(trace(lambda x: x * np.tanh(x)))
    '(#1 * Tanh[#1])'
    >>> trace(lambda a, b: 2 * a - b, 2).evaluate(3, 1).item()
    5.0

    Raises OptionError for a callable that cannot be written down, with the repair.
    """
    numbers = Numbers()
    arguments = [Traced(f"#{i}", numbers) for i in range(1, arity + 1)]
    fix = _several(function) if arity == 1 else None
    result = called(numbers, function, arguments, fix=fix)
    if not isinstance(result, Traced) or result.writer is not numbers:
        why = f"it gives {brief(result)}, which does not depend on its arguments"
        raise untraceable(numbers, function, why)
    try:
        return Expression(result.tree)
    except ValueError as error:
        raise untraceable(numbers, function, f"what can be kept is {error}") from None


def _several(function: Callable[..., Any]) -> str | None:
    """The layer for callables that need several numbers."""
    try:
        rows = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    needed = [row for row in rows if row.default is row.empty and row.kind <= 1]
    return "ThreadingLayer(f), which has an input for each of them" if len(needed) > 1 else None


class Numbers:
    """How formulas of numbers are written: a tree for each value."""

    instead = "a FunctionLayer takes functions of arrays"
    """What may take the functions that have no place."""

    def functions(self) -> Mapping[Any, Callable[..., Any]]:
        """NumPy's functions of arrays that mean something here."""
        return FUNCTIONS_OF_ARRAYS

    def traced(self, tree: Tree) -> Traced:
        """A value that was made by a function of numbers."""
        return Traced(tree, self)

    def tree(self, value: Any) -> Tree:
        """A value as an operand."""
        if isinstance(value, Traced):
            return of_writer(self, value).tree
        if np.ndim(value):
            raise fail(
                OptionError,
                Fault(
                    "an array inside a formula",
                    given=f"an array of shape {np.shape(value)}",
                    expected="numbers: a formula works on one number at a time",
                    fix="a FunctionLayer takes functions of arrays",
                ),
            )
        return written_number(value)

    def is_condition(self, value: Any) -> bool:
        """Whether a value of a formula is true or false."""
        return isinstance(value, Traced) and is_condition(value.tree)


def written_number(value: Any) -> float:
    """A number that is written in a function. Raises TypeError for what is none."""
    if np.asarray(value).dtype.kind not in "biufO":
        raise TypeError(f"a real number, not {brief(value)}")
    return float(value)


def of_writer(writer: Any, value: Traced) -> Traced:
    """A value, where it belongs to the formula that is written. Raises OptionError elsewhere."""
    if value.writer is not writer:
        raise fail(OptionError, Fault(
            "a value of another function in a formula",
            given=value.origin(),
            expected="numbers, and what is made of the arguments of the function itself",
            fix="give it to the function as an argument, with a port of its own",
        ))  # fmt: skip
    return value


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """An argument, or what was made of arguments: it writes down what is done to it.

    writer: says how, `Numbers`, or `Arrays` (array_tracing.py).
    """

    def __init__(self, tree: Tree, writer: Any) -> None:
        self.tree, self.writer = tree, writer

    def origin(self) -> str:
        """What it is in its own formula, in words."""
        row = self.tree
        return f"its {row[0]}[...]" if isinstance(row, tuple) else f"its argument {row}"

    def __repr__(self) -> str:
        return "an argument of the formula"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        name, writer = ufunc.__name__, self.writer
        trees = [writer.tree(value) for value in inputs] if method == "__call__" else []
        if trees and not options and all(isinstance(tree, float) for tree in trees):
            with np.errstate(all="ignore"):
                return writer.traced(float(ufunc(*trees)))
        is_method = method == "__call__"
        if is_method and any(map(writer.is_condition, inputs)) and all(map(_is_truth, inputs)):
            if name in ("subtract", "negative"):
                raise TypeError(f"np.{name} of conditions: they are true or false, no numbers")
            name = OF_CONDITIONS.get(name, name)
        if not is_method or options or name not in OF_NUMBERS or not _is_numpys(ufunc):
            how = "" if is_method else f".{method}"
            with_options = f" with {', '.join(options)}" if options else ""
            raise no_place(writer, f"np.{ufunc.__name__}{how}{with_options}")
        return writer.traced(simpler(UFUNCS.get(name, name), trees))

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        known = self.writer.functions()
        if function not in known:
            raise no_place(self.writer, f"np.{function.__name__}")
        return known[function](*inputs, **options)

    def _of(self, name: str, *inputs: Any) -> Any:
        return self.writer.traced(simpler(name, [self.writer.tree(value) for value in inputs]))

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

    def __round__(self, digits: int | None = None) -> Any:
        if digits:
            raise TypeError("only rounding to integers can be written down")
        return self._of("Round", self)

    def __floor__(self) -> Any:
        return self._of("Floor", self)

    def __ceil__(self) -> Any:
        return self._of("Ceiling", self)

    def astype(self, dtype: Any) -> Any:
        """Conditions as the numbers 0 and 1; numbers stay Reals."""
        kind = np.dtype(dtype).kind
        if self.writer.is_condition(self) and kind in "iuf":
            return self.writer.traced(("If", truth(self.writer.tree(self)), 1.0, 0.0))
        if kind != "f":
            raise TypeError(f"only Reals can be written down, not {np.dtype(dtype)}")
        return self

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """What is below or above a limit as that."""
        return _clip(self, min, max)

    def round(self, decimals: int = 0) -> Any:
        """The nearest whole number."""
        return self.__round__(decimals)


def writer_of(*values: Any) -> Any:
    """What writes the first traced value down."""
    return next(value.writer for value in values if isinstance(value, Traced))


def _where(condition: Any, *sides: Any) -> Any:
    if len(sides) != 2:
        raise TypeError("np.where in a formula takes a condition and two sides")
    writer = writer_of(condition, *sides)
    then, other = map(writer.tree, sides)
    known = writer.tree(condition)
    if isinstance(known, float):
        return writer.traced(then if known else other)
    return writer.traced(then if then == other else ("If", truth(known), then, other))


def _select(conditions: Any, choices: Any, default: Any = 0) -> Any:
    writer = writer_of(*conditions, *choices, default)
    chosen: Any = writer.traced(writer.tree(default))
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        chosen = _where(condition, choice, chosen)
    return chosen


def _clip(x: Any, a_min: Any = None, a_max: Any = None, **limits: Any) -> Any:
    low, high = limits.pop("min", a_min), limits.pop("max", a_max)
    writer = writer_of(x, low, high)
    if limits.pop("out", None) is not None or limits:
        raise no_place(writer, f"np.clip with {', '.join(limits)}")
    tree = writer.tree(x)
    tree = tree if low is None else simpler("Max", [tree, writer.tree(low)])
    return writer.traced(tree if high is None else simpler("Min", [tree, writer.tree(high)]))


def _round(x: Any, decimals: int = 0) -> Any:
    return round(x, decimals)


FUNCTIONS_OF_ARRAYS: dict[Any, Callable[..., Any]] = {
    np.where: _where, np.select: _select, np.clip: _clip, np.round: _round, np.around: _round,
}  # fmt: skip
"""NumPy's functions of arrays that are no functions of numbers, but mean something for them."""
OF_NUMBERS = frozenset({*UFUNCS, *DERIVED})
"""Functions of numbers, by NumPy's names."""


def _is_numpys(ufunc: np.ufunc) -> bool:
    """Whether it is NumPy's or SciPy's own, not another of the same name."""
    name = ufunc.__name__
    special = sys.modules.get("scipy.special")
    return ufunc in (getattr(np, name, None), getattr(special, name, None))


def _is_truth(value: Any) -> bool:
    """Whether an operand is true or false."""
    if isinstance(value, Traced):
        return bool(value.writer.is_condition(value))
    return getattr(value, "dtype", type(value)) in (bool, np.bool_)
