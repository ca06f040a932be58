"""Values of parameters as expressions, and back. A kind of value is a pair of functions.

What is read may be wrapped in ValidatedParameter, as nets that were saved have it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.wolfram.expressions import (
    AUTO,
    EVERY,
    FALSE,
    NONE,
    TRUE,
    Call,
    Expression,
    Symbol,
    call,
    is_call,
    is_symbol,
    listed,
    rule,
    rules_of,
)


class Unreadable(Exception):
    """An expression that is no value of this kind; its words say what it would be."""


class Value(NamedTuple):
    """How values of a parameter stand in expressions."""

    told: Callable[[Any], Expression]
    read: Callable[[Expression], Any]


def plain(value: Any) -> Expression:
    """A value as an expression: tuples are lists."""
    if value is None:
        return NONE
    if value is True or value is False:
        return TRUE if value else FALSE
    if value is AUTOMATIC:
        return AUTO
    if value is ALL:
        return EVERY
    if isinstance(value, tuple):
        return listed(*map(plain, value))
    return value


WORDS = {"None": None, "True": True, "False": False, "Automatic": AUTOMATIC, "All": ALL}


def read_plain(value: Expression) -> Any:
    """The value of an expression; lists are tuples. Raises Unreadable."""
    if isinstance(value, Symbol):
        if value.name in WORDS:
            return WORDS[value.name]
        raise Unreadable("a number, a string, a list of such, None, True, False or Automatic")
    if is_call(value, "List"):
        return tuple(map(read_plain, value.args))
    if is_call(value, "Rational"):
        return rational(value)
    if isinstance(value, np.ndarray) and value.size <= 10_000:
        return _tuples(value)
    if isinstance(value, (int, float, str)):
        return value
    raise Unreadable("a number, a string, a list of such, None, True, False or Automatic")


def rational(value: Call) -> float:
    """A quotient of integers. Raises Unreadable."""
    match value.args:
        case (int(above), int(below)) if below and max(abs(above), abs(below)) < 2**1000:
            return above / below
    raise Unreadable("a quotient of integers")


def _tuples(array: np.ndarray) -> Any:
    if array.ndim == 0:
        number = float(array)
        return int(number) if number.is_integer() else number
    return tuple(_tuples(row) for row in array)


PLAIN = Value(plain, read_plain)


def _number(value: Expression) -> Any:
    found = read_plain(value)
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _symbol_told(value: Any) -> Expression:
    return Symbol(value) if isinstance(value, str) else plain(value)


def _symbol_read(value: Expression) -> Any:
    if isinstance(value, Symbol):
        return WORDS.get(value.name, value.name) if value.name != "All" else "All"
    return read_plain(value)


SYMBOL = Value(_symbol_told, _symbol_read)
"""A name that is a symbol there: Max, Mean."""


def _depth_read(value: Expression) -> Any:
    # Saved nets have Infinity for all levels.
    return "All" if _is_infinite(value) else _symbol_read(value)


def _is_infinite(value: Expression) -> bool:
    return is_symbol(value, "Infinity") or is_call(value, "DirectedInfinity")


DEPTH = Value(_symbol_told, _depth_read)
"""How many levels are joined."""


def _sizes_told(value: Any) -> Expression:
    if isinstance(value, tuple) and len(value) == 1:
        return plain(value[0])
    return plain(value)


SIZES = Value(_sizes_told, read_plain)
"""A list of sizes; one alone stands without braces."""


def span_told(value: Any) -> Expression:
    """A level, or "2;;-1", as an expression."""
    if isinstance(value, str) and ";;" in value:
        ends = [int(each) for each in value.split(";;")]
        ends = ends[:2] if ends[2:] == [1] else ends
        return call("Span", *ends)
    return plain(value)


def span_read(value: Expression) -> Any:
    """A level, or a span as wlnet keeps it."""
    if is_call(value, "Span") and 2 <= len(value.args) <= 3:
        start, *rest = [_end(each, at) for at, each in zip((1, -1, 1), value.args, strict=False)]
        return ";;".join(map(str, (start, *rest)))
    return read_plain(value)


def _end(value: Expression, alone: int) -> int:
    if is_symbol(value, "All"):
        return alone
    found = _number(value)
    if type(found) is not int:
        raise Unreadable("a span of positions")
    return found


def _levels_told(value: Any) -> Expression:
    if isinstance(value, tuple):
        return span_told(value[0]) if len(value) == 1 else listed(*map(span_told, value))
    return span_told(value)


def _levels_read(value: Expression) -> Any:
    if is_call(value, "List"):
        return tuple(map(span_read, value.args))
    if is_symbol(value, "All"):
        return ALL
    return span_read(value)


LEVELS = Value(_levels_told, _levels_read)


def _part_read(value: Expression) -> Any:
    parts = value.args if is_call(value, "List") else (value,)
    return tuple(map(span_read, parts))


PART = Value(_levels_told, _part_read)


def _dropout_told(value: Any) -> Expression:
    if isinstance(value, tuple):
        return listed(*(rule(name, chance) for name, chance in value))
    return plain(value)


def _dropout_read(value: Expression) -> Any:
    pairs = rules_of(value)
    if pairs:
        return {str(name): read_plain(chance) for name, chance in pairs}
    found = read_plain(value)
    return None if found in ((), 0, 0.0) else found


DROPOUT = Value(_dropout_told, _dropout_read)


def _permutation_told(value: Any) -> Expression:
    if value and isinstance(value[0], tuple):
        swaps = [call("TwoWayRule", *pair) for pair in value]
        return swaps[0] if len(swaps) == 1 else listed(*swaps)
    return plain(value)


def _permutation_read(value: Expression) -> Any:
    several = value.args if is_call(value, "List") else (value,)
    if all(is_call(each, "TwoWayRule", "Rule") for each in several):
        return tuple(tuple(map(_number, each.args)) for each in several)
    return read_plain(value)


PERMUTATION = Value(_permutation_told, _permutation_read)


def _scaled_told(value: Any) -> Expression:
    def one(size: Any) -> Expression:
        if isinstance(size, tuple):
            return call("Scaled", size[1])
        return Symbol(size) if isinstance(size, str) else size

    return listed(*map(one, value))


def _scaled_read(value: Expression) -> Any:
    def one(size: Expression) -> Any:
        if is_call(size, "Scaled") and len(size.args) == 1:
            return ("Scaled", float(read_plain(size.args[0])))
        return "All" if is_symbol(size, "All") else read_plain(size)

    return tuple(map(one, value.args)) if is_call(value, "List") else (one(value),)


SCALED = Value(_scaled_told, _scaled_read)


def _dimensions_told(value: Any) -> Expression:
    return listed(*(Symbol(size) if isinstance(size, str) else size for size in value))


def _dimensions_read(value: Expression) -> Any:
    if not is_call(value, "List"):
        return read_plain(value)
    return tuple(each.name if isinstance(each, Symbol) else _number(each) for each in value.args)


DIMENSIONS = Value(_dimensions_told, _dimensions_read)


def _margins_told(value: Any) -> Expression:
    return listed(*(listed(*pair) for pair in value))


MARGINS = Value(_margins_told, read_plain)


def _distribution_told(value: Any) -> Expression:
    kind, *numbers = value
    if kind == "Uniform":
        return call("UniformDistribution", listed(*numbers))
    return call(f"{kind}Distribution", *numbers)


def _distribution_read(value: Expression) -> Any:
    if not (isinstance(value, Call) and value.name.endswith("Distribution")):
        raise Unreadable("a distribution such as NormalDistribution[0, 1]")
    args = value.args[0].args if value.args and is_call(value.args[0], "List") else value.args
    return (value.name.removesuffix("Distribution"), *map(read_plain, args))


DISTRIBUTION = Value(_distribution_told, _distribution_read)


def _maximum_told(value: Any) -> Expression:
    return Symbol("Infinity") if value is None else value


def _maximum_read(value: Expression) -> Any:
    return None if _is_infinite(value) else _number(value)


MAXIMUM = Value(_maximum_told, _maximum_read)


def unwrapped(value: Expression) -> Expression:
    """A value without the ValidatedParameter that nets keep around it."""
    while is_call(value, "ValidatedParameter") and len(value.args) == 1:
        value = value.args[0]
    return value
