"""Arrays of long nets: told together where they follow each other and the same is said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from wlnet.core.folding import Line, fold
from wlnet.core.parts import Path, key_text
from wlnet.core.rules import ArrayKey
from wlnet.core.table import MOST

MOST_LISTED = 3
"""Parts that are named one by one."""
T = TypeVar("T")


def folded(
    items: Sequence[T], key: Callable[[T], ArrayKey], said: Callable[[T], Hashable]
) -> list[tuple[str, list[T]]]:
    """Items of arrays in groups with a name each, as rows of tables are folded: where there are
    many, those of a part are told together of which the same is said. said: None of what stands
    alone."""
    if len(items) <= MOST:
        return [(key_text(key(item)), [item]) for item in items]

    def says(number: int, at: Path) -> Hashable:
        what = said(items[number])
        return ("alone", number) if what is None else what

    found = []
    for label, numbers in fold([_line(key(item)) for item in items], says, MOST):
        group = [items[number] for number in numbers]
        name = key_text(key(group[0]))
        found.append((f"{'/'.join(label)} ({len(group)})" if len(group) > 1 else name, group))
    return found


def _line(key: ArrayKey) -> Line:
    return Line(key[:-1], str(key[-1])) if isinstance(key, tuple) else Line((), str(key))


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
