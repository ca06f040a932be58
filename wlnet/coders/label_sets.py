"""Sets of labels: any number of labels at once, a vector with a one for each of them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from wlnet.coders.encoder import refuse, zeros
from wlnet.coders.labels import LabelIndex, Labels
from wlnet.coders.worth import plain
from wlnet.core.arrays import Dtype
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.gate import Column

THRESHOLD = 0.5
"""The probability above which a label is in the set."""


def members(item: object) -> list[Any] | None:
    """The labels that an item lists, in some order; None for what lists none.

    >>> members({"x"}), members(("x", "y")), members("x")
    (['x'], ['x', 'y'], None)
    """
    if isinstance(item, np.ndarray):
        return item.tolist() if item.ndim == 1 else None
    if isinstance(item, (list, tuple, Set)):
        return [*item]
    return None


def is_set(item: object, index: LabelIndex | None) -> bool:
    """Whether an item is one set of labels, and no batch of sets, as an empty list is. What is
    neither is one as well: it is refused later. index: the labels, if they are known."""
    if isinstance(item, np.ndarray) and item.ndim > 1:
        return False
    found = members(item)
    if isinstance(item, Set) or found is None:
        return True
    if not found:
        return False
    first = found[0]
    if index is not None and isinstance(first, tuple):
        return index.place(first) is not None
    return members(first) is None


def indicators(
    items: Column, numbers: Sequence[int], index: LabelIndex, dtype: Dtype, where: str
) -> np.ndarray:
    """A row for each set: a one for each of its labels, and zeros.

    numbers: those of the examples that the sets are of, from 0. Raises DataError.
    """
    rows = zeros((len(items), len(index.labels)), dtype, where)
    for row, item, number in zip(rows, items, numbers, strict=True):
        found = members(item)
        if found is None or (isinstance(item, tuple) and index.place(item) is not None):
            what, expected = "this is no set of labels", "a set or a list of labels"
            fix = f"[{plain(item)!r}]" if index.place(item) else None
            raise refuse(where, number, what, given=brief(item), expected=expected, fix=fix)
        places = index.places([plain(label) for label in found])
        if 0 in places:
            wrong = found[places.index(0)]
            what, fix = "this is not one of the labels", index.advice(wrong)
            raise refuse(
                where, number, what, given=brief(plain(wrong)), known=index.labels, fix=fix
            )
        row[[place - 1 for place in places]] = 1
    return rows


def decisions(numbers: np.ndarray, labels: Labels) -> list[list[Any]]:
    """The labels of each row whose numbers are above a half, in their order."""
    return [[labels[place] for place in np.flatnonzero(row).tolist()]
            for row in numbers > THRESHOLD]  # fmt: skip


def entropies(numbers: np.ndarray, places: int) -> list[float]:
    """The entropy of each row in nats: the sum of those of its labels, as they are independent.

    places: how many rows an example has. Raises DataError for what are no probabilities.
    """
    p = _probabilities(numbers, places)
    both = np.stack([p, 1 - p])
    # 0 log 0 is 0: take the logarithm of 1 there; adding 0 turns -0.0 into 0.0.
    logs = np.log(np.where(both > 0, both, 1.0))
    found: list[float] = (-(both * logs).sum(axis=(0, 2)) + 0.0).tolist()
    return found


def samples(
    numbers: np.ndarray, labels: Labels, places: int, rng: np.random.Generator
) -> list[list[Any]]:
    """Labels drawn for each row, each with its own probability. Raises DataError."""
    p = _probabilities(numbers, places)
    drawn = rng.random(p.shape) < p
    return [[labels[place] for place in np.flatnonzero(row).tolist()] for row in drawn]


def _probabilities(numbers: np.ndarray, places: int) -> np.ndarray:
    p = numbers.astype(np.float64)
    good = ((p >= 0) & (p <= 1)).all(axis=1)
    if not good.all():
        bad = int(np.argmin(good))
        fault = Fault(
            "these numbers are no probabilities",
            at=f"example {bad // places + 1}",
            given=f"numbers from {p[bad].min():g} to {p[bad].max():g}",
            expected="numbers from 0 to 1, each by itself",
            fix='end the net in "LogisticSigmoid"',
        )
        raise fail(DataError, fault)
    return p
