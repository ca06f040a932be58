"""Layers, as a net has them and as a file has them: arrays that belong together.

A net tells it by its layers. A file tells it by names: `encoder.0.weight` and `encoder.0.bias`
belong to `encoder.0`, whose slots they are. What has no such name is a unit of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import Path, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial
from wlnet.core.walking import node_at
from wlnet.io.named.layouts import ALIASES, ANY_NAME, LAYOUTS, slot_names
from wlnet.io.named.pictures import MIXED, Picture, pictures_of
from wlnet.io.named.raised import raised_in
from wlnet.io.named.sources import Entry, Source, natural
from wlnet.nets.inference import inference

_OF_LEVEL = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)(_l[0-9]+(?:_reverse)?)")
_COUNTERS = re.compile(
    r"(?:.*[./])?num_batches_tracked|optimizer(?:_weights)?/.*|.*/seed_generator_state.*|.*seed_generator/vars/0"
)
"""Entries that are not of the net: what a framework counts, and what its optimizer keeps."""


@dataclass(frozen=True)
class NetUnit:
    """The arrays of a layer that are wanted. keys, shapes: by the name of the array. have: those of
    its arrays that a layer before it has, being shared; shared: those that any other layer has, so
    that they may stand there. picture: what was put in a row, if its input was. raised: the picture
    that its output becomes."""

    path: Path
    kind: str
    keys: Mapping[str, ArrayKey]
    shapes: Mapping[str, Partial]
    have: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    is_alone: bool = False
    """Whether it is one array of several of a layer."""
    picture: Picture | None = None
    raised: Partial = None

    @property
    def name(self) -> str:
        return path_text(self.path) or self.kind

    def of_pictures(self) -> NetUnit:
        """The same, where what was put in a row is a picture, unless something else is told."""
        picture = self.picture
        return self if picture is None else replace(self, picture=picture.as_pictures())

    def only(self, arrays: Collection[str]) -> NetUnit:
        """The same with some of its arrays."""
        return NetUnit(
            self.path,
            self.kind,
            {array: key for array, key in self.keys.items() if array in arrays},
            {array: shape for array, shape in self.shapes.items() if array in arrays},
            self.have & set(arrays),
            self.shared & set(arrays),
            self.is_alone,
            self.picture,
            self.raised,
        )


@dataclass(frozen=True)
class FileUnit:
    """The entries of a file that belong to one layer, by slot. title: another name of it."""

    name: str
    slots: Mapping[str, Entry]
    title: str = ""


def units_of_net(net: Net, keys: Collection[ArrayKey]) -> list[NetUnit]:
    """The layers that have some arrays, in the order of the net."""
    solution = inference(net)
    raised = raised_in(net)
    known = _agreeing(net, pictures_of(net))
    wanted = frozenset(keys)
    taken: set[ArrayKey] = set()
    found: dict[Path, list[tuple[str, ArrayKey]]] = {}
    places = Counter(place.key for place in array_places(net))
    for place in array_places(net):
        if place.key in wanted:
            found.setdefault(place.path[:-1], []).append((str(place.path[-1]), place.key))
    units = []
    for path, arrays in found.items():
        units.append(
            NetUnit(
                path,
                node_at(net, path).kind,
                dict(arrays),
                {name: solution.array_shape((*path, name)) for name, _ in arrays},
                frozenset(name for name, key in arrays if key in taken),
                shared=frozenset(name for name, key in arrays if places[key] > 1),
                picture=known.get(path),
                raised=raised.get(path),
            )
        )
        taken.update(key for _, key in arrays)
    return units


def _agreeing(net: Net, known: Mapping[Path, Picture]) -> dict[Path, Picture]:
    """What was put in a row, by layer; in no order that is known where layers with one array differ
    in it."""
    places: dict[ArrayKey, list[Path]] = {}
    for place in array_places(net):
        if place.path[-1] != "Biases":
            places.setdefault(place.key, []).append(place.path[:-1])
    found = dict(known)
    for paths in places.values():
        pictures = [known.get(path) for path in paths]
        first = next(filter(None, pictures), None)
        if first is not None and any(picture != first for picture in pictures):
            mixed = Picture(tuple(replace(run, channels=MIXED) for run in first.runs))
            found |= dict.fromkeys(paths, mixed)
    return found


def apart(units: Iterable[NetUnit]) -> list[NetUnit]:
    """Every array as a unit of its own."""
    return [
        NetUnit(unit.path, unit.kind, {array: key}, {array: unit.shapes[array]}, is_alone=True,
                picture=unit.picture, raised=unit.raised)
        for unit in units
        for array, key in unit.keys.items()
        if array not in unit.have
    ]  # fmt: skip


def is_counter(name: str) -> bool:
    """Whether an entry is known to be none of the net.

    >>> is_counter("bn.num_batches_tracked"), is_counter("optimizer/vars/0"), is_counter("a.bias")
    (True, True, False)
    """
    return _COUNTERS.fullmatch(name) is not None


def units_of_file(source: Source, layout: str | None) -> list[FileUnit]:
    """The layers of a file that names its entries as a layout does; without one, every entry."""
    entries = [entry for name, entry in source.entries.items() if not is_counter(name)]
    if layout is None or LAYOUTS[layout] is None:
        entries = sorted(entries, key=lambda entry: natural(entry.name))
        return [FileUnit(entry.name, {ANY_NAME: entry}) for entry in entries]
    known = slot_names(layout)
    aliases = ALIASES.get(layout, {})
    groups: dict[str, dict[str, Entry]] = {}
    alone: list[FileUnit] = []
    for entry in entries:
        unit, slot = split(entry.name)
        slot = aliases.get(slot, slot)
        if slot in known or (layout == "Keras" and slot.isdecimal()):
            groups.setdefault(unit, {})[slot] = entry
        else:
            alone.append(FileUnit(entry.name, {ANY_NAME: entry}))
    units = [
        FileUnit(name, slots, source.titles.get(f"layers/{name}/vars", ""))
        for name, slots in groups.items()
    ]
    return sorted([*units, *alone], key=lambda unit: natural(unit.name))


def split(name: str) -> tuple[str, str]:
    """The unit and the slot of an entry.

    >>> split("encoder.0.weight"), split("rnn.weight_hh_l1_reverse"), split("layers/dense/vars/0")
    (('encoder.0', 'weight'), ('rnn_l1_reverse', 'weight_hh'), ('dense', '0'))
    >>> split("model_weights/dense/seq/dense/kernel"), split("weight"), split("dense/kernel:0")
    (('dense', 'kernel'), ('', 'weight'), ('dense', 'kernel'))
    """
    name = name.removesuffix(":0")
    mark = "/" if "/" in name else "."
    unit, _, slot = name.rpartition(mark)
    level = _OF_LEVEL.fullmatch(slot)
    if level is not None:
        return unit + level[2], level[1]
    if mark == "/":
        steps = [step for step in unit.split("/") if step != "vars"]
        if steps[:1] == ["layers"]:
            steps = steps[1:]
        if steps[:1] == ["model_weights"]:
            # The name of the layer, then the names of the scopes that it was made in.
            steps = steps[1:2] if len(steps) < 4 else [steps[1]]
        if len(steps) > 1 and steps[-1] == "cell":
            steps = steps[:-1]
        unit = "/".join(steps)
    return unit, slot
