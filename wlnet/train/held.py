"""Rows that a measurement has to hold until all batches are there, since no sum stands for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

Array = np.ndarray[Any, Any]
Column = Array | tuple[Array, ...]
"""Rows: an array, or the arrays of rows that have several shapes."""


@dataclass(frozen=True, eq=False)
class Held:
    """Columns of equal length, those of batches one after the other.

    What is added lies in runs; a run is joined with the one before it once it is as long. So n
    batches cost n log n, and not the square that joining all with each new one would take.

    runs: each a tuple of columns.
    """

    runs: tuple[tuple[Column, ...], ...]

    @classmethod
    def of(cls, *columns: Column) -> Held:
        """The columns of a batch."""
        return cls((columns,))

    def __add__(self, other: Held) -> Held:
        runs = [*self.runs, *other.runs]
        while len(runs) > 1 and len(runs[-2][0]) <= len(runs[-1][0]):
            last = runs.pop()
            runs[-1] = _joined([runs[-1], last])
        return Held(tuple(runs))

    def columns(self) -> tuple[Any, ...]:
        """The whole columns."""
        return self.runs[0] if len(self.runs) == 1 else _joined(self.runs)

    @property
    def bytes(self) -> int:
        """What all columns take."""
        return sum(
            column.nbytes if isinstance(column, np.ndarray) else sum(row.nbytes for row in column)
            for run in self.runs
            for column in run
        )


def _joined(runs: Any) -> tuple[Column, ...]:
    return tuple(_column(parts) for parts in zip(*runs, strict=True))


def _column(parts: Sequence[Column]) -> Column:
    """Rows one after another; in a tuple, where they have several shapes."""
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if len(arrays) == len(parts) and len({array.shape[1:] for array in arrays}) == 1:
        return np.concatenate(arrays)
    return tuple(row for part in parts for row in part)


@runtime_checkable
class InOrder(Protocol):
    """A tally that holds examples, whose order somebody may look at."""

    def in_order(self, rows: Array) -> Any:
        """The same, with the examples at the places that rows say."""
        ...
