"""Long graphs in several columns: cut where all that goes on comes from one outlet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from wlnet.plot.layout.graphs import Graph, Key, Layout, Link, Place, Point, Route, Spacing
from wlnet.plot.layout.layered import Ports, layered
from wlnet.plot.layout.ranks import Ranks, ranks_of

CUT = "cut"
"""The port where a graph that was cut goes on."""
HOOK = 14.0
"""How far a line goes on below a column, and begins above the next."""
CHANNEL = 44.0
"""Between two columns."""


def bottlenecks(graph: Graph, rank: Ranks) -> list[int]:
    """The ranks below which all that goes on comes from one outlet; the last one is none."""
    count = max(rank.values(), default=-1) + 1
    ends: dict[tuple[Key | None, str], int] = {}
    for link in graph.links:
        outlet = (link.source, link.outlet)
        ends[outlet] = max(ends.get(outlet, -1), _lower(link, rank, count))
    through = [0] * (count + 1)
    for (source, _), end in ends.items():
        begin = -1 if source is None else rank[source]
        for at in range(max(begin, 0), end):
            through[at] += 1
    return [at for at in range(count - 1) if through[at] == 1]


def strips(graph: Graph, rank: Ranks, cuts: Sequence[int]) -> list[Graph]:
    """A graph cut below some ranks, from top to bottom. Where one ends and the next begins both
    have a port CUT."""
    count = max(rank.values(), default=-1) + 1
    bounds = [-2, *cuts, count]
    found = []
    for before, last in pairwise(bounds):
        nodes = {key: node for key, node in graph.nodes.items() if before < rank[key] <= last}
        links: dict[Link, None] = {}
        for link in graph.links:
            begin = -1 if link.source is None else rank[link.source]
            end = _lower(link, rank, count)
            if begin > last or end <= before:
                continue
            source, outlet = (None, CUT) if begin <= before else (link.source, link.outlet)
            target, inlet = (None, CUT) if end > last else (link.target, link.inlet)
            links[Link(source, target, outlet, inlet)] = None
        found.append(Graph(nodes, list(links)))
    return found


def _lower(link: Link, rank: Ranks, count: int) -> int:
    return count if link.target is None else rank[link.target]


def in_columns(graph: Graph, ports: Ports, spacing: Spacing) -> Layout:
    """A graph in its place: in one column, or in several where it is too tall."""
    cuts = _cuts(graph, spacing)
    if not cuts:
        return layered(graph, ports, spacing)
    parts = strips(graph, ranks_of(graph), cuts)
    columns = [layered(part, ports, spacing) for part in parts]
    places: dict[Key, Place] = {}
    routes: list[Route] = []
    bottom = max(column.height for column in columns) + 4 * HOOK
    top = 2 * HOOK
    x, lefts = 0.0, []
    for column in columns:
        lefts.append(x)
        places.update((key, shifted(each, x, top)) for key, each in column.places.items())
        routes += [moved_route(route, x, top) for route in column.routes]
        x += column.width + CHANNEL
    for (left, column), (right, after) in pairwise(zip(lefts, columns, strict=True)):
        low, channel = top + column.height, right - CHANNEL / 2
        begin, end = left + column.outlets[CUT], right + after.inlets[CUT]
        way: tuple[Point, ...] = (
            (begin, low), (begin, low + HOOK), (channel, low + HOOK),
            (channel, HOOK), (end, HOOK), (end, top),
        )  # fmt: skip
        routes.append(Route(None, None, way, has_tip=False))
    first, last = columns[0], columns[-1]
    outlets = {name: lefts[-1] + at for name, at in last.outlets.items()}
    routes += [Route(None, None, ((at, 0.0), (at, top)), False) for at in first.inlets.values()]
    routes += [
        Route(None, None, ((at, top + last.height), (at, bottom)), False) for at in outlets.values()
    ]
    in_order = {key: places[key] for key in graph.nodes}
    return Layout(x - CHANNEL, bottom, in_order, routes, first.inlets, outlets)


def _cuts(graph: Graph, spacing: Spacing) -> list[int]:
    """Where a graph that is too tall is cut, so that its columns are of about one height."""
    if spacing.tallest is None:
        return []
    rank = ranks_of(graph)
    heights = [0.0] * (max(rank.values(), default=-1) + 1)
    for key, node in graph.nodes.items():
        heights[rank[key]] = max(heights[rank[key]], node.height + spacing.gap)
    total = sum(heights)
    if total <= spacing.tallest:
        return []
    goal = 1.05 * total / math.ceil(total / spacing.tallest)
    least = 0.3 * goal
    cuts: list[int] = []
    ways = bottlenecks(graph, rank)
    begin = 0
    for at, after in pairwise([*ways, len(heights) - 1]):
        if sum(heights[begin : after + 1]) > goal and sum(heights[at + 1 :]) > least:
            cuts.append(at)
            begin = at + 1
    return cuts


def shifted(place: Place, x: float, y: float) -> Place:
    """A place elsewhere."""
    return replace(
        place, x=place.x + x, y=place.y + y,
        inlets={name: at + x for name, at in place.inlets.items()},
        outlets={name: at + x for name, at in place.outlets.items()},
        inner=(place.inner[0] + x, place.inner[1] + y),
    )  # fmt: skip


def moved_route(route: Route, x: float, y: float) -> Route:
    """A route elsewhere."""
    return replace(route, points=tuple((a + x, b + y) for a, b in route.points))
