"""What leads to what inside a net: its layers, and the edges between them at all levels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.walking import node_at, walk
from wlnet.graph.keys import PortGradientKey, SourceKey
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.container import as_container
from wlnet.nets.edges import Edge


def layers_of(net: Net, at: Path = ()) -> Iterator[tuple[Path, Layer]]:
    """Every layer with its path; what holds layers is none."""
    return ((path, node) for path, node in walk(net, at) if isinstance(node, Layer))


def connections(net: Net) -> list[tuple[Path, Path]]:
    """The edges between layers, at all levels: (path of the source, path of the target)."""
    return _connections(net, ())[0]


def entries(net: Net) -> dict[str, list[Path]]:
    """The layers that each input port of a net leads to, at all levels."""
    return _connections(net, ())[1]


def _connections(
    net: Net, at: Path
) -> tuple[list[tuple[Path, Path]], dict[str, list[Path]], dict[str, Path]]:
    """Edges inside, the layers that each input port leads to, and the layer that each output port
    comes from."""
    if isinstance(net, Layer):
        given, made = (*net.input_names, *net.state_names), (*net.output_names, *net.state_names)
        return [], {name: [at] for name in given}, dict.fromkeys(made, at)
    inner = {key: _connections(node, (*at, key)) for key, node in net.nodes.items()}
    edges = [edge for found, _, _ in inner.values() for edge in found]
    entries: dict[str, list[Path]] = {name: [] for name in (*net.input_names, *net.state_names)}
    exits: dict[str, Path] = {}
    for e in links(net):
        into = [] if e.target is None else inner[e.target][1].get(e.target_port, [(*at, e.target)])
        if e.source is None:
            entries[e.source_port] += into
        elif e.target is None:
            exits[e.target_port] = inner[e.source][2][e.source_port]
        else:
            edges += [(inner[e.source][2][e.source_port], path) for path in into]
    return edges, entries, exits


def links(net: Net) -> list[Edge]:
    """The edges of one level of a net that holds nets; None is the net itself."""
    return as_container(net).links()


def producer(net: Net, port: str) -> Net:
    """The layer that makes an output, looked for through nested nets; where it is led straight
    through one, that net."""
    if isinstance(net, Layer):
        return net
    (link,) = [e for e in links(net) if e.target is None and e.target_port == port]
    return net if link.source is None else producer(net.nodes[link.source], link.source_port)


Port = tuple[Path, str]
"""A port of a part: its path and its name."""
End = tuple[Key | None, str]
"""A port of a node of a net, or of the net itself (None)."""


@dataclass(frozen=True)
class Needed:
    """What output ports depend on: input ports of the whole net, and layers."""

    inputs: frozenset[str]
    layers: frozenset[Path]


def needed_for(net: Net, ports: Iterable[Port], by: Iterable[SourceKey] = ()) -> Needed:
    """What some output ports, of the net or inside it, are computed from.

    by: what the outputs of the net are differentiated by: then these are computed too.
    """
    waiting = [(port, True) for port in ports]
    for gradient in by:
        waiting += [(((), name), True) for name in net.output_names]
        waiting += _needed_by(net, gradient)
    sources: dict[Path, dict[End, End]] = {}

    def into(path: Path) -> dict[End, End]:
        """What leads to the ports of the nodes of one net, and to its own outputs."""
        if path not in sources:
            found = links(node_at(net, path))
            sources[path] = {(e.target, e.target_port): (e.source, e.source_port) for e in found}
        return sources[path]

    inputs, layers = set(), set()
    seen = set(waiting)
    while waiting:
        (path, name), is_output = waiting.pop()
        node = node_at(net, path)
        further: list[tuple[Port, bool]] = []
        if is_output and isinstance(node, Layer):
            layers.add(path)
            names = node.input_names
            if path:
                names = tuple(port for key, port in into(path[:-1]) if key == path[-1])
            further = [((path, port), False) for port in names]
        elif not is_output and not path:
            inputs.add(name)
        else:
            # From an output into the net, from an input to what leads to it one level above.
            around = path if is_output else path[:-1]
            leads = into(around).get((None if is_output else path[-1], name))
            if leads is not None:
                key, port = leads
                source = (around, port) if key is None else ((*around, key), port)
                further = [(source, key is not None)]
            if not is_output and as_container(node_at(net, around)).repeats is not None:
                further += [((path, output), True) for output in node.output_names]
        fresh = [each for each in further if each not in seen]
        seen.update(fresh)
        waiting += fresh
    return Needed(frozenset(inputs), frozenset(layers))


def _needed_by(net: Net, key: SourceKey) -> list[tuple[Port, bool]]:
    """The ports that have to be there for a gradient to be taken, and whether each is an output:
    the port itself, or what the layers with the array give."""
    if isinstance(key, PortGradientKey):
        node = node_at(net, key.path)
        return [((key.path, key.name), key.name in (*node.output_names, *node.state_names))]
    layers = [place.path[:-1] for place in array_places(net) if place.key == key.array]
    return [((path, name), True) for path in layers for name in node_at(net, path).output_names]
