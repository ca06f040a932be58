"""Where values lie: which are views of others, in which distances, and where a copy is needed.

Distances are strides, as NumPy's views have them; a copy makes a value contiguous.

Reshapes, transposes, broadcasts and slices cost nothing by themselves: they are other ways to read
the same memory. A call that cannot read such a view is given a copy, made once for all that want
it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wlnet.graph.graph import Call, Graph, Value

VIEWS = frozenset({"reshape", "transpose", "broadcast", "slice"})
COPY = "copy"


@dataclass(frozen=True)
class Layout:
    """A value as numbers inside another: those of `base`, from an offset on, at distances.

    Counted in numbers, not bytes.
    """

    base: Value
    offset: int
    strides: tuple[int, ...]


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


class Layouts:
    """The layouts of all values of a graph, and its calls without views and with copies."""

    def __init__(self, graph: Graph, accepts: Accepts) -> None:
        self.graph = graph
        self.of: dict[Value, Layout] = {}
        self.calls: list[Call] = []
        self._copies: dict[Value, Value] = {}
        self._arrays = set(graph.arrays.values())
        for value in graph.inputs.values():
            self._fresh(value)
        for value in graph.arrays.values():
            self._fresh(value)
        for call in graph.calls:
            if call.primitive in VIEWS:
                self._view(call)
                continue
            inputs = tuple(
                value if accepts(call, i, self.of[value].strides) else self._copied(value, call)
                for i, value in enumerate(call.inputs)
            )
            for output in call.outputs:
                self._fresh(output)
            self.calls.append(
                Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
            )
        # Results are read as a whole, and outlive what they are views of.
        self.outputs = {key: self._result(value) for key, value in graph.outputs.items()}
        self.updates = {key: self._result(value) for key, value in graph.updates.items()}

    def _fresh(self, value: Value) -> None:
        self.of[value] = Layout(value, 0, contiguous(value.shape))

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
            self.calls.append(Call(COPY, (value,), (copy,), {}, origin))
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
        self.of[y] = Layout(layout.base, offset, strides)


def _strides(call: Call, x: Value, strides: tuple[int, ...], y: Value) -> tuple[int, ...] | None:
    """The distances of a view; None where it has to be a copy."""
    if call.primitive == "transpose":
        return tuple(strides[axis] for axis in call.attributes["axes"])
    if call.primitive == "slice":
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
