"""What was probably meant: the nearest of the known names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

NEAR: Final = 0.6
"""Which part of two words must agree, letters in order, where there are more typos than TYPOS."""
TYPOS: Final = 2
LONGEST: Final = 200
"""Letters of a word that somebody may have meant: a comparison takes time as their square."""


def nearest(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """The known words nearest to a word, best first; a typo of one or two letters finds its word.

    >>> nearest("Wieghts", ["Weights", "Biases"])
    ['Weights']
    """
    scored = []
    low = word.lower()
    matcher = difflib.SequenceMatcher(None)
    for name in dict.fromkeys(known):
        # What cannot be near by its length alone is not compared letter by letter.
        if max(len(word), len(name)) > LONGEST or not _may_be_near(len(word), len(name)):
            continue
        other = name.lower()
        matcher.set_seqs(low, other)
        if matcher.quick_ratio() < NEAR and abs(len(word) - len(name)) > TYPOS:
            continue
        distance = edit_distance(low, other)
        ratio = matcher.ratio()
        if (distance <= TYPOS and distance < max(len(word), len(name))) or ratio >= NEAR:
            scored.append((distance, -ratio, name))
    return [name for *_, name in sorted(scored)[:most]]


def _may_be_near(one: int, other: int) -> bool:
    return abs(one - other) <= TYPOS or 2 * min(one, other) >= NEAR * (one + other)


def edit_distance(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that lead from a to b.

    >>> edit_distance("encdoer", "encoder")
    1
    """
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        two, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, two[j - 2] + 1)
            row.append(cost)
    return row[-1]


def suggestion(word: object, known: Iterable[str]) -> str | None:
    """`did you mean ...?`, or None when nothing is near, and for what is no word."""
    words = nearest(word, known) if isinstance(word, str) else None
    return f"did you mean {' or '.join(map(repr, words))}?" if words else None
