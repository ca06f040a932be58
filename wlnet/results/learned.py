"""What every array was updated in a training, by phase, and how many learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.multipliers import MultiplierTable
from wlnet.core.rules import ArrayKey
from wlnet.results.ending import counted
from wlnet.results.moment import CallRecord
from wlnet.results.results import TrainingRecord


@dataclass(frozen=True, eq=False)
class Part:
    """Rounds under one table of multipliers. steps: by array, how many times it was updated.
    has_run: whether a batch was run in them."""

    first_round: int
    table: MultiplierTable
    steps: Mapping[ArrayKey, int]
    has_run: bool


@dataclass(frozen=True)
class Learned:
    """How many arrays learned, in all phases. still: those that could learn, and were not updated.
    followed: running statistics that were told of batches."""

    arrays: int
    learned: int
    frozen: int
    still: int
    followed: int

    @property
    def words(self) -> str:
        """In words.

        >>> Learned(4, 2, 1, 1, 0).words
        '2 of 4 arrays learned, 1 was frozen, 1 was not updated'
        """
        words = f"{self.learned} of {counted(self.arrays, 'array')} learned"
        for number, told in ((self.frozen, "frozen"), (self.still, "not updated")):
            words += f", {number} {'was' if number == 1 else 'were'} {told}" if number else ""
        followed = counted(self.followed, "running statistic")
        return words + (f", {followed} followed the data" if self.followed else "")


def parts_of(
    calls: Sequence[CallRecord], batches: int, last: int, best: Mapping[ArrayKey, int]
) -> list[Part]:
    """The phases of calls, in their order; what goes on under the same table is one. Steps are
    those of the net that comes back, so none behind the best validation. batches: how many were
    run; last: the number of the last one that the net was trained on; best: how often each array
    had been updated there."""
    found: list[Part] = []
    begins = [phase.first_batch for call in calls for phase in call.phases]
    ends = iter([*begins[1:], batches + 1])
    for call in calls:
        after = [phase.updates for phase in call.phases[1:]] + [call.updates]
        for phase, end in zip(call.phases, after, strict=True):
            following = next(ends)
            if last < phase.first_batch:
                end = phase.updates
            elif last < following - 1:
                end = best
            steps = {key: n - phase.updates.get(key, 0) for key, n in end.items()}
            first, has_run = phase.first_round, phase.first_batch <= min(last, following - 1)
            if found and found[-1].table == phase.table:
                same = found.pop()
                steps = {key: n + same.steps.get(key, 0) for key, n in steps.items()}
                first, has_run = same.first_round, has_run or same.has_run
            found.append(Part(first, phase.table, steps, has_run))
    return found


def parts_of_record(r: TrainingRecord) -> list[Part]:
    """Those of a record."""
    last, number = len(r.batch_losses), r.best_validation_round
    if number is not None and r.moment.best_updates:
        last = r.validation_positions[r.validation_rounds.index(number)]
    return parts_of(r.calls, len(r.batch_losses), last, r.moment.best_updates)


def learned_in(parts: Sequence[Part], table: MultiplierTable) -> Learned:
    """How many of the arrays of a table learned in parts of a training."""
    keys = {row.key for row in table if not row.statistic}
    moved = {key for part in parts for key, n in part.steps.items() if n} & keys
    tables = [part.table for part in parts] or [table]
    able = {row.key for each in tables for row in each if row.multiplier != 0}
    followed = {row.key for part in parts if part.has_run
                for row in part.table if row.statistic and row.multiplier != 0}  # fmt: skip
    frozen = keys - able - moved
    still = len(keys) - len(moved) - len(frozen)
    return Learned(len(keys), len(moved), len(frozen), still, len(followed))
