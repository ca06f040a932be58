"""Looks at a training, and gives where it stands in plain values."""

from __future__ import annotations

import functools
import math
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping

from wlnet.core.durations import time_text
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.parts import key_text
from wlnet.core.rules import ArrayKey
from wlnet.core.speeds import speed
from wlnet.results.progress import Figure, Points, Progress
from wlnet.train.history import LOSS
from wlnet.train.loop import Trainer
from wlnet.train.measurements import TABLE
from wlnet.train.reporting.curves import Means

FEW = 3
"""With fewer rounds a curve is one of batches."""
NAMED = 3
"""How many arrays are named of those that a phase changes."""
LONG = 1.0
"""Seconds of compiling that are worth a word."""


class Observer:
    """Looks at one training. It reads, and changes nothing."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._rounds, self._batches, self._validations = Means(), Means(), Means()
        self._begun = time.perf_counter()
        self._examples = trainer.history.examples
        self._first = len(trainer.phases) - 1
        self._table: MultiplierTable | None = None
        self._rates: Mapping[str, int] = {}

    def now(
        self, waits: str = "", curves: bool = True, ended: str | None = None, message: str = ""
    ) -> Progress:
        """Where the training stands. waits: what takes time besides training; curves: whether these
        are looked at; ended: why it is over; message: what is known besides."""
        trainer = self._trainer
        plan, history, in_round = trainer.plan, trainer.history, trainer.in_round
        seconds = trainer.seconds - plan.first_second
        examples = history.examples - self._examples
        by_batch = len(history.round_positions) < FEW
        best = self._best()
        fraction = plan.fraction(trainer.batch, trainer.seconds)
        over = len(history.round_positions)
        return Progress(
            round=over + 1 if ended is None and (in_round or not over) else over,
            rounds=plan.last_round,
            batch=in_round if in_round or not over else plan.batches_per_round or 0,
            batches=plan.batches_per_round,
            fraction=1.0 if ended == "MaxTrainingRounds" else fraction,
            seconds=seconds,
            left=plan.remaining(trainer.batch, trainer.seconds),
            figures=self._figures(in_round, best),
            examples_per_second=examples / seconds if seconds > 0 else 0.0,
            learning_rate=trainer.learning_rate,
            rates=self._kinds(),
            best_round=history.best_round,
            is_best=best is not None and best == len(history.validation_positions) - 1,
            unit=trainer.source.unit,
            phase=len(trainer.phases) - self._first,
            phases=len(trainer.rules.phases),
            phase_words=self._phase_words(),
            training=self._training(by_batch) if curves else (),
            validation=self._validation() if curves else (),
            best=self._point(best),
            by_batch=plan.batches_per_round is None,
            waits=waits,
            ended=ended,
            verdict=self._verdict(ended, message, over, in_round, seconds) if ended else "",
        )

    # Figures

    def _figures(self, in_round: int, best: int | None) -> tuple[Figure, ...]:
        history = self._trainer.history
        rounds, held = history.rounds, history.validations
        if in_round:
            training = self._trainer.seen.numbers()
        else:
            training = {
                name: values[-1]
                for name, values in rounds.lists.items()
                if values and isinstance(values[-1], float)
            }
        names = [LOSS, *training, *held.lists]
        found = []
        for name in dict.fromkeys(names):
            values = held.lists.get(name, [])
            if not (values and isinstance(values[-1], float)):
                values = []
            if name != LOSS and name not in training and not values:
                continue
            is_told = best is not None and best < len(values)
            found.append(
                Figure(
                    name,
                    training.get(name),
                    _number(values[-1]) if values else None,
                    _number(values[best]) if best is not None and is_told else None,
                    _is_share(name),
                )
            )
        return tuple(found)

    def _best(self) -> int | None:
        """Which validation was the best, from 0."""
        history = self._trainer.history
        number, positions = history.best_round, history.round_positions
        if number is None or not history.validation_positions:
            return None
        ends = history.validation_positions
        end = positions[number - 1] if number <= len(positions) else ends[-1]
        return min(bisect_left(ends, end), len(ends) - 1)

    # Curves

    def _training(self, by_batch: bool) -> Points:
        history = self._trainer.history
        if not by_batch:
            points = self._rounds.points(history.rounds.losses)
            if self._trainer.plan.batches_per_round is None:
                ends = history.round_positions
                return tuple((ends[min(round(x), len(ends)) - 1], y) for x, y in points)
            return tuple(points)
        points = self._batches.points(history.batches.losses)
        return tuple((self._x(batch), loss) for batch, loss in points)

    def _validation(self) -> Points:
        history = self._trainer.history
        ends = history.validation_positions
        points = self._validations.points(history.validations.losses)
        return tuple((self._x(ends[min(round(n), len(ends)) - 1]), y) for n, y in points if ends)

    def _point(self, best: int | None) -> tuple[float, float] | None:
        held = self._trainer.history
        if best is None or best >= len(held.validations.losses):
            return None
        loss = held.validations.losses[best]
        return (self._x(held.validation_positions[best]), loss) if math.isfinite(loss) else None

    def _x(self, batch: float) -> float:
        return batch / (self._trainer.plan.batches_per_round or 1)

    # What learns

    def _kinds(self) -> Mapping[str, int]:
        table = self._trainer.table
        if table is not self._table:
            self._table = table
            self._rates = Counter(speed(row.multiplier) for row in table if not row.statistic)
        return self._rates

    def _phase_words(self) -> str:
        """What the phase under way has changed against the one before it in this call."""
        phases = self._trainer.phases
        if len(phases) - 1 <= self._first:
            return ""
        before, now = (each.table.values_by_key() for each in phases[-2:])

        def learns_on(key: ArrayKey) -> bool:
            return bool(now[key] and before[key])

        told = []
        for what, names in (
            ("learns now", [key for key in now if now[key] and not before[key]]),
            ("frozen now", [key for key in now if before[key] and not now[key]]),
            ("at another rate", [key for key in now if now[key] != before[key] and learns_on(key)]),
        ):
            if names:
                some = ", ".join(map(key_text, names[:NAMED]))
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                told.append(f"{what}: {some}{more}")
        return "; ".join(told)

    # The end

    def _verdict(
        self, reason: str, message: str, rounds: int, in_round: int, seconds: float
    ) -> str:
        done = f"{rounds:,} round{'s' * (rounds != 1)}"
        if in_round:
            done += f" and {in_round:,} batch{'es' * (in_round != 1)}"
        told = f"{done} in {time_text(seconds)}"
        compiled = time.perf_counter() - self._begun - seconds
        if compiled >= LONG:
            told += f" (and {time_text(compiled)} of compiling)"
        why = WHY.get(reason, reason)
        if reason == "ManualStop":
            why = "stopped by the user" if message == "interrupted" else "stopped by a function"
        elif reason == "Error":
            why = f"broken off by {message}"
        return f"{why}: {told}" if why else told


WHY = {
    "MaxTrainingRounds": "",
    "TimeGoal": "the time is up",
    "StoppingCriterion": "stopped early",
    "Aborted": "aborted",
    "WeightsDiverged": "diverged",
}
"""Why a training ended, in words."""


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


@functools.cache
def _is_share(name: str) -> bool:
    row = TABLE.get(name.rpartition("/")[2].partition("Top")[0])
    return row is not None and row.share
