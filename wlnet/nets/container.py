"""What chains, graphs and operators have in common: they hold nets, and the shared arrays of all of
them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, ShapeError, brief, fail
from wlnet.core.multipliers import array_places
from wlnet.core.names import a
from wlnet.core.net import EMPTY, Net
from wlnet.core.parts import Key
from wlnet.core.ports import PortType

Table = dict[str, np.ndarray[Any, Any]]


class Container(Net):
    """A net that holds nets: as a sequence it is that of its nodes, in their order.

    `len(net)` counts the nodes, `for node in net` goes through them, `net.nodes` has their keys.
    """

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Net]:
        return iter(self.nodes.values())

    def __reversed__(self) -> Iterator[Net]:
        return iter(tuple(self.nodes.values())[::-1])

    def __contains__(self, node: Any) -> bool:
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


def with_needed_table(net: Net, table: Mapping[str, Any]) -> Net:
    """A net with those entries of a table that occur in it."""
    needed = {name: table[name] for name in shared_names(net) if name in table}
    return net if dict(net.shared) == {} == needed else net._with(shared=needed)
