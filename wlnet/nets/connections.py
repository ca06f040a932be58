"""What leads to what inside a net: its layers, and the edges between them at all levels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.walking import node_at, walk
from wlnet.graph.keys import PortGradientKey, SourceKey
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.container import as_container
from wlnet.nets.edges import Edge

Port = tuple[Path, str]
"""A port of a part: its path and its name."""
End = tuple[Key | None, str]
"""A port of a node of a net, or of the net itself (None)."""


def layers_of(net: Net, at: Path = ()) -> Iterator[tuple[Path, Layer]]:
    """Every layer with its path; what holds layers is none."""
    return ((path, node) for path, node in walk(net, at) if isinstance(node, Layer))


def connections(net: Net) -> list[tuple[Path, Path]]:
    """The edges between layers, at all levels: (path of the source, path of the target)."""
    return _connections(net, ()).edges


def entries(net: Net) -> dict[str, list[Path]]:
    """The layers that each input port of a net leads to, at all levels."""
    return _connections(net, ()).entries


@dataclass(frozen=True)
class _Connected:
    """Edges inside a net; the layers that each input port leads to; and what each output port comes
    from: layers, and inputs of the net that lead straight through it."""

    edges: list[tuple[Path, Path]]
    entries: dict[str, list[Path]]
    exits: dict[str, list[Path | str]]


def _connections(net: Net, at: Path) -> _Connected:
    if isinstance(net, Layer):
        given, made = (*net.input_names, *net.state_names), (*net.output_names, *net.state_names)
        exits: dict[str, list[Path | str]] = {name: [at] for name in made}
        return _Connected([], {name: [at] for name in given}, exits)
    inner = {key: _connections(node, (*at, key)) for key, node in net.nodes.items()}
    found = _Connected(
        [edge for each in inner.values() for edge in each.edges],
        {name: [] for name in (*net.input_names, *net.state_names)},
        {name: [] for name in (*net.output_names, *net.state_names)},
    )
    sources = _sources(net)
    known: dict[End, list[Path | str]] = {}
    for e in links(net):
        for origin in _origins((e.source, e.source_port), inner, sources, known):
            if e.target is None:
                found.exits[e.target_port].append(origin)
                continue
            into = inner[e.target].entries.get(e.target_port, [(*at, e.target)])
            if isinstance(origin, tuple):
                found.edges.extend((origin, path) for path in into)
            else:
                found.entries[origin].extend(into)
    return found


def _origins(
    end: End,
    inner: Mapping[Key, _Connected],
    sources: Mapping[End, list[End]],
    known: dict[End, list[Path | str]],
) -> list[Path | str]:
    """Where what comes out of a node begins; an input of the net stands for itself. known: what was
    asked before."""
    key, port = end
    if key is None:
        return [port]
    if end not in known:
        known[end] = []
        for each in inner[key].exits[port]:
            if isinstance(each, tuple):
                known[end].append(each)
            else:
                for source in sources[key, each]:
                    known[end] += _origins(source, inner, sources, known)
    return known[end]


def _sources(net: Net) -> dict[End, list[End]]:
    """What leads to the ports of the nodes of one net, and to its own outputs."""
    found: dict[End, list[End]] = {}
    for e in links(net):
        found.setdefault((e.target, e.target_port), []).append((e.source, e.source_port))
    return found


def links(net: Net) -> list[Edge]:
    """The edges of one level of a net that holds nets; None is the net itself."""
    return as_container(net).links()


def producer(net: Net, port: str) -> Net:
    """The layer that makes an output, looked for through nested nets; that net where an output is
    led straight through one, or made by it of several ports."""
    return made_by(net, port)[0]


def made_by(net: Net, port: str) -> tuple[Net, str]:
    """The producer of an output, and the name that it has there."""
    if isinstance(net, Layer) or as_container(net).made_losses:
        return net, port
    ends = [e for e in links(net) if e.target is None and e.target_port == port]
    source = ends[0].source if len(ends) == 1 else None
    return (net, port) if source is None else made_by(net.nodes[source], ends[0].source_port)


def feeding(net: Net, path: Path, port: str) -> list[Path]:
    """The layers whose outputs an input of a layer gets, led there through nets or out of them."""
    waiting, found = [((path, port), False)], []
    while waiting:
        (at, name), is_output = waiting.pop()
        if is_output and isinstance(node_at(net, at), Layer):
            found.append(at)
        elif is_output or at:
            # From an output into the net, from an input to what leads to it one level above.
            around = at if is_output else at[:-1]
            ends = _sources(node_at(net, around))[None if is_output else at[-1], name]
            waiting += [((around if key is None else (*around, key), source), key is not None)
                        for key, source in ends]  # fmt: skip
    return found


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
    sources: dict[Path, dict[End, list[End]]] = {}

    def into(path: Path) -> dict[End, list[End]]:
        if path not in sources:
            sources[path] = _sources(node_at(net, path))
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
            for key, port in into(around).get((None if is_output else path[-1], name), ()):
                source = (around, port) if key is None else ((*around, key), port)
                further.append((source, key is not None))
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
