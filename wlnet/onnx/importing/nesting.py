"""Vertices with paths, as nets in nets: ("layer1", "0", "conv1") is a part of a part of a part.

What lies under one word becomes a net of its own, where that is possible: something between two of
its parts that stands outside of it would make a circle. Then its parts stand one level higher,
under both words: "layer1_conv1".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wlnet.core.parts import NetPort
from wlnet.nets.chain import NetChain
from wlnet.nets.netgraph import NetGraph
from wlnet.onnx.importing.linear import Pending
from wlnet.onnx.importing.names import Path
from wlnet.onnx.importing.writing import End, Vertex


@dataclass(frozen=True)
class Edge:
    """From an end to a port of a vertex, or to an output of the net, whose vertex is None."""

    source: End
    target: End


def nested(vertices: Mapping[int, Vertex], outputs: Mapping[str, End],
           ports: Mapping[str, Any]) -> tuple[NetChain | NetGraph, dict[int, Path]]:  # fmt: skip
    """The net of these vertices, and where in it each stands. outputs: where each comes from.
    ports: the types of ports.
    """
    used = reached(vertices, outputs.values())
    kept = {token: vertices[token] for token in sorted(used)}
    edges = [
        Edge(source, (token, port)) for token, v in kept.items() for source, port in v.edges
    ] + [Edge(end, (None, name)) for name, end in outputs.items()]
    paths = _paths(kept)
    items = {token: (path, _layer(kept[token])) for token, path in paths.items()}
    read = {edge.source[1] for edge in edges if edge.source[0] is None}
    inputs = [name for name in ports if name in read]
    told = {name: ports[name] for name in (*inputs, *outputs) if ports.get(name) is not None}
    places: dict[int, Path] = {}
    return _level(items, edges, inputs, list(outputs), told, (), places), places


def _layer(vertex: Vertex) -> Any:
    return vertex.layer.made() if isinstance(vertex.layer, Pending) else vertex.layer


def reached(vertices: Mapping[int, Vertex], ends: Iterable[End]) -> set[int]:
    """The vertices that something leads to an output from."""
    waiting = [end[0] for end in ends]
    found: set[int] = set()
    while waiting:
        token = waiting.pop()
        if token is not None and token not in found:
            found.add(token)
            waiting += [source[0] for source, _ in vertices[token].edges]
    return found


def _paths(vertices: Mapping[int, Vertex]) -> dict[int, Path]:
    """A path of its own for each vertex, none of which leads through another vertex."""
    inside = Counter(v.path[:n] for v in vertices.values() for n in range(1, len(v.path) + 1))
    found: dict[int, Path] = {}
    taken: set[Path] = set()
    for token, vertex in vertices.items():
        path = vertex.path if vertex.path not in taken else vertex.own
        if len(path) > 1 and path[-1] == vertex.label and inside[path[:-1]] == 1:
            path = path[:-1]  # alone in its module
        found[token] = _free(path, taken)
        taken.add(found[token])
    while True:
        groups = {path[:n] for path in found.values() for n in range(1, len(path))}
        through = [token for token, path in found.items() if path in groups]
        if not through:
            return found
        for token in through:
            found[token] = _free((*found[token], vertices[token].label), taken)
            taken.add(found[token])


def _free(path: Path, taken: set[Path]) -> Path:
    made, number = path, 1
    while made in taken:
        number += 1
        made = (*path[:-1], f"{path[-1]}_{number}")
    return made


Items = dict[int, tuple[Path, Any]]


def _level(items: Items, edges: list[Edge], inputs: list[Any], outputs: list[Any],
           ports: Mapping[str, Any], above: Path, places: dict[int, Path]) -> Any:  # fmt: skip
    """A net of items, whose paths begin in it; inputs, outputs: names of its ports.

    above: the path of the net; places: is filled with where its items stand.
    """
    ways_out = {str(port) for port in (*inputs, *outputs)}
    for token, (path, layer) in list(items.items()):
        if path[0] in ways_out:
            items[token] = (f"{path[0]}_", *path[1:]), layer
    names = _grouped(items, edges)
    order = list(dict.fromkeys(names.values()))
    groups: dict[str, list[int]] = {name: [] for name in order}
    for token in items:
        groups[names[token]].append(token)
    parts: dict[str, Any] = {}
    ways: dict[tuple[str, End], Any] = {}
    into: dict[tuple[str, End], str | None] = {}
    for name in order:
        tokens = groups[name]
        if len(tokens) == 1 and len(items[tokens[0]][0]) == 1:
            parts[name] = items[tokens[0]][1]
            places[tokens[0]] = (*above, name)
            continue
        inner = _inner(name, tokens, items, edges, ways, into)
        parts[name] = _level(*inner, {}, (*above, name), places)
    told = _edges(names, edges, inputs, ways, into) + _unread(items, names, parts, edges)
    chain = _chain(parts, told, inputs, outputs)
    if chain is not None:
        return NetChain({name: parts[name] for name in chain}, ports=dict(ports))
    return NetGraph(parts, told, ports=dict(ports))


def _grouped(items: Items, edges: list[Edge]) -> dict[int, str]:
    """The name at this level of each item; where groups would make a circle they are opened."""
    names = {token: path[0] for token, (path, _) in items.items()}
    paths = {token: path for token, (path, _) in items.items()}
    while True:
        circle = _circle(names, edges)
        if not circle:
            return names
        for token, name in names.items():
            if name in circle and len(paths[token]) > 1:
                paths[token] = (f"{paths[token][0]}_{paths[token][1]}", *paths[token][2:])
        taken: set[Path] = set()
        groups = {path[0] for path in paths.values() if len(path) > 1}
        for token, path in paths.items():
            while len(path) == 1 and (path in taken or path[0] in groups):
                path = (path[0] + "_",)
            paths[token] = path
            taken.add(path)
        names = {token: path[0] for token, path in paths.items()}
        for token in paths:
            items[token] = (paths[token], items[token][1])


def _circle(names: Mapping[int, str], edges: list[Edge]) -> set[str]:
    """The names on circles, or that stand between such."""
    after: dict[str, set[str]] = {name: set() for name in names.values()}
    before: dict[str, set[str]] = {name: set() for name in after}
    for edge in edges:
        a, b = names.get(edge.source[0]), names.get(edge.target[0])  # type: ignore[arg-type]
        if a is not None and b is not None and a != b:
            after[a].add(b)
            before[b].add(a)
    # What has nothing before it, or nothing behind it, is on no circle.
    for ways, back in ((before, after), (after, before)):
        waiting = [name for name in ways if not ways[name]]
        while waiting:
            name = waiting.pop()
            del ways[name]
            for other in back.pop(name):
                if other in ways:
                    ways[other].discard(name)
                    waiting += [other] if not ways[other] else []
    return set(after)


def _inner(
    name: str,
    tokens: list[int],
    items: Items,
    edges: list[Edge],
    ways: dict[tuple[str, End], Any],
    into: dict[tuple[str, End], str | None],
) -> tuple[Items, list[Edge], list[Any], list[Any]]:
    """What the net of a group is made of; by what ports its outside meets it is noted."""
    inside = set(tokens)
    sources = list(dict.fromkeys(
        edge.source for edge in edges if edge.target[0] in inside and edge.source[0] not in inside
    ))  # fmt: skip
    results = list(dict.fromkeys(
        edge.source for edge in edges if edge.source[0] in inside and edge.target[0] not in inside
    ))  # fmt: skip
    in_names = _numbered("Input", len(sources))
    out_names = _numbered("Output", len(results))
    inner: list[Edge] = []
    for edge in edges:
        if edge.target[0] not in inside:
            continue
        if edge.source[0] in inside:
            inner.append(edge)
        else:
            inner.append(Edge((None, in_names[sources.index(edge.source)]), edge.target))
    inner += [Edge(end, (None, port)) for end, port in zip(results, out_names, strict=True)]
    for end, port in zip(sources, in_names, strict=True):
        into[name, end] = port
    for end, port in zip(results, out_names, strict=True):
        ways[name, end] = port
    shorter = {token: (items[token][0][1:], items[token][1]) for token in tokens}
    return shorter, inner, in_names, out_names


def _numbered(word: str, count: int) -> list[str]:
    return [word] if count == 1 else [f"{word}{i}" for i in range(1, count + 1)]


def _edges(names: Mapping[int, str], edges: list[Edge], inputs: list[Any],
           ways: Mapping[tuple[str, End], Any],
           into: Mapping[tuple[str, End], str | None]) -> list[tuple[Any, Any]]:  # fmt: skip
    """The edges between the parts of a level."""
    told: dict[tuple[Any, Any], None] = {}
    for edge in edges:
        (source, out), (target, port) = edge.source, edge.target
        start: Any
        stop: Any
        if source is None:
            start = NetPort(str(out))
        else:
            name = names[source]
            out = ways.get((name, edge.source), out)
            start = name if out is None else NetPort(name, out)
        if target is None:
            stop = NetPort(str(port))
        else:
            name = names[target]
            if source is not None and names[source] == name:
                continue
            is_group = (name, edge.source) in into
            port = into[name, edge.source] if is_group else port
            stop = name if port is None else NetPort(name, port)
        told[start, stop] = None
    # Ports stand in the order in which they are first read and written.
    order = {NetPort(str(port)): i for i, port in enumerate(inputs)}
    return sorted(told, key=lambda edge: order.get(edge[0], len(order)))


def _unread(items: Items, names: Mapping[int, str], parts: Mapping[str, Any],
            edges: list[Edge]) -> list[tuple[Any, Any]]:  # fmt: skip
    """The edges that say of outputs which nobody reads that the net has them not: of layers of
    which only a last state is read."""
    read = {edge.source for edge in edges}
    return [
        (names[token], None) for token, (path, layer) in items.items()
        if parts[names[token]] is layer and (token, None) not in read
        and any(token == source for source, _ in read)
    ]  # fmt: skip


def _chain(parts: Mapping[str, Any], edges: list[tuple[Any, Any]], inputs: list[Any],
           outputs: list[Any]) -> list[str] | None:  # fmt: skip
    """The names in their order, if each reads what the one before gives, and nothing else."""
    if inputs != ["Input"] or outputs != ["Output"] or len(edges) != len(parts) + 1:
        return None
    after: dict[str, str] = {}
    for start, stop in edges:
        a, b = _plain(start, "Output"), _plain(stop, "Input")
        if a is None or b is None or a in after:
            return None
        after[a] = b
    order: list[str] = []
    at = after.get("<Input>")
    while at is not None and at != "<Output>" and at not in order:
        order.append(at)
        at = after.get(at)
    return order if len(order) == len(parts) and at == "<Output>" else None


def _plain(end: Any, port: str) -> str | None:
    if not isinstance(end, NetPort):
        return str(end)
    path: Any = end.path
    if len(path) == 1:
        return f"<{path[0]}>"
    return str(path[0]) if path[1] == port and len(path) == 2 else None
