"""States that go on from one piece of a sequence to the next, and nets that a piece tells enough.

A net reads a sequence piece by piece where every element of what it makes depends on elements
before, by states alone. What its layers do with elements is asked of the primitives that they come
down to: where elements do not meet (graph/apart.py), one piece is as good as another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import combinations

from wlnet.core.errors import Fault, OptionError, WlnetError, fail
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.ports import PortType
from wlnet.core.shapes import Partial, shape_text
from wlnet.core.walking import node_at, walk
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import Port
from wlnet.nets.container import Container, as_container
from wlnet.nets.fold import NetFoldOperator
from wlnet.nets.inference import Solution, inference
from wlnet.nets.pieces import Reading

LENGTHS = 2, 3
"""Two lengths of a sequence that are tried: what has another size with each is one."""
MOST_OPENED = 4
"""Of so many inputs it is tried which of them can be sequences of any length."""


def states_of(net: Net, at: Path = ()) -> Iterator[tuple[Port, bool]]:
    """The states at all levels of chains and graphs, and whether an edge leads to each. What lies
    in an operator begins anew each time that this applies its net."""
    yield from (((at, name), False) for name in net.state_names)
    if isinstance(net, Layer) or as_container(net).in_order is not None:
        return
    wired = {(e.target, e.target_port) for e in as_container(net).links()}
    for key, node in net.nodes.items():
        for (path, name), is_wired in states_of(node, (*at, key)):
            yield (path, name), is_wired or (path == (*at, key) and (key, name) in wired)


def kept_states(net: Net, what: str) -> list[Port]:
    """The states that go on from piece to piece. Raises OptionError where there are none, or where
    some cannot.

    what: who asks, for messages.
    """
    every = list(states_of(net))
    faults = [
        Fault(
            f"{what} takes a net whose states go on, and an edge leads to this one: it would begin "
            "anew with each piece",
            at=path_text((*path, name)),
            fix="take the part that reads the sequence out: net_extract, net_take",
        )
        for (path, name), is_wired in every
        if is_wired
    ]
    faults += [
        Fault(
            f"{what} takes a net whose states go on, and one of this fold has the name of a "
            "sequence that it gives",
            at=path_text(path) or net.kind,
            fix="other names for the outputs of the net in it, which `feedback` then names",
        )
        for path, node in walk(net, (), lambda _, node: isinstance(node, Container))
        if isinstance(node, NetFoldOperator) and len(node.state_names) < len(node.feedback)
    ]
    if not every and not faults:
        fault = Fault(
            f"{what} takes a net with states that go on",
            at=net.kind,
            given="no layer with states, but in operators, which begin anew with each element",
            fix="net(x): nothing is kept from one call to the next",
        )
        raise fail(OptionError, fault)
    if faults:
        raise fail(OptionError, faults)
    return [port for port, _ in every]


def with_open_lengths(net: Net) -> Net:
    """The net with sequences of any length at its inputs, where nothing but its own ports says how
    long they are. What comes beside sequences of any length stays as it is; where there are none,
    as many inputs as can be are sequences."""
    known = inference(net)
    shaped = [name for name in net.input_names if known.port_shape((), name)]
    if any(known.port_shape((), name)[0] is None for name in shaped):  # type: ignore[index]
        return net
    fixed = [name for name in shaped if net.ports[name].coder is None]
    for count in range(len(fixed), 0, -1) if len(fixed) <= MOST_OPENED else ():
        for names in combinations(fixed, count):
            opened = _opened(net, names)
            with suppress(WlnetError):
                Course(opened)
                return opened
    return _opened(net, fixed)


def _opened(net: Net, names: Iterable[str]) -> Net:
    ports = dict(net.ports)
    for name in names:
        shape = inference(net).port_shape((), name)
        ports[name] = PortType(
            (None, *(shape or ())[1:]), ports[name].element, most=ports[name].most
        )
    for name in net.output_names:
        if ports[name].coder is None:
            ports[name] = PortType(None, ports[name].element)
    return net._with(ports=ports)


class Course:
    """Which ports of a net carry sequences, and what its layers do with their elements."""

    def __init__(self, net: Net) -> None:
        self.net = net
        inputs = [name for name in net.input_names if self._is_open(name)]
        self.known: tuple[Solution, ...] = tuple(
            inference(net, {name: self._of(name, length) for name in inputs}) for length in LENGTHS
        )

    def _is_open(self, name: str) -> bool:
        shape = inference(self.net).port_shape((), name)
        return bool(shape) and shape[0] is None  # type: ignore[index]

    def _of(self, name: str, length: int) -> Partial:
        shape = inference(self.net).port_shape((), name)
        return (length, *(shape or ())[1:])

    def shape(self, path: Path, name: str) -> tuple[int, ...]:
        """The shape of a port that carries no sequence."""
        return tuple(size or 1 for size in self.known[0].port_shape(path, name) or ())

    def is_sequence(self, path: Path, name: str) -> bool:
        """Whether a port carries a sequence: its first size is that of what comes in."""
        if any((path, name) not in each.ports for each in self.known):
            return False
        one, other = (each.port_shape(path, name) for each in self.known)
        return bool(one) and bool(other) and one[0] != other[0]  # type: ignore[index]

    def has_elements(self, path: Path, name: str) -> bool:
        """Whether what flows at a port comes of each element: it carries a sequence, or lies in a
        part that is applied to each element of one."""
        if self.is_sequence(path, name):
            return True
        for count in range(len(path)):
            node = node_at(self.net, path[:count])
            if isinstance(node, Container) and node.in_order:
                return any(self.is_sequence(path[:count], each) for each in node.input_names)
        return False

    def faults(self) -> list[tuple[Path, Net, str]]:
        """The parts that a piece does not tell enough, and what they do."""
        return Reading(self.net, self.known, self.is_sequence).faults


def checked_course(net: Net, what: str) -> Course:
    """The course of a net that goes through sequences of any length in order. Raises OptionError.

    what: who asks, for messages.
    """
    try:
        course = Course(net)
    except WlnetError as error:
        what = f"{what} takes a net that reads sequences of any length, and here {{}}"
        faults = [replace(fault, what=what.format(fault.what)) for fault in error.faults]
        raise fail(OptionError, faults) from None
    if not any(course.is_sequence((), name) for name in net.input_names):
        fault = Fault(
            f"{what} takes a net that reads sequences of any length",
            at=net.kind,
            given=", ".join(
                f"{name} {shape_text(inference(net).port_shape((), name))}"
                for name in net.input_names
            ),
            fix=_opening(net),
        )
        raise fail(OptionError, fault)
    faults = [
        Fault(
            f"{what} takes a net that reads a sequence in order, and {why}",
            at=f"{path_text(path)} {part.kind}".strip(),
            fix="evaluate the net on whole sequences",
        )
        for path, part, why in course.faults()
    ]
    if faults:
        raise fail(OptionError, faults)
    return course


def _opening(net: Net) -> str:
    """How a net may read sequences of any length."""
    for name in net.input_names:
        coder = net.ports[name].coder
        if isinstance(getattr(coder, "target_length", None), int):
            return f"port {name}: an encoder with target_length=ALL, and layers that go with it"
    return f'{net.kind}(..., input=("Varying", 3)), and layers that leave the length open'
