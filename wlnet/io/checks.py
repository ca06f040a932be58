"""Checks of what a record says, on the way back: everything that is not as written is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from wlnet.core.records import Json, Table, refused, shown

T = TypeVar("T")
LARGEST = 2**63 - 1


def table_of(value: Json, keys: set[str], at: str) -> Table:
    """The value, if it is an object with just these keys. Raises FormatError."""
    if type(value) is not dict or value.keys() != keys:
        given = ", ".join(map(shown, list(value)[:12])) if type(value) is dict else shown(value)
        raise refused(
            "other entries than were expected", at=at, given=given, expected=", ".join(sorted(keys))
        )
    return value


def list_of(value: Json, at: str, count: int | None = None) -> list[Json]:
    """The value, if it is a list, of so many if that is said. Raises FormatError."""
    if type(value) is not list or (count is not None and len(value) != count):
        expected = "a list" if count is None else f"a list of {count}"
        raise refused("a list was expected", at=at, given=shown(value), expected=expected)
    return value


def pairs_of(value: Json, at: str) -> list[tuple[Json, Json]]:
    """The value, if it is a list of pairs. Raises FormatError."""
    if type(value) is not list or not all(type(pair) is list and len(pair) == 2 for pair in value):
        raise refused("a list of pairs was expected", at=at, given=shown(value))
    return [(pair[0], pair[1]) for pair in value if type(pair) is list]


def whole_of(value: Json, at: str, least: int = 0, most: int = LARGEST) -> int:
    """The value, if it is a whole number within these. Raises FormatError."""
    if type(value) is not int or not least <= value <= most:
        expected = f"a whole number from {least} to {most}"
        raise refused("a number was expected", at=at, given=shown(value), expected=expected)
    return value


def text_of(value: Json, at: str) -> str:
    """The value, if it is a string. Raises FormatError."""
    if type(value) is not str:
        raise refused("a string was expected", at=at, given=shown(value))
    return value


def sha256_of(value: Json, at: str) -> str:
    """The value, if it is a SHA-256, or how many examples there are. Raises FormatError."""
    text = text_of(value, at)
    if not re.fullmatch(r"[0-9a-f]{64}|[0-9]{1,20} examples", text, re.ASCII):
        raise refused("a SHA-256 was expected", at=at, given=shown(text))
    return text


def maybe(value: Json, read: Callable[[Json], T]) -> T | None:
    """None, or what is read of any other value."""
    return None if value is None else read(value)
