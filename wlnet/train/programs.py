"""The programs of a training net, over arrays that belong to somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.engine.blueprint import DTYPES, Blueprint, dtype_of
from wlnet.engine.program import Program
from wlnet.engine.resources import workers_for
from wlnet.evaluate.columns import Array
from wlnet.kernels.language import Precision
from wlnet.nets.arrays import arrays_of
from wlnet.plan.compile import (
    Steps,
    forward_blueprint,
    step_blueprint,
    training_blueprint,
)
from wlnet.plan.emitter import Learner as Update
from wlnet.train.history import LOSS, Tallies, mean_tallies
from wlnet.train.learners import Learner, Rates
from wlnet.train.losses import TrainingNet
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options
from wlnet.train.sources import ArraySource, Batches

WORTH = 3e-5
"""Seconds of a step from which it is worth to divide it: the threads live for many steps."""


class Programs:
    """One program a purpose and batch size; batch_size is that of whole batches.

    arrays: by the keys of the user's net; updates: how those that learn are updated. The keys of
    frozen_statistics and constants are those of the training net; constants never change.
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
    ) -> None:
        self.training, self.precision, self.seed = training, precision, seed
        self.batch_size = batch_size
        self.measurements, self.workers = measurements, workers
        self.updates = {training.inner_key(key): each for key, each in (updates or {}).items()}
        self.frozen_statistics, self.constants = frozen_statistics, constants
        self.packed: frozenset[ArrayKey] | None = None
        """The arrays that are packed in memory, once it is known."""
        self.keep_prefix = False
        self._made: dict[tuple[str, int], Program] = {}
        self._steps: dict[tuple[int, bool], Steps] = {}
        self._arrays: dict[ArrayKey, Array] = {}

    @property
    def inside(self) -> list[tuple[Path, str]]:
        """The output ports that are measured."""
        targets = self.training.targets.values() if self.measurements else ()
        return list(dict.fromkeys((self.training.prefix, port) for port in targets))

    def with_prefix(self, size: int, examples: int, limit: int) -> Program | None:
        """From now on steps fetch what the frozen prefix gives; the program that computes it.

        None, and no change, where there is no such prefix, or where that of so many examples takes
        more bytes than the limit.
        """
        self.keep_prefix = limit > 0
        blueprint = self.steps(size).prefix if self.keep_prefix else None
        needed = sum(view.bytes for view in blueprint.tables.values()) if blueprint else 0
        if blueprint is None or needed / size * examples > limit:
            self.keep_prefix = False
            return None
        return self._program(blueprint)

    def pack(self, size: int) -> frozenset[ArrayKey]:
        """From now on arrays are packed in memory as steps on so many examples want it: which."""
        self.packed = self.steps(size).step.packed
        return self.packed

    def steps(self, size: int) -> Steps:
        """What a step on so many examples does."""
        # Who decides how arrays lie decides nothing else.
        if (size, self.keep_prefix) not in self._steps:
            self._steps[size, self.keep_prefix] = step_blueprint(
                self.training.net,
                size,
                self.training.losses,
                self.updates,
                frozen_statistics=self.frozen_statistics,
                inside=self.inside,
                precision=self.precision,
                constants=self.constants,
                packed=self.packed,
                keep_prefix=self.keep_prefix,
                whole=self.batch_size,
            )
        return self._steps[size, self.keep_prefix]

    def use(
        self, arrays: Mapping[ArrayKey, Array], states: Mapping[ArrayKey, Sequence[Array]]
    ) -> None:
        """The arrays, by the keys of the user's net, and what methods keep beside them."""
        training = self.training
        own = {training.inner_key(key): value for key, value in arrays.items()}
        # A loss that is a net of its own has arrays of its own.
        self._arrays = {
            key: own[key] if key in own else value.astype(DTYPES[self.precision], copy=False)
            for key, value in arrays_of(training.net).items()
        }
        for key, kept in states.items():
            for i, state in enumerate(kept):
                self._arrays["state", training.inner_key(key), i] = state  # type: ignore[index]

    def program(self, purpose: str, size: int) -> Program:
        """The program for "Train" (a whole step), "Test", or "Gradients" on so many examples."""
        if (purpose, size) not in self._made:
            self._made[purpose, size] = self._program(self._blueprint(purpose, size))
        return self._made[purpose, size]

    def _program(self, blueprint: Blueprint) -> Program:
        workers = workers_for(blueprint, self.workers, WORTH)
        return Program(blueprint, self._arrays, workers, flush=True)

    def _blueprint(self, purpose: str, size: int) -> Blueprint:
        training = self.training
        if purpose == "Train":
            return self.steps(size).step
        if purpose == "Test":
            return forward_blueprint(
                training.net,
                size,
                inside=self.inside,
                precision=self.precision,
                constants=self.constants,
                packed=self.packed or (),
            )
        return training_blueprint(
            training.net,
            size,
            training.losses,
            list(self.updates),
            frozen_statistics=self.frozen_statistics,
            precision=self.precision,
            packed=self.packed or (),
            whole=self.batch_size,
        )

    def test(self, batch: Mapping[str, Array], size: int) -> Tallies:
        """What a batch tells of the net as it stands."""
        program = self.program("Test", size)
        for name, value in program.inputs.items():
            np.copyto(value, batch[name], casting="same_kind")
        program.run(seed=self.seed)
        tables = {name: value[None] for name, value in program.outputs.items()}
        targets = {name: program.inputs[name][None] for name in self.training.targets}
        return self.tallies(tables, targets)

    def tallies(self, tables: Mapping[object, Array], targets: Mapping[str, Array]) -> Tallies:
        """What batches tell: tables of losses and outputs, and targets, with a row for each."""
        found, training = Tallies(), self.training
        losses = {
            port: _sum_inside(tables[port]) * scale for port, scale in training.losses.items()
        }
        found.add(LOSS, mean_tallies(np.sum(list(losses.values()), axis=0)))
        if len(losses) > 1:
            for port, values in losses.items():
                found.add(port, mean_tallies(values))
        for measurement in self.measurements:
            for column, port in training.targets.items():
                key = measurement.key if len(training.targets) == 1 else f"{port}/{measurement.key}"
                outputs = tables[training.prefix, port]
                tallies = measurement.tallies(outputs, targets[column], training.forms[column])
                found.add(key, tallies, measurement)
        return found


def programs_of(
    training: TrainingNet,
    rates: Rates,
    learners: Sequence[Learner],
    options: Options,
    measurements: Sequence[Measurement],
    batch_size: int,
) -> Programs:
    """The programs of a training as its rules and options want it."""
    inner = training.inner_key
    still = {inner(row.key) for row in rates.table if row.multiplier == 0}
    own = {inner(row.key) for row in rates.table}
    return Programs(
        training,
        options.precision,
        options.seed,
        batch_size,
        measurements,
        {learner.key: learner.update for learner in learners},
        frozenset(map(inner, rates.table.frozen_statistics())),
        frozenset(still | (set(arrays_of(training.net)) - own)),
        options.workers,
    )


def _sum_inside(losses: Array) -> Array:
    """One number an example of each batch: where a loss gives more, they are added up."""
    total: Array = losses.reshape(*losses.shape[:2], -1).sum(axis=2, dtype=np.float64)
    return total


def feed(program: Program, batches: Batches) -> dict[Any, Array]:
    """Give a program the examples of its steps, and tables for what it keeps of them.

    The tables by name, a row a step. The caller holds on to them, and to the batches.
    """
    program.set("order", batches.order.ctypes.data)
    for name, column in batches.columns.items():
        program.set(("column", name), column.ctypes.data)
    tables: dict[Any, Array] = {}
    for name, view in program.blueprint.tables.items():
        dtype = dtype_of(view.element, program.blueprint.precision)
        tables[name] = np.empty((batches.count, *view.shape), dtype)
        program.set(("table", name), tables[name].ctypes.data)
    return tables


def prefix_columns(program: Program, source: ArraySource, size: int) -> dict[Any, Array]:
    """What the program of a frozen prefix keeps of all examples: a column for each output."""
    count = source.examples
    steps = -(-count // size)
    # The last batch is filled up with the last example.
    order = np.minimum(np.arange(steps * size, dtype=np.int64), count - 1)
    tables = feed(program, Batches(source.columns, order, size))
    program.run(steps=steps)
    return {name: table.reshape(-1, *table.shape[2:])[:count] for name, table in tables.items()}
