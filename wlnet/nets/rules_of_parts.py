"""Rules on the move: surgery gives nodes new places, and the rules of their container follow them.

Every rule is resolved to the arrays it selects, and these to their new places. A rule whose part
still selects the same arrays keeps its wording. Any other rule is written anew with the nodes
themselves as its part, and one that selects nothing any more is dropped. Where the new rules would
still give an array another multiplier than it had, a rule for this array is put first
(kept_rates.py). So every array that survives keeps its multiplier.
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
"""Where nodes went: from their path before to their path now. What was in a node moves with it. A
node that is neither listed nor inside a listed one is gone."""


@dataclass(frozen=True)
class Voice:
    """A net that the new net was made of. Its rules still speak there, rebased to where its nodes
    went."""

    net: Net
    moves: Moves

    def place(self, path: Path) -> Path | None:
        """The path now of the part that had this path before; None if it did not move as one."""
        for length in range(len(path) + 1):
            now = self.moves.get(path[:length])
            if now is not None:
                return (*now, *path[length:])
        return None

    def places(self, path: Path) -> list[Path]:
        """The paths now of the part that had this path before. There are several where a container
        was taken apart and the nodes in it went separate ways."""
        now = self.place(path)
        if now is not None:
            return [now]
        return [to for before, to in self.moves.items() if before[: len(path)] == path]


def carried(new: N, voices: Sequence[Voice], brought: Sequence[Net] = ()) -> N:
    """The new net under the rules of the nets it was made of, those of the first voice first.

    brought: nets that were put into it. Their own rules stay inside them. Where they share an array
    with the rest, their rules decide only if no rule of a voice selects that array.
    """
    if not ruled_anywhere([new, *(voice.net for voice in voices), *brought]):
        return new
    places = array_places(new)
    pairs: list[Pair] = []
    lists = [voice.net.learning_rate_rules for voice in voices if voice.net.learning_rate_rules]
    form = dict if lists and all(isinstance(rules.given, Mapping) for rules in lists) else list
    for voice in voices:
        pairs += _rewritten(voice, new, places)
    # Where no rule of a single voice was reworded, its very list is kept, as the user wrote it.
    only = voices[0].net.learning_rate_rules if len(voices) == 1 else None
    kept = only if only is not None and pairs == pairs_of(only) else None
    result = new._with(rules=kept if kept is not None else deciding(new, pairs, places, form))
    sources = [(voice.net, voice.place) for voice in voices]
    return settled(result, wanted_rates(places, sources, brought))


def _rewritten(voice: Voice, new: Net, places: list[ArrayPlace]) -> list[Pair]:
    """The rules of a voice, with the parts that they have in the new net."""
    rules = voice.net.learning_rate_rules
    pairs: list[Pair] = []
    for rule in rules:
        pairs += [(part, value_of(rules, rule)) for part in _parts(voice, rule, new, places)]
    return pairs


def _parts(voice: Voice, rule: Rule, new: Net, places: list[ArrayPlace]) -> list[object]:
    """The parts that select in the new net what a rule selected in the old one.

    places: those of all arrays of the new net.
    """
    if names_shared_arrays(rule.part):
        each = [_parts_of(voice, step, new, places) for step in rule.part.steps]
        if each == [[step] for step in rule.part.steps]:
            return [rule.part]
        return list(dict.fromkeys(part for parts in each for part in parts))
    return _parts_of(voice, rule.part, new, places)


def _parts_of(voice: Voice, part: object, new: Net, places: list[ArrayPlace]) -> list[object]:
    """The same for a part that is not shared arrays among alternatives."""
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
    # A path without a wording (None) is dropped here: `settled` finds a rule for its arrays.
    holding = {place.path[:length] for place in places for length in range(len(place.path) + 1)}
    worded = [worded_path(new, path) for path in now if path in holding]
    nodes = [step for step in worded if isinstance(step, (int, str))]
    deeper = [steps for steps in worded if isinstance(steps, tuple)]
    as_one = nodes if len(nodes) < 2 else [Alternatives(*nodes)]
    return [*as_one, *deeper]


def _shared_parts(voice: Voice, part: NetSharedArray, places: list[ArrayPlace]) -> list[object]:
    """The same for one shared array, or for all: written out by name if others joined them."""
    now = dict.fromkeys(place.shared for place in places if place.shared is not None)
    if part.name is not ALL:
        return [part] if part.name in now else []
    kept = dict.fromkeys(place.shared for place in array_places(voice.net) if place.shared in now)
    return [part] if list(kept) == list(now) else [NetSharedArray(name) for name in kept]


def _paths(net: Net, part: object) -> list[Path]:
    """The paths of the nodes and arrays that a part selects."""
    if part is ANY or part is ALL:
        return [()]
    return [place.path for place in find(net, part) if place.kind in ("node", "array")]


def _arrays(places: list[ArrayPlace], paths: list[Path]) -> set[Path]:
    """The paths of all arrays that are at these paths or inside of what is there."""
    above = set(paths)
    return {
        place.path
        for place in places
        if any(place.path[:length] in above for length in range(len(place.path) + 1))
    }


def _meaning(net: Net, part: object, places: list[ArrayPlace]) -> set[Path]:
    """The paths of the arrays that a part selects; none where it does not exist."""
    try:
        return _arrays(places, _paths(net, part))
    except PartError:
        return set()
