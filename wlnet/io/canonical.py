"""JSON in its one canonical spelling: sorted keys, no spaces, ASCII; anything else is refused.

One value has one text, so one net has one file, and a text that was touched is known by its looks.
"""

from __future__ import annotations

import json
import re

from wlnet.core.records import Json, Table, refused

DEEPEST = 400
"""Brackets in brackets: enough for the deepest net with the deepest formula; Python parses it."""

# A string, open or closed, in one bite: no text makes this search take more than one pass.
_MARKS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)


def dumped(value: object) -> str:
    """
    >>> dumped({"b": [1, None], "a": "é"})
    '{"a":"\\\\u00e9","b":[1,null]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parsed(text: str, at: str) -> Json:
    """The value of any JSON text without double keys, NaN, or endless brackets, or FormatError."""
    _check_depth(text, at)
    try:
        value: Json = json.loads(text, object_pairs_hook=_table, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        # A JSONDecodeError would show the text, which may be long and is not for reading.
        raise refused(f"this is not JSON as it was written: {error}"[:300], at=at) from None
    return value


def read(text: str, at: str) -> Json:
    """The value of a canonical text; any other spelling of it raises FormatError too."""
    value = parsed(text, at)
    try:
        spelled = dumped(value)
    except ValueError:
        # A number such as 1e999, which no float holds.
        spelled = ""
    if spelled != text:
        raise refused(
            "the text is not in its canonical form", at=at, expected="sorted keys, no spaces, ASCII"
        )
    return value


def _check_depth(text: str, at: str) -> None:
    depth = 0
    for mark in _MARKS.finditer(text):
        first = mark[0][0]
        depth += (first in "[{") - (first in "]}")
        if depth > DEEPEST:
            raise refused("brackets in brackets without end", at=at, expected=f"at most {DEEPEST}")


def _table(pairs: list[tuple[str, Json]]) -> Table:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return table


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
