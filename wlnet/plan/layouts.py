"""Where values lie: which are views of others, in which distances, and where a copy is needed.

Distances are strides, as NumPy's views have them; a copy makes a value contiguous.

Reshapes, transposes, broadcasts and slices cost nothing by themselves: they are other ways to read
the same memory. A call that cannot read such a view is given a copy, made once for all that want
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from wlnet.graph.bodies import (
    CARRIED,
    CONSTANT,
    SEQUENCE,
    inputs_of,
    operands_of,
    outputs_of,
    renumbered,
)
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import BodyKey
from wlnet.graph.scans import results as results_of

VIEWS = frozenset({"reshape", "transpose", "broadcast", "slice", "gradient_reversal"})
COPY = "copy"


@dataclass(frozen=True)
class Layout:
    """A value as numbers inside another: those of `base`, from an offset on, at distances.

    Counted in numbers, not bytes. moves: by how many the offset grows with each turn of loops, by
    their numbers.
    """

    base: Value
    offset: int
    strides: tuple[int, ...]
    moves: tuple[tuple[int, int], ...] = ()

    def moved(self, loop: int, distance: int) -> Layout:
        """The same, that moves with a loop as well."""
        return replace(self, moves=(*self.moves, (loop, distance)))


Accepts = Callable[[Call, int, tuple[int, ...]], bool]
"""Whether a call can read its i-th input at these distances."""


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The distances of numbers that lie one after another."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def is_contiguous(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """Whether numbers lie one after another; distances along sizes of 1 do not count."""
    return all(
        size == 1 or stride == usual
        for size, stride, usual in zip(shape, strides, contiguous(shape), strict=True)
    )


@dataclass
class _Block:
    """Calls that are done one after the other: all, or those of a loop. made: the values that they
    make. placed: where those lie that are rows of something else."""

    calls: list[Call]
    made: set[Value]
    loop: int | None
    placed: dict[Value, Layout] = field(default_factory=dict)
    short: frozenset[Value] = frozenset()
    """Tables of scans of which nobody reads more than what was carried at last."""


class Layouts:
    """The layouts of all values of a graph, and its calls without views and with copies."""

    def __init__(self, graph: Graph, accepts: Accepts) -> None:
        self.graph = graph
        self.of: dict[Value, Layout] = {}
        self.calls: list[Call] = []
        self._accepts = accepts
        results = (*graph.outputs.values(), *graph.updates.values())
        self._blocks = [_Block(self.calls, set(), None, short=_short(graph.calls, results))]
        """What is laid out now: the whole, and the loops around it, from the outermost in."""
        self.loops = 0
        """How many loops there are; they are numbered from 0."""
        self._copies: dict[Value, Value] = {}
        self._arrays = set(graph.arrays.values())
        for value in graph.inputs.values():
            self._fresh(value)
        for value in graph.arrays.values():
            self._fresh(value)
        self._lay(graph.calls)
        # Results are read as a whole, and outlive what they are views of.
        self.outputs = {key: self._result(value) for key, value in graph.outputs.items()}
        self.updates = {key: self._result(value) for key, value in graph.updates.items()}

    def _lay(self, calls: Sequence[Call]) -> None:
        """Lay out what calls give, and have them read what they can."""
        for call in calls:
            if call.primitive in VIEWS:
                self._view(call)
                continue
            if call.primitive == "scan":
                self._scan(call)
                continue
            inputs = tuple(
                value if self._accepts(call, i, self.of[value].strides)
                else self._copied(value, call)
                for i, value in enumerate(call.inputs)
            )  # fmt: skip
            for output in call.outputs:
                self._fresh(output)
            self._blocks[-1].calls.append(
                Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
            )

    def _scan(self, call: Call) -> None:
        """Lay out a scan: its body reads and writes the rows of sequences, tables and what is
        stacked where they lie, one after the other."""
        body, times, reverse = renumbered(call.attributes["body"], self.graph), *(
            call.attributes[name] for name in ("times", "reverse"))  # fmt: skip
        loop, self.loops = self.loops, self.loops + 1
        outer, given = operands_of(call), results_of(call)
        ends: set[Value] = set()
        for output in call.outputs:
            self._fresh(output)
            if output in self._blocks[-1].short:
                # All rows are one.
                end = self.graph.new_value(output.shape[1:], output.element)
                self.of[output] = Layout(end, 0, (0, *contiguous(end.shape)))
                ends.add(end)

        def row(table: Value, number: int, step: int) -> Layout:
            """The row of a table that is the first that a loop comes to."""
            whole = self.of[table]  # perhaps itself a row, of what is kept of a loop around
            size = whole.strides[0]
            offset = whole.offset + number * size
            return replace(whole, offset=offset, strides=whole.strides[1:]).moved(loop, step * size)

        step, first = (-1, times) if reverse else (1, 0)
        begins: list[Call] = []
        wanted: list[tuple[Value, Layout]] = []
        for (kind, i), value in inputs_of(body).items():
            source = outer[BodyKey(kind, i)]
            if kind == CONSTANT:
                self.of[value] = self.of[source]
            elif kind == SEQUENCE:
                whole = self.of[source]
                offset = whole.offset + (times - 1) * whole.strides[0] * reverse
                there = Layout(whole.base, offset, whole.strides[1:], whole.moves)
                self.of[value] = there.moved(loop, step * whole.strides[0])
            else:
                begin = self.graph.new_value(value.shape)
                self.of[value] = row(given.tables[i], first, step)
                self.of[begin] = replace(self.of[value], moves=self.of[given.tables[i]].moves)
                begins.append(Call(COPY, (source,), (begin,), {}, call.origin))
        for (kind, i), value in outputs_of(body).items():
            is_table = kind == CARRIED
            table = given.tables[i] if is_table else given.stacked[i]
            wanted.append((value, row(table, first + step if is_table else first - reverse, step)))
        # What stands in the one row of a short table is read until the turn is over.
        over = [(value, there) for value, there in wanted if there.base in ends]
        wanted = [each for each in wanted if each not in over]
        made = {value for each in body.calls for value in each.outputs}
        block = _Block([], made, loop, short=_short(body.calls, body.outputs.values()))
        for value, there in wanted:
            if value in made and value not in block.placed:
                block.placed[value] = there
        self._blocks.append(block)
        self._lay(body.calls)
        over = [
            (self._copied(value, call) if self.of[value].base in ends else value, there)
            for value, there in over
        ]
        for value, there in (*wanted, *over):
            if self.of[value] != there:
                copy = self.graph.new_value(value.shape, value.element)
                self.of[copy] = there
                block.calls.append(Call(COPY, (value,), (copy,), {}, call.origin))
        self._blocks.pop()
        attributes = {"begins": begins, "calls": block.calls, "number": loop, "times": times}
        self._blocks[-1].calls.append(
            Call("scan", call.inputs, call.outputs, attributes, call.origin)
        )

    def _fresh(self, value: Value) -> None:
        there = self._blocks[-1].placed.get(value)
        self.of[value] = there or Layout(value, 0, contiguous(value.shape))

    def _result(self, value: Value) -> Value:
        layout = self.of[value]
        made = layout.base not in self._arrays
        if made and is_contiguous(value.shape, layout.strides):
            return value
        return self._copied(value)

    def _copied(self, value: Value, reader: Call | None = None) -> Value:
        if value not in self._copies:
            copy = self.graph.new_value(value.shape, value.element)
            self._copies[value] = copy
            origin = reader.origin if reader is not None else ()
            # What is the same in every turn of a loop is copied before it.
            layout = self.of[value]
            block = next(
                (
                    block
                    for block in reversed(self._blocks)
                    if layout.base in block.made or block.loop in dict(layout.moves)
                ),
                self._blocks[0],
            )
            block.calls.append(Call(COPY, (value,), (copy,), {}, origin))
            block.made.add(copy)
            self._fresh(copy)
        return self._copies[value]

    def _view(self, call: Call) -> None:
        (x,), (y,) = call.inputs, call.outputs
        layout = self.of[x]
        strides = _strides(call, x, layout.strides, y)
        if strides is None:
            layout = self.of[self._copied(x, call)]
            strides = contiguous(y.shape)
        offset = layout.offset
        if call.primitive == "slice":
            offset += call.attributes["start"] * layout.strides[call.attributes["axis"]]
        self.of[y] = replace(layout, offset=offset, strides=strides)


def _short(calls: Sequence[Call], results: Iterable[Value]) -> frozenset[Value]:
    """The tables of scans of which nobody reads more than what was carried at last."""
    tables = {
        table: 0 if call.attributes["reverse"] else call.attributes["times"]
        for call in calls
        if call.primitive == "scan"
        for table in results_of(call).tables
    }
    read = set(results)
    for call in calls:
        at = call.attributes
        for value in call.inputs:
            is_last = call.primitive == "slice" and at["axis"] == 0 and value in tables and (
                at["start"], at["stop"]) == (tables[value], tables[value] + 1)  # fmt: skip
            if not is_last:
                read.add(value)
    return frozenset(tables.keys() - read)


def _strides(call: Call, x: Value, strides: tuple[int, ...], y: Value) -> tuple[int, ...] | None:
    """The distances of a view; None where it has to be a copy."""
    if call.primitive == "transpose":
        return tuple(strides[axis] for axis in call.attributes["axes"])
    if call.primitive in ("slice", "gradient_reversal"):
        return strides
    if call.primitive == "broadcast":
        extra = y.rank - x.rank
        kept = zip(x.shape, strides, y.shape[extra:], strict=True)
        return (0,) * extra + tuple(0 if n != m else s for n, s, m in kept)
    if is_contiguous(x.shape, strides):
        return contiguous(y.shape)
    bytes_ = np.lib.stride_tricks.as_strided(np.zeros(1, np.int8), x.shape, strides)
    try:
        bytes_.shape = y.shape
    except AttributeError:
        return None
    return tuple(bytes_.strides)
