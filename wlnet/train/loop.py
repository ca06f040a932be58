"""The loop: rounds of batches, the update of every array that learns, and validation."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net
from wlnet.core.rules import ArrayKey
from wlnet.engine.program import Program
from wlnet.evaluate.columns import Array
from wlnet.methods.schedules import factor
from wlnet.nets.arrays import replace_arrays
from wlnet.plan.compile import DTYPES, GRADIENT
from wlnet.train.divergence import Diverged, all_finite, key_text, where_it_began
from wlnet.train.history import LOSS, History, Tallies
from wlnet.train.learners import Learner, Rates, learners_of, own_arrays
from wlnet.train.losses import TrainingNet
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options
from wlnet.train.programs import Programs
from wlnet.train.sources import ArraySource, Source
from wlnet.train.state import TrainingState, plan_of
from wlnet.train.stopping import sign_of

Arrays = dict[ArrayKey, Array]


def moved(arrays: Mapping[ArrayKey, Array], table: MultiplierTable) -> Arrays:
    """The arrays that may have changed, as fresh copies."""
    return {row.key: arrays[row.key].copy() for row in table if row.multiplier != 0}


class Trainer:
    """Trains the arrays of one net.

    Owns the mutable copies of the arrays that move, and nothing else.
    """

    def __init__(
        self,
        net: Net,
        training: TrainingNet,
        rates: Rates,
        options: Options,
        source: Source,
        validation: ArraySource | None,
        measurements: tuple[Measurement, ...],
    ) -> None:
        self.net, self.training, self.rates, self.options = net, training, rates, options
        self.source, self.validation = source, validation
        self.plan = plan_of(options, source.batch_size, source.batches_per_round)
        self.dtype = np.dtype(DTYPES[options.precision])
        self.arrays = own_arrays(net, rates.table, self.dtype)
        self.learners = learners_of(rates, self.arrays, options.method, self.dtype)
        self.history = History()
        self.best: Arrays | None = None
        self.best_rank: tuple[float, ...] = ()
        frozen = frozenset(map(training.inner_key, rates.table.frozen_statistics()))
        self.programs = Programs(
            training,
            self.arrays,
            options.precision,
            options.seed,
            measurements,
            [learner.key for learner in self.learners],
            frozen,
        )
        self.batch = 0
        self.round = 0
        self.rate = options.learning_rate
        self.started = time.perf_counter()

    def trained(self) -> Arrays:
        """The arrays to return: those of the best validation, without one those of now."""
        return self.best if self.best is not None else moved(self.arrays, self.rates.table)

    # Running

    def rounds(self) -> Iterator[str | None]:
        """Runs the rounds planned, one an iteration; yields what ended the training there, or None.

        Raises Diverged.
        """
        total = self.plan.rounds
        batches = total * self.source.batches_per_round
        for number in range(1, total + 1):
            self.round = number
            seen = Tallies()
            late = False
            for count, (batch, size) in enumerate(self.source.round(number, self.state), 1):
                tallies = self._step(batch, size, batches)
                self.history.batches.add(tallies.values())
                self.history.examples += size
                seen.add_all(tallies)
                late = self._is_late()
                if late and count < self.source.batches_per_round:
                    # A round that the clock cut short is not counted, but its net is judged.
                    self.round -= 1
                    self._validate()
                    yield "TimeGoal"
                    return
            self.history.rounds.add(seen.values())
            self._validate()
            yield "TimeGoal" if late and number < total else None

    def _is_late(self) -> bool:
        goal = self.options.time_goal
        return goal is not None and time.perf_counter() - self.started >= goal

    def _step(self, batch: Mapping[str, Array], size: int, total: int) -> Tallies:
        """One step. Everything is looked at before anything is written."""
        step, training = self.batch, self.training
        program, tallies = self.programs.run("Train", batch, size, step)
        if not math.isfinite(tallies.values()[LOSS]):
            raise self._diverged(program, step, "the loss")
        moves = self.rates.groups.moves
        gradients = [
            (learner, program.outputs[GRADIENT, training.inner_key(learner.key)].reshape(-1))
            for learner in self.learners
            if moves(learner.key, step)
        ]
        statistics = [
            (key, program.updates[training.inner_key(key)])
            for key in self._statistics(program)
            if moves(key, step)
        ]
        for learner, gradient in gradients:
            if not all_finite(gradient):
                raise self._diverged(program, step, f"the gradient of {key_text(learner.key)}")
        for key, value in statistics:
            if not all_finite(value):
                raise self._diverged(program, step, f"the statistic {key_text(key)}")
        self.rate = self.options.learning_rate * factor(
            self.options.method.learning_rate_schedule, step + 1, total
        )
        self._update(gradients)
        for key, value in statistics:
            np.copyto(self.arrays[key], value)
        self.batch += 1
        return tallies

    def _statistics(self, program: Program) -> list[ArrayKey]:
        return [
            row.key
            for row in self.rates.table
            if row.statistic and self.training.inner_key(row.key) in program.updates
        ]

    def _diverged(self, program: Program, step: int, what: str) -> Diverged:
        return Diverged(
            where_it_began(program, self.training.prefix, self.options.seed, step, what)
        )

    def _update(self, gradients: list[tuple[Learner, Array]]) -> None:
        """One step of learners, or none at all.

        What leaves the finite numbers or is interrupted is taken back.
        """
        for learner, _ in gradients:
            np.copyto(learner.before, learner.values)
        try:
            for learner, gradient in gradients:
                learner.step(self.options.method, gradient, self.rate)
            for learner, _ in gradients:
                if not all_finite(learner.values):
                    raise Diverged(
                        f"the update of {key_text(learner.key)} at step {self.batch + 1} "
                        "leaves the finite numbers"
                    )
        except BaseException:
            for learner, _ in gradients:
                np.copyto(learner.values, learner.before)
            raise

    def _validate(self) -> None:
        if self.validation is None:
            return
        seen = Tallies()
        for batch, size in self.validation.in_order():
            seen.add_all(self.programs.run("Test", batch, size)[1])
        found = seen.values()
        self.history.validations.add(found)
        self.history.validation_positions.append(self.batch)
        # What is no number is worse than any number.
        rank = tuple(
            math.inf if math.isnan(found[name]) else sign_of(name) * found[name]
            for name in self._deciding(found)
        )
        if not self.best_rank or rank < self.best_rank:
            self.best_rank, self.best = rank, moved(self.arrays, self.rates.table)
            self.history.best_round = len(self.history.validation_positions)

    def _deciding(self, found: Mapping[str, Any]) -> tuple[str, ...]:
        """The values that tell which validation is best."""
        rule = self.options.stopping
        if rule is not None and isinstance(rule.criterion, str):
            return (rule.criterion,)
        return ("ErrorRate", LOSS) if "ErrorRate" in found else (LOSS,)

    # What the outside sees

    def state(self) -> TrainingState:
        """What progress functions, stopping criteria and generators are given; costs nothing."""
        # Not bound to self: a state that is kept must not keep the programs alive.
        net, arrays, table = self.net, self.arrays, self.rates.table
        return TrainingState(
            self.plan,
            self.history,
            lambda: replace_arrays(net, moved(arrays, table)),
            (self.round, self.batch),
            self.rate,
            time.perf_counter() - self.started,
        )

    def criterion_value(self, name: str) -> float:
        """The value that a stopping criterion looks at: of validation, else of training."""
        seen = self.history.validations if self.validation is not None else self.history.rounds
        return float(seen.lists[name][-1])
