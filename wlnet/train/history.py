"""What a training has seen so far: losses and measurements by batch, by round and by validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wlnet.evaluate.columns import Array
from wlnet.train.measurements import Measurement

LOSS = "Loss"
Values = dict[str, Any]


class Tallies:
    """Adds up what batches tell; `values` is what it all amounts to, the loss first."""

    def __init__(self) -> None:
        self._sums: dict[str, Array] = {}
        self._measurements: dict[str, Measurement | None] = {}

    def add(self, name: str, tally: Array, measurement: Measurement | None = None) -> None:
        """measurement: what the tally is of; None for the sum of a mean and its count."""
        self._sums[name] = self._sums[name] + tally if name in self._sums else tally
        self._measurements[name] = measurement

    def add_all(self, other: Tallies) -> None:
        for name, tally in other._sums.items():
            self.add(name, tally, other._measurements[name])

    def values(self) -> Values:
        return {
            name: float(tally[0] / tally[1]) if of is None else of.value(tally)
            for (name, tally), of in zip(
                self._sums.items(), self._measurements.values(), strict=True
            )
        }


def mean_tally(values: Array) -> Array:
    """The tally of a mean over examples."""
    return np.array([values.sum(dtype=np.float64), len(values)])


@dataclass
class Series:
    """Values one after the other, by name; the loss is one of them."""

    lists: dict[str, list[Any]] = field(default_factory=lambda: {LOSS: []})

    def add(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self.lists.setdefault(name, []).append(value)

    @property
    def losses(self) -> list[float]:
        return self.lists[LOSS]

    def loss_at(self, count: int) -> float | None:
        """The loss that is the last of so many; None of none."""
        return self.losses[count - 1] if count else None

    def at(self, count: int) -> Values:
        """The last of so many values of every measurement."""
        return {name: values[count - 1] for name, values in self.measurements() if count}

    def measurements(self) -> Iterator[tuple[str, list[Any]]]:
        return ((name, values) for name, values in self.lists.items() if name != LOSS and values)

    def frozen(self) -> dict[str, tuple[Any, ...]]:
        return {name: tuple(values) for name, values in self.measurements()}


@dataclass(frozen=True)
class Extent:
    """How far a history reaches at some moment. It only ever grows: what is within stays."""

    batches: int
    rounds: int
    validations: int
    examples: int
    best_round: int | None


@dataclass
class History:
    """The three series, and where in the training the validations and the best of them stand."""

    batches: Series = field(default_factory=Series)
    rounds: Series = field(default_factory=Series)
    validations: Series = field(default_factory=Series)
    validation_positions: list[int] = field(default_factory=list)
    examples: int = 0
    best_round: int | None = None

    def extent(self) -> Extent:
        """How far it reaches now."""
        return Extent(
            len(self.batches.losses),
            len(self.rounds.losses),
            len(self.validations.losses),
            self.examples,
            self.best_round,
        )
