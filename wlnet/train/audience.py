"""Who is told what happens in a training: functions of the user, displays, checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar, cast

from wlnet.results.results import NetTrainResults, TrainingRecord
from wlnet.train.checkpoints import REASON, Writer
from wlnet.train.interrupts import interrupts
from wlnet.train.listeners import ENDS, ROUND_COMPLETE, Called, asked
from wlnet.train.loop import Trainer
from wlnet.train.options import Options
from wlnet.train.reporting.reporters import Reporters
from wlnet.train.saving.records import written
from wlnet.train.state import TrainingState

T = TypeVar("T")

LAST_EVENTS = {
    "MaxTrainingRounds": "TrainingComplete",
    "TimeGoal": "TrainingComplete",
    "StoppingCriterion": "TrainingStoppedEarly",
    "ManualStop": "TrainingStoppedEarly",
    "Aborted": "TrainingAborted",
    "WeightsDiverged": "WeightsDiverged",
}
"""Why a training ended -> the event that this is."""


class RecordOf(Protocol):
    """Makes the record of a training as it stands."""

    def __call__(
        self, trainer: Trainer, reason: str, message: str | None = None
    ) -> TrainingRecord: ...


class Audience:
    """Tells those who want to know what happens, and keeps checkpoints."""

    def __init__(self, trainer: Trainer, options: Options, record_of: RecordOf) -> None:
        self._trainer, self._record_of = trainer, record_of
        self._exchange = options.exchange
        now = trainer.seconds
        if options.checkpoints:
            # What no file can hold is better known before anything is trained.
            written(NetTrainResults(record_of(trainer, REASON)))
        if not self.is_first:
            options = replace(options, listeners=(), checkpoints=(), reporting=())
        self._listeners = [Called(each, now) for each in options.listeners]
        self._writers = [Writer(each, now, trainer.start) for each in options.checkpoints]
        self.reporters = Reporters(trainer, options.reporting)
        dues = [each.due for each in self._listeners if each.due is not None]
        kept = (writer.due for writer in self._writers)
        trainer.appointments = [*dues, *self.reporters.dues, *kept]

    @property
    def is_shared(self) -> bool:
        """Whether there are other ranks, which must not be left alone in the middle of a word."""
        return self._exchange.ranks > 1

    @property
    def is_first(self) -> bool:
        """Whether this rank is the one that tells and writes; others hear of it what came of it."""
        return self._exchange.rank == 0

    @property
    def files(self) -> tuple[str, ...]:
        """The checkpoints there are."""
        found = dict.fromkeys(file for writer in self._writers for file in writer.files)
        return tuple(found) if self.is_first else self._trainer.files

    def hear(self, event: str, is_whole: bool = True) -> str | None:
        """Tell of an event; the reason to stop that a function gives, or None.

        is_whole: whether a round that ended has all its batches.
        """
        told: tuple[str | None, bool] = (None, False)
        if self.is_first:
            told = self._tell(event, is_whole)
        reason, was_called = self._trainer.agree(told)
        if was_called:
            # Whoever was called may have changed what is read where it lies.
            self._trainer.guard()
        return reason

    def _tell(self, event: str, is_whole: bool) -> tuple[str | None, bool]:
        """The reason to stop, and whether any function of the user was called."""
        trainer = self._trainer
        reason = None
        wanted = [each for each in self._listeners if each.wants(event, trainer.at, is_whole)]
        if wanted:
            with self.reporters.aside():
                for each in wanted:
                    reason = asked(each.function, trainer.state(event)) or reason
            self.reporters.resume()
        return reason, self.reporters.hear(event, is_whole) or bool(wanted)

    def ask(self, function: Callable[[TrainingState], T]) -> T:
        """What a function of the user answers that is told of the end of a round."""
        answer: T | None = None
        if self.is_first:
            with self.reporters.aside():
                answer = function(self._trainer.state())
            self.reporters.resume()
        answer = self._trainer.agree(answer)
        self._trainer.guard()
        return cast(T, answer)

    def keep_if_due(self, event: str) -> str | None:
        """Write the checkpoints that are due; the reason to stop that a function gives who is told
        of them, or None."""
        if event not in ENDS:
            return None
        at = self._trainer.at(event == ROUND_COMPLETE)
        writers = [each for each in self._writers if each.due.at(at)]
        if not self._trainer.agree(bool(writers)):
            return None
        before = self.hear("CheckpointStarted")
        self._keep(writers, REASON, None)
        return self.hear("CheckpointComplete") or before

    def keep(self, reason: str, message: str | None = None) -> None:
        """Write the last checkpoints, where the training went on since the ones before."""
        if reason != "Aborted":
            late = [each for each in self._writers if each.batch != self._trainer.batch]
            self._keep(late, reason, message)

    def _keep(self, writers: list[Writer], reason: str, message: str | None) -> None:
        if not self._trainer.agree(bool(writers)):
            return
        record = self._record_of(self._trainer, reason, message)
        # A file that is written is one of those there are, whenever an interrupt comes.
        with interrupts().held():
            for writer in writers:
                others = [each for each in self._writers if each is not writer]
                writer.write(record, [file for each in others for file in each.files])
        self._trainer.files = self._trainer.agree(self.files)
