"""From a Python function of arrays to a formula.

It is called once, with arguments that write down what is done to them: tracing.py goes on here for
arrays. Sizes that nobody has told are values of the formula, so that it holds for any of them; what
Python itself must know of them (how often a loop runs, say) has to be told at a port.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.parts import NetSharedArray
from wlnet.core.shapes import Mismatch, Partial
from wlnet.graph.array_checks import MOST_NUMBERS
from wlnet.graph.array_formula import ArrayFormula, known_of
from wlnet.graph.array_functions import FUNCTIONS
from wlnet.graph.array_operations import OPERATIONS
from wlnet.graph.array_ports import check_names, only_by_name, ports_of
from wlnet.graph.array_rows import LARGEST, LARGEST_NUMBER, kind_of
from wlnet.graph.array_shapes import Known
from wlnet.graph.calling import called, untraceable
from wlnet.graph.lowered import Ref, Row, is_of_numbers, number_of, operands, refs_in
from wlnet.graph.traced_array import TracedArray
from wlnet.graph.tracing import FUNCTIONS_OF_ARRAYS, Traced, of_writer, written_number

DEPTH = 4
"""How deep the forms look that keep figures (rewritings.py): what lies deeper has a name."""
_here = threading.local()


class Call(NamedTuple):
    """A net that was called: what it was given, and gives, by port."""

    net: Any
    given: Mapping[str, Ref]
    made: Mapping[str, Ref]


class Arrays:
    """How formulas of arrays are written: a row for each value, equal ones once."""

    instead = None

    def __init__(self) -> None:
        self.rows: dict[Ref, Row] = {}
        self.found: dict[str, Ref] = {}
        self.known: dict[Ref, Known] = {}
        self.kinds: dict[Ref, str] = {}
        self.calls: list[Call] = []
        self.names: dict[Ref, str] = {}
        self.shaped: dict[Ref, Ref] = {}
        self.seen: set[Ref] = set()
        """Values of which Python has read a size that was told."""

    def functions(self) -> Mapping[Any, Callable[..., Any]]:
        """NumPy's functions of arrays that can be written down."""
        return {**FUNCTIONS_OF_ARRAYS, **FUNCTIONS}

    def argument(self, shape: Partial, kind: str, name: str) -> TracedArray:
        """A value that no row makes: an input, or what a net gives. name: for errors."""
        ref = f"#{len(self.known) + 1}"
        self.known[ref], self.kinds[ref], self.names[ref] = Known(shape), kind, name
        if shape is not None:
            self.shaped[ref] = self.row(("Shaped", tuple(shape), ref))
        return TracedArray(self, ref)

    def row(self, row: Row) -> Ref:
        """The number of a row. Raises ValueError for shapes that cannot be."""
        written = repr(row)  # where 0.0 and -0.0 are two numbers
        if written not in self.found:
            for number in operands(row):
                if isinstance(number, float) and not abs(number) < LARGEST_NUMBER:
                    raise ValueError(f"a finite number, not {number}; for a mask, -1e9")
            try:
                known = known_of(row, self.known)
            except Mismatch as error:
                raise ValueError(str(error)) from None
            if len(self.rows) >= LARGEST:
                raise ValueError(f"a formula of at most {LARGEST} operations")
            ref = self.found[written] = f"#{len(self.known) + 1}"
            self.rows[ref], self.known[ref] = row, known
            told = [self.kinds[x] if isinstance(x, str) else "Real" for x in operands(row)]
            self.kinds[ref] = kind_of(row, told)
        return self.found[written]

    def traced(self, tree: Any) -> Any:
        """A value that functions of numbers made."""
        if isinstance(tree, float):
            return self.constant(tree)
        return TracedArray(self, self._ref(tree))

    def _ref(self, tree: Any) -> Any:
        return self.row((tree[0], *map(self._ref, tree[1:]))) if isinstance(tree, tuple) else tree

    def operation(self, name: str, settings: Any, *values: Any) -> TracedArray:
        """The result of an operation. Raises ValueError for settings that cannot be."""
        takes = OPERATIONS[name].takes if name in OPERATIONS else ("Same",)
        if name in OPERATIONS:
            OPERATIONS[name].check(settings)
        given = [self.own(each) for each in values]
        offset = given[0].offset if given and takes[0] == "Same" else 0
        if any(each.offset != offset for each in given if takes == ("Same",)):
            given, offset = [TracedArray(self, each.as_real()) for each in given], 0
        refs = [
            each.as_real() if takes[min(i, len(takes) - 1)] == "Real" else each.tree
            for i, each in enumerate(given)
        ]
        made = self.row((name, settings, *refs))
        return TracedArray(self, made, offset if self.kinds[made] == "Integer" else 0)

    def own(self, value: Any) -> TracedArray:
        """A value of this formula, or a constant. Raises OptionError for one of another."""
        if not isinstance(value, Traced):
            return self.constant(value)
        found = of_writer(self, value)
        assert isinstance(found, TracedArray)
        return found

    def tree(self, value: Any, depth: int = DEPTH) -> Any:
        """A value as an operand of a function of numbers, as deep as forms look."""
        if isinstance(value, Traced):
            return self._unfolded(self.own(value).as_real(), depth)
        is_number = np.ndim(value) == 0 and not isinstance(value, NetSharedArray)
        return written_number(value) if is_number else self.constant(value).tree

    def _unfolded(self, ref: Any, depth: int) -> Any:
        row = self.rows.get(ref) if isinstance(ref, str) else None
        if row is None or not depth or not is_of_numbers(row):
            return ref
        return (row[0], *(self._unfolded(part, depth - 1) for part in row[1:]))

    def constant(self, value: Any) -> TracedArray:
        """Numbers that are written in the function."""
        if isinstance(value, NetSharedArray):
            raise TypeError(f"{value!r} alone is no layer: NetArrayLayer(array={value!r})()")
        found = np.asarray(value)
        if found.dtype.kind not in "biufO" or isinstance(value, np.ma.MaskedArray):
            raise TypeError(f"an array of real numbers, not {brief(value)}")
        array = np.asarray(found, float)
        if array.size > MOST_NUMBERS:
            raise fail(OptionError, Fault(
                "an array in a function that is too large to be written down",
                given=f"{array.size} numbers", expected=f"at most {MOST_NUMBERS}",
                fix="give it at a port, or as NetArrayLayer(array=...)(), which can learn",
            ))  # fmt: skip
        numbers = tuple(array.ravel().tolist())
        OPERATIONS["Constant"].check((array.shape, numbers))
        return TracedArray(self, self.row(("Constant", (array.shape, numbers))))

    def is_condition(self, value: Any) -> bool:
        """Whether a value of the formula is true or false."""
        return isinstance(value, TracedArray) and self.kinds[value.tree] == "Boolean"

    def part(
        self, inputs: Sequence[tuple[str, Ref]], outputs: Sequence[tuple[str, Ref]]
    ) -> ArrayFormula:
        """The formula from some values to others; nothing else is needed for these."""
        new = {ref: f"#{i}" for i, (_, ref) in enumerate(inputs, 1)}
        rows = []
        for ref in sorted(self.reached([ref for _, ref in outputs], new), key=number_of):
            row = self.rows[ref]
            kept = 1 if is_of_numbers(row) else 2
            rows.append((*row[:kept], *(new.get(x, x) for x in row[kept:])))
            new[ref] = f"#{len(inputs) + len(rows)}"
        return ArrayFormula(
            tuple((name, self.kinds[ref]) for name, ref in inputs),
            tuple(rows),
            tuple((name, new[ref]) for name, ref in outputs),
        )

    def hold_sizes(self) -> dict[Ref, Ref]:
        """Where Python has read told sizes, let the formula hold for arrays of these alone.

        What stands for these arguments, and for what nets gave, by what they were.
        """
        made = {ref: call for call in self.calls for ref in call.made.values()}
        waiting, before = set(self.seen), set[Ref]()
        while waiting:
            ref = waiting.pop()
            if ref not in before:
                before.add(ref)
                waiting |= set(refs_in(self.rows[ref])) if ref in self.rows else set()
                waiting |= set(made[ref].given.values()) if ref in made else set()
        held = {ref: self.shaped[ref] for ref in before & self.shaped.keys()}
        self.calls = [
            call._replace(given={port: held.get(x, x) for port, x in call.given.items()})
            for call in self.calls
        ]
        for ref, row in self.rows.items():
            if row[0] != "Shaped":
                kept = 1 if is_of_numbers(row) else 2
                self.rows[ref] = (*row[:kept], *(held.get(x, x) for x in row[kept:]))
        return held

    def reached(self, targets: Iterable[Ref], ends: Iterable[Ref]) -> set[Ref]:
        """The rows that some values need, from others on."""
        waiting, reached, known = list(targets), set[Ref](), set(ends)
        while waiting:
            ref = waiting.pop()
            if ref not in known and ref not in reached and ref in self.rows:
                reached.add(ref)
                waiting += refs_in(self.rows[ref])
        return reached


class Written(NamedTuple):
    """A function that was written down: inputs and outputs by port."""

    arrays: Arrays
    inputs: list[tuple[str, Ref]]
    outputs: list[tuple[str, Ref]]


def current() -> Arrays | None:
    """The formula that is being written on this thread."""
    return getattr(_here, "arrays", None)


def trace_arrays(
    function: Callable[..., Any], shapes: Mapping[str, Partial], kinds: Mapping[str, str]
) -> Written:
    """A function of arrays, written down. shapes, kinds: what is told of ports, as far as it is.

    Raises OptionError for a function that cannot be written down, with the line and the repair.
    """
    names, arrays = ports_of(function), Arrays()
    given = {
        argument: arrays.argument(shapes.get(port), kinds.get(port, "Real"), argument)
        for argument, port in names.items()
    }
    inputs = [(port, given[argument].tree) for argument, port in names.items()]
    before, _here.arrays = current(), arrays
    try:
        by_name = not isinstance(function, np.ufunc) and only_by_name(function)
        arguments: dict[str, Any] = {name: given[name] for name in by_name} if by_name else {}
        rest = [value for name, value in given.items() if name not in arguments]
        result = called(arrays, function, rest, arguments)
    finally:
        _here.arrays = before
    held = arrays.hold_sizes()
    outputs = [(name, held.get(ref, ref)) for name, ref in _outputs(function, arrays, result)]
    asked = {ref for _, ref in outputs}
    asked |= {ref for call in arrays.calls for ref in call.given.values()}
    used = arrays.reached(asked, ())
    read = {x for ref in used for x in refs_in(arrays.rows[ref])} | asked
    idle = [port for port, ref in inputs if ref not in read]
    if idle:
        raise untraceable(arrays, function, f"its result does not depend on {', '.join(idle)}")
    if {name for name, _ in outputs} & {name for name, _ in inputs}:
        raise untraceable(arrays, function, "an input and an output have one name")
    check_names([name for name, _ in (*inputs, *outputs)], function)
    return Written(arrays, inputs, outputs)


def _outputs(function: Any, arrays: Arrays, result: Any) -> list[tuple[str, Ref]]:
    """The outputs by port: "Output", or the keys of a dict."""
    found = result if isinstance(result, Mapping) else {"Output": result}
    if isinstance(result, (list, tuple)):
        fix = 'np.stack([a, b]) makes one array, {"A": a, "B": b} several outputs'
        raise untraceable(arrays, function, f"it gives {brief(result)}", fix)
    for name, value in found.items():
        if not isinstance(value, TracedArray) or value.writer is not arrays:
            why = f"it gives {brief(value)}, which does not depend on its arguments"
            raise untraceable(arrays, function, why)
        if not isinstance(name, str) or not name.isidentifier() or not name[:1].isupper():
            fix = 'names of ports such as "Mean"'
            raise untraceable(arrays, function, f"it gives an output called {brief(name)}", fix)
    return [
        (name, value.as_real() if value.offset else value.tree) for name, value in found.items()
    ]
