"""The learning_rate_multipliers of a net as JSON, in the form they were given, and back."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import SupportsFloat, SupportsIndex, cast

from wlnet.core.errors import FormatError, fail
from wlnet.core.finding import walk_names
from wlnet.core.multipliers import array_places
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray
from wlnet.core.records import Json, refused, shown
from wlnet.core.rule_lists import NOTHING_SAID, RuleList, parse_rules
from wlnet.core.rules import Holder, match
from wlnet.io import plain

AT = "LearningRateMultipliers"
MOST_TRIALS = 100_000
"""Parts of a net, times rules that may try them all."""


def written(rules: RuleList) -> Json:
    """None where nothing was said, else {"Rate": r}, {"Dict": [[part, r], ...]} or {"List": ...}.

    >>> written(parse_rules({1: None}))
    {'Dict': [[1, None]]}
    """
    if not rules:
        return None
    given = rules.given
    if parse_rules(given) != rules:
        # Rules that surgery made: they are all there is.
        if len(rules.rules) == 1 and rules.rules[0].number is None:
            given = rules.rules[0].value
        else:
            given = [(rule.part, rule.value) for rule in rules]
    if isinstance(given, (Mapping, list)):
        pairs = list(given.items()) if isinstance(given, Mapping) else given
        form = "Dict" if isinstance(given, Mapping) else "List"
        return {form: [[plain.written(part, AT), _rate(value)] for part, value in pairs]}
    return {"Rate": _rate(given)}


def _rate(value: SupportsFloat | None) -> Json:
    if value is None:
        return None
    # The user's own whole number where a file can hold it, else the real number that is used.
    whole = isinstance(value, SupportsIndex) and abs(operator.index(value)) <= plain.LARGEST
    return operator.index(cast("SupportsIndex", value)) if whole else float(value)


def read(record: Json) -> RuleList:
    """The rules of a record. Raises FormatError, or RuleError for what is no list of rules."""
    if record is None:
        return NOTHING_SAID
    if type(record) is not dict or len(record) != 1:
        raise refused("these are no rules", at=AT, given=shown(record))
    ((form, inner),) = record.items()
    given: object
    if form == "Rate":
        given = plain.read(inner, AT)
        if given is not None and not isinstance(given, (int, float)):
            raise refused("a rate is a number or None", at=AT, given=shown(inner))
    elif form in ("Dict", "List") and type(inner) is list:
        read_pairs = [plain.read(pair, AT) for pair in inner]
        pairs = [pair for pair in read_pairs if isinstance(pair, tuple) and len(pair) == 2]
        if not pairs or len(pairs) < len(read_pairs):
            raise refused("rules are pairs of a part and a rate", at=AT, given=shown(inner))
        given = dict(pairs) if form == "Dict" else pairs
        if len(given) != len(pairs):
            raise refused("a part stands twice", at=AT)
    else:
        raise refused(
            "these are no rules", at=AT, given=shown(record), known=["Rate", "Dict", "List"]
        )
    rules = parse_rules(given)
    if rules.faults:
        raise fail(FormatError, rules.faults)
    return rules


def check(net: Net) -> None:
    """Raise RuleError unless the rules of a net select parts that it has."""
    rules = net.learning_rate_rules
    if not rules:
        return
    if not net.has_multipliers:
        raise refused(f"{a(net.kind)} has no arrays that could learn", given=AT)
    places = array_places(net)
    several = sum(not _leads_to_one(rule.part) for rule in rules)
    if several * len(list(walk_names(net))) > MOST_TRIALS:
        raise refused("too many rules on too large a net for a file", at=AT)
    # One after the other: a foreign list that is wrong throughout ends at its first fault.
    for rule in rules:
        match(Holder(net, RuleList((rule,))), places)


def _leads_to_one(part: object) -> bool:
    steps = part if isinstance(part, tuple) else (part,)
    return all(isinstance(step, (int, str, NetSharedArray)) for step in steps)
