"""Values as the labels that are known: a file writes the integer 2 as a frame's text "2"."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from wlnet.coders.labels import LabelIndex
from wlnet.core.gaps import is_gap
from wlnet.core.gate import Column


def are_texts(labels: Sequence[Any] | None) -> bool:
    """Whether a file of text is not to be asked for numbers where these are the labels."""
    return any(isinstance(label, str) for label in labels or ())


def as_known(values: Column, labels: Sequence[Any]) -> Column:
    """A list, or a column of rank 1, with the labels that its values are written like.

    2, 2.0 and "2" are the label 2 or "2", whichever is there; 0 and 1 are False and True. What is
    none of them stays as it is, to be told where it is encoded.

    >>> as_known(np.array([2, 1, 3]), ["1", "2"]).tolist()
    ['2', '1', 3]
    >>> as_known(np.array([0, 1]), [False, True]).tolist()
    [False, True]
    """
    index = LabelIndex(tuple(labels))
    written: dict[str, list[Any]] = {}
    for label in labels:
        if label is not None:
            written.setdefault(_written(label), []).append(label)
    for number, truth in (("0", False), ("1", True)):
        if index.place(truth):
            written.setdefault(number, [truth])
    found: dict[tuple[type, Any], Any] = {}
    items: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if not all(isinstance(item, Hashable) for item in items):  # sequences of labels
        return values
    for item in items:
        if (type(item), item) not in found:
            place = index.place(item)
            one = [labels[place - 1]] if place else written.get(_written(item), [])
            found[type(item), item] = one[0] if len(one) == 1 and not is_gap(item) else item
    if all(new is item for (_, item), new in found.items()):
        return values
    made = np.empty(len(items), object)
    made[:] = [found[type(item), item] for item in items]
    return made


def _written(value: object) -> str:
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)  # type: ignore[call-overload]
