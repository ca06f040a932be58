"""Words that fit a line: the least important ones are shortened first, and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wlnet.core.terminal import width_of

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
    room = _Room(items, width)
    # Of equal ones the last.
    steps = sorted(((rank, i) for i, each in enumerate(items) for rank in each.ranks), reverse=True)
    while room.is_short:
        step = next(((rank, i) for rank, i in steps if room.rank(i) == rank), (0, 0))
        if not step[0]:
            break
        room.give_up(step[1])
    room.grow()
    return [
        (each.forms[form], each.color)
        for each, form in zip(items, room.at, strict=True)
        if form < len(each.forms)
    ]


class _Room:
    """Which form each item has, and whether that fits."""

    def __init__(self, items: Sequence[Item], width: int | None) -> None:
        self.items, self.width = items, width
        self.at = [0] * len(items)
        # The last of each is that of nothing.
        self._wide = [[*(width_of(form) + len(APART) for form in each.forms), 0] for each in items]
        self._taken = sum(wide[0] for wide in self._wide) - len(APART)

    @property
    def is_short(self) -> bool:
        return self.width is not None and self._taken > self.width

    def rank(self, i: int) -> int:
        """How soon the form of an item is given up; 0 where it has none left."""
        ranks = self.items[i].ranks
        return ranks[self.at[i]] if self.at[i] < len(ranks) else 0

    def give_up(self, i: int) -> None:
        """Take the next form of an item."""
        self._set(i, self.at[i] + 1)

    def _set(self, i: int, form: int) -> None:
        self._taken += self._wide[i][form] - self._wide[i][self.at[i]]
        self.at[i] = form

    def grow(self) -> None:
        """Take back longer forms where there is room left over, of what matters most first."""
        given_up = sorted(
            (each.ranks[form], i, form)
            for i, each in enumerate(self.items)
            for form in range(self.at[i])
        )
        for _, i, form in given_up:
            kept = self.at[i]
            if form < kept:
                self._set(i, form)
                if self.is_short:
                    self._set(i, kept)


def cut(text: str, width: int | None) -> str:
    """A text that is no wider.

    >>> cut("round 3", 5)
    'round'
    """
    while width is not None and width_of(text) > width:
        text = text[:-1]
    return text
