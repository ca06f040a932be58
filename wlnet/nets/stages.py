"""Stages of a net: which of its parts learn how far from the output.

A stage is counted from the output: 0 is the part that learns last in the order of computing, 1 the
one before it, and so on. Parts without arrays that learn are no step of this way. Where there are
several ways to an output, the one with most parts that learn counts: so a part stands on a later
stage than everything that it leads to.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.finding import find
from wlnet.core.multipliers import MultiplierTable, Row, multiplier_table
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.symbols import ALL, ANY, AUTOMATIC
from wlnet.core.walking import node_at, walk
from wlnet.nets.connections import connections


@dataclass
class Stages:
    """The stages of the arrays of a net, and its parts from the output on.

    own: the rates that the net itself carries. parts: their paths, with their stages, in order; a
    part whose arrays all rest is none. of: the stage of every array. count: how many there are.
    """

    own: Mapping[ArrayKey, float]
    parts: list[tuple[Path, int]] = field(default_factory=list)
    of: dict[ArrayKey, int] = field(default_factory=dict)
    count: int = 0


def stages_of(net: Net, inside: object = AUTOMATIC) -> Stages:
    """The stages of a net whose nodes are its parts.

    inside: nets in it whose own nodes are parts in their place; ALL of them; AUTOMATIC, where a
    single part learns and is a net, that one. An array that several parts share is on the first of
    their stages. What the net itself freezes does not learn. Running statistics alone make no stage
    of their own: they are on that of the parts that lead to them.
    Raises PartError, OptionError.
    """
    table = multiplier_table(net, AUTOMATIC, warnings=False)
    within = _entered(net, inside, table)
    found = _counted(net, _parts(net, within), table)
    last = max(found.count - 1, 0)
    found.parts = [(path, min(stage, last)) for path, stage in found.parts]
    found.of = {key: min(stage, last) for key, stage in found.of.items()}
    return found


def _entered(net: Net, inside: object, table: MultiplierTable) -> set[Path]:
    """The paths of the nets whose nodes are parts; the net itself is one of them."""
    if inside is ALL or inside is ANY:
        return {path for path, node in walk(net) if node.nodes}
    if inside is not AUTOMATIC:
        return _named(net, inside)
    within: set[Path] = {()}
    held = _held(table)
    while True:
        learning = [
            path for path in _parts(net, within) if any(row.trained for row in held.get(path, []))
        ]
        if len(learning) != 1 or not node_at(net, learning[0]).nodes:
            return within
        within.add(learning[0])


def _named(net: Net, inside: object) -> set[Path]:
    """The paths of the nets that a part names, and of those around them."""
    places = find(net, inside)
    faults = [
        Fault(
            "what has no nodes has no parts to count",
            at="inside",
            given=brief(inside),
            expected="a net in the net, such as a chain",
            fix=f"{path_text(place.path)} is a part of its own",
        )
        for place in places
        if place.kind != "node" or not node_at(net, place.path).nodes
    ]
    if faults:
        raise fail(OptionError, faults)
    paths = [place.path for place in places]
    return {path[:length] for path in paths for length in range(len(path) + 1)}


def _parts(net: Net, within: set[Path]) -> list[Path]:
    """The paths of the parts, in the order of the net; of a layer, its own."""
    paths = [(path, node) for path, node in walk(net, (), lambda path, _: path in within)]
    return [path for path, node in paths if path not in within or not node.nodes]


def _held(table: MultiplierTable) -> dict[Path, list[Row]]:
    """The arrays in every part, at all levels."""
    found: dict[Path, dict[ArrayKey, Row]] = {}
    for row in table:
        for place in row.places:
            for length in range(len(place.path)):
                found.setdefault(place.path[:length], {})[row.key] = row
    return {path: list(rows.values()) for path, rows in found.items()}


def _counted(net: Net, parts: list[Path], table: MultiplierTable) -> Stages:
    """The stages by a walk from the outputs: always on from the part that is nearest to them."""
    before, open_ends = _ways(net, parts)
    stages, held = Stages(table.values_by_key()), _held(table)
    number = {path: i for i, path in enumerate(parts)}
    base = dict.fromkeys(parts, 0)
    # Of parts that are equally near, the one that stands last in the net comes first.
    ready = [(0, -number[path]) for path in parts if not open_ends[path]]
    heapq.heapify(ready)
    while ready:
        stage, place = heapq.heappop(ready)
        path = parts[-place]
        # Running statistics too, which no gradient moves.
        moving = [row for row in held.get(path, []) if row.multiplier]
        # What parts nearer to the output hold too was counted there.
        counts = any(stages.of.get(row.key, stage) == stage for row in moving if row.trained)
        for row in moving:
            stages.of.setdefault(row.key, stage)
        if moving:
            stages.parts.append((path, stage))
        if counts:
            stages.count = stage + 1
        for source in before[path]:
            base[source] = max(base[source], stage + counts)
            open_ends[source] -= 1
            if not open_ends[source]:
                heapq.heappush(ready, (base[source], -number[source]))
    return stages


def _ways(net: Net, parts: list[Path]) -> tuple[dict[Path, list[Path]], dict[Path, int]]:
    """For every part those that lead straight to it, and to how many others it leads."""
    known = set(parts)

    def part(layer: Path) -> Path:
        return next(layer[:n] for n in range(len(layer) + 1) if layer[:n] in known)

    before: dict[Path, list[Path]] = {path: [] for path in parts}
    after = dict.fromkeys(parts, 0)
    ways = dict.fromkeys((part(source), part(target)) for source, target in connections(net))
    for source, target in ways:
        if source != target:
            before[target].append(source)
            after[source] += 1
    return before, after
