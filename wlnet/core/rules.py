"""Ordered rules `part -> value`: which rule speaks for which array.

Used for learning rate multipliers and, with other values, for L2 regularization, clippings and
update schedules. The first rule that selects a place wins there.

Wolfram Language: LearningRateMultipliers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from wlnet.core.errors import Fault, PartError, RuleError, RuleWarning, brief, fail, warn
from wlnet.core.finding import find, shadowed
from wlnet.core.parts import ROOT, Addressable, Alternatives, Key, NetSharedArray, Path
from wlnet.core.rule_lists import (
    Read,
    Rule,
    RuleList,
    names_shared_arrays,
    parse_rules,
)
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import ALL, ANY, Symbol

T = TypeVar("T")
ArrayKey = Path | NetSharedArray


@dataclass(frozen=True)
class ArrayPlace:
    """One place of an array in a net: its path, its shared name if it has one, and its role."""

    path: Path
    shared: str | None = None
    statistic: bool = False

    @property
    def key(self) -> ArrayKey:
        return self.path if self.shared is None else NetSharedArray(self.shared)


class Ruled(Addressable, Protocol):
    """What the rules see of a net."""

    @property
    def kind(self) -> str: ...
    @property
    def nodes(self) -> Mapping[Key, Ruled]: ...
    @property
    def learning_rate_rules(self) -> RuleList: ...
    @property
    def statistic_names(self) -> frozenset[str]: ...


@dataclass(frozen=True)
class Holder:
    """A net that holds rules: where it stands in the whole, and the rules, relative to it."""

    net: Ruled
    rules: RuleList
    path: Path = ()
    option: str = "LearningRateMultipliers"

    @property
    def name(self) -> str:
        if self.option != "LearningRateMultipliers":
            return self.option
        where = f" at {'/'.join(map(str, self.path))}" if self.path else ""
        return f"the option of the {self.net.kind}{where}"


Matches = dict[ArrayKey, list[Rule]]


def match(holder: Holder, places: list[ArrayPlace]) -> Matches:
    """For every array under a holder the rules that select it, the winner first.

    `places` are those of the whole net; paths of rules are relative to the holder. A shared array
    has one
    answer: the rules of all its places, the left-most first. Raises RuleError for parts that do not
    exist, all at once: no edit leaves a rule behind that names what is not there.
    """
    inside = [place for place in places if place.path[: len(holder.path)] == holder.path]
    matches: Matches = {}
    under = _under(inside)
    faults: list[Fault] = list(holder.rules.faults)
    for rule in holder.rules:
        try:
            selected = _selected(holder, rule.part, inside, under)
        except PartError as error:
            faults += [_unknown_part(holder, rule, fault) for fault in error.faults]
            continue
        for key in dict.fromkeys(place.key for place in selected):
            matches.setdefault(key, []).append(rule)
    if faults:
        raise fail(RuleError, faults)
    return matches


def _under(places: list[ArrayPlace]) -> dict[Path, list[int]]:
    """For every path above an array, and its own, the numbers of the places under it."""
    found: dict[Path, list[int]] = {}
    for number, place in enumerate(places):
        for depth in range(len(place.path) + 1):
            found.setdefault(place.path[:depth], []).append(number)
    return found


def _selected(
    holder: Holder, part: object, inside: list[ArrayPlace], under: dict[Path, list[int]]
) -> list[ArrayPlace]:
    if part is ANY or part is ALL:
        return inside
    if isinstance(part, NetSharedArray):
        if part.name is ALL:
            return [place for place in inside if place.shared is not None]
        found = [place for place in inside if place.shared == part.name]
        if not found:
            raise _unknown_shared(part, inside)
        return found
    if isinstance(part, Alternatives) and names_shared_arrays(part):
        chosen = [_selected(holder, each, inside, under) for each in part.steps]
        return list(dict.fromkeys(place for places in chosen for place in places))
    # A port may be called like a node, and shadows it: it has no arrays.
    there = [place for place in find(holder.net, part) if place.kind in ("node", "array")]
    paths = [(*holder.path, *place.path) for place in there]
    numbers = sorted({number for path in paths for number in under.get(path, ())})
    return [inside[number] for number in numbers]


def _unknown_shared(part: NetSharedArray, inside: list[ArrayPlace]) -> PartError:
    names = list(dict.fromkeys(place.shared for place in inside if place.shared is not None))
    return fail(
        PartError,
        Fault(
            f"there is no shared array {brief(part.name)}",
            known=[NetSharedArray(name) for name in names],
            fix=suggestion(part.name, names),
        ),
    )


def _unknown_part(holder: Holder, rule: Rule, fault: Fault) -> Fault:
    number = f"rule {rule.number}, " if rule.number else ""
    inside = f", inside {fault.at}" if fault.at not in (None, ROOT) else ""
    return Fault(
        f"a rule selects nothing: {fault.what}",
        at=f"{number}{holder.name}{inside}",
        given=f"{brief(rule.part)} -> {brief(rule.value)}",
        known=fault.known,
        fix=fault.fix,
    )


def warn_of_idle_rules(holder: Holder, matches: Matches, phase: str = "") -> None:
    """Warn of rules that decide nothing: hidden by earlier ones, or on a part without arrays.

    phase: in which they hold, where there are several.
    """
    at = f"{phase}, {holder.name}" if phase else holder.name
    winners: dict[int, list[ArrayKey]] = {}
    losers: dict[int, list[Rule]] = {}
    for key, rules in matches.items():
        winners.setdefault(id(rules[0]), []).append(key)
        for rule in rules[1:]:
            losers.setdefault(id(rule), []).append(rules[0])
    last = holder.rules.rules[-1] if holder.rules else None
    for rule in holder.rules:
        if id(rule) in winners or rule.number is None:
            continue
        if rule is last and isinstance(rule.part, Symbol):
            continue
        hiding = list(dict.fromkeys(losers.get(id(rule), [])))
        if hiding:
            by = " and ".join(map(str, hiding))
            warn(
                RuleWarning,
                Fault(
                    f"a rule is hidden by {by}",
                    at=at,
                    given=str(rule),
                    fix="the first match wins: put special rules before general ones",
                ),
            )
        else:
            warn(
                RuleWarning,
                Fault(
                    "a rule selects a part without arrays that could learn",
                    at=at,
                    given=str(rule),
                    fix=shadowed(holder.net, rule.part) if isinstance(rule.part, str) else None,
                ),
            )


def chosen(
    net: Ruled, places: list[ArrayPlace], given: object, option: str, read: Read, default: T
) -> dict[ArrayKey, float | T]:
    """The value of a rule list other than the multipliers (L2, clippings) for every array of a
    net."""
    holder = Holder(net, parse_rules(given, option, read), (), option)
    matches = match(holder, places)
    warn_of_idle_rules(holder, matches)
    return {
        key: matches[key][0].value if key in matches else default
        for key in dict.fromkeys(p.key for p in places)
    }


def keys_in_order(places: list[ArrayPlace]) -> list[ArrayKey]:
    """Every array once, where it first occurs."""
    return list(dict.fromkeys(place.key for place in places))
