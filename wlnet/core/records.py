"""Values as JSON holds them, and back: a closed set, nothing else comes in.

None, truth values, numbers and strings stand for themselves, and a tuple is a list. All else is an
object whose keys say what it is, such as {"Symbol": "ALL"}: a `Form`. Which forms there are is said
by whoever writes: io/plain.py for nets, coders/record.py for coders.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, Unpack

import numpy as np

from wlnet.core.errors import Fault, FormatError, Words, brief, fail
from wlnet.core.symbols import Symbol

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Table: TypeAlias = dict[str, Json]
"""An object of JSON."""


def refused(what: str, *, at: str | None = None, **words: Unpack[Words]) -> FormatError:
    """The error for a file that is not what it should be, or for what a file cannot hold."""
    return fail(FormatError, Fault(what, at, **words))


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


class Form(NamedTuple):
    """How values of a class stand in JSON: as an object with these keys."""

    keys: frozenset[str]
    of: type
    write: Callable[[Any, Callable[[object], Json]], Table]
    """The object of a value, by a function that writes what is in it."""
    read: Callable[[Table, Callable[[Json], object]], object]
    """The value of an object, by a function that reads what is in it."""


def form(key: str, of: type, parts: Callable[[Any], object], made: Callable[[Any], object]) -> Form:
    """The form of one key: what stands under it is written and read as any other value.

    >>> form("Set", frozenset, lambda value: tuple(sorted(value)), frozenset).write({2, 1}, list)
    {'Set': [1, 2]}
    """
    return Form(
        frozenset({key}),
        of,
        lambda value, write: {key: write(parts(value))},
        lambda table, read: made(read(table[key])),
    )


def symbols(*known: Symbol) -> Form:
    """The form of a few symbols."""
    names = {symbol.name: symbol for symbol in known}

    def made(name: object) -> Symbol:
        if not isinstance(name, str) or name not in names:
            raise refused("an unknown symbol", given=shown(name), known=names)
        return names[name]

    return form("Symbol", Symbol, lambda symbol: symbol.name, made)


@dataclass(frozen=True)
class Codec:
    """Writes and reads values of these forms.

    deepest: how deep values stand in values at most. expected: for messages, what can be written.
    largest: the largest whole number, longest: the letters of the longest string that is read.
    worth: what stands for a value that has a class of its own. without_code: what to do instead of
    saving a function.

    >>> codec = Codec((symbols(Symbol("ALL")),), deepest=2, expected="numbers")
    >>> codec.written((1, Symbol("ALL")), "here")
    [1, {'Symbol': 'ALL'}]
    >>> codec.read([1, {"Symbol": "ALL"}], "here")
    (1, ALL)
    """

    forms: Sequence[Form]
    deepest: int
    expected: str
    largest: int | None = None
    longest: int | None = None
    worth: Callable[[object], object] = field(default=lambda value: value)
    without_code: str = "take the coder off the port before saving, and call the function yourself"

    def written(self, value: object, at: str, depth: int = 0) -> Json:
        """A value as JSON holds it. Raises FormatError for what a file cannot hold."""
        if depth > self.deepest:
            expected = f"at most {self.deepest} deep"
            raise refused("a value is nested too deep for a file", at=at, expected=expected)
        value = self.worth(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return str(value)
        if isinstance(value, (int, np.integer)) and self._is_held(int(value)):
            return int(value)
        if isinstance(value, float) and math.isfinite(value):
            return float(value)

        def write(part: object) -> Json:
            return self.written(part, at, depth + 1)

        if isinstance(value, tuple):
            return [write(part) for part in value]
        for form in self.forms:
            if isinstance(value, form.of):
                return form.write(value, write)
        if callable(value):
            raise refused(
                "a function cannot be saved: a file holds no code",
                at=at,
                given=brief(value),
                fix=self.without_code,
            )
        raise refused(
            "this value cannot be written to a file",
            at=at,
            given=brief(value),
            expected=self.expected,
        )

    def read(self, record: Json, at: str, depth: int = 0) -> object:
        """The value of a record; raises FormatError for anything that `written` does not write."""
        if depth > self.deepest:
            raise refused(
                "a value is nested too deep", at=at, expected=f"at most {self.deepest} deep"
            )
        if record is None or type(record) is bool:
            return record
        if type(record) is str and (self.longest is None or len(record) <= self.longest):
            return record
        if type(record) is int and self._is_held(record):
            return record
        if type(record) is float and math.isfinite(record):
            return record

        def read(part: Json) -> object:
            return self.read(part, at, depth + 1)

        if type(record) is list:
            return tuple(map(read, record))
        if type(record) is dict:
            for form in self.forms:
                if record.keys() == form.keys:
                    return form.read(record, read)
        raise refused("a value that no file of wlnet holds", at=at, given=shown(record))

    def _is_held(self, number: int) -> bool:
        return self.largest is None or abs(number) <= self.largest
