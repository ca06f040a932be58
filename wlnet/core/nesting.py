"""Lists in lists, which may hold themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEPEST = 50
"""Lists in lists, as many as a file holds of nets in nets."""


def is_endless(given: Any, above: tuple[Any, ...] = ()) -> bool:
    """Whether lists, tuples and dicts hold themselves, or one another deeper than anybody means.

    >>> itself = [1]
    >>> itself.append(itself)
    >>> is_endless(itself), is_endless([[1], {"a": (2,)}])
    (True, False)
    """
    if not isinstance(given, (list, tuple, Mapping)):
        return False
    if len(above) == DEEPEST or any(given is each for each in above):
        return True
    items = given.values() if isinstance(given, Mapping) else given
    return any(is_endless(item, (*above, given)) for item in items)
