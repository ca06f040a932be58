"""Drawings of graphs as SVG, without a graphics library: boxes from top to bottom, arrows
between."""

from __future__ import annotations

import html
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.net import Net
from wlnet.core.parts import path_text
from wlnet.core.shapes import shape_text
from wlnet.nets.connections import connections, layers_of, links
from wlnet.nets.inference import inference
from wlnet.plot.svg import Picture

BOX = (150, 40)
GAP = (24, 34)
TIP = (
    '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z"/></marker></defs>'
)


@dataclass(frozen=True)
class Drawing(Picture):
    """A directed graph to look at: labels by node, and edges."""

    labels: Mapping[Hashable, tuple[str, ...]]
    edges: Sequence[tuple[Hashable, Hashable]]

    def rows(self) -> list[list[Hashable]]:
        """The nodes in rows: each below everything that leads to it."""
        depth: dict[Hashable, int] = dict.fromkeys(self.labels, 0)
        for _ in self.labels:
            before = dict(depth)
            for source, target in self.edges:
                depth[target] = max(depth[target], depth[source] + 1)
            if depth == before:
                break
        # Down again, each to just above what it leads to: then few arrows pass behind boxes.
        for node in sorted(depth, key=depth.__getitem__, reverse=True):
            below = [depth[target] for source, target in self.edges if source == node]
            depth[node] = min(below) - 1 if below else depth[node]
        rows: list[list[Hashable]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
        for node, row in depth.items():
            rows[row].append(node)
        return rows

    def to_svg(self) -> str:
        """The drawing as the text of an SVG file."""
        rows = self.rows()
        across, down = BOX[0] + GAP[0], BOX[1] + GAP[1]
        width = max(len(row) for row in rows) * across + GAP[0]
        height = len(rows) * down + GAP[1]
        middle: dict[Hashable, tuple[float, float]] = {}
        for i, row in enumerate(rows):
            left = (width - len(row) * across) / 2
            for j, node in enumerate(row):
                middle[node] = (left + (j + 0.5) * across, GAP[1] / 2 + i * down + BOX[1] / 2)
        parts = [self._arrow(*middle[a], *middle[b]) for a, b in self.edges]
        parts += [self._box(*middle[node], lines) for node, lines in self.labels.items()]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
            f'font-family="sans-serif" font-size="11">{TIP}{"".join(parts)}</svg>'
        )

    @staticmethod
    def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
        return (
            f'<line x1="{x1:.1f}" y1="{y1 + BOX[1] / 2:.1f}" x2="{x2:.1f}" '
            f'y2="{y2 - BOX[1] / 2:.1f}" stroke="#555" marker-end="url(#tip)"/>'
        )

    @staticmethod
    def _box(x: float, y: float, lines: tuple[str, ...]) -> str:
        rect = (
            f'<rect x="{x - BOX[0] / 2:.1f}" y="{y - BOX[1] / 2:.1f}" width="{BOX[0]}" '
            f'height="{BOX[1]}" rx="6" fill="#eef3fa" stroke="#4a6fa5"/>'
        )
        first = y + 4 - 7 * (len(lines) - 1)
        words = [
            f'<text x="{x:.1f}" y="{first + 14 * i:.1f}" text-anchor="middle">'
            f"{html.escape(line)}</text>"
            for i, line in enumerate(lines)
        ]
        return rect + "".join(words)


def draw_net(net: Net, expanded: bool) -> Drawing:
    """A net as a drawing: all layers, or the nodes of the outermost level."""
    solution = inference(net)
    labels: dict[Hashable, tuple[str, ...]] = {}
    edges: list[tuple[Hashable, Hashable]] = []
    if expanded or not net.nodes or net.addressing == "operator":
        for path, layer in layers_of(net):
            wire = solution.ports.get((path, layer.output_names[0]))
            shape = shape_text(wire.shape) if wire else ""
            labels[path] = (f"{path_text(path)} {layer.kind}".strip(), shape)
        edges += connections(net)
    else:
        for key, node in net.nodes.items():
            wire = solution.ports[(key,), node.output_names[0]]
            labels[(key,)] = (f"{key} {node.kind}", shape_text(wire.shape))
        ends = [(e.source, e.target) for e in links(net)]
        edges += [((a,), (b,)) for a, b in ends if a is not None and b is not None]
    return Drawing(labels, edges)


def draw_operations(rows: Sequence[tuple[str, Sequence[int], Sequence[int], str]]) -> Drawing:
    """Primitive calls (name, inputs, outputs, where) as a drawing."""
    labels: dict[Hashable, tuple[str, ...]] = {}
    made: dict[int, int] = {}
    edges: list[tuple[Hashable, Hashable]] = []
    for number, (name, inputs, outputs, where) in enumerate(rows):
        labels[number] = (name, where)
        edges += [(made[value], number) for value in dict.fromkeys(inputs) if value in made]
        made.update(dict.fromkeys(outputs, number))
    return Drawing(labels, edges)
