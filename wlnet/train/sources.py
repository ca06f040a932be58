"""Where batches come from: columns that are reshuffled every round, or a function that is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.streams import Seed, stream
from wlnet.engine.blueprint import INDEX
from wlnet.evaluate.columns import Array


@dataclass(frozen=True)
class Batches:
    """Batches of one size: the rows of columns that stand in them, one batch after another."""

    columns: Mapping[str, Array]
    order: Array
    """Rows counted from 0, as words."""
    size: int

    @property
    def count(self) -> int:
        """How many batches there are."""
        return len(self.order) // self.size

    def part(self, first: int, count: int) -> Batches:
        """Some of them."""
        rows = slice(first * self.size, (first + count) * self.size)
        return Batches(self.columns, self.order[rows], self.size)


State = Callable[[], Mapping[str, Any]]


class Source(Protocol):
    """What the loop asks for: how many batches there are, and the batches of a round."""

    @property
    def batch_size(self) -> int: ...
    @property
    def batches_per_round(self) -> int: ...
    @property
    def examples(self) -> int | None: ...
    def round(self, number: int, state: State) -> Iterator[Batches]: ...


def laid_out(column: Array) -> Array:
    """A column as kernels read it: rows without gaps, indices of 32 bits."""
    return np.ascontiguousarray(column, INDEX if column.dtype.kind in "iu" else column.dtype)


@dataclass(frozen=True)
class ArraySource:
    """Columns of encoded examples.

    Every round uses every example once; the last batch may be smaller.
    """

    columns: Mapping[str, Array]
    batch_size: int
    seed: Seed

    def __post_init__(self) -> None:
        columns = {name: laid_out(column) for name, column in self.columns.items()}
        object.__setattr__(self, "columns", columns)

    @property
    def examples(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def batches_per_round(self) -> int:
        return math.ceil(self.examples / self.batch_size)

    def batches(self, number: int) -> Iterator[Array]:
        """Which examples stand in each batch of a round, counted from 0."""
        order = self._order(number)
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]

    def round(self, number: int, state: State) -> Iterator[Batches]:
        """The whole batches, then the one that is smaller."""
        return self._divided(self._order(number))

    def _order(self, number: int) -> Array:
        order = stream(self.seed, "shuffle", number).permutation(self.examples)
        return order.astype(np.int64, copy=False)

    def in_order(self) -> Iterator[Batches]:
        """The same, of examples as they stand."""
        return self._divided(np.arange(self.examples, dtype=np.int64))

    def _divided(self, order: Array) -> Iterator[Batches]:
        whole = len(order) - len(order) % self.batch_size
        if whole:
            yield Batches(self.columns, order[:whole], self.batch_size)
        if whole < len(order):
            yield Batches(self.columns, order[whole:], len(order) - whole)

    def split(self, fraction: float) -> tuple[ArraySource, ArraySource]:
        """Training and validation examples: round(fraction n) of the shuffled examples are held
        out.
        """
        count = self.examples
        held = round(fraction * count)
        if not 0 < held < count:
            raise fail(
                DataError,
                Fault(
                    "a validation set needs at least one example and must leave one",
                    at="validation_set",
                    given=f"Scaled({fraction}) of {count} examples",
                ),
            )
        order = stream(self.seed, "validation split").permutation(count)

        def part(rows: Array) -> ArraySource:
            return ArraySource(
                {name: column[rows] for name, column in self.columns.items()},
                self.batch_size,
                self.seed,
            )

        return part(np.sort(order[:-held])), part(np.sort(order[-held:]))


def batches_of_round(round_length: int | None, batch_size: int) -> int:
    """How many batches a generator is asked for in a round of so many examples; one for None."""
    return 1 if round_length is None else math.ceil(round_length / batch_size)


@dataclass(frozen=True)
class GeneratorSource:
    """A function asked for every batch; `encode` turns what it gives into arrays by port.

    first: the first batch, which was asked for to see what the data are.
    """

    function: Callable[[Mapping[str, Any]], Any]
    encode: Callable[[Any, str], Mapping[str, Array]]
    batch_size: int
    round_length: int | None
    first: Any = None
    examples: int | None = None

    @property
    def batches_per_round(self) -> int:
        return batches_of_round(self.round_length, self.batch_size)

    def round(self, number: int, state: State) -> Iterator[Batches]:
        for count in range(1, self.batches_per_round + 1):
            is_first = number == count == 1
            given = self.first if is_first else self.function(state())
            at = f"the generator's batch {count} of round {number}"
            batch = self.encode(given, at)
            size = len(next(iter(batch.values())))
            if size != self.batch_size:
                raise fail(
                    DataError,
                    Fault(
                        "a generator gave another number of examples than it was asked for",
                        at=at,
                        given=str(size),
                        expected=f"{self.batch_size}, as state['BatchSize'] says",
                        fix=f"batch_size={size}, if every batch has as many",
                    ),
                )
            columns = {name: laid_out(column) for name, column in batch.items()}
            yield Batches(columns, np.arange(size, dtype=np.int64), size)
