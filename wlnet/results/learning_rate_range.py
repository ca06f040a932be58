"""LearningRateRange: what a range test of learning rates has seen."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.core.arrays import sealed
from wlnet.core.net import Services

Numbers = NDArray[np.float64]
WINDOW = 10
"""The steepest fall is looked for over this share of the steps: 1 / WINDOW."""


@dataclass(frozen=True, eq=False, repr=False)
class LearningRateRange:
    """The losses of a training whose learning rate grew from step to step.

    rates: the learning rate of each step. losses: of each, before it was taken. smoothed: their
    running mean, in which a loss counts by `smoothing` of what the one after it does. All are
    arrays of one length, float64 and read-only. reason: what ended the test: "Highest", the last
    rate was reached; "Risen", the smoothed loss; "NotFinite", numbers that are no longer finite.

    `suggestion`, `minimum` and `steepest` are rates read off the curve, and `still_falls` tells
    whether the curve ends before its minimum; `plot()` draws it.

    >>> seen = LearningRateRange(np.array([0.1, 1, 10]), np.array([3, 1, 5]), 0.0, "Highest")
    >>> seen.suggestion, seen.smoothed
    (0.1, array([3., 1., 5.]))

    Wolfram Language: nothing like it.
    """

    rates: Numbers
    losses: Numbers
    smoothing: float
    reason: str
    smoothed: Numbers = field(init=False)

    def __post_init__(self) -> None:
        for name in ("rates", "losses"):
            object.__setattr__(self, name, sealed(np.array(getattr(self, name), np.float64)))
        smoothed = sealed(running_means(self.losses, self.smoothing))
        object.__setattr__(self, "smoothed", smoothed)

    @property
    def minimum(self) -> float | None:
        """The rate at which the smoothed loss is lowest; None where it never fell."""
        lowest = int(np.argmin(self.smoothed)) if len(self.smoothed) else 0
        return float(self.rates[lowest]) if lowest else None

    @property
    def still_falls(self) -> bool:
        """Whether the smoothed loss is lowest at the last rate there was to try: the rates end
        before the minimum, and a larger `highest` would find a larger suggestion."""
        lowest = self.minimum
        return self.reason == "Highest" and lowest is not None and lowest == float(self.rates[-1])

    @property
    def steepest(self) -> float | None:
        """The rate at which the smoothed loss falls fastest; None where it never fell.

        The fall is that over a tenth of the steps (one step at least), up to the minimum; the rate
        is the one in the middle.
        """
        if self.minimum is None:
            return None
        falling = self.smoothed[: int(np.argmin(self.smoothed)) + 1]
        window = min(max(len(self.rates) // WINDOW, 1), len(falling) - 1)
        first = int(np.argmin(falling[window:] - falling[:-window]))
        return float(np.sqrt(self.rates[first] * self.rates[first + window]))

    @property
    def suggestion(self) -> float | None:
        """A rate to begin with: a tenth of `minimum`; None where the loss never fell. Where it
        `still_falls`, this is no more than the least that it may be.

        At the minimum itself steps are about to be too large; a tenth of it is the usual distance.
        """
        return None if self.minimum is None else self.minimum / 10

    def plot(self) -> Any:
        """The curve as a drawing: `save` writes an SVG, PNG or PDF file, notebooks show it, as they
        show the value itself."""
        assert Services.picture is not None
        return Services.picture("LearningRateRangePlot", self)

    def _repr_html_(self) -> str:
        html: str = self.plot()._repr_html_()
        return html

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LearningRateRange):
            return NotImplemented
        same = (self.smoothing, self.reason) == (other.smoothing, other.reason)
        return same and all(
            getattr(self, name).tobytes() == getattr(other, name).tobytes()
            for name in ("rates", "losses")
        )

    def __hash__(self) -> int:
        return hash((self.rates.tobytes(), self.losses.tobytes()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.rates, self.losses, self.smoothing, self.reason)

    def __repr__(self) -> str:
        if not len(self.rates):
            return f"LearningRateRange(no steps, {self.reason})"
        found = "none" if self.suggestion is None else f"{self.suggestion:.2g}"
        found += " or more: the loss still falls" if self.still_falls else ""
        return (
            f"LearningRateRange({len(self.rates)} steps from {self.rates[0]:.2g} to "
            f"{self.rates[-1]:.2g}, suggestion {found}, {self.reason})"
        )


def running_means(losses: Numbers, smoothing: float) -> Numbers:
    """The means of the losses up to each, in which every loss counts by `smoothing` of what the one
    after it does.

    >>> running_means(np.array([4.0, 1.0]), 0.5)
    array([4., 2.])
    """
    running = RunningMean(smoothing)
    return np.array([running.after(float(loss)) for loss in losses], np.float64)


@dataclass
class RunningMean:
    """A running mean under way."""

    smoothing: float
    total: float = 0.0
    weight: float = 0.0

    def after(self, loss: float) -> float:
        """The mean with one more loss."""
        # Both by the same way, so that the mean of equal losses is this loss.
        self.total = self.smoothing * self.total + (1 - self.smoothing) * loss
        self.weight = self.smoothing * self.weight + (1 - self.smoothing)
        return self.total / self.weight


class Rise:
    """Whether smoothed losses have risen, told as they come: each of them is looked at once."""

    def __init__(self, smoothing: float, rise: float) -> None:
        self._mean, self._rise = RunningMean(smoothing), rise
        self._first, self._lowest = 0.0, math.inf
        self.count = 0
        """How many losses there were."""
        self.at: int | None = None
        """The first step, from 0, at which the smoothed loss had risen too far."""

    def go_on(self, losses: Iterable[float]) -> None:
        """Look at the losses that follow."""
        for loss in losses:
            mean = self._mean.after(float(loss))
            if not self.count:
                self._first = abs(mean)
            self._lowest = min(self._lowest, mean)
            size = max(abs(self._lowest), self._first)
            if self.at is None and mean - self._lowest > self._rise * size:
                self.at = self.count
            self.count += 1


def risen_at(losses: Numbers, smoothing: float, rise: float) -> int | None:
    """The first step, from 0, at which the smoothed loss has risen too far above its lowest: by
    more than `rise` times its first value, or times the lowest where that is the larger.

    >>> risen_at(np.array([2.0, 1.0, 6.5, 7.5]), 0.0, 3.0)
    3
    """
    found = Rise(smoothing, rise)
    found.go_on(losses)
    return found.at
