"""What validations have told of a training: how many there were, and the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wlnet.core.rules import ArrayKey
from wlnet.train.memory import Arrays
from wlnet.train.start import Start


class Best(NamedTuple):
    """A validation, by the number of its round: how it ranks, and the arrays of then."""

    number: int
    rank: tuple[float, ...]
    arrays: Arrays
    updates: Mapping[ArrayKey, int]


class Judged(NamedTuple):
    """How many validations there were, and the best of them."""

    validations: int = 0
    best: Best | None = None


def judged_before(start: Start) -> Judged:
    """The validations of the training that goes on."""
    r = start.record
    if r is None:
        return Judged()
    best = None
    if r.moment.best_rank is not None and r.best_validation_round is not None:
        number, moment = r.best_validation_round, r.moment
        best = Best(number, r.moment.best_rank, dict(r.arrays), moment.best_updates)
    return Judged(len(r.validation_positions), best)
