"""The arrays that learn: what rules say about each, and how it is updated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.multipliers import MultiplierTable, Row, array_places, multiplier_table
from wlnet.core.net import Net
from wlnet.core.phases import Phases
from wlnet.core.rules import ArrayKey, chosen
from wlnet.evaluate.holding import Array
from wlnet.methods.base import Method
from wlnet.plan.calls.emitter import Learner as Update
from wlnet.train.options import Options
from wlnet.train.schedule import UpdateGroups, update_groups
from wlnet.train.thawed import warn_of_thawed


@dataclass(frozen=True)
class ArrayRules:
    """All that rules decide about single arrays.

    Penalties and clips are left out where there are none.
    """

    table: MultiplierTable
    l2: Mapping[ArrayKey, float]
    gradient_clip: Mapping[ArrayKey, float]
    weight_clip: Mapping[ArrayKey, float]
    weight_decay: Mapping[ArrayKey, float]
    groups: UpdateGroups


@dataclass(frozen=True)
class TrainingRules:
    """What rules decide in each phase of a training, by its first round, from 1 in each call."""

    phases: Mapping[int, ArrayRules]

    def begins(self, number: int) -> bool:
        """Whether a phase other than the first begins with a round."""
        return number in self.phases and number > 1

    def phase(self, number: int) -> tuple[int, ArrayRules]:
        """The first round of the phase that a round is in, and its rules."""
        first = max(each for each in self.phases if each <= max(number, 1))
        return first, self.phases[first]

    def end(self, first: int) -> int | None:
        """The last round of a phase; None for the last phase."""
        later = [each for each in self.phases if each > first]
        return min(later) - 1 if later else None

    def tables(self) -> dict[int, MultiplierTable]:
        """The table of each phase."""
        return {first: rules.table for first, rules in self.phases.items()}

    @property
    def last(self) -> ArrayRules:
        """Those of the last phase."""
        return self.phases[max(self.phases)]

    def only(self) -> ArrayRules:
        """Those of the one phase there is. Raises OptionError where there are several."""
        if len(self.phases) > 1:
            rounds = ", ".join(map(str, self.phases))
            fix = "phases.at(n), the rules that hold in a round n"
            what = "a program is that of one phase"
            given = f"phases from rounds {rounds}"
            raise fail(OptionError, Fault(what, "learning_rate_multipliers", given, fix=fix))
        return self.last

    def ever_trains(self) -> bool:
        """Whether any array is updated in any phase."""
        return any(
            any(map(rules.groups.ever_moves, rules.table.trained_keys()))
            for rules in self.phases.values()
        )


def read_rules(net: Net, options: Options, *, warnings: bool = True) -> TrainingRules:
    """Every rule list of a call, resolved on the net, those of all phases.

    Raises the faults of all of them at once, RuleError for those of rules. Warns of rules that make
    learn what the net froze for itself.
    """
    gathered = Gathered()
    method, places = options.method, array_places(net)

    def limits(given: object, option: str) -> Mapping[ArrayKey, float]:
        def read() -> dict[ArrayKey, float]:
            found = chosen(
                net, places, given, option, lambda v: math.nan if v is None else float(v), math.nan
            )
            return {key: value for key, value in found.items() if not math.isnan(value)}

        return {} if given is None else gathered.attempt(read) or {}

    given = options.multipliers
    by_round: Mapping[int, object] = given if isinstance(given, Phases) else {1: given}
    phases = {n: f"phase from round {n}" if given is by_round else "" for n in by_round}

    def table_of(number: int) -> MultiplierTable | None:
        rules, phase = by_round[number], phases[number]
        return gathered.attempt(lambda: multiplier_table(net, rules, phase=phase), phase or None)

    found = {n: table_of(n) for n in by_round}
    l2 = limits(method.l2_regularization, "L2Regularization")
    gradient_clip = limits(method.gradient_clipping, "GradientClipping")
    weight_clip = limits(method.weight_clipping, "WeightClipping")
    weight_decay = limits(method.weight_decay, "WeightDecay")
    groups = gathered.attempt(lambda: update_groups(net, options.update_schedule))
    gathered.tell()
    assert groups is not None
    tables = {n: table for n, table in found.items() if table is not None}
    for n, table in tables.items() if warnings else ():
        warn_of_thawed(net, table, phases[n])
    return TrainingRules(
        {
            n: ArrayRules(each, l2, gradient_clip, weight_clip, weight_decay, groups)
            for n, each in tables.items()
        }
    )


@dataclass
class Learner:
    """One array that a gradient moves."""

    row: Row
    update: Update
    counts: dict[ArrayKey, int]
    """How often each array was updated: of all arrays of the training."""
    weight_decay: float = 0.0

    @property
    def updates(self) -> int:
        """How often it was updated."""
        return self.counts[self.key]

    @property
    def key(self) -> ArrayKey:
        return self.row.key

    def step_sizes(self, method: Method, learning_rates: Array, moves: Array) -> Array:
        """What its kernel is told for the next steps: its step size, NaN where it rests.

        learning_rates: base x schedule of each step; moves: whether it is updated there.
        """
        counts = self.updates + np.cumsum(moves)
        # A step of rest has the count of the one before, which may be 0.
        corrections = method.corrections(np.maximum(counts, 1))
        return np.where(moves, learning_rates * self.row.multiplier * corrections, np.nan)

    def decays(self, learning_rates: Array) -> Array:
        """The share of itself that the array loses at some steps: no bias correction is in it."""
        return learning_rates * self.row.multiplier * self.weight_decay

    def count(self, moves: Array) -> None:
        """Count the updates of steps that are done."""
        self.counts[self.key] += int(np.count_nonzero(moves))


def learners_of(rules: ArrayRules, method: Method, counts: dict[ArrayKey, int]) -> list[Learner]:
    """A learner for every array that a gradient moves. Frozen arrays get none, and no state.

    counts: how often each array was updated, which learners go on counting.
    """
    return [
        Learner(
            row,
            Update(
                method.kernel,
                method.state_arrays,
                method.fields(
                    rules.l2.get(row.key, 0.0),
                    rules.gradient_clip.get(row.key),
                    rules.weight_clip.get(row.key),
                ),
                bool(rules.weight_decay.get(row.key)),
            ),
            counts,
            weight_decay=rules.weight_decay.get(row.key, 0.0),
        )
        for row in rules.table
        if row.trained
    ]
