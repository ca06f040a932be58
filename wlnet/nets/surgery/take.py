"""net_take and net_drop: a stretch of a chain, or what is left without it; the part of a graph
between two cuts.

Wolfram Language: NetTake, NetDrop.
"""

from __future__ import annotations

from wlnet.core.errors import Fault, PartError, ShapeError, brief, fail
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.ports import UNKNOWN
from wlnet.core.scalars import as_whole
from wlnet.core.symbols import ALL
from wlnet.nets.chain import NetChain, chain_of
from wlnet.nets.inference import inference
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.surgery.cut import take_from_graph
from wlnet.nets.surgery.known_shapes import Known, knowing, known_of
from wlnet.nets.surgery.placing import worded
from wlnet.nets.surgery.positions import (
    first_and_last,
    needed,
    position,
    renumbered,
    stretch,
    whole,
)


def net_take(net: Net, part: object) -> NetChain | NetGraph:
    """The nodes of a chain from the first through `part`, or from one to another; the part of a
    graph up to a cut.

    net: a NetChain or a NetGraph. part, of a chain: a position (from 1, or from -1) or a name:
    everything through it; (start, end) or Span(start, end): both included; [n]: just that one.
    NetPort("a", "Output") and NetPort("b", "Input") are the cut after "a" and before "b".
    part, of a graph: an end or (start, end); each is a vertex, a NetPort, a list of these, or ALL.
    Every vertex on a path from a start to an end is kept. What is cut open becomes a port: "Input"
    or "Output" where there is one, else it is called after what was cut, "a/Output".
    The encoder stays if the first node does, the decoder if the last one does; numbered nodes count
    from 1 again. What was known of shapes stays known; rules of the chain go with the nodes they
    were given for. Raises PartError for parts that are not there and when nothing is left,
    OptionError for what is no container.

    >>> net = NetChain([3, "Ramp", 1], input=2)
    >>> net_take(net, 2) == NetChain([3, "Ramp"], input=2)
    True
    >>> list(net_take(net, (-2, -1)).nodes.values())
    [ElementwiseLayer('Ramp'), LinearLayer(1)]

    Wolfram Language: NetTake.
    """
    net = needed(net, "net_take", NetChain, NetGraph)
    if isinstance(net, NetGraph):
        start, end = part if isinstance(part, tuple) and len(part) == 2 else (ALL, part)
        return take_from_graph(net, start, end, part)
    start, end = stretch(net, part) or (1, part)
    first, last = first_and_last(net, start, end, part)
    return _kept(net, list(range(first, last + 1)))


def net_drop(chain: Net, part: object) -> NetChain:
    """A chain without some of its nodes at one of its ends, or in the middle.

    part: n drops the first n nodes, -n the last n; "name" drops the first through that one; (a, b)
    or Span(a, b) drops from a to b, both included; [n] drops just the n-th.
    Coders, shapes, numbers and rules as in net_take. Raises PartError for parts that are not there
    and when nothing is left, ShapeError when what becomes neighbours does not fit, OptionError for
    what is no chain.

    >>> net_drop(NetChain([3, "Ramp", 1], input=2), -1) == NetChain([3, "Ramp"], input=2)
    True

    Wolfram Language: NetDrop.
    """
    chain = needed(chain, "net_drop", NetChain)
    count = len(chain.nodes)
    ends = stretch(chain, part)
    if ends is not None:
        first, last = first_and_last(chain, ends[0], ends[1], part)
    elif (number := as_whole(part)) is not None:
        position(chain, number, part)  # Refuses 0 and more than there are.
        first, last = (1, number) if number > 0 else (count + 1 + number, count)
    else:
        first, last = 1, position(chain, part, part)
    left = [at for at in range(1, count + 1) if not first <= at <= last]
    if not left:
        raise fail(
            PartError,
            Fault(
                "all nodes would be dropped, and a net needs at least one layer",
                given=brief(part),
                known=list(chain.nodes),
                fix=f"at most {count - 1} of {count}",
            ),
        )
    return _kept(chain, left)


def _kept(chain: NetChain, positions: list[int]) -> NetChain:
    """The chain of the nodes at some positions (from 1), in order."""
    every = list(chain.nodes)
    keys = [every[at - 1] for at in positions]
    new = dict(zip(keys, renumbered(keys), strict=True))
    moves: dict[Path, Path] = {(old,): (key,) for old, key in new.items()}
    first, last = positions[0] == 1, positions[-1] == len(every)
    start = chain.start if first else UNKNOWN
    end = chain.end if last else UNKNOWN
    try:
        result = chain_of({key: whole(chain, old) for old, key in new.items()}, start, end)
    except ShapeError as error:
        gone = ", ".join(repr(key) for key in every if key not in new)
        raise worded(error, f"without {gone} its neighbours do not fit") from None
    ports = inference(chain).ports
    # Where a gap closes the new neighbours tell each other their shapes, not what stood there.
    if positions == list(range(positions[0], positions[-1] + 1)):
        ends: list[Known] = [
            ((), port, ports[(keys[0],), name]) for port, name in result.entries.items()
        ]
        ends += [((), port, ports[(keys[-1],), name]) for port, name in result.exits.items()]
        result = knowing(result, [*ends, *known_of(chain, moves)])
    return carried(result, [Voice(chain, moves)])
