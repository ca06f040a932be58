"""A look at a training from inside: the last batch, its losses and gradients at the net of now.

It changes no bit of the training: the arrays are read where they lie, by a program of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from wlnet.core.arrays import frozen
from wlnet.core.rules import ArrayKey
from wlnet.core.streams import Seed
from wlnet.evaluate.holding import Array
from wlnet.graph.keys import GradientKey
from wlnet.train.history import LOSS
from wlnet.train.programs import Programs
from wlnet.train.sources import ArraySource, Batches, Source


@dataclass(frozen=True)
class Slopes:
    """The loss of each example of a batch, and the gradient of their mean by each array."""

    losses: Array
    gradients: Mapping[ArrayKey, Array]


@dataclass(frozen=True)
class Look:
    """What was trained last, and what it can be asked with.

    batch: the last one. place: the number of its round, and its own in that round, from 0. step:
    its number from 0, by which random numbers are drawn.
    """

    programs: Programs
    source: Source
    batch: Batches
    place: tuple[int, int]
    step: int
    seed: Seed

    def data(self) -> dict[str, Array]:
        """The examples by port, as the net reads them."""
        columns = self.batch.columns
        return {
            name: frozen(column[self.batch.order])
            for name, column in columns.items()
            if isinstance(name, str)
        }

    def numbers(self) -> list[int] | None:
        """The numbers of the examples, from 1; None of a function's examples, which have none."""
        if not isinstance(self.source, ArraySource):
            return None
        number, place = self.place
        found: list[int] = list(self.source.batches(number))[place].tolist()
        return found

    @np.errstate(all="ignore")
    def slopes(self) -> Slopes:
        """By the arrays that learn, at the arrays of now; as the batch was trained on, with the
        same random numbers."""
        programs = self.programs
        program = programs.program("Gradients", programs.kind(self.batch))
        for name, value in program.inputs.items():
            np.copyto(value, self.batch.columns[name][self.batch.order], casting="same_kind")
        program.run(seed=self.seed, step=self.step)
        tables: dict[object, Array] = {
            port: program.outputs[port][None] for port in programs.training.losses
        }
        arrays = programs.training.arrays
        gradients = {}
        for key in programs.updates:
            found = program.outputs.get(GradientKey(key))
            # An array that no loss depends on has none.
            gradients[key] = frozen(np.zeros_like(arrays[key]) if found is None else found.copy())
        losses = np.ascontiguousarray(programs.by_example(tables)[LOSS][0])
        return Slopes(frozen(losses), gradients)


class Over(Exception):
    """The training is over, and nothing of it is left to look at."""


Looks = Callable[[], Look | None]
"""Gives a look at the training; None before its first batch. Raises Over."""


def flat(arrays: Mapping[ArrayKey, Array]) -> Array:
    """The numbers of arrays in one vector, in their order."""
    if not arrays:
        return frozen(np.zeros(0, np.float32))
    return frozen(np.concatenate([np.ravel(array) for array in arrays.values()]))
