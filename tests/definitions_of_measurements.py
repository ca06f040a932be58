"""Measurements by their definitions, one example and one class at a time, in plain NumPy.

p: predicted classes; t: true classes, as lists; n: how many classes there are. tp, fp, fn, tn: true
and false positives and negatives of one class against the rest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def counts(p: Any, t: Any, c: int) -> tuple[int, int, int, int]:
    """True positives, false positives, false negatives, true negatives of one class."""
    pairs = list(zip(p, t, strict=True))
    return (
        sum(a == c and b == c for a, b in pairs),
        sum(a == c and b != c for a, b in pairs),
        sum(a != c and b == c for a, b in pairs),
        sum(a != c and b != c for a, b in pairs),
    )


def averaged(score: Any) -> Any:
    def value(p: Any, t: Any, n: int) -> float:
        return float(np.mean([score(*counts(p, t, c)) for c in range(n) if c in p or c in t]))

    value.of_one = score  # type: ignore[attr-defined]
    return value


def matrix(p: Any, t: Any, n: int) -> Any:
    return np.array(
        [
            [sum(a == i and b == j for b, a in zip(p, t, strict=True)) for j in range(n)]
            for i in range(n)
        ]
    )


def kappa(p: Any, t: Any, n: int) -> float:
    agree = np.mean([a == b for a, b in zip(p, t, strict=True)])
    chance = sum(np.mean([a == c for a in p]) * np.mean([b == c for b in t]) for c in range(n))
    return float(share(agree - chance, 1 - chance))


def matthews(p: Any, t: Any, n: int) -> float:
    """The correlation of one-hot vectors, summed over classes."""
    P, T = np.eye(n)[list(p)], np.eye(n)[list(t)]

    def covariance(a: Any, b: Any) -> float:
        return float(((a - a.mean(0)) * (b - b.mean(0))).sum())

    return share(covariance(P, T), math.sqrt(covariance(P, P) * covariance(T, T)))


def balanced(p: Any, t: Any, n: int) -> float:
    return float(np.mean([counts(p, t, c)[0] / t.count(c) for c in range(n) if c in t]))


def scott(p: Any, t: Any, n: int) -> float:
    agree = np.mean([a == b for a, b in zip(p, t, strict=True)])
    chance = sum(((p.count(c) + t.count(c)) / (2 * len(t))) ** 2 for c in range(n))
    return float(share(agree - chance, 1 - chance))


BY_CLASS: dict[str, Any] = {
    "Accuracy": lambda p, t, n: np.mean([a == b for a, b in zip(p, t, strict=True)]),
    "ErrorRate": lambda p, t, n: np.mean([a != b for a, b in zip(p, t, strict=True)]),
    "BalancedAccuracy": balanced,
    "CohenKappa": kappa,
    "ConfusionMatrix": matrix,
    "F1Score": averaged(lambda tp, fp, fn, tn: share(2 * tp, 2 * tp + fp + fn)),
    "FScore": averaged(lambda tp, fp, fn, tn: share(2 * tp, 2 * tp + fp + fn)),
    "FalseDiscoveryRate": averaged(lambda tp, fp, fn, tn: share(fp, tp + fp)),
    "FalseNegativeNumber": averaged(lambda tp, fp, fn, tn: fn),
    "FalseNegativeRate": averaged(lambda tp, fp, fn, tn: share(fn, tp + fn)),
    "FalseOmissionRate": averaged(lambda tp, fp, fn, tn: share(fn, tn + fn)),
    "FalsePositiveNumber": averaged(lambda tp, fp, fn, tn: fp),
    "FalsePositiveRate": averaged(lambda tp, fp, fn, tn: share(fp, tn + fp)),
    "Informedness": averaged(lambda tp, fp, fn, tn: share(tp, tp + fn) + share(tn, tn + fp) - 1),
    "Markedness": averaged(lambda tp, fp, fn, tn: share(tp, tp + fp) + share(tn, tn + fn) - 1),
    "MatthewsCorrelationCoefficient": matthews,
    "NegativePredictiveValue": averaged(lambda tp, fp, fn, tn: share(tn, tn + fn)),
    "Precision": averaged(lambda tp, fp, fn, tn: share(tp, tp + fp)),
    "Recall": averaged(lambda tp, fp, fn, tn: share(tp, tp + fn)),
    "ScottPi": scott,
    "Specificity": averaged(lambda tp, fp, fn, tn: share(tn, tn + fp)),
    "TrueNegativeNumber": averaged(lambda tp, fp, fn, tn: tn),
    "TruePositiveNumber": averaged(lambda tp, fp, fn, tn: tp),
}
BY_SCORE = {"AreaUnderROCCurve", "Entropy", "Perplexity", "ROCCurve"}
"""Those of classes that look at the numbers of the outputs: see below, and test_roc_curves."""


def each_output(score: Any) -> Any:
    """The mean over outputs of a score of one of them."""

    def value(y: Any, t: Any) -> float:
        columns = zip(y.reshape(len(y), -1).T, t.reshape(len(t), -1).T, strict=True)
        return float(np.mean([score(a, b) for a, b in columns]))

    return value


BY_NUMBER: dict[str, Any] = {
    "MeanDeviation": lambda y, t: np.abs(y - t).mean(),
    "MeanSquare": lambda y, t: ((y - t) ** 2).mean(),
    "StandardDeviation": each_output(lambda y, t: np.sqrt(((y - t) ** 2).mean())),
    "FractionVarianceUnexplained": each_output(
        lambda y, t: ((y - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()
    ),
    "RSquared": each_output(lambda y, t: 1 - ((y - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()),
}
