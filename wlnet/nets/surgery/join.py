"""net_append, net_prepend and net_join: more nodes at the ends of a chain or graph, chains one
after another.

Wolfram Language: NetAppend, NetPrepend, NetJoin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from wlnet.core.errors import Fault, OptionError, ShapeError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.core.ports import UNKNOWN, PortType, as_port
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.chain import NetChain, chain_of, warn_of_shadows
from wlnet.nets.inference import inference
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.surgery.grow import longer_graph
from wlnet.nets.surgery.items import Item, new_items, ruled
from wlnet.nets.surgery.known_shapes import Known, knowing
from wlnet.nets.surgery.placing import worded
from wlnet.nets.surgery.positions import needed, whole


def net_append(
    net: Net, *layers: object, input: object = AUTOMATIC, output: object = AUTOMATIC
) -> NetChain | NetGraph:
    """A chain (or a graph with one output) with more nodes at its end.

    layers: a layer or shorthand, a list of them, ("name", layer), a list of such pairs, or a dict;
    nets with named nodes take names, nets with numbered ones none. input, output: ports of the new
    net. The old decoder goes, as its node is no longer the last; that of the last new layer comes.
    Rules of the net speak for the nodes they were given for, not for the new ones.
    Raises OptionError for what is no layer and for names that do not fit, ShapeError for what does
    not fit.

    >>> net_append(NetChain([3], input=2), ["Ramp", 1]) == NetChain([3, "Ramp", 1], input=2)
    True
    >>> list(net_append(NetChain({"a": 3}), ("b", "Tanh")).nodes)
    ['a', 'b']

    Wolfram Language: NetAppend.
    """
    net = needed(net, "net_append", NetChain, NetGraph)
    items = new_items(net, layers, "net_append")
    if isinstance(net, NetGraph):
        return longer_graph(net, items, at_end=True, input=input, output=output)
    return with_items(net, items, len(net.nodes) + 1, as_port(input), as_port(output, "Output"))


def net_prepend(
    net: Net, *layers: object, input: object = AUTOMATIC, output: object = AUTOMATIC
) -> NetChain | NetGraph:
    """A chain (or a graph with one input) with more nodes before its first; as `net_append` at the
    other end.

    >>> net_prepend(NetChain(["Ramp", 1]), 3) == NetChain([3, "Ramp", 1])
    True

    Wolfram Language: NetPrepend.
    """
    net = needed(net, "net_prepend", NetChain, NetGraph)
    items = new_items(net, layers, "net_prepend")
    if isinstance(net, NetGraph):
        return longer_graph(net, items, at_end=False, input=input, output=output)
    return with_items(net, items, 1, as_port(input), as_port(output, "Output"))


def net_join(
    *chains: Net | Sequence[Net], input: object = AUTOMATIC, output: object = AUTOMATIC
) -> NetChain:
    """One chain of the nodes of several, one after another.

    chains: all with numbered nodes (which are counted through) or all with named ones (each name
    once). input, output: ports of the new chain; the first chain's encoder and the last one's
    decoder stay otherwise. Arrays that share a name become one. Every chain's rules speak for its
    own nodes; where two of them speak for a shared array, the first chain's do.
    Raises OptionError for mixed or equal names and for what is no chain, ShapeError for what does
    not fit.

    >>> net_join(NetChain([3, "Ramp"], input=2), NetChain([1])) == NetChain([3, "Ramp", 1], input=2)
    True

    Wolfram Language: NetJoin.
    """
    given = list(chains)
    if len(chains) == 1 and isinstance(chains[0], (list, tuple)):
        given = list(chains[0])
    if not given:
        raise fail(
            OptionError,
            Fault("net_join needs at least one chain", given="nothing", fix="net_join(a, b)"),
        )
    gathered = Gathered()
    found = [gathered.attempt(partial(needed, each, "net_join", NetChain)) for each in given]
    gathered.tell()
    joined = [chain for chain in found if chain is not None]
    nodes: dict[Key, Net] = {}
    voices = []
    known: list[Known] = []
    _check_names(joined)
    for chain in joined:
        count = len(nodes)
        new = {
            key: count + at if isinstance(key, int) else key
            for at, key in enumerate(chain.nodes, 1)
        }
        nodes.update({new[key]: whole(chain, key) for key in chain.nodes})
        voices.append(Voice(chain, {(old,): (key,) for old, key in new.items()}))
        before, after = _ends(chain, new)
        known += [*before, *after]
    start = as_port(input) if input is not AUTOMATIC else joined[0].start
    end = as_port(output, "Output") if output is not AUTOMATIC else joined[-1].end
    try:
        result = knowing(chain_of(nodes, start, end), known)
    except ShapeError as error:
        raise worded(error, "the chains do not fit one another") from None
    return carried(result, voices)


def _check_names(chains: Sequence[NetChain]) -> None:
    named = [chain.addressing == "both" for chain in chains]
    if len(set(named)) > 1:
        at = named.index(not named[0]) + 1
        raise fail(
            OptionError,
            Fault(
                "chains with numbered and with named nodes cannot be joined",
                at=f"chain {at}",
                given=repr(list(chains[at - 1].nodes)),
                fix='net_rename(chain, ["a", "b"]) names numbered nodes',
            ),
        )
    names = [key for chain in chains for key in chain.nodes if isinstance(key, str)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        where = [str(i) for i, chain in enumerate(chains, 1) if twice[0] in chain.nodes]
        raise fail(
            OptionError,
            Fault(
                "two nodes of the joined chain would have one name",
                given=", ".join(twice),
                at=f"chains {' and '.join(where)}",
                fix=f'net_rename(chain, {{"{twice[0]}": "..."}})',
            ),
        )


def _ends(chain: NetChain, new: Mapping[Key, Key]) -> tuple[list[Known], list[Known]]:
    """What a chain says at its ports, as knowledge of the nodes at its start and at its end, which
    may come to stand inside.
    """
    *_, last = first, *_ = chain.nodes
    ports = inference(chain).ports
    return (
        [((new[first],), name, ports[(first,), name]) for name in chain.entries.values()],
        [((new[last],), name, ports[(last,), name]) for name in chain.exits.values()],
    )


def with_items(
    chain: NetChain, items: list[Item], at: int, input: PortType, output: PortType
) -> NetChain:
    """A chain with new nodes before a position (from 1)."""
    old = list(chain.nodes)
    order: list[Any] = [*old[: at - 1], *range(-1, -len(items) - 1, -1), *old[at - 1 :]]
    numbered = chain.addressing == "positions"
    nodes: dict[Key, Net] = {}
    new: dict[Key, Key] = {}
    for place, key in enumerate(order, 1):
        fresh = isinstance(key, int) and key < 0
        name, node = items[-key - 1] if fresh else (key, whole(chain, key))
        to: Key = place if numbered else str(name)
        nodes[to] = node
        if not fresh:
            new[key] = to
    start = chain.start if input == UNKNOWN and at > 1 else input
    end = chain.end if output == UNKNOWN and at <= len(old) else output
    before, after = _ends(chain, new)
    try:
        result = chain_of(nodes, start, end)
        # Only an end that has come to stand inside keeps what the port of the chain said there.
        result = knowing(result, before if at == 1 else after if at > len(old) else [])
    except ShapeError as error:
        raise worded(error, f"the new node at position {at} does not fit") from None
    if not numbered:
        warn_of_shadows(result)
    return ruled(result, chain, new, items)
