"""How a step on a batch in parts is made: the programs of parts, and the update over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import Blueprint
from wlnet.engine.program import Program
from wlnet.evaluate.holding import Array
from wlnet.graph.keys import GradientKey, NewKey, StateKey
from wlnet.kernels.language import Precision
from wlnet.plan.calls.emitter import Learner
from wlnet.plan.parts import SCALE, update_blueprint
from wlnet.train.parallel.division import Division, sizes_of_parts
from wlnet.train.parallel.parted_program import Part, PartedProgram


class Ground(NamedTuple):
    """What a step stands on: whose the numbers are, where the arrays that learn lie, and all arrays
    and states by key."""

    division: Division
    stretch: Array
    arrays: Mapping[Any, Array]
    precision: Precision


class Updating(NamedTuple):
    """How arrays are updated, the largest norm of all gradients, whether their squares are told,
    and what makes a program."""

    learners: Mapping[ArrayKey, Learner]
    gradient_norm: float | None
    gradient_squares: bool
    program: Callable[[Blueprint, Mapping[Any, Array]], Program]


def parted_program(
    own: Mapping[int, Program], whole: int, ground: Ground, updating: Updating
) -> PartedProgram:
    """A step on batches of so many examples. own: this rank's parts by their numbers."""
    division, stretch = ground.division, ground.stretch
    sizes = sizes_of_parts(whole, division.parts)
    firsts = np.cumsum([0, *sizes]).tolist()
    parts = [Part(firsts[i], sizes[i], program) for i, program in own.items()]
    gradients, first = np.zeros_like(stretch), parts[0].program
    statistics = {key: ground.arrays[key].shape for key in first.updates}
    arrays: dict[Any, Array] = {key: ground.arrays[key] for key in statistics}
    arrays |= {NewKey(key): value for key, value in first.updates.items()}
    counts = {}
    for key, learner in updating.learners.items():
        piece = division.piece(key)
        if piece.start < piece.stop and GradientKey(key) in first.outputs:
            counts[key] = piece.stop - piece.start
            arrays[key], arrays[GradientKey(key)] = stretch[piece], gradients[piece]
            states = (StateKey(key, i) for i in range(learner.states))
            arrays |= {name: ground.arrays[name] for name in states}
    scale = arrays[SCALE] = np.ones(1)
    is_scaled = updating.gradient_norm is not None
    blueprint = update_blueprint(updating.learners, counts, statistics, ground.precision, is_scaled)
    return PartedProgram(
        parts,
        updating.program(blueprint, arrays),
        division,
        stretch,
        gradients,
        whole,
        scale,
        updating.gradient_norm,
        updating.gradient_squares,
    )
