"""ROC curves and the areas under them: how well scores put the members of a class first.

A curve is about the order of all scores, so the tally holds them: 4 bytes (8 with Real64) a
decision and class, and 4 or 8 a decision (4 of a class by its number), until the round or the set
ends.

Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.arrays import frozen
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.decisions import each_decision, true_classes
from wlnet.train.held import Held

Array = np.ndarray[Any, Any]
Pair = tuple[Array, Array, Array | None]
"""Scores, which of them are of members, and the weight of each, where there are weights."""


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of all classes, and the true class, of every decision.

    held: scores of shape (decisions, classes), with two states that of True alone; true classes,
    counted from 0; and the weight of each decision, where there are weights.
    """

    held: Held

    @classmethod
    def of(
        cls, outputs: Array, targets: Array, form: str, top: int, weights: Array | None = None
    ) -> Scores:
        """Those of a batch."""
        size = 1 if form == "Binary" else outputs.shape[-1]
        columns = outputs.reshape(-1, size), true_classes(targets, form)
        if weights is None:
            return cls(Held.of(*columns))
        own = each_decision(weights, len(columns[1]))
        # What weighs nothing is not there: it makes no step of a curve.
        return cls(Held.of(*(column[own > 0] for column in (*columns, own))))

    def __add__(self, other: Scores) -> Scores:
        return Scores(self.held + other.held)

    def pairs(self, averaging: object) -> list[Pair | None]:
        """Scores, and which of them are of members: one pair a class, None where a class has no
        members or no others. "Micro": one pair, of all classes as if they were one. AUTOMATIC: of
        two states that of True.
        """
        scores, true, *weights = self.held.columns()
        own = weights[0] if weights else None
        if scores.shape[1] == 1:
            of_true = scores[:, 0].astype(np.float64)
            if averaging is AUTOMATIC:
                return [_pair(of_true, true == 1, own)]
            scores = np.stack([1 - of_true, of_true], axis=1)
        size = scores.shape[1]
        if averaging == "Micro":
            each_own = None if own is None else np.repeat(own, size)
            return [_pair(scores.ravel(), (true[:, None] == np.arange(size)).ravel(), each_own)]
        found: list[Pair | None] = [None] * size
        for each in np.unique(true):
            found[each] = _pair(scores[:, each], true == each, own)
        return found


def _pair(scores: Array, members: Array, weights: Array | None) -> Pair | None:
    return None if members.all() or not members.any() else (scores, members, weights)


def areas(scores: Scores, averaging: object) -> float | Array:
    """The area under the curve: of every class (None), the mean over the classes that have one
    ("Macro"), of all classes as one ("Micro"); AUTOMATIC: of True, where there are two states, else
    "Macro". NaN where there is none.
    """
    pairs = scores.pairs(averaging)
    if averaging is None:
        return frozen(np.array([area(*pair) if pair else math.nan for pair in pairs]))
    found = [area(*pair) for pair in pairs if pair]
    return float(np.mean(found)) if found else math.nan


def curves(scores: Scores, averaging: object) -> Array | tuple[Array, ...]:
    """The curve of every class; a single one with "Micro", and of True where there are two states.

    A curve has the shape (points, 2): false and true positive rate. Points halfway between their
    neighbours are left out. Without points where a class has no members, or no others.
    """
    empty = np.zeros((0, 2))
    found = tuple(frozen(curve(*pair) if pair else empty) for pair in scores.pairs(averaging))
    return found[0] if len(found) == 1 else found


def _falling(scores: Array, members: Array, weights: Array | None) -> tuple[Array, Array]:
    """How many others, and how many members, have at least a score, for each score that occurs,
    falling. Equal scores are one step: nothing says which is first. With weights, their sums."""
    order = np.argsort(scores)[::-1]
    scores, members = scores[order], members[order]
    ends = np.append(np.flatnonzero(scores[1:] != scores[:-1]), len(scores) - 1)
    if weights is None:
        found = np.cumsum(members)[ends]
        return 1 + ends - found, found
    own = weights[order]
    return np.cumsum(np.where(members, 0, own))[ends], np.cumsum(np.where(members, own, 0))[ends]


def area(scores: Array, members: Array, weights: Array | None = None) -> float:
    """How often a member has a larger score than another one has, equal ones counting half.

    Without weights it is a quotient of integers, so that nothing is rounded before. NaN where a
    score is.

    >>> area(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    if np.isnan(scores).any():
        return math.nan
    others, found = (np.append(0, each) for each in _falling(scores, members, weights))
    # The trapezoids, twice.
    twice = np.diff(others) * (found[1:] + found[:-1])
    whole = 2 * found[-1].item() * others[-1].item()
    return float(twice.sum().item() / whole)


def curve(scores: Array, members: Array, weights: Array | None = None) -> Array:
    """The points of a curve, from (0, 0) to (1, 1).

    >>> curve(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])).tolist()
    [[0.0, 0.0], [0.0, 0.5], [0.5, 1.0], [1.0, 1.0]]
    """
    if np.isnan(scores).any():
        return np.zeros((0, 2))
    points = np.stack(_falling(scores, members, weights), axis=1)
    bends = np.diff(points, 2, axis=0).any(axis=1)
    points = points[np.concatenate([[True], bends, [True]])] if len(points) > 2 else points
    points = np.concatenate([[[0, 0]], points])
    shares: Array = points / points[-1]
    return shares
