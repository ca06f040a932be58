"""Which entries of a file become which arrays of a net: decided whole before anything is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from wlnet.core.errors import Fault
from wlnet.core.net import Net
from wlnet.core.parts import key_text
from wlnet.core.rules import ArrayKey
from wlnet.core.symbols import AUTOMATIC
from wlnet.io.named.fitting import IN_DOUBT, Fitted, doubt, fit, misfit
from wlnet.io.named.layouts import ANY_NAME, LAYOUTS, slot_names
from wlnet.io.named.mapping import Mapped, mapped, own_names, single
from wlnet.io.named.matching import entry_names, matched
from wlnet.io.named.sources import Source
from wlnet.io.named.units import FileUnit, NetUnit, apart, is_counter, split, units_of_file

LISTED = 12
LEFT_OVER = "entries of the file that are no array of the net"
"""Names in a message."""


@dataclass(frozen=True)
class Plan:
    """What becomes of a file. fitted: arrays with their entries, each with how it was found.
    missing: arrays that stay as they are; rest: entries that are not read."""

    layout: str
    fitted: tuple[tuple[Fitted, str], ...]
    missing: tuple[ArrayKey, ...]
    rest: tuple[str, ...]
    faults: tuple[Fault, ...]


def plans(
    net: Net, source: Source, mapping: object, layout: str | None, units: Sequence[NetUnit],
    *, turned: Collection[ArrayKey], partial: bool,
) -> list[Plan]:  # fmt: skip
    """A plan for every layout that the file may have. turned: arrays that a transform makes, whose
    shape is known only then."""
    keys = list(dict.fromkeys(key for unit in units for key in unit.keys.values()))
    if layout == "Keras":
        units = [unit.of_pictures() for unit in units]
    if mapping is AUTOMATIC and layout in (None, "wlnet"):
        own = own_names(keys, source)
        if own:
            return [_of_names(units, own, source, turned, partial)]
    known = layout or source.framework or framework_of(source)
    if known is not None and LAYOUTS[known] is not None:
        file = units_of_file(source, known)
        # Where no entry has a name that tells its layer, each is one array.
        wanted = units if any(ANY_NAME not in there.slots for there in file) else apart(units)
        return [_plan(net, source, mapping, known, wanted, file, turned, partial)]
    file = units_of_file(source, None)
    tried = [known] if known else ["wlnet", "Keras"]
    return [
        _plan(net, source, mapping, each, apart(units), file, turned, partial) for each in tried
    ]


def framework_of(source: Source) -> str | None:
    """Whose names the entries of a file have: those that one framework alone knows."""
    slots = {split(name)[1] for name in source.entries}
    only = {
        layout: slots & slot_names(layout) - frozenset[str]().union(
            *(slot_names(other) for other in LAYOUTS if other != layout)
        )
        for layout in LAYOUTS
    }  # fmt: skip
    found = [layout for layout, names in only.items() if names]
    return found[0] if len(found) == 1 else None


def _of_names(
    units: Sequence[NetUnit], own: Mapping[ArrayKey, str], source: Source,
    turned: Collection[ArrayKey], partial: bool,
) -> Plan:  # fmt: skip
    """The plan of a file that has wlnet's own names."""
    found = Mapped(arrays=dict(own))
    return _gathered(found, units, source, "wlnet", "by name", turned, partial)


def _plan(
    net: Net, source: Source, mapping: object, layout: str, units: Sequence[NetUnit],
    file: Sequence[FileUnit], turned: Collection[ArrayKey], partial: bool,
) -> Plan:  # fmt: skip
    found = mapped(net, source, mapping, units, file)
    return _gathered(found, units, source, layout, "mapping", turned, partial)


def _gathered(
    found: Mapped, units: Sequence[NetUnit], source: Source, layout: str, how: str,
    turned: Collection[ArrayKey], partial: bool,
) -> Plan:  # fmt: skip
    faults: list[Fault] = []
    pairs: list[tuple[NetUnit, FileUnit, str]] = []
    rest: list[str] = []
    by_key = {key: (unit, array) for unit in units for array, key in unit.keys.items()}
    for key, entry in found.arrays.items():
        pairs.append((*single(*by_key[key], entry, source), how))
    doubtful: set[ArrayKey] = set()
    for scope in found.scopes:
        met = matched(
            scope.net, scope.file, layout,
            prefix=scope.prefix, at=scope.at, partial=partial,
        )  # fmt: skip
        pairs += met.pairs
        faults += met.faults
        rest += entry_names(met.file)
        doubtful |= {key for unit in met.told for key in unit.keys.values()}
        rest = [name for name in rest if name not in met.told_entries]
    fitted: list[tuple[Fitted, str]] = []
    for unit, there, how_found in pairs:
        known = fit(unit, there, layout)
        if known is None:
            faults.append(_unknown(unit, layout))
            doubtful |= set(unit.keys.values())
            continue
        rest += known.rest
        if known.doubt is not None:
            faults.append(known.doubt)
            doubtful |= set(unit.keys.values())
            continue
        for each in known.fitted:
            key = unit.keys[each.array]
            if each.is_fitting() and each.in_doubt and key not in turned:
                faults.append(doubt(each))
                doubtful.add(key)
            elif key in turned or each.is_fitting():
                fitted.append((each, how_found))
            else:
                faults.append(misfit(each))
                doubtful.add(key)
    if not found.scopes:
        named = set(found.arrays.values())
        rest += [name for name in source.entries if name not in named and not is_counter(name)]
    got = {each.unit.keys[each.array] for each, _ in fitted} | doubtful | found.left
    missing = [key for key in by_key if key not in got]
    if not partial:
        faults = [*_left(missing, rest), *faults]
    elif not fitted and not faults:
        faults = [Fault("nothing in the file is an array of this net", given=_list(source.entries),
                        known=map(key_text, by_key))]  # fmt: skip
    kept = [key for key in by_key if key in found.left]
    unread = [name for name in source.entries if name in found.unread or is_counter(name)]
    return Plan(layout, tuple(fitted), (*missing, *kept), (*rest, *unread), tuple(faults))


def _left(missing: Sequence[ArrayKey], rest: Sequence[str]) -> Iterator[Fault]:
    if missing:
        yield Fault(
            "arrays of the net for which the file has nothing",
            given=_list(map(key_text, missing)),
            fix="mapping={part: name} says what they are called, {part: None} leaves them as they "
            "are, and partial=True all of them",
        )
    if rest:
        yield Fault(
            LEFT_OVER,
            given=_list(rest),
            fix="mapping=function of a name -> part, or None for what is not wanted; partial=True "
            "leaves them all",
        )


def _list(names: object) -> str:
    words = [str(name) for name in names]  # type: ignore[attr-defined]
    more = f", and {len(words) - LISTED} more" if len(words) > LISTED else ""
    return ", ".join(words[:LISTED]) + more


def _unknown(unit: NetUnit, layout: str) -> Fault:
    return Fault(
        f"how {layout} lays out the arrays of {unit.kind} is not known",
        at=unit.name,
        fix="name each array: mapping={(part, array): name}, with layout='wlnet' as they lie",
    )


def agreed(found: Sequence[Plan]) -> Plan:
    """The plan to follow: the only one without faults, or the one with the fewest, whose faults are
    told."""
    # Of a plan with an order in doubt it is not said that it is wrong.
    whole = [plan for plan in found if all(fault.what == IN_DOUBT for fault in plan.faults)]
    if len(whole) < 2 or (_same(whole[0], whole[1]) and not (whole[0].faults or whole[1].faults)):
        return (whole or sorted(found, key=lambda plan: len(plan.faults)))[0]
    one, other = (
        {each.unit.keys[each.array]: each.words for each, _ in plan.fitted} for plan in whole
    )
    arrays = [key for key in {**one, **other} if one.get(key) != other.get(key)]
    fault = Fault(
        "nothing tells how these arrays lie in the file: they fit as they are, and turned too",
        given=_list(map(key_text, arrays)),
        fix="layout='PyTorch', 'Keras', or 'wlnet' for arrays as they lie",
    )
    return replace(whole[0], faults=(fault,))


def _same(one: Plan, other: Plan) -> bool:
    return [(each.names, _turn(each)) for each, _ in one.fitted] == [
        (each.names, _turn(each)) for each, _ in other.fitted
    ]


def _turn(each: Fitted) -> object:
    """What is done with an entry; for one of a single level nothing, whatever it is called."""
    return each.words if len(each.shape or ()) > 1 or each.turns_picture else None
