"""States that go on from one piece of a sequence to the next, and nets that a piece tells enough.

A net reads a sequence piece by piece where every element of what it makes depends on elements
before, by states alone. What its layers do with elements is asked of the primitives that they come
down to: where elements do not meet (graph/apart.py), one piece is as good as another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from wlnet.core.errors import Fault, OptionError, WlnetError, fail
from wlnet.core.names import field_name
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.ports import PortType
from wlnet.core.shapes import Partial, shape_text
from wlnet.core.walking import walk
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import axis_after
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.connections import Port
from wlnet.nets.container import Container, as_container
from wlnet.nets.fold import NetFoldOperator
from wlnet.nets.inference import Solution, inference

LENGTHS = 2, 3
"""Two lengths of a sequence that are tried: what has another size with each is one."""


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
    long they are."""
    ports = dict(net.ports)
    for name in net.input_names:
        shape = inference(net).port_shape((), name)
        if shape and ports[name].coder is None:
            ports[name] = PortType((None, *shape[1:]), ports[name].element)
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

    def faults(self, net: Net | None = None, at: Path = ()) -> Iterator[tuple[Path, Net]]:
        """The parts that do not go through a sequence in order, element by element."""
        net = self.net if net is None else net
        given = [n for (path, n) in self.known[0].ports if path == at and n not in net.output_names]
        sequences = [name for name in given if self.is_sequence(at, name)]
        if not sequences or net.state_names:
            return
        if not isinstance(net, Layer):
            container = as_container(net)
            if container.in_order is False or {*sequences} & {*container.read_whole}:
                yield at, net
            for key, node in net.nodes.items() if container.in_order is None else ():
                yield from self.faults(node, (*at, key))
        elif not self.is_in_order(net, at, sequences):
            yield at, net

    def is_in_order(self, layer: Layer, at: Path, sequences: list[str]) -> bool:
        """Whether a layer makes every element of one, or takes the last."""
        graph, solution = Graph(), self.known[0]

        def value(shape: Partial, element: str | None = None) -> Value:
            sizes = [size or 1 for size in shape or ()]
            return graph.new_value(sizes, "Integer" if element == "Integer" else "Real")

        wires = {n: wire for (path, n), wire in solution.ports.items() if path == at}
        names = [name for name in wires if name not in layer.output_names]
        inputs = {n: value((2, *(wires[n].shape or ())), wires[n].element) for n in names}
        arrays = {
            field_name(name): None if given is None else value(solution.array_shape((*at, name)))
            for name, given in layer.array_values.items()
        }
        out = wires[layer.output_names[0]].shape or ()
        g = Builder(graph, batch=2, origin=at, output=tuple(size or 1 for size in out))
        if layer.is_variadic:
            made = layer.lower(g, *inputs.values(), **arrays)
        else:
            fields = {field_name(name): each for name, each in inputs.items()}
            made = layer.lower(g, **fields, **arrays)
        axes = {inputs[name]: 1 for name in sequences}
        if not _followed(graph.calls, axes):
            return False
        outputs = made if isinstance(made, dict) else {layer.output_names[0]: made}
        return all(axes.get(outputs[name]) == (1 if self.is_sequence(at, name) else None)
                   for name in layer.output_names)  # fmt: skip


def _followed(calls: list[Call], axes: dict[Value, int]) -> bool:
    """Whether elements stay apart through calls; axes: where they stand, which is told on."""
    for call in calls:
        of_sequences = {value: axes[value] for value in call.inputs if value in axes}
        if not of_sequences:
            continue
        found = axis_after(call, of_sequences)
        if found is not None:
            axes.update(dict.fromkeys(call.outputs, found))
        elif not _is_last(call, of_sequences):
            return False
    return True


def _is_last(call: Call, axes: Mapping[Value, int]) -> bool:
    """Whether a call takes the last element of a sequence."""
    given, at = call.inputs[0], call.attributes
    if call.primitive != "slice" or axes.get(given) != at["axis"]:
        return False
    return bool(at["start"] == given.shape[at["axis"]] - 1 == at["stop"] - 1)


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
            fix=f'{net.kind}(..., input=("Varying", 3)), and layers that leave the length open',
        )
        raise fail(OptionError, fault)
    faults = [
        Fault(
            f"{what} takes a net that reads a sequence in order, and this part reads what comes "
            "later, or several elements at once",
            at=f"{path_text(path)} {part.kind}".strip(),
            fix="evaluate the net on whole sequences",
        )
        for path, part in course.faults()
    ]
    if faults:
        raise fail(OptionError, faults)
    return course
