"""The programs of a training net, over arrays that belong to somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.engine.blueprint import DTYPES, Blueprint
from wlnet.engine.program import Program
from wlnet.engine.resources import workers_for
from wlnet.evaluate.holding import Array
from wlnet.graph.keys import SlotKey, StateKey
from wlnet.kernels.language import Precision
from wlnet.plan.calls.emitter import Learner as Update
from wlnet.plan.compile import (
    Steps,
    measuring_blueprint,
    step_blueprint,
    training_blueprint,
)
from wlnet.results.arrays_report import GRADIENTS
from wlnet.train.feeding import feed, prefix_columns
from wlnet.train.history import LOSS, Tallies, mean_tallies, means_of
from wlnet.train.learners import ArrayRules, Learner
from wlnet.train.measurement_names import measured
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options
from wlnet.train.pace import Clock
from wlnet.train.sources import ArraySource, Batches
from wlnet.train.training_net import TrainingNet
from wlnet.train.weighed import columns_of, weighed_tallies, weights_column

TABLES = 64 << 20
"""Bytes of what is kept of batches at a time, when a net is judged."""
WORTH = 3e-5
"""Seconds of a step from which it is worth to divide it: the threads live for many steps."""


class Programs:
    """One program a purpose and batch size; batch_size is that of whole batches.

    All keys are those of the user's net. updates: how arrays that learn are updated; constants
    never change.
    """

    def __init__(
        self,
        training: TrainingNet,
        precision: Precision,
        seed: Seed,
        batch_size: int,
        measurements: Sequence[Measurement] = (),
        updates: Mapping[ArrayKey, Update] | None = None,
        frozen_statistics: frozenset[ArrayKey] = frozenset(),
        constants: frozenset[ArrayKey] = frozenset(),
        workers: int | None = None,
        gradient_norm: float | None = None,
        clock: Clock | None = None,
        gradient_squares: bool = False,
    ) -> None:
        self.gradient_squares = gradient_squares
        self.gradient_norm = gradient_norm
        self.training, self.precision, self.seed = training, precision, seed
        self.batch_size = batch_size
        self.measured, self.workers = measured(measurements, training), workers
        self.updates = dict(updates or {})
        self.frozen_statistics, self.constants = frozen_statistics, constants
        self.packed: frozenset[ArrayKey] | None = None
        """The arrays that are packed in memory, once it is known."""
        self.kept: set[str] = set()
        """The purposes for which steps fetch what the frozen prefix gives."""
        self.clock = clock or Clock()
        self._made: dict[tuple[str, int], Program] = {}
        self._steps: dict[tuple[str, int, bool], Steps] = {}
        self._arrays: dict[SlotKey, Array] = {}

    @property
    def inside(self) -> list[tuple[Path, str]]:
        """The output ports that are measured, of the net and of parts of it."""
        return list(dict.fromkeys(each.place for each in self.measured))

    def with_prefix(self, purpose: str, source: ArraySource, limit: int) -> tuple[ArraySource, int]:
        """From now on steps fetch what the frozen prefix makes of the examples, computed once.

        The source with that, and its bytes: as it was, and 0, where there is no such prefix, or
        where it takes more bytes than the limit.
        """
        size = min(source.batch_size, source.examples)
        blueprint = self.steps(purpose, size, keep_prefix=True).prefix if limit > 0 else None
        needed = sum(view.bytes for view in blueprint.tables.values()) if blueprint else 0
        if blueprint is None or needed / size * source.examples > limit:
            return source, 0
        self.kept.add(purpose)
        columns = prefix_columns(self._program(blueprint), source, size)
        taken = sum(column.nbytes for column in columns.values())
        return replace(source, columns={**source.columns, **columns}), taken

    def pack(self, size: int) -> frozenset[ArrayKey]:
        """From now on arrays are packed in memory as steps on so many examples want it: which."""
        self.packed = self.steps("Train", size).step.packed
        return self.packed

    def steps(self, purpose: str, size: int, keep_prefix: bool | None = None) -> Steps:
        """What a step of "Train" or "Test" on so many examples does.

        keep_prefix: whether its frozen prefix is a program of its own; None: as it is for now.
        """
        # Who decides how arrays lie decides nothing else.
        key = purpose, size, purpose in self.kept if keep_prefix is None else keep_prefix
        if key not in self._steps:
            with self.clock.stopped():
                self._steps[key] = self._steps_of(*key)
        return self._steps[key]

    def _steps_of(self, purpose: str, size: int, keep_prefix: bool) -> Steps:
        training = self.training
        if purpose == "Test":
            return measuring_blueprint(
                training.net,
                size,
                inside=self.inside,
                precision=self.precision,
                constants=self.constants,
                packed=self.packed or (),
                keep_prefix=keep_prefix,
                whole=self.batch_size,
                home=training.home,
            )
        return step_blueprint(
            training.net,
            size,
            training.losses,
            self.updates,
            frozen_statistics=self.frozen_statistics,
            inside=self.inside,
            precision=self.precision,
            constants=self.constants,
            packed=self.packed,
            keep_prefix=keep_prefix,
            whole=self.batch_size,
            home=training.home,
            gradient_norm=self.gradient_norm,
            gradient_squares=self.gradient_squares,
        )

    def use(
        self, arrays: Mapping[ArrayKey, Array], states: Mapping[ArrayKey, Sequence[Array]]
    ) -> None:
        """The arrays of the user's net, and what methods keep beside them."""
        # A loss that is a net of its own has arrays of its own.
        self._arrays = {
            key: arrays[key] if key in arrays else value.astype(DTYPES[self.precision], copy=False)
            for key, value in self.training.arrays.items()
        }
        for key, kept in states.items():
            for i, state in enumerate(kept):
                self._arrays[StateKey(key, i)] = state

    def program(self, purpose: str, size: int) -> Program:
        """The program for "Train" (a whole step), "Test" or "Gradients" on so many examples."""
        if (purpose, size) not in self._made:
            self._made[purpose, size] = self._program(self._blueprint(purpose, size))
        return self._made[purpose, size]

    def _program(self, blueprint: Blueprint) -> Program:
        workers = workers_for(blueprint, self.workers, WORTH)
        # Random numbers are drawn by the path from the top of the training net.
        randoms = [(what, self.training.whole(at), n) for what, at, n in blueprint.randoms]
        blueprint = replace(blueprint, randoms=tuple(randoms))
        with self.clock.stopped():
            return Program(blueprint, self._arrays, workers, flush=True)

    def _blueprint(self, purpose: str, size: int) -> Blueprint:
        training = self.training
        if purpose != "Gradients":
            return self.steps(purpose, size).step
        return training_blueprint(
            training.net,
            size,
            training.losses,
            list(self.updates),
            frozen_statistics=self.frozen_statistics,
            precision=self.precision,
            packed=self.packed or (),
            whole=self.batch_size,
            home=training.home,
            # Each call is looked at.
            without=("chains",),
        )

    def test(self, source: ArraySource) -> Tallies:
        """What all examples of a source tell of the net as it stands."""
        found = Tallies()
        for batches in source.in_order():
            program = self.program("Test", batches.size)
            row = sum(view.bytes for view in program.blueprint.tables.values())
            some = max(TABLES // row, 1)
            for first in range(0, batches.count, some):
                part = batches.part(first, min(some, batches.count - first))
                kept = feed(program, part)
                program.run(seed=self.seed, steps=part.count)
                found = self.tallies(kept, self.targets(part), found, by_batch=False)
        return found

    def targets(self, batches: Batches) -> dict[str, Array]:
        """The targets of measured outputs, with a row for each batch."""
        shape = batches.count, batches.size
        return {
            name: batches.columns[name][batches.order].reshape(
                *shape, *batches.columns[name].shape[1:]
            )
            for name in columns_of(self.measured, self.training)
        }

    def by_example(self, tables: Mapping[object, Array]) -> dict[str, Array]:
        """All losses by name, the total first: an example a number, a batch a row."""
        factors, names = self.training.losses, self.training.told_losses
        losses = {port: _sum_inside(tables[port]) for port in factors}
        total = np.sum([losses[port] * factor for port, factor in factors.items()], axis=0)
        return {LOSS: total, **{name: losses[port] for port, name in names.items()}}

    @np.errstate(all="ignore")
    def losses(self, tables: Mapping[object, Array]) -> list[float]:
        """The loss of each batch, without asking what else is measured."""
        return means_of(mean_tallies(self.by_example(tables)[LOSS]))

    @np.errstate(all="ignore")
    def tallies(
        self,
        tables: Mapping[object, Array],
        targets: Mapping[str, Array],
        begun: Tallies | None = None,
        by_batch: bool = True,
    ) -> Tallies:
        """What batches tell (each by itself as well): tables of losses and outputs, and targets,
        with a row for each.

        begun: what batches before them tell, to which these are added.
        """
        found = Tallies(begun, by_batch)
        for name, values in self.by_example(tables).items():
            found.add(name, mean_tallies(values))
        for each in self.measured:
            outputs = tables[each.place]
            compared = targets[each.column] if each.column else outputs
            weights = weights_column(each, self.training)
            if weights is None:
                tallies = each.measurement.tallies(outputs, compared, each.form)
            else:
                own = targets[weights]
                tallies = weighed_tallies(each.measurement, outputs, compared, each.form, own)
            found.add(each.key, tallies, each.measurement)
        return found


def programs_of(
    training: TrainingNet,
    rules: ArrayRules,
    learners: Sequence[Learner],
    options: Options,
    measurements: Sequence[Measurement],
    batch_size: int,
    clock: Clock | None = None,
) -> Programs:
    """The programs of a training as its rules and options want it."""
    moving = {row.key for row in rules.table if row.multiplier != 0}
    return Programs(
        training,
        options.precision,
        options.seed,
        batch_size,
        measurements,
        {learner.key: learner.update for learner in learners},
        frozenset(rules.table.frozen_statistics()),
        frozenset(training.arrays.keys() - moving),
        options.workers,
        options.method.gradient_norm,
        clock,
        gradient_squares=GRADIENTS in options.arrays_measured,
    )


def _sum_inside(losses: Array) -> Array:
    """One number an example of each batch: where a loss gives more, they are added up."""
    total: Array = losses.reshape(*losses.shape[:2], -1).sum(axis=2, dtype=np.float64)
    return total
