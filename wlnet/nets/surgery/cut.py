"""The part of a graph between two cuts.

Wolfram Language: NetTake.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from wlnet.core.errors import Fault, PartError, brief, fail
from wlnet.core.finding import select
from wlnet.core.gathered import Gathered
from wlnet.core.parts import Key, NetPort, Path
from wlnet.core.ports import PortType
from wlnet.core.symbols import ALL
from wlnet.nets.edges import Edge
from wlnet.nets.inference import inference
from wlnet.nets.netgraph import NetGraph, graph_of
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.surgery.known_shapes import Known, knowing, known_of
from wlnet.nets.surgery.positions import renumbered, whole

Wire = tuple[Key | None, str]
"""Where an edge begins: (vertex, output port), or (None, input port of the graph). It is no wire of
shape inference."""


def take_from_graph(graph: NetGraph, start: object, end: object, part: object) -> NetGraph:
    """The graph of all vertices on paths from a start to an end. Raises PartError.

    start, end: a vertex, a NetPort, ALL, or a list of these. part: all that the user gave, for
    messages.
    """
    gathered = Gathered()
    ended = [gathered.attempt(partial(_ends, graph, one, part)) for one in _listed(end)]
    begun = [gathered.attempt(partial(_starts, graph, one, part)) for one in _listed(start)]
    gathered.tell()
    ends = [wire for wires in ended for wire in wires or ()]
    starts = [list(keys or ()) for keys in begun]
    ahead = _reached(graph, [key for some in starts for key in some], 1)
    back = _reached(graph, [key for key, _ in ends], -1)
    kept = [key for key in graph.nodes if key in ahead and key in back]
    lost = [key for key, _ in ends if key not in kept]
    # A start at a port stands for all the vertices that it feeds: one that is kept is enough.
    lost += [some[0] for some in starts if not any(key in kept for key in some)]
    if lost or not kept:
        reached = [key for key in graph.nodes if key in ahead]
        raise fail(
            PartError,
            Fault(
                "no path leads from the start to the end",
                given=brief(part),
                known=list(graph.nodes),
                at=f"vertex {brief(lost[0])}" if lost else None,
                fix=f"paths from the start lead to {', '.join(map(repr, reached))}",
            ),
        )
    return _part_of(graph, kept, ends)


def _listed(given: object) -> list[object]:
    return list(given) if isinstance(given, list) else [given]


def _vertex(graph: NetGraph, given: object, part: object) -> Key:
    """The key of the vertex that a name or position means. Raises PartError."""
    if isinstance(given, str) and given in graph.nodes:
        return given
    if not isinstance(given, (int, str)):
        raise fail(
            PartError,
            Fault(
                "a cut is at a vertex, a NetPort, a list of these, or ALL",
                given=brief(part),
                known=list(graph.nodes),
            ),
        )
    (place,) = select(graph, given, part)
    if place.kind != "node":
        raise fail(
            PartError,
            Fault(
                f"{brief(given)} is no vertex of the graph",
                given=brief(part),
                known=list(graph.nodes),
                fix=f"NetPort({given!r}) is the port",
            ),
        )
    return place.path[0]


def _port(graph: NetGraph, given: NetPort, part: object) -> tuple[Key | None, str]:
    """A port that exists, as (vertex, name); the vertex is None for a port of the graph."""
    *at, name = given.path
    key = _vertex(graph, at[0], part) if at else None
    known = (
        graph.port_names
        if key is None
        else (*graph.ports_of(key), *graph.nodes[key].output_names, *graph.nodes[key].state_names)
    )
    if len(at) > 1 or name not in known:
        where = "the graph" if key is None else f"vertex {brief(key)}"
        raise fail(
            PartError, Fault(f"{where} has no port {brief(name)}", given=brief(part), known=known)
        )
    return key, name


def _ends(graph: NetGraph, given: object, part: object) -> Iterable[Wire]:
    """The wires that become outputs. An end at an input port means what flows into it."""
    if given is ALL:
        return [
            (e.source, e.source_port)
            for e in graph.edges
            if e.target is None and e.source is not None
        ]
    if not isinstance(given, NetPort):
        key = _vertex(graph, given, part)
        return [(key, name) for name in graph.nodes[key].output_names]
    at, name = _port(graph, given, part)
    if at is not None and name in (*graph.nodes[at].output_names, *graph.nodes[at].state_names):
        return [(at, name)]
    wires = [
        (e.source, e.source_port) for e in graph.edges if e.target == at and e.target_port == name
    ]
    if not wires or wires[0][0] is None:
        raise fail(
            PartError,
            Fault(
                f"nothing is computed before {brief(given)}",
                given=brief(part),
                known=list(graph.nodes),
            ),
        )
    return wires


def _starts(graph: NetGraph, given: object, part: object) -> Iterable[Key]:
    """The vertices to begin with. A start at an output port means the vertices that it feeds."""
    if given is ALL:
        return list(graph.nodes)
    if not isinstance(given, NetPort):
        return [_vertex(graph, given, part)]
    at, name = _port(graph, given, part)
    if at is not None and name not in graph.nodes[at].output_names:
        return [at]
    found = [
        e.target
        for e in graph.edges
        if e.source == at and e.source_port == name and e.target is not None
    ]
    if not found:
        raise fail(
            PartError,
            Fault(
                f"nothing is computed after {brief(given)}",
                given=brief(part),
                known=list(graph.nodes),
            ),
        )
    return found


def _reached(graph: NetGraph, keys: Iterable[Key | None], way: int) -> set[Key | None]:
    """These vertices and all that edges lead to from them; way: 1 forwards, -1 backwards."""
    found: set[Key | None] = set(keys)
    new: set[Key | None] = set(found)
    steps = [(e.source, e.target)[::way] for e in graph.edges if e.source and e.target]
    while new:
        following: set[Key | None] = {b for a, b in steps if a in new}
        new = following - found
        found |= new
    return found


def _part_of(graph: NetGraph, kept: list[Key], ends: list[Wire]) -> NetGraph:
    """The graph of the vertices kept. Edges cut before them become inputs, the ends outputs."""
    # From the key of a vertex before to its key now.
    new: dict[Any, Key] = dict(zip(kept, renumbered(kept), strict=True))
    edges = [
        Edge(new.get(e.source), e.source_port, new[e.target], e.target_port)
        for e in graph.edges
        if e.target in new and (e.source is None or e.source in new)
    ]
    ports: dict[str, PortType] = {}
    # The ports that were cut open, with what was known of them in the whole graph.
    known: list[Known] = []
    inferred = inference(graph).ports
    open_edges = [
        e for e in graph.edges if e.target in new and e.source is not None and e.source not in new
    ]
    names = open_port_names(
        graph,
        [(e.source, e.source_port) for e in open_edges],
        {e.source_port for e in edges if e.source is None},
        "Input",
    )
    for e in open_edges:
        name = names[e.source, e.source_port]
        edges.append(Edge(None, name, new[e.target], e.target_port))
        known.append(((), name, inferred[_path(e.source), e.source_port]))
    # An end that was an output of the graph keeps its name; any other is cut open.
    old_outputs = [e for e in graph.edges if e.target is None and (e.source, e.source_port) in ends]
    fresh = [
        wire for wire in ends if not any((e.source, e.source_port) == wire for e in old_outputs)
    ]
    names = open_port_names(graph, fresh, {e.target_port for e in old_outputs}, "Output")
    for e in old_outputs:
        edges.append(Edge(new[e.source], e.source_port, None, e.target_port))
    for wire in dict.fromkeys(fresh):
        edges.append(Edge(new[wire[0]], wire[1], None, names[wire]))
        known.append(((), names[wire], inferred[_path(wire[0]), wire[1]]))
    for name in graph.port_names:
        ports[name] = graph.ports[name]
    result = graph_of(
        {key: whole(graph, old) for old, key in new.items()},
        edges,
        {name: port for name, port in ports.items() if name not in {row[1] for row in known}},
    )
    moves: dict[Path, Path] = {(old,): (key,) for old, key in new.items()}
    result = knowing(result, [*known, *known_of(graph, moves)])
    return carried(result, [Voice(graph, moves)])


def _path(key: Key | None) -> Path:
    return () if key is None else (key,)


def open_port_names(
    graph: NetGraph, wires: list[Wire], taken: set[str], alone: str
) -> dict[Wire, str]:
    """Names for ports that were cut open.

    The only port on its side is called `alone`, "Input" or "Output". Any other has the name of the
    wire that was cut, "a/Output". No port gets the name of a vertex, as that would hide the vertex.
    """
    distinct = list(dict.fromkeys(wires))
    if len(distinct) == 1 and not taken and alone not in graph.nodes:
        return {distinct[0]: alone}
    names: dict[Wire, str] = {}
    for key, port in distinct:
        name = base = f"{key}/{port}"
        number = 1
        while name in taken or name in names.values() or name in graph.nodes:
            number += 1
            name = f"{base}{number}"
        names[key, port] = name
    return names
