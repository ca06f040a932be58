"""Bringing values into another layout and back: one walk for both layouts.

A layout transformation. lanes.py and channels.py say which calls are worth it, and how each of them
is done there; what lies between such calls stays in their layout.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from fractions import Fraction
from typing import Any, ClassVar

from wlnet.graph.graph import Call, Graph, Shape, Value
from wlnet.graph.primitives import BINARY


class Relaying(ABC):
    """A walk over a graph, call by call; those that belong inside are done in another layout.

    A value may be in both layouts: it is brought over once, when somebody first wants it there.
    """

    windows: ClassVar[Collection[str]]
    """Primitives for which values are brought inside."""

    def __init__(self, graph: Graph, lanes: int, few: Fraction) -> None:
        self.graph, self.lanes, self.few = graph, lanes, few
        self.calls: list[Call] = []
        self.results = set(graph.results())
        self.inside: dict[Value, Value] = {}
        """The value in the other layout of a plain value."""
        self.plain: set[Value] = {*graph.inputs.values(), *graph.arrays.values()}
        """Plain values that exist."""
        self.repeated: dict[Value, Value] = {}
        """What a value repeats along some axes."""
        self.origin: tuple[Any, ...] = ()

    def done(self) -> Graph:
        """The graph with calls in the other layout."""
        for call in self.graph.calls:
            self.origin = call.origin
            if not self.call(call):
                inputs = tuple(self.out(value) for value in call.inputs)
                self.calls.append(
                    Call(call.primitive, inputs, call.outputs, call.attributes, call.origin)
                )
                self.plain.update(call.outputs)
            # At once: what reads a result does the same work where it is fetched instead.
            for value in call.outputs:
                if value in self.results:
                    self.out(value)
        return self.graph.with_calls(self.calls)

    # Between the layouts

    def add(
        self, primitive: str, inputs: tuple[Value, ...], shape: Shape, /, **attributes: Any
    ) -> Value:
        """A call; its output."""
        output = self.graph.new_value(shape)
        self.calls.append(Call(primitive, inputs, (output,), attributes, self.origin))
        return output

    def end(
        self, primitive: str, inputs: tuple[Value, ...], output: Value, /, **attributes: Any
    ) -> None:
        """A call that makes a plain value."""
        self.calls.append(Call(primitive, inputs, (output,), attributes, self.origin))
        self.plain.add(output)

    def into(self, value: Value) -> Value:
        """A value in the other layout."""
        if value not in self.inside:
            self.inside[value] = self.bring_in(value)
        return self.inside[value]

    def out(self, value: Value) -> Value:
        """A plain value."""
        if value not in self.plain:
            self.bring_out(value)
        return value

    def is_inside(self, value: Value) -> bool:
        """Whether a value is in the other layout alone."""
        return value in self.inside and value not in self.plain

    @abstractmethod
    def shape(self, shape: Shape, /) -> Shape:
        """A shape in the other layout."""

    @abstractmethod
    def bring_in(self, value: Value, /) -> Value:
        """Write how a plain value comes into the other layout; the value there."""

    @abstractmethod
    def bring_out(self, value: Value, /) -> None:
        """Write how a plain value is made of the one in the other layout."""

    # Calls

    def call(self, call: Call) -> bool:
        """Do a call in the other layout, if that is where it belongs."""
        name = call.primitive
        if name in self.windows:
            return self.window(call)
        if name in BINARY:
            return self._binary(call)
        if name == "broadcast":
            self.repeated[call.outputs[0]] = call.inputs[0]
        elif name == "map" and self.is_inside(call.inputs[0]):
            x = self.inside[call.inputs[0]]
            self.inside[call.outputs[0]] = self.add("map", (x,), x.shape, **call.attributes)
            return True
        elif name == "sum" and self.is_inside(call.inputs[0]):
            self.sum(call)
            return True
        return False

    def _binary(self, call: Call) -> bool:
        (y,) = call.outputs
        inputs = [self._once(value) for value in call.inputs]
        if not any(self.is_inside(value) and value.shape == y.shape for value in inputs):
            return False
        if not all(self.fits(value, y) for value in inputs):
            return False
        operands = self.as_operands(call.primitive, inputs, y)
        self.inside[y] = self.add(call.primitive, operands, self.shape(y.shape), **call.attributes)
        return True

    def _once(self, value: Value) -> Value:
        """What a value repeats, which need not be written: arithmetic repeats it by itself."""
        source = self.repeated.get(value, value)
        return source if source.rank == value.rank else value

    @abstractmethod
    def window(self, call: Call, /) -> bool:
        """Do one of `windows` in the other layout, if it is worth it."""

    @abstractmethod
    def sum(self, call: Call, /) -> None:
        """Do a sum of what is inside."""

    @abstractmethod
    def fits(self, value: Value, y: Value, /) -> bool:
        """Whether an operand can be repeated to the layout of a result y."""

    @abstractmethod
    def as_operands(self, primitive: str, inputs: list[Value], y: Value, /) -> tuple[Value, ...]:
        """The operands of arithmetic with a result y, as they are read in the other layout."""
