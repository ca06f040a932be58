"""The programs of a training net, and what their outputs tell of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.engine.program import Blueprint, Program
from wlnet.evaluate.columns import Array
from wlnet.nets.arrays import arrays_of
from wlnet.plan.compile import DTYPES, forward_blueprint, training_blueprint
from wlnet.train.history import LOSS, Tallies, mean_tally
from wlnet.train.losses import TrainingNet
from wlnet.train.measurements import Measurement


class Programs:
    """One program a mode and batch size, over arrays that belong to somebody else.

    arrays, trained: by the keys of the user's net. frozen_statistics: by those of the training net.
    """

    def __init__(
        self,
        training: TrainingNet,
        arrays: Mapping[ArrayKey, Array],
        precision: str,
        seed: Seed,
        measurements: Sequence[Measurement] = (),
        trained: Sequence[ArrayKey] = (),
        frozen_statistics: frozenset[ArrayKey] = frozenset(),
    ) -> None:
        self.training, self.precision, self.seed = training, precision, seed
        self.measurements, self.trained, self.frozen_statistics = (
            measurements,
            trained,
            frozen_statistics,
        )
        self._made: dict[tuple[str, int], Program] = {}
        # A loss that is a net of its own has arrays of its own.
        own = {training.inner_key(key): value for key, value in arrays.items()}
        self._arrays = {
            key: own[key] if key in own else value.astype(DTYPES[precision], copy=False)
            for key, value in arrays_of(training.net).items()
        }

    def run(
        self, mode: str, batch: Mapping[str, Array], size: int, step: int = 0
    ) -> tuple[Program, Tallies]:
        """Run a batch in "Train" or "Test" mode; the program's outputs lie there until the next
        run.
        """
        if (mode, size) not in self._made:
            self._made[mode, size] = Program(self._blueprint(mode, size), self._arrays)
        program = self._made[mode, size]
        for name, value in program.inputs.items():
            np.copyto(value, batch[name], casting="same_kind")
        program.run(seed=self.seed, step=step)
        return program, self._tallies(program)

    def _blueprint(self, mode: str, size: int) -> Blueprint:
        training = self.training
        targets = training.targets.values() if self.measurements else ()
        inside = list(dict.fromkeys((training.prefix, port) for port in targets))
        if mode == "Test":
            return forward_blueprint(training.net, size, inside=inside, precision=self.precision)
        return training_blueprint(
            training.net,
            size,
            training.losses,
            [training.inner_key(key) for key in self.trained],
            frozen_statistics=self.frozen_statistics,
            inside=inside,
            precision=self.precision,
        )

    def _tallies(self, program: Program) -> Tallies:
        found, training = Tallies(), self.training
        losses = {
            port: _sum_inside(program.outputs[port]) * scale
            for port, scale in training.losses.items()
        }
        found.add(LOSS, mean_tally(np.sum(list(losses.values()), axis=0)))
        if len(losses) > 1:
            for port, values in losses.items():
                found.add(port, mean_tally(values))
        for measurement in self.measurements:
            for column, port in training.targets.items():
                key = measurement.key if len(training.targets) == 1 else f"{port}/{measurement.key}"
                outputs, targets = program.outputs[training.prefix, port], program.inputs[column]
                found.add(
                    key, measurement.tally(outputs, targets, training.forms[column]), measurement
                )
        return found


def _sum_inside(losses: Array) -> Array:
    """One number an example: where a loss gives more, they are added up."""
    total: Array = losses.reshape(len(losses), -1).sum(axis=1, dtype=np.float64)
    return total
