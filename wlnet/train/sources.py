"""Where batches come from: columns that are reshuffled every round."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.streams import Seed, stream
from wlnet.engine.blueprint import INDEX
from wlnet.evaluate.holding import Array
from wlnet.train.mapped import Mapped, pieces


@dataclass(frozen=True)
class Batches:
    """Batches of one size: the rows of columns that stand in them, one batch after another."""

    columns: Mapping[str, Array]
    order: Array
    """Rows counted from 0, as words."""
    size: int
    is_own: bool = False
    """Whether nobody else has the columns; else they are read where the user's data lie."""

    @property
    def count(self) -> int:
        """How many batches there are."""
        return len(self.order) // self.size

    def part(self, first: int, count: int) -> Batches:
        """Some of them."""
        if count == self.count:
            return self
        rows = slice(first * self.size, (first + count) * self.size)
        return Batches(self.columns, self.order[rows], self.size, self.is_own)


State = Callable[[], Mapping[str, Any]]


class Source(Protocol):
    """What the loop asks for: how many batches there are, and the batches of a round."""

    @property
    def batch_size(self) -> int: ...
    @property
    def batches_per_round(self) -> int | None: ...
    @property
    def unit(self) -> str:
        """What a round is, where that is worth telling."""

    @property
    def examples(self) -> int | None: ...
    def round(self, number: int, state: State, done: int = 0) -> Iterator[Batches]:
        """done: batches of the round that are over, and not given again."""


def laid_out(column: Array) -> Array:
    """A column as kernels read it: rows without gaps, indices of 32 bits."""
    return np.ascontiguousarray(column, INDEX if column.dtype.kind in "iu" else column.dtype)


@dataclass(frozen=True)
class ArraySource:
    """Columns of encoded examples.

    Every round uses every example once; the last batch may be smaller.
    numbers: those of the examples in the data that the user gave, from 1; without columns they
    alone say how many there are.
    """

    columns: Mapping[str, Any]
    """Arrays, or `Mapped` ones."""
    batch_size: int
    seed: Seed
    numbers: Array

    def __post_init__(self) -> None:
        columns = {
            name: column if isinstance(column, Mapped) else laid_out(column)
            for name, column in self.columns.items()
        }
        object.__setattr__(self, "columns", columns)

    @property
    def examples(self) -> int:
        return len(self.numbers)

    @property
    def batches_per_round(self) -> int:
        return math.ceil(self.examples / self.batch_size)

    @property
    def unit(self) -> str:
        return ""

    def batches(self, number: int) -> Iterator[Array]:
        """The numbers of the examples in each batch of a round."""
        order = self.numbers[self._order(number)]
        for start in range(0, len(order), self.batch_size):
            yield order[start : start + self.batch_size]

    def round(self, number: int, state: State, done: int = 0) -> Iterator[Batches]:
        """The whole batches, then the one that is smaller."""
        return self._divided(self._order(number)[done * self.batch_size :])

    def _order(self, number: int) -> Array:
        order = stream(self.seed, "shuffle", number).permutation(self.examples)
        return order.astype(np.int64, copy=False)

    def in_order(self) -> Iterator[Batches]:
        """The same, of examples as they stand."""
        return self._divided(np.arange(self.examples, dtype=np.int64))

    def _divided(self, order: Array) -> Iterator[Batches]:
        whole = len(order) - len(order) % self.batch_size
        if whole:
            yield from self.taken(order[:whole], self.batch_size)
        if whole < len(order):
            yield from self.taken(order[whole:], len(order) - whole)

    def taken(self, order: Array, size: int) -> Iterator[Batches]:
        """Batches of one size, of examples in an order: at once where their columns can be read
        where they lie.
        """
        late = [each for each in self.columns.values() if isinstance(each, Mapped)]
        if not late:
            yield Batches(self.columns, order, size)
            return
        row_bytes = sum(each.row_bytes for each in late)
        for start, stop in pieces(len(order), row_bytes, size):
            rows = order[start:stop]
            columns = {name: column[rows] for name, column in self.columns.items()}
            yield Batches(columns, np.arange(len(rows), dtype=np.int64), size, is_own=True)

    def split(
        self, fraction: float, classes: Sequence[Array] = ()
    ) -> tuple[ArraySource, ArraySource]:
        """Training and validation examples: round(fraction n) are held out.

        Which ones follows from their number, the fraction, the seed and the classes alone. Each
        class gives its share, to the nearest example. classes: columns that tell them.
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
        last = np.zeros(count, bool)
        last[held_out(order, held, classes)] = True

        def part(rows: Array) -> ArraySource:
            columns = {
                name: column.of(rows) if isinstance(column, Mapped) else column[rows]
                for name, column in self.columns.items()
            }
            return ArraySource(columns, self.batch_size, self.seed, self.numbers[rows])

        return part(np.flatnonzero(~last)), part(np.flatnonzero(last))


def held_out(order: Array, held: int, classes: Sequence[Array]) -> Array:
    """Which `held` examples of a shuffled order are held out: the last of each class, by shares.

    >>> held_out(np.array([3, 0, 2, 1]), 2, [np.array([7, 7, 8, 8])])
    array([2, 1])
    """
    if not classes:
        return order[-held:]
    _, kinds = np.unique(np.stack(classes, axis=1), axis=0, return_inverse=True)
    kinds = kinds.reshape(-1)
    shares = np.bincount(kinds) * held / len(order)
    counts = shares.astype(np.int64)
    # What is left over goes to the classes that rounding cost most.
    most = np.argsort(counts - shares, kind="stable")[: held - counts.sum()]
    counts[most] += 1
    # How many of its class come behind each example, of those that are shuffled.
    behind = np.empty(len(order), np.int64)
    by_kind = np.argsort(kinds[order], kind="stable")
    ends = np.cumsum(np.bincount(kinds))
    behind[by_kind] = ends[kinds[order[by_kind]]] - 1 - np.arange(len(order))
    return order[behind < counts[kinds[order]]]
