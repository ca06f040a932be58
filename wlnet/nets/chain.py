"""NetChain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.core.ports import UNKNOWN, PortType, as_port
from wlnet.core.rule_lists import parse_rules
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.container import Container, hoist, without_coders
from wlnet.nets.inference import check_shapes
from wlnet.nets.shorthand import as_net


class NetChain(Container):
    """Nets one after another, addressed by position, or by name and position.

    layers: a list of layers (or shorthands), or a dict (or list of pairs) from names to layers.
    input, output: a size, a shape, an encoder or decoder, or AUTOMATIC.
    learning_rate_multipliers: a rate for all, None to freeze, or rules relative to this chain.
    Raises OptionError for what is no layer, ShapeError where neighbours do not fit, RuleError for
    rules on parts that do not exist.

    >>> net = NetChain([3, "Ramp", 1], input=2)
    >>> net.addressing, list(net.nodes)
    ('positions', [1, 2, 3])

    Wolfram Language: NetChain.
    """

    kind = "NetChain"

    @checked_keywords
    def __init__(
        self,
        layers: Any,
        *,
        input: Any = AUTOMATIC,
        output: Any = AUTOMATIC,
        learning_rate_multipliers: Any = AUTOMATIC,
    ) -> None:
        given = chain_items(layers)
        nodes = {key: as_net(value, repr(key)) for key, value in given.items()}
        chain_with(self, nodes, as_port(input), as_port(output, "Output"))
        object.__setattr__(self, "learning_rate_rules", parse_rules(learning_rate_multipliers))
        check_shapes(self)
        warn_of_shadows(self)
        self.check_rules()

    @property
    def addressing(self) -> Any:  # type: ignore[override]
        return "positions" if isinstance(next(iter(self.nodes)), int) else "both"

    @property
    def input_names(self) -> tuple[str, ...]:
        return ("Input",) if "Input" in self.ports else ()

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("Output",)


def chain_items(layers: Any) -> dict[Key, Any]:
    """The keys and values a user gave for the nodes of a chain or graph."""
    if isinstance(layers, Net):
        raise fail(
            OptionError,
            Fault(
                "a chain takes a list of layers",
                given=f"one {layers.kind}",
                fix="NetChain([layer])",
            ),
        )
    pairs: list[tuple[Any, Any]]
    if isinstance(layers, Mapping):
        pairs, named = list(layers.items()), True
    elif isinstance(layers, (list, tuple)):
        entries = list(layers)
        named = bool(entries) and all(
            isinstance(e, tuple) and len(e) == 2 and isinstance(e[0], str) for e in entries
        )
        pairs = entries if named else list(enumerate(entries, 1))
    else:
        raise fail(OptionError, Fault("nodes are a list or a dict of layers", given=brief(layers)))
    if not pairs:
        raise fail(
            OptionError,
            Fault(
                "a net needs at least one layer",
                given=repr(layers),
                fix="NetChain([LinearLayer(1)])",
            ),
        )
    names = [name for name, _ in pairs]
    if named and not all(isinstance(name, str) and name for name in names):
        raise fail(
            OptionError,
            Fault(
                "names of nodes are strings", given=repr(names), fix='{"encode": LinearLayer(3)}'
            ),
        )
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise fail(OptionError, Fault("names of nodes occur once", given=", ".join(twice)))
    return dict(pairs)


def chain_with(
    chain: NetChain, nodes: Mapping[Key, Net], input: PortType, output: PortType
) -> None:
    """Fill a new chain: shared arrays at the root, coders only at its own ends."""
    _check_ports(nodes)
    keys = list(nodes)
    first, last = nodes[keys[0]], nodes[keys[-1]]
    if input == UNKNOWN and len(first.input_names) == 1 and first.ports[first.input_names[0]].coder:
        input = first.ports[first.input_names[0]]
    if output == UNKNOWN and last.ports[last.output_names[0]].coder:
        output = last.ports[last.output_names[0]]
    bare, table = hoist({key: without_coders(node, node.port_names) for key, node in nodes.items()})
    ports = {"Input": input} if first.input_names else {}
    Net._fill(chain, nodes=bare, ports={**ports, "Output": output}, shared=table)


def chain_of(
    nodes: Mapping[Key, Net], input: PortType = UNKNOWN, output: PortType = UNKNOWN
) -> NetChain:
    """A chain of nets that are known to be nets: how surgery makes its results."""
    chain = object.__new__(NetChain)
    chain_with(chain, nodes, input, output)
    check_shapes(chain)
    return chain


def _check_ports(nodes: Mapping[Key, Net]) -> None:
    faults = []
    for position, (key, node) in enumerate(nodes.items()):
        inputs = len(node.input_names)
        fits = inputs == 1 or (inputs == 0 and position == 0)
        if node.is_variadic or not fits or len(node.output_names) != 1:
            faults.append(
                Fault(
                    "a node of a chain has one input and one output",
                    at=f"position {key!r} {node.kind}",
                    given=f"inputs {list(node.input_names)}, outputs {list(node.output_names)}",
                    fix="NetGraph connects nets with several ports",
                )
            )
    if faults:
        raise fail(OptionError, faults)


def warn_of_shadows(net: Net) -> None:
    """A node called like a port can not be reached by its name."""
    from wlnet.core.errors import RuleWarning, warn

    for name in net.nodes:
        if name in net.port_names:
            warn(
                RuleWarning,
                Fault(
                    f"the node {name!r} is called like a port: the name means the port",
                    at=net.kind,
                    fix="give the node another name",
                ),
            )
