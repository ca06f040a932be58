"""Every array that survives surgery keeps the multiplier it had: what is wanted, and the rules that
say it where the rules of the net alone would not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from wlnet.core.multipliers import array_places, holders, multiplier_table
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetSharedArray, Path
from wlnet.core.rule_lists import NOTHING_SAID, Rule, RuleList, parse_rules
from wlnet.core.rules import ArrayKey, ArrayPlace, Holder, match
from wlnet.core.symbols import AUTOMATIC, Symbol

N = TypeVar("N", bound=Net)
Pair = tuple[Any, Any]
Form = type[list[Any]] | type[dict[Any, Any]]
"""How rules are given."""
Wanted = dict[ArrayKey, float]
Source = tuple[Net, Callable[[Path], Path | None]]
"""A net that arrays come from, and where what stood at a path stands now (None: nowhere)."""


def ruled_anywhere(nets: Iterable[Net]) -> bool:
    """Whether any of these nets, or one inside them, carries rules."""
    return any(True for net in nets for _ in holders(net))


def wanted_rates(
    places: Sequence[ArrayPlace],
    sources: Sequence[Source],
    brought: Sequence[Net] = (),
    lasting: Collection[str] = (),
) -> Wanted:
    """What every array that was there had, by its key now.

    Arrays of one name that meet take what a rule said of that name, the first source first, then
    the nets that are brought; only then the 1 that nobody said. One that took a new name goes by
    the first of its places. lasting: names that stand for one array all the time, wherever their
    places went.
    """
    keys = {place.path: place.key for place in places}
    shared = {key for key in keys.values() if isinstance(key, NetSharedArray)}
    ranked: dict[ArrayKey, list[tuple[int, float]]] = {}
    for net, where in sources:
        for row in multiplier_table(net, AUTOMATIC, warnings=False):
            said = 0 if row.decided_by is not None else 2
            if row.key in shared and row.places[0].shared in lasting:
                ranked.setdefault(row.key, []).append((said, row.multiplier))
            for place in row.places:
                now = where(place.path)
                key = None if now is None else keys.get(now)
                if key is None:
                    continue
                stays = not isinstance(key, NetSharedArray) or key == row.key
                ranked.setdefault(key, []).append((said if stays else 3, row.multiplier))
    for net in brought:
        for row in multiplier_table(net, AUTOMATIC, warnings=False):
            if row.key in shared and row.key in ranked and row.decided_by is not None:
                ranked[row.key].append((1, row.multiplier))
    return {key: min(found, key=lambda entry: entry[0])[1] for key, found in ranked.items()}


def settled(net: N, wanted: Mapping[ArrayKey, float]) -> N:
    """The net, with rules put first for the arrays that would have another multiplier.

    Where none can name such an array, as a node above it is called like a port, that node says it,
    and the rules around it are written out for the others.
    """
    table = multiplier_table(net, AUTOMATIC, warnings=False)
    wrong = [row for row in table if wanted.get(row.key, row.multiplier) != row.multiplier]
    if not wrong:
        return net
    if any(_part(net, row.key) is None for row in wrong):
        return _settled_inside(net, {row.key: row.multiplier for row in table} | dict(wanted))
    pairs = [(_part(net, row.key), wanted[row.key]) for row in wrong]
    rules = net.learning_rate_rules
    form = dict if isinstance(rules.given, Mapping) else list
    pairs += pairs_of(rules)
    return net._with(rules=deciding(net, pairs, array_places(net), form))


def _settled_inside(net: N, rates: Mapping[ArrayKey, float]) -> N:
    """The net with these rates; what its rules cannot name has them from the node it is in."""
    paths = [key for key in rates if isinstance(key, tuple)]
    nodes = dict(net.nodes)
    for name in dict.fromkeys(path[0] for path in paths if worded_path(net, path) is None):
        below: Wanted = {path[1:]: rates[path] for path in paths if path[0] == name}
        nodes[name] = settled(nodes[name], below)
    return settled(net._with(nodes=nodes, rules=NOTHING_SAID), rates)


def _part(net: Net, key: ArrayKey) -> ArrayKey | Key | None:
    """The part that a rule of a net names an array by, None where there is none."""
    return key if isinstance(key, NetSharedArray) else worded_path(net, key)


def worded_path(net: Net, path: Path) -> Path | Key | None:
    """The part that leads to a path; None where a port shadows a node that has no position."""
    steps: list[Key] = []
    for key in path:
        if key in net.port_names:
            if net.addressing != "both":
                return None
            steps.append(list(net.nodes).index(key) + 1)
        else:
            steps.append(key)
        net = net.nodes.get(key, net)
    return steps[0] if len(steps) == 1 else tuple(steps)


def pairs_of(rules: RuleList) -> list[Pair]:
    """The rules as pairs of a part and a rate, each as the user wrote it."""
    return [(rule.part, value_of(rules, rule)) for rule in rules]


def value_of(rules: RuleList, rule: Rule) -> object:
    """The rate as the user wrote it: None stays None."""
    given = rules.given
    if given is AUTOMATIC:
        return rule.value
    if rule.number is None:
        return given
    values = list(given.values()) if isinstance(given, Mapping) else [value for _, value in given]
    return values[rule.number - 1]


def deciding(
    net: Net,
    pairs: list[Pair],
    places: list[ArrayPlace],
    form: Form,
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
    return parse_rules(form(kept) if kept else AUTOMATIC)
