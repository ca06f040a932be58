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
    """What batches tell, by name, the loss first: a row of numbers for each, to be added up."""

    def __init__(self) -> None:
        self._rows: dict[str, Array] = {}
        self._measurements: dict[str, Measurement | None] = {}

    def add(self, name: str, rows: Array, measurement: Measurement | None = None) -> None:
        """rows: one a batch. measurement: what they are of; None for sums of a mean and counts."""
        before = self._rows.get(name)
        self._rows[name] = rows if before is None else before + rows
        self._measurements[name] = measurement

    def add_all(self, other: Tallies) -> None:
        """Add up all rows of another to the single row of this one."""
        for name, rows in other._rows.items():
            self.add(name, rows.sum(axis=0, keepdims=True), other._measurements[name])

    def lists(self) -> dict[str, list[Any]]:
        """What each row amounts to."""
        found: dict[str, list[Any]] = {}
        for name, rows in self._rows.items():
            of = self._measurements[name]
            if of is None:
                found[name] = (rows[:, 0] / rows[:, 1]).tolist()
            else:
                found[name] = [of.value(row) for row in rows]
        return found

    def first(self, count: int) -> Tallies:
        """Those of the first so many batches."""
        found = Tallies()
        for name, rows in self._rows.items():
            found.add(name, rows[:count], self._measurements[name])
        return found

    def values(self) -> Values:
        """What all rows together amount to."""
        whole = Tallies()
        whole.add_all(self)
        return {name: values[0] for name, values in whole.lists().items()}


def mean_tallies(values: Array) -> Array:
    """The tallies of means over the examples of batches, a batch a row."""
    counts = np.full(len(values), values.shape[1])
    return np.stack([values.sum(axis=1, dtype=np.float64), counts], axis=1)


@dataclass
class Series:
    """Values one after the other, by name; the loss is one of them."""

    lists: dict[str, list[Any]] = field(default_factory=lambda: {LOSS: []})

    def add(self, values: Mapping[str, Any]) -> None:
        self.extend({name: [value] for name, value in values.items()})

    def extend(self, lists: Mapping[str, list[Any]]) -> None:
        for name, values in lists.items():
            self.lists.setdefault(name, []).extend(values)

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
