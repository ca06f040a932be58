"""How often which class was predicted for which, as a record keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.net import Services

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ClassTable:
    """How often which class was predicted for which true class, of the pairs that occur.

    Never larger than the pairs there are, nor than there are decisions: a batch of 64 among 1000
    classes has 64 of a million pairs.

    size: classes. pairs: true * size + predicted, in order. counts: of each, at least 1; or sums of
    weights, above 0.
    """

    size: int
    pairs: Array
    counts: Array

    @classmethod
    def of(
        cls, predicted: Array, true: Array, size: int, weights: Array | None = None
    ) -> ClassTable:
        """The table of decisions, classes counted from 0. weights: what each counts; 1 if None."""
        return cls(size, *_counted(true * size + predicted, weights, size * size))

    def __add__(self, other: ClassTable) -> ClassTable:
        pairs = np.concatenate([self.pairs, other.pairs])
        counts = np.concatenate([self.counts, other.counts])
        return ClassTable(self.size, *_counted(pairs, counts, self.size * self.size))

    def matrix(self) -> Array:
        """The whole table, read-only; rows are the true classes."""
        found = np.zeros(self.size * self.size, self.counts.dtype)
        found[self.pairs] = self.counts
        found.flags.writeable = False
        return found.reshape(self.size, self.size)


def _counted(pairs: Array, counts: Array | None, most: int) -> tuple[Array, Array]:
    """The pairs that occur, each once, and how often."""
    kind = np.dtype(np.int64) if counts is None else counts.dtype
    if most <= 8 * len(pairs):
        whole = np.zeros(most, kind)
        np.add.at(whole, pairs, 1 if counts is None else counts)
        (found,) = np.nonzero(whole)
        return found, whole[found]
    found, places = np.unique(pairs, return_inverse=True)
    sums = np.zeros(len(found), kind)
    np.add.at(sums, places, 1 if counts is None else counts)
    return found, sums


Drawn = ClassTable | Array | tuple[Array, ...]
"""What can be drawn of a measurement: a table of classes, a curve, or one a class."""


@dataclass(frozen=True, eq=False)
class Plotted:
    """A measurement that is handed out as a picture."""

    of: Drawn


Kept = float | Drawn | Plotted
"""A measurement as a record keeps it; arrays are read-only, a tuple has one a class."""
Shown = Any
"""A measurement as it is handed out: a number, an array, a tuple of arrays, or a picture, which has
`to_svg()`."""


def shown(kept: Kept, labels: Callable[[], Sequence[str] | None] = lambda: None) -> Shown:
    """A measurement as it is handed out: of a table of classes, the matrix. labels: what gives
    those of the classes, which pictures say; they count them where there are none."""
    if isinstance(kept, Plotted):
        assert Services.picture is not None
        return Services.picture("MeasurementPlot", kept.of, labels=labels())
    return kept.matrix() if isinstance(kept, ClassTable) else kept


def arrays_in(kept: Kept) -> tuple[Array, ...]:
    """The arrays that are handed out as they are kept."""
    if isinstance(kept, Plotted):
        return arrays_in(kept.of)
    return (kept,) if isinstance(kept, np.ndarray) else kept if isinstance(kept, tuple) else ()
