"""net_delete: a net without some of its nodes.

Wolfram Language: NetDelete.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from wlnet.core.errors import Fault, OptionError, PartError, ShapeError, brief, fail
from wlnet.core.finding import find
from wlnet.core.gathered import Gathered
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path, Place, as_steps, path_text
from wlnet.core.ports import UNKNOWN
from wlnet.core.symbols import Symbol
from wlnet.core.walking import node_at
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.chain import NetChain, chain_of
from wlnet.nets.container import CONTAINERS, Container, as_container, hoist
from wlnet.nets.edges import Edge
from wlnet.nets.inference import check_shapes, inference
from wlnet.nets.netgraph import NetGraph, graph_of
from wlnet.nets.rules_of_parts import Moves, Voice, carried
from wlnet.nets.surgery.cut import open_port_names
from wlnet.nets.surgery.known_shapes import Known, knowing
from wlnet.nets.surgery.placing import worded
from wlnet.nets.surgery.positions import needed, renumbered, whole


def net_delete(net: Net, part: object) -> Container:
    """A chain or graph without some of its nodes, at any depth.

    part: a position, a name, a path ("block", 2), Span or Alternatives; a list of these deletes
    them all. In a chain the neighbours become neighbours. In a graph a vertex with one input and
    one output is bridged; around any other what is left open becomes a port of the graph. A
    numbered net counts from 1 again. The encoder stays if the first node does, the decoder if the
    last one does; rules go with their nodes. Raises PartError for nodes that are not there and when
    none would be left, ShapeError when the new neighbours do not fit, OptionError for what is no
    container.

    >>> from wlnet.nets.chain import NetChain
    >>> net_delete(NetChain([3, "Ramp", 1], input=2), 2) == NetChain([3, 1], input=2)
    True
    >>> list(net_delete(NetChain({"a": 3, "b": "Ramp"}), "a").nodes)
    ['b']

    Wolfram Language: NetDelete.
    """
    net = needed(net, "net_delete", *CONTAINERS.values())
    paths: list[Path] = []
    gathered = Gathered()
    for one in part if isinstance(part, list) else [part]:
        for place in gathered.attempt(partial(_places, net, one)) or ():
            if place.kind != "node" or not place.path:
                fault = Fault(
                    "only nodes can be deleted",
                    given=brief(one),
                    at=path_text(place.path),
                    known=list(net.nodes),
                    fix="net_replace_part(net, {part: None}) for an array"
                    if place.kind == "array"
                    else None,
                )
                gathered.errors.append(fail(PartError, fault))
            paths.append(place.path)
    gathered.tell()
    result, moves = without(net, list(dict.fromkeys(paths)), ())
    return carried(result, [Voice(net, moves)])


def _places(net: Net, part: object) -> list[Place]:
    """The places of a part; a last ANY or ALL means every node there."""
    if isinstance(part, str) and part in net.nodes:
        return [Place((part,), "node")]
    steps = as_steps(part)
    if steps and isinstance(steps[-1], Symbol):
        return [
            Place((*place.path, key), "node")
            for place in (find(net, steps[:-1]) if steps[:-1] else [Place((), "node")])
            for key in node_at(net, place.path).nodes
        ]
    return find(net, part)


def without(net: Container, paths: list[Path], at: Path) -> tuple[Container, Moves]:
    """A net without the nodes at some paths, under no rules yet, and where the others went.

    Nets inside that lose nodes keep their own rules, for the nodes that are left.
    """
    gone = [path[0] for path in paths if len(path) == 1]
    deeper: dict[Key, list[Path]] = {}
    for path in paths:
        if path[0] not in gone:
            deeper.setdefault(path[0], []).append(path[1:])
    nodes = {key: whole(net, key) for key in net.nodes}
    inner_moves: dict[Key, Moves] = {}
    for key, rest in deeper.items():
        smaller, inner_moves[key] = without(as_container(nodes[key]), rest, (*at, key))
        _same_ports(nodes[key], smaller, (*at, key), rest)
        nodes[key] = carried(smaller, [Voice(nodes[key], inner_moves[key])])
    kept = [key for key in nodes if key not in gone]
    if not kept:
        raise fail(
            PartError,
            Fault(
                "all nodes would be deleted, and a net needs at least one layer",
                at=path_text(at) or "the net itself",
                given=", ".join(map(repr, gone)),
                known=list(net.nodes),
            ),
        )
    if gone and not isinstance(net, Arrangement):
        raise fail(
            OptionError,
            Fault(
                "an operator keeps its net",
                at=path_text(at) or net.kind,
                given=brief(gone[0]),
                fix="net_replace_part puts another net there",
            ),
        )
    new = dict(zip(kept, renumbered(kept) if gone else kept, strict=True))
    try:
        result = _smaller(net, nodes, new, gone)
    except ShapeError as error:
        where = ", ".join(path_text((*at, *path)) for path in paths)
        raise worded(error, f"without {where} its neighbours do not fit") from None
    moves: dict[Path, Path] = {}
    for key in kept:
        inside = inner_moves.get(key)
        if inside is None:
            moves[key,] = (new[key],)
        else:
            moves.update({(key, *old): (new[key], *now) for old, now in inside.items()})
    return result, moves


def _same_ports(old: Net, new: Net, at: Path, paths: list[Path]) -> None:
    """A net inside another may lose nodes, but not the ports that the other uses."""
    if (old.input_names, old.output_names) != (new.input_names, new.output_names):
        raise fail(
            OptionError,
            Fault(
                "a net inside another would have other ports",
                at=path_text(at),
                given=f"without {', '.join(path_text(path) for path in paths)}: inputs "
                f"{list(new.input_names)}, outputs {list(new.output_names)}",
                expected=f"inputs {list(old.input_names)}, outputs {list(old.output_names)}",
                fix="net_flatten lays the nets out on one level, where more can be deleted",
            ),
        )


def _smaller(
    net: Container, nodes: dict[Key, Net], new: dict[Key, Key], gone: list[Key]
) -> Container:
    kept = {to: nodes[key] for key, to in new.items()}
    if not gone:
        bare, table = hoist(kept)
        result = net._with(nodes=bare, shared=table)
        check_shapes(result)
        return result
    if isinstance(net, NetGraph):
        return _smaller_graph(net, kept, new, gone)
    if not isinstance(net, NetChain):
        raise NotImplementedError(f"net_delete does not know how to make {a(net.kind)} smaller")
    every = list(net.nodes)
    first, last = every[0] in new, every[-1] in new
    result = chain_of(
        kept,
        net.start if first else UNKNOWN,
        net.end if last else UNKNOWN,
    )
    ports = inference(net).ports
    keys = list(new)
    known: list[Known] = []
    if not first:
        known += [((), port, ports[(keys[0],), name]) for port, name in result.entries.items()]
    if not last:
        known += [((), port, ports[(keys[-1],), name]) for port, name in result.exits.items()]
    return knowing(result, known)


def _smaller_graph(
    graph: NetGraph, kept: dict[Key, Net], new: dict[Key, Key], gone: list[Key]
) -> NetGraph:
    edges = list(graph.edges)
    states = {(key, name) for key, node in graph.nodes.items() for name in node.state_names}
    for key in gone:
        edges = _bridged(edges, key, states)
    fed = {(e.target, e.target_port) for e in edges if e.target in new}
    used = {(e.source, e.source_port) for e in edges}
    before = [e for e in graph.edges if e.target in new and (e.target, e.target_port) not in fed]
    # An output that nothing takes any more becomes one of the graph, as when the graph was made.
    after = list(
        dict.fromkeys(
            (e.source, e.source_port)
            for e in graph.edges
            if e.source in new and (e.source, e.source_port) not in used | states
        )
    )
    wires = inference(graph).ports
    known: list[Known] = []
    result_edges = [
        Edge(_new(e.source, new), e.source_port, _new(e.target, new), e.target_port) for e in edges
    ]
    inputs = open_port_names(
        graph,
        [(e.source, e.source_port) for e in before],
        {e.source_port for e in edges if e.source is None},
        "Input",
    )
    for e in before:
        name = inputs[e.source, e.source_port]
        result_edges.append(Edge(None, name, _new(e.target, new), e.target_port))
        known.append(((), name, wires[(e.source,) if e.source is not None else (), e.source_port]))
    outputs = open_port_names(
        graph, list(after), {e.target_port for e in edges if e.target is None}, "Output"
    )
    for key, port in after:
        result_edges.append(Edge(_new(key, new), port, None, outputs[key, port]))
    ports = {name: port for name, port in graph.ports.items() if not _cut(graph, name, gone)}
    # Where a vertex at a port is gone, its neighbour now stands there, with the shape it has.
    known += [
        ((), e.source_port, wires[(e.target,), e.target_port])
        for e in edges
        if e.source is None and e.target is not None and _cut(graph, e.source_port, gone)
    ]
    known += [
        ((), e.target_port, wires[(e.source,), e.source_port])
        for e in edges
        if e.target is None and e.source is not None and _cut(graph, e.target_port, gone)
    ]
    if not any(e.target is None for e in result_edges):
        raise fail(
            PartError,
            Fault(
                "no output would be left",
                at=graph.kind,
                given=", ".join(map(repr, gone)),
                known=list(graph.nodes),
            ),
        )
    return knowing(graph_of(kept, result_edges, ports), known)


def _new(key: Key | None, new: dict[Key, Key]) -> Key | None:
    return None if key is None else new[key]


def _bridged(edges: list[Edge], key: Key, states: set[tuple[Key, str]]) -> list[Edge]:
    """The edges without a vertex: from what led to it to what it led to, if it had one input and
    one output. States are cut: what came to the vertex is none.
    """
    edges = [
        e for e in edges
        if not (e.target == key and (key, e.target_port) in states)
        and not (e.source == key and (key, e.source_port) in states)
        and not (e.source == key and (e.target, e.target_port) in states)
    ]  # fmt: skip
    into = [e for e in edges if e.target == key]
    ports = {e.source_port for e in edges if e.source == key}
    if len(into) != 1 or len(ports) != 1:
        return [e for e in edges if key not in (e.source, e.target)]
    start = into[0]
    bridged = [
        replace(e, source=start.source, source_port=start.source_port) if e.source == key else e
        for e in edges
        if e.target != key
    ]
    # A port of the graph is not led straight to another: with nothing between them both go.
    return [e for e in bridged if e.source is not None or e.target is not None]


def _cut(graph: NetGraph, name: str, gone: list[Key]) -> bool:
    """Whether all vertices behind a port of the graph are gone."""
    if name in graph.input_names:
        ends = [e.target for e in graph.edges if e.source is None and e.source_port == name]
    else:
        ends = [e.source for e in graph.edges if e.target is None and e.target_port == name]
    return all(end in gone for end in ends)
