"""Rules that follow from how far a part is from the output: plain rules, to look at and change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from wlnet.core.errors import Fault, OptionError, RuleError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_by
from wlnet.core.multipliers import array_places, multiplier_table
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, key_text
from wlnet.core.phases import Phases
from wlnet.core.rule_lists import parse_rules
from wlnet.core.rules import ArrayKey, Holder, match
from wlnet.core.scalars import MOST, as_real, as_whole
from wlnet.core.symbols import ANY, AUTOMATIC
from wlnet.nets.kept_rates import deciding, worded_path
from wlnet.nets.stages import Stages, stages_of

Rules = dict[Any, Any]


def layer_wise_decay(net: Net, factor: Any = 0.8, *, inside: Any = AUTOMATIC) -> Rules:
    """Rules by which parts learn the slower the further they are from the output.

    The part that learns last in the order of computing has the rate 1, the one before it factor,
    the one before that factor^2, and so on: {part: rate, ...} for learning_rate_multipliers.
    Parts without arrays that learn are not counted. In a graph the way to an output with most
    parts that learn counts, so that what leads to a part never learns faster than it. An array
    that parts share has the rate of the one nearest to the output, which stands first.
    What the net itself says stays true: its rates are multiplied by these, so that what it freezes
    stays frozen and what climbs goes on climbing. Arrays that differ from their part have rules of
    their own, first.

    net: a chain, a graph, or any other net. factor: above 0, at most 1.
    inside: a part that is a net, whose own parts count in its place; Alternatives for several, ALL
    for all nets at all levels. AUTOMATIC: where a single part learns and is a net, that one.
    Raises OptionError, PartError, and RuleError where a port is called like a part.

    >>> from wlnet.nets.chain import NetChain
    >>> layer_wise_decay(NetChain([4, "Ramp", 3, "Tanh", 2]), 0.5)
    {5: 1.0, 3: 0.5, 1: 0.25}
    >>> layer_wise_decay(NetChain({"body": [4, "Ramp", 3], "read": 2}), 0.5, inside="body")
    {'read': 1.0, ('body', 3): 0.5, ('body', 1): 0.25}

    Source: Howard and Ruder, "Universal language model fine-tuning for text classification", 2018
    ("discriminative fine-tuning", factor = 1 / 2.6).
    Wolfram Language: nothing like it; rules for LearningRateMultipliers.
    """
    gathered = Gathered()
    found = _decay(gathered, locals())
    gathered.tell()
    assert found is not None
    stages, rate = found
    wanted = {key: own * rate ** stages.of.get(key, 0) for key, own in stages.own.items()}
    return _rules(net, wanted, [_named(net, path) for path, _ in stages.parts])


def _decay(gathered: Gathered, given: Mapping[str, Any]) -> tuple[Stages, float] | None:
    """The stages of a call of layer_wise_decay, and its factor; gathers what is wrong."""
    factor = gathered.attempt(lambda: _factor(given["factor"]))
    stages = gathered.attempt(lambda: _stages(given["net"], given["inside"]))
    if stages is None or factor is None:
        return None
    gathered.attempt(lambda: _no_rate_dies_out(factor, stages))
    return stages, factor


checked_by(_decay)(layer_wise_decay)


def gradual_unfreezing(
    net: Net,
    every: Any = 1,
    *,
    factor: Any = None,
    inside: Any = AUTOMATIC,
    groups: Any = AUTOMATIC,
) -> Phases:
    """Phases in which a net begins to learn part by part, from the output on.

    In round 1 only the part that learns last in the order of computing learns, and after every so
    many rounds one more; in the last phase all do. A part that rests is frozen as a whole: its
    running statistics do not move either. Parts are counted as in layer_wise_decay, and those of a
    graph that are equally far from the output begin together. What the net itself freezes stays
    frozen, and other rates that it carries are kept.

    every: rounds of a phase, an integer >= 1; the last phase goes on to the end, so that
    max_training_rounds should be more than every * (phases - 1).
    factor: None, or as in layer_wise_decay: what learns has these rates, the same in all phases.
    inside: as in layer_wise_decay. groups: instead, a list of parts in the order in which they
    begin to learn; what is in none of them never does.
    Raises OptionError, PartError, RuleError.

    >>> from wlnet.nets.chain import NetChain
    >>> gradual_unfreezing(NetChain([4, "Ramp", 3, "Tanh", 2]), every=2)
    Phases({1: {5: 1.0, ANY: None}, 3: {5: 1.0, 3: 1.0, ANY: None}, 5: {5: 1.0, 3: 1.0, 1: 1.0}})

    Source: Howard and Ruder, "Universal language model fine-tuning for text classification", 2018.
    Wolfram Language: nothing like it.
    """
    gathered = Gathered()
    found = _unfreezing(gathered, locals())
    gathered.tell()
    assert found is not None
    stages, parts, rate, rounds = found
    phases: dict[int, Rules] = {}
    for last in range(stages.count):
        wanted = {
            key: own * rate ** stages.of[key] if stages.of.get(key, stages.count) <= last else 0.0
            for key, own in stages.own.items()
        }
        begun = [part for part, stage in parts if stage <= last]
        phases[1 + rounds * last] = _rules(net, wanted, begun)
    return Phases(phases)


Unfreezing = tuple[Stages, list[tuple[Any, int]], float, int]
"""The stages, the parts to name with the stages of these, the factor, and the rounds of a phase."""


def _unfreezing(gathered: Gathered, given: Mapping[str, Any]) -> Unfreezing | None:
    """What a call of gradual_unfreezing asks for; gathers what is wrong."""
    every = as_whole(given["every"])
    if every is None or not 1 <= every <= MOST:
        what = "a phase takes some rounds"
        gathered.add(Fault(what, "every", brief(given["every"]), f"an integer, 1 to {MOST:,}"))
    factor = gathered.attempt(lambda: 1.0 if given["factor"] is None else _factor(given["factor"]))
    net, groups, inside = given["net"], given["groups"], given["inside"]
    found: tuple[Stages, list[tuple[Any, int]]] | None
    if groups is AUTOMATIC:
        found = gathered.attempt(lambda: _in_turn(net, inside))
    else:
        if inside is not AUTOMATIC:
            what, fix = "inside tells what counts as a part, and groups name the parts", "one alone"
            gathered.add(Fault(what, "inside", brief(inside), fix=fix))
        found = gathered.attempt(lambda: _grouped(net, groups))
    if found is None or factor is None or every is None:
        return None
    gathered.attempt(lambda: _no_rate_dies_out(factor, found[0]))
    return *found, factor, every


checked_by(_unfreezing)(gradual_unfreezing)


def _factor(given: object) -> float:
    factor = as_real(given)
    if factor is not None and 0 < factor <= 1:
        return factor
    above = factor is not None and 1 < factor < float("inf")
    fix = f"parts far from the output learn slower: 1 / {given!r}" if above else None
    what = "factor is by how much slower the part before learns"
    raise fail(
        OptionError, Fault(what, "factor", brief(given), "a number above 0, at most 1", fix=fix)
    )


def _no_rate_dies_out(factor: float, stages: Stages) -> None:
    """Raise OptionError where a rate would be rounded to 0, which means frozen."""
    if any(own and own * factor ** stages.of.get(key, 0) == 0 for key, own in stages.own.items()):
        what = f"after {stages.count} parts the rate is 0 in floating point, and 0 freezes"
        raise fail(OptionError, Fault(what, "factor", brief(factor), fix="a larger factor"))


def _stages(net: object, inside: object) -> Stages:
    found = stages_of(_net(net), inside)
    if not found.count:
        raise fail(OptionError, _nothing_learns(found))
    return found


def _in_turn(net: Net, inside: object) -> tuple[Stages, list[tuple[Any, int]]]:
    """The stages of a net, and the parts by the names that rules have for them."""
    stages = _stages(net, inside)
    return stages, [(_named(net, path), stage) for path, stage in stages.parts]


def _net(given: object) -> Net:
    if not isinstance(given, Net):
        raise fail(OptionError, Fault("rules are made for a net", "net", brief(given)))
    return given


def _nothing_learns(stages: Stages) -> Fault:
    why = "every array is frozen by the net itself" if stages.own else "there are no arrays"
    return Fault(
        "the net has no part that learns", "net", why, "an array with a rate that is not 0"
    )


def _grouped(given: object, groups: object) -> tuple[Stages, list[tuple[Any, int]]]:
    """The stages that groups name in this order, and the groups with them."""
    net = _net(given)
    if not isinstance(groups, list) or not groups:
        what, fix = (
            "groups are a list of parts in the order in which they begin to learn",
            "[-1, ANY]",
        )
        raise fail(OptionError, Fault(what, "groups", brief(groups), fix=fix))
    rules = parse_rules([(part, 1.0) for part in groups], "groups")
    places = array_places(net)
    found = match(Holder(net, rules, (), "groups"), places)
    table = multiplier_table(net, AUTOMATIC, warnings=False)
    of = {key: each[0].number - 1 for key, each in found.items() if each[0].number is not None}
    stages = Stages(table.values_by_key(), of=of, count=len(groups))
    learning = {of[key] for key in table.trained_keys() if key in of}
    faults = [
        Fault(
            "no array begins to learn with this group",
            at=f"groups, group {stage + 1}",
            given=brief(part),
            expected="an array that learns, and that no group before it selects",
        )
        for stage, part in enumerate(groups)
        if stage not in learning
    ]
    if faults:
        raise fail(OptionError, faults)
    return stages, [(rule.part, stage) for stage, rule in enumerate(rules)]


def _named(net: Net, path: tuple[Any, ...]) -> Any:
    """The part of a rule that names a part of a net; None where there is none."""
    return worded_path(net, path) if path else ANY


def _rules(net: Net, wanted: Mapping[ArrayKey, float], parts: Sequence[Any]) -> Rules:
    """Rules by which every array has the rate that is wanted: of these parts as far as they go.

    What is in none of the parts, and wanted to rest, is frozen by a last rule for all.
    Raises RuleError for arrays that no rule can name.
    """
    places = array_places(net)
    rules = parse_rules([(part, 1.0) for part in parts if part is not None])
    by_part: dict[Any, Counter[float]] = {}
    for key, each in match(Holder(net, rules), places).items():
        if wanted[key]:
            by_part.setdefault(each[0].part, Counter())[wanted[key]] += 1
    # The rate that most arrays of a part have; the others have rules of their own.
    pairs: list[tuple[Any, Any]] = [
        (rule.part, by_part[rule.part].most_common(1)[0][0])
        for rule in rules
        if rule.part in by_part
    ]
    if any(
        row.multiplier and not wanted[row.key] and (won is None or won.where != "net_train")
        for row in multiplier_table(net, pairs, warnings=False)
        for won in [row.decided_by]
    ):
        pairs.append((ANY, None))
    table = multiplier_table(net, pairs, warnings=False)
    wrong = [row.key for row in table if wanted[row.key] != row.multiplier]
    _check_names(net, wrong)
    first = [(_array_part(net, key), wanted[key] or None) for key in wrong]
    found: Rules = deciding(net, first + pairs, places, dict).as_given
    return found


def _array_part(net: Net, key: ArrayKey) -> Any:
    return key if isinstance(key, NetSharedArray) else worded_path(net, key)


def _check_names(net: Net, keys: Sequence[ArrayKey]) -> None:
    """Raise RuleError for arrays that no rule can name."""
    nameless = [key_text(key) for key in keys if _array_part(net, key) is None]
    if nameless:
        what = "a port is called like a part, which no rule can name then"
        raise fail(RuleError, Fault(what, known=nameless, fix="net_rename makes it nameable"))
