"""The primitives that a net comes down to, as a diagram."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.plot.diagrams.cards import Card, Line, Row
from wlnet.plot.diagrams.diagram import Diagram
from wlnet.plot.layout.graphs import Graph, Key, Link
from wlnet.results.ending import counted


def draw_operations(rows: Sequence[tuple[str, Sequence[int], Sequence[int], str]]) -> Diagram:
    """Primitive calls (name, inputs, outputs, where) as a diagram."""
    cards: dict[tuple[Key, ...], Card] = {}
    made: dict[int, int] = {}
    links: dict[Link, None] = {}
    for number, (name, inputs, outputs, where) in enumerate(rows):
        told = Row((Line(name, 13, True), Line(where, ink="faint")), height=18)
        ports = tuple(dict.fromkeys(str(value) for value in inputs if value in made))
        # Without names at the ports: they are numbers that mean nothing.
        cards[number,] = Card([told], inlets=ports[:1] or ("",))
        for value in dict.fromkeys(inputs):
            if value in made:
                links[Link(made[value], number, "", str(value))] = None
        made.update(dict.fromkeys(outputs, number))
    graph = Graph({number: cards[number,].node() for number in range(len(rows))}, list(links))
    what = counted(len(rows), "primitive")
    return Diagram(graph, cards, {}, "a diagram of the primitives of a net", what)
