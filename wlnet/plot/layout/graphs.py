"""What is laid out, a graph of boxes, and what comes of it: places and routes.

Lengths are in pixels, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

Key = Hashable
Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """A box. inlets, outlets: the names of its ports, at its upper and at its lower side.

    inside: a graph that it is a frame of; its own sizes are then the least ones. header: how much
    of it stands above what is inside.
    """

    width: float
    height: float
    inlets: tuple[str, ...] = ("",)
    outlets: tuple[str, ...] = ("",)
    inside: Graph | None = None
    header: float = 0.0


@dataclass(frozen=True)
class Link:
    """A line from an outlet of a node to an inlet of another; None stands for the graph around
    them, whose inlets are at its upper and whose outlets are at its lower side."""

    source: Key | None
    target: Key | None
    outlet: str = ""
    inlet: str = ""


@dataclass(frozen=True)
class Graph:
    """Boxes and links between them, which run in no circle."""

    nodes: Mapping[Key, Node]
    links: Sequence[Link]


@dataclass(frozen=True)
class Spacing:
    """How much room there is. apart: between boxes side by side; beside: between a line and what
    it passes; gap: between ranks, at least; wide_gap: at most, where lines go far to the side;
    padding: between a frame and what is inside; tallest: a graph that is taller is put into
    columns where it has bottlenecks, None: never."""

    apart: float = 28.0
    beside: float = 16.0
    gap: float = 26.0
    wide_gap: float = 84.0
    padding: float = 16.0
    tallest: float | None = 1300.0


@dataclass(frozen=True)
class Route:
    """A line, or a piece of one. Lines from one outlet share their way until they part: source is
    where all begin, target is None for a piece that ends where others go on."""

    source: Key | None
    target: Key | None
    points: tuple[Point, ...]
    has_tip: bool
    parts: bool = False
    """Whether others go on where it ends."""


@dataclass(frozen=True)
class Place:
    """Where a box stands, and its ports along its sides: how far to the right of the graph's left
    side. inside: what is in a frame, whose upper left corner is at `inner`."""

    x: float
    y: float
    width: float
    height: float
    inlets: Mapping[str, float]
    outlets: Mapping[str, float]
    inside: Layout | None = None
    inner: Point = (0.0, 0.0)


@dataclass(frozen=True)
class Layout:
    """A graph in its place. inlets, outlets: how far to the right the ports of the graph itself
    are, at its upper and lower side."""

    width: float
    height: float
    places: Mapping[Key, Place]
    routes: Sequence[Route]
    inlets: Mapping[str, float] = field(default_factory=dict)
    outlets: Mapping[str, float] = field(default_factory=dict)
