"""Positions in chains for surgery: a number from 1 or from -1, a name, or a port between two
nodes.
"""

from __future__ import annotations

from functools import partial
from typing import TypeVar, overload

from wlnet.core.errors import Fault, OptionError, PartError, brief, fail
from wlnet.core.finding import select
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetPort, Span, as_steps
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.nets.container import Container, with_needed_table
from wlnet.nets.netgraph import NetGraph

C = TypeVar("C", bound=Container)
D = TypeVar("D", bound=Container)


@overload
def needed(net: object, function: str, kind: type[C], /) -> C: ...
@overload
def needed(net: object, function: str, kind: type[C], other: type[D], /) -> C | D: ...
@overload
def needed(net: object, function: str, /, *kinds: type[Container]) -> Container: ...
def needed(net: object, function: str, /, *kinds: type[Container]) -> Container:
    """The net, if it is of the kinds that a function of surgery works on. Raises OptionError."""
    if isinstance(net, kinds):
        return net
    given = net.kind if isinstance(net, Net) else brief(net)
    fix = None
    if isinstance(net, NetGraph):
        fix = "net_flatten makes a chain of a graph without branches"
    elif isinstance(net, Net) and net.addressing == "layer":
        fix = f"NetChain([{net.kind}(...)]) is a chain of one layer"
    elif isinstance(net, (list, dict)):
        fix = "NetChain(...) makes a chain of layers"
    raise fail(
        OptionError,
        Fault(
            f"{function} takes a {' or a '.join(kind.kind for kind in kinds)}",
            given=given,
            fix=fix,
        ),
    )


def position(chain: Net, given: object, part: object) -> int:
    """The position, from 1, of the node that is meant. Raises PartError."""
    keys = list(chain.nodes)
    if isinstance(given, str) and given in keys:
        return keys.index(given) + 1
    steps = as_steps(given)
    step = steps[0] if len(steps) == 1 and not isinstance(given, (tuple, list)) else None
    if not isinstance(step, (int, str)):
        raise fail(
            PartError,
            Fault("one node is meant here: a position or a name", given=brief(part), known=keys),
        )
    (place,) = select(chain, step, part)
    if place.kind != "node":
        raise fail(
            PartError,
            Fault(
                f"{brief(given)} is no node of the chain",
                given=brief(part),
                known=keys,
                fix=f"NetPort({given!r}) means the port" if place.kind == "port" else None,
            ),
        )
    return keys.index(place.path[0]) + 1


def first_and_last(chain: Net, start: object, end: object, part: object) -> tuple[int, int]:
    """The positions of the first and the last node of a stretch. Raises PartError when it is
    empty.
    """
    gathered = Gathered()
    first = gathered.attempt(partial(_end, chain, start, part, at_start=True))
    last = gathered.attempt(partial(_end, chain, end, part, at_start=False))
    gathered.tell()
    assert first is not None
    assert last is not None
    if first > last:
        raise fail(
            PartError,
            Fault(
                "no node is left, and a net needs at least one layer",
                at="the net itself",
                given=brief(part),
                known=list(chain.nodes),
                fix=_turned(first, last, len(chain.nodes)),
            ),
        )
    return first, last


def _turned(first: int, last: int, count: int) -> str | None:
    return (
        f"({last}, {first}) if these ends are meant the other way round"
        if 1 <= last < first <= count
        else None
    )


def _end(chain: Net, given: object, part: object, *, at_start: bool) -> int:
    if given is AUTOMATIC or given is ALL:
        return 1 if at_start else len(chain.nodes)
    if not isinstance(given, NetPort):
        return position(chain, given, part)
    if len(given.path) == 1:
        name = given.path[0]
        if name not in chain.port_names:
            raise fail(
                PartError,
                Fault(
                    f"the chain has no port {brief(name)}",
                    given=brief(part),
                    known=chain.port_names,
                ),
            )
        # Data enters at "Input", before the first node; the end of what leads to "Input" is
        # nothing.
        return (
            (1 if at_start else 0)
            if name in chain.input_names
            else len(chain.nodes) + (1 if at_start else 0)
        )
    at = position(chain, given.path[0], part)
    node = list(chain.nodes.values())[at - 1]
    name = given.path[1]
    if len(given.path) > 2 or name not in node.port_names:
        raise fail(
            PartError,
            Fault(
                f"node {brief(given.path[0])} has no port {brief(name)}",
                given=brief(part),
                known=node.port_names,
            ),
        )
    after = name in node.output_names
    return at + 1 if at_start and after else at - 1 if not at_start and not after else at


def stretch(chain: Net, part: object) -> tuple[object, object] | None:
    """Start and end where a part is a Span or a pair; [n] is (n, n); None for anything else."""
    if isinstance(part, Span):
        return part.start, part.end
    if isinstance(part, (tuple, list)):
        if len(part) not in (1, 2):
            raise fail(
                PartError,
                Fault(
                    "a stretch of a chain has a start and an end",
                    given=brief(part),
                    known=list(chain.nodes),
                    fix="(1, 3): from 1 to 3, both included",
                ),
            )
        return part[0], part[-1]
    return None


def renumbered(keys: list[Key]) -> list[Key]:
    """New keys for nodes: numbered ones count from 1 again, names stay."""
    return (
        list(range(1, len(keys) + 1)) if any(isinstance(key, int) for key in keys) else list(keys)
    )


def whole(net: Net, key: Key) -> Net:
    """A node with the shared arrays it needs, ready to stand in another net."""
    return with_needed_table(net.nodes[key], net.shared)
