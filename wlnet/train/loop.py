"""The loop: rounds of batches, run some steps at a time, and validation."""

from __future__ import annotations

import math
import weakref
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wlnet.core.errors import OptionError, fail
from wlnet.core.net import Net
from wlnet.kernels.jit.target import vector_width
from wlnet.methods.schedules import factors
from wlnet.nets.arrays import arrays_of, replace_arrays
from wlnet.results.moment import CallRecord, Moment, Parts, PhaseRecord
from wlnet.train.array_series import Watch
from wlnet.train.digests import NO_DIGESTS, Digests
from wlnet.train.divergence import Diverged
from wlnet.train.history import LOSS, Tallies, Values, number
from wlnet.train.learners import TrainingRules
from wlnet.train.looking import Look, Looks, Over
from wlnet.train.measurement_names import measured
from wlnet.train.measurements import Measurement
from wlnet.train.memory import Arrays, Memory
from wlnet.train.options import Options, endless_schedule
from wlnet.train.pace import MANY, Clock
from wlnet.train.phase import Phase
from wlnet.train.plan import Plan, plan_of, rounds_of
from wlnet.train.snapshots import Stretch
from wlnet.train.sources import ArraySource, Batches, GeneratorSource, Source
from wlnet.train.start import NEW, Start
from wlnet.train.state import Inside, TrainingState
from wlnet.train.stepping import Stepper
from wlnet.train.stopping import Stopper, sign_of
from wlnet.train.training_net import TrainingNet
from wlnet.version import VERSION


class Round(NamedTuple):
    """The round that the last step was in: how many rounds and batches there were before it."""

    over: int
    began: int


class Best(NamedTuple):
    """A validation, by the number of its round: how it ranks, and the arrays of then."""

    number: int
    rank: tuple[float, ...]
    arrays: Arrays


class Judged(NamedTuple):
    """How many validations there were, and the best of them."""

    validations: int = 0
    best: Best | None = None


class Trainer:
    """Trains the arrays of one net: what runs in which round, and how good the net is after it."""

    def __init__(
        self,
        net: Net,
        training: TrainingNet,
        rules: TrainingRules,
        options: Options,
        source: Source,
        validation: ArraySource | None,
        measurements: tuple[Measurement, ...],
        start: Start = NEW,
        digests: Digests = NO_DIGESTS,
    ) -> None:
        self.net, self.training, self.rules, self.options = net, training, rules, options
        self.source, self.validation, self.measurements = source, validation, measurements
        self.start, self.digests = start, digests
        self.plan = plan_of(options, source.batch_size, source.batches_per_round, start)
        self.total = _total(options, self.plan)
        self.history = start.history()
        self.memory = Memory(
            net, rules.tables().values(), options.method, options.precision, start.moment
        )
        self.watch = Watch(options.arrays_measured, net, self.memory)
        self.clock = Clock(start.seconds)
        self.judged = _judged(start)
        self.history.best_round = self.best.number if self.best else None
        self.stopper = _stopper(options, start)
        self.round = start.round
        self._under_way = Round(len(self.history.round_positions), start.batch)
        self.phases = list(start.resumed.phases) if start.resumed else []
        self._last: Batches | None = None
        """The last batch of the round before."""
        self._enter(start.round + 1)
        self._go_on(start.moment)

    def _enter(self, number: int) -> None:
        """Begin the phase of a round: what steps need, made from the arrays as they are."""
        first, rules = self.rules.phase(number - self.plan.first_round)
        end = self.rules.end(first)
        last = self.plan.rounds if end is None else end
        rounds = None if last is None else last - (number - self.plan.first_round) + 1
        phase = Phase(
            rules,
            self.memory,
            self.training,
            self.options,
            self.measurements,
            self.source,
            self.validation,
            self.clock,
            rounds,
        )
        stepper = Stepper(self.memory, phase, self.training, self.options, self.history)
        stepper.last = self._last
        self.phase, self.stepper = phase, stepper
        begun = PhaseRecord(
            self.plan.first_round + first, stepper.batch + 1, rules.table, dict(self.memory.updates)
        )
        if all(each.first_round != begun.first_round for each in self.phases):
            self.phases.append(begun)

    def _go_on(self, moment: Moment | None) -> None:
        """Take up the round that the training before was in."""
        if moment is None or not moment.in_round:
            return
        known = measured(self.measurements, self.training)
        losses = dict.fromkeys((LOSS, *self.training.told_losses.values()))
        now = {each.key: each.measurement for each in known}
        self.stepper.seen = Tallies.of(moment.seen, {**losses, **now})
        self.stepper.seen.squares = self.watch.take_up(moment.seen)
        self._under_way = Round(self._under_way.over, moment.batch - moment.in_round)

    @property
    def best(self) -> Best | None:
        """The best validation so far."""
        return self.judged.best

    @property
    def seconds(self) -> float:
        """How long it has been training: to compile is not."""
        return self.clock.seconds

    def trained(self) -> Arrays:
        """The arrays to return: those of the best validation, without one those of now."""
        return self.best.arrays if self.best is not None else self.memory.plain_arrays()

    # Running

    def rounds(self, within: Callable[[], None] | None = None) -> Iterator[str | None]:
        """Runs the rounds planned, one an iteration; yields what ended the training there, or None.

        within: called after the steps of a round whose end nobody knows. Raises Diverged.
        """
        while self.plan.last_round is None or self.round < self.plan.last_round:
            self.round += 1
            if self.rules.begins(self.round - self.plan.first_round):
                self._enter(self.round)
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
            is_last = late or self.round == self.plan.last_round
            if is_last or self.round % self.options.validation_interval == 0:
                self._validate()
            yield "TimeGoal" if late and self.round != self.plan.last_round else None
            # Whoever was called here may have changed what is read where it lies.
            if self._calls_users:
                self.stepper.guard()

    def _run_round(self, within: Callable[[], None] | None) -> bool:
        """Run the batches of a round that are not over, and tell whether the clock ended it."""
        done = self.in_round
        if not done:
            self._under_way = Round(len(self.history.round_positions), self.stepper.batch)
            self.stepper.seen = Tallies()
            self.watch.begin()
        for batches in self.phase.source.round(self.round, lambda: self.state(None), done):
            for stretch in self._stretches(batches):
                done = 0
                while done < stretch.count:
                    done += self._run(stretch.part(done, stretch.count - done))
                    if self._is_late():
                        return True
            if within is not None and self.source.batches_per_round is None:
                within()
        return False

    @property
    def in_round(self) -> int:
        """How many batches of the round that the last one was in were run, if it is not over."""
        over, first = self._under_way
        return self.stepper.batch - first if over == len(self.history.round_positions) else 0

    def _is_whole(self) -> bool:
        """Whether the last round has all of its batches."""
        return self.in_round == self.source.batches_per_round

    def _plan_passes(self) -> None:
        """The first pass has told how many batches there are in one."""
        count = self.in_round
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
            # What does not go by the end of this call goes on from the call before.
            before = self.plan.first_batch if self.options.method.looks_at_total else 0
            number = self.stepper.batch - before + 1
            steps = np.arange(number, number + part.count)
            base = self.options.learning_rate
            yield Stretch(part, base * factors(schedule, steps, self.total, base))

    def _run(self, stretch: Stretch) -> int:
        """Run the first steps of a stretch; how many there were."""
        pace = self.phase.paces[stretch.batches.size]
        steps, workers = pace.next(stretch.count, self._choices(stretch.batches.size))
        pace.took(self.stepper.run(stretch.part(0, steps), workers), steps, workers)
        return steps

    def _choices(self, size: int) -> tuple[int, ...]:
        """The numbers of workers that steps on so many examples may be run on."""
        there = self.phase.programs.program("Train", size).workers
        return (there, 1) if there > 1 else (there,)

    def _is_late(self) -> bool:
        goal = self.options.time_goal
        return goal is not None and self.seconds - self.plan.first_second >= goal

    def _end_round(self) -> None:
        with np.errstate(over="ignore"):
            found = self.stepper.seen.values()
        if not math.isfinite(number(found, LOSS)):
            raise Diverged(f"the sum of the losses of round {self.round} is not finite")
        told = self.watch.values(self.phase.rules.table, self.stepper.seen.squares)
        self.history.arrays.add(told, len(self.history.round_positions))
        self.history.rounds.add(found)
        self.history.round_positions.append(self.stepper.batch)
        self._last = self.stepper.last

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
            number = bisect_left(self.history.round_positions, self.stepper.batch) + 1
            best = Best(number, rank, self.memory.plain_arrays())
        self.history.validations.add(found)
        self.history.validation_positions.append(self.stepper.batch)
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

    def settle(self) -> None:
        """After an interrupt, wherever it came: what is recorded is what was done."""
        self.stepper.settle()
        history, (count, best) = self.history, self.judged
        history.rounds.cut(len(history.round_positions))
        history.validations.cut(count)
        del history.validation_positions[count:]
        history.best_round = best.number if best else None

    # What the outside sees

    def state(self, event: str | None = "RoundComplete") -> TrainingState:
        """What progress functions, stopping criteria and generators are given; costs nothing."""
        # Not bound to self: a state that is kept must not keep the programs alive.
        net, memory = self.net, self.memory
        return TrainingState(
            self.plan,
            self.history,
            lambda: replace_arrays(net, memory.plain_arrays()),
            (self.round, self.stepper.batch, self.stepper.batch - self._under_way.began),
            self.stepper.learning_rate,
            self.seconds,
            event,
            Inside(tuple(self.phases[-1].table.trained_keys()), _looks(weakref.ref(self))),
        )

    def look(self) -> Look | None:
        """A look at what was trained last; None before the first batch of this call."""
        last = self.stepper.last
        if last is None:
            return None
        over, began = self._under_way
        place = over + 1, self.stepper.batch - began - 1
        if place[1] < 0:
            place = over, -1
        programs, step = self.phase.programs, self.stepper.batch - 1
        return Look(programs, self.source, last, place, step, self.options.seed)

    def sign_of(self, name: str) -> int:
        """1 for what is better when smaller, a loss or a measurement by its key, -1 for others."""
        return sign_of(name, self.phase.programs.measured)

    def moment(self) -> Moment:
        """Where the training stands, after a step."""
        in_round = self.in_round
        return Moment(
            {**arrays_of(self.net), **self.memory.plain_arrays()},
            self.memory.plain_states(),
            dict(self.memory.updates),
            len(self.history.round_positions),
            self.stepper.batch,
            in_round,
            self._in_pass(in_round),
            self._seen() if in_round else {},
            self.best.rank if self.best else None,
            self.stopper.standing if self.stopper else None,
        )

    def call(self) -> CallRecord:
        """The call that is under way, for the record."""
        start = self.start
        return CallRecord(
            self.options.given,
            self.options.seed,
            tuple(self.phases),
            start.first_round,
            start.first_batch,
            start.first_second,
            self.digests.data,
            self.digests.validation,
            VERSION,
            vector_width(),
            dict(self.memory.updates),
        )

    def _seen(self) -> dict[str, tuple[str, Parts]]:
        """What is kept of a round that is not over."""
        return {**self.stepper.seen.plain(), **self.watch.seen(self.stepper.seen.squares)}

    def _in_pass(self, in_round: int) -> int:
        """How many batches were taken of the pass of a generator that is not over."""
        if not isinstance(self.source, GeneratorSource):
            return 0
        return self.source.in_pass(self.stepper.batch, in_round)

    def criterion_value(self, name: str) -> float:
        """The value that a stopping criterion looks at: of validation, else of training."""
        seen = self.history.validations if self.validation is not None else self.history.rounds
        return float(number({name: seen.lists[name][-1]}, name))


def _looks(trainer: weakref.ref[Trainer]) -> Looks:
    """Gives looks at a training, and does not keep it alive."""

    def look() -> Look | None:
        found = trainer()
        if found is None:
            raise Over
        return found.look()

    return look


def _stopper(options: Options, start: Start) -> Stopper | None:
    """What counts failures to improve, going on where the training before stood."""
    if options.stopping is None:
        return None
    stopper = Stopper(options.stopping)
    if start.moment is not None and start.moment.failures is not None:
        stopper.standing = start.moment.failures
    return stopper


def _judged(start: Start) -> Judged:
    """The validations of the training that goes on."""
    r = start.record
    if r is None:
        return Judged()
    best = None
    if r.moment.best_rank is not None and r.best_validation_round is not None:
        best = Best(r.best_validation_round, r.moment.best_rank, dict(r.arrays))
    return Judged(len(r.validation_positions), best)


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
