"""The loop: rounds of batches, run some steps at a time, and validation."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wlnet.core.errors import OptionError, fail
from wlnet.core.net import Net
from wlnet.methods.schedules import factors
from wlnet.nets.arrays import replace_arrays
from wlnet.train.divergence import Diverged
from wlnet.train.history import LOSS, History, Tallies, Values, number
from wlnet.train.learners import ArrayRules, learners_of, plain_arrays
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options, endless_schedule
from wlnet.train.pace import MANY, Pace
from wlnet.train.programs import programs_of
from wlnet.train.snapshots import Stretch
from wlnet.train.sources import ArraySource, Batches, Source
from wlnet.train.state import Plan, TrainingState, plan_of, rounds_of
from wlnet.train.stepping import Arrays, Stepper
from wlnet.train.stopping import sign_of
from wlnet.train.training_net import TrainingNet


class Best(NamedTuple):
    """The best validation so far, the number of its round, and how many there were (judged)."""

    judged: int
    number: int
    rank: tuple[float, ...]
    arrays: Arrays


class Trainer:
    """Trains the arrays of one net: what runs in which round, and how good the net is after it."""

    def __init__(
        self,
        net: Net,
        training: TrainingNet,
        rules: ArrayRules,
        options: Options,
        source: Source,
        validation: ArraySource | None,
        measurements: tuple[Measurement, ...],
    ) -> None:
        self.net, self.training, self.rules, self.options = net, training, rules, options
        self.source, self.validation = source, validation
        self.plan = plan_of(options, source.batch_size, source.batches_per_round)
        self.total = _total(options, self.plan)
        self.learners = learners_of(rules, options.method)
        self.history = History()
        self.best: Best | None = None
        self.programs = programs_of(
            training, rules, self.learners, options, measurements, self.plan.batch_size
        )
        self.stepper = Stepper(net, rules, options, self.programs, self.learners, self.history)
        self.arrays, self.states = self.stepper.arrays, self.stepper.states
        self.round = 0
        self._in_round = 0
        """How many batches of the round that the last one was in were run."""
        self._seen = Tallies()
        """What these tell."""
        self._keep_prefix()
        self.paces: defaultdict[int, Pace] = defaultdict(Pace)
        """By how many examples a step is on: the last batch of a round may be smaller."""

    def _keep_prefix(self) -> None:
        """Compute once what frozen arrays make of the examples, if that pays and fits."""
        limit = self.options.prefix_bytes
        if self.plan.rounds is not None and self.plan.rounds < 2:
            return
        if isinstance(self.source, ArraySource):
            self.source, taken = self.programs.with_prefix("Train", self.source, limit)
            limit -= taken
        if self.validation is not None:
            self.validation, _ = self.programs.with_prefix("Test", self.validation, limit)

    @property
    def seconds(self) -> float:
        """How long it has been training: to compile is not."""
        return self.programs.clock.seconds

    def trained(self) -> Arrays:
        """The arrays to return: those of the best validation, without one those of now."""
        return self.best.arrays if self.best is not None else self.stepper.plain_arrays()

    # Running

    def rounds(self, within: Callable[[], None] | None = None) -> Iterator[str | None]:
        """Runs the rounds planned, one an iteration; yields what ended the training there, or None.

        within: called after the steps of a round whose end nobody knows. Raises Diverged.
        """
        while self.plan.rounds is None or self.round < self.plan.rounds:
            self.round += 1
            late = self._run_round(within)
            if late and not self._is_whole():
                # A round that the clock cut short is not counted, but its net is judged.
                self.round -= 1
                self._validate()
                yield "TimeGoal"
                return
            if self.plan.batches_per_round is None:
                self._plan_passes()
            self._end_round()
            is_last = late or self.round == self.plan.rounds
            if is_last or self.round % self.options.validation_interval == 0:
                self._validate()
            yield "TimeGoal" if late and self.round != self.plan.rounds else None
            # Whoever was called here may have changed what is read where it lies.
            if self._calls_users:
                self.stepper.guard()

    def _run_round(self, within: Callable[[], None] | None) -> bool:
        """Run the batches of a round, and tell whether the clock ended it."""
        first, seen = self.stepper.batch, Tallies()
        self._seen = seen
        for batches in self.source.round(self.round, self.state):
            for stretch in self._stretches(batches):
                done = 0
                while done < stretch.count:
                    done += self._run(stretch.part(done, stretch.count - done), seen)
                    self._in_round = self.stepper.batch - first
                    if self._is_late():
                        return True
            if within is not None and self.source.batches_per_round is None:
                within()
        return False

    def _is_whole(self) -> bool:
        """Whether the last round has all of its batches."""
        return self._in_round == self.source.batches_per_round

    def _plan_passes(self) -> None:
        """The first pass has told how many batches there are in one."""
        count = self._in_round
        rounds = rounds_of(self.options, count)
        self.plan = replace(self.plan, batches_per_round=count, rounds=rounds)

    def _stretches(self, batches: Batches) -> Iterator[Stretch]:
        """Batches with the learning rate of each step: a schedule is asked for it once, in turn."""
        schedule = self.options.method.learning_rate_schedule
        some = MANY if callable(schedule) else batches.count
        for first in range(0, batches.count, some):
            part = batches.part(first, min(some, batches.count - first))
            if callable(schedule) and not batches.is_own:
                self.stepper.guard()
            number = self.stepper.batch + 1
            steps = np.arange(number, number + part.count)
            base = self.options.learning_rate
            yield Stretch(part, base * factors(schedule, steps, self.total, base))

    def _run(self, stretch: Stretch, seen: Tallies) -> int:
        """Run the first steps of a stretch; how many there were."""
        pace = self.paces[stretch.batches.size]
        steps, workers = pace.next(stretch.count, self._choices(stretch.batches.size))
        tallies, seconds = self.stepper.run(stretch.part(0, steps), workers)
        pace.took(seconds, steps, workers)
        with np.errstate(over="ignore"):
            seen.add_all(tallies)
        return steps

    def _choices(self, size: int) -> tuple[int, ...]:
        """The numbers of workers that steps on so many examples may be run on."""
        there = self.programs.program("Train", size).workers
        return (there, 1) if there > 1 else (there,)

    def _is_late(self) -> bool:
        goal = self.options.time_goal
        return goal is not None and self.seconds >= goal

    def _end_round(self) -> None:
        with np.errstate(over="ignore"):
            found = self._seen.values()
        if not math.isfinite(number(found, LOSS)):
            raise Diverged(f"the sum of the losses of round {self.round} is not finite")
        self.history.rounds.add(found)
        self.history.round_positions.append(self.stepper.batch)

    @property
    def _calls_users(self) -> bool:
        """Whether functions of the user are called between rounds."""
        options = self.options
        criterion = options.stopping and options.stopping.criterion
        return callable(criterion) or callable(options.reporting) or bool(options.progress_function)

    @property
    def is_judged(self) -> bool:
        """Whether the net as it stands was validated, or none ever is."""
        positions = self.history.validation_positions
        return self.validation is None or positions[-1:] == [self.stepper.batch]

    def judge(self) -> None:
        """Validate the net as it stands, if that was not done."""
        if not self.is_judged:
            self._validate()

    def _validate(self) -> None:
        if self.validation is None:
            return
        found = self.programs.test(self.validation).values()
        # What is no number is worse than any number.
        rank = tuple(
            math.inf if math.isnan(value) else self.sign_of(name) * value
            for name, value in self._deciding(found).items()
        )
        count = len(self.history.validation_positions) + 1
        best = self.best
        if best is None or rank < best.rank:
            number = bisect_left(self.history.round_positions, self.stepper.batch) + 1
            best = Best(count, number, rank, self.stepper.plain_arrays())
        self.history.validations.add(found)
        self.history.validation_positions.append(self.stepper.batch)
        self.best = best._replace(judged=count)
        self.history.best_round = best.number

    def _deciding(self, found: Values) -> dict[str, float]:
        """The values that tell which validation is best."""
        rule = self.options.stopping
        names = [each.key for each in self.programs.measured if each.is_error_rate]
        names.append(LOSS)
        if rule is not None and isinstance(rule.criterion, str):
            names = [rule.criterion]
        return {name: number(found, name) for name in names}

    def settle(self) -> None:
        """After an interrupt, wherever it came: what is recorded is what was done."""
        self.stepper.settle()
        history, best = self.history, self.best
        history.rounds.cut(len(history.round_positions))
        history.validations.cut(best.judged if best else 0)
        del history.validation_positions[best.judged if best else 0 :]
        history.best_round = best.number if best else None

    # What the outside sees

    def state(self) -> TrainingState:
        """What progress functions, stopping criteria and generators are given; costs nothing."""
        # Not bound to self: a state that is kept must not keep the programs alive.
        net, arrays, table = self.net, self.arrays, self.rules.table
        packed = self.stepper.packed
        return TrainingState(
            self.plan,
            self.history,
            lambda: replace_arrays(net, plain_arrays(net, table, arrays, packed)),
            (self.round, self.stepper.batch, self._in_round),
            self.stepper.learning_rate,
            self.seconds,
        )

    def sign_of(self, name: str) -> int:
        """1 for what is better when smaller, a loss or a measurement by its key, -1 for others."""
        return sign_of(name, self.programs.measured)

    def criterion_value(self, name: str) -> float:
        """The value that a stopping criterion looks at: of validation, else of training."""
        seen = self.history.validations if self.validation is not None else self.history.rounds
        return float(number({name: seen.lists[name][-1]}, name))


def _total(options: Options, plan: Plan) -> int:
    """How many updates a schedule is told that there will be.

    Raises OptionError where nobody knows, and the schedule goes by it.
    """
    if plan.batches is not None:
        return plan.batches
    given = "rounds that are passes of a generator"
    faults = endless_schedule(options.method, given, '(batches, {"RoundLength": examples})')
    if faults:
        raise fail(OptionError, faults)
    return 0
