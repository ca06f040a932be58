"""Values of parameters and parts of rules as JSON, and back: a closed set, nothing else comes in.

None, truth values, numbers and strings stand for themselves and a tuple is a list. All else is an
object with one key that says what it is: {"Symbol": "ALL"}, {"Span": [1, -1]},
{"Alternatives": [...]}, {"NetPort": [...]}, {"NetSharedArray": "w"}, {"List": [...]},
{"Expression": [...]}.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wlnet.core.errors import brief
from wlnet.core.parts import Alternatives, NetPort, NetSharedArray, Span
from wlnet.core.symbols import ALL, ANY, AUTOMATIC, Symbol
from wlnet.graph.expression import Expression
from wlnet.io.canonical import refused, shown

SYMBOLS = {symbol.name: symbol for symbol in (ALL, ANY, AUTOMATIC)}
DEEPEST = 40
"""Values in values; a formula counts as one, it has a limit of its own."""
LARGEST = 2**63 - 1
LONGEST = 200
"""Letters of a name: what looks for a misspelt one takes its time with long ones."""


def written(value: Any, at: str, depth: int = 0) -> Any:
    """A value as JSON holds it. Raises FormatError for what a file cannot hold.

    >>> written((1, Span(2)), "a part")
    [1, {'Span': [2, {'Symbol': 'AUTOMATIC'}]}]
    """
    if depth > DEEPEST:
        raise refused("a value is nested too deep for a file", at=at, expected=f"at most {DEEPEST}")
    if value is None or isinstance(value, (bool, str)):
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, (int, np.integer)) and abs(int(value)) <= LARGEST:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)

    def several(values: Any) -> list[Any]:
        return [written(each, at, depth + 1) for each in values]

    if isinstance(value, tuple):
        return several(value)
    if isinstance(value, list):
        return {"List": several(value)}
    if isinstance(value, Symbol):
        return {"Symbol": value.name}
    if isinstance(value, Span):
        return {"Span": several((value.start, value.end))}
    if isinstance(value, Alternatives):
        return {"Alternatives": several(value.steps)}
    if isinstance(value, NetPort):
        return {"NetPort": several(value.path)}
    if isinstance(value, NetSharedArray):
        return {"NetSharedArray": written(value.name, at, depth + 1)}
    if isinstance(value, Expression):
        return {"Expression": value.to_record()}
    raise refused(
        "this value cannot be written to a file",
        at=at,
        given=brief(value),
        expected="numbers, strings, truth values, parts, formulas, and tuples of these",
    )


def read(record: Any, at: str, depth: int = 0) -> Any:
    """The value of a record; raises FormatError for anything that `written` does not write.

    >>> read({"NetSharedArray": "w"}, "a part")
    NetSharedArray('w')
    """
    if depth > DEEPEST:
        raise refused("a value is nested too deep", at=at, expected=f"at most {DEEPEST}")
    if record is None or type(record) is bool:
        return record
    if type(record) is str and len(record) <= LONGEST:
        return record
    if type(record) is int and abs(record) <= LARGEST:
        return record
    if type(record) is float and math.isfinite(record):
        return record
    if type(record) is list:
        return tuple(read(each, at, depth + 1) for each in record)
    if type(record) is dict and len(record) == 1:
        ((tag, inner),) = record.items()
        if tag == "Expression":
            return Expression.from_record(inner)
        if tag in _TAGS:
            return _TAGS[tag](read(inner, at, depth + 1))
    raise refused("a value that no net holds", at=at, given=shown(record))


def _symbol(name: Any) -> Symbol:
    if not isinstance(name, str) or name not in SYMBOLS:
        raise refused("an unknown symbol", given=shown(name), known=SYMBOLS)
    return SYMBOLS[name]


def _tuple(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise refused("a list was expected", given=shown(value))
    return value


def _span(ends: Any) -> Span:
    start, end = _tuple(ends)
    return Span(start, end)


_TAGS: dict[str, Callable[[Any], Any]] = {
    "Symbol": _symbol,
    "List": lambda value: list(_tuple(value)),
    "Span": _span,
    "Alternatives": lambda value: Alternatives(*_tuple(value)),
    "NetPort": lambda value: NetPort(*_tuple(value)),
    "NetSharedArray": NetSharedArray,
}
