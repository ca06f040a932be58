"""The one table of multipliers: for every array its rate, the rule that decided, and the rules it
beat.

It is worked out once for a training, and pruning, updates and results all go by it. Information on
a net and surgery ask it too. The first rule that selects an array decides: the rules of net_train
come first, then those of the containers from the outermost inward, then those of the layer itself.
An array that no rule selects has the multiplier 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wlnet.core.parts import NetSharedArray, Path
from wlnet.core.rule_lists import Rule, parse_rules
from wlnet.core.rules import (
    ArrayKey,
    ArrayPlace,
    Holder,
    Ruled,
    keys_in_order,
    match,
    warn_of_idle_rules,
)
from wlnet.core.walking import walk


@dataclass(frozen=True)
class Verdict:
    """A rule that selects an array, with its provenance. `where` it was set is "net_train", or the
    path of the net that carries it."""

    rule: Rule
    where: Path | str

    @property
    def part(self) -> object:
        return self.rule.part

    @property
    def value(self) -> float:
        return self.rule.value

    @property
    def set_at(self) -> str:
        if isinstance(self.where, str):
            return self.where
        return "/".join(map(str, self.where)) or "the net"

    def __str__(self) -> str:
        return f"{self.rule} ({self.set_at})"


@dataclass(frozen=True)
class Row:
    """One array: its multiplier, the rule that decided it (None: the default 1), and the rules that
    are beaten (overridden), the strongest first.

    places: the one place of the array; all of them, in the order of the net, if it is shared.
    """

    key: ArrayKey
    places: tuple[ArrayPlace, ...]
    multiplier: float
    decided_by: Verdict | None
    beaten: tuple[Verdict, ...]

    @property
    def source(self) -> dict[str, Any]:
        """What the results show of this row.

        "Rule" is a pair (part, value), or None for the default. "Beaten" is a list of dicts, each
        with the "Rule" and "SetAt" of one beaten rule.
        """
        won = self.decided_by
        return {
            "Multiplier": self.multiplier,
            "Rule": (won.part, won.value) if won else None,
            "SetAt": won.set_at if won else "default",
            "Beaten": [
                {"Rule": (lost.part, lost.value), "SetAt": lost.set_at} for lost in self.beaten
            ],
        }

    @property
    def statistic(self) -> bool:
        return self.places[0].statistic

    @property
    def trained(self) -> bool:
        """Whether a gradient moves it: not frozen, and not a running statistic."""
        return self.multiplier != 0 and not self.statistic


@dataclass(frozen=True)
class MultiplierTable:
    """All arrays of a net, in the order of the net."""

    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def values_by_key(self) -> dict[ArrayKey, float]:
        return {row.key: row.multiplier for row in self.rows}

    def sources_by_key(self) -> dict[ArrayKey, dict[str, Any]]:
        """For every array the rule that decided, where it was set, and the rules it beat."""
        return {row.key: row.source for row in self.rows}

    def trained_keys(self) -> list[ArrayKey]:
        return [row.key for row in self.rows if row.trained]

    def frozen_statistics(self) -> set[ArrayKey]:
        return {row.key for row in self.rows if row.statistic and row.multiplier == 0}


def multiplier_table(
    net: Ruled, rules: object, *, warnings: bool = True, phase: str = ""
) -> MultiplierTable:
    """The table of a net under rules of net_train (AUTOMATIC: only those the net itself carries).

    Raises RuleError for parts that do not exist; warns of rules of net_train that decide nothing.
    phase: what warnings name where there are several tables of one training.
    """
    places = array_places(net)
    # For every array the rules that select it, the strongest first.
    candidates: dict[ArrayKey, list[Verdict]] = {key: [] for key in keys_in_order(places)}
    of_training = Holder(net, parse_rules(rules), (), "learning_rate_multipliers of net_train")
    matches = match(of_training, places)
    if warnings:
        warn_of_idle_rules(of_training, matches, phase)
    for key, found in matches.items():
        candidates[key] += [Verdict(rule, "net_train") for rule in found]
    # The outermost nets come first. Two nets at the same depth can select the same array only if it
    # is shared. Then the rule that stands higher in its own list wins (a lone value counts as rule
    # 1), and of equal ones the rule of the net that comes earlier.
    levels: dict[int, list[Holder]] = {}
    for holder in holders(net):
        levels.setdefault(len(holder.path), []).append(holder)
    for depth in sorted(levels):
        found_here: dict[ArrayKey, list[tuple[int, int, Verdict]]] = {}
        for order, holder in enumerate(levels[depth]):
            for key, found in match(holder, places).items():
                found_here.setdefault(key, []).extend(
                    (rule.number or 1, order, Verdict(rule, holder.path)) for rule in found
                )
        for key, ranked in found_here.items():
            candidates[key] += [
                verdict for *_, verdict in sorted(ranked, key=lambda entry: entry[:2])
            ]
    occurrences: dict[ArrayKey, list[ArrayPlace]] = {}
    for place in places:
        occurrences.setdefault(place.key, []).append(place)
    rows = []
    for key, verdicts in candidates.items():
        winner = verdicts[0] if verdicts else None
        value = winner.value if winner else 1.0
        rows.append(Row(key, tuple(occurrences[key]), value, winner, tuple(verdicts[1:])))
    return MultiplierTable(tuple(rows))


def holders(net: Ruled) -> Iterator[Holder]:
    """Every net that carries rules: `net` itself and those inside it, outer before inner ones."""
    for path, node in walk(net):
        if node.learning_rate_rules:
            yield Holder(node, node.learning_rate_rules, path)


def array_places(net: Ruled) -> list[ArrayPlace]:
    """All places of arrays, in the order of the net. A shared array has several places; an array
    that a layer goes without has none."""
    return [
        ArrayPlace(
            (*path, name),
            value.name if isinstance(value, NetSharedArray) else None,
            name in node.statistic_names,
        )
        for path, node in walk(net)
        for name, value in node.array_values.items()
        if value is not None
    ]
