"""A graph of primitives: what a net computes, said in a small closed set of words.

Values are numbered and carry concrete shapes, the batch first; a call turns values into values.
Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.graph.keys import OutputKey, SourceKey

Element = Literal["Real", "Integer", "Byte", "Double"]
"""Bytes, and Doubles, which have 64 bits in any precision, are made by the plan alone."""
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Value:
    """One array that flows: its number in the graph, its shape, what its entries are."""

    index: int
    shape: Shape
    element: Element = "Real"

    @property
    def rank(self) -> int:
        return len(self.shape)


@dataclass(frozen=True)
class Call:
    """One primitive applied to values. Attributes are plain data."""

    primitive: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    origin: Path = ()
    """The path of the layer that asked for it: for messages and for random streams."""


@dataclass
class Graph:
    """Calls in an order that computes, and the names of what goes in and comes out.

    inputs: port, or PrefixKey -> value. arrays: key -> value. outputs: name -> value.
    updates: key -> the new value of a running statistic, to be taken over after the step.
    sources: gradient -> the value that it is taken by, and the shape in which it is told.
    part: how many examples there are, and in the whole batch, where they are a part of one.
    """

    inputs: dict[Any, Value] = field(default_factory=dict)
    arrays: dict[ArrayKey, Value] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    outputs: dict[OutputKey, Value] = field(default_factory=dict)
    updates: dict[ArrayKey, Value] = field(default_factory=dict)
    count: int = 0
    sources: dict[SourceKey, tuple[Value, Shape]] = field(default_factory=dict)
    part: tuple[int, int] | None = None

    def new_value(self, shape: Iterable[int], element: Element = "Real") -> Value:
        value = Value(self.count, tuple(int(size) for size in shape), element)
        self.count += 1
        return value

    def with_calls(self, calls: list[Call]) -> Graph:
        """The same graph with other calls: how passes make their result."""
        return replace(self, calls=calls)

    def results(self) -> list[Value]:
        """Every value that somebody outside wants."""
        return [*self.outputs.values(), *self.updates.values()]
