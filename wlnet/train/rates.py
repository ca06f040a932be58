"""What counts of classes amount to: rates of a class against the rest, averages over classes, and
what is about all classes at once.

All take the tally of `decisions.by_class`. 0 of nothing is 0 everywhere: a precision where nothing
was predicted, a recall where nothing was true.

In the field's words: true positives (tp), false positives (fp), false negatives (fn) and true
negatives (tn), one-vs-rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.arrays import frozen
from wlnet.core.symbols import AUTOMATIC

Array = np.ndarray[Any, Any]


class Counts(NamedTuple):
    """Decisions about a class, against all others; for several classes at once an array each."""

    tp: Array
    fp: Array
    fn: Array
    tn: Array


def averaged(score: Callable[[Counts], Array], tally: Array, averaging: object) -> float | Array:
    """A score of a class against the rest, as it is averaged.

    averaging: None for that of every class; "Macro", the mean over the classes that occur in
    targets or predictions; "Micro", the score of the sums of their counts; AUTOMATIC, that of True
    where there are two states, else "Macro".
    """
    right, true, predicted = tally[:-1].reshape(3, -1)
    counts = Counts(right, predicted - right, true - right, true.sum() - true - predicted + right)
    occurs = (true > 0) | (predicted > 0)
    if averaging == "Micro":
        return float(score(Counts(*(each[occurs].sum() for each in counts))))
    scores = score(counts)
    if averaging is None:
        return frozen(np.asarray(scores, np.float64))
    if averaging is AUTOMATIC and tally[-1]:
        return float(scores[1])
    return float(scores[occurs].mean())


def ratio(part: Any, whole: Any) -> Any:
    """part / whole; 0 of nothing is 0."""
    whole = np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)


# Of one class against the rest


def precision(c: Counts) -> Any:
    """Of those predicted, how many are."""
    return ratio(c.tp, c.tp + c.fp)


def recall(c: Counts) -> Any:
    """Of those that are, how many are predicted."""
    return ratio(c.tp, c.tp + c.fn)


def specificity(c: Counts) -> Any:
    """Of those that are not, how many are not predicted."""
    return ratio(c.tn, c.tn + c.fp)


def negative_predictive_value(c: Counts) -> Any:
    """Of those not predicted, how many are not."""
    return ratio(c.tn, c.tn + c.fn)


def f_score(c: Counts, beta: float = 1.0) -> Any:
    """Van Rijsbergen 1979: the harmonic mean of precision and recall, which counts beta times as
    much."""
    weight = beta * beta
    return ratio((1 + weight) * c.tp, (1 + weight) * c.tp + weight * c.fn + c.fp)


# Of all classes at once


def plain(number: Any) -> Any:
    """A number of Python: an integer of counts, a float of sums of weights."""
    return number.item() if isinstance(number, np.generic) else number


def _exact(tally: Array) -> tuple[Array, Array, Array, Any]:
    """By class, how often it was right, true and predicted; and how many decisions there are.

    Products of two of them are exact: where integers of 64 bits end, those of Python go on.
    """
    right, true, predicted = tally[:-1].reshape(3, -1)
    n = plain(true.sum())
    if n >= 2**30 and isinstance(n, int):
        right, true, predicted = (each.astype(object) for each in (right, true, predicted))
    return right, true, predicted, n


def balanced(tally: Array) -> float:
    """The mean recall of the classes that are true of something."""
    right, true, _ = tally[:-1].reshape(3, -1)
    return float((right[true > 0] / true[true > 0]).mean())


def kappa(tally: Array) -> float:
    """Cohen 1960: agreement beyond what the shares of the classes alone would give."""
    right, true, predicted, n = _exact(tally)
    chance = plain(true @ predicted)
    return float(ratio(plain(right.sum()) * n - chance, n * n - chance))


def scott(tally: Array) -> float:
    """Scott 1955: as Cohen's kappa, with one share of a class for targets and predictions."""
    right, true, predicted, n = _exact(tally)
    both = true + predicted
    chance = plain(both @ both)
    return float(ratio(4 * n * plain(right.sum()) - chance, 4 * n * n - chance))


def matthews(tally: Array) -> float:
    """Gorodkin 2004: the correlation of predicted and true classes."""
    right, true, predicted, n = _exact(tally)
    covariance = plain(right.sum()) * n - plain(true @ predicted)
    spreads = (n * n - plain(each @ each) for each in (predicted, true))
    return float(ratio(covariance, math.sqrt(math.prod(spreads))))
