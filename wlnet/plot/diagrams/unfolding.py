"""A net as HTML whose nested nets open and close, without a script.

A level is cut where all that goes on comes from one outlet. A nested net that stands alone between
two cuts is a `<details>` in its place, and the line leads into it and out of it. Those that stand
beside others follow below their level.
"""

from __future__ import annotations

from dataclasses import dataclass

from wlnet.core.net import Net
from wlnet.core.parts import Key as PartKey
from wlnet.core.parts import Path, path_text
from wlnet.core.speeds import SPEEDS, rate_text
from wlnet.core.walking import node_at
from wlnet.nets.connections import layers_of
from wlnet.plot.diagrams import words
from wlnet.plot.diagrams.graphs import NetBoxes
from wlnet.plot.diagrams.scenes import drawn, legend_of
from wlnet.plot.layout.columns import CUT, bottlenecks, strips
from wlnet.plot.layout.frames import laid_out
from wlnet.plot.layout.graphs import Graph, Layout, Spacing
from wlnet.plot.layout.ranks import ranks_of
from wlnet.plot.paint.marks import mark_of
from wlnet.plot.paint.markup import SUMMARY, markup
from wlnet.plot.paint.shapes import Line, Scene, Shape, moved
from wlnet.plot.paint.vectors import svg

ONE_COLUMN = Spacing(tallest=None)
FEW = 12
"""Nets of up to so many layers are shown open."""
TURN = 28.0
"""The height in which a line goes back to the middle."""
STYLE = f"""
.wl-flow{{overflow-x:auto}}
.wl-level{{display:flex;flex-direction:column;align-items:center;width:max-content;min-width:100%}}
.wl-level svg{{display:block;max-width:none!important}}
.wl-level details{{border:1px solid var(--wl-edge);border-radius:7px;margin:0}}
.wl-level summary{SUMMARY}
.wl-level summary{{background:var(--wl-box);border-radius:7px;padding:5px 12px;max-width:300px}}
.wl-level summary>span{{white-space:nowrap;margin-right:8px}}
.wl-level details[open]>summary{{max-width:none;width:0;min-width:100%;box-sizing:border-box;
border-bottom:1px solid var(--wl-edge);border-radius:7px 7px 0 0}}
.wl-level summary small,.wl-below{{color:var(--wl-faint)}}
.wl-level details>.wl-level{{padding:0 10px;box-sizing:border-box}}
.wl-below{{margin:10px 0 4px}}
.wl-below~details{{margin-bottom:10px}}
"""
COLORS = "ground", "ink", "faint", "frame", "box", "edge", *SPEEDS
"""What a page of a net is painted with."""


def unfolding(boxes: NetBoxes) -> str:
    """A net as HTML, with the legend of its marks. What is in it needs STYLE and COLORS."""
    net = boxes.net
    is_short = sum(1 for _ in layers_of(net)) <= FEW
    flow = _Unfolding(boxes, is_short)
    body = flow.level((), boxes.graph(0))
    rates = [each.rate for card in boxes.cards.values() for each in card.rated]
    legend, height = legend_of(rates, boxes.colors, 300.0)
    shown = svg(Scene(316.0, height + 8, tuple(moved(s, 8, 8) for s in legend))) if legend else ""
    return f'<div class="wl-flow">{body}</div>{shown}'


@dataclass
class _Unfolding:
    """Writes the levels of a net. is_short: whether all is shown open."""

    boxes: NetBoxes
    is_short: bool

    def level(self, path: Path, graph: Graph) -> str:
        """One level: its boxes, and frames for the nets in it."""
        rank = ranks_of(graph)
        nested = [
            key
            for key in graph.nodes
            if isinstance(key, (int, str)) and self.boxes.cards[*path, key].is_closed
        ]
        alone = _alone(graph, nested)
        last = max(rank.values(), default=0)
        cuts = sorted({at for key in alone for at in (rank[key] - 1, rank[key]) if 0 <= at < last})
        parts: list[str] = []
        for strip in strips(graph, rank, cuts):
            keys = [key for key in alone if key in strip.nodes]
            if keys:
                before = _arrow() if not parts or parts[-1].startswith("<details") else ""
                is_first = not parts and not path
                parts += [before] if before and not is_first else []
                parts.append(self._frame((*path, keys[0])))
            else:
                parts.append(self._strip(path, strip))
        if parts and parts[-1].startswith("<details") and path:
            parts.append(_arrow(has_tip=False))
        beside = [self._frame((*path, key), True) for key in nested if key not in alone]
        below = '<div class="wl-below">inside the boxes above</div>' if beside else ""
        return f'<div class="wl-level">{"".join(parts)}{below}{"".join(beside)}</div>'

    def _node(self, at: Path) -> tuple[Path, Net]:
        # A net that is an operator itself has the box "", which is no part of it.
        path = at[1:] if at[:1] == ("",) else at
        return path, node_at(self.boxes.net, path)

    def _frame(self, at: Path, has_ports: bool = False) -> str:
        """A nested net that opens and closes."""
        path, net = self._node(at)
        graph = self.boxes.level(net, path, at, 0)
        if has_ports:
            graph = self.boxes.with_ports(net, path, graph, at)
        told = []
        for each in self.boxes.rates.inside(path):
            name = each.what if each.shared is None else f"shared {each.shared}"
            sign = mark_of(each.rate).html
            told.append(f"<span>{sign} {markup(name)} <b>{rate_text(each.rate)}</b></span>")
        name = markup(path_text(path[-1:]))
        gives = " ".join(self.boxes.flow(path, port) for port in net.output_names)
        facts = markup(f"{words.facts(net)} → {gives}")
        head = f"<b>{name}</b> {net.kind} <small>{facts}</small><br>{' '.join(told)}"
        opened = " open" if self.is_short else ""
        inside = self.level(at, graph)
        return f"<details{opened}><summary>{head}</summary>{inside}</details>"

    def _strip(self, at: Path, graph: Graph) -> str:
        """Boxes that stand together, with the lines that come in and go on in the middle."""
        layout = laid_out(graph, ONE_COLUMN)
        shapes = drawn(layout, self.boxes.cards, path=at)
        return svg(centred(layout, shapes))


def _alone(graph: Graph, nested: list[PartKey]) -> list[PartKey]:
    """The nested nets that all of the graph leads through, one line in and one out."""
    rank = ranks_of(graph)
    ways = set(bottlenecks(graph, rank))
    last = max(rank.values(), default=0)
    counts: dict[int, int] = {}
    for at in rank.values():
        counts[at] = counts.get(at, 0) + 1

    def is_alone(key: PartKey) -> bool:
        at = rank[key]
        ins = {(link.source, link.outlet) for link in graph.links if link.target == key}
        into = {link.inlet for link in graph.links if link.target == key}
        outs = {link.outlet for link in graph.links if link.source == key}
        is_cut = (at == 0 or at - 1 in ways) and (at == last or at in ways)
        return counts[at] == 1 and is_cut and len(ins) == len(into) == len(outs) == 1

    return [key for key in nested if is_alone(key)]


def centred(layout: Layout, shapes: list[Shape]) -> Scene:
    """A strip of a level: what comes in does so in the middle, and so does what goes on."""
    ends = [*layout.inlets.values(), *layout.outlets.values()]
    middle = ends[0] if ends else layout.width / 2
    half = max(middle, layout.width - middle) + 2
    height = layout.height
    for at in layout.outlets.values():
        if abs(at - middle) > 0.5 and len(layout.outlets) == 1:
            points = ((at, height), (at, height + 6), (middle, height + TURN - 8),
                      (middle, height + TURN))  # fmt: skip
            shapes = [*shapes, Line(points, "edge", 1.4, bend=9)]
            height += TURN
    if CUT in layout.outlets:
        way = ((middle, height - 10), (middle, height - 0.5))
        shapes = [*shapes, Line(way, "edge", 1.4, has_tip=True)]
    below = 0.0 if layout.outlets else 4.0
    above = 0.0 if layout.inlets else 4.0
    placed = tuple(moved(shape, half - middle, above) for shape in shapes)
    return Scene(2 * half, height + above + below, placed)


def _arrow(has_tip: bool = True) -> str:
    """A line between two frames."""
    line = Line(((8, 0), (8, 25.5)), "edge", 1.4, has_tip=has_tip)
    return svg(Scene(16, 26, (line,)))
