"""The arrays that learn: what rules say about each, and how it is updated."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from wlnet.core.gathered import Gathered
from wlnet.core.multipliers import MultiplierTable, Row, array_places, multiplier_table
from wlnet.core.net import Net
from wlnet.core.rules import ArrayKey, chosen
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.packed import packed, unpacked
from wlnet.evaluate.holding import Array
from wlnet.kernels.jit.target import lanes_of
from wlnet.kernels.language import Precision
from wlnet.methods.base import Method
from wlnet.nets.arrays import arrays_of
from wlnet.plan.calls.emitter import Learner as Update
from wlnet.train.options import Options
from wlnet.train.schedule import UpdateGroups, update_groups
from wlnet.train.thawed import warn_of_thawed


@dataclass(frozen=True)
class ArrayRules:
    """All that rules decide about single arrays.

    Penalties and clips are left out where there are none.
    """

    table: MultiplierTable
    l2: Mapping[ArrayKey, float]
    gradient_clip: Mapping[ArrayKey, float]
    weight_clip: Mapping[ArrayKey, float]
    weight_decay: Mapping[ArrayKey, float]
    groups: UpdateGroups


def read_rules(net: Net, options: Options, *, warnings: bool = True) -> ArrayRules:
    """Every rule list of a call, resolved on the net.

    Raises the faults of all of them at once, RuleError for those of rules. Warns of rules that make
    learn what the net froze for itself.
    """
    gathered = Gathered()
    method, places = options.method, array_places(net)

    def limits(given: object, option: str) -> Mapping[ArrayKey, float]:
        def read() -> dict[ArrayKey, float]:
            found = chosen(
                net, places, given, option, lambda v: math.nan if v is None else float(v), math.nan
            )
            return {key: value for key, value in found.items() if not math.isnan(value)}

        return {} if given is None else gathered.attempt(read) or {}

    table = gathered.attempt(lambda: multiplier_table(net, options.multipliers))
    l2 = limits(method.l2_regularization, "L2Regularization")
    gradient_clip = limits(method.gradient_clipping, "GradientClipping")
    weight_clip = limits(method.weight_clipping, "WeightClipping")
    weight_decay = limits(method.weight_decay, "WeightDecay")
    groups = gathered.attempt(lambda: update_groups(net, options.update_schedule))
    gathered.tell()
    assert table is not None
    assert groups is not None
    if warnings:
        warn_of_thawed(net, table)
    return ArrayRules(table, l2, gradient_clip, weight_clip, weight_decay, groups)


@dataclass
class Learner:
    """One array that a gradient moves."""

    row: Row
    update: Update
    updates: int = 0
    weight_decay: float = 0.0

    @property
    def key(self) -> ArrayKey:
        return self.row.key

    def step_sizes(self, method: Method, learning_rates: Array, moves: Array) -> Array:
        """What its kernel is told for some steps: its step size, NaN where it rests.

        learning_rates: base x schedule of each step; moves: whether it is updated there. Counts
        the updates.
        """
        counts = self.updates + np.cumsum(moves)
        # A step of rest has the count of the one before, which may be 0.
        corrections = method.corrections(np.maximum(counts, 1))
        self.updates += int(np.count_nonzero(moves))
        return np.where(moves, learning_rates * self.row.multiplier * corrections, np.nan)

    def decays(self, learning_rates: Array) -> Array:
        """The share of itself that the array loses at some steps: no bias correction is in it."""
        return learning_rates * self.row.multiplier * self.weight_decay


def learners_of(rules: ArrayRules, method: Method) -> list[Learner]:
    """A learner for every array that a gradient moves. Frozen arrays get none, and no state."""
    return [
        Learner(
            row,
            Update(
                method.kernel,
                method.state_arrays,
                method.fields(
                    rules.l2.get(row.key, 0.0),
                    rules.gradient_clip.get(row.key),
                    rules.weight_clip.get(row.key),
                ),
                bool(rules.weight_decay.get(row.key)),
            ),
            weight_decay=rules.weight_decay.get(row.key, 0.0),
        )
        for row in rules.table
        if row.trained
    ]


def own_arrays(
    net: Net, table: MultiplierTable, precision: Precision, packs: Collection[ArrayKey]
) -> dict[ArrayKey, Array]:
    """Every array in the precision of the training: copies of those that move, the others as
    they lie. packs: those that shall be packed.
    """
    arrays, lanes = arrays_of(net), lanes_of(precision)
    given = {
        row.key: arrays[row.key].astype(DTYPES[precision], order="C", copy=False) for row in table
    }
    return {
        row.key: given[row.key]
        if row.multiplier == 0
        else packed(given[row.key], lanes)
        if row.key in packs
        else given[row.key].copy()
        for row in table
    }


def plain_arrays(
    net: Net,
    table: MultiplierTable,
    arrays: Mapping[ArrayKey, Array],
    packs: Collection[ArrayKey],
) -> dict[ArrayKey, Array]:
    """The arrays that may have changed, as fresh copies, none of them packed."""
    first = arrays_of(net)
    return {
        row.key: unpacked(arrays[row.key], len(first[row.key]))
        if row.key in packs
        else arrays[row.key].copy()
        for row in table
        if row.multiplier != 0
    }
