"""Rules on the move: surgery gives nodes new places, and the rules of their container follow them.

Every rule is resolved to the arrays it selects, and these to their new places. A rule that still
means the same keeps its wording; any other is written out for the single nodes; what selects
nothing is left out. What the rules then say differently than before is put right by rules of its
own, so that every array that survives keeps its multiplier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.errors import PartError
from wlnet.core.finding import find
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.parts import Alternatives, NetSharedArray, Path
from wlnet.core.rule_lists import Rule, names_shared_arrays
from wlnet.core.rules import ArrayPlace
from wlnet.core.symbols import ALL, ANY
from wlnet.nets.kept_rates import (
    N,
    Pair,
    deciding,
    pairs_of,
    ruled_anywhere,
    settled,
    value_of,
    wanted_rates,
    worded_path,
)

Moves = Mapping[Path, Path]
"""Where nodes went: their path before, and their path now. A node that is not in it is gone."""


@dataclass(frozen=True)
class Voice:
    """A net whose rules go on speaking in another net, rebased to where its nodes went."""

    net: Net
    moves: Moves

    def place(self, path: Path) -> Path | None:
        """Where what stood at a path inside a node stands now; None if the node is gone."""
        for length in range(len(path) + 1):
            now = self.moves.get(path[:length])
            if now is not None:
                return (*now, *path[length:])
        return None

    def places(self, path: Path) -> list[Path]:
        """Where the part at a path is now: one place, or those of all nodes below it."""
        now = self.place(path)
        if now is not None:
            return [now]
        return [to for before, to in self.moves.items() if before[: len(path)] == path]


def carried(new: N, voices: Sequence[Voice], brought: Sequence[Net] = ()) -> N:
    """The new net under the rules of the nets it was made of, those of the first voice first.

    brought: nets that came to it. Their rules stay with them, and speak for a shared array of which
    nobody spoke before.
    """
    if not ruled_anywhere([new, *(voice.net for voice in voices), *brought]):
        return new
    places = array_places(new)
    pairs: list[Pair] = []
    said = [voice.net.learning_rate_rules for voice in voices if voice.net.learning_rate_rules]
    form = dict if said and all(isinstance(rules.given, Mapping) for rules in said) else list
    for voice in voices:
        pairs += _rewritten(voice, new, places)
    only = voices[0].net.learning_rate_rules if len(voices) == 1 else None
    kept = only if only is not None and pairs == pairs_of(only) else None
    result = new._with(rules=kept if kept is not None else deciding(new, pairs, places, form))
    sources = [(voice.net, voice.place) for voice in voices]
    return settled(result, wanted_rates(places, sources, brought))


def _rewritten(voice: Voice, new: Net, places: list[ArrayPlace]) -> list[Pair]:
    rules = voice.net.learning_rate_rules
    pairs: list[Pair] = []
    for rule in rules:
        pairs += [(part, value_of(rules, rule)) for part in _parts(voice, rule, new, places)]
    return pairs


def _parts(voice: Voice, rule: Rule, new: Net, places: list[ArrayPlace]) -> list[object]:
    """The parts of the new net that are what a rule selected in the old one."""
    if names_shared_arrays(rule.part):
        each = [_parts_of(voice, step, new, places) for step in rule.part.steps]
        if each == [[step] for step in rule.part.steps]:
            return [rule.part]
        return list(dict.fromkeys(part for parts in each for part in parts))
    return _parts_of(voice, rule.part, new, places)


def _parts_of(voice: Voice, part: object, new: Net, places: list[ArrayPlace]) -> list[object]:
    if isinstance(part, NetSharedArray):
        return _shared_parts(voice, part, places)
    try:
        before = _paths(voice.net, part)
    except PartError:
        return []
    now = list(dict.fromkeys(path for old in before for path in voice.places(old)))
    wanted = _arrays(places, now)
    if not wanted:
        return []
    if _meaning(new, part, places) == wanted:
        return [part]
    holding = {place.path[:length] for place in places for length in range(len(place.path) + 1)}
    worded = [worded_path(new, path) for path in now if path in holding]
    nodes = [step for step in worded if isinstance(step, (int, str))]
    deeper = [steps for steps in worded if isinstance(steps, tuple)]
    together = nodes if len(nodes) < 2 else [Alternatives(*nodes)]
    return [*together, *deeper]


def _shared_parts(voice: Voice, part: NetSharedArray, places: list[ArrayPlace]) -> list[object]:
    there = dict.fromkeys(place.shared for place in places if place.shared is not None)
    if part.name is not ALL:
        return [part] if part.name in there else []
    before = dict.fromkeys(
        place.shared for place in array_places(voice.net) if place.shared in there
    )
    return [part] if list(before) == list(there) else [NetSharedArray(name) for name in before]


def _paths(net: Net, part: object) -> list[Path]:
    if part is ANY or part is ALL:
        return [()]
    return [place.path for place in find(net, part) if place.kind in ("node", "array")]


def _arrays(places: list[ArrayPlace], paths: list[Path]) -> set[Path]:
    above = set(paths)
    return {
        place.path
        for place in places
        if any(place.path[:length] in above for length in range(len(place.path) + 1))
    }


def _meaning(net: Net, part: object, places: list[ArrayPlace]) -> set[Path]:
    try:
        return _arrays(places, _paths(net, part))
    except PartError:
        return set()
