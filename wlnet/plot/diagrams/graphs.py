"""A net as boxes and links: a box for every node and port, frames around nets that are open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from wlnet.core.multipliers import MultiplierTable, multiplier_table
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.ports import UNKNOWN
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import node_at
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import links
from wlnet.nets.inference import Solution, inference
from wlnet.nets.show import show
from wlnet.plot.diagrams import words
from wlnet.plot.diagrams.cards import Card, Line, Row, rate_rows, rows_of, tag_colors
from wlnet.plot.diagrams.rates import Rates
from wlnet.plot.layout.graphs import Graph, Key, Link, Node

NOTE = 400
"""Letters of a note, at most."""


@dataclass
class NetBoxes:
    """The boxes of a net. cards: by the path of a layout; frames are among them, by their heads.

    opens_operators: whether the net of an operator is shown where other nets are closed.
    """

    net: Net
    rates: Rates
    solution: Solution
    colors: dict[str, str]
    opens_operators: bool = True
    cards: dict[tuple[Key, ...], Card] = field(default_factory=dict)

    @classmethod
    def of(
        cls, net: Net, multipliers: MultiplierTable | None = None, opens_operators: bool = True
    ) -> NetBoxes:
        """The boxes of a net with its own rates, or with those of another table."""
        if multipliers is None:
            multipliers = multiplier_table(net, AUTOMATIC, warnings=False)
        rates = Rates(multipliers)
        return cls(net, rates, inference(net), tag_colors(rates.shared), opens_operators)

    def graph(self, deep: int) -> Graph:
        """The net as a graph, its ports among the boxes. deep: how many levels of nets in nets are
        open."""
        net = self.net
        if not isinstance(net, Layer) and net.addressing != "operator":
            return self.with_ports(net, (), self.level(net, (), (), deep))
        inputs = net.input_names
        edges = [
            *(Link(None, "", name, name) for name in inputs),
            *(Link("", None, name, name) for name in net.output_names),
        ]
        node = self._node(net, (), ("",), deep, inputs, net.output_names)
        return self.with_ports(net, (), Graph({"": node}, edges))

    def with_ports(self, net: Net, path: Path, inner: Graph, at: tuple[Key, ...] = ()) -> Graph:
        """A graph that is open to what is around it, closed by boxes for the ports of its net."""
        nodes: dict[Key, Node] = {}
        for name in net.input_names:
            nodes["in", name] = self._port(net, path, name, (*at, ("in", name)))
        nodes.update(inner.nodes)
        for name in net.output_names:
            nodes["out", name] = self._port(net, path, name, (*at, ("out", name)))
        around = []
        for link in inner.links:
            if link.source is None:
                link = replace(link, source=("in", link.outlet), outlet="")
            if link.target is None:
                link = replace(link, target=("out", link.inlet), inlet="")
            around.append(link)
        return Graph(nodes, around)

    def level(
        self,
        net: Net,
        path: Path,
        at: tuple[Key, ...],
        deep: int,
        ports: tuple[Collection[str], Collection[str]] = ((), ()),
    ) -> Graph:
        """The nodes of a container as a graph that is open to what is around it. ports: the states
        of the net itself that edges around it lead to and come from; others are not shown."""
        hidden = [{*net.state_names} - {*side} for side in ports]
        edges = [
            e
            for e in links(net)
            if not (e.source is None and e.source_port in hidden[0])
            and not (e.target is None and e.target_port in hidden[1])
        ]
        nodes: dict[Key, Node] = {}
        joined: dict[Key | None, dict[str, None]] = {}
        gone: dict[Key | None, dict[str, None]] = {}
        for e in edges:
            joined.setdefault(e.target, {})[e.target_port] = None
            gone.setdefault(e.source, {})[e.source_port] = None
        for key, node in net.nodes.items():
            inputs = tuple(joined.get(key, ())) if node.is_variadic else node.input_names
            inputs += tuple(name for name in node.state_names if name in joined.get(key, ()))
            states = tuple(name for name in node.state_names if name in gone.get(key, ()))
            outputs = (*node.output_names, *states)
            nodes[key] = self._node(node, (*path, key), (*at, key), deep, inputs, outputs)
        return Graph(nodes, [Link(e.source, e.target, e.source_port, e.target_port) for e in edges])

    def _node(
        self,
        net: Net,
        path: Path,
        at: tuple[Key, ...],
        deep: int,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
    ) -> Node:
        is_operator = net.addressing == "operator"
        is_open = deep > 0 or (is_operator and self.opens_operators)
        is_open = is_open and not isinstance(net, Layer)
        card = self._card(net, path, inputs, outputs, is_open)
        self.cards[at] = card
        if not is_open:
            return card.node()
        deeper = deep if is_operator else deep - 1
        inside = self.level(net, path, at, deeper, (inputs, outputs))
        return Node(card.size[0], 0.0, card.inlets, card.outlets, inside, header=card.size[1])

    def _card(
        self,
        net: Net,
        path: Path,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        is_open: bool,
    ) -> Card:
        name = str(path[-1]) if path else ""
        told = {name: self.flow(path, name) for name in outputs}
        shape = next(iter(told.values())) if len(told) == 1 else ""
        is_layer = isinstance(net, Layer)
        rated = self.rates.of_layer(path) if is_layer else self.rates.inside(path)
        rows = rows_of(name, words.kind(net), words.facts(net), shape)
        if not is_open:
            rows += rate_rows(rated, self.colors)
        note = (path_text(path) + ": " if path else "") + _noted(show(net))
        return Card(
            rows, () if is_open else rated,
            inputs if len(inputs) > 1 else inputs[:1], outputs,
            tuple(f"{port} → {flow}" for port, flow in told.items()) if len(told) > 1 else (),
            is_closed=not is_layer and not is_open, note=note,
        )  # fmt: skip

    def flow(self, path: Path, name: str) -> str:
        """What a port of a part carries, in words."""
        wire = self.solution.ports.get((path, name))
        if wire is None:
            return "?"
        port = node_at(self.net, path).ports.get(name, UNKNOWN)
        return words.flow(wire.shape, port.element or wire.element)

    def _port(self, net: Net, path: Path, name: str, at: tuple[Key, ...]) -> Node:
        """The box of a port of a net."""
        port = net.ports.get(name, UNKNOWN)
        rows = [Row((Line(name, 13, True),), height=18)]
        coder = words.coder(port)
        if coder:
            rows.append(Row((Line(coder),)))
        rows.append(Row((Line(self.flow(path, name), ink="faint"),)))
        note = "" if port.coder is None else _noted(repr(port.coder))
        card = Card(rows, inlets=("",), outlets=("",), is_port=True, note=note)
        self.cards[at] = card
        return card.node()


def _noted(text: str) -> str:
    return text if len(text) <= NOTE else f"{text[:NOTE]}..."
