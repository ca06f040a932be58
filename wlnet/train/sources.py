"""Where batches come from: columns that are reshuffled every round, or a function that is asked."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from wlnet.core.errors import DataError, Fault, TrainingWarning, brief, fail, warn
from wlnet.core.streams import Seed, stream
from wlnet.engine.blueprint import INDEX
from wlnet.evaluate.holding import Array
from wlnet.train.generators import BatchFunction, End
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


ENDLESS = 10_000
"""Batches in a first pass after which somebody is warned that it may have no end."""


@dataclass(frozen=True)
class GeneratorSource:
    """A function asked for every batch; `encode` turns what it gives into arrays by port.

    Without a round length a round is a pass: all batches of an iterator, or a single one. first:
    the first batch, which was asked for to see what the data are, or End.OF_PASS. Batches are
    copied: a function may fill the same memory again, and steps may have to be done once more.
    """

    function: BatchFunction
    encode: Callable[[object, str], Mapping[str, Array]]
    batch_size: int
    round_length: int | None
    first: Any
    examples: int | None = None
    begun: int = 0
    """How many batches were over before the first one."""

    batches_per_round: int | None = field(init=False)
    """None where only the end of a pass tells."""
    _waiting: list[Any] = field(init=False, default_factory=list)
    """The first batch, until it is used."""
    _taken: deque[tuple[int, int]] = field(init=False, default_factory=lambda: deque(maxlen=4))
    """Of the last batches that were given, the number of each, and how many there were in its pass
    until then."""

    def __post_init__(self) -> None:
        is_over = self.first is End.OF_PASS
        first = None if is_over else self._batch(self.first, place(1, 1))
        self._waiting.append(first)
        self._taken.append((self.begun, max(self.function.taken - (not is_over), 0)))
        per_round = batches_of_round(self.round_length, self.batch_size)
        known = per_round or (None if self.function.yields or is_over else 1)
        object.__setattr__(self, "batches_per_round", known)

    @property
    def unit(self) -> str:
        if self.round_length is not None:
            return ""
        return "one pass" if self.batches_per_round is None else "one batch"

    def round(self, number: int, state: State, done: int = 0) -> Iterator[Batches]:
        count = done
        while self.batches_per_round is None or count < self.batches_per_round:
            count += 1
            at = place(count, number)
            batch = self._waiting.pop() if self._waiting else self._next(count, state, at)
            if batch is None:
                return
            self._taken.append((self._taken[-1][0] + 1, self.function.taken))
            if number == 1 and count == ENDLESS and self.batches_per_round is None:
                warn_of_endless(self.function, "data")
            order = np.arange(self.batch_size, dtype=np.int64)
            yield Batches(batch, order, self.batch_size, is_own=True)

    def in_pass(self, batch: int, in_round: int) -> int:
        """How many batches of the pass under way were given after so many batches in all, so many
        of them in the round under way."""
        if self.batches_per_round is None and not in_round:
            return 0
        return next((taken for number, taken in self._taken if number == batch), 0)

    def _next(self, count: int, state: State, at: str) -> Mapping[str, Array] | None:
        """The next batch; None where that ends a round."""
        if self.batches_per_round is not None:
            given = self.function(state, at)
        elif count == 1:
            given = self.function.first(state(), at)
        else:
            given = self.function.more(at)
        return None if given is End.OF_PASS else self._batch(given, at)

    def _batch(self, given: object, at: str) -> Mapping[str, Array]:
        batch = self.encode(given, at)
        size = len(next(iter(batch.values()))) if batch else self.batch_size
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
        return {name: laid_out(column).copy() for name, column in batch.items()}


def batches_of_round(round_length: int | None, batch_size: int) -> int | None:
    """How many batches a generator is asked for in a round of so many examples; None for None."""
    return None if round_length is None else -(-round_length // batch_size)


def place(batch: int, number: int) -> str:
    """Where a batch of a generator stands, as messages name it."""
    return f"the generator's batch {batch} of round {number}"


def warn_of_endless(function: BatchFunction, at: str) -> None:
    """Warn of a pass that may have no end. at: what it is for."""
    warn(
        TrainingWarning,
        Fault(
            f"{ENDLESS:,} batches, and the first round has no end: without RoundLength a round "
            "is a pass, all that the generator yields",
            at=at,
            given=brief(function.function),
            fix='(batches, {"RoundLength": examples}), for a generator without end',
        ),
    )
