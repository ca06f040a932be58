"""Which layer of a file is which layer of a net.

What has the same name is the same. What has another name is matched by shape: a layer that only one
unit of the file fits is that unit, and layers that the same units fit are these, in the order of
the net and of the numbers in their names. Names that differ in more than numbers say nothing about
an order, so then nothing is matched, and the error says which ones have to be named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from wlnet.core.errors import Fault
from wlnet.core.parts import Path
from wlnet.io.named.fitting import fit, misfit
from wlnet.io.named.units import FileUnit, NetUnit

BY_ORDER = "by order and shape"
LISTED = 12
"""Names in a message."""


@dataclass
class Matching:
    """Pairs of layers, each with how it was found, and what is left over on both sides."""

    pairs: list[tuple[NetUnit, FileUnit, str]] = field(default_factory=list)
    net: list[NetUnit] = field(default_factory=list)
    file: list[FileUnit] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    told: list[NetUnit] = field(default_factory=list)
    """Layers that a fault is about."""
    told_entries: set[str] = field(default_factory=set)


def matched(
    net: Sequence[NetUnit], file: Sequence[FileUnit], layout: str, *,
    prefix: str = "", at: Path = (), partial: bool = False,
) -> Matching:  # fmt: skip
    """Pairs of layers of a net and units of a file.

    prefix, at: what the names of these units, and the paths of these layers, begin with.
    """
    found = Matching(net=list(net), file=list(file))
    _by_name(found, layout, prefix, at)
    # A layer all of whose arrays stand elsewhere may be in the file a second time, or not.
    tied = [unit for unit in found.net if set(unit.keys) == unit.have]
    found.net = [unit for unit in found.net if unit not in tied]
    _by_shape(found, layout)
    _tied(found, tied, layout)
    if not partial:
        _by_place(found, layout)
    return found


def _pair(found: Matching, unit: NetUnit, there: FileUnit, how: str) -> None:
    found.pairs.append((unit, there, how))
    found.net.remove(unit)
    found.file.remove(there)


class _Fits:
    """Which units of a file fit a layer; layers and units of the same shapes are asked once."""

    def __init__(self, file: Sequence[FileUnit], layout: str) -> None:
        self.layout = layout
        self.alike: dict[object, list[int]] = {}
        for n, there in enumerate(file):
            shapes = tuple((slot, entry.shape) for slot, entry in there.slots.items())
            self.alike.setdefault(shapes, []).append(n)
        self.file = file
        self.known: dict[object, list[int]] = {}

    def __call__(self, unit: NetUnit) -> list[int]:
        """The places of these units in the file."""
        kind = (unit.kind, tuple(unit.shapes.items()), unit.shared, unit.is_alone)
        if kind not in self.known:
            fitting = [those for those in self.alike.values() if self._is_fit(unit, those[0])]
            self.known[kind] = sorted(n for those in fitting for n in those)
        return self.known[kind]

    def _is_fit(self, unit: NetUnit, n: int) -> bool:
        met = fit(unit, self.file[n], self.layout)
        return met is not None and met.is_whole


def _by_name(found: Matching, layout: str, prefix: str, at: Path) -> None:
    names: dict[str, FileUnit] = {}
    for there in found.file:
        for name in (there.name, there.title):
            inner = name[len(prefix) :].lstrip("./") if name.startswith(prefix) else name
            names.setdefault(inner.replace("/", "."), there)
    for unit in list(found.net):
        path = unit.path[len(at) :]
        if not any(isinstance(step, str) for step in path) and layout != "wlnet":
            continue
        # Modules of PyTorch are counted from 0.
        first = 1 if layout == "PyTorch" else 0
        steps = [str(step - first) if isinstance(step, int) else step for step in path]
        layer = ".".join(steps)
        name = ".".join([layer, *unit.keys]) if unit.is_alone else layer
        for same in filter(None, (names.get(name), names.get(f"{name}_l0"), names.get(layer))):
            known = fit(unit, same, layout) if same in found.file else None
            # An entry that is called like the layer may be any of its arrays, if it has the shape.
            if known is not None and (known.is_whole or (name in names and not known.missing)):
                _pair(found, unit, same, "by name")
                break


def _by_shape(found: Matching, layout: str) -> None:
    while True:
        fits = list(map(_Fits(tuple(found.file), layout), found.net))
        pairs = _certain(found, fits)
        if not pairs:
            break
        for unit, there, how in pairs:
            _pair(found, unit, there, how)
    for unit, those in zip(list(found.net), fits, strict=True):
        if len(those) > 1:
            names = [found.file[n].name for n in those]
            found.faults.append(_ambiguous(unit, names))
            found.told.append(unit)
            found.told_entries |= {e.name for n in those for e in found.file[n].slots.values()}


def _certain(found: Matching, fits: list[list[int]]) -> list[tuple[NetUnit, FileUnit, str]]:
    """Pairs about which there is no doubt."""
    asked: dict[int, int] = {}
    for those in fits:
        for n in those:
            asked[n] = asked.get(n, 0) + 1
    alone = [
        (found.net[i], found.file[those[0]], "by shape")
        for i, those in enumerate(fits)
        if len(those) == 1 and asked[those[0]] == 1
    ]
    if alone:
        return alone
    groups: dict[tuple[int, ...], list[int]] = {}
    for i, those in enumerate(fits):
        if those:
            groups.setdefault(tuple(those), []).append(i)
    certain = []
    for group, units in groups.items():
        is_closed = all(asked[n] == len(units) for n in group)
        if len(units) == len(group) and is_closed:
            names = [found.file[n].name for n in group]
            if is_counted(names):
                certain += [
                    (found.net[i], found.file[n], BY_ORDER)
                    for i, n in zip(units, group, strict=True)
                ]
    return certain


def is_counted(names: Sequence[str]) -> bool:
    """Whether names differ in their numbers alone, so that these tell an order.

    >>> is_counted(["0", "2", "10"]), is_counted(["dense", "dense_1"]), is_counted(["q", "k"])
    (True, True, False)
    """
    return len({_template(name) for name in names}) == 1


def _template(name: str) -> str:
    # Keras counts dense, dense_1, dense_2.
    return re.sub(r"[0-9]+", "#", re.sub(r"_[0-9]+(?=/|$)", "", name))


def _ambiguous(unit: NetUnit, names: Sequence[str]) -> Fault:
    part = unit.path if len(unit.path) != 1 else unit.path[0]
    return Fault(
        "several layers of the file fit a part, and their names tell no order",
        at=unit.name,
        given=", ".join(names[:LISTED]),
        fix=f"say which: mapping={{{part!r}: {names[0]!r}, ...}}",
    )


def _tied(found: Matching, tied: Sequence[NetUnit], layout: str) -> None:
    """Layers whose arrays are those of others: they may stand in the file once more."""
    for n, unit in enumerate(tied):
        those = _Fits(found.file, layout)(unit)
        alike = [other for other in tied[n:] if other.keys == unit.keys]
        if 0 < len(those) <= len(alike):
            found.net.append(unit)
            _pair(found, unit, found.file[those[0]], "by shape")


def _by_place(found: Matching, layout: str) -> None:
    """What does not fit, put beside each other where there are as many on both sides, so that the
    message tells both shapes."""
    left = [unit for unit in found.net if unit not in found.told]
    there_left = [unit for unit in found.file if not set(entry_names([unit])) & found.told_entries]
    if len(left) != len(there_left):
        return
    for unit, there in zip(left, there_left, strict=True):
        known = fit(unit, there, layout)
        if known is None or known.missing or known.rest:
            continue
        found.faults += [misfit(each) for each in known.misshapen]
        found.told.append(unit)
        found.told_entries |= set(entry_names([there]))


def entry_names(units: Sequence[FileUnit]) -> list[str]:
    """The entries of units."""
    return [entry.name for unit in units for entry in unit.slots.values()]
