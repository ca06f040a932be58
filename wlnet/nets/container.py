"""What chains, graphs and operators have in common: they hold nets, and the shared arrays of all of
them, and say with hooks what they do with these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, Self

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, OptionError, ShapeError, brief, fail
from wlnet.core.multipliers import array_places
from wlnet.core.names import a
from wlnet.core.net import EMPTY, Net
from wlnet.core.parts import Key, Path
from wlnet.core.ports import PortType
from wlnet.graph.builder import Mode
from wlnet.graph.graph import Graph, Value
from wlnet.nets.edges import Edge
from wlnet.nets.wires import ShapeWalk, Wire

Table = dict[str, Array]
Record = Mapping[str, Any]
"""What a file holds of a container beside its nodes, ports and rules, by field."""


class Written(NamedTuple):
    """What a file holds of a container.

    fields: what `record` gave. port_count: how many it tells; ports: reads them, if these are
    their names.
    """

    nodes: Mapping[Key, Net]
    fields: Record
    port_count: int
    ports: Callable[[list[str]], dict[str, PortType]]


Values = dict[str, Value]
"""What flows, by the name of its port."""
CONTAINERS: dict[str, type[Container]] = {}
"""Every kind of container by name: the closed table that files are read with."""


Probe = Callable[[tuple[Path, str], Value], Value]
"""What flows on at a port where a value comes."""


class Lowering(Protocol):
    """What writes the graph of primitives of a net, and asks every container how to."""

    @property
    def graph(self) -> Graph: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def made(self) -> dict[tuple[Path, str], Value]:
        """Every output port inside, by path."""
        ...

    def within(self, graph: Graph, probe: Probe | None = None) -> Lowering:
        """The same, writing into another graph, as the body of a scan. probe: what becomes of
        values at the ports inside that a gradient is asked by."""
        ...

    def asked_within(self, path: Path) -> bool:
        """Whether a gradient is asked by a port of a part, or inside of it."""
        ...

    def mark(self, port: tuple[Path, str], value: Value) -> None:
        """Say what a gradient by a port is taken by."""
        ...

    def shape(self, port: tuple[Path, str]) -> tuple[int, ...]:
        """The shape of a port inside, without the batch."""
        ...

    def visit(self, net: Net, path: Path, inputs: Values, batch: int) -> Values:
        """The outputs of a net for so many examples."""
        ...

    def begun(self, net: Net, path: Path, inputs: Values, batch: int) -> dict[str, Value | None]:
        """What the states of a net are before the first step; None for zeros."""
        ...

    def marked(self, path: Path, values: Values) -> Values:
        """What flows at ports of a net; another value where a gradient is asked by it."""
        ...

    def told(self, path: Path) -> Path:
        """The path that calls have for their origin."""
        ...


class Container(Net):
    """A net that holds nets: as a sequence it is that of its nodes, in their order.

    `len(net)` counts the nodes, `for node in net` goes through them, `net.nodes` has their keys.

    A kind of container is a class with a `kind` of its own. What it does with its nets it says in
    the hooks below, which everybody else asks: a hook that it does not have raises
    NotImplementedError with its name. No kind extends another, so none falls back on what another
    does.
    """

    record_fields: ClassVar[tuple[str, ...]]
    """What its record in a file has beside its nodes, ports and rules: the keys of `record()`."""

    def __init_subclass__(cls) -> None:
        if "kind" not in vars(cls):
            return
        for base in cls.__mro__[1:]:
            if base.__name__ in CONTAINERS:
                raise TypeError(
                    f"no container extends a container: {cls.__name__} extends {base.__name__}"
                )
        CONTAINERS[cls.kind] = cls

    # What every kind of container says of itself

    def links(self) -> list[Edge]:
        """The edges between its nodes, and those from and to its own ports."""
        raise unsaid(self, "links")

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        """Give wires to the ports of its nodes: `walk.visit` each, with `wires` at the own ports.

        path: where it stands in the whole net.
        """
        raise unsaid(self, "wire")

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        """Its outputs, made by `walk.visit` of its nodes.

        An input that nobody needs is left out, and so is then an output that it would take.
        """
        raise unsaid(self, "lower")

    @property
    def repeats(self) -> int | None:
        """How many times a program has its nodes, each time with what they gave before; None: once,
        and with nothing of their own."""
        raise unsaid(self, "repeats")

    @property
    def in_order(self) -> bool | None:
        """Whether it goes through a sequence in order, each element by itself or after the one
        before; None: as its nodes do."""
        return False

    @property
    def read_whole(self) -> Collection[str]:
        """The inputs that each element gets as a whole, where it goes in order."""
        return ()

    @property
    def made_losses(self) -> Mapping[str, Net | None]:
        """Where it makes its outputs itself of what its nodes give: the loss that each of them
        gets if nobody says, None for one that is a loss. An output that is not there gets none."""
        return EMPTY

    @classmethod
    def fixed_keys(cls) -> tuple[str, ...] | None:
        """The keys of its nodes, where they are always the same."""
        return None

    @property
    def turns(self) -> int:
        """How many times its nodes are computed one after the other, whether a program has them as
        often or once, in a loop over its own count."""
        return self.repeats or 1

    def arguments(self) -> list[str]:
        """What its constructor takes after the nodes and before the options, as Python."""
        raise unsaid(self, "arguments")

    def record(self) -> Record:
        """What a file holds of it beside its nodes, ports and rules: "Edges", a list of Edge, or
        "Parameters", by name."""
        raise unsaid(self, "record")

    @classmethod
    def from_record(cls, written: Written) -> Self:
        """The container that a file holds, without rules."""
        raise unsaid(cls, "from_record")

    def renamed(
        self, nodes: Mapping[Key, Net], keys: Mapping[Key, Key], ports: Mapping[str, str]
    ) -> Container:
        """The same under other names and no rules: keys and ports tell the new ones by the old.

        nodes: by their new keys, with the shared arrays that they need.
        """
        raise unsaid(self, "renamed")

    def exchanged(self, key: Key, node: Net) -> Self | None:
        """The same with another node at a key, one of as many ports; what names its ports follows
        where they have other names. None where it cannot."""
        raise unsaid(self, "exchanged")

    # What it is as a sequence

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Net]:
        return iter(self.nodes.values())

    def __reversed__(self) -> Iterator[Net]:
        return iter(tuple(self.nodes.values())[::-1])

    def __contains__(self, node: object) -> bool:
        if not isinstance(node, Net):
            raise fail(
                OptionError,
                Fault(
                    f"{a(self.kind)} contains nets",
                    given=brief(node),
                    fix=f"{brief(node, 40)} in net.nodes, where a key was meant",
                ),
            )
        return any(node == each for each in self.nodes.values())


def unsaid(of: Container | type[Container], hook: str) -> NotImplementedError:
    """The error about a kind of container that does not say what it does."""
    return NotImplementedError(
        f"{of.kind} does not say `{hook}`: its class needs this hook of Container"
    )


def as_container(net: Net) -> Container:
    """A net that holds nets. Raises TypeError for what is neither a layer nor a container."""
    if isinstance(net, Container):
        return net
    raise TypeError(f"{net.kind} is neither a layer nor a container")


def hoist(nodes: Mapping[Key, Net]) -> tuple[dict[Key, Net], Table]:
    """The nodes without tables of shared arrays, and one table for all of them.

    Raises OptionError when two nodes bring different numbers under one name: nothing is lost
    silently.
    """
    table: Table = {}
    owner: dict[str, Key] = {}
    bare: dict[Key, Net] = {}
    for key, node in nodes.items():
        for name, array in node.shared.items():
            if name in table and (
                table[name].shape != array.shape or table[name].tobytes() != array.tobytes()
            ):
                kind = OptionError if table[name].shape == array.shape else ShapeError
                raise fail(
                    kind,
                    Fault(
                        f"two different arrays are called {brief(name)}",
                        at=f"parts {brief(owner[name])} and {brief(key)}",
                        given=f"arrays of shapes {table[name].shape} and {array.shape}",
                        fix="give one of them another name, or make them equal first: "
                        f'net_replace_part(net, {{NetSharedArray("{name}"): array}})',
                    ),
                )
            table.setdefault(name, array)
            owner.setdefault(name, key)
        bare[key] = node._with(shared=EMPTY) if node.shared else node
    return bare, table


def without_coders(net: Net, names: Iterable[str]) -> Net:
    """The same net with plain shapes where it had coders at these ports."""
    drop = [name for name in names if name in net.ports and net.ports[name].coder is not None]
    if not drop:
        return net
    ports = {
        name: PortType(port.shape, port.element) if name in drop else port
        for name, port in net.ports.items()
    }
    return net._with(ports=ports)


def shared_names(net: Net) -> list[str]:
    """The names of shared arrays that occur in a net, in its order."""
    return list(
        dict.fromkeys(place.shared for place in array_places(net) if place.shared is not None)
    )


def with_needed_table(net: Net, table: Mapping[str, Array]) -> Net:
    """A net with those entries of a table that occur in it."""
    needed = {name: table[name] for name in shared_names(net) if name in table}
    return net if dict(net.shared) == {} == needed else net._with(shared=needed)


def rebuilt(root: Net, new: Mapping[Path, Net]) -> Net:
    """The root with other nets at some paths, none of which leads through another; only what lies
    on the way to them is made anew. What is shared stays with the root."""
    if () in new:
        return new[()]
    inside: dict[Key, dict[Path, Net]] = {}
    for path, node in new.items():
        inside.setdefault(path[0], {})[path[1:]] = node
    if not inside:
        return root
    nodes = {key: rebuilt(node, inside.get(key, {})) for key, node in root.nodes.items()}
    return root._with(nodes=nodes)
