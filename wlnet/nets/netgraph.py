"""NetGraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from wlnet.core.errors import Fault, ShapeError, brief
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.names import field_name, wolfram_name
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetPort, Path
from wlnet.core.ports import UNKNOWN, PortType, port_table
from wlnet.core.rule_lists import rules_told_with
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.chain import NetChain, warn_of_shadows
from wlnet.nets.container import Record, Written, hoist, without_coders
from wlnet.nets.edge_list import read_edges
from wlnet.nets.edges import Edge, Wiring, edges_text, topological
from wlnet.nets.fills import fill_in
from wlnet.nets.inference import check_shapes
from wlnet.nets.reading import read_nodes, read_ports
from wlnet.nets.rules_of_parts import Voice, carried


class NetGraph(Arrangement):
    """Nets connected by edges.

    vertices: a list (addressed by position) or a dict (addressed by name) of layers or shorthands;
    or one net.
    edges: (source, target) pairs or longer paths; several sources or targets stand in a list;
    NetPort("x") is a port of the graph, NetPort("a", "Output") one of a vertex; (vertex, None)
    leaves an output out. Port options by their names in snake_case, or ports={"Query": (3, 4)}.
    Inputs left open become inputs of the graph: those of one name are one input where their types
    fit one another, else they are numbered; open outputs of one name are numbered.
    Raises OptionError for edges that cannot be, ShapeError where neighbours do not fit, RuleError
    for rules; all faults at once.

    >>> NetGraph({"a": 3, "b": 3, "s": "Plus"}, [(["a", "b"], "s")]).input_names
    ('Input',)

    Wolfram Language: NetGraph.
    """

    kind = "NetGraph"
    record_fields = ("Edges",)
    edges: tuple[Edge, ...]
    graph_inputs: tuple[str, ...]
    graph_outputs: tuple[str, ...]

    @checked_keywords
    def __init__(
        self,
        vertices: object,
        edges: object = None,
        *,
        ports: Mapping[str, object] | None = None,
        learning_rate_multipliers: object = AUTOMATIC,
        **port_options: object,
    ) -> None:
        gathered = Gathered()
        whole: Any = vertices if isinstance(vertices, Net) else None
        if whole is not None:
            if edges is not None:
                what = "a NetGraph made from one net takes no edges"
                gathered.add(Fault(what, given=brief(edges)))
            vertices, edges = _converted(whole)
        nodes = read_nodes(vertices, gathered)
        wiring = read_edges(nodes, [] if edges is None else edges, gathered)
        table = gathered.attempt(lambda: port_table(ports, "a NetGraph")) or {}
        given = [*table.items(), *port_options.items()]
        declared = frozenset({*table, *map(wolfram_name, port_options)})
        if isinstance(whole, NetChain):
            given = [*whole.ports.items(), *given]
        if gathered.errors:
            read_ports("NetGraph", given, None, gathered)
        rules = rules_told_with(gathered, learning_rate_multipliers)
        self._wire(wiring, declared, given)
        fill_in(self)
        object.__setattr__(self, "learning_rate_rules", rules)
        if isinstance(whole, NetChain):
            object.__setattr__(self, "shared", whole.shared)
            if learning_rate_multipliers is AUTOMATIC:
                same: dict[Path, Path] = {(key,): (key,) for key in whole.nodes}
                spoken_rules = carried(self, [Voice(whole, same)]).learning_rate_rules
                object.__setattr__(self, "learning_rate_rules", spoken_rules)
        warn_of_shadows(self)
        self.check_rules()

    def _wire(
        self, wiring: Wiring, declared: frozenset[str], given: list[tuple[str, object]]
    ) -> None:
        """Fill the graph. Open inputs of one name are one input where they fit one another and the
        user does not speak of them by number; else they are numbered."""
        several = [name for name in wiring.of_one_name(declared) if wiring.agree(name)]

        def names(one: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
            edges = wiring.implied(declared, frozenset(one))
            return tuple(_inputs(edges)), tuple(_outputs(edges))

        def spoken_of(one: list[str]) -> bool:
            known = [name for side in names(one) for name in side]
            return all(word in known or word in map(field_name, known) for word, _ in given)

        def fits(one: list[str]) -> bool:
            try:
                self._fill_with(wiring, declared, one, given)
            except ShapeError:
                return False
            return True

        if not spoken_of(several) and not spoken_of([]):
            gathered = Gathered()
            read_ports("NetGraph", given, names(several), gathered)
            gathered.tell()
        if several and spoken_of(several) and fits(several):
            return
        one: list[str] = []
        self._fill_with(wiring, declared, one, given)
        for name in several if len(several) > 1 else []:
            if spoken_of([*one, name]) and fits([*one, name]):
                one.append(name)
        self._fill_with(wiring, declared, one, given)

    def _fill_with(
        self,
        wiring: Wiring,
        declared: frozenset[str],
        one: list[str],
        given: list[tuple[str, object]],
    ) -> None:
        edges = wiring.implied(declared, frozenset(one))
        gathered = Gathered()
        names = tuple(_inputs(edges)), tuple(_outputs(edges))
        ports = read_ports("NetGraph", given, names, gathered)
        gathered.tell()
        graph_with(self, wiring.nodes, edges, ports)
        check_shapes(self)

    @property
    def addressing(self) -> Literal["numbers", "names"]:  # type: ignore[override]
        return "numbers" if isinstance(next(iter(self.nodes)), int) else "names"

    @property
    def input_names(self) -> tuple[str, ...]:
        return self.graph_inputs

    @property
    def output_names(self) -> tuple[str, ...]:
        return self.graph_outputs

    def links(self) -> list[Edge]:
        return list(self.edges)

    def arguments(self) -> list[str]:
        return [edges_text(self.nodes, self.edges)]

    def record(self) -> Record:
        return {"Edges": self.links()}

    @classmethod
    def from_record(cls, written: Written) -> NetGraph:
        edges: list[Edge] = written.fields["Edges"]
        ports = written.ports(list(dict.fromkeys(_inputs(edges) + _outputs(edges))))
        graph = object.__new__(cls)
        graph_with(graph, written.nodes, edges, ports)
        return graph

    def renamed(
        self, nodes: Mapping[Key, Net], keys: Mapping[Key, Key], ports: Mapping[str, str]
    ) -> NetGraph:
        edges = [
            Edge(
                None if e.source is None else keys[e.source],
                ports[e.source_port] if e.source is None else e.source_port,
                None if e.target is None else keys[e.target],
                ports[e.target_port] if e.target is None else e.target_port,
            )
            for e in self.edges
        ]
        return graph_of(nodes, edges, {ports[name]: was for name, was in self.ports.items()})

    def exchanged(self, key: Key, node: Net) -> NetGraph | None:
        old = self.nodes[key]
        new = self._with(nodes={**self.nodes, key: node})
        if old.is_variadic:
            return new if {*node.input_names} <= {*self.ports_of(key)} else None
        into = dict(zip(old.input_names, node.input_names, strict=True))
        out = dict(zip(old.output_names, node.output_names, strict=True))
        joined = {e.target_port for e in self.edges if e.target == key}
        joined |= {e.source_port for e in self.edges if e.source == key}
        states = {name for name in old.state_names if name in joined}
        if not states <= {*node.state_names}:
            return None
        into, out = ({**{name: name for name in states}, **names} for names in (into, out))
        edges = tuple(
            Edge(
                e.source,
                out[e.source_port] if e.source == key else e.source_port,
                e.target,
                into[e.target_port] if e.target == key else e.target_port,
            )
            for e in self.edges
        )
        object.__setattr__(new, "edges", edges)
        return new

    def _structure(self) -> dict[str, Any]:
        return {
            "edges": self.edges,
            "graph_inputs": self.graph_inputs,
            "graph_outputs": self.graph_outputs,
        }

    def _copy_structure(self, other: NetGraph) -> None:
        for name, value in other._structure().items():
            object.__setattr__(self, name, value)


def _inputs(edges: list[Edge]) -> list[str]:
    return list(dict.fromkeys(edge.source_port for edge in edges if edge.source is None))


def _outputs(edges: list[Edge]) -> list[str]:
    return list(dict.fromkeys(edge.target_port for edge in edges if edge.target is None))


def _converted(net: Net) -> tuple[object, object]:
    """The vertices and edges of a net that becomes a graph."""
    if not isinstance(net, NetChain):
        return [net], []
    keys = list(net.nodes)
    items: Any = dict(net.nodes) if isinstance(keys[0], str) else list(net.nodes.values())
    edges: list[Any] = [tuple(keys)] if len(keys) > 1 else []
    if net.input_names and (len(net.input_names) > 1 or net.nodes[keys[0]].is_variadic):
        edges += [(NetPort(port), NetPort(keys[0], name)) for port, name in net.entries.items()]
    if len(net.output_names) > 1:
        edges += [(NetPort(keys[-1], name), NetPort(port)) for port, name in net.exits.items()]
    return items, edges


def graph_with(
    graph: NetGraph, nodes: Mapping[Key, Net], edges: list[Edge], given: Mapping[str, PortType]
) -> None:
    """Fill a new graph: vertices in topological order, shared arrays at the root, coders only at
    its ports."""
    order = topological(nodes, edges)
    if isinstance(next(iter(nodes)), int):
        stored = {key: nodes[key] for key in sorted(nodes, key=lambda key: int(key))}
    else:
        stored = {key: nodes[key] for key in order}
    ports: dict[str, PortType] = {}
    for name in _inputs(edges):
        ports[name] = given.get(name, UNKNOWN)
        feeds = [
            nodes[e.target].ports.get(e.target_port, UNKNOWN)
            for e in edges
            if e.source is None and e.source_port == name and e.target is not None
        ]
        same = all(feed.coder == feeds[0].coder for feed in feeds)
        if ports[name] == UNKNOWN and same and feeds[0].coder is not None:
            ports[name] = feeds[0]
    for name in _outputs(edges):
        ports[name] = given.get(name, UNKNOWN)
        (feed,) = [e for e in edges if e.target is None and e.target_port == name]
        if ports[name] == UNKNOWN and feed.source is not None:
            coder = nodes[feed.source].ports.get(feed.source_port, UNKNOWN)
            ports[name] = coder if coder.coder is not None else UNKNOWN
    bare, table = hoist(
        {key: without_coders(node, node.port_names) for key, node in stored.items()}
    )
    Net._fill(graph, nodes=bare, ports=ports, shared=table)
    object.__setattr__(graph, "edges", tuple(edges))
    object.__setattr__(graph, "graph_inputs", tuple(_inputs(edges)))
    object.__setattr__(graph, "graph_outputs", tuple(_outputs(edges)))


def graph_of(
    nodes: Mapping[Key, Net], edges: list[Edge], ports: Mapping[str, PortType]
) -> NetGraph:
    """A graph of nets and edges that are known to fit: how surgery makes its results."""
    graph = object.__new__(NetGraph)
    graph_with(graph, nodes, edges, ports)
    check_shapes(graph)
    fill_in(graph)
    return graph
