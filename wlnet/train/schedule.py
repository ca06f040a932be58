"""TrainingUpdateSchedule: which arrays are updated at which step.

Wolfram Language: NetTrain (TrainingUpdateSchedule).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.core.errors import Fault, OptionError, PartError, RuleWarning, brief, fail, warn
from wlnet.core.finding import find
from wlnet.core.multipliers import array_places
from wlnet.core.net import Net
from wlnet.core.rule_lists import RuleList, parse_rules
from wlnet.core.rules import ArrayKey, Holder, match
from wlnet.core.symbols import AUTOMATIC


@dataclass(frozen=True)
class UpdateGroups:
    """The keys updated at each step of a cycle; empty: all of them, always."""

    cycle: tuple[frozenset[ArrayKey], ...] = ()

    def moves(self, key: ArrayKey, step: int) -> bool:
        """Whether an array (or a running statistic) is updated at step 0, 1, ..."""
        return not self.cycle or key in self.cycle[step % len(self.cycle)]

    def moving(self, key: ArrayKey, steps: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether an array is updated, at each of some steps."""
        if not self.cycle:
            return np.ones(len(steps), bool)
        moves = np.array([key in keys for keys in self.cycle])
        found: NDArray[np.bool_] = moves[steps % len(self.cycle)]
        return found

    def ever_moves(self, key: ArrayKey) -> bool:
        """Whether an array is updated at any step."""
        return not self.cycle or any(key in keys for keys in self.cycle)


def update_groups(net: Net, given: object) -> UpdateGroups:
    """The cycle of groups that a schedule spells: parts, or (part, how many steps).

    Raises OptionError for what is no schedule, RuleError for all parts that do not exist.
    """
    if given is AUTOMATIC:
        return UpdateGroups()
    if not isinstance(given, list) or not given:
        raise fail(
            OptionError,
            Fault(
                "training_update_schedule is a list of parts",
                given=brief(given),
                fix='["generator", ("discriminator", 5)]',
            ),
        )
    groups = [_group(net, item) for item in given]
    option = "TrainingUpdateSchedule"
    rules = parse_rules([(part, 1.0) for part, _ in groups], option)
    places = array_places(net)
    # All at once first, for the faults of all groups; then each by itself.
    match(Holder(net, rules, (), option), places)
    cycle: list[frozenset[ArrayKey]] = []
    for rule, (part, steps) in zip(rules, groups, strict=True):
        keys = frozenset(match(Holder(net, RuleList((rule,)), (), option), places))
        if not keys:
            warn(
                RuleWarning,
                Fault(
                    "a group selects a part without arrays: its steps train nothing",
                    at=f"{option}, group {rule.number}",
                    given=brief(part),
                ),
            )
        cycle += [keys] * steps
    return UpdateGroups(tuple(cycle))


def _group(net: Net, item: Any) -> tuple[Any, int]:
    """A part and its steps.

    ("a", 2) is the second part of "a" where there is one, else two steps of "a".
    """
    if isinstance(item, tuple) and len(item) == 2 and type(item[1]) is int and item[1] > 0:
        try:
            find(net, item)
        except PartError:
            return item
    return item, 1
