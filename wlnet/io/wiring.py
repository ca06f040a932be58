"""Edges of a graph out of a file: every port is there, is fed once, and none is left open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from wlnet.core.names import is_number
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.core.records import Json, refused, shown
from wlnet.nets.edges import Edge


def read_edges(record: Json, nodes: Mapping[Key, Net], at: str) -> list[Edge]:
    """The edges of a record. Raises FormatError."""
    if type(record) is not list:
        raise refused("these are no edges", at=at, given=shown(record))
    edges = [_edge(row, nodes, at) for row in record]
    targets = [(edge.target, edge.target_port) for edge in edges]
    if len(set(targets)) != len(targets):
        raise refused("two edges lead into one port", at=at)
    if not any(target is None for target, _ in targets):
        raise refused("a graph needs an output", at=at)
    fed: dict[Any, set[str]] = {key: set() for key in nodes}
    for target, port in targets:
        if target is not None:
            fed[target].add(port)
    for key, node in nodes.items():
        wanted = fed[key] if node.is_variadic else set(node.input_names)
        if fed[key] - set(node.state_names) != wanted or (not wanted and node.input_names):
            raise refused("an input of a vertex is left open", at=f"{at}, vertex {shown(key)}")
        if node.is_variadic and not fed[key]:
            raise refused("a vertex without inputs", at=f"{at}, vertex {shown(key)}")
    return edges


def _edge(row: Json, nodes: Mapping[Key, Net], at: str) -> Edge:
    if type(row) is not list or len(row) != 4:
        raise refused("an edge has two ends of two entries", at=at, given=shown(row))
    source, source_port = _end(row[0], row[1], nodes, at)
    target, target_port = _end(row[2], row[3], nodes, at)
    made = () if source is None else (*nodes[source].output_names, *nodes[source].state_names)
    if source is not None and source_port not in made:
        raise refused(
            "an edge comes from an unknown port",
            at=at,
            given=f"{shown(source)}, {shown(source_port)}",
        )
    if target is not None:
        node = nodes[target]
        variadic = node.is_variadic
        taken = (*node.input_names, *node.state_names)
        fits = is_number(target_port) if variadic else target_port in taken
        if not fits:
            raise refused(
                "an edge leads to an unknown port",
                at=at,
                given=f"{shown(target)}, {shown(target_port)}",
            )
    return Edge(source, source_port, target, target_port)


def _end(key: Json, port: Json, nodes: Mapping[Key, Net], at: str) -> tuple[Key | None, str]:
    is_key = isinstance(key, (int, str)) and not isinstance(key, bool) and key in nodes
    if (key is None or is_key) and isinstance(port, str) and port:
        return cast("Key | None", key), port
    raise refused(
        "an edge mentions an unknown vertex or port",
        at=at,
        given=f"{shown(key)}, {shown(port)}",
    )
