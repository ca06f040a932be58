"""Ways through a net: to every node that it holds, and to the one at a path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from wlnet.core.parts import Addressable, Key, Path

N = TypeVar("N", bound=Addressable)


def walk(
    net: N, at: Path = (), enters: Callable[[Path, N], bool] | None = None
) -> Iterator[tuple[Path, N]]:
    """A net and all nodes in it at all levels, each with its path: a net before what it holds, and
    that in its order.

    at: the path of the net itself. enters: asked for every net once it has been given out, whether
    what it holds comes too; None: always.
    """
    yield at, net
    if enters is None or enters(at, net):
        nodes: Mapping[Key, Any] = net.nodes
        for key, node in nodes.items():
            yield from walk(node, (*at, key), enters)


def node_at(net: N, path: Path) -> N:
    """The node at a path of keys that is known to exist."""
    node: Any = net
    for key in path:
        node = node.nodes[key]
    return cast(N, node)
