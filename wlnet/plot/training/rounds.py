"""Where the batches of a training stand among its rounds, and its phases as upright lines."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from wlnet.core.rules import ArrayKey
from wlnet.plot.charts.axes import Axis, Numbers, whole_axis
from wlnet.plot.charts.chart import Mark
from wlnet.plot.charts.numbers import short
from wlnet.plot.training.parts import listed
from wlnet.results.moment import PhaseRecord
from wlnet.results.results import TrainingRecord

MOST_TOLD = 12
"""Phases that are told in words."""


@dataclass(frozen=True)
class Rounds:
    """The x axis of a training: rounds, or batches where no round was ended. ends: the number of
    the last batch of each round. batches: how many there are. each: of a round that is not over."""

    ends: tuple[int, ...]
    batches: int
    each: int | None

    @classmethod
    def of(cls, r: TrainingRecord) -> Rounds:
        """Those of a record."""
        return cls(r.round_positions, len(r.batch_losses), r.batches_per_round)

    def at(self, batches: Iterable[float]) -> Numbers:
        """Where the ends of batches stand."""
        given = np.asarray(list(batches), np.float64)
        if not self.ends:
            return given
        last, count = self.ends[-1], len(self.ends)
        over = max(self.batches - last, 0)
        each = max(self.each or (last - (0, *self.ends)[-2]), over, 1)
        known, places = [0, *self.ends], list(range(count + 1))
        found: Numbers = np.interp(given, [*known, last + each], [*places, count + 1])
        return found

    def axis(self) -> Axis:
        """The axis, from 0 to the end of the training."""
        end = float(self.at([self.batches])[0])
        return whole_axis("round" if self.ends else "batch", 0.0, max(end, 1.0))


def phases_seen(r: TrainingRecord) -> list[PhaseRecord]:
    """The phases of which there are batches; of a training without any, the first one."""
    seen = [phase for phase in r.phases if phase.first_batch <= len(r.batch_losses)]
    return seen or list(r.phases[:1])


def phase_marks(r: TrainingRecord) -> tuple[list[Mark], list[str]]:
    """An upright line for every phase but the first, with its number, and what changes there."""
    rounds, phases = Rounds.of(r), phases_seen(r)
    marks, notes = [], []
    for number, (before, phase) in enumerate(itertools.pairwise(phases), 2):
        marks.append(Mark(float(rounds.at([phase.first_batch - 1])[0]), sign=str(number),
                          color="purple"))  # fmt: skip
        notes.append(f"Phase {number}, from round {phase.first_round}: {_changes(before, phase)}.")
    if len(notes) > MOST_TOLD:
        rest = len(notes) - MOST_TOLD
        more = 'results["ArraysLearningRateMultipliersByPhase"] tells of them'
        notes = [*notes[:MOST_TOLD], f"{rest} more phases follow: {more}."]
    return marks, notes


def _changes(before: PhaseRecord, phase: PhaseRecord) -> str:
    """The rates that change, with the arrays that have them."""
    old, new = before.table.values_by_key(), phase.table.values_by_key()
    changed: dict[tuple[float, float], list[ArrayKey]] = {}
    for key, rate in new.items():
        if old.get(key) != rate:
            changed.setdefault((old.get(key, 0.0), rate), []).append(key)
    told = [
        f"{listed(keys, list(new))} {short(a, 3)} → {short(b, 3)}"
        for (a, b), keys in changed.items()
    ]
    return "; ".join(told) or "the same rates by other rules"
