"""What flows out of a part of a net, as a measurement: its mean over the examples, say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.arrays import frozen
from wlnet.core.parts import NetPort
from wlnet.results.class_table import Kept
from wlnet.train.measurements import Measurement, Tally
from wlnet.train.moments import Moments

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Activations:
    """The numbers of a port, over examples. moments: of each of them; shape: that of the port."""

    moments: Moments
    shape: tuple[int, ...]

    @classmethod
    def of(cls, values: Array) -> Activations:
        """Those of a batch, an example a row."""
        return cls(Moments.of(values, values), values.shape[1:])

    def __add__(self, other: Activations) -> Activations:
        return Activations(self.moments + other.moments, self.shape)

    def means(self) -> Array:
        """The mean over examples of each number of the port, of its shape."""
        return (self.moments.first + self.moments.middle).reshape(self.shape)

    def mean(self) -> float:
        """The mean of all numbers of all examples."""
        return float(self.means().mean())

    def variance(self) -> float:
        """The mean square of what all numbers of all examples are away from their mean."""
        within = self.moments.spread / self.moments.count
        return float(within.mean() + self.means().var())


AGGREGATIONS: dict[str | None, Callable[[Activations], Kept]] = {
    "Mean": Activations.mean,
    "RootMeanSquare": lambda a: float(np.sqrt(a.variance() + a.mean() ** 2)),
    "StandardDeviation": lambda a: float(np.sqrt(a.variance())),
    None: lambda a: frozen(a.means()) if a.shape else a.mean(),
}
"""What is told of a port: a number over all examples and all numbers of the port; None: the mean
over the examples, of the port's shape."""


@dataclass(frozen=True, kw_only=True)
class PortMeasurement(Measurement):
    """What is told of an output port of a net, or of a part of it: see AGGREGATIONS."""

    port: NetPort
    aggregation: str | None = "Mean"

    @property
    def usual_key(self) -> str:
        return "/".join(map(str, self.port.path))

    @property
    def is_number(self) -> bool:
        return self.aggregation is not None

    @property
    def is_by_number(self) -> bool:
        return True

    def tally(self, outputs: Array, targets: Array, form: str) -> Tally:
        return Activations.of(outputs)

    def tallies(self, outputs: Array, targets: Array, form: str) -> Iterable[Tally]:
        return map(Activations.of, outputs)

    def kept(self, tally: Activations) -> Kept:
        with np.errstate(all="ignore"):
            return AGGREGATIONS[self.aggregation](tally)
