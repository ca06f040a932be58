"""Where batches come from: columns that are reshuffled every round."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Protocol

import numpy as np

from wlnet.core.held_out import divided
from wlnet.core.streams import Seed, stream
from wlnet.engine.blueprint import INDEX
from wlnet.evaluate.holding import Array
from wlnet.evaluate.ragged import Group, Ragged, groups_of, some, ungrouped
from wlnet.train.mapped import Mapped, ahead, pieces, readers_of

WINDOW = 128 << 20
"""Bytes of a window, or shuffle buffer: of examples that are mixed with one another, where they are
read in blocks."""


@dataclass(frozen=True)
class Batches:
    """Batches of one size: the rows of columns that stand in them, one batch after another."""

    columns: Mapping[str, Array]
    order: Array
    """Rows counted from 0, as words."""
    size: int
    is_own: bool = False
    """Whether nobody else has the columns; else they are read where the user's data lie."""
    is_share: bool = False
    """Whether the columns are those of a rank, and only the rows of its parts are among them."""

    @property
    def count(self) -> int:
        """How many batches there are."""
        return len(self.order) // self.size

    def part(self, first: int, count: int) -> Batches:
        """Some of them."""
        if count == self.count:
            return self
        rows = slice(first * self.size, (first + count) * self.size)
        return replace(self, order=self.order[rows])


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
    @property
    def sample(self) -> Batches:
        """A whole batch, to plan for: its numbers do not matter."""

    def round(self, number: int, state: State, done: int = 0) -> Iterator[Batches]:
        """done: batches of the round that are over, and not given again."""


def shuffled_by_blocks(draws: np.random.Generator, blocks: Array, window: int) -> Array:
    """The rows of blocks in a random order, mixed among blocks that follow one another: as many as
    have so many rows together, but at least one.

    blocks: the block of each row.

    >>> rows = shuffled_by_blocks(np.random.default_rng(0), np.arange(12) // 2, 4)
    >>> (rows // 2).reshape(3, 4).tolist()
    [[3, 2, 3, 2], [5, 4, 4, 5], [0, 1, 0, 1]]
    """
    kinds, counts = np.unique(blocks, return_counts=True)
    places = draws.permutation(len(kinds))
    rank = np.empty(int(kinds[-1]) + 1, np.int64)
    rank[kinds[places]] = np.arange(len(kinds))
    order = np.argsort(rank[blocks], kind="stable").astype(np.int64, copy=False)
    start = stop = 0
    for count in counts[places].tolist():
        if stop > start and stop - start + count > window:
            draws.shuffle(order[start:stop])
            start = stop
        stop += count
    draws.shuffle(order[start:stop])
    return order


def laid_out(column: Array) -> Array:
    """A column as kernels read it: rows without gaps, indices of 32 bits."""
    return np.ascontiguousarray(column, INDEX if column.dtype.kind in "iu" else column.dtype)


def _all_laid_out(columns: Mapping[Any, Any]) -> dict[Any, Any]:
    return {
        name: column if isinstance(column, Mapped) else laid_out(column)
        for name, column in columns.items()
    }


@dataclass(frozen=True)
class ArraySource:
    """Columns of encoded examples.

    Every round uses every example once; the last batch may be smaller. A batch holds examples of
    one shape; where they have several, the batches of all shapes are shuffled with one another.
    numbers: those of the examples in the data that the user gave, from 1; without columns they
    alone say how many there are.
    """

    columns: Mapping[Any, Any]
    """Arrays, or `Mapped` or `Ragged` ones."""
    batch_size: int
    seed: Seed
    numbers: Array
    groups: tuple[Group, ...] = field(init=False)
    """The examples by their shapes: most often there is one."""

    def __post_init__(self) -> None:
        columns = {
            name: column if isinstance(column, (Mapped, Ragged)) else laid_out(column)
            for name, column in self.columns.items()
        }
        object.__setattr__(self, "columns", columns)
        groups = groups_of(columns, len(self.numbers))
        object.__setattr__(
            self, "groups", tuple(Group(rows, _all_laid_out(own)) for rows, own in groups)
        )
        largest = max(len(group.rows) for group in self.groups)
        object.__setattr__(self, "batch_size", min(self.batch_size, largest))

    @property
    def examples(self) -> int:
        return len(self.numbers)

    @property
    def batches_per_round(self) -> int:
        return sum(math.ceil(len(group.rows) / self.batch_size) for group in self.groups)

    def whole_batch(self, group: Group) -> int:
        """How many examples a whole batch of a group has."""
        return min(self.batch_size, len(group.rows))

    @property
    def unit(self) -> str:
        return ""

    @property
    def sample(self) -> Batches:
        """A whole batch, of the shape that most examples have."""
        group = max(self.groups, key=lambda each: len(each.rows))
        return next(iter(self.taken(group, np.arange(self.batch_size), self.batch_size)))

    def batches(self, number: int) -> Iterator[Array]:
        """The numbers of the examples in each batch of a round."""
        for group, rows in self._shuffled(number):
            yield self.numbers[group.rows[rows]]

    def round(self, number: int, state: State, done: int = 0) -> Iterator[Batches]:
        """The batches of a round, those of one group and size that follow one another in one."""
        if len(self.groups) == 1:
            order = self._order(number)[done * self.batch_size :]
            yield from self._divided(self.groups[0], order)
            return
        left = self._shuffled(number)[done:]
        for _, alike in groupby(left, lambda each: (id(each[0]), len(each[1]))):
            (group, *_), orders = zip(*alike, strict=True)
            yield from self.taken(group, np.concatenate(orders), len(orders[0]))

    def _shuffled(self, number: int) -> list[tuple[Group, Array]]:
        """The batches of a round: each is some rows of a group."""
        found = []
        for group, rows in zip(self.groups, self._by_group(self._order(number)), strict=True):
            starts = range(0, len(rows), self.batch_size)
            found += [(group, rows[start : start + self.batch_size]) for start in starts]
        if len(self.groups) == 1:
            return found
        order = stream(self.seed, "shuffle of shapes", number).permutation(len(found))
        return [found[place] for place in order.tolist()]

    def _order(self, number: int) -> Array:
        draws = stream(self.seed, "shuffle", number)
        late = [each for each in self.columns.values() if isinstance(each, Mapped)]
        blocks = next((each.blocks for each in late if each.blocks is not None), None)
        if blocks is None:
            return draws.permutation(self.examples).astype(np.int64, copy=False)
        return shuffled_by_blocks(draws, blocks, WINDOW // sum(each.row_bytes for each in late))

    def _by_group(self, order: Array) -> list[Array]:
        """Of all examples in an order, the rows of each group."""
        if len(self.groups) == 1:
            return [order]
        of, inside = np.empty((2, self.examples), np.int64)
        for number, group in enumerate(self.groups):
            of[group.rows], inside[group.rows] = number, np.arange(len(group.rows))
        by_group = order[np.argsort(of[order], kind="stable")]
        ends = np.cumsum([len(group.rows) for group in self.groups])
        return np.split(inside[by_group], ends[:-1])

    def in_order(self) -> Iterator[Batches]:
        """The same, of examples as they stand, one group after another."""
        for group in self.groups:
            yield from self._divided(group, np.arange(len(group.rows), dtype=np.int64))

    def _divided(self, group: Group, order: Array) -> Iterator[Batches]:
        """The whole batches, then the one that is smaller."""
        whole = len(order) - len(order) % self.batch_size
        if whole:
            yield from self.taken(group, order[:whole], self.batch_size)
        if whole < len(order):
            yield from self.taken(group, order[whole:], len(order) - whole)

    def taken(self, group: Group, order: Array, size: int) -> Iterator[Batches]:
        """Batches of one size, of examples of a group in an order: at once where their columns can
        be read where they lie.
        """
        late = [each for each in group.columns.values() if isinstance(each, Mapped)]
        if not late:
            yield Batches(group.columns, order, size)
            return
        row_bytes = sum(each.row_bytes for each in late)
        readers = readers_of(late)
        some = pieces(len(order), row_bytes, size, 2 * readers)

        def read(bounds: tuple[int, int]) -> Batches:
            # Read as they lie, which is faster, and used in their order.
            rows, places = np.unique(order[slice(*bounds)], return_inverse=True)
            columns = {name: column[rows] for name, column in group.columns.items()}
            return Batches(columns, places.astype(np.int64, copy=False), size, is_own=True)

        yield from ahead(read, some, readers)

    def with_columns(self, made: Callable[[Group], Mapping[Any, Array]]) -> ArraySource:
        """The same with further columns, made for each group."""
        more = [Group(group.rows, dict(made(group))) for group in self.groups]
        beside = {name: ungrouped(more, name) for name in more[0].columns}
        return replace(self, columns={**self.columns, **beside})

    def split(
        self, fraction: float, classes: Sequence[Array] = ()
    ) -> tuple[ArraySource, ArraySource]:
        """Training and validation examples: see core/held_out.py. classes: columns that tell
        them."""
        stay, held = divided(self.examples, fraction, self.seed, classes, "validation_set")

        def part(rows: Array) -> ArraySource:
            columns = {name: some(column, rows) for name, column in self.columns.items()}
            return ArraySource(columns, self.batch_size, self.seed, self.numbers[rows])

        return part(stay), part(held)
