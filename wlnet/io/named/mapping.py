"""A mapping, as the user writes it: which parts of a net are which entries of a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wlnet.core.errors import Fault, OptionError, PartError, brief, fail
from wlnet.core.finding import find
from wlnet.core.gathered import Gathered
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, Path, is_under, key_text
from wlnet.core.rules import ArrayKey
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.io.keys import key_of
from wlnet.io.named.layouts import ANY_NAME
from wlnet.io.named.sources import Source
from wlnet.io.named.units import FileUnit, NetUnit, is_counter


@dataclass
class Scope:
    """Layers of a net, and the units of a file in which they are looked for."""

    net: list[NetUnit]
    file: list[FileUnit]
    at: Path = ()
    prefix: str = ""


@dataclass
class Mapped:
    """What a mapping says. arrays: array -> entry. left: arrays that stay as they are. unread:
    entries that are left out. scopes: what is matched, each by itself."""

    arrays: dict[ArrayKey, str] = field(default_factory=dict)
    left: set[ArrayKey] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    scopes: list[Scope] = field(default_factory=list)


def mapped(
    net: Net, source: Source, given: object, units: Sequence[NetUnit], file: Sequence[FileUnit]
) -> Mapped:
    """What a mapping says of a net and a file. Raises OptionError, PartError: all its faults."""
    gathered = Gathered()
    found = Mapped()
    if given is AUTOMATIC:
        pass
    elif isinstance(given, Mapping):
        for part, name in given.items():
            gathered.attempt(lambda p=part, n=name: _row(found, net, source, units, file, p, n))  # type: ignore[misc]
    elif callable(given):
        _asked(found, net, source, units, file, given, gathered)
    else:
        what = "a mapping is AUTOMATIC, {part: name}, or a function of a name"
        gathered.add(Fault(what, "mapping", brief(given), fix='{"encoder": "model.encoder"}'))
    gathered.tell()
    _rest(found, units, file)
    return found


def keys_under(net: Net, part: object) -> list[ArrayKey]:
    """The arrays of a part, or an array. Raises PartError."""
    places = array_places(net)
    if isinstance(part, NetSharedArray):
        keys = [place.key for place in places if place.shared == part.name]
        if not keys:
            known = [place.key for place in places if place.shared is not None]
            raise _unknown(f"there is no shared array {part.name!r}", part, known)
        return keys[:1]
    there = [place.path for place in find(net, part) if place.kind in ("node", "array")]
    found = [place.key for place in places if any(is_under(place.path, path) for path in there)]
    if not found:
        raise _unknown("a part without arrays", part, [place.key for place in places])
    return list(dict.fromkeys(found))


def _unknown(what: str, part: object, known: Sequence[ArrayKey]) -> PartError:
    fault = Fault(what, "mapping", brief(part), known=[*map(key_text, known)])
    return fail(PartError, fault)


def _row(
    found: Mapped, net: Net, source: Source, units: Sequence[NetUnit],
    file: Sequence[FileUnit], part: object, name: object,
) -> None:  # fmt: skip
    keys = keys_under(net, part)
    if name is None:
        found.left |= set(keys)
        return
    if not isinstance(name, str):
        raise _misnamed(f"{brief(part)}: a name in the file is a string, or None", name, source)
    if _is_array(net, part):
        if name not in source.entries:
            raise _misnamed(f"{brief(part)}: there is no such entry in the file", name, source)
        found.arrays[keys[0]] = name
        return
    those = [unit for unit in file if name in (unit.name, unit.title)]
    those = those or [unit for unit in file if _begins(unit, name)]
    if not those:
        what = f"{brief(part)}: nothing in the file has this name"
        raise _misnamed(what, name, source, [unit.name for unit in file])
    there = [place.path for place in find(net, part)]
    inside = [unit for unit in units if any(is_under(unit.path, path) for path in there)]
    at = there[0] if len(there) == 1 else ()
    found.scopes.append(Scope(inside, those, at, name))


def _is_array(net: Net, part: object) -> bool:
    if isinstance(part, NetSharedArray):
        return True
    places = find(net, part)
    return len(places) == 1 and places[0].kind == "array"


def _begins(unit: FileUnit, name: str) -> bool:
    """Whether the name of a unit begins with another, up to where a step ends."""
    return re.match(re.escape(name) + r"[./]|" + re.escape(name) + "_l[0-9]", unit.name) is not None


def _misnamed(what: str, name: object, source: Source, units: Sequence[str] = ()) -> OptionError:
    known = list(dict.fromkeys([*units, *source.entries]))
    hint = suggestion(name, known) if isinstance(name, str) else None
    return fail(OptionError, Fault(what, "mapping", brief(name), known=known, fix=hint))


def _asked(
    found: Mapped, net: Net, source: Source, units: Sequence[NetUnit],
    file: Sequence[FileUnit], function: Callable[[str], Any], gathered: Gathered,
) -> None:  # fmt: skip
    """What a function says of every entry: a part, or None."""
    parts: dict[tuple[ArrayKey, ...], tuple[object, set[str]]] = {}
    for name in source.entries:
        if is_counter(name):
            continue
        try:
            part = function(name)
        except Exception as error:
            what, given = "the mapping raised an error", f"{type(error).__name__}: {error}"
            fix = "a function that gives the part that a name stands for, or None"
            raise fail(OptionError, Fault(what, f"mapping({name!r})", given, fix=fix)) from error
        if part is None:
            found.unread.add(name)
            continue
        keys = gathered.attempt(lambda p=part: keys_under(net, p), at=f"mapping({name!r})")  # type: ignore[misc]
        if keys is None:
            continue
        if _is_array(net, part):
            found.arrays[keys[0]] = name
        else:
            parts.setdefault(tuple(keys), (part, set()))[1].add(name)
    for those, (_, names) in parts.items():
        inside = [unit for unit in units if set(unit.keys.values()) & set(those)]
        there = []
        for unit in file:
            slots = {slot: entry for slot, entry in unit.slots.items() if entry.name in names}
            if slots:
                there.append(FileUnit(unit.name, slots, unit.title))
        found.scopes.append(Scope(inside, there))


def _rest(found: Mapped, units: Sequence[NetUnit], file: Sequence[FileUnit]) -> None:
    """Take what was said out of the scopes, and make a scope of all that nothing was said of."""
    gone = found.left | set(found.arrays)
    used = set(found.arrays.values()) | found.unread

    def of_net(those: Sequence[NetUnit]) -> list[NetUnit]:
        kept = []
        for unit in those:
            arrays = [array for array, key in unit.keys.items() if key not in gone]
            if arrays:
                kept.append(unit if len(arrays) == len(unit.keys) else unit.only(arrays))
        return kept

    def of_file(those: Sequence[FileUnit]) -> list[FileUnit]:
        kept = []
        for unit in those:
            slots = {slot: e for slot, e in unit.slots.items() if e.name not in used}
            if slots:
                kept.append(FileUnit(unit.name, slots, unit.title))
        return kept

    for scope in found.scopes:
        scope.net, scope.file = of_net(scope.net), of_file(scope.file)
    said = {unit.path for scope in found.scopes for unit in scope.net}
    named = {e.name for scope in found.scopes for unit in scope.file for e in unit.slots.values()}
    used |= named
    rest = [unit for unit in of_net(units) if unit.path not in said]
    found.scopes.append(Scope(rest, of_file(file)))


def own_names(keys: Sequence[ArrayKey], source: Source) -> dict[ArrayKey, str]:
    """The arrays whose names in files of wlnet the source has."""
    return {key: key_of(key) for key in keys if key_of(key) in source.entries}


def single(unit: NetUnit, array: str, entry: str, source: Source) -> tuple[NetUnit, FileUnit]:
    """An array and an entry as units by themselves."""
    alone = unit.only([array])
    return (
        NetUnit(
            alone.path,
            alone.kind,
            alone.keys,
            alone.shapes,
            is_alone=True,
            picture=alone.picture,
            raised=alone.raised,
        ),
        FileUnit(entry, {ANY_NAME: source.entries[entry]}),
    )
