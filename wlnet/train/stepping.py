"""Steps: run natively, some at a time, and recorded; what leaves the finite numbers is taken back.

To take a step back, the arrays go back to the last snapshot, and the good steps since then are run
again (a replay). A replay calls no function of the user: batches and learning rates are kept with
the steps. It must also read the same data. So where steps read data in the user's own memory, a new
snapshot is taken whenever functions of the user are called, as these may change the data. To run,
to land and to go back keep to one agreement about arrays and history, so they are one class.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.parts import key_text
from wlnet.core.rules import ArrayKey
from wlnet.engine.program import Program
from wlnet.evaluate.holding import Array
from wlnet.train.array_series import squares_of
from wlnet.train.divergence import Diverged, where_it_began
from wlnet.train.feeding import feed
from wlnet.train.generated import GeneratorSource
from wlnet.train.history import Extent, History, Tallies
from wlnet.train.memory import Memory
from wlnet.train.options import Options
from wlnet.train.phase import Phase
from wlnet.train.snapshots import Snapshot, Stretch
from wlnet.train.sources import Batches
from wlnet.train.training_net import TrainingNet


@dataclass(frozen=True)
class Outcome:
    """What came of the steps of a flight."""

    good: int
    """How many of them, from the first, went well."""
    tallies: Tallies
    """The losses and measurements of these."""
    is_bad: bool
    """Whether the step after them left the finite numbers."""
    is_more: bool
    """Whether the arrays were changed by more than the good steps."""
    spoilt: tuple[ArrayKey, ...] = ()
    """The arrays that the bad step left with numbers that are not finite."""


@dataclass
class Flight:
    """Steps that were begun and are not recorded yet, and the tables that they read and write."""

    stretch: Stretch
    program: Program
    kept: dict[Any, Array]
    """The tables that the program fills, a row for each step."""
    step_sizes: list[Array]
    """Held here only because the program reads them by their addresses."""
    extent: Extent
    """How far the history reached before these steps."""
    since: int
    """How many stretches the snapshot held before them."""
    seen: Tallies
    """What the steps of the round before them add up to."""
    updates: dict[ArrayKey, int]
    """How often each array had been updated before them."""
    outcome: Outcome | None = None

    def first(self, count: int) -> dict[Any, Array]:
        """The tables of the first so many steps."""
        return {name: table[:count] for name, table in self.kept.items()}


class Stepper:
    """Runs the steps of one phase on the arrays of the memory.

    Between two runs the history records exactly the steps that changed them.
    """

    def __init__(
        self,
        memory: Memory,
        phase: Phase,
        training: TrainingNet,
        options: Options,
        history: History,
        seen: Tallies,
        learning_rate: float,
    ) -> None:
        """seen: what the steps of the round before add up to; learning_rate: that of the last."""
        self.memory, self.options, self.history = memory, options, history
        self.rules, self.programs, self.training = phase.rules, phase.programs, training
        self.learners, self.arrays = phase.learners, memory.arrays
        self.learning_rate = learning_rate
        """The learning rate of the last recorded step."""
        self.seen = seen
        """What the recorded steps of the round add up to."""
        self.last: Batches | None = None
        """The batch of the last recorded step; None where no function of the user may ask for it:
        it holds on to all batches that were read with it."""
        is_generated = isinstance(phase.source, GeneratorSource)
        self._is_looked_at = is_generated or options.calls_functions
        moving = [row.key for row in self.rules.table if row.multiplier != 0]
        self.snapshot = Snapshot(memory, moving, self.batch)
        self._flight: Flight | None = None

    @property
    def batch(self) -> int:
        """How many steps are recorded: the number of the last one, from 1."""
        return len(self.history.batches.losses)

    def guard(self) -> None:
        """Make the steps so far final, by a new snapshot. No replay reads their data again, so from
        now on these may change."""
        if self.snapshot.since:
            self.snapshot.take(self.batch)

    # Running

    def run(self, stretch: Stretch, workers: int, is_old: bool) -> float:
        """Run steps and record them. Returns how many seconds they took. is_old: whether it is time
        for a new snapshot.

        Raises Diverged where a step leaves the finite numbers. The arrays and the history are then
        those of the last good step.
        """
        if is_old:
            self.snapshot.take(self.batch)
        begun = time.perf_counter()
        flight = self._flight_of(stretch, self.batch)
        flight.program.rest()
        self._flight = flight
        self._fly(flight, self.batch, workers)
        outcome = self._land(flight)
        seconds = time.perf_counter() - begun
        if outcome.is_bad:
            bad = stretch.batches.part(outcome.good, 1)
            raise Diverged(self._where_it_began(bad, outcome.spoilt))
        return seconds

    def settle(self) -> None:
        """Make arrays and history agree again after an interrupt, wherever it came: the good steps
        are recorded, any other is taken back.
        """
        if self._flight is not None:
            self.history.batches.cut(self._flight.extent.batches)
            del self.history.learning_rates[self._flight.extent.batches :]
            self.history.examples = self._flight.extent.examples
            del self.snapshot.since[self._flight.since :]
            self.memory.updates.update(self._flight.updates)
            self._land(self._flight)

    def _flight_of(self, stretch: Stretch, step: int) -> Flight:
        """Give a program all that these steps read and write. It knows only the addresses, so the
        flight holds on to the arrays that lie there.
        """
        program = self.programs.program("Train", self.programs.kind(stretch.batches))
        kept = feed(program, stretch.batches)
        step_sizes = self._give_step_sizes(program, stretch, step)
        extent, since = self.history.extent(), len(self.snapshot.since)
        updates = dict(self.memory.updates)
        return Flight(stretch, program, kept, step_sizes, extent, since, self.seen, updates)

    def _give_step_sizes(self, program: Program, stretch: Stretch, step: int) -> list[Array]:
        """Give a program a table for every array that moves: its step size at each step, or NaN
        where it rests. A running statistic has 1 for a step size."""
        steps = np.arange(step, step + stretch.count)
        method, groups = self.options.method, self.rules.groups
        kept = []
        # Most arrays learn alike, and a table takes as long as a small step.
        made: dict[tuple[float, int, bytes], Array] = {}

        def give(key: ArrayKey, table: Array, what: str = "rates") -> None:
            kept.append(table)
            program.give((what, key), table)

        for learner in self.learners:
            moves = groups.moving(learner.key, steps)
            alike = learner.row.multiplier, learner.updates, moves.tobytes()
            if alike not in made:
                made[alike] = learner.step_sizes(method, stretch.learning_rates, moves)
            give(learner.key, made[alike])
            if learner.update.decays:
                give(learner.key, learner.decays(stretch.learning_rates), "decays")
        for row in self.rules.table:
            if row.statistic and row.multiplier != 0:
                moves = groups.moving(row.key, steps)
                give(row.key, np.where(moves, 1.0, np.nan))
        return kept

    def _fly(self, flight: Flight, step: int, workers: int) -> None:
        program, steps = flight.program, flight.stretch.count
        workers = min(workers, program.workers)
        program.run(seed=self.options.seed, step=step, steps=steps, workers=workers)

    def _land(self, flight: Flight) -> Outcome:
        """Record the good steps of a flight, and take back any other.

        After an interrupt in here, `settle` lands the same flight once more.
        """
        outcome = flight.outcome = flight.outcome or self._outcome(flight)
        good, found = flight.stretch.part(0, outcome.good), outcome.tallies.lists()
        if outcome.is_more:
            self._go_back()
            if outcome.good:
                self._replay(good, self.batch, outcome.tallies.losses)
        if outcome.good:
            self._count(good, self.batch)
            self.history.examples += good.count * good.batches.size
            self.history.batches.extend(found)
            self.history.learning_rates += good.learning_rates.tolist()
            self.snapshot.add(good)
            if self._is_looked_at:
                self.last = good.batches.part(good.count - 1, 1)
            self.learning_rate = float(good.learning_rates[-1])
            self.seen = outcome.tallies
        self._flight = None
        return outcome

    def _outcome(self, flight: Flight) -> Outcome:
        """What came of a flight: all its steps ran, one was bad, or an interrupt came."""
        program = flight.program
        done, bad = program.done, program.bad
        if not done:
            return Outcome(0, Tallies(), False, program.is_torn)
        good = bad - 1 if bad else done
        # A loss may leave the finite numbers where its gradient does not.
        finite = np.isfinite(self._losses(flight, good))
        if not finite.all():
            good = int(np.argmin(finite))
        tallies = self._tallies(flight, good)
        if good == done:
            return Outcome(done, tallies, False, False)
        spoilt = (key for key, array in self.arrays.items() if not np.isfinite(array).all())
        return Outcome(good, tallies, True, True, tuple(spoilt))

    def _tallies(self, flight: Flight, count: int) -> Tallies:
        """The losses and measurements of the first so many steps of a flight."""
        if not count:
            return Tallies()
        targets = self.programs.targets(flight.stretch.batches.part(0, count))
        found = self.programs.tallies(flight.first(count), targets, flight.seen)
        if self.programs.gradient_squares:
            first, rules = flight.extent.batches, self.rules
            steps = range(first, first + count)
            found.add_squares(squares_of(rules.table, rules.groups.moving, flight.kept, steps))
        return found

    def _losses(self, flight: Flight, count: int) -> list[float]:
        """Their losses alone: functions that measure are not asked for what may be taken back."""
        return self.programs.losses(flight.first(count)) if count else []

    # Going back

    def _go_back(self) -> None:
        """Bring the arrays back to where they were after the last recorded step."""
        self.snapshot.go_back()
        step = self.snapshot.step
        for stretch in self.snapshot.since:
            end = step + stretch.count
            self._replay(stretch, step, self.history.batches.losses[step:end])
            self._count(stretch, step)
            step = end

    def _count(self, stretch: Stretch, step: int) -> None:
        """Count the updates of steps that are done."""
        steps = np.arange(step, step + stretch.count)
        for learner in self.learners:
            learner.count(self.rules.groups.moving(learner.key, steps))

    def _replay(self, stretch: Stretch, step: int, losses: list[float]) -> None:
        """Run steps again that went well before, and had these losses.

        The same data give the same bits. So other losses mean that the data have changed since
        then: DataError.
        """
        flight = self._flight_of(stretch, step)
        self._fly(flight, step, flight.program.workers)
        again = flight.program.done == stretch.count and not flight.program.bad
        if not again or self._losses(flight, stretch.count) != losses:
            raise fail(
                DataError,
                Fault(
                    "the data were changed while steps ran on them, and a step has to be taken "
                    "back: the arrays before it cannot be computed again",
                    at=f"data, batches {step + 1} to {step + stretch.count}",
                    fix="change data within the functions that net_train calls, never from "
                    "another thread; or give a copy",
                ),
            )

    def _where_it_began(self, batches: Batches, spoilt: tuple[ArrayKey, ...]) -> str:
        """The message that says which numbers of a bad step are the first that are not finite."""
        told = (
            f"the update of {', '.join(map(key_text, spoilt))} at step {self.batch + 1} "
            "leaves the finite numbers"
        )
        if batches.is_share:
            return told
        program = self.programs.program("Gradients", self.programs.kind(batches))
        for name, value in program.inputs.items():
            np.copyto(value, batches.columns[name][batches.order], casting="same_kind")
        seed, step = self.options.seed, self.batch
        return where_it_began(program, self.training, seed, step, self._moves) or told

    def _moves(self, key: ArrayKey) -> bool:
        return self.rules.groups.moves(key, self.batch)
