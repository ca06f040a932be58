"""What outputs miss of their targets, kept so that batches can be added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.train.decisions import each_decision

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Moments:
    """Targets, and what outputs miss of them, for each output by itself.

    The sum of squares of the targets is not kept: far from zero, what they vary would be lost in
    the difference of two large numbers, and in their mean as well. Means and squared deviations are
    added as by Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    sample variances", 1979.

    count: examples, or the sum of their weights. first: the first target. middle: the mean of the
    targets, less the first. spread: sum of their squared deviations from the mean, exactly 0 where
    they never vary. absolute, squared: sums of differences. All of shape (outputs,).
    """

    count: float
    first: Array
    middle: Array
    spread: Array
    absolute: Array
    squared: Array

    @classmethod
    def of(cls, outputs: Array, targets: Array, weights: Array | None = None) -> Moments:
        """Those of a batch: an example a row, whatever the levels below are. weights: what each
        example counts; 1 if None.
        """
        if weights is not None:
            return cls._weighed(outputs, targets, each_decision(weights, len(targets))[:, None])
        t = np.asarray(targets, np.float64).reshape(len(targets), -1)
        with np.errstate(all="ignore"):
            missed = np.asarray(outputs, np.float64).reshape(t.shape) - t
            # From the first target, so that what is equal stays equal.
            away = t - t[0]
            middle = away.mean(axis=0)
            return cls(
                len(t),
                t[0],
                middle,
                ((away - middle) ** 2).sum(axis=0),
                np.abs(missed).sum(axis=0),
                (missed**2).sum(axis=0),
            )

    @classmethod
    def _weighed(cls, outputs: Array, targets: Array, weights: Array) -> Moments:
        t = np.asarray(targets, np.float64).reshape(len(targets), -1)
        count = float(weights.sum())
        with np.errstate(all="ignore"):
            missed = np.asarray(outputs, np.float64).reshape(t.shape) - t
            # What counts nothing is no first target.
            first = t[np.argmax(weights > 0)]
            away = np.where(weights > 0, t - first, 0)
            missed = np.where(weights > 0, missed, 0)
            middle = (weights * away).sum(axis=0) / (count or 1)
            return cls(
                count,
                first,
                middle,
                (weights * (away - middle) ** 2).sum(axis=0),
                (weights * np.abs(missed)).sum(axis=0),
                (weights * missed**2).sum(axis=0),
            )

    @classmethod
    def tally(
        cls, outputs: Array, targets: Array, form: str, top: int, weights: Array | None = None
    ) -> Moments:
        """Those of a batch, as a row of measurements asks for them."""
        return cls.of(outputs, targets, weights)

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        if not count:
            return self
        with np.errstate(all="ignore"):
            apart = (other.first - self.first) + (other.middle - self.middle)
            return Moments(
                count,
                self.first,
                self.middle + apart * (other.count / count),
                self.spread + other.spread + apart**2 * (self.count * other.count / count),
                self.absolute + other.absolute,
                self.squared + other.squared,
            )

    def unexplained(self) -> Array:
        """What the outputs miss, beside what the mean target would miss; of shape (outputs,).

        Of targets that never vary nothing is unexplained if they are met, else all.
        """
        always = (self.squared > 0).astype(np.float64)
        with np.errstate(all="ignore"):
            return np.divide(self.squared, self.spread, out=always, where=self.spread > 0)
