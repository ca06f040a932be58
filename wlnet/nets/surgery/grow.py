"""A graph with more nodes at its one output or its one input."""

from __future__ import annotations

from itertools import pairwise

from wlnet.core.errors import Fault, OptionError, ShapeError, brief, fail
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.core.ports import as_port
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.chain import warn_of_shadows
from wlnet.nets.edges import Edge
from wlnet.nets.inference import inference
from wlnet.nets.netgraph import NetGraph, graph_of
from wlnet.nets.surgery.items import Item, ruled
from wlnet.nets.surgery.known_shapes import Known, knowing
from wlnet.nets.surgery.placing import worded
from wlnet.nets.surgery.positions import whole


def longer_graph(
    graph: NetGraph, items: list[Item], *, at_end: bool, input: object, output: object
) -> NetGraph:
    """A graph with more nodes at its one output or input. Raises OptionError, ShapeError."""
    names = graph.output_names if at_end else graph.input_names
    side = "output" if at_end else "input"
    if len(names) != 1:
        raise fail(
            OptionError,
            Fault(
                f"only a graph with one {side} grows there",
                given=f"{side}s {list(names)}",
                fix="NetGraph({...}, [...]) with the graph as a vertex",
            ),
        )
    for number, (name, layer) in enumerate(items, 1):
        if len(layer.input_names) != 1 or len(layer.output_names) != 1 or layer.is_variadic:
            raise fail(
                OptionError,
                Fault(
                    "a new node has one input and one output",
                    given=layer.kind,
                    at=f"layer {number}" + (f", {brief(name)}" if name else ""),
                ),
            )
    highest = max((key for key in graph.nodes if isinstance(key, int)), default=0)
    keys: list[Key] = [
        name if name is not None else highest + i for i, (name, _) in enumerate(items, 1)
    ]
    layers = dict(zip(keys, (layer for _, layer in items), strict=True))
    edges = [
        Edge(a, layers[a].output_names[0], b, layers[b].input_names[0]) for a, b in pairwise(keys)
    ]
    first, last = keys[0], keys[-1]
    if at_end:
        kept = [
            e
            if e.target is not None
            else Edge(e.source, e.source_port, first, layers[first].input_names[0])
            for e in graph.edges
        ]
        edges = [*kept, *edges, Edge(last, layers[last].output_names[0], None, names[0])]
    else:
        kept = [
            e
            if e.source is not None
            else Edge(last, layers[last].output_names[0], e.target, e.target_port)
            for e in graph.edges
        ]
        edges = [Edge(None, names[0], first, layers[first].input_names[0]), *edges, *kept]
    given = {"Input": input, "Output": output}
    ports = {name: port for name, port in graph.ports.items() if name != names[0]}
    for word, spec in given.items():
        of_side = graph.input_names if word == "Input" else graph.output_names
        if spec is not AUTOMATIC:
            if len(of_side) != 1:
                raise fail(
                    OptionError,
                    Fault(
                        f"{word.lower()}= means the one {word.lower()} of a graph",
                        given=f"{list(of_side)}",
                    ),
                )
            ports[of_side[0]] = as_port(spec, word)
    nodes: dict[Key, Net] = {**{key: whole(graph, key) for key in graph.nodes}, **layers}
    wires = inference(graph).ports
    inner = [e for e in graph.edges if (e.target if at_end else e.source) is None]
    known: list[Known] = []
    for e in inner:
        key, port = (e.source, e.source_port) if at_end else (e.target, e.target_port)
        if key is not None:
            known.append(((key,), port, wires[(), names[0]]))
    try:
        result = knowing(graph_of(nodes, edges, ports), known)
    except ShapeError as error:
        raise worded(error, f"the new node {first!r} does not fit") from None
    warn_of_shadows(result)
    return ruled(result, graph, {key: key for key in graph.nodes}, items)
