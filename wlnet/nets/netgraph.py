"""NetGraph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.names import field_name, wolfram_name
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.ports import UNKNOWN, PortType, as_port
from wlnet.core.rule_lists import parse_rules
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.chain import chain_items, warn_of_shadows
from wlnet.nets.container import Container, hoist, without_coders
from wlnet.nets.edges import Edge, inputs_in_order, read_edges, topological
from wlnet.nets.inference import check_shapes
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.shorthand import as_net


class NetGraph(Container):
    """Nets connected by edges.

    vertices: a list (addressed by position) or a dict (addressed by name) of layers or shorthands;
    or one net.
    edges: (source, target) pairs or longer paths; several sources or targets stand in a list;
    NetPort("x") is a port of the graph, NetPort("a", "Output") one of a vertex; (vertex, None)
    leaves an output out. Port options by their names in snake_case, or ports={"Query": (3, 4)}.
    Raises OptionError for edges that cannot be, ShapeError where neighbours do not fit, RuleError
    for rules.


    Wolfram Language: NetGraph.
    """

    kind = "NetGraph"
    edges: tuple[Edge, ...]
    graph_inputs: tuple[str, ...]
    graph_outputs: tuple[str, ...]

    def __init__(
        self,
        vertices: Any,
        edges: Any = None,
        *,
        ports: Mapping[str, Any] | None = None,
        learning_rate_multipliers: Any = AUTOMATIC,
        **port_options: Any,
    ) -> None:
        whole = vertices if isinstance(vertices, Net) else None
        if whole is not None:
            vertices, edges = _converted(whole, edges)
        given = chain_items(vertices)
        nodes = {key: as_net(value, repr(key)) for key, value in given.items()}
        declared = {*(ports or {}), *map(wolfram_name, port_options)}
        found = read_edges(nodes, [] if edges is None else edges, declared)
        spoken = self._given_ports(found, ports or {}, port_options)
        if whole is not None and whole.kind == "NetChain":
            ends = [
                *zip(_inputs(found), whole.input_names, strict=True),
                *zip(_outputs(found), whole.output_names, strict=True),
            ]
            spoken = {now: whole.ports[before] for now, before in ends} | spoken
        graph_with(self, nodes, found, spoken)
        object.__setattr__(self, "learning_rate_rules", parse_rules(learning_rate_multipliers))
        if whole is not None and whole.kind == "NetChain":
            object.__setattr__(self, "shared", whole.shared)
            if learning_rate_multipliers is AUTOMATIC:
                same: dict[Path, Path] = {(key,): (key,) for key in whole.nodes}
                rules = carried(self, [Voice(whole, same)]).learning_rate_rules
                object.__setattr__(self, "learning_rate_rules", rules)
        check_shapes(self)
        warn_of_shadows(self)
        self.check_rules()

    @staticmethod
    def _given_ports(
        edges: list[Edge], ports: Mapping[str, Any], options: dict[str, Any]
    ) -> dict[str, PortType]:
        names = [*_inputs(edges), *_outputs(edges)]
        by_field = {field_name(name): name for name in names}
        given: dict[str, PortType] = {}
        faults = []
        for word, spec in [*ports.items(), *options.items()]:
            name = word if word in names else by_field.get(word)
            if name is None:
                faults.append(
                    Fault(
                        "a NetGraph has no such port or option",
                        given=repr(word),
                        known=names,
                        fix=suggestion(word, [*names, *by_field]),
                    )
                )
            else:
                given[name] = as_port(spec, name)
        if faults:
            raise fail(OptionError, faults)
        return given

    @property
    def addressing(self) -> Any:  # type: ignore[override]
        return "numbers" if isinstance(next(iter(self.nodes)), int) else "names"

    @property
    def input_names(self) -> tuple[str, ...]:
        return self.graph_inputs

    @property
    def output_names(self) -> tuple[str, ...]:
        return self.graph_outputs

    def ports_of(self, key: Key) -> tuple[str, ...]:
        """The input ports of a vertex, in its declared order; those of a variadic layer by
        number."""
        return inputs_in_order(self.nodes[key], key, self.edges)

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


def _converted(net: Net, edges: Any) -> tuple[Any, Any]:
    if edges is not None:
        raise fail(
            OptionError,
            Fault("a NetGraph made from one net takes no edges", given=brief(edges)),
        )
    if net.kind == "NetChain":
        keys = list(net.nodes)
        items: Any = dict(net.nodes) if isinstance(keys[0], str) else list(net.nodes.values())
        return items, [tuple(keys)] if len(keys) > 1 else []
    return [net], []


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
        feeds = [e for e in edges if e.source is None and e.source_port == name]
        if ports[name] == UNKNOWN and len(feeds) == 1 and feeds[0].target is not None:
            coder = nodes[feeds[0].target].ports.get(feeds[0].target_port, UNKNOWN)
            ports[name] = coder if coder.coder is not None else UNKNOWN
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
    return graph
