"""Words that fit a line: the least important ones are shortened first, and left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

APART = "  "


@dataclass(frozen=True)
class Item:
    """Something to tell, in forms from the longest to the shortest. ranks: how soon each form is
    given up for the next one, or after the last for nothing: the highest first; 0 is never."""

    forms: tuple[str, ...]
    ranks: tuple[int, ...]
    color: str = ""
    """The codes of its colour, for those who have colours."""


def item(*forms: tuple[str, int], color: str = "") -> Item:
    """An item of forms with their ranks; those that are empty are left out."""
    told = [form for form in forms if form[0]]
    return Item(tuple(text for text, _ in told), tuple(rank for _, rank in told), color)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> columns("loss"), columns("損失")
    (4, 4)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def plain(name: str) -> str:
    """A name that a user gave, without what would move the cursor.

    >>> plain("two\\nlines")
    'two?lines'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def fitted(items: Sequence[Item], width: int | None) -> list[tuple[str, str]]:
    """The words of items, each with its colour, which side by side are no wider.

    >>> items = [item(("round 3 of 12", 2), ("3/12", 0)), item(("loss 0.2", 1))]
    >>> [words for words, _ in fitted(items, 14)], [words for words, _ in fitted(items, 4)]
    (['3/12', 'loss 0.2'], ['3/12'])
    """
    at = [0 for _ in items]

    def words() -> list[tuple[str, str]]:
        pairs = zip(items, at, strict=True)
        return [(each.forms[form], each.color) for each, form in pairs if form < len(each.forms)]

    def fits() -> bool:
        told = words()
        apart = len(APART) * (len(told) - 1)
        return width is None or sum(columns(text) for text, _ in told) + apart <= width

    while not fits():
        # Of equal ones the last.
        rank, number = max(
            (each.ranks[form], i)
            for i, (each, form) in enumerate(zip(items, at, strict=True))
            if form < len(each.forms)
        )
        if not rank:
            break
        at[number] += 1
    _grow(items, at, fits)
    return words()


def _grow(items: Sequence[Item], at: list[int], fits: Callable[[], bool]) -> None:
    """Take back longer forms where there is room left over, of what matters most first."""
    given_up = [
        (each.ranks[form], i, form)
        for i, each in enumerate(items)
        for form in range(min(at[i], len(each.forms)))
    ]
    for _, i, form in sorted(given_up):
        kept = at[i]
        if form < kept:
            at[i] = form
            if not fits():
                at[i] = kept


def cut(text: str, width: int | None) -> str:
    """A text that is no wider.

    >>> cut("round 3", 5)
    'round'
    """
    while width is not None and columns(text) > width:
        text = text[:-1]
    return text
