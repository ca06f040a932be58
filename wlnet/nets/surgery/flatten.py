"""net_flatten: nets inside nets, laid out on one level.

Wolfram Language: NetFlatten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.parts import Key, Path
from wlnet.core.scalars import as_real, as_whole
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.core.walking import node_at, walk
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.chain import NetChain, chain_of, inputs_of, port_names_of
from wlnet.nets.container import with_needed_table
from wlnet.nets.edges import Edge
from wlnet.nets.netgraph import graph_of
from wlnet.nets.rules_of_parts import Moves, Voice, carried
from wlnet.nets.surgery.known_shapes import knowing, known_of


@dataclass(frozen=True)
class Link:
    """From an output port of a node to an input port of one; the path () is the net itself."""

    source: Path
    source_port: str
    target: Path
    target_port: str


def net_flatten(net: Net, levels: object = AUTOMATIC) -> Net:
    """A chain or graph in which the nodes of chains and graphs inside it stand side by side.

    levels: how many levels of nesting are laid out; AUTOMATIC or ALL: every one.
    Where all keys on the way are numbers the nodes are numbered anew; otherwise names are paths:
    "a/b", and "1/b" or "a/2" where numbers and names meet. A chain that held a graph with branches
    becomes a graph, a graph without branches whose ports are "Input" and "Output" becomes a chain.
    Operators stay, with what is in them; layers and operators as such come back as they are.
    The result computes the same, and no array has another multiplier: rules of the nets that are
    gone stand in the rules of the flat one, after those of the nets around them.
    Raises OptionError when two nodes would have one name.

    >>> from wlnet.nets.chain import NetChain
    >>> net_flatten(NetChain([[3, "Ramp"], 1], input=2)) == NetChain([3, "Ramp", 1], input=2)
    True
    >>> list(net_flatten(NetChain({"a": [3, "Ramp"], "b": 1})).nodes)
    ['a/1', 'a/2', 'b']

    Wolfram Language: NetFlatten.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_flatten takes a net", given=brief(net)))
    is_laid_out = _laid_out(_depth(levels))
    if not isinstance(net, Arrangement):
        return net
    paths = [path for path, node in walk(net, (), is_laid_out) if not is_laid_out(path, node)]
    if all(len(path) == 1 for path in paths) and isinstance(net, NetChain):
        return net
    links = _links(net, (), is_laid_out)
    order = _line(net, paths, links)
    moves: dict[Path, Path] = {path: (key,) for path, key in _keys(net, order or paths).items()}
    nodes = {
        moves[path][0]: with_needed_table(node_at(net, path), net.shared) for path in order or paths
    }
    if order is not None:
        result: Arrangement = chain_of(nodes, net.ports, net.ports)
    else:
        result = graph_of(nodes, _edges(net, links, moves), net.ports)
    result = knowing(result, known_of(net, moves))
    voices = [
        Voice(
            node_at(net, path),
            {
                before[len(path) :]: now
                for before, now in moves.items()
                if before[: len(path)] == path
            },
        )
        for path in _holders(paths)
    ]
    return carried(result, voices)


def _depth(levels: object) -> float:
    if levels is AUTOMATIC or levels is ALL or as_real(levels) == float("inf"):
        return float("inf")
    depth = as_whole(levels)
    if depth is None or depth < 1:
        raise fail(
            OptionError,
            Fault("the levels of net_flatten are a number from 1, or ALL", given=brief(levels)),
        )
    return depth


def _laid_out(depth: float) -> Callable[[Path, Net], bool]:
    """Whether the net at a path is laid out, of so many levels in the outermost one."""
    return lambda path, net: isinstance(net, Arrangement) and len(path) <= depth


def _holders(leaves: list[Path]) -> list[Path]:
    """The nets that are laid out, outer ones first: in this order their rules speak."""
    inner = [path[:length] for path in leaves for length in range(len(path))]
    return sorted(dict.fromkeys(inner), key=len)


def _keys(net: Net, paths: list[Path]) -> dict[Path, Key]:
    if all(isinstance(key, int) for path in paths for key in path):
        return {path: number for number, path in enumerate(paths, 1)}
    names: dict[Path, Key] = {path: "/".join(map(str, path)) for path in paths}
    found = list(names.values())
    twice = [path for path, name in names.items() if found.count(name) > 1]
    if twice:
        raise fail(
            OptionError,
            Fault(
                "two nodes would have one name",
                given=" and ".join(map(repr, twice)),
                at=repr(names[twice[0]]),
                known=list(net.nodes),
                fix="net_rename one of them first",
            ),
        )
    return names


def _links(net: Arrangement, at: Path, is_laid_out: Callable[[Path, Net], bool]) -> list[Link]:
    """The links between leaves; those to and from a net's own ports stand at its path."""

    def path(key: Key | None) -> Path:
        return at if key is None else (*at, key)

    links = [
        Link(path(e.source), e.source_port, path(e.target), e.target_port) for e in net.links()
    ]
    for key, node in net.nodes.items():
        inner = (*at, key)
        if isinstance(node, Arrangement) and is_laid_out(inner, node):
            links = _spliced(links, _links(node, inner, is_laid_out), inner)
    return links


def _spliced(outer: list[Link], inner: list[Link], at: Path) -> list[Link]:
    """The links around a net joined to those inside it, which begin and end at its path."""
    entering = [link for link in outer if link.target == at]
    leaving = [link for link in outer if link.source == at]
    links = [link for link in outer if at not in (link.source, link.target)]
    feeds = {link.target_port: link for link in entering}
    ends: dict[str, tuple[Path, str]] = {}
    for link in inner:
        source = (link.source, link.source_port)
        if link.source == at:
            if link.source_port not in feeds:
                continue
            feed = feeds[link.source_port]
            source = (feed.source, feed.source_port)
        if link.target == at:
            ends[link.target_port] = source
        else:
            links.append(Link(*source, link.target, link.target_port))
    return [
        *links,
        *(Link(*ends[link.source_port], link.target, link.target_port) for link in leaving),
    ]


def _line(net: Net, paths: list[Path], links: list[Link]) -> list[Path] | None:
    """The leaves in the order of a chain, or None where there are branches or other ports than a
    chain has.
    """
    inner = [link for link in links if link.source and link.target]
    following = {link.source: link.target for link in inner}
    starts = [path for path in paths if path not in following.values()]
    if len(following) != len(inner) or len(inner) != len(paths) - 1 or len(starts) != 1:
        return None
    order = starts
    while order[-1] in following:
        order.append(following[order[-1]])
    if len(order) != len(paths):
        return None
    first, last = node_at(net, order[0]), node_at(net, order[-1])
    entries = {e.source_port: (e.target, e.target_port) for e in links if not e.source}
    exits = {e.target_port: (e.source, e.source_port) for e in links if not e.target}
    try:
        leaves: dict[Key, Net | None] = {
            number: node_at(net, path) for number, path in enumerate(order, 1)
        }
        names = port_names_of(leaves, len(entries))
    except OptionError:
        return None
    ports = (
        [(order[0], port) for port in inputs_of(first, len(names[0]))],
        [(order[-1], port) for port in last.output_names],
    )
    same_names = names == (net.input_names, net.output_names)
    # Every port at an end is one of the chain, in the same order.
    same_ports = (
        [entries.get(name) for name in names[0]] == ports[0]
        and [exits.get(name) for name in names[1]] == ports[1]
        and len(links) == len(inner) + len(ports[0]) + len(ports[1])
    )
    return order if same_names and same_ports else None


def _edges(net: Net, links: list[Link], moves: Moves) -> list[Edge]:
    """Edges between the flat nodes; the ports of the graph keep their order."""
    ports = {name: i for i, name in enumerate(net.port_names)}

    def rank(link: Link) -> tuple[int, int]:
        return ports[link.source_port] if not link.source else len(ports), ports[
            link.target_port
        ] if not link.target else -1

    def key(path: Path) -> Key | None:
        return moves[path][0] if path else None

    return [
        Edge(key(link.source), link.source_port, key(link.target), link.target_port)
        for link in sorted(links, key=rank)
    ]
