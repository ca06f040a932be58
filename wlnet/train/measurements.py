"""Measurements: how good outputs are beside their targets. A new one is one row of TABLE.

A measurement is two small functions: what a batch adds to a tally, and what a tally amounts to.
Tallies of batches are added up, so that a round, a validation set and one big batch agree on every
number, also on those that are no mean over examples.

Wolfram Language: NetTrain (TrainingProgressMeasurements), NetMeasurements.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
CLASSES, NUMBERS = "classes", "numbers"


@dataclass(frozen=True)
class Row:
    """One kind of measurement.

    tally: (outputs, targets, form, top) -> numbers that batches add up. value: from those to the
    measurement. of: "classes" or "numbers", what targets must be. share: read as a percentage.
    """

    tally: Callable[[Array, Array, str, int], Array]
    value: Callable[[Array], Any]
    of: str
    smaller_is_better: bool
    share: bool = False
    takes_top: bool = False


@dataclass(frozen=True)
class Measurement:
    """A measurement by name. `top` is n in ("ErrorRate", n)."""

    name: str
    top: int = 1

    @property
    def key(self) -> str:
        return self.name if self.top == 1 else f"{self.name}Top{self.top}"

    @property
    def row(self) -> Row:
        return TABLE[self.name]

    def fits(self, form: str) -> bool:
        """Whether it says something about targets of this form (see TrainingNet.forms)."""
        return self.row.of == (NUMBERS if form == "Square" else CLASSES)

    def tally(self, outputs: Array, targets: Array, form: str) -> Array:
        """What a batch adds up to; tallies of batches may be added."""
        return self.row.tally(outputs, targets, form, self.top)

    def tallies(self, outputs: Array, targets: Array, form: str) -> Array:
        """The tallies of several batches, one a row; they are stacked in a first axis."""
        if self.row.tally is _wrong and self.top == 1 and form == "Index":
            wrong = outputs.argmax(-1) != targets - 1
            batches = wrong.reshape(len(wrong), -1)
            return np.stack(
                [batches.sum(axis=1), np.full(len(wrong), batches.shape[1])], axis=1
            ).astype(np.float64)
        pairs = zip(outputs, targets, strict=True)
        return np.stack([self.tally(output, target, form) for output, target in pairs])

    def value(self, tally: Array) -> Any:
        """The measurement of all that was tallied: a number, or a read-only matrix of counts."""
        found = self.row.value(tally)
        if isinstance(found, np.ndarray):
            found.flags.writeable = False
        return found


# Tallies


def _classes(outputs: Array, targets: Array, form: str) -> tuple[Array, Array, int]:
    """Predicted and true class of every decision, counted from 0, and how many classes there are.

    The first of equally large outputs decides, as in the decoder.
    """
    if form == "Binary":
        return (outputs >= 0.5).ravel().astype(int), (targets >= 0.5).ravel().astype(int), 2
    true = targets - 1 if form == "Index" else targets.argmax(-1)
    return outputs.argmax(-1).ravel(), true.ravel(), outputs.shape[-1]


def _confusion(outputs: Array, targets: Array, form: str, top: int) -> Array:
    predicted, true, count = _classes(outputs, targets, form)
    counts = np.bincount(true * count + predicted, minlength=count * count)
    # With two states, precision and the like are those of True: the tally remembers which it is.
    return np.append(counts, int(form == "Binary") * len(true)).astype(np.float64)


def _wrong(outputs: Array, targets: Array, form: str, top: int) -> Array:
    """Decisions that are wrong (not among the `top` largest), and all decisions."""
    predicted, true, count = _classes(outputs, targets, form)
    if top == 1 or form == "Binary":
        return np.array([np.count_nonzero(predicted != true), len(true)], np.float64)
    rows = outputs.reshape(-1, count)
    own = np.take_along_axis(rows, true[:, None], axis=1)
    # A class ahead of the target: a larger number, or an equal one that stands earlier.
    ahead = (rows > own) | ((rows == own) & (np.arange(count) < true[:, None]))
    return np.array([np.count_nonzero(ahead.sum(axis=1) >= top), len(true)], np.float64)


def _surprise(outputs: Array, targets: Array, form: str, top: int) -> Array:
    """The sum of -ln of the probability of what is the case, and how many there are."""
    p = np.asarray(outputs, np.float64)
    if form == "Binary":
        t = np.asarray(targets, np.float64)
        terms = -(t * _log(p) + (1 - t) * _log(1 - p))
    elif form == "Index":
        terms = -_log(np.take_along_axis(p, (targets - 1)[..., None], -1))
    else:
        terms = -(targets * _log(p)).sum(-1)
    return np.array([terms.sum(), terms.size])


def _log(p: Array) -> Array:
    return np.log(np.maximum(p, 2.0**-126))


def _moments(outputs: Array, targets: Array, form: str, top: int) -> Array:
    """Numbers, their sum and sum of squares; differences, absolute and squared."""
    t = np.asarray(targets, np.float64).ravel()
    d = np.asarray(outputs, np.float64).ravel() - t
    return np.array([t.size, t.sum(), t @ t, np.abs(d).sum(), d @ d])


# Values


def _matrix(tally: Array) -> Array:
    size = math.isqrt(len(tally))
    return tally[:-1].reshape(size, size)


def _per_class(
    of_counts: Callable[[Array, Array, Array, Array], Array],
) -> Callable[[Array], float]:
    """A measure of one class against the rest: of True, or the mean over classes that occur."""

    def value(tally: Array) -> float:
        matrix = _matrix(tally)
        right, true, predicted = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
        scores = of_counts(right, true, predicted, np.full_like(true, matrix.sum()))
        return float(scores[1] if tally[-1] else scores[(true > 0) | (predicted > 0)].mean())

    return value


def _ratio(part: Any, whole: Any) -> Any:
    """part / whole; 0 of nothing is 0."""
    whole = np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)


def _balanced(tally: Array) -> float:
    matrix = _matrix(tally)
    true = matrix.sum(axis=1)
    return float((matrix.diagonal()[true > 0] / true[true > 0]).mean())


def _kappa(tally: Array) -> float:
    """Cohen: agreement beyond what the shares of the classes alone would give."""
    shares = _matrix(tally) / _matrix(tally).sum()
    chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    return float(_ratio(shares.trace() - chance, 1 - chance))


def _matthews(tally: Array) -> float:
    """Gorodkin 2004: the correlation of predicted and true classes."""
    matrix = _matrix(tally)
    n, true, predicted = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    within = math.sqrt((n * n - predicted @ predicted) * (n * n - true @ true))
    return float(_ratio(matrix.trace() * n - true @ predicted, within))


def _unexplained(tally: Array) -> float:
    """Squared differences over those of the mean target; infinite when the targets never vary."""
    n, total, squares, _, missed = tally
    spread = squares - total * total / n
    if spread <= 1e-12 * squares:
        return math.inf if missed > 0 else 0.0
    return float(missed / spread)


def _mean(tally: Array) -> float:
    return float(tally[0] / tally[1])


TABLE: dict[str, Row] = {
    "ErrorRate": Row(_wrong, _mean, CLASSES, True, True, True),
    "Accuracy": Row(_wrong, lambda s: float((s[1] - s[0]) / s[1]), CLASSES, False, True, True),
    "BalancedAccuracy": Row(_confusion, _balanced, CLASSES, False, True),
    "CohenKappa": Row(_confusion, _kappa, CLASSES, False),
    "ConfusionMatrix": Row(_confusion, lambda s: _matrix(s).astype(np.int64), CLASSES, False),
    "F1Score": Row(
        _confusion,
        _per_class(lambda right, true, predicted, n: _ratio(2 * right, true + predicted)),
        CLASSES,
        False,
    ),
    "MatthewsCorrelationCoefficient": Row(_confusion, _matthews, CLASSES, False),
    "Perplexity": Row(_surprise, lambda s: float(np.exp(_mean(s))), CLASSES, True),
    "Precision": Row(
        _confusion,
        _per_class(lambda right, true, predicted, n: _ratio(right, predicted)),
        CLASSES,
        False,
        True,
    ),
    "Recall": Row(
        _confusion,
        _per_class(lambda right, true, predicted, n: _ratio(right, true)),
        CLASSES,
        False,
        True,
    ),
    "Specificity": Row(
        _confusion,
        _per_class(
            lambda right, true, predicted, n: _ratio(n - true - predicted + right, n - true)
        ),
        CLASSES,
        False,
        True,
    ),
    "FractionVarianceUnexplained": Row(_moments, _unexplained, NUMBERS, True),
    "MeanDeviation": Row(_moments, lambda s: float(s[3] / s[0]), NUMBERS, True),
    "MeanSquare": Row(_moments, lambda s: float(s[4] / s[0]), NUMBERS, True),
    "RSquared": Row(_moments, lambda s: 1 - _unexplained(s), NUMBERS, False),
    "StandardDeviation": Row(_moments, lambda s: math.sqrt(s[4] / s[0]), NUMBERS, True),
}
"""Precision, recall, F1 score and specificity are those of True where there are two states, else
the mean over the classes that occur. Standard deviation is that of the differences from 0."""
