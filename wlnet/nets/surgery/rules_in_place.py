"""Rules of a net in which parts were replaced: they speak for the places they spoke for.

A rule for a place speaks for what was put there. A rule for a shared array goes with the array, and
where a place of it has numbers of its own again, these keep its rate.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from wlnet.core.errors import Fault, PartError, RuleError, brief, fail
from wlnet.core.finding import find
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import Alternatives, NetSharedArray, Path, is_under, path_text
from wlnet.core.rule_lists import Rule, RuleList, names_shared_arrays
from wlnet.core.rules import ArrayPlace
from wlnet.core.symbols import ALL
from wlnet.core.walking import node_at
from wlnet.nets.container import shared_names
from wlnet.nets.kept_rates import N, deciding, pairs_of, ruled_anywhere, settled, wanted_rates


def kept(
    old: Net,
    new: N,
    fresh: Collection[Path] = (),
    said: Collection[Path] = (),
    ended: Collection[str] = (),
) -> N:
    """A net with parts in place of others, in which every array that was there keeps its rate.

    fresh: the paths of nets that were put in; they bring their own rules. said: the paths of nets
    that were given other rules, which say what holds for the arrays under them. ended: names of
    shared arrays that stood nowhere for a while, and may name another array now. Raises one
    RuleError for all rules that speak for what went with a net that was replaced.
    """
    if old is new or not ruled_anywhere([old, new]):
        return new
    keeping = _Keeping(set(fresh), set(said), set(ended))
    result = keeping.at(old, new, ())
    if keeping.faults:
        raise fail(RuleError, keeping.faults)
    return result


class _Keeping:
    def __init__(self, fresh: set[Path], said: set[Path], ended: set[str]) -> None:
        self.fresh, self.said, self.ended = fresh, said, ended
        self.faults: list[Fault] = []

    def at(self, old: Net, new: N, path: Path) -> N:
        """The net at a path, inner ones first: each keeps its rates also when it stands alone."""
        if old is new or path in self.fresh:
            return new
        nodes = {
            key: self.at(old.nodes[key], node, (*path, key)) for key, node in new.nodes.items()
        }
        if any(nodes[key] is not node for key, node in new.nodes.items()):
            new = new._with(nodes=nodes)
        if path in self.said:
            return new
        rules = self._standing(old, new, path)
        if rules is not new.learning_rate_rules:
            new = new._with(rules=rules)
        if self.faults:
            return new
        brought = [node_at(new, step) for step in self._below(self.fresh, path)]
        wanted = wanted_rates(
            array_places(new),
            [(old, lambda there: self._kept_place(there, path))],
            brought,
            {name for name in shared_names(old) if name not in self.ended},
        )
        silent = {
            place.key
            for place in array_places(new)
            if any(is_under(place.path, holder) for holder in self._below(self.said, path))
        }
        return settled(new, {key: rate for key, rate in wanted.items() if key not in silent})

    def _kept_place(self, place: Path, path: Path) -> Path | None:
        gone = any(is_under(place, put) for put in self._below(self.fresh, path))
        return None if gone else place

    @staticmethod
    def _below(paths: set[Path], at: Path) -> list[Path]:
        return [path[len(at) :] for path in paths if is_under(path, at)]

    def _standing(self, old: Net, new: Net, path: Path) -> RuleList:
        """The rules of a net, none of which names what is not there any more."""
        rules = old.learning_rate_rules
        before, now = array_places(old), array_places(new)
        pairs, changed = [], False
        for rule, (part, value) in zip(rules, pairs_of(rules), strict=True):
            steps = part.steps if names_shared_arrays(part) else (part,)
            found: list[Any] = []
            for step in steps:
                try:
                    found += self._parts(step, new, before, now, path)
                except PartError as error:
                    self.faults += [_dangling(rule, fault, path) for fault in error.faults]
            if found == list(steps):
                pairs.append((part, value))
                continue
            changed = True
            pairs += [
                (Alternatives(*found) if len(found) > 1 else each, value) for each in found[:1]
            ]
        if self.faults or not changed:
            return rules
        form = dict if isinstance(rules.given, Mapping) else list
        return deciding(new, pairs, now, form)

    def _parts(
        self, part: object, new: Net, before: list[ArrayPlace], now: list[ArrayPlace], path: Path
    ) -> list[Any]:
        """What a part of a rule is called now. Raises PartError for what went."""
        if not isinstance(part, NetSharedArray):
            find(new, part)
            return [part]
        names = dict.fromkeys(place.shared for place in now if place.shared is not None)
        if part.name is ALL:
            there = {place.shared for place in before if place.shared is not None}
            put = [place for place in now if self._kept_place(place.path, path) is None]
            there |= {place.shared for place in put if place.shared is not None}
            if names.keys() <= there:
                return [part]
            return [NetSharedArray(name) for name in names if name in there]
        if part.name in names:
            return [part]
        if any(
            place.shared == part.name and self._kept_place(place.path, path) is not None
            for place in before
        ):
            return []
        what = f"there is no shared array {brief(part.name)} any more"
        raise fail(PartError, Fault(what, known=[NetSharedArray(name) for name in names]))


def _dangling(rule: Rule, fault: Fault, path: Path) -> Fault:
    where = path_text(path) or "the net"
    option = (*path, "LearningRateMultipliers")
    again = option if path else option[0]
    return replace(
        fault,
        what=f"the rules of {where} do not fit the new part: a rule selects nothing: {fault.what}",
        at=str(rule),
        given=None,
        fix=fault.fix or f"other rules: net_replace_part of {again!r}, before or in the same call",
    )
