"""Alphabets: which characters there are, and the code of each.

An alphabet is a string, whose characters have the codes 1, 2, ..., or a tuple of parts, whose codes
follow one another: a string, a symbol, or a tuple of these, for all of which there is one code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.symbols import ANY, END_OF_STRING, START_OF_STRING, Symbol

Member = str | Symbol
"""A character, or a symbol."""
Entry = tuple[Member, ...]
"""What has one code."""
Alphabet = str | tuple[Any, ...]
PRINTABLE = "\t\n" + "".join(map(chr, range(32, 127)))
"""The characters of plain English text: those of ASCII that can be printed, tab and newline."""
SYMBOLS = (START_OF_STRING, END_OF_STRING, ANY)
EXPECTED = (
    "a string, or a list of strings, START_OF_STRING, END_OF_STRING, ANY, and tuples of these, "
    "which share one code"
)


class Codes(NamedTuple):
    """The codes of an alphabet or a vocabulary; None for what is not in it."""

    places: dict[str, int]
    start: int | None
    end: int | None
    other: int | None
    total: int

    def framed(self, codes: Sequence[int | None]) -> list[int]:
        """The codes of a text between those of its start and its end, where there are such."""
        return [code for code in (self.start, *codes, self.end) if code is not None]


def codes_of(alphabet: Alphabet) -> Codes:
    """The code of each character, counted from 1.

    >>> codes = codes_of(("ab", ("xy", END_OF_STRING)))
    >>> codes.places, codes.end, codes.total
    ({'a': 1, 'b': 2, 'x': 3, 'y': 3}, 3, 3)
    """
    return numbered_codes(entries(alphabet))


def numbered_codes(all_entries: Sequence[Entry]) -> Codes:
    """The codes of entries in order."""
    found = {member: n for n, entry in enumerate(all_entries, 1) for member in entry}
    words = {member: n for member, n in found.items() if isinstance(member, str)}
    start, end, other = (found.get(symbol) for symbol in SYMBOLS)
    return Codes(words, start, end, other, len(all_entries))


def entries(alphabet: Alphabet) -> list[Entry]:
    """What has each code, in order."""
    found: list[Entry] = []
    for part in (alphabet,) if isinstance(alphabet, str) else alphabet:
        if isinstance(part, str):
            found += [(each,) for each in part]
        else:
            found.append(_members(part) if isinstance(part, tuple) else (part,))
    return found


def small(text: str) -> str:
    """A text in small letters, each of them in its place: what has no small letter of one character
    stays.

    >>> small("ÀB"), small("İ")
    ('àb', 'İ')
    """
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)


def as_alphabet(given: object, where: str, *, ignore_case: bool) -> Alphabet:
    """An alphabet in its shortest form. Raises OptionError for what is none.

    ignore_case: whether letters are made small; then those that are there already are left out.

    >>> as_alphabet(["ab", "c", (END_OF_STRING,), ("A", "B")], "", ignore_case=False)
    ('abc', END_OF_STRING, ('AB',))
    >>> as_alphabet("abcABC", "", ignore_case=True)
    'abc'
    """
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, (str, list, tuple)):
        raise fail(
            OptionError,
            Fault("this is no alphabet", at=where, given=brief(given), expected=EXPECTED),
        )
    parts = [given] if isinstance(given, str) else list(given)
    found: list[Entry] = []
    seen: dict[Member, Member] = {}
    faults: list[Fault] = []
    for number, part in enumerate(parts, 1):
        is_shared = isinstance(part, (tuple, list))
        members = _read(part)
        if not members:
            what = "this is no part of an alphabet"
            at = f"{where}, part {number}"
            faults.append(Fault(what, at=at, given=brief(part), expected=EXPECTED))
            continue
        entry: dict[Member, None] = {}
        for member in members:
            low = small(member) if ignore_case and isinstance(member, str) else member
            if low not in seen:
                seen[low] = member
                entry[low] = None
                continue
            # A letter whose other case is there already is no second one.
            if seen[low] == member or (is_shared and low not in entry):
                what, at = "two codes for one character", f"{where}, part {number}"
                faults.append(Fault(what, at=at, given=repr(member)))
        found += [tuple(entry)] if is_shared else [(member,) for member in entry]
    if not faults and not found:
        faults = [Fault("an alphabet without characters", at=where, expected=EXPECTED)]
    if faults:
        raise fail(OptionError, faults)
    return _shortest(found)


def _read(part: object) -> Entry:
    """The members of a part as the user writes it; none for what is no part."""
    parts = part if isinstance(part, (tuple, list)) else (part,)
    known = all(isinstance(each, str) or _is_symbol(each) for each in parts)
    return _members(tuple(parts)) if known else ()


def _is_symbol(part: object) -> bool:
    return isinstance(part, Symbol) and part in SYMBOLS


def _members(part: tuple[Member, ...]) -> Entry:
    """Strings in a part stand for their characters."""
    return tuple(m for each in part for m in (each if isinstance(each, str) else (each,)))


def _shortest(found: Sequence[Entry]) -> Alphabet:
    parts = _joined([each[0] if len(each) == 1 else tuple(_joined(each)) for each in found])
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else tuple(parts)


def _joined(members: Sequence[Any]) -> list[Any]:
    """Members in which strings that follow one another are one."""
    joined: list[Any] = []
    for member in members:
        if isinstance(member, str) and joined and isinstance(joined[-1], str):
            joined[-1] += member
        else:
            joined.append(member)
    return joined
