"""Expressions of the Wolfram Language as values: what is written, and what was read.

An expression is an int, a float, a str, an array, bytes, a `Symbol`, a `Call`, or a dict, which is
an Association. A symbol of the System context, or of that of nets, stands without its context.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Expression = Any
"""int | float | str | bytes | np.ndarray | Symbol | Call | dict[Expression, Expression]"""

CONTEXTS = "System`", "NeuralNetworks`"
DEEPEST = 200
"""Calls in calls: far below Python's own limit of recursion."""


@dataclass(frozen=True)
class Symbol:
    """A name."""

    name: str


@dataclass(frozen=True)
class Call:
    """A head with arguments: `Call(Symbol("List"), (1, 2))` is {1, 2}."""

    head: Expression
    args: tuple[Expression, ...]

    @property
    def name(self) -> str:
        """The name of the head, or "" where it is no symbol."""
        return self.head.name if isinstance(self.head, Symbol) else ""


def call(name: str, *args: Expression) -> Call:
    """
    >>> call("List", 1).name
    'List'
    """
    return Call(Symbol(name), args)


def listed(*args: Expression) -> Call:
    """A list."""
    return call("List", *args)


def rule(left: Expression, right: Expression) -> Call:
    """left -> right."""
    return call("Rule", left, right)


def symbol(name: str) -> Symbol:
    """A symbol without the context of the system, or of nets.

    >>> symbol("NeuralNetworks`TensorT"), symbol("Global`x")
    (Symbol(name='TensorT'), Symbol(name='Global`x'))
    """
    for context in CONTEXTS:
        name = name.removeprefix(context)
    return Symbol(name)


TRUE, FALSE, NONE = Symbol("True"), Symbol("False"), Symbol("None")
AUTO, EVERY, BLANK = Symbol("Automatic"), Symbol("All"), call("Blank")


def is_symbol(value: Expression, *names: str) -> bool:
    """Whether an expression is one of these symbols."""
    return isinstance(value, Symbol) and value.name in names


def is_call(value: Expression, *names: str) -> bool:
    """Whether an expression is a call of one of these heads."""
    return isinstance(value, Call) and value.name in names


def rules_of(value: Expression) -> list[tuple[Expression, Expression]] | None:
    """The pairs of an association, of a list of rules, or of a rule; None for anything else."""
    if isinstance(value, dict):
        return list(value.items())
    if is_call(value, "Rule", "RuleDelayed") and len(value.args) == 2:
        return [(value.args[0], value.args[1])]
    several = is_call(value, "List", "Association")
    if several and all(is_call(each, "Rule", "RuleDelayed") for each in value.args):
        return [(each.args[0], each.args[1]) for each in value.args if len(each.args) == 2]
    return None


def same(a: Expression, b: Expression) -> bool:
    """Whether two expressions are the same, arrays number by number."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (
            isinstance(a, np.ndarray)
            and isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b)
        )
    if isinstance(a, Call) and isinstance(b, Call):
        pairs = zip(a.args, b.args, strict=False)
        return (
            len(a.args) == len(b.args)
            and same(a.head, b.head)
            and all(same(x, y) for x, y in pairs)
        )
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)


def walk(value: Expression) -> Iterator[Expression]:
    """An expression and all that is in it."""
    yield value
    parts: list[Expression] = []
    if isinstance(value, Call):
        parts = [value.head, *value.args]
    elif isinstance(value, dict):
        parts = [*value, *value.values()]
    for part in parts:
        yield from walk(part)
