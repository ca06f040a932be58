"""Looks at a training, and gives where it stands in plain values."""

from __future__ import annotations

import functools
import math
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from wlnet.core.durations import time_text
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.parts import key_text
from wlnet.core.rules import ArrayKey
from wlnet.core.speeds import speed
from wlnet.results.ending import ran, why
from wlnet.results.learned import Learned, learned_in, parts_of
from wlnet.results.progress import Figure, Points, Progress
from wlnet.train.history import LOSS
from wlnet.train.loop import Trainer
from wlnet.train.measurement_names import measured
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
        self._begun, self._second = time.perf_counter(), trainer.seconds
        self._examples = trainer.history.examples
        self._known = {LOSS, *trainer.training.told_losses.values()}
        self._known |= {each.key for each in measured(trainer.measurements, trainer.training)}
        self._since = self._first_validation()
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
        trained, ends = trainer.seconds - self._second, history.round_positions
        over, batches = len(ends), plan.batches_per_round
        best = self._best()
        # Before the first batch of a call that goes on, its first round is under way.
        is_within = ended is None and (in_round > 0 or over == plan.first_round)
        learned = self._learned(best) if ended else None
        return Progress(
            round=over + is_within,
            rounds=plan.last_round,
            batch=in_round if is_within or not over else ends[-1] - (0, *ends)[-2],
            batches=batches,
            fraction=1.0 if ended == "MaxTrainingRounds"
            else plan.fraction(trainer.batch, trainer.seconds),
            seconds=trainer.seconds - plan.first_second,
            left=plan.remaining(trainer.batch, trainer.seconds),
            figures=self._figures(is_within, best),
            examples_per_second=(history.examples - self._examples) / trained if trained else 0.0,
            learning_rate=trainer.learning_rate,
            rates=self._kinds(),
            best_round=history.best_round,
            is_best=best is not None and best == len(history.validation_positions) - 1,
            unit=trainer.source.unit,
            phase=len(trainer.phases) - self._first,
            phases=len(trainer.rules.phases),
            phase_words=self._phase_words(),
            training=self._training(over < FEW) if curves else (),
            validation=self._validation() if curves else (),
            best=self._point(best),
            by_batch=batches is None and not over,
            waits=waits,
            ended=ended,
            verdict=self._verdict(ended, message) if ended else "",
            is_whole=in_round == batches if is_within else over > 0,
            before=plan.first_round,
            learned=learned,
            rates_of="in the last phase" if ended and self._tables() > 1 else "",
        )  # fmt: skip

    # Figures

    def _figures(self, is_within: bool, best: int | None) -> tuple[Figure, ...]:
        """In the end the last round that is over counts, as in the record; where none is, the
        batches there were."""
        history = self._trainer.history
        rounds, held = history.rounds, history.validations
        if is_within or not history.round_positions:
            training = self._trainer.seen.numbers() if self._trainer.in_round else {}
        else:
            training = {
                name: values[-1]
                for name, values in rounds.lists.items()
                if values and isinstance(values[-1], float)
            }
        names = [LOSS, *training, *held.lists]
        found = []
        for name in dict.fromkeys(names):
            if name not in self._known:
                # It was measured in a call before this one.
                continue
            values = held.lists.get(name, [])
            if not (len(values) > self._since and isinstance(values[-1], float)):
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

    def _first_validation(self) -> int:
        """Which validation is the first, from 0, that this call may be compared with: there is none
        without a validation set, and of other examples those of earlier calls tell nothing."""
        trainer = self._trainer
        ends, start = trainer.history.validation_positions, trainer.start
        if trainer.validation is None:
            return len(ends)
        is_same = start.moment is None or start.moment.best_rank is not None
        return 0 if is_same else bisect_right(ends, trainer.plan.first_batch)

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
            return tuple(self._rounds.points(history.rounds.losses))
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
        """How many rounds were over after so many batches: rounds may have had others than now. Of
        a round that nobody knows the length of, as many as the one before; batches, where there is
        none."""
        trainer = self._trainer
        ends, each = trainer.history.round_positions, trainer.plan.batches_per_round
        at = bisect_left(ends, batch)
        begins = ends[at - 1] if at else 0
        if at < len(ends):
            return at + (batch - begins) / (ends[at] - begins)
        if not ends:
            return batch / (each or 1)
        return at + (batch - begins) / max(each or begins - (0, *ends)[-2], trainer.batch - begins)

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

    def _verdict(self, reason: str, message: str) -> str:
        trainer = self._trainer
        plan, over = trainer.plan, len(trainer.history.round_positions)
        seconds = trainer.seconds - plan.first_second
        told = ran(over - plan.first_round, over, trainer.in_round, plan.batches_per_round, seconds)
        compiled = time.perf_counter() - self._begun - (trainer.seconds - self._second)
        if compiled >= LONG:
            told += f" (and {time_text(compiled)} of compiling)"
        return told if reason == "MaxTrainingRounds" else f"{why(reason, message)}: {told}"

    def _learned(self, best: int | None) -> Learned:
        """How many arrays learned, as the record will tell."""
        trainer = self._trainer
        last, updates = trainer.batch, trainer.best.updates if trainer.best is not None else {}
        if best is not None and updates:
            last = trainer.history.validation_positions[best]
        calls = (*trainer.start.calls, trainer.call())
        return learned_in(parts_of(calls, trainer.batch, last, updates), trainer.table)

    def _tables(self) -> int:
        """How many tables of multipliers ruled, one after the other."""
        calls = self._trainer.start.calls
        tables = [phase.table for call in calls for phase in call.phases]
        tables += [phase.table for phase in self._trainer.phases]
        return 1 + sum(one != other for one, other in pairwise(tables))


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


@functools.cache
def _is_share(name: str) -> bool:
    row = TABLE.get(name.rpartition("/")[2].partition("Top")[0])
    return row is not None and row.share
