"""TrainingUpdateSchedule: which arrays are updated at which step.

Wolfram Language: NetTrain (TrainingUpdateSchedule).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.multipliers import MultiplierTable, array_places
from wlnet.core.net import Net
from wlnet.core.rules import ArrayKey, Holder, match, parse_rules
from wlnet.core.symbols import AUTOMATIC


@dataclass(frozen=True)
class UpdateGroups:
    """The keys updated at each step of a cycle; empty: all of them, always."""

    cycle: tuple[frozenset[ArrayKey], ...] = ()

    def of(self, step: int, learners: list[Any]) -> list[Any]:
        if not self.cycle:
            return learners
        keys = self.cycle[step % len(self.cycle)]
        return [learner for learner in learners if learner.row.key in keys]


def update_groups(net: Net, given: Any, table: MultiplierTable) -> UpdateGroups:
    """The cycle of groups that a schedule spells: parts, or (part, how many steps). Raises OptionError or RuleError."""
    if given is AUTOMATIC:
        return UpdateGroups()
    if not isinstance(given, list) or not given:
        raise fail(OptionError, Fault("training_update_schedule is a list of parts", given=repr(given)[:80],
                                      fix='["generator", ("discriminator", 5)]'))
    places = array_places(net)
    cycle: list[frozenset[ArrayKey]] = []
    for item in given:
        part, steps = item, 1
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], int) and item[1] > 0 and not _is_path(net, item):
            part, steps = item
        holder = Holder(net, parse_rules([(part, 1.0)], "TrainingUpdateSchedule"), (), "TrainingUpdateSchedule")
        cycle += [frozenset(match(holder, places))] * steps
    return UpdateGroups(tuple(cycle))


def _is_path(net: Net, item: tuple[Any, ...]) -> bool:
    """Whether ("a", 2) means the second part of "a" rather than two steps of "a": a part wins where both can be."""
    from wlnet.core.errors import PartError
    from wlnet.core.parts import find

    try:
        find(net, item)
    except PartError:
        return False
    return True
