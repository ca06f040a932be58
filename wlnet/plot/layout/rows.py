"""The nodes of each rank, with a place for every line that passes there.

A link over several ranks passes through a narrow place in each between; links from one outlet share
theirs. Then every link leads from one row to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wlnet.plot.layout.graphs import Graph, Key
from wlnet.plot.layout.ranks import Ranks


@dataclass(eq=False)
class Spot:
    """What has a place in a row: a node; a port of the graph itself, at its upper or lower side; or
    a passage for a line.

    inlets, outlets: the ports whose places are given, measured from its left side.
    """

    kind: str
    row: int
    width: float
    height: float = 0.0
    key: Key | None = None
    name: str = ""
    inlets: dict[str, float] = field(default_factory=dict)
    outlets: dict[str, float] = field(default_factory=dict)
    above: list[Step] = field(default_factory=list)
    below: list[Step] = field(default_factory=list)
    at: int = 0
    """Its number in its row."""
    line: int = 0
    """The straight line that it is in."""
    shift: float = 0.0
    """How far right of that line's own place its left side is."""
    x: float = 0.0

    @property
    def is_passage(self) -> bool:
        return self.kind == "passage"


@dataclass(eq=False)
class Step:
    """A link, or a piece of one, from a spot to one in the row below."""

    upper: Spot
    lower: Spot
    outlet: str = ""
    inlet: str = ""


Rows = list[list[Spot]]


def rows_of(graph: Graph, rank: Ranks, ports: dict[Key, tuple[dict[str, float], ...]]) -> Rows:
    """The rows of a graph. ports: of nodes whose inlets and outlets have their places."""
    has_inlets = any(link.source is None for link in graph.links)
    has_outlets = any(link.target is None for link in graph.links)
    first = int(has_inlets)
    count = max(rank.values(), default=-1) + 1 + first + int(has_outlets)
    rows: Rows = [[] for _ in range(max(count, 1))]

    def put(spot: Spot) -> Spot:
        rows[spot.row].append(spot)
        return spot

    spots: dict[tuple[str, Key | None], Spot] = {}
    for link in graph.links:
        if link.source is None and ("inlet", link.outlet) not in spots:
            spot = put(Spot("inlet", 0, 2.0, name=link.outlet))
            spots["inlet", link.outlet] = spot
    for key, node in graph.nodes.items():
        inlets, outlets = ports.get(key, ({}, {}))
        row = rank[key] + first
        spots["node", key] = put(
            Spot("node", row, node.width, node.height, key, inlets=inlets, outlets=outlets)
        )
    for link in graph.links:
        if link.target is None and ("outlet", link.inlet) not in spots:
            spot = put(Spot("outlet", len(rows) - 1, 2.0, name=link.inlet))
            spots["outlet", link.inlet] = spot
    passages: dict[tuple[Spot, str], list[Spot]] = {}
    for link in graph.links:
        is_in, is_out = link.source is None, link.target is None
        upper = spots["inlet", link.outlet] if is_in else spots["node", link.source]
        lower = spots["outlet", link.inlet] if is_out else spots["node", link.target]
        outlet, inlet = "" if is_in else link.outlet, "" if is_out else link.inlet
        passed = passages.setdefault((upper, outlet), [])
        while upper.row + len(passed) + 1 < lower.row:
            passage = put(Spot("passage", upper.row + len(passed) + 1, 2.0, key=upper.key))
            last = passed[-1] if passed else upper
            _join(Step(last, passage, outlet if last is upper else ""))
            passed.append(passage)
        away = lower.row - upper.row - 1
        last = passed[away - 1] if away else upper
        _join(Step(last, lower, outlet if last is upper else "", inlet))
    return rows


def _join(step: Step) -> None:
    step.upper.below.append(step)
    step.lower.above.append(step)
