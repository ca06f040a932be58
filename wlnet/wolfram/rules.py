"""Learning rate multipliers: rules of parts, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.parts import Alternatives, NetSharedArray, Span
from wlnet.core.symbols import ALL, ANY, AUTOMATIC
from wlnet.core.symbols import Symbol as Word
from wlnet.wolfram.expressions import (
    BLANK,
    EVERY,
    NONE,
    Call,
    Expression,
    call,
    is_call,
    is_symbol,
    listed,
    rule,
    rules_of,
)
from wlnet.wolfram.values import Unreadable, read_plain


def rules_told(given: Any) -> Expression:
    """What a net was given for learning_rate_multipliers, as an option's value."""
    if isinstance(given, Mapping):
        return listed(*(rule(part_told(part), _rate(value)) for part, value in given.items()))
    if isinstance(given, list):
        return listed(*(rule(part_told(part), _rate(value)) for part, value in given))
    return _rate(given)


def _rate(value: Any) -> Expression:
    return NONE if value is None else value


def part_told(part: Any) -> Expression:
    """A part as an expression."""
    if isinstance(part, (tuple, list)):
        return listed(*map(part_told, part))
    if part is ANY:
        return BLANK
    if part is ALL:
        return EVERY
    if isinstance(part, Span):
        return call("Span", _end(part.start, 1), _end(part.end, -1))
    if isinstance(part, Alternatives):
        return call("Alternatives", *map(part_told, part.steps))
    if isinstance(part, NetSharedArray):
        return call("NetSharedArray", part_told(part.name))
    return part


def _end(value: Any, alone: int) -> Expression:
    return alone if isinstance(value, Word) else value


def rules_read(value: Expression) -> Any:
    """Rules for learning_rate_multipliers. Raises Unreadable."""
    if is_symbol(value, "Automatic", "None"):
        return AUTOMATIC if is_symbol(value, "Automatic") else None
    pairs = rules_of(value)
    if pairs is not None:
        return [(part_read(part), _rate_read(rate)) for part, rate in pairs]
    return _rate_read(value)


def _rate_read(value: Expression) -> Any:
    found = read_plain(value)
    if found is None or isinstance(found, (int, float)):
        return found
    raise Unreadable("a rate, or None")


def part_read(value: Expression) -> Any:
    """The part of an expression."""
    if is_call(value, "List"):
        return tuple(map(part_read, value.args))
    if is_call(value, "Blank") and not value.args:
        return ANY
    if is_symbol(value, "All"):
        return ANY
    if is_call(value, "Span") and len(value.args) == 2:
        start, end = (
            AUTOMATIC if is_symbol(each, "All") else part_read(each) for each in value.args
        )
        return Span(start, end)
    if is_call(value, "Alternatives"):
        return Alternatives(*map(part_read, value.args))
    if is_call(value, "NetSharedArray", "NetArray") and value.args:
        return NetSharedArray(array_name(value))
    if isinstance(value, (str, int)):
        return value
    raise Unreadable("a part: a name, a position, a span, All or _")


def array_name(value: Call) -> str:
    """The name of a shared array."""
    (first, *_) = value.args
    name = first.get("Name") if isinstance(first, dict) else first
    if not isinstance(name, str) or not name:
        raise Unreadable("a shared array with a name")
    return name
