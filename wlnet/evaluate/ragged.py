"""Examples of several shapes, as sequences of several lengths: those of one shape are one array.

No mask reaches a layer: examples of one shape are computed together, and no number depends on
examples of another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.gate import Column
from wlnet.core.shapes import Partial
from wlnet.evaluate.holding import Array
from wlnet.evaluate.places import Place


class Members(NamedTuple):
    """Examples of one shape: their places among all, counted from 0 and rising, and an array."""

    rows: Array
    values: Array


@dataclass(frozen=True)
class Ragged:
    """A column of examples that have several shapes.

    >>> column = ragged([np.zeros(2), np.zeros(3), np.ones(2)])
    >>> len(column), [part.rows.tolist() for part in column.parts]
    (3, [[0, 2], [1]])
    """

    parts: tuple[Members, ...]

    def __len__(self) -> int:
        return sum(len(part.rows) for part in self.parts)

    def __iter__(self) -> Iterator[Array]:
        """The examples one after another."""
        return iter(in_order(self.parts))

    def with_each(self, change: Callable[[Array, Place], Array], place: Place) -> Ragged:
        """The same with the arrays changed, each in its place among all."""
        return Ragged(tuple(
            Members(rows, change(values, place.among(rows.tolist()))) for rows, values in self.parts
        ))  # fmt: skip

    @property
    def ndim(self) -> int:
        """Levels, that of the examples included; of examples of several ranks the largest."""
        return max(part.values.ndim for part in self.parts)

    def of(self, rows: Array) -> Ragged:
        """Some examples, by their places, in this order."""
        kinds = self.kinds()[rows]
        found = []
        for number, part in enumerate(self.parts):
            taken = np.flatnonzero(kinds == number)
            if len(taken):
                values = part.values[np.searchsorted(part.rows, rows[taken])]
                found.append(Members(taken, values))
        return Ragged(tuple(found))

    def kinds(self) -> Array:
        """Which part each example is in."""
        found = np.empty(len(self), np.int64)
        for number, part in enumerate(self.parts):
            found[part.rows] = number
        return found

    def taken(self, kind: int, rows: Array) -> Array:
        """The array of some examples of one part; where these are all of it, the part's own."""
        part = self.parts[kind]
        if len(rows) == len(part.rows):
            return part.values
        values: Array = part.values[np.searchsorted(part.rows, rows)]
        return values


def in_order(parts: Iterable[tuple[Array, Iterable[Any]]]) -> list[Any]:
    """What there is of each example, in the order of the examples. parts: places, and what is
    there."""
    found = {row: value for rows, values in parts
             for row, value in zip(rows.tolist(), values, strict=True)}  # fmt: skip
    return [found[row] for row in range(len(found))]


def ragged(items: Column) -> Ragged:
    """The column of arrays of several shapes, the smallest shape first."""
    return Ragged(
        tuple(
            Members(np.array(rows, np.int64), np.stack([np.asarray(items[i]) for i in rows]))
            for rows in rows_by_shape(items)
        )
    )


def rows_by_shape(items: Column) -> list[list[int]]:
    """The places of the items of each shape, the smallest shape first."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, item in enumerate(items):
        by_shape.setdefault(np.shape(item), []).append(index)
    shapes = sorted(by_shape, key=lambda shape: (len(shape), shape))
    return [by_shape[shape] for shape in shapes]


def common_shape(shapes: Sequence[tuple[int, ...]]) -> Partial:
    """What shapes have in common.

    >>> common_shape([(4, 3), (7, 3)]), common_shape([(4,), (4, 1)])
    ((None, 3), None)
    """
    if len({len(shape) for shape in shapes}) != 1:
        return None
    sizes = zip(*shapes, strict=True)
    return tuple(size[0] if len(set(size)) == 1 else None for size in sizes)


class Group(NamedTuple):
    """Examples that have one shape in every column: their places among all, and their columns."""

    rows: Array
    columns: dict[Any, Any]


def groups_of(columns: Mapping[Any, Any], count: int | None = None) -> list[Group]:
    """Columns by groups of examples of equal shapes. count: how many examples there are, where no
    column tells."""
    several = {name: column for name, column in columns.items() if isinstance(column, Ragged)}
    if not several:
        count = len(next(iter(columns.values()))) if columns else count or 0
        return [Group(np.arange(count), dict(columns))]
    kinds = np.stack([column.kinds() for column in several.values()], axis=1)
    every, group_of = np.unique(kinds, axis=0, return_inverse=True)
    group_of = group_of.reshape(-1)
    order = np.argsort(group_of, kind="stable")
    ends = np.cumsum(np.bincount(group_of, minlength=len(every)))
    found = []
    for own, rows in zip(every.tolist(), np.split(order, ends[:-1]), strict=True):
        part = dict(zip(several, own, strict=True))
        taken = {
            name: several[name].taken(part[name], rows) if name in part else some(column, rows)
            for name, column in columns.items()
        }
        found.append(Group(rows, taken))
    return found


def some(column: Any, rows: Array) -> Any:
    """Some examples of a column of any kind."""
    return column.of(rows) if hasattr(column, "of") else column[rows]


def ungrouped(groups: Sequence[Group], name: object) -> Any:
    """A column of all examples: of one group as it is."""
    if len(groups) == 1:
        return groups[0].columns[name]
    return Ragged(tuple(Members(group.rows, group.columns[name]) for group in groups))
