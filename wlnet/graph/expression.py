"""A formula as a frozen value: what a layer keeps of a Python callable.

A tree is a number, an argument "#1", "#2", ..., or a tuple of a function's name and its arguments.
The names come from a closed table, so a file can hold a formula and reading one runs nothing.
`trace` in tracing.py makes one from a callable.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wlnet.graph.builder import Builder, Real
from wlnet.graph.conditions import OF_CONDITIONS, chosen, is_condition
from wlnet.graph.graph import Value
from wlnet.graph.lowered import OF_SEVERAL, OPERATORS, Lowered, Ref, computed, written_in_rows

Tree = Any
"""float | str | tuple[str, Tree, ...]"""

LARGEST = 2_000
"""Nodes in a formula: what is longer is a mistake or an attack."""
DEEPEST = 200
"""Functions inside functions: far below Python's own limit of recursion."""


class Expression:
    """A formula of one or more arguments, made of the functions in functions.py.

    Two formulas are equal when they are written the same way.

    >>> half = Expression(("Times", "#1", ("Tanh", "#1")))
    >>> half
    Expression(('Times', '#1', ('Tanh', '#1')))
    >>> float(half.evaluate(0.0)), half.arity
    (0.0, 1)

    Raises ValueError for what is not a formula. Wolfram Language: pure functions, ``#1 * Tanh[#1]
    &``.
    """

    __slots__ = ("arity", "tree")
    tree: Tree
    arity: int

    def __init__(self, tree: Tree) -> None:
        tree, arguments = _checked(tree)
        object.__setattr__(self, "tree", tree)
        object.__setattr__(self, "arity", max(arguments))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an Expression never changes: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __reduce__(self) -> tuple[type[Expression], tuple[Tree]]:
        return Expression, (self.tree,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and repr(self) == repr(other)  # 0.0 is not -0.0

    def __hash__(self) -> int:
        return hash(self.tree)

    def __repr__(self) -> str:
        return f"Expression({self.tree!r})"

    def __str__(self) -> str:
        return _text(self.tree)

    def lower(self, g: Builder, *values: Value) -> Value:
        """The formula in primitives; parts that are written twice are computed once."""
        rows, last = written_in_rows(self.tree, len(values))
        done: dict[Ref, Real] = {f"#{i}": value for i, value in enumerate(values, 1)}
        Lowered(g, rows).make([last], done)
        made = done[last]
        assert isinstance(made, Value)
        return made

    def evaluate(self, *arrays: Any) -> Any:
        """The formula in NumPy."""

        def value(tree: Tree) -> Any:
            if isinstance(tree, str):
                return np.asarray(arrays[int(tree[1:]) - 1])
            if isinstance(tree, float):
                return tree
            name, *arguments = tree
            if name == "If":
                # What a side that is not taken gives is nobody's affair.
                with np.errstate(all="ignore"):
                    return chosen(*map(value, arguments))
            return computed(name, [*map(value, arguments)])

        return value(self.tree)

    def to_record(self) -> Any:
        """The formula as JSON can hold it: nested lists of strings and numbers."""

        def record(tree: Tree) -> Any:
            return [record(part) for part in tree] if isinstance(tree, tuple) else tree

        return record(self.tree)

    @classmethod
    def from_record(cls, record: Any) -> Expression:
        """The formula of a record. Raises ValueError for anything else.

        >>> Expression.from_record(["Plus", "#1", 1])
        Expression(('Plus', '#1', 1.0))
        """
        return cls(record)


SIGNS = {
    "Plus": "+", "Times": "*", "Subtract": "-", "Divide": "/", "Greater": ">", "GreaterEqual": ">=",
    "Less": "<", "LessEqual": "<=", "Equal": "==", "Unequal": "!=", "And": "&&", "Or": "||",
}  # fmt: skip


def _text(tree: Tree) -> str:
    if not isinstance(tree, tuple):
        return tree if isinstance(tree, str) else f"{tree:g}"
    name, *arguments = tree
    if name == "Power":
        return "(" + "^".join(map(_text, arguments)) + ")"
    if name in SIGNS:
        return "(" + f" {SIGNS[name]} ".join(map(_text, arguments)) + ")"
    return f"{name}[{', '.join(map(_text, arguments))}]"


def _checked(tree: Any) -> tuple[Tree, set[int]]:
    """The tree in its kept form and its argument numbers, or ValueError."""
    used: set[int] = set()
    count = 0

    def check(part: Any, depth: int) -> Tree:
        nonlocal count
        count += 1
        if count > LARGEST or depth > DEEPEST:
            raise ValueError(f"a formula of at most {LARGEST} parts, {DEEPEST} deep")
        if isinstance(part, (int, float)) and not isinstance(part, bool):
            return _number(part)
        if isinstance(part, str):
            used.add(_argument(part))
            return part
        if not isinstance(part, (list, tuple)) or not part or not isinstance(part[0], str):
            raise ValueError(f"a number, an argument '#1' or (name, ...), not {_short(part)}")
        name, *arguments = part
        _check_arity(name, len(arguments))
        inside = [check(argument, depth + 1) for argument in arguments]
        if all(isinstance(argument, float) for argument in inside):
            raise ValueError(f"{name} of numbers alone: write the number itself")
        if not all(map(is_condition, inside[: OF_CONDITIONS.get(name, 0)])):
            raise ValueError(f"{name} of conditions, such as ('Greater', '#1', 0)")
        return (name, *inside)

    kept = check(tree, 1)
    if not used:
        raise ValueError("a formula that depends on an argument")
    return kept, used


def _number(given: int | float) -> float:
    try:
        number = float(given)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"a finite number, not {number}")
    return number


def _argument(text: str) -> int:
    digits = text[1:]
    if (
        text[:1] != "#"
        or not (digits.isascii() and digits.isdecimal())
        or not 1 <= len(digits) <= 2
    ):
        raise ValueError(f"an argument '#1', '#2', ..., not {_short(text)}")
    if digits[0] == "0":
        raise ValueError("arguments count from '#1'")
    return int(digits)


def _check_arity(name: str, count: int) -> None:
    if name in OPERATORS:
        fits = count == 1
    elif name == "If":
        fits = count == 3
    elif name in OF_SEVERAL:
        fits = count == (OF_SEVERAL[name].arity or max(count, 2))
    else:
        known = sorted([*OPERATORS, *OF_SEVERAL, "If"])
        raise ValueError(f"a function of {known}, not {_short(name)}")
    if not fits:
        raise ValueError(f"{name} does not take {count} arguments")


def _short(value: Any) -> str:
    return repr(value)[:40] if isinstance(value, (str, int, float)) else type(value).__name__
