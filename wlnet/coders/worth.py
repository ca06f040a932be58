"""What labels are worth: without the classes of NumPy, and without those of the user."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np


def plain(label: object) -> Any:
    """A label without NumPy: scalars as Python values, lists as tuples.

    >>> plain(np.int64(3)), plain([1, "a"])
    (3, (1, 'a'))
    """
    if isinstance(label, np.generic):
        return label.item()
    if isinstance(label, np.ndarray):
        return plain(label.tolist())
    if isinstance(label, (list, tuple)) and type(label) in (list, tuple):
        return tuple(map(plain, label))
    return label


def worth(label: object) -> Any:
    """What a label is worth to a file, which holds no classes: an enum's value, a plain string.

    >>> from enum import Enum
    >>> Colour = Enum("Colour", {"RED": "red"})
    >>> worth(Colour.RED), worth((Colour.RED, 1)), worth("red")
    ('red', ('red', 1), 'red')
    """
    if isinstance(label, Enum):
        return worth(plain(label.value))
    if isinstance(label, (str, int, float)) and type(label) not in (str, int, float, bool):
        base = next(kind for kind in (str, int, float) if isinstance(label, kind))
        return base.__str__(label) if base is str else base(label)
    return tuple(map(worth, label)) if isinstance(label, tuple) else label


def worths(labels: tuple[Any, ...]) -> list[Any]:
    """What each of some labels is worth."""
    return list(map(worth, labels))
