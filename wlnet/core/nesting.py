"""Lists in lists, which may hold themselves."""

from __future__ import annotations

from collections.abc import Mapping

DEEPEST = 50
"""How deep nets are nested at most, in memory and in files, and so the lists they are made of."""


def is_endless(given: object) -> bool:
    """Whether lists, tuples and dicts hold themselves, or one another deeper than anybody means.

    >>> itself = [1]
    >>> itself.append(itself)
    >>> is_endless(itself), is_endless([[1], {"a": (2,)}])
    (True, False)
    """
    # Level by level, each list once however often it is held: else the ways to it would be counted.
    level: list[object] = [given]
    for _ in range(DEEPEST + 1):
        lists = [each for each in level if isinstance(each, (list, tuple, Mapping))]
        if not lists:
            return False
        held = [each.values() if isinstance(each, Mapping) else each for each in lists]
        level = list({id(item): item for items in held for item in items}.values())
    return True
