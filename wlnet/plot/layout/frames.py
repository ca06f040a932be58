"""Graphs in graphs: what is inside a frame is laid out first, and is then one large box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wlnet.plot.layout.columns import in_columns
from wlnet.plot.layout.graphs import Graph, Key, Layout, Node, Spacing

USUAL = Spacing()


def laid_out(graph: Graph, spacing: Spacing = USUAL) -> Layout:
    """A graph in its place, with all that is in its frames.

    No two boxes overlap, lines run around boxes, and a frame holds what is inside and nothing else.
    The same graph gives the same layout. Raises ValueError for a graph that runs in a circle.
    """
    nodes: dict[Key, Node] = {}
    inside: dict[Key, tuple[Layout, float, float]] = {}
    ports: dict[Key, tuple[dict[str, float], ...]] = {}
    for key, node in graph.nodes.items():
        if node.inside is None:
            nodes[key] = node
            continue
        inner = laid_out(node.inside, spacing)
        # Lines that come from above, or go on below, have their room in what is inside.
        above = 0.0 if inner.inlets else spacing.padding
        below = 0.0 if inner.outlets else spacing.padding
        width = max(node.width, inner.width + 2 * spacing.padding)
        height = node.header + above + inner.height + below
        left = (width - inner.width) / 2
        nodes[key] = replace(node, width=width, height=max(height, node.height))
        inside[key] = inner, left, node.header + above
        ports[key] = (
            _ports(node.inlets, inner.inlets, left, width),
            _ports(node.outlets, inner.outlets, left, width),
        )
    layout = in_columns(Graph(nodes, graph.links), ports, spacing)
    places = dict(layout.places)
    for key, (inner, left, top) in inside.items():
        place = places[key]
        places[key] = replace(place, inside=inner, inner=(place.x + left, place.y + top))
    return replace(layout, places=places)


def _ports(
    names: tuple[str, ...], inner: Mapping[str, float], left: float, width: float
) -> dict[str, float]:
    """Where the ports of a frame are: above or below those inside; those that lead nowhere,
    anywhere."""
    return {
        name: left + inner[name] if name in inner else width * (i + 0.5) / len(names)
        for i, name in enumerate(names)
    }
