"""A function of arrays as a frozen value: what a FunctionLayer keeps of a Python function.

Rows of a closed table, so that a file can hold them and reading one runs nothing. A row is a
function of numbers with its operands, which meet as NumPy's do, or an operation with its settings
and its operands. Operands are numbers, the inputs "#1", "#2", ..., and the rows after them.
`trace_arrays` in array_tracing.py makes one from a function.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.ports import ELEMENTS
from wlnet.core.shapes import Partial, is_known
from wlnet.graph.array_operations import OPERATIONS
from wlnet.graph.array_rows import checked_rows, kind_of
from wlnet.graph.array_shapes import Known, at_axes, broadcast
from wlnet.graph.builder import Builder, Real
from wlnet.graph.conditions import chosen
from wlnet.graph.graph import Value
from wlnet.graph.lowered import Lowered, Ref, Row, computed, is_of_numbers, operands

__all__ = ["ArrayFormula", "kind_of"]


class ArrayFormula:
    """A function of arrays, made of functions of numbers and of operations.

    inputs: pairs of a name and what its entries are ("Real", "Integer" or "Boolean"). rows: each a
    tuple: a function of numbers and its operands, or an operation, its settings and its operands.
    outputs: pairs of a name and which row, or input, it is.

    >>> centred = ArrayFormula(
    ...     (("Input", "Real"),),
    ...     (("Aggregate", ("Mean", (-1,), True), "#1"), ("Subtract", "#1", "#2")),
    ...     (("Output", "#3"),),
    ... )
    >>> centred.evaluate({"Input": np.array([1.0, 3.0])})
    {'Output': array([-1.,  1.])}
    >>> str(centred)
    'Output = Input - Aggregate[Mean, (-1,), True][Input]'

    Raises ValueError for what is no formula. Wolfram Language: the function of a FunctionLayer.
    """

    __slots__ = ("inputs", "outputs", "rows")
    inputs: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    outputs: tuple[tuple[str, Ref], ...]

    def __init__(self, inputs: Any, rows: Any, outputs: Any) -> None:
        given = _named(inputs, "inputs", lambda kind: kind in ELEMENTS)
        kept, kinds = checked_rows([kind for _, kind in given], rows)
        told = _named(outputs, "outputs", lambda ref: isinstance(ref, str) and ref in kinds)
        if {name for name, _ in given} & {name for name, _ in told}:
            raise ValueError("inputs and outputs of different names")
        for name, value in (("inputs", given), ("rows", kept), ("outputs", told)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an ArrayFormula never changes: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def _state(self) -> tuple[Any, Any, Any]:
        return self.inputs, self.rows, self.outputs

    def __reduce__(self) -> tuple[type[ArrayFormula], tuple[Any, Any, Any]]:
        return ArrayFormula, self._state()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrayFormula) and repr(self) == repr(other)  # 0.0 is not -0.0

    def __hash__(self) -> int:
        return hash(self._state())

    def __repr__(self) -> str:
        return f"ArrayFormula({self.inputs!r}, {self.rows!r}, {self.outputs!r})"

    @property
    def numbered(self) -> dict[Ref, Row]:
        """The rows by number."""
        return {f"#{len(self.inputs) + i}": row for i, row in enumerate(self.rows, 1)}

    @property
    def refs(self) -> dict[str, Ref]:
        """The numbers of the inputs, by name."""
        return {name: f"#{i}" for i, (name, _) in enumerate(self.inputs, 1)}

    @property
    def output_kinds(self) -> dict[str, str]:
        """What the entries of outputs are: "Real", "Integer", or "Boolean", which is 0 or 1."""
        kinds = {f"#{i}": kind for i, (_, kind) in enumerate(self.inputs, 1)}
        for ref, row in self.numbered.items():
            kinds[ref] = kind_of(row, [kinds.get(each, "Real") for each in operands(row)])
        return {name: kinds[ref] for name, ref in self.outputs}

    @property
    def is_of_numbers(self) -> bool:
        """Whether it is one function of numbers, element by element: all shapes are one."""
        return len(self.inputs) == 1 and all(map(is_of_numbers, self.rows))

    def shapes(self, given: Mapping[str, Partial]) -> dict[str, Partial]:
        """What is known of the shapes of outputs, from those of inputs. Raises Mismatch."""
        known = {ref: Known(given[name]) for name, ref in self.refs.items()}
        for ref, row in self.numbered.items():
            known[ref] = known_of(row, known)
        return {name: known[ref].shape for name, ref in self.outputs}

    def lower(self, g: Builder, given: Mapping[str, Value]) -> dict[str, Value]:
        """The outputs in primitives, each with as many examples as the batch has."""
        done: dict[Ref, Real] = {ref: given[name] for name, ref in self.refs.items()}
        _Lowered(g, self.numbered).make([ref for _, ref in self.outputs], done)
        return {name: self._output(g, done[ref]) for name, ref in self.outputs}

    def _output(self, g: Builder, made: Real) -> Value:
        value = made if isinstance(made, Value) else g.fill(made, (1,))
        return g.broadcast(value, (g.batch, *value.shape[1:]))

    def evaluate(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs of one example, in NumPy."""
        done: dict[Ref, Any] = {ref: np.asarray(given[name]) for name, ref in self.refs.items()}
        # What a side that is not taken gives is nobody's affair.
        with np.errstate(all="ignore"):
            for ref, row in self.numbered.items():
                done[ref] = _evaluated(row, done)
        return {name: done[ref] for name, ref in self.outputs}

    def to_record(self) -> Any:
        """The formula as JSON can hold it: nested lists of strings and numbers."""
        return _listed(self._state())

    @classmethod
    def from_record(cls, record: Any) -> ArrayFormula:
        """The formula of a record. Raises ValueError for anything else."""
        state = _as_tuples(record)
        if not isinstance(state, tuple) or len(state) != 3:
            raise ValueError("inputs, rows and outputs")
        return cls(*state)

    def __str__(self) -> str:
        return _text(self)


def known_of(row: Row, known: Mapping[Ref, Known]) -> Known:
    """What is known of the result of a row, from what is known of its operands."""
    name = row[0]
    values = [known[x] if isinstance(x, str) else Known((), x) for x in operands(row)]
    if name == "Size":
        shape, axes = values[0].shape, row[1]
        if shape is None:
            return Known(())
        sizes = tuple(shape[i] for i in at_axes(axes, len(shape)))
        return Known((), float(math.prod(sizes)) if is_known(sizes) else None)
    if not is_of_numbers(row):
        return Known(OPERATIONS[name].shape(row[1], *values))
    numbers = [value.number for value in values]
    if None in numbers:
        return Known(broadcast([value.shape for value in values]))
    return Known((), float(chosen(*numbers) if name == "If" else computed(name, numbers)))


class _Lowered(Lowered):
    """Rows of arrays in primitives."""

    def _row(self, row: Row, done: dict[Ref, Real]) -> Real:
        if is_of_numbers(row):
            return super()._row(row, done)
        name, settings, *parts = row
        values = [self._value(part, done) for part in parts]
        if name == "Size":
            (x,) = values
            assert isinstance(x, Value)
            return float(math.prod(x.shape[i + 1] for i in at_axes(settings, x.rank - 1)))
        takes = OPERATIONS[name].takes
        made = [
            self.g.fill(value, (1,)) if isinstance(value, float) and (i == 0 or len(takes) < 2)
            else value
            for i, value in enumerate(values)
        ]  # fmt: skip
        return OPERATIONS[name].lower(self.g, settings, *made)


def _evaluated(row: Row, done: Mapping[Ref, Any]) -> Any:
    name = row[0]
    values = [done[part] if isinstance(part, str) else part for part in operands(row)]
    if name == "Size":
        return float(math.prod(values[0].shape[i] for i in at_axes(row[1], values[0].ndim)))
    if not is_of_numbers(row):
        return OPERATIONS[name].evaluate(row[1], *values)
    return chosen(*values) if name == "If" else computed(name, values)


def _named(given: Any, what: str, fits: Any) -> tuple[tuple[str, Any], ...]:
    """Pairs of a name and something that fits."""
    pairs = given if isinstance(given, (tuple, list)) else ()
    pairs = tuple(tuple(pair) for pair in pairs if isinstance(pair, (tuple, list)))
    names = [pair[0] for pair in pairs if len(pair) == 2 and isinstance(pair[0], str)]
    good = all(name.isidentifier() and len(name) <= 200 for name in names)
    if not pairs or len(names) < len(pairs) or not good or len(set(names)) < len(names):
        raise ValueError(f"{what}: pairs of a name and what it is")
    if not all(fits(each) for _, each in pairs):
        raise ValueError(f"{what} that are there")
    return pairs


def _listed(value: Any) -> Any:
    return [*map(_listed, value)] if isinstance(value, tuple) else value


def _as_tuples(value: Any, depth: int = 0) -> Any:
    if isinstance(value, (list, tuple)) and depth < 8:
        return tuple(_as_tuples(each, depth + 1) for each in value)
    return value


SIGNS = {"Plus": "+", "Times": "*", "Subtract": "-", "Divide": "/", "Dot": "@"}


def _text(formula: ArrayFormula) -> str:
    """The outputs in words: what is used several times has a name."""
    words: dict[Ref, str] = {ref: name for name, ref in formula.refs.items()}
    uses: dict[Ref, int] = {}
    for row in formula.rows:
        for part in operands(row):
            uses[part] = uses.get(part, 0) + 1
    lines: list[str] = []
    bare: set[Any] = set()
    for ref, row in formula.numbered.items():
        told = [words[x] if isinstance(x, str) else f"{x:g}" for x in operands(row)]
        if row[0] in SIGNS and len(told) == 2:
            given = zip(operands(row), told, strict=True)
            text = f" {SIGNS[row[0]]} ".join(f"({w})" if x in bare else w for x, w in given)
            bare |= {ref} if uses.get(ref, 0) < 2 else set()
        else:
            settings = "" if is_of_numbers(row) or row[1] is None else f"[{_settings(row[1])}]"
            text = f"{row[0]}{settings}[{', '.join(told)}]"
        if uses.get(ref, 0) > 1:
            name = f"x{len(lines) + 1}"
            lines.append(f"{name} = {text}")
            text = name
        words[ref] = text
    lines += [f"{name} = {words[ref]}" for name, ref in formula.outputs]
    return "; ".join(lines)


def _settings(at: Any) -> str:
    return ", ".join(map(str, at)) if isinstance(at, tuple) else str(at)
