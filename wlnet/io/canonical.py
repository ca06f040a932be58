"""JSON in its one canonical spelling: sorted keys, no spaces, ASCII; anything else is refused.

One value has one text, so one net has one file, and a text that was touched is known by its looks.
"""

from __future__ import annotations

import json
import re
from typing import Any

from wlnet.core.errors import Fault, FormatError, WlnetError, fail

DEEPEST = 400
"""Brackets in brackets: enough for the deepest net with the deepest formula; Python parses it."""

# A string, open or closed, in one bite: no text makes this search take more than one pass.
_MARKS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)


def dumped(value: Any) -> str:
    """
    >>> dumped({"b": [1, None], "a": "é"})
    '{"a":"\\\\u00e9","b":[1,null]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parsed(text: str, at: str) -> Any:
    """The value of any JSON text without double keys, NaN, or endless brackets, or FormatError."""
    _check_depth(text, at)
    try:
        return json.loads(text, object_pairs_hook=_table, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        # A JSONDecodeError would show the text, which may be long and is not for reading.
        raise refused(f"this is not JSON as it was written: {error}"[:300], at=at) from None


def read(text: str, at: str) -> Any:
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


def refused(what: str, **words: Any) -> WlnetError:
    """The error for a file that is not what it should be."""
    return fail(FormatError, Fault(what, **words))


def shown(value: object) -> str:
    """A few words of a foreign value for a message; cut before it is made into text."""
    if isinstance(value, str):
        return repr(value[:60]) + ("..." if len(value) > 60 else "")
    if value is None or isinstance(value, (bool, float)):
        return repr(value)
    if isinstance(value, int):
        return repr(value) if value.bit_length() < 200 else "a huge integer"
    if isinstance(value, (list, dict)):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    return type(value).__name__


def _check_depth(text: str, at: str) -> None:
    depth = 0
    for mark in _MARKS.finditer(text):
        first = mark[0][0]
        depth += (first in "[{") - (first in "]}")
        if depth > DEEPEST:
            raise refused("brackets in brackets without end", at=at, expected=f"at most {DEEPEST}")


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return table


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
