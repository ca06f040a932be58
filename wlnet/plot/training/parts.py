"""Arrays of long nets: told together where they follow each other and the same is said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import TypeVar

from wlnet.core.parts import key_text
from wlnet.core.rules import ArrayKey

LONG = 30
"""From more arrays on they are told together."""
MOST_LISTED = 3
"""Parts that are named one by one."""
T = TypeVar("T")


def folded(
    items: Sequence[T], key: Callable[[T], ArrayKey], said: Callable[[T], Hashable]
) -> list[tuple[str, list[T]]]:
    """Items of arrays in groups with a name each. Those that follow each other are told together
    where the same is said of them and there are many; said: None of what stands alone."""
    if len(items) <= LONG:
        return [(key_text(key(item)), [item]) for item in items]
    keys = [key(item) for item in items]
    found: list[tuple[str, list[T]]] = []
    for what, group in groupby(items, said):
        each = list(group)
        if what is None or len(each) == 1:
            found += [(key_text(key(item)), [item]) for item in each]
        else:
            found.append((span_text([key(item) for item in each], keys), each))
    return found


def span_text(meant: Sequence[ArrayKey], keys: Sequence[ArrayKey]) -> str:
    """Several of all arrays, that follow each other, in few words: by the largest parts of which
    all arrays are meant.

    >>> keys = [("a", 1, "Weights"), ("a", 2, "Weights"), ("b", 1, "Weights"), ("b", 2, "Weights")]
    >>> span_text(keys[:2], keys), span_text(keys[1:], keys)
    ('a (2)', 'a/2 … b (3)')
    """
    parts = _parts(meant, keys)
    ends = parts[0] if len(parts) == 1 else f"{parts[0]} … {parts[-1]}"
    return f"{ends} ({len(meant)})"


def listed(meant: Sequence[ArrayKey], keys: Sequence[ArrayKey]) -> str:
    """Some of all arrays in few words: parts by their names where all their arrays are meant.

    >>> listed([("a", "Weights"), ("a", "Biases")], [("a", "Weights"), ("a", "Biases"), ("b", "W")])
    'a'
    """
    if len(meant) == len(keys):
        return "all arrays"
    parts = _parts(meant, keys)
    if len(parts) <= MOST_LISTED:
        return ", ".join(parts)
    return f"{parts[0]} … {parts[-1]} ({len(meant)} arrays)"


def _parts(meant: Sequence[ArrayKey], keys: Sequence[ArrayKey]) -> list[str]:
    """The largest parts whose arrays are all meant, and single arrays, in order."""
    whole, here = _counts(keys), _counts(meant)
    found: dict[str, None] = {}
    for key in meant:
        steps = key if isinstance(key, tuple) else ()
        above = (steps[:n] for n in range(1, len(steps)))
        found[key_text(next((part for part in above if here[part] == whole[part]), key))] = None
    return list(found)


def _counts(keys: Sequence[ArrayKey]) -> Counter[tuple[int | str, ...]]:
    """How many arrays there are in each part."""
    return Counter(key[:n] for key in keys if isinstance(key, tuple) for n in range(1, len(key)))
