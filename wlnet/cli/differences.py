"""How two nets differ: array by array, and in what they are besides their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.digests import digest
from wlnet.core.errors import MOST
from wlnet.core.net import Net
from wlnet.core.parts import MULTIPLIERS, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import shape_text
from wlnet.core.walking import walk
from wlnet.nets.arrays import arrays_of
from wlnet.nets.inference import inferred_port

SAME = "the same"
WHOLE = "the net"


class Difference(NamedTuple):
    """One array of two nets. largest: between two of its numbers; relative: the norm of what
    changed, by that of the first; None where there is nothing to compare with."""

    key: ArrayKey
    what: str
    largest: float | None = None
    relative: float | None = None
    digests: tuple[str | None, str | None] = (None, None)

    @property
    def is_same(self) -> bool:
        """Whether every bit is."""
        return self.what == SAME


def array_differences(a: Net, b: Net) -> list[Difference]:
    """All arrays of two nets, in their order."""
    ours, theirs = arrays_of(a), arrays_of(b)
    return [_compared(key, ours, theirs) for key in {**ours, **theirs}]


def _compared(
    key: ArrayKey, ours: Mapping[ArrayKey, Any], theirs: Mapping[ArrayKey, Any]
) -> Difference:
    if key not in theirs:
        return Difference(key, "only in A", digests=(_digest(ours[key]), None))
    if key not in ours:
        return Difference(key, "only in B", digests=(None, _digest(theirs[key])))
    x, y = ours[key], theirs[key]
    digests = _digest(x), _digest(y)
    if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
        both = not isinstance(x, np.ndarray) and not isinstance(y, np.ndarray)
        named = "A" if not isinstance(x, np.ndarray) else "B"
        return Difference(key, SAME if both else f"without numbers in {named}", digests=digests)
    if x.shape != y.shape:
        what = f"shape {shape_text(x.shape)} -> {shape_text(y.shape)}"
        return Difference(key, what, digests=digests)
    if digests[0] == digests[1] and x.dtype == y.dtype:
        return Difference(key, SAME, 0.0, 0.0, digests)
    before, after = x.astype(np.float64), y.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        change = after - before
        largest = float(np.abs(change).max(initial=0))
        length = float(np.linalg.norm(before.ravel()))
        relative = float(np.linalg.norm(change.ravel())) / length if length else None
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    what = f"{int((~same).sum()):,} of {x.size:,} numbers"
    if x.dtype != y.dtype:
        what = f"{x.dtype} -> {y.dtype}, {what}"
    return Difference(key, what, largest, relative, digests)


def _digest(value: object) -> str | None:
    return digest(value) if isinstance(value, np.ndarray) else None


Row = tuple[str, str, str, str]
"""Where, what, in the first net, in the second."""


def structure_differences(a: Net, b: Net) -> list[Row]:
    """What two nets are besides their arrays: layers, parameters, ports, edges and rules."""
    ours, theirs = dict(walk(a)), dict(walk(b))
    rows: list[Row] = []
    for path in {**ours, **theirs}:
        at = path_text(path) or WHOLE
        above = path[:-1]
        if above not in ours or above not in theirs:
            continue  # it came, or went, with what holds it
        if path not in theirs:
            rows.append((at, "part", ours[path].kind, "-"))
        elif path not in ours:
            rows.append((at, "part", "-", theirs[path].kind))
        else:
            rows += ((at, *row) for row in _node(ours[path], theirs[path]))
    return [*rows, *_ports(a, b)]


def _node(x: Net, y: Net) -> Iterator[tuple[str, str, str]]:
    if x.kind != y.kind:
        yield "kind", x.kind, y.kind
        return
    for name in {**x.parameters, **y.parameters}:
        yield from _values(name, x.parameters.get(name), y.parameters.get(name))
    yield from _values(MULTIPLIERS, x.learning_rate_multipliers, y.learning_rate_multipliers)
    if set(x.nodes) == set(y.nodes):
        edges = list(_values("connections", x._structure(), y._structure()))
        yield from edges or _values("order of its parts", list(x.nodes), list(y.nodes))


def _ports(a: Net, b: Net) -> Iterator[Row]:
    for name in dict.fromkeys((*a.port_names, *b.port_names)):
        specs = [
            inferred_port(net, name).spec if name in net.port_names else None for net in (a, b)
        ]
        yield from ((WHOLE, *row) for row in _values(f"port {name}", *specs))


def _values(what: str, x: object, y: object) -> Iterator[tuple[str, str, str]]:
    """A row, where two values are written otherwise."""
    if repr(x) != repr(y):
        yield what, _cut(repr(x)), _cut(repr(y))


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."
