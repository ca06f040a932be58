"""NetChain."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

from wlnet.core.errors import Fault, OptionError, RuleWarning, brief, fail, warn
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.core.ports import UNKNOWN, PortType, port_table
from wlnet.core.rule_lists import rules_told_with
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.arrangement import Arrangement
from wlnet.nets.container import Record, Written, hoist, without_coders
from wlnet.nets.edges import Edge
from wlnet.nets.fills import fill_in
from wlnet.nets.inference import check_shapes
from wlnet.nets.reading import read_nodes, read_ports


class NetChain(Arrangement):
    """Nets one after another, addressed by position, or by name and position.

    layers: a list of layers (or shorthands), or a dict (or list of pairs) from names to layers.
    The first may have several inputs, the last several outputs: the chain has these ports then,
    under their names; else its ports are "Input" and "Output".
    input, output, or a port by its name in snake_case, or ports={"Query": (3, 4)}: a size, a
    shape, an encoder or decoder, or AUTOMATIC.
    learning_rate_multipliers: a rate for all, None to freeze, or rules relative to this chain.
    Raises OptionError for what is no layer, ShapeError where neighbours do not fit, RuleError for
    rules on parts that do not exist; all faults at once.

    >>> net = NetChain([3, "Ramp", 1], input=2)
    >>> net.addressing, list(net.nodes)
    ('positions', [1, 2, 3])
    >>> from wlnet.layers import CatenateLayer
    >>> NetChain([CatenateLayer(), 2], ports={"1": 3, "2": 4}).input_names
    ('1', '2')

    Wolfram Language: NetChain.
    """

    kind = "NetChain"
    record_fields = ()

    @checked_keywords
    def __init__(
        self,
        layers: object,
        *,
        input: object = AUTOMATIC,
        output: object = AUTOMATIC,
        ports: Mapping[str, object] | None = None,
        learning_rate_multipliers: object = AUTOMATIC,
        **port_options: object,
    ) -> None:
        gathered = Gathered()
        every = read_nodes(layers, gathered)
        nodes = {key: node for key, node in every.items() if node is not None}
        told = {"input": input, "output": output, **port_options}
        given = [(word, spec) for word, spec in told.items() if spec is not AUTOMATIC]
        given += (gathered.attempt(lambda: port_table(ports, "a NetChain")) or {}).items()
        count = sum(str(word).isdecimal() for word, _ in given)
        names = gathered.attempt(lambda: port_names_of(every, count))
        spoken = read_ports("NetChain", given, names, gathered)
        rules = rules_told_with(gathered, learning_rate_multipliers)
        chain_with(self, nodes, spoken, spoken)
        object.__setattr__(self, "learning_rate_rules", rules)
        check_shapes(self)
        fill_in(self)
        warn_of_shadows(self)
        self.check_rules()

    @property
    def addressing(self) -> Literal["positions", "both"]:  # type: ignore[override]
        return "positions" if isinstance(next(iter(self.nodes)), int) else "both"

    @property
    def input_names(self) -> tuple[str, ...]:
        return self._names()[0]

    @property
    def output_names(self) -> tuple[str, ...]:
        return self._names()[1]

    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the inputs and of the outputs: asked for in every call of a net."""
        found: tuple[tuple[str, ...], tuple[str, ...]] = self.cached("port names", self._sides)
        return found

    def _sides(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        names = tuple(self.ports)
        inputs = len(names) - len(self.nodes[next(reversed(self.nodes))].output_names)
        return names[:inputs], names[inputs:]

    @property
    def entries(self) -> dict[str, str]:
        """The input ports of the chain, and the ports of the first node that they are."""
        names = self.input_names
        return dict(zip(names, inputs_of(next(iter(self.nodes.values())), len(names)), strict=True))

    @property
    def exits(self) -> dict[str, str]:
        """The output ports of the chain, and the ports of the last node that they are."""
        last = self.nodes[next(reversed(self.nodes))]
        return dict(zip(self.output_names, last.output_names, strict=True))

    @property
    def start(self) -> dict[str, PortType]:
        """What is said at the input ports."""
        return {name: self.ports[name] for name in self.input_names}

    @property
    def end(self) -> dict[str, PortType]:
        """What is said at the output ports."""
        return {name: self.ports[name] for name in self.output_names}

    def links(self) -> list[Edge]:
        nodes = list(self.nodes.items())
        (first, _), (last, _) = nodes[0], nodes[-1]
        return [
            *(Edge(None, port, first, name) for port, name in self.entries.items()),
            *(
                Edge(source, node.output_names[0], target, other.input_names[0])
                for (source, node), (target, other) in pairwise(nodes)
            ),
            *(Edge(last, name, None, port) for port, name in self.exits.items()),
        ]

    def arguments(self) -> list[str]:
        return []

    def record(self) -> Record:
        return {}

    @classmethod
    def from_record(cls, written: Written) -> NetChain:
        nodes = written.nodes
        inputs = written.port_count - len(port_names_of(nodes, 2)[1])
        given = written.ports([name for side in port_names_of(nodes, inputs) for name in side])
        chain = object.__new__(cls)
        chain_with(chain, nodes, given, given)
        return chain

    def renamed(
        self, nodes: Mapping[Key, Net], keys: Mapping[Key, Key], ports: Mapping[str, str]
    ) -> NetChain:
        # Its ports are called as those of the nodes at its ends.
        return chain_of(nodes, self.ports, self.ports)

    def exchanged(self, key: Key, node: Net) -> NetChain | None:
        new = self._with(nodes={**self.nodes, key: node})
        said = [self.ports[name] for name in self.port_names]
        inputs, outputs = port_names_of(new.nodes, len(self.input_names))
        if len(inputs) != len(self.input_names):
            return None
        return new._with(ports=dict(zip((*inputs, *outputs), said, strict=True)))


def inputs_of(node: Net, count: int) -> tuple[str, ...]:
    """The input ports of a first node; those of a variadic layer are its own, or so many, and at
    least those that it has when nobody says how many."""
    if not node.is_variadic:
        return node.input_names
    return node.input_names or tuple(map(str, range(1, max(count, node.usual_inputs) + 1)))


Side = PortType | Mapping[str, PortType]
"""What is said at one end of a chain: of its one port, or by name."""


def chain_with(chain: NetChain, nodes: Mapping[Key, Net], start: Side, end: Side) -> None:
    """Fill a new chain: shared arrays at the root, coders only at its own ends.

    What start and end say of ports that this chain does not have is left out.
    """
    count = 0 if isinstance(start, PortType) else sum(name.isdecimal() for name in start)
    inputs, outputs = port_names_of(nodes, count)
    keys = list(nodes)
    first, last = nodes[keys[0]], nodes[keys[-1]]
    ports = _side(start, inputs, first, inputs_of(first, len(inputs)))
    ports |= _side(end, outputs, last, last.output_names)
    bare, table = hoist({key: without_coders(node, node.port_names) for key, node in nodes.items()})
    Net._fill(chain, nodes=bare, ports=ports, shared=table)


def _side(
    said: Side, names: tuple[str, ...], node: Net, inner: tuple[str, ...]
) -> dict[str, PortType]:
    """The ports at one end: as said, else with the coder of the node there."""
    if isinstance(said, PortType):
        if said != UNKNOWN and len(names) != 1:
            raise fail(
                OptionError,
                Fault(
                    "one port is spoken of, where there are others",
                    given=str(said),
                    known=names,
                    fix=f"ports={{{names[0]!r}: ...}}" if names else None,
                ),
            )
        said = dict.fromkeys(names, said)
    ports = {}
    for name, port in zip(names, inner, strict=True):
        own = node.ports.get(port, UNKNOWN)
        now = said.get(name, UNKNOWN)
        ports[name] = own if now == UNKNOWN and own.coder is not None else now
    return ports


def chain_of(nodes: Mapping[Key, Net], start: Side = UNKNOWN, end: Side = UNKNOWN) -> NetChain:
    """A chain of nets that are known to be nets: how surgery makes its results."""
    chain = object.__new__(NetChain)
    chain_with(chain, nodes, start, end)
    check_shapes(chain)
    fill_in(chain)
    return chain


def port_names_of(
    nodes: Mapping[Key, Net | None], count: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The input and output ports that a chain of these nodes has.

    count: how many inputs, where the first layer takes any number. A node that is None has one
    input and one output. Raises OptionError where nodes cannot follow one another.
    """
    gathered = Gathered()
    inputs: tuple[str, ...] = ("Input",)
    outputs: tuple[str, ...] = ("Output",)
    for place, (key, node) in enumerate(nodes.items(), 1):
        if node is None:
            continue
        entries = inputs_of(node, count)
        inputs = entries if place == 1 and len(entries) != 1 else inputs
        if place == len(nodes) and len(node.output_names) != 1:
            outputs = node.output_names
        if (place > 1 and len(entries) != 1) or (
            place < len(nodes) and len(node.output_names) != 1
        ):
            gathered.add(
                Fault(
                    "between the nodes of a chain there is one port",
                    at=f"position {brief(key)} {node.kind}",
                    given=f"inputs {list(entries)}, outputs {list(node.output_names)}",
                    expected="several inputs only at the first node, several outputs at the last",
                    fix="NetGraph connects nets with several ports",
                )
            )
    both = [name for name in inputs if name in outputs]
    if both:
        gathered.add(
            Fault(
                "a port of a chain would be an input and an output",
                given=", ".join(both),
                fix="NetGraph gives ports other names: (NetPort(node, port), NetPort(name))",
            )
        )
    gathered.tell()
    return inputs, outputs


def warn_of_shadows(net: Net) -> None:
    """A node called like a port can not be reached by its name."""
    for name in net.nodes:
        if name in net.port_names:
            warn(
                RuleWarning,
                Fault(
                    f"the node {brief(name)} is called like a port: the name means the port",
                    at=net.kind,
                    fix="give the node another name",
                ),
            )
