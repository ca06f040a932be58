"""The programs of a training net, over arrays that belong to somebody else."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.engine.blueprint import DTYPES, Blueprint
from wlnet.engine.program import Program
from wlnet.engine.resources import workers_for
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Group
from wlnet.graph.keys import SlotKey, StateKey
from wlnet.kernels.language import Precision
from wlnet.plan.calls.emitter import Learner as Update
from wlnet.plan.compile import (
    Steps,
    measuring_blueprint,
    step_blueprint,
    training_blueprint,
)
from wlnet.plan.parts import part_blueprint
from wlnet.results.arrays_report import GRADIENTS
from wlnet.train.feeding import feed, prefix_columns
from wlnet.train.history import Tallies
from wlnet.train.learners import ArrayRules, Learner
from wlnet.train.measurements import Measurement
from wlnet.train.options import Options
from wlnet.train.pace import Clock
from wlnet.train.parallel.division import Division, sizes_of_parts
from wlnet.train.parallel.exchange import ALONE
from wlnet.train.parallel.making import Ground, Updating, parted_program
from wlnet.train.parallel.parted_program import PartedProgram
from wlnet.train.parallel.shards import ShardedSource
from wlnet.train.sources import ArraySource, Batches
from wlnet.train.telling import Telling
from wlnet.train.training_net import Shapes, TrainingNet

TABLES = 64 << 20
"""Bytes of what is kept of batches at a time, when a net is judged."""
WORTH = 3e-5
"""Seconds of a step from which it is worth to divide it: the threads live for many steps."""


KEPT = 1 << 30
"""Bytes of memory of programs that are kept for batches to come."""


class Kind(NamedTuple):
    """What a program is made for: how many examples, and their shapes where the net leaves them
    open. whole: how many the batch has that they are a part of, 0 for no part."""

    size: int
    shapes: Shapes = ()
    whole: int = 0


class Programs(Telling):
    """One program a purpose and kind of batch; batch_size is that of whole batches.

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
        parts: int = 1,
    ) -> None:
        self.gradient_squares = gradient_squares
        self.gradient_norm = gradient_norm
        super().__init__(training, measurements)
        self.precision, self.seed, self.workers = precision, seed, workers
        self.batch_size = batch_size
        self.updates = dict(updates or {})
        self.frozen_statistics, self.constants = frozen_statistics, constants
        self.packed: frozenset[ArrayKey] | None = None
        """The arrays that are packed in memory, once it is known."""
        self.kept: set[str] = set()
        """The purposes for which steps fetch what the frozen prefix gives."""
        self.clock = clock or Clock()
        self._made: OrderedDict[tuple[str, Kind], Any] = OrderedDict()
        """The programs, the last used last."""
        self._steps: dict[tuple[str, Kind, bool], Steps] = {}
        self._arrays: dict[SlotKey, Array] = {}
        self.parts = parts
        """How many parts a batch has that is trained on."""
        self._division: Division | None = None
        self._stretch: Array | None = None

    def kind(self, batches: Batches) -> Kind:
        """What kind of batches these are."""
        return Kind(batches.size, self.training.shapes_of(batches.columns))

    def with_prefix(self, purpose: str, source: ArraySource, limit: int) -> tuple[ArraySource, int]:
        """From now on steps fetch what the frozen prefix makes of the examples, computed once.

        The source with that, and its bytes: as it was, and 0, where there is no such prefix, or
        where it takes more bytes than the limit.
        """
        if limit <= 0:
            return source, 0
        kinds = [self._whole(source, group) for group in source.groups]
        if purpose == "Train":
            kinds = [self.of_parts(kind)[0] for kind in kinds]
        prefixes = []
        needed = 0.0
        for kind, group in zip(kinds, source.groups, strict=True):
            blueprint = self.steps(purpose, kind, keep_prefix=True).prefix
            if blueprint is None:
                return source, 0
            prefixes.append(blueprint)
            row = sum(view.bytes for view in blueprint.tables.values()) / kind.size
            needed += row * len(group.rows)
            if needed > limit:
                return source, 0
        self.kept.add(purpose)
        # Of shares every rank has its own.
        is_share = self._division is None or isinstance(source, ShardedSource)
        exchange = ALONE if is_share else self._division.exchange  # type: ignore[union-attr]
        waiting = iter(zip(prefixes, kinds, strict=True))

        def prefix_of(group: Group) -> dict[Any, Array]:
            blueprint, kind = next(waiting)
            return prefix_columns(self._program(blueprint), source, group, kind.size, exchange)

        kept = source.with_columns(prefix_of)
        added = kept.columns.keys() - source.columns.keys()
        taken = sum(group.columns[name].nbytes for group in kept.groups for name in added)
        return kept, taken

    def _whole(self, source: ArraySource, group: Group) -> Kind:
        """The kind of the whole batches of a group."""
        return Kind(source.whole_batch(group), self.training.shapes_of(group.columns))

    def pack(self, kind: Kind) -> frozenset[ArrayKey]:
        """From now on arrays are packed in memory as steps on such batches want it: which."""
        is_parted = self.parts > 1
        self.packed = frozenset() if is_parted else self.steps("Train", kind).step.packed
        return self.packed

    def steps(self, purpose: str, kind: Kind, keep_prefix: bool | None = None) -> Steps:
        """What a step of "Train" or "Test" on such a batch does.

        keep_prefix: whether its frozen prefix is a program of its own; None: as it is for now.
        """
        # Who decides how arrays lie decides nothing else.
        key = purpose, kind, purpose in self.kept if keep_prefix is None else keep_prefix
        if key not in self._steps:
            with self.clock.stopped():
                self._steps[key] = self._steps_of(*key)
        return self._steps[key]

    def _steps_of(self, purpose: str, kind: Kind, keep_prefix: bool) -> Steps:
        training = self.training
        size, shapes = kind.size, dict(kind.shapes)
        if purpose == "Test":
            return measuring_blueprint(
                training.net,
                size,
                shapes=shapes,
                inside=self.inside,
                precision=self.precision,
                constants=self.constants,
                packed=self.packed or (),
                keep_prefix=keep_prefix,
                whole=self.batch_size,
                home=training.home,
            )
        if kind.whole:
            return part_blueprint(
                training.net,
                size,
                kind.whole,
                training.losses,
                list(self.updates),
                shapes=shapes,
                frozen_statistics=self.frozen_statistics,
                inside=self.inside,
                precision=self.precision,
                constants=self.constants,
                keep_prefix=keep_prefix,
                full=-(-self.batch_size // self.parts),
                home=training.home,
            )
        return step_blueprint(
            training.net,
            size,
            training.losses,
            self.updates,
            shapes=shapes,
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
        self,
        arrays: Mapping[ArrayKey, Array],
        states: Mapping[ArrayKey, Sequence[Array]],
        division: Division | None = None,
        stretch: Array | None = None,
    ) -> None:
        """The arrays of the user's net, and what methods keep beside them; where a batch has parts,
        whose they are, and where they lie."""
        self._division, self._stretch = division, stretch
        # A loss that is a net of its own has arrays of its own.
        self._arrays = {
            key: arrays[key] if key in arrays else value.astype(DTYPES[self.precision], copy=False)
            for key, value in self.training.arrays.items()
        }
        for key, kept in states.items():
            for i, state in enumerate(kept):
                self._arrays[StateKey(key, i)] = state

    def program(self, purpose: str, kind: Kind) -> Any:
        """The program for "Train" (a whole step), "Test" or "Gradients" on such a batch; a
        PartedProgram for a step on a batch in parts."""
        found = self._made.pop((purpose, kind), None)
        is_new = found is None
        if found is None:
            is_parted = purpose == "Train" and self.parts > 1
            found = self._parted(kind) if is_parted else self._made_for(purpose, kind)
        self._made[purpose, kind] = found
        if not is_new:
            return found
        held = sum(each.blueprint.arena_bytes for each in self._made.values())
        while held > KEPT and len(self._made) > 1:
            _, old = self._made.popitem(last=False)
            held -= old.blueprint.arena_bytes
        return found

    def _made_for(self, purpose: str, kind: Kind) -> Program:
        return self._program(self._blueprint(purpose, kind))

    def of_parts(self, kind: Kind) -> list[Kind]:
        """The kinds of the parts of a batch, or of the batch if it has none."""
        if self.parts == 1:
            return [kind]
        sizes = sizes_of_parts(kind.size, self.parts)
        return [Kind(max(size, 1), kind.shapes, kind.size) for size in sizes]

    def _parted(self, kind: Kind) -> PartedProgram:
        """A step on a batch in parts."""
        assert self._division is not None
        assert self._stretch is not None
        kinds = self.of_parts(kind)
        own = {i: self._made_for("Train", kinds[i]) for i in self._division.own_parts}

        def updating(blueprint: Blueprint, arrays: Mapping[Any, Array]) -> Program:
            workers = workers_for(blueprint, self.workers, WORTH)
            return Program(blueprint, arrays, workers, flush=True, shares=self.workers is None)

        return parted_program(
            own,
            kind.size,
            Ground(self._division, self._stretch, self._arrays, self.precision),
            Updating(self.updates, self.gradient_norm, self.gradient_squares, updating),
        )

    def prefix(self, purpose: str, kind: Kind) -> Program | None:
        """A program of what is computed once, of the examples of a batch, if there is any."""
        blueprint = self.steps(purpose, kind, keep_prefix=True).prefix
        return None if blueprint is None else self._program(blueprint)

    def _program(self, blueprint: Blueprint) -> Program:
        workers = workers_for(blueprint, self.workers, WORTH)
        # Random numbers are drawn by the path from the top of the training net.
        randoms = [(what, self.training.whole(at), n) for what, at, n in blueprint.randoms]
        blueprint = replace(blueprint, randoms=tuple(randoms))
        with self.clock.stopped():
            shares = self.workers is None
            return Program(blueprint, self._arrays, workers, flush=True, shares=shares)

    def _blueprint(self, purpose: str, kind: Kind) -> Blueprint:
        training = self.training
        if purpose != "Gradients":
            return self.steps(purpose, kind).step
        return training_blueprint(
            training.net,
            kind.size,
            training.losses,
            list(self.updates),
            frozen_statistics=self.frozen_statistics,
            precision=self.precision,
            packed=self.packed or (),
            whole=self.batch_size,
            home=training.home,
            shapes=dict(kind.shapes),
            # Each call is looked at.
            without=("chains",),
        )

    def test(self, source: ArraySource) -> Tallies:
        """What all examples of a source tell of the net as it stands."""
        found, done = Tallies(), 0
        for batches in source.in_order():
            program = self.program("Test", self.kind(batches))
            row = sum(view.bytes for view in program.blueprint.tables.values())
            some = max(TABLES // row, 1)
            for first in range(0, batches.count, some):
                part = batches.part(first, min(some, batches.count - first))
                kept = feed(program, part)
                program.run(seed=self.seed, step=done, steps=part.count)
                done += part.count
                found = self.tallies(kept, self.targets(part), found, by_batch=False)
        # Functions are asked about examples in the order of the data.
        found.put_in_order(np.concatenate([group.rows for group in source.groups]))
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
        parts=options.batch_parts,
    )
