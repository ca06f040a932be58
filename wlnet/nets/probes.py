"""Gradients by what flows in a loop: zeros are added to it, some for each turn, and are asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from wlnet.core.parts import Path
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Shape, Value
from wlnet.nets.container import Lowering

Port = tuple[Path, str]


@dataclass
class Probes:
    """The ports inside of a loop that a gradient is asked by.

    A first walk, into a graph that is thrown away, tells which shapes flow there; `rows` are then
    sequences for the loop, of which each turn is given an element to add. A part that is applied
    several times in a turn is asked by the last one.
    """

    told: dict[Port, Shape] = field(default_factory=dict)
    """The shape of each port as the loop tells it of an element, with the batch."""
    shapes: dict[Port, Shape] = field(default_factory=dict)
    """The shape in which it flows, such as all elements of all examples in a NetMapOperator."""
    counts: Counter[Port] = field(default_factory=Counter)
    """How often something flows there in a turn."""

    def seen(self, port: Port, value: Value) -> Value:
        """What the first walk finds at a port."""
        self.shapes[port] = value.shape
        self.counts[port] += 1
        return value

    def rows(self, g: Builder, walk: Lowering, times: int) -> list[Value]:
        """A sequence for each port, by which the gradient is taken."""
        found = []
        for port, (batch, *rest) in self.told.items():
            zeros = g.fill(0.0, (batch, times, *rest))
            walk.mark(port, zeros)
            found.append(g.reshape(g.move_axis(zeros, 1, 0), (times, *self.shapes[port])))
        return found

    def adding(self, b: Builder, rows: list[Value]) -> _Adding:
        """What does it in the body of the loop."""
        return _Adding(b, dict(zip(self.told, rows, strict=True)), Counter(self.counts))


@dataclass
class _Adding:
    b: Builder
    rows: dict[Port, Value]
    left: Counter[Port]

    def __call__(self, port: Port, value: Value) -> Value:
        if port not in self.rows:
            return value
        self.left[port] -= 1
        return value if self.left[port] else self.b.add(value, self.rows[port])
