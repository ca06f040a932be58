"""Rules on the move: surgery gives nodes new places, and the rules of their container follow them.

Every rule is resolved to the arrays it selects, and these to their new places. A rule that still
means the same keeps its wording; any other is written out for the single nodes; what selects
nothing is left out. So every array that survives keeps its multiplier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wlnet.core.errors import PartError
from wlnet.core.finding import find
from wlnet.core.multipliers import array_places, multiplier_table
from wlnet.core.net import Net
from wlnet.core.parts import Alternatives, Key, NetSharedArray, Path
from wlnet.core.rule_lists import Rule, RuleList, parse_rules
from wlnet.core.rules import ArrayPlace, Holder, match
from wlnet.core.symbols import ALL, ANY, AUTOMATIC, Symbol

Moves = Mapping[Path, Path]
"""Where nodes went: their path before, and their path now. A node that is not in it is gone."""
Pair = tuple[Any, Any]


@dataclass(frozen=True)
class Voice:
    """A net whose rules go on speaking in another net, and where its nodes went."""

    net: Net
    moves: Moves


def carried(new: Any, voices: Sequence[Voice], wanted: Mapping[str, float] | None = None) -> Any:
    """The new net under the rules of the nets it was made of, those of the first voice first.

    `wanted`: the multipliers that shared arrays had. Where a place that decided is gone, or stands
    elsewhere, a rule for the shared array itself says what held before.
    """
    places = array_places(new)
    pairs: list[Pair] = []
    said = [voice.net.learning_rate_rules for voice in voices if voice.net.learning_rate_rules]
    form = dict if said and all(isinstance(rules.given, Mapping) for rules in said) else list
    for voice in voices:
        pairs += _rewritten(voice, new, places)
    only = voices[0].net.learning_rate_rules if len(voices) == 1 else None
    kept = only if only is not None and pairs == _pairs_of(only) else None
    result = new._with(
        rules=kept if kept is not None else _without_hidden(new, pairs, places, form)
    )
    lost = {
        name: rate
        for name, rate in shared_rates(result, decided=False).items()
        if wanted and name in wanted and wanted[name] != rate
    }
    if lost:
        again = [(NetSharedArray(name), (wanted or {})[name]) for name in lost]
        result = new._with(rules=_without_hidden(new, [*again, *pairs], places, form))
    return result


def shared_rates(*nets: Net, decided: bool = True) -> dict[str, float]:
    """The multipliers of shared arrays by name (those that a rule decided); the first net speaks
    first.
    """
    rates: dict[str, float] = {}
    for net in nets:
        for row in multiplier_table(net, AUTOMATIC, warnings=False):
            if isinstance(row.key, NetSharedArray) and (row.decided_by is not None or not decided):
                rates.setdefault(row.key.name, row.multiplier)
    return rates


def moved(path: Path, moves: Moves) -> list[Path]:
    """Where the part at a path is now: one place, or those of all nodes below it; none if it is
    gone.
    """
    for before, now in moves.items():
        if path[: len(before)] == before:
            return [(*now, *path[len(before) :])]
    return [now for before, now in moves.items() if before[: len(path)] == path]


def below(moves: Moves, key: Key) -> Moves:
    """The moves as a node sees them that keeps its place in the whole but not its inside."""
    return {
        before[1:]: now for before, now in moves.items() if before[0] == key and len(before) > 1
    }


def _pairs_of(rules: RuleList) -> list[Pair]:
    return [(rule.part, _value(rules, rule)) for rule in rules]


def _value(rules: RuleList, rule: Rule) -> Any:
    """The rate as the user wrote it: None stays None."""
    given = rules.given
    if given is AUTOMATIC:
        return rule.value
    if rule.number is None:
        return given
    values = list(given.values()) if isinstance(given, Mapping) else [value for _, value in given]
    return values[rule.number - 1]


def _rewritten(voice: Voice, new: Net, places: list[ArrayPlace]) -> list[Pair]:
    rules = voice.net.learning_rate_rules
    pairs: list[Pair] = []
    for rule in rules:
        pairs += [(part, _value(rules, rule)) for part in _parts(voice, rule, new, places)]
    return pairs


def _parts(voice: Voice, rule: Rule, new: Net, places: list[ArrayPlace]) -> list[Any]:
    """The parts of the new net that are what a rule selected in the old one."""
    if isinstance(rule.part, NetSharedArray):
        return _shared_parts(voice, rule.part, places)
    try:
        before = _paths(voice.net, rule.part)
    except PartError:
        return []
    now = list(dict.fromkeys(path for old in before for path in moved(old, voice.moves)))
    wanted = _arrays(places, now)
    if not wanted:
        return []
    if _meaning(new, rule.part, places) == wanted:
        return [rule.part]
    now = [path for path in now if _arrays(places, [path])]
    nodes = [_step(new, path[0]) for path in now if len(path) == 1]
    deeper = [(_step(new, path[0]), *path[1:]) for path in now if len(path) > 1]
    together = nodes if len(nodes) < 2 else [Alternatives(*nodes)]
    return [*together, *deeper]


def _shared_parts(voice: Voice, part: NetSharedArray, places: list[ArrayPlace]) -> list[Any]:
    there = dict.fromkeys(place.shared for place in places if place.shared is not None)
    if part.name is not ALL:
        return [part] if part.name in there else []
    before = dict.fromkeys(
        place.shared for place in array_places(voice.net) if place.shared in there
    )
    return [part] if list(before) == list(there) else [NetSharedArray(name) for name in before]


def _paths(net: Net, part: Any) -> list[Path]:
    return [()] if part is ANY or part is ALL else [place.path for place in find(net, part)]


def _arrays(places: list[ArrayPlace], paths: list[Path]) -> set[Path]:
    return {
        place.path for place in places if any(place.path[: len(path)] == path for path in paths)
    }


def _meaning(net: Net, part: Any, places: list[ArrayPlace]) -> set[Path]:
    try:
        return _arrays(places, _paths(net, part))
    except PartError:
        return set()


def _step(net: Net, key: Key) -> Key:
    """The step to a node; one that is called like a port is reached by its position."""
    if key in net.port_names and net.addressing == "both":
        return list(net.nodes).index(key) + 1
    return key


def _without_hidden(
    net: Any,
    pairs: list[Pair],
    places: list[ArrayPlace],
    form: type[list[Any]] | type[dict[Any, Any]],
) -> RuleList:
    """The rules that decide something; what they hide now speaks for nothing that is left."""
    if not pairs:
        return parse_rules(AUTOMATIC)
    matches = match(Holder(net, parse_rules(pairs)), places)
    winners = {rules[0].number for rules in matches.values()}
    kept = [
        pair
        for number, pair in enumerate(pairs, 1)
        if number in winners or (number == len(pairs) and isinstance(pair[0], Symbol))
    ]
    return parse_rules(form(kept))
