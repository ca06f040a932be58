"""Pictures of nets and of the primitives that they come down to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wlnet.core.multipliers import MultiplierTable
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.layers.declaring.layer import Layer
from wlnet.plot.diagrams.cards import Card
from wlnet.plot.diagrams.graphs import NetBoxes
from wlnet.plot.diagrams.scenes import scene_of
from wlnet.plot.diagrams.words import holds
from wlnet.plot.layout.frames import laid_out
from wlnet.plot.layout.graphs import Graph, Key
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Scene


@dataclass(frozen=True, eq=False, repr=False)
class Diagram(Picture):
    """A graph to look at. cards: what its boxes look like, by path; colors: of the tags of shared
    arrays; told: what it is of, in a few words."""

    graph: Graph
    cards: Mapping[tuple[Key, ...], Card]
    colors: Mapping[str, str]
    title: str
    told: str

    def __repr__(self) -> str:
        return f"Diagram({self.told})"

    def scene(self) -> Scene:
        return scene_of(laid_out(self.graph), self.cards, self.colors, self.title)

    def _repr_html_(self) -> str:
        # What is wider than the page is moved, not made small: words stay legible.
        whole = self.to_svg().replace("max-width:100%", "max-width:none", 1)
        return f'<div style="overflow-x:auto">{whole}</div>'


def draw_net(net: Net, expanded: bool, multipliers: MultiplierTable | None = None) -> Diagram:
    """A net as a diagram. expanded: whether nets in it are open; else each is one box that tells
    how much is inside. multipliers: the rates to show, where they are not the net's own."""
    boxes = NetBoxes.of(net, multipliers)
    graph = boxes.graph(net.depth if expanded else 0)
    told = net.kind if isinstance(net, Layer) else f"{net.kind}, {holds(net)}"
    return Diagram(graph, boxes.cards, boxes.colors, f"a diagram of {a(net.kind)}", told)
