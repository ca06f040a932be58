"""Measurements: how good outputs are beside their targets. A new one is one row of TABLE.

A measurement is two small functions: what a batch adds to a tally, and what a tally amounts to.
Tallies of batches are added up, so that a round, a validation set and one big batch agree on every
number, also on those that are no mean over examples. A tally is as large as what it is about (a
number a class, five numbers an output), never as large as the batch, and is kept once for all.

Wolfram Language: NetTrain (TrainingProgressMeasurements), NetMeasurements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.results.class_table import ClassTable, Kept, Shown, shown
from wlnet.train.moments import Moments

Array = np.ndarray[Any, Any]
CLASSES, NUMBERS = "classes", "numbers"
Tally = Array | ClassTable | Moments
"""What batches add up, with `+`."""


@dataclass(frozen=True)
class Row:
    """One kind of measurement.

    tally: (outputs, targets, form, top) -> what batches add up, with `+`. value: from that to the
    measurement. of: "classes" or "numbers", what targets must be. share: read as a percentage.
    """

    tally: Callable[[Array, Array, str, int], Tally]
    value: Callable[[Any], Kept]
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

    def tally(self, outputs: Array, targets: Array, form: str) -> Tally:
        """What a batch adds up to; tallies of batches may be added."""
        return self.row.tally(outputs, targets, form, self.top)

    def tallies(self, outputs: Array, targets: Array, form: str) -> Iterable[Tally]:
        """The tallies of several batches, which are stacked in a first axis; one at a time where
        they may be large.
        """
        if self.row.tally is _wrong and self.top == 1 and form == "Index":
            wrong = outputs.argmax(-1) != targets - 1
            batches = wrong.reshape(len(wrong), -1)
            return np.stack(
                [batches.sum(axis=1), np.full(len(wrong), batches.shape[1])], axis=1
            ).astype(np.float64)
        pairs = zip(outputs, targets, strict=True)
        return (self.tally(output, target, form) for output, target in pairs)

    def kept(self, tally: Tally) -> Kept:
        """The measurement of all that was tallied, as it is kept: a number, or a ClassTable."""
        return self.row.value(tally)

    def value(self, tally: Tally) -> Shown:
        """The measurement of all that was tallied: a number, or a read-only matrix of counts."""
        return shown(self.kept(tally))


# Tallies


def _classes(outputs: Array, targets: Array, form: str) -> tuple[Array, Array, int]:
    """Predicted and true class of every decision, counted from 0, and how many classes there are.

    The first of equally large outputs decides, as in the decoder.
    """
    if form == "Binary":
        return (outputs >= 0.5).ravel().astype(int), (targets >= 0.5).ravel().astype(int), 2
    true = targets - 1 if form == "Index" else targets.argmax(-1)
    return outputs.argmax(-1).ravel(), true.ravel(), outputs.shape[-1]


def _table(outputs: Array, targets: Array, form: str, top: int) -> ClassTable:
    return ClassTable.of(*_classes(outputs, targets, form))


def _by_class(outputs: Array, targets: Array, form: str, top: int) -> Array:
    """By class, how often it was right, true, and predicted; a table would have a number a pair."""
    predicted, true, count = _classes(outputs, targets, form)
    found = (true[predicted == true], true, predicted)
    counts = [np.bincount(each, minlength=count) for each in found]
    # With two states, precision and the like are those of True: the tally remembers which it is.
    return np.concatenate([*counts, [int(form == "Binary") * len(true)]])


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


def _moments(outputs: Array, targets: Array, form: str, top: int) -> Moments:
    return Moments.of(outputs, targets)


# Values


def _counts(tally: Array) -> tuple[Array, Array, Array, int]:
    """By class, how often it was right, true and predicted; and how many decisions there are.

    Products of two of them are exact: where integers of 64 bits end, those of Python go on.
    """
    right, true, predicted = tally[:-1].reshape(3, -1)
    n = int(true.sum())
    if n >= 2**31:
        right, true, predicted = (each.astype(object) for each in (right, true, predicted))
    return right, true, predicted, n


def _per_class(
    of_counts: Callable[[Array, Array, Array, Array], Array],
) -> Callable[[Array], float]:
    """A measure of one class against the rest: of True, or the mean over classes that occur."""

    def value(tally: Array) -> float:
        right, true, predicted = tally[:-1].reshape(3, -1)
        scores = of_counts(right, true, predicted, np.full_like(true, true.sum()))
        return float(scores[1] if tally[-1] else scores[(true > 0) | (predicted > 0)].mean())

    return value


def _ratio(part: Any, whole: Any) -> Any:
    """part / whole; 0 of nothing is 0."""
    whole = np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)


def _balanced(tally: Array) -> float:
    right, true, _ = tally[:-1].reshape(3, -1)
    return float((right[true > 0] / true[true > 0]).mean())


def _kappa(tally: Array) -> float:
    """Cohen: agreement beyond what the shares of the classes alone would give."""
    right, true, predicted, n = _counts(tally)
    chance = int(true @ predicted)
    return float(_ratio(int(right.sum()) * n - chance, n * n - chance))


def _matthews(tally: Array) -> float:
    """Gorodkin 2004: the correlation of predicted and true classes."""
    right, true, predicted, n = _counts(tally)
    covariance = int(right.sum()) * n - int(true @ predicted)
    spreads = (n * n - int(each @ each) for each in (predicted, true))
    return float(_ratio(covariance, math.sqrt(math.prod(spreads))))


def _mean(tally: Array) -> float:
    return float(tally[0] / tally[1])


TABLE: dict[str, Row] = {
    "ErrorRate": Row(_wrong, _mean, CLASSES, True, True, True),
    "Accuracy": Row(_wrong, lambda s: float((s[1] - s[0]) / s[1]), CLASSES, False, True, True),
    "BalancedAccuracy": Row(_by_class, _balanced, CLASSES, False, True),
    "CohenKappa": Row(_by_class, _kappa, CLASSES, False),
    "ConfusionMatrix": Row(_table, lambda table: table, CLASSES, False),
    "F1Score": Row(
        _by_class,
        _per_class(lambda right, true, predicted, n: _ratio(2 * right, true + predicted)),
        CLASSES,
        False,
    ),
    "MatthewsCorrelationCoefficient": Row(_by_class, _matthews, CLASSES, False),
    "Perplexity": Row(_surprise, lambda s: float(np.exp(_mean(s))), CLASSES, True),
    "Precision": Row(
        _by_class,
        _per_class(lambda right, true, predicted, n: _ratio(right, predicted)),
        CLASSES,
        False,
        True,
    ),
    "Recall": Row(
        _by_class,
        _per_class(lambda right, true, predicted, n: _ratio(right, true)),
        CLASSES,
        False,
        True,
    ),
    "Specificity": Row(
        _by_class,
        _per_class(
            lambda right, true, predicted, n: _ratio(n - true - predicted + right, n - true)
        ),
        CLASSES,
        False,
        True,
    ),
    "FractionVarianceUnexplained": Row(
        _moments, lambda m: float(m.unexplained().mean()), NUMBERS, True
    ),
    "MeanDeviation": Row(_moments, lambda m: float((m.absolute / m.count).mean()), NUMBERS, True),
    "MeanSquare": Row(_moments, lambda m: float((m.squared / m.count).mean()), NUMBERS, True),
    "RSquared": Row(_moments, lambda m: float(1 - m.unexplained().mean()), NUMBERS, False),
    "StandardDeviation": Row(
        _moments, lambda m: float(np.sqrt(m.squared / m.count).mean()), NUMBERS, True
    ),
}
"""Precision, recall, F1 score and specificity are those of True where there are two states, else
the mean over the classes that occur. Those of numbers are taken of each output by itself, and the
mean over the outputs is told. Standard deviation is that of the differences from 0."""
