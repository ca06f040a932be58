"""One graph laid out in rows, from top to bottom."""

from __future__ import annotations

from wlnet.plot.layout.graphs import Graph, Key, Layout, Place, Point, Route, Spacing
from wlnet.plot.layout.lines import draw_lines
from wlnet.plot.layout.orders import put_in_order
from wlnet.plot.layout.places import place
from wlnet.plot.layout.ranks import ranks_of
from wlnet.plot.layout.rows import Rows, Spot, Step, rows_of

LEAN = 0.18
"""Of how far lines go to the side, so much further apart are the rows."""
ARRIVAL = 12.0
"""The last piece of a line runs straight down, so that its tip does."""
Ports = dict[Key, tuple[dict[str, float], ...]]


def layered(graph: Graph, ports: Ports, spacing: Spacing) -> Layout:
    """A graph in its place. ports: how far from its left side the inlets and the outlets of each
    node are whose ports have places of their own.

    Raises ValueError for a graph that runs in a circle.
    """
    rows = rows_of(graph, ranks_of(graph), ports)
    put_in_order(rows)
    place(rows, draw_lines(rows), spacing)
    tops, bottoms = _heights(rows, spacing)
    spots = [spot for row in rows for spot in row]
    places = {
        spot.key: Place(
            spot.x, tops[spot.row], spot.width, spot.height,
            {name: spot.x + x for name, x in spot.inlets.items()},
            {name: spot.x + x for name, x in spot.outlets.items()},
        )
        for spot in spots
        if spot.kind == "node"
    }  # fmt: skip
    in_order = {key: places[key] for key in graph.nodes}
    routes = _routes(spots, tops, bottoms)
    width = max((spot.x + spot.width for spot in spots), default=0.0)
    inlets = {s.name: s.x + s.width / 2 for s in spots if s.kind == "inlet"}
    outlets = {s.name: s.x + s.width / 2 for s in spots if s.kind == "outlet"}
    return Layout(width, bottoms[-1], in_order, routes, inlets, outlets)


def _heights(rows: Rows, spacing: Spacing) -> tuple[list[float], list[float]]:
    """Where each row begins and where it ends."""
    tops, bottoms = [], []
    y = 0.0
    for row in rows:
        tops.append(y)
        y += max((spot.height for spot in row), default=0.0)
        bottoms.append(y)
        aside = max((abs(_begin(s) - _end(s)) for spot in row for s in spot.below), default=0.0)
        y += min(max(spacing.gap, ARRIVAL + 8 + LEAN * aside), spacing.wide_gap)
    return tops, bottoms


def _begin(step: Step) -> float:
    return step.upper.x + step.upper.outlets[step.outlet]


def _end(step: Step) -> float:
    return step.lower.x + step.lower.inlets[step.inlet]


def _routes(spots: list[Spot], tops: list[float], bottoms: list[float]) -> list[Route]:
    """All lines, each piece once."""
    routes = []
    for spot in spots:
        is_start = not spot.is_passage or len(spot.below) > 1
        for step in spot.below if is_start else ():
            start = bottoms[spot.row] if spot.is_passage else tops[spot.row] + spot.height
            points: list[Point] = [(_begin(step), start), (_begin(step), bottoms[spot.row])]
            last = step
            while True:
                x, y = _end(last), tops[last.lower.row]
                points += [(x, y - ARRIVAL), (x, y)]
                if not last.lower.is_passage:
                    break
                points.append((x, bottoms[last.lower.row]))
                if len(last.lower.below) > 1:
                    break
                (last,) = last.lower.below
            lower = last.lower
            target = lower.key if lower.kind == "node" else None
            routes.append(
                Route(
                    spot.key, target, _plain(points), lower.kind == "node", parts=lower.is_passage
                )
            )
    return routes


def _plain(points: list[Point]) -> tuple[Point, ...]:
    """The same way without points that lie straight between two others."""
    found = points[:1]
    for point, after in zip(points[1:], [*points[2:], None], strict=True):
        if point == found[-1]:
            continue
        if after is not None and found[-1][0] == point[0] == after[0]:
            continue
        found.append(point)
    return tuple(found)
