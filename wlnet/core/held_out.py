"""Which examples are held out of some: by their number, the share, the seed and their classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.streams import Seed, stream

Array = np.ndarray[Any, Any]


def divided(
    count: int, fraction: float, seed: Seed, classes: Sequence[Array], at: str
) -> tuple[Array, Array]:
    """The rows, counted from 0, that stay and those that are held out: round(fraction count).

    Which ones follows from these arguments alone; each class gives its share, to the nearest
    example. classes: columns that tell them. at: what asks. Raises DataError where one part would
    be empty.
    """
    held = round(fraction * count) if math.isfinite(fraction) else 0
    if not 0 < held < count:
        raise fail(
            DataError,
            Fault(
                "a validation set needs at least one example and must leave one",
                at=at,
                given=f"Scaled({fraction}) of {count} examples",
            ),
        )
    order = stream(seed, "validation split").permutation(count)
    last = np.zeros(count, bool)
    last[_held_out(order, held, classes)] = True
    return np.flatnonzero(~last), np.flatnonzero(last)


def _held_out(order: Array, held: int, classes: Sequence[Array]) -> Array:
    """Which `held` examples of a shuffled order are held out: the last of each class, by shares.

    >>> _held_out(np.array([3, 0, 2, 1]), 2, [np.array([7, 7, 8, 8])])
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
