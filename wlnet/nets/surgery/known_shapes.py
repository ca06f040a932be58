"""What was known of the shapes of a net stays known when it is cut: where the rest of the net told
it, it is written at the port that was cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.ports import UNKNOWN, Element
from wlnet.core.shapes import Mismatch, merge
from wlnet.core.walking import node_at
from wlnet.nets.container import rebuilt
from wlnet.nets.inference import check_shapes, inference
from wlnet.nets.kept_rates import N
from wlnet.nets.rules_of_parts import Moves
from wlnet.nets.wires import Wire

Known = tuple[Path, str, Wire]
"""A port of a net (path and name), and what was known of it."""


def knowing(net: N, known: Iterable[Known]) -> N:
    """The net with as much said at its ports as it takes to know all this. Raises ShapeError where
    it cannot be.
    """
    known = list(known)
    now: Net = net
    for path, name, wire in known:
        node = node_at(now, path)
        ports = dict(node.ports)
        if name not in ports and node.is_variadic and name.isdecimal():
            # It declares all the inputs that it has, or none.
            numbers = {each for at, each, _ in known if at == path and each.isdecimal()}
            ports = dict.fromkeys(sorted(numbers, key=int), UNKNOWN) | ports
        if name not in ports or not _tells(wire, inference(now).ports.get((path, name), Wire())):
            continue
        port = ports[name]
        # A Real is what flows where nobody says otherwise.
        element: Element | None = port.element or ("Integer" if wire.element == "Integer" else None)
        told = node._with(ports={**ports, name: replace(port, shape=wire.shape, element=element)})
        now = rebuilt(now, {path: told})
        check_shapes(now)
    return cast("N", now)


def known_of(old: Net, moves: Moves) -> list[Known]:
    """What a net knows of the ports of its nodes, under their new paths."""
    ports = inference(old).ports
    return [
        (now, name, ports[before, name])
        for before, now in moves.items()
        for name in ports_around(old, before)
        if (before, name) in ports
    ]


def ports_around(net: Net, path: Path) -> tuple[str, ...]:
    """The ports of a part; the inputs of a variadic layer as the net around it has them."""
    node = node_at(net, path)
    names = dict.fromkeys(name for at, name in inference(net).ports if at == path)
    return tuple(names) if node.is_variadic else node.port_names


def _tells(wire: Wire, now: Wire) -> bool:
    if wire.element == "Integer" and now.element is None:
        return True
    try:
        return merge(now.shape, wire.shape) != now.shape
    except Mismatch:
        return True  # Written down, it raises the error that names both places.
