"""The loop: rounds of batches, run some steps at a time, and validation."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Generator, Iterator
from dataclasses import replace
from time import perf_counter
from typing import NamedTuple

import numpy as np

from wlnet.methods.schedules import factors
from wlnet.train.divergence import Diverged
from wlnet.train.history import LOSS, Tallies, Values, number
from wlnet.train.interrupts import interrupts
from wlnet.train.intervals import At
from wlnet.train.judged import Best, Judged
from wlnet.train.listeners import BATCH_COMPLETE, ROUND_COMPLETE
from wlnet.train.pace import MANY
from wlnet.train.phase import Phase
from wlnet.train.plan import rounds_of
from wlnet.train.programs import Kind
from wlnet.train.snapshots import Stretch
from wlnet.train.sources import Batches
from wlnet.train.standing import End, Round, Standing
from wlnet.train.stepping import Stepper


class Happening(NamedTuple):
    """Something that happened between two steps: an event by its name, and what ends the training
    there, if anything. is_whole: whether a round that it tells the end of has all its batches."""

    event: str
    ended: str | None = None
    is_whole: bool = True


class Trainer(Standing):
    """Trains the arrays of one net: what runs in which round, and how good the net is after it."""

    def _enter(self, number: int) -> None:
        """Begin the phase of a round: what steps need, made from the arrays as they are."""
        self._note_phase(number)
        in_call = number - self.plan.first_round
        first, rules = self.rules.phase(in_call)
        # A phase, or the call before it: whichever ends first.
        ends = [end for end in (self.rules.end(first), self.plan.rounds) if end is not None]
        last = min(ends, default=None)
        phase = Phase(
            rules,
            self.memory,
            self.training,
            self.options,
            self.measurements,
            self.source,
            self.validation,
            self.clock,
            None if last is None else last - in_call + 1,
        )
        stepper = Stepper(
            self.memory,
            phase,
            self.training,
            self.options,
            self.history,
            self.seen,
            self.learning_rate,
        )
        stepper.last = self.last
        self._phase, self._stepper = phase, stepper

    def rounds(self) -> Iterator[Happening]:
        """Runs the rounds planned, and yields what happens, as soon as it has: whoever is told of
        it may look at the training, and end it. Raises Diverged.
        """
        while self.plan.last_round is None or self.round < self.plan.last_round:
            self.round += 1
            if self._phase is None or self.rules.begins(self.round - self.plan.first_round):
                self._enter(self.round)
            if not self.in_round:
                yield Happening("RoundStarted")
            late = yield from self._run_round()
            if late and not self._is_whole():
                # A round that the clock cut short is not counted, but its net is judged.
                self.round -= 1
                yield from self._judged()
                yield Happening(ROUND_COMPLETE, "TimeGoal", is_whole=False)
                return
            if self.source.batches_per_round is None:
                self._plan_passes()
            self._end_round()
            is_last = late or self.round == self.plan.last_round
            if is_last or self.round % self.options.validation_interval == 0:
                yield from self._judged()
            # First the clock.
            ended = "StoppingCriterion" if self._stalls() else None
            if late and self.round != self.plan.last_round:
                ended = "TimeGoal"
            self._close_round()
            yield Happening(ROUND_COMPLETE, ended)

    def _judged(self) -> Iterator[Happening]:
        """Validates the net as it stands."""
        if self.phase.validation is None:
            return
        yield Happening("ValidationStarted")
        before = self.best
        self._validate()
        yield Happening("ValidationComplete")
        if self.best is not before:
            yield Happening("NetValidationImprovement")

    def _run_round(self) -> Generator[Happening, None, bool]:
        """Run the batches of a round that are not over, and tell whether the clock ended it."""
        done = self.in_round
        if not done:
            self._under_way = Round(len(self.history.round_positions), self.batch)
            self.stepper.seen = Tallies()
            self.watch.begin()
        for batches in self.phase.source.round(self.round, lambda: self.state(None), done):
            for stretch in self._stretches(batches):
                done = 0
                while done < stretch.count:
                    done += self._run(stretch.part(done, stretch.count - done))
                    is_due = perf_counter() >= self.alarm or self._is_due()
                    is_late, is_due = self.agree((self._is_late(), is_due))
                    if is_late:
                        return True
                    if is_due and not self._is_whole():
                        yield Happening(BATCH_COMPLETE)
        return False

    def _is_whole(self) -> bool:
        """Whether the last round has all of its batches."""
        return self.in_round == self.source.batches_per_round

    def _plan_passes(self) -> None:
        """A pass has told how many batches there are in one; nobody knows where they differ."""
        count = self.in_round
        if self.round == self.plan.first_round + 1:
            rounds = rounds_of(self.options, count)
            self.plan = replace(self.plan, batches_per_round=count, rounds=rounds)
        elif self.plan.batches_per_round != count:
            self.plan = replace(self.plan, batches_per_round=None)

    def _stretches(self, batches: Batches) -> Iterator[Stretch]:
        """Batches with the learning rate of each step: a schedule is asked for it once, in turn."""
        schedule = self.options.method.learning_rate_schedule
        some = MANY if callable(schedule) else batches.count
        for first in range(0, batches.count, some):
            part = batches.part(first, min(some, batches.count - first))
            if callable(schedule) and not batches.is_own:
                self.stepper.guard()
            # What does not go by the end of this call goes on from the call before.
            before = self.plan.first_batch if self.options.method.looks_at_total else 0
            number = self.batch - before + 1
            steps = np.arange(number, number + part.count)
            base = self.options.learning_rate
            rates = base * factors(schedule, steps, self.total, base)
            # A function may say another thing on each rank.
            yield Stretch(part, self.agree(rates) if callable(schedule) else rates)

    def _run(self, stretch: Stretch) -> int:
        """Run the first steps of a stretch; how many there were."""
        interrupts().poll()
        kind = self.phase.programs.kind(stretch.batches)
        pace = self.phase.paces[kind]
        most = min(stretch.count, self._until_due())
        steps, workers = pace.next(most, self._choices(kind))
        steps, is_old = self.agree((steps, self.stepper.snapshot.is_old))
        pace.took(self.stepper.run(stretch.part(0, steps), workers, is_old), steps, workers)
        return steps

    def at(self, is_round: bool = False) -> At:
        """Between which batches the training stands. is_round: at the end of a round."""
        plan, number = self.plan, self.round if is_round else None
        goal = self.options.time_goal
        return At(self.batch, plan.first_batch, plan.batches, self.seconds, number, goal)

    def _until_due(self) -> int:
        """How many steps there are until something is due, as far as batches tell."""
        batch, at = self.batch, self.at() if self.appointments else None
        found = [each.next_batch(batch, at) for each in self.appointments if at is not None]
        return min((number - batch for number in found if number is not None), default=MANY)

    def _is_due(self) -> bool:
        """Whether something may be due now, within a round."""
        if not self.appointments:
            return False
        at = self.at()
        return any(each.may_be(at) for each in self.appointments)

    def _choices(self, kind: Kind) -> tuple[int, ...]:
        """The numbers of workers that steps on such batches may be run on."""
        there = self.phase.programs.program("Train", kind).workers_now
        return (there, 1) if there > 1 else (there,)

    def _is_late(self) -> bool:
        goal = self.options.time_goal
        return goal is not None and self.seconds - self.plan.first_second >= goal

    def _stalls(self) -> bool:
        """Whether a stopping criterion by name is met with this round."""
        stopper = self.stopper
        if stopper is None or not isinstance(stopper.criterion.criterion, str):
            return False
        name = stopper.criterion.criterion
        # It is looked at where there is a value of it: between validations nothing new.
        return self.is_judged and stopper.fails(self.sign_of(name) * self.criterion_value(name))

    def _end_round(self) -> None:
        """Note what the round amounts to. It is over when it is judged too: broken off before, it
        is one that has all its batches, and its end is still to come.
        """
        with np.errstate(over="ignore"):
            found = self.stepper.seen.values()
        if not math.isfinite(number(found, LOSS)):
            raise Diverged(f"the sum of the losses of round {self.round} is not finite")
        told = self.watch.values(self.phase.rules.table, self.stepper.seen.squares)
        failures = self.stopper.standing if self.stopper else None
        self._before_end = End(self.judged, failures, self.history.arrays.lists)
        self.history.arrays.add(told, len(self.history.round_positions))
        self.history.rounds.add(found)

    def finish_round(self, judges: bool) -> None:
        """Close a round that has ended and is being judged, if there is one."""
        if self._before_end is not None:
            if judges:
                self.judge()
                self._stalls()
            self._close_round()

    def _close_round(self) -> None:
        self.last = self.stepper.last
        self.history.round_positions.append(self.batch)
        self._before_end = None

    @property
    def is_judged(self) -> bool:
        """Whether the net as it stands was validated, or none ever is."""
        positions = self.history.validation_positions
        return self.validation is None or positions[-1:] == [self.batch]

    def guard(self) -> None:
        """Make the steps so far final: whoever is called may change the data that they read."""
        if self._stepper is not None:
            self._stepper.guard()

    def judge(self) -> None:
        """Validate the net as it stands, if that was not done."""
        if not self.is_judged:
            self._validate()

    def _validate(self) -> None:
        if self.phase.validation is None:
            return
        found = self.phase.programs.test(self.phase.validation).values()
        # What is no number is worse than any number.
        rank = tuple(
            math.inf if math.isnan(value) else self.sign_of(name) * value
            for name, value in self._deciding(found).items()
        )
        count = len(self.history.validation_positions) + 1
        best = self.best
        if best is None or rank < best.rank:
            number = bisect_left(self.history.round_positions, self.batch) + 1
            best = Best(number, rank, self.memory.plain_arrays(), dict(self.memory.updates))
        self.history.validations.add(found)
        self.history.validation_positions.append(self.batch)
        self.judged = Judged(count, best)
        self.history.best_round = best.number

    def _deciding(self, found: Values) -> dict[str, float]:
        """The values that tell which validation is best."""
        rule = self.options.stopping
        names = [each.key for each in self.phase.programs.measured if each.is_error_rate]
        names.append(LOSS)
        if rule is not None and isinstance(rule.criterion, str):
            names = [rule.criterion]
        return {name: number(found, name) for name in names}
