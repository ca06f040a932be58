"""What a training has seen so far: losses and measurements by batch, by round and by validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from wlnet.evaluate.holding import Array
from wlnet.results.class_labels import Labels
from wlnet.results.class_table import Kept, Shown, shown
from wlnet.results.histories import LOSS as LOSS
from wlnet.results.moment import Parts
from wlnet.train.array_series import ArraySeries
from wlnet.train.held import InOrder
from wlnet.train.measurements import Measurement, Tally
from wlnet.train.tallies import plain_tally, tally_of

Values = dict[str, Kept]
"""A loss and measurements, by name."""


class Tallies:
    """What batches tell, by name, the loss first: a value for each, and what all add up to.

    What a batch adds is not kept: it may be as large as a table of classes. begun: what batches
    before these add up to. Each batch is added to the sum of all before it, so that sums are the
    same however many steps are run in one go. by_batch: whether there are values of single batches
    at all.
    """

    def __init__(self, begun: Tallies | None = None, by_batch: bool = True) -> None:
        self._by_batch = by_batch
        self._lists: dict[str, list[Kept]] = {}
        self._totals: dict[str, Tally] = dict(begun._totals) if begun else {}
        self._measurements: dict[str, Measurement | None] = (
            dict(begun._measurements) if begun else {}
        )
        self.squares: Array | None = begun.squares if begun else None
        """What squared gradients add up to, where they are looked at (stepping.py)."""

    def add(
        self, name: str, tallies: Iterable[Tally], measurement: Measurement | None = None
    ) -> None:
        """tallies: one a batch. measurement: what they are of; None for sums of a mean and counts,
        a row each. What is told of rounds and sets only has no values here.
        """
        self._measurements[name] = measurement
        values = self._lists.setdefault(name, [])
        is_told = self._by_batch and (measurement is None or measurement.by_batch)
        if isinstance(tallies, np.ndarray):
            values += self._values(name, tallies) if is_told else []
            begun = self._totals.get(name)
            rows = tallies if begun is None else np.vstack([cast("Array", begun)[None], tallies])
            with np.errstate(over="ignore", invalid="ignore"):
                # Unlike a sum, it adds them one after the other.
                self._totals[name] = np.cumsum(rows, axis=0)[-1]
            return
        for tally in tallies:
            values += self._values(name, [tally]) if is_told else []
            total: Any = self._totals.get(name)
            self._totals[name] = tally if total is None else total + tally

    def put_in_order(self, rows: Array) -> None:
        """Have tallies that hold examples hold them in the order of the data. rows: the places
        there of those that were added, one after the other."""
        if (rows[1:] > rows[:-1]).all():
            return
        for name, total in self._totals.items():
            if isinstance(total, InOrder):
                self._totals[name] = total.in_order(rows)

    def add_squares(self, squares: Array) -> None:
        """squares: of gradients, a row a step."""
        rows = squares if self.squares is None else np.vstack([self.squares[None], squares])
        self.squares = np.cumsum(rows, axis=0)[-1]

    def _values(self, name: str, tallies: Any) -> list[Kept]:
        of = self._measurements[name]
        if of is not None:
            return [of.kept(tally) for tally in tallies]
        return list(means_of(tallies))

    def lists(self) -> dict[str, list[Kept]]:
        """What each batch amounts to."""
        return self._lists

    @property
    def losses(self) -> list[float]:
        """The loss of each batch."""
        return cast("list[float]", self._lists.get(LOSS, []))

    def values(self) -> Values:
        """What all batches together amount to."""
        return {
            name: self._values(name, total[None] if isinstance(total, np.ndarray) else [total])[0]
            for name, total in self._totals.items()
        }

    def numbers(self) -> dict[str, float]:
        """What all batches together amount to: losses, and measurements that are numbers and are
        told of single batches too, so that they are worked out fast."""
        found: dict[str, float] = {}
        for name, total in self._totals.items():
            of = self._measurements[name]
            if of is not None and not of.by_batch:
                continue
            rows = total[None] if isinstance(total, np.ndarray) else [total]
            with np.errstate(all="ignore"):
                value = self._values(name, rows)[0]
            if isinstance(value, float):
                found[name] = value
        return found

    def plain(self) -> dict[str, tuple[str, Parts]]:
        """What all add up to, in plain values: by name, the kind of tally and its fields."""
        return {name: plain_tally(total) for name, total in self._totals.items()}

    @classmethod
    def of(
        cls,
        totals: Mapping[str, tuple[str, Parts]],
        measurements: Mapping[str, Measurement | None],
    ) -> Tallies:
        """The tallies of such values. measurements: by name, None for losses; of others nothing is
        taken over."""
        found = cls()
        found._totals = {
            name: tally_of(*totals[name], measurement)
            for name, measurement in measurements.items()
            if name in totals
        }
        found._measurements = dict(measurements)
        return found


def number(values: Values, name: str) -> float:
    """A value that is a number: a loss, or a measurement that may decide something."""
    found = values[name]
    assert isinstance(found, float)
    return found


def mean_tallies(values: Array) -> Array:
    """The tallies of means over the examples of batches, a batch a row."""
    counts = np.full(len(values), values.shape[1])
    return np.stack([values.sum(axis=1, dtype=np.float64), counts], axis=1)


def means_of(tallies: Array) -> list[float]:
    """The means that such tallies amount to."""
    means: list[float] = (tallies[:, 0] / tallies[:, 1]).tolist()
    return means


@dataclass
class Series:
    """Values one after the other, by name; the loss is one of them."""

    lists: dict[str, list[Kept]] = field(default_factory=lambda: {LOSS: []})

    def add(self, values: Mapping[str, Kept]) -> None:
        self.extend({name: [value] for name, value in values.items()})

    def extend(self, lists: Mapping[str, list[Kept]]) -> None:
        """Add the same number of values of each name. What was not measured before, or is no more,
        is NaN there."""
        before = len(self.losses)
        # What is told of rounds and sets alone has no values of batches.
        told = {name: values for name, values in lists.items() if values}
        for name, values in told.items():
            kept = self.lists.setdefault(name, [])
            kept += [math.nan] * (before - len(kept))
            kept += values
        for kept in self.lists.values():
            kept += [math.nan] * (len(self.losses) - len(kept))

    def cut(self, count: int) -> None:
        """Leave only the first so many."""
        for values in self.lists.values():
            del values[count:]

    @property
    def losses(self) -> list[float]:
        return cast("list[float]", self.lists[LOSS])

    def loss_at(self, count: int) -> float | None:
        """The loss that is the last of so many; None of none."""
        return self.losses[count - 1] if count else None

    def at(self, count: int) -> dict[str, Kept]:
        """The last of so many values of every measurement."""
        return {name: values[count - 1] for name, values in self.measurements() if count}

    def up_to(self, count: int) -> dict[str, list[Kept]]:
        """The first so many values of every measurement."""
        return {name: values[:count] for name, values in self.measurements()}

    def measurements(self) -> Iterator[tuple[str, list[Kept]]]:
        return ((name, values) for name, values in self.lists.items() if name != LOSS and values)

    def frozen(self) -> dict[str, tuple[Kept, ...]]:
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
    """The three series, and where rounds and validations, and the best of them, stand.

    learning_rates: that of each batch. labels: of the classes of a measurement, by its name.
    """

    batches: Series = field(default_factory=Series)
    rounds: Series = field(default_factory=Series)
    validations: Series = field(default_factory=Series)
    round_positions: list[int] = field(default_factory=list)
    validation_positions: list[int] = field(default_factory=list)
    examples: int = 0
    best_round: int | None = None
    arrays: ArraySeries = field(default_factory=ArraySeries)
    learning_rates: list[float] = field(default_factory=list)
    labels: Callable[[str], Labels | None] = lambda name: None

    def shown(self, name: str, kept: Kept) -> Shown:
        """A measurement of a name as it is handed out."""
        return shown(kept, lambda: self.labels(name))

    def cut(self, batches: int) -> None:
        """Leave only what was seen after so many batches, all of one size."""
        self.examples = self.examples * batches // max(len(self.batches.losses), 1)
        self.batches.cut(batches)
        del self.learning_rates[batches:]
        for series, ends in (
            (self.rounds, self.round_positions),
            (self.validations, self.validation_positions),
        ):
            del ends[sum(end <= batches for end in ends) :]
            series.cut(len(ends))
        if self.best_round is not None and self.best_round > len(self.round_positions):
            self.best_round = None

    def extent(self) -> Extent:
        """How far it reaches now."""
        return Extent(
            len(self.batches.losses),
            len(self.rounds.losses),
            len(self.validations.losses),
            self.examples,
            self.best_round,
        )
