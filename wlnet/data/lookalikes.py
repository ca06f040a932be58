"""Columns of text that are probably none: numbers among which some cannot be read, and dates.

As categories they would be learned from without a word, and badly.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from wlnet.core.errors import DataError, Fault, brief, fail

INFINITE = re.compile(r" *[+-]?inf(inity)? *", re.IGNORECASE)
NUMBER = re.compile(r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? *")
COMMA = re.compile(r" *[+-]?[0-9]+([. ][0-9]{3})*,[0-9]+ *|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
"""Numbers with a comma, which is that of decimals or one of thousands."""
CODE = re.compile(r" *[+-]?0[0-9]")
"""How codes and telephone numbers begin, which are text."""
DATE = re.compile(r" *[0-9]{4}([-/.])(0?[1-9]|1[0-2])\1(0?[1-9]|[12][0-9]|3[01])([T ].*)?")
MOST_TOLD = 3


def check_lookalike(values: Sequence[str | None], name: str, at: str) -> None:
    """Raise DataError for a column of text of which more than a half are numbers, or dates.

    values: None where one is missing. What is a number throughout is text because somebody made it
    so; and a column with a code in it, such as 01234, is one of codes.
    """
    counts = Counter(value for value in values if value is not None)
    kinds = {value: _kind(value) for value in counts}

    def share(*wanted: str) -> int:
        return sum(count for value, count in counts.items() if kinds[value] in wanted)

    total = counts.total()
    nominal = f'feature_types={{{name!r}: "Nominal"}}, if these are categories'
    if 2 * share("date") > total:
        dates = _told(values, lambda value: kinds[value] == "date", 1)
        fix = f"make numbers of it first, such as frame[{name!r}].dt.dayofyear; or {nominal}"
        raise fail(DataError, Fault("a column of dates", at=at, given=dates, fix=fix))
    if share("code") or share("number") == total or 2 * share("number", "comma") <= total:
        return
    given = _told(values, lambda value: kinds[value] != "number", MOST_TOLD)
    if share("number", "comma") == total:
        what = "a column of numbers with commas, which may stand for decimals or for thousands"
        fix = f'pandas.read_csv(file, sep=";", decimal=","), which gives a frame; or {nominal}'
    else:
        what = "a column of numbers in which some fields are none"
        fix = f"leave the field empty where a number is missing; or {nominal}"
    raise fail(DataError, Fault(what, at=at, given=given, fix=fix))


def _kind(value: str) -> str:
    if CODE.match(value) and not COMMA.fullmatch(value) and not DATE.fullmatch(value):
        return "code"
    if NUMBER.fullmatch(value) or INFINITE.fullmatch(value):
        return "number"
    if COMMA.fullmatch(value):
        return "comma"
    return "date" if DATE.fullmatch(value) else "other"


def _told(values: Sequence[str | None], is_odd: Callable[[str], bool], most: int) -> str:
    odd = [
        (row, value) for row, value in enumerate(values, 1) if value is not None and is_odd(value)
    ]
    told = ", ".join(f"{brief(value)} in row {row}" for row, value in odd[:most])
    return f"{told}, and {len(odd) - most:,} more" if len(odd) > most else told
