"""What a formula of a docstring comes to: worked out index by index, with numbers of an example.

Arrays are read from 1 on, and are 0 beyond their ends; an index goes over the level at which an
array is read by it.
"""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from docs.site.formulas import FOLDS, is_fold, statements

Values = Mapping[str, Any]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "abs": np.abs,
    "max": np.maximum, "min": np.minimum, "floor": np.floor, "length": len,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}  # fmt: skip
FOLDED: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum, "prod": math.prod, "max": max, "min": min, "mean": np.mean,
}  # fmt: skip
OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    # What was before the first element of a sequence is zeros, of any size.
    ast.MatMult: lambda a, b: 0.0 if np.ndim(b) == 0 and b == 0 else a @ b,
}
COMPARED: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
}


class MisfitError(Exception):
    """A formula is one of arrays of another rank than those that there are."""


class Evaluation:
    """A formula with the values of its names, and the shape of what is asked for."""

    def __init__(self, formula: str, values: Values, shape: tuple[int, ...]) -> None:
        self.values, self.shape = dict(values), shape
        self.told: dict[str, tuple[list[str], ast.expr]] = {}
        self.has_rows = "@" in formula
        self.known: dict[tuple[str, tuple[int, ...]], Any] = {}
        for each in statements(formula):
            target = each.targets[0]
            if isinstance(target, ast.Subscript):
                self.told[name_of(target.value)] = [name_of(i) for i in parts(target)], each.value
            else:
                self.told[name_of(target)] = [], each.value
        assert not self.told.keys() & self.values.keys(), "what is given is not worked out"

    def result(self, name: str) -> np.ndarray:
        """All of what is asked for."""
        indices, body = self.told[name]
        if not indices:
            return np.asarray(self.value(body, {}))
        ends = [self.end(index, body, axis) for axis, index in enumerate(indices)]
        found = {
            at: np.asarray(self.at(name, tuple(i + 1 for i in at)))
            for at in itertools.product(*map(range, ends))
        }
        whole = np.zeros((*ends, *next(iter(found.values())).shape))
        for at, value in found.items():
            whole[at] = value
        return whole

    def end(self, index: str, body: ast.expr, axis: int) -> int:
        """Where an index of the result ends."""
        if axis >= len(self.shape):
            raise MisfitError
        return self.shape[axis]

    def at(self, name: str, place: tuple[int, ...]) -> Any:
        """A thing that is worked out, at a place; what is before the first is 0."""
        if place and min(place) < 1:
            return 0.0
        if (name, place) not in self.known:
            indices, body = self.told[name]
            self.known[name, place] = self.value(body, dict(zip(indices, place, strict=True)))
        return self.known[name, place]

    def value(self, node: ast.expr, at: Mapping[str, int]) -> Any:
        """What an expression comes to. at: where its indices stand."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self.named(node.id, at)
            case ast.Subscript():
                return self.read(node, at)
            case ast.BinOp():
                left, right = self.value(node.left, at), self.value(node.right, at)
                return OPERATIONS[type(node.op)](left, right)
            case ast.UnaryOp():
                return -self.value(node.operand, at)
            case ast.Compare():
                left, right = self.value(node.left, at), self.value(node.comparators[0], at)
                return COMPARED[type(node.ops[0])](left, right)
            case ast.IfExp():
                taken = node.body if self.value(node.test, at) else node.orelse
                return self.value(taken, at)
            case ast.Call():
                return self.called(node, at)
        raise AssertionError(ast.dump(node))

    def named(self, name: str, at: Mapping[str, int]) -> Any:
        """The value of a name."""
        if name in at:
            return at[name]
        if name in self.told:
            return self.at(name, ())
        value = self.values[name]
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], int):
            return value[0]  # of one direction
        return value

    def read(self, node: ast.Subscript, at: Mapping[str, int]) -> Any:
        """A part of an array."""
        place = tuple(int(self.value(each, at)) for each in parts(node))
        if isinstance(node.value, ast.Name) and node.value.id in self.told:
            return self.at(node.value.id, place)
        array = self.value(node.value, at)
        if isinstance(array, tuple):
            return array[place[0] - 1]
        if len(place) != np.ndim(array) and not (self.has_rows and len(place) < np.ndim(array)):
            raise MisfitError
        is_inside = all(1 <= i <= n for i, n in zip(place, array.shape, strict=False))
        return array[tuple(i - 1 for i in place)] if is_inside else 0.0

    def called(self, node: ast.Call, at: Mapping[str, int]) -> Any:
        """What a function gives."""
        name = name_of(node.func)
        if not is_fold(node):
            function = self.values.get(name) or FUNCTIONS[name]
            return function(*(self.value(each, at) for each in node.args))
        body, ends = node.args[-1], {}
        for index in node.args[:-1]:
            if isinstance(index, ast.Compare):
                ends[name_of(index.left)] = int(self.value(index.comparators[0], at))
            else:
                ends[name_of(index)] = self.reach(name_of(index), body)
        places = itertools.product(*(range(1, end + 1) for end in ends.values()))
        rows = [dict(zip(ends, place, strict=True)) for place in places]
        return FOLDED[name]([self.value(body, {**at, **row}) for row in rows])

    def reach(self, index: str, body: ast.expr) -> int:
        """How far an index goes: over the level of an array that is read by it alone."""
        for node in ast.walk(body):
            if isinstance(node, ast.Subscript):
                for level, part in enumerate(parts(node)):
                    if isinstance(part, ast.Name) and part.id == index:
                        array = self.value(node.value, {})
                        if isinstance(array, tuple):
                            return len(array)
                        if level >= np.ndim(array):
                            raise MisfitError
                        return int(array.shape[level])
        raise AssertionError(f"nothing tells how far {index} goes")


def parts(node: ast.Subscript) -> list[ast.expr]:
    """The indices of a part."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def name_of(node: ast.expr) -> str:
    """The name that an expression is."""
    assert isinstance(node, ast.Name), ast.dump(node)
    return node.id


def names_in(formula: str) -> Iterator[str]:
    """The names that a formula speaks of, its functions and indices among them."""
    for each in statements(formula):
        yield from (node.id for node in ast.walk(each) if isinstance(node, ast.Name))


assert FOLDED.keys() == FOLDS.keys()
