"""The loop: rounds of batches, run some steps at a time, and validation."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from wlnet.core.net import Net
from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.program import Program
from wlnet.evaluate.columns import Array
from wlnet.methods.schedules import factors
from wlnet.nets.arrays import replace_arrays
from wlnet.train.divergence import Diverged, key_text, where_it_began
from wlnet.train.history import LOSS, History, Tallies
from wlnet.train.learners import Rates, learners_of, own_arrays, plain_arrays
from wlnet.train.losses import TrainingNet
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options
from wlnet.train.pace import Pace, Snapshot
from wlnet.train.programs import feed, programs_of
from wlnet.train.sources import ArraySource, Batches, Source
from wlnet.train.state import TrainingState, plan_of
from wlnet.train.stopping import sign_of

Arrays = dict[ArrayKey, Array]


class Trainer:
    """Trains the arrays of one net.

    Owns the mutable copies of the arrays that move, and what methods keep beside them.
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
        self.learners = learners_of(rates, options.method)
        self.history = History()
        self.best: Arrays | None = None
        self.best_rank: tuple[float, ...] = ()
        self.programs = programs_of(
            training, rates, self.learners, options, measurements, self.plan.batch_size
        )
        self.arrays = self._own_arrays()
        self.batch = 0
        self.round = 0
        self.rate = options.learning_rate
        self.started = time.perf_counter()
        self._keep_prefix()
        self.paces: defaultdict[int, Pace] = defaultdict(Pace)
        """By how many examples a step is on: the last batch of a round may be smaller."""
        self.workers = 1
        self.snapshot = Snapshot(self)

    def _own_arrays(self) -> Arrays:
        """Copies of the arrays that move, as their programs want them to lie."""
        precision, table = self.options.precision, self.rates.table
        inner = self.programs.pack(self.plan.batch_size)
        self.packed = {row.key for row in table if self.training.inner_key(row.key) in inner}
        arrays = own_arrays(self.net, table, precision, self.packed)
        dtype = np.dtype(DTYPES[precision])
        self.states = {
            learner.key: [
                np.zeros(arrays[learner.key].size, dtype) for _ in range(learner.update.states)
            ]
            for learner in self.learners
        }
        self.programs.use(arrays, self.states)
        return arrays

    def _keep_prefix(self) -> None:
        """Compute once what frozen arrays make of the examples, if that pays and fits."""
        limit = self.options.prefix_bytes
        if self.plan.rounds < 2:
            return
        if isinstance(self.source, ArraySource):
            self.source, taken = self.programs.with_prefix("Train", self.source, limit)
            limit -= taken
        if self.validation is not None:
            self.validation, _ = self.programs.with_prefix("Test", self.validation, limit)

    def trained(self) -> Arrays:
        """The arrays to return: those of the best validation, without one those of now."""
        return self.best if self.best is not None else self._plain_arrays()

    def _plain_arrays(self) -> Arrays:
        return plain_arrays(self.net, self.rates.table, self.arrays, self.packed)

    # Running

    def rounds(self) -> Iterator[str | None]:
        """Runs the rounds planned, one an iteration; yields what ended the training there, or None.

        Raises Diverged.
        """
        total = self.plan.rounds
        for number in range(1, total + 1):
            self.round = number
            seen = Tallies()
            late = False
            count = 0
            for batches in self.source.round(number, self.state):
                done = 0
                while done < batches.count and not late:
                    steps, self.workers = self.paces[batches.size].next(
                        batches.count - done, self._choices(batches.size)
                    )
                    some = batches.part(done, steps)
                    seen.add_all(self._run(some))
                    done += some.count
                    count += some.count
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

    def _choices(self, size: int) -> tuple[int, ...]:
        """The numbers of workers that steps on so many examples may be run on."""
        there = self.programs.program("Train", size).workers
        return (there, 1) if there > 1 else (there,)

    def _is_late(self) -> bool:
        goal = self.options.time_goal
        return goal is not None and time.perf_counter() - self.started >= goal

    def _run(self, batches: Batches) -> Tallies:
        """Some steps. What leaves the finite numbers is taken back, to the step before it."""
        self.snapshot.keep_up()
        begun = time.perf_counter()
        tallies, done, bad = self._steps(batches)
        self.paces[batches.size].took(time.perf_counter() - begun, done, self.workers)
        if bad:
            self.snapshot.go_back()
            good = self._replay(batches.part(0, done - 1)) if done > 1 else None
            if good is not None:
                self._record(good, batches.part(0, done - 1))
            raise Diverged(self._where_it_began(batches.part(done - 1, 1)))
        self.snapshot.since.append(batches)
        self._record(tallies, batches)
        return tallies

    def _record(self, tallies: Tallies, batches: Batches) -> None:
        self.history.batches.extend(tallies.lists())
        self.history.examples += batches.count * batches.size

    def _replay(self, batches: Batches) -> Tallies:
        """Steps that are known to go well."""
        tallies, _, bad = self._steps(batches)
        assert not bad, "a step that went well before does so again: it computes the same bits"
        return tallies

    def _steps(self, batches: Batches) -> tuple[Tallies, int, bool]:
        """Run steps; what they tell, how many there were, and whether the last went bad."""
        program = self.programs.program("Train", batches.size)
        kept = self._set(program, batches)
        done = program.run(
            seed=self.options.seed,
            step=self.batch,
            steps=batches.count,
            workers=min(self.workers, program.workers),
        )
        bad = bool(program.bad)
        for port in self.training.losses:
            # A loss may leave the finite numbers where its gradient does not.
            finite = np.isfinite(kept[port][:done].reshape(done, -1)).all(axis=1)
            if not finite.all():
                done, bad = int(np.argmin(finite)) + 1, True
        self.batch += done
        tallies = self.programs.tallies(*self._told(kept, batches.part(0, done)))
        return tallies, done, bad

    def _set(self, program: Program, batches: Batches) -> dict[Any, Array]:
        """Everything a program is given from outside; gives the tables that it will fill."""
        kept = feed(program, batches)
        # Programs know addresses: somebody must hold on to what lies there.
        self._tables = [kept, batches, self._set_rates(program, batches.count)]
        return kept

    def _set_rates(self, program: Program, count: int) -> list[Array]:
        steps = np.arange(self.batch, self.batch + count)
        total = self.plan.rounds * self.plan.batches_per_round
        options, groups = self.options, self.rates.groups
        rates = options.learning_rate * factors(
            options.method.learning_rate_schedule, steps + 1, total
        )
        self.rate = float(rates[-1])
        kept = []

        def give(key: ArrayKey, table: Array) -> None:
            kept.append(table)
            program.set(("rates", self.training.inner_key(key)), table.ctypes.data)

        for learner in self.learners:
            give(
                learner.key, learner.rates(options.method, rates, groups.moving(learner.key, steps))
            )
        for row in self.rates.table:
            if row.statistic and row.multiplier != 0:
                moves = groups.moving(row.key, steps)
                give(row.key, np.where(moves, 1.0, np.nan))
        return kept

    def _told(
        self, kept: dict[Any, Array], batches: Batches
    ) -> tuple[dict[Any, Array], dict[str, Array]]:
        """What steps wrote into tables, and the targets that belong to it."""
        targets = self.programs.targets(batches)
        return {name: table[: batches.count] for name, table in kept.items()}, targets

    def _where_it_began(self, batches: Batches) -> str:
        """What in a step is not finite. The arrays are left as they were before it."""
        program = self.programs.program("Gradients", batches.size)
        for name, value in program.inputs.items():
            np.copyto(value, batches.columns[name][batches.order], casting="same_kind")
        told = where_it_began(program, self.training, self.options.seed, self.batch, self._moves)
        if told is None:
            snapshot = Snapshot(self)
            self._steps(batches)
            spoilt = [
                key_text(key) for key, array in self.arrays.items() if not np.isfinite(array).all()
            ]
            snapshot.go_back()
            told = (
                f"the update of {', '.join(spoilt)} at step {self.batch + 1} "
                "leaves the finite numbers"
            )
        return told

    def _moves(self, key: ArrayKey) -> bool:
        return self.rates.groups.moves(key, self.batch)

    def _validate(self) -> None:
        if self.validation is None:
            return
        found = self.programs.test(self.validation).values()
        self.history.validations.add(found)
        self.history.validation_positions.append(self.batch)
        # What is no number is worse than any number.
        rank = tuple(
            math.inf if math.isnan(found[name]) else sign_of(name) * found[name]
            for name in self._deciding(found)
        )
        if not self.best_rank or rank < self.best_rank:
            self.best_rank, self.best = rank, self._plain_arrays()
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
        net, arrays, table, packed = self.net, self.arrays, self.rates.table, self.packed
        return TrainingState(
            self.plan,
            self.history,
            lambda: replace_arrays(net, plain_arrays(net, table, arrays, packed)),
            (self.round, self.batch),
            self.rate,
            time.perf_counter() - self.started,
        )

    def criterion_value(self, name: str) -> float:
        """The value that a stopping criterion looks at: of validation, else of training."""
        seen = self.history.validations if self.validation is not None else self.history.rounds
        return float(seen.lists[name][-1])
