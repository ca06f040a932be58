"""Steps: run natively, some at a time, and recorded; what leaves the finite numbers is taken back.

A replay reads nothing that the user's code may have changed meanwhile, and asks nobody: batches and
learning rates are kept with the steps, and where data are read where they lie, a snapshot is taken
after every call of the user's functions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.net import Net
from wlnet.core.parts import key_text
from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.program import Program
from wlnet.evaluate.holding import Array
from wlnet.train.divergence import Diverged, where_it_began
from wlnet.train.history import Extent, History, Tallies
from wlnet.train.learners import ArrayRules, Learner, own_arrays, plain_arrays
from wlnet.train.options import Options
from wlnet.train.programs import Programs, feed
from wlnet.train.snapshots import Snapshot, Stretch
from wlnet.train.sources import Batches

Arrays = dict[ArrayKey, Array]


@dataclass(frozen=True)
class Outcome:
    """What came of steps.

    tallies: of those that went well, good of them. is_bad: whether the next one left the finite
    numbers; spoilt: the arrays that are not finite since. is_more: whether the arrays have seen
    more than the good ones.
    """

    good: int
    tallies: Tallies
    is_bad: bool
    is_more: bool
    spoilt: tuple[ArrayKey, ...] = ()


@dataclass
class Flight:
    """Steps that were begun and are not recorded yet, and the tables that they read and write."""

    stretch: Stretch
    program: Program
    kept: dict[Any, Array]
    step_sizes: list[Array]
    extent: Extent
    since: int
    """How many stretches the snapshot held before."""
    outcome: Outcome | None = None


class Stepper:
    """The arrays of one training, and what methods keep beside them.

    Owns the mutable copies of the arrays that move; what is recorded in the history is what they
    have seen.
    """

    def __init__(
        self,
        net: Net,
        rules: ArrayRules,
        options: Options,
        programs: Programs,
        learners: list[Learner],
        history: History,
    ) -> None:
        self.net, self.rules, self.options = net, rules, options
        self.programs, self.training = programs, programs.training
        self.learners, self.history = learners, history
        self.packed = programs.pack(programs.batch_size)
        self.arrays = own_arrays(net, rules.table, options.precision, self.packed)
        dtype = np.dtype(DTYPES[options.precision])
        self.states = {
            learner.key: [
                np.zeros(self.arrays[learner.key].size, dtype) for _ in range(learner.update.states)
            ]
            for learner in learners
        }
        programs.use(self.arrays, self.states)
        self.learning_rate = options.learning_rate
        """That of the last step."""
        moving = {row.key: self.arrays[row.key] for row in rules.table if row.multiplier != 0}
        self.snapshot = Snapshot(moving, self.states, learners)
        self._flight: Flight | None = None

    @property
    def batch(self) -> int:
        """How many steps were done and recorded."""
        return len(self.history.batches.losses)

    def plain_arrays(self) -> Arrays:
        """The arrays that may have changed, as fresh copies, none of them packed."""
        return plain_arrays(self.net, self.rules.table, self.arrays, self.packed)

    def guard(self) -> None:
        """Steps that were done are not done again: what they have read may change from now on."""
        if self.snapshot.since:
            self.snapshot.take(self.batch)

    # Running

    def run(self, stretch: Stretch, workers: int) -> tuple[Tallies, float]:
        """Run steps and record them; what they tell, and how many seconds they took.

        Raises Diverged: the last finite arrays are there, and recorded.
        """
        if self.snapshot.is_old:
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
        return outcome.tallies, seconds

    def settle(self) -> None:
        """After an interrupt, wherever it came: what the arrays have seen is recorded, or taken
        back.
        """
        if self._flight is not None:
            self.history.batches.cut(self._flight.extent.batches)
            self.history.examples = self._flight.extent.examples
            del self.snapshot.since[self._flight.since :]
            self._land(self._flight)

    def _flight_of(self, stretch: Stretch, step: int) -> Flight:
        """Everything a program is given from outside. Programs know addresses: a flight holds on
        to what lies there.
        """
        program = self.programs.program("Train", stretch.batches.size)
        kept = feed(program, stretch.batches)
        step_sizes = self._give_step_sizes(program, stretch, step)
        return Flight(
            stretch, program, kept, step_sizes, self.history.extent(), len(self.snapshot.since)
        )

    def _give_step_sizes(self, program: Program, stretch: Stretch, step: int) -> list[Array]:
        steps = np.arange(step, step + stretch.count)
        method, groups = self.options.method, self.rules.groups
        kept = []

        def give(key: ArrayKey, table: Array) -> None:
            kept.append(table)
            program.set(("rates", key), table.ctypes.data)

        for learner in self.learners:
            moves = groups.moving(learner.key, steps)
            give(learner.key, learner.step_sizes(method, stretch.learning_rates, moves))
        for row in self.rules.table:
            if row.statistic and row.multiplier != 0:
                moves = groups.moving(row.key, steps)
                give(row.key, np.where(moves, 1.0, np.nan))
        return kept

    def _fly(self, flight: Flight, step: int, workers: int) -> None:
        flight.program.run(
            seed=self.options.seed,
            step=step,
            steps=flight.stretch.count,
            workers=min(workers, flight.program.workers),
        )

    def _land(self, flight: Flight) -> Outcome:
        """Record the steps that went well; who was interrupted here can do it again."""
        outcome = flight.outcome = flight.outcome or self._outcome(flight)
        good, found = flight.stretch.part(0, outcome.good), outcome.tallies.lists()
        if outcome.is_more:
            self._go_back()
            if outcome.good:
                self._replay(good, self.batch, outcome.tallies.losses)
        if outcome.good:
            self.history.examples += good.count * good.batches.size
            self.history.batches.extend(found)
            self.snapshot.add(good)
            self.learning_rate = float(good.learning_rates[-1])
        self._flight = None
        return outcome

    def _outcome(self, flight: Flight) -> Outcome:
        """What came of the steps that were run, whatever ended them."""
        program = flight.program
        done, bad = program.done, program.bad
        if not done:
            return Outcome(0, Tallies(), False, program.is_torn)
        good = bad - 1 if bad else done
        tallies = self._tallies(flight, good)
        # A loss may leave the finite numbers where its gradient does not.
        finite = np.isfinite(tallies.losses)
        if not finite.all():
            good = int(np.argmin(finite))
            tallies = self._tallies(flight, good)
        if good == done:
            return Outcome(done, tallies, False, False)
        spoilt = (key for key, array in self.arrays.items() if not np.isfinite(array).all())
        return Outcome(good, tallies, True, True, tuple(spoilt))

    def _tallies(self, flight: Flight, count: int) -> Tallies:
        """What the first so many steps tell."""
        if not count:
            return Tallies()
        kept = {name: table[:count] for name, table in flight.kept.items()}
        return self.programs.tallies(
            kept, self.programs.targets(flight.stretch.batches.part(0, count))
        )

    # Going back

    def _go_back(self) -> None:
        """Make everything as it was after the last recorded step."""
        self.snapshot.go_back()
        step = self.snapshot.step
        for stretch in self.snapshot.since:
            end = step + stretch.count
            self._replay(stretch, step, self.history.batches.losses[step:end])
            step = end

    def _replay(self, stretch: Stretch, step: int, losses: list[float]) -> None:
        """Steps that are known to go well, and to have these losses.

        Raises DataError for others: they compute the same bits, unless others are read.
        """
        flight = self._flight_of(stretch, step)
        self._fly(flight, step, flight.program.workers)
        again = flight.program.done == stretch.count and not flight.program.bad
        if not again or self._tallies(flight, stretch.count).losses != losses:
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
        """What in a step is not finite."""
        program = self.programs.program("Gradients", batches.size)
        for name, value in program.inputs.items():
            np.copyto(value, batches.columns[name][batches.order], casting="same_kind")
        told = where_it_began(program, self.training, self.options.seed, self.batch, self._moves)
        return told or (
            f"the update of {', '.join(map(key_text, spoilt))} at step {self.batch + 1} "
            "leaves the finite numbers"
        )

    def _moves(self, key: ArrayKey) -> bool:
        return self.rules.groups.moves(key, self.batch)
