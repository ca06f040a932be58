"""Where a training begins: with nothing, or where an earlier one stood."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from wlnet.core.rules import ArrayKey
from wlnet.results.class_labels import Labels
from wlnet.results.class_table import Kept
from wlnet.results.moment import CallRecord, Moment, PhaseRecord
from wlnet.results.results import TrainingRecord
from wlnet.train.array_series import ArraySeries
from wlnet.train.history import LOSS, History, Series


@dataclass(frozen=True, eq=False)
class Start:
    """What a training begins with.

    record: that of the training that goes on; None for a new one. resumed: the call that was
    broken off and is now taken to its end; None for a call of its own. is_same: whether that is
    done as the call asked for it: else a call with the same plan, but other options, goes on.
    """

    record: TrainingRecord | None = None
    resumed: CallRecord | None = None
    is_same: bool = True

    @property
    def moment(self) -> Moment | None:
        """Where the earlier training stood."""
        return None if self.record is None else self.record.moment

    @property
    def round(self) -> int:
        """How many rounds are over."""
        return self.moment.round if self.moment else 0

    @property
    def batch(self) -> int:
        """How many batches are over."""
        return self.moment.batch if self.moment else 0

    @property
    def first_round(self) -> int:
        """How many rounds were over when the call began."""
        return self.resumed.first_round if self.resumed else self.round

    @property
    def first_batch(self) -> int:
        """How many batches were over when the call began."""
        return self.resumed.first_batch if self.resumed else self.batch

    @property
    def first_second(self) -> float:
        """What the clock showed when the call began."""
        return self.resumed.seconds if self.resumed else self.seconds

    @property
    def passes(self) -> list[int]:
        """How many batches each round had that was over when the call was broken off."""
        if self.record is None or self.resumed is None:
            return []
        ends = [self.first_batch, *self.record.round_positions[self.first_round :]]
        return [end - begin for begin, end in itertools.pairwise(ends)]

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """The calls before this one."""
        if self.record is None:
            return ()
        return self.record.calls[:-1] if self.resumed and self.is_same else self.record.calls

    @property
    def phases(self) -> tuple[PhaseRecord, ...]:
        """The phases of this call that are there already."""
        return self.resumed.phases if self.resumed and self.is_same else ()

    @property
    def seconds(self) -> float:
        """How long the earlier training took."""
        return self.record.seconds if self.record else 0.0

    def learning_rate(self, given: float) -> float:
        """The learning rate of the last step; of none, that which the call was given."""
        return self.record.final_learning_rate if self.batch and self.record else given

    def history(self, labels: Callable[[str], Labels | None] = lambda name: None) -> History:
        """All that was seen until now, for the training to go on with. labels: see there."""
        r = self.record
        if r is None:
            return History(labels=labels)
        return History(
            _series(r.batch_losses, r.batch_measurements),
            _series(r.round_losses, r.round_measurements),
            _series(r.validation_losses, r.validation_measurements),
            list(r.round_positions),
            list(r.validation_positions),
            r.examples_processed,
            r.best_validation_round,
            ArraySeries({name: _lists(by_key) for name, by_key in r.by_array.items()}),
            list(r.learning_rates),
            labels,
        )


def _series(losses: tuple[float, ...], measurements: Mapping[str, tuple[Kept, ...]]) -> Series:
    lists: dict[str, list[Kept]] = {LOSS: list(losses)}
    lists |= {name: list(values) for name, values in measurements.items()}
    return Series(lists)


def _lists(by_key: Mapping[ArrayKey, Iterable[float | None]]) -> dict[ArrayKey, list[float | None]]:
    return {key: list(values) for key, values in by_key.items()}


NEW = Start()
"""A training that begins with nothing."""
