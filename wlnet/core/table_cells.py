"""How the values of a table become text: a kind of column is a row here.

A cell of text is a tuple of items: most have one; where there are several, each may stand on a line
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wlnet.core.parts import Path, key_text, path_text
from wlnet.core.shapes import Partial
from wlnet.core.speeds import exact_text, rate_text
from wlnet.core.symbols import Symbol
from wlnet.core.terminal import in_one_line

Cell = tuple[str, ...]
Folded = Literal["same", "sum", "range", "any"]
"""What a column tells of several rows that are folded into one.

same: rows are only folded where their values are equal. sum: of the numbers. range: from the lowest
number to the highest. any: up to two values, or how many there are.
"""
NOTHING = "-"
"""Where there is no value."""
NET = "the net"
"""How the path () is called where something is set."""
FEW = 2
"""Values of a folded row that are written out."""
LEAST_SHARE, MOST_PERCENT = 5e-6, 1e6
"""What is less or more is written with a power of ten."""


@dataclass(frozen=True)
class Kind:
    """A kind of columns. text: of a value that is not None, one item or several. is_number: set to
    the right, and never broken. plain: the value as records have it. relative: the value as it is
    seen from a part of a net, so that parts can be compared. end: the text of an end of a range;
    that of the value if None."""

    text: Callable[[Any], str | Cell]
    is_number: bool = False
    plain: Callable[[Any], Any] = lambda value: value
    relative: Callable[[Any, Path], Any] = lambda value, at: value
    end: Callable[[Any], str] | None = None


def shape_words(shape: Partial) -> str:
    """
    >>> shape_words((40, 64)), shape_words(()), shape_words((3, None)), shape_words(None)
    ('40x64', 'scalar', '3x?', '?')
    """
    if shape is None:
        return "?"
    return "x".join("?" if size is None else str(size) for size in shape) or "scalar"


def share_text(share: float) -> str:
    """
    >>> share_text(0.0012), share_text(0.5), share_text(1234.5), share_text(2.1e20)
    ('0.120%', '50.0%', '123,450%', '2.1e+22 %')
    """
    if share < 0.1:
        return f"{share:.3%}" if share == 0 or share >= LEAST_SHARE else end_text(share)
    return f"{share:.1%}" if share < 10 else end_text(share)


def end_text(share: float) -> str:
    """A share in few digits, as the ends of a range are told.

    >>> end_text(0.0012), end_text(15.0), end_text(1e-9), end_text(1e20)
    ('0.12%', '1,500%', '1e-07 %', '1e+22 %')
    """
    percent = 100 * share
    text = f"{percent:,.0f}" if 100 <= percent < MOST_PERCENT else f"{percent:.2g}"
    return f"{text} %" if "e" in text else f"{text}%"


def rates_text(rates: Sequence[float]) -> str:
    """The rates of phases, one behind the other; the word where there is only one.

    >>> rates_text((0.0, 0.5, 1.0)), rates_text((0.5,))
    ('0 -> 0.5 -> 1', '0.5 slowed')
    """
    return " -> ".join(map(exact_text, rates)) if len(rates) > 1 else rate_text(*rates)


def count_text(count: int | Symbol) -> str:
    """
    >>> count_text(12345)
    '12,345'
    """
    return str(count) if isinstance(count, Symbol) else f"{count:,}"


def amount_text(amount: float | str) -> str:
    """Three digits, or all of those before the point.

    >>> amount_text(0.01234), amount_text(12.345), amount_text(12345.6), amount_text(12345)
    ('0.0123', '12.3', '12,346', '12,345')
    """
    if isinstance(amount, str):
        return amount
    is_long = isinstance(amount, int) or abs(amount) >= 999.5
    return f"{amount:,.0f}" if is_long else f"{amount:#.3g}".rstrip(".")


def place_text(place: Path | str) -> str:
    """Where something was set: in a part of a net, or what the text says.

    >>> place_text(()), place_text(("block", 2)), place_text("net_train")
    ('the net', 'block/2', 'net_train')
    """
    return place if isinstance(place, str) else path_text(place) or NET


def _placed(told: tuple[str, Path | str | None]) -> str:
    words, place = told
    return words if place is None else f"{words} ({place_text(place)})"


def _seen_from(place: Path | str | None, at: Path) -> object:
    if not isinstance(place, tuple) or not at or place[: len(at)] != at:
        return place
    return "inside", place[len(at) :]


def value_text(value: object) -> str:
    """Any value in a few words.

    >>> value_text(["Input", "Target"]), value_text(1234567), value_text([])
    ('Input, Target', '1,234,567', '-')
    """
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value)) or NOTHING
    return f"{value:,}" if type(value) is int else str(value)


KINDS = {
    "key": Kind(key_text),
    "part": Kind(lambda path: path_text(path) or NOTHING),
    "text": Kind(str),
    "texts": Kind(tuple),
    "place": Kind(place_text, plain=place_text, relative=_seen_from),
    "placed": Kind(
        lambda told: tuple(map(_placed, told)),
        plain=lambda told: tuple(map(_placed, told)),
        relative=lambda told, at: tuple((words, _seen_from(where, at)) for words, where in told),
    ),
    "shape": Kind(shape_words),
    "shapes": Kind(lambda shapes: tuple(map(shape_words, shapes))),
    "rate": Kind(rate_text),
    "rates": Kind(rates_text),
    "count": Kind(count_text, is_number=True),
    "number": Kind(
        lambda number: f"{number:.4g}", is_number=True, end=lambda number: f"{number:.3g}"
    ),
    "amount": Kind(amount_text, is_number=True),
    "share": Kind(share_text, is_number=True, end=end_text),
    "value": Kind(value_text),
}
"""Kinds of columns by name.

key: of an array. part: the path of a layer. place: where a rule was set. placed: texts, each with
the place where it was set, or None. shapes: several. rates: of phases, one after the other.
share: of 1. amount: of something that is counted or measured.
"""


@dataclass(frozen=True)
class Column:
    """A column: its name, the kind of its values (a row of KINDS), what is told of folded rows."""

    name: str
    kind: str = "text"
    folded: Folded = "same"

    @property
    def is_number(self) -> bool:
        return KINDS[self.kind].is_number


def cell(kind: str, value: object) -> Cell:
    """The text of a value."""
    text = NOTHING if value is None else KINDS[kind].text(value)
    items = tuple(map(in_one_line, (text,) if isinstance(text, str) else text))
    return items or (NOTHING,)


def folded_cell(kind: str, folded: Folded, values: Sequence[Any], name: str = "value") -> Cell:
    """The text of the values of several rows, by the name of their column.

    >>> folded_cell("number", "range", [0.5, 3.0, None]), folded_cell("count", "sum", [1000, 500])
    (('0.5..3',), ('1,500',))
    >>> folded_cell("shape", "any", [(1,), (2,), (3,)], "shape")
    ('3 shapes',)
    """
    texts = list(dict.fromkeys(cell(kind, value) for value in values))
    numbers = [value for value in values if value is not None and not isinstance(value, Symbol)]
    if folded == "sum" and len(numbers) == len(values):
        return cell(kind, sum(numbers))
    if len(texts) == 1:
        return texts[0]
    if folded == "range" and numbers:
        text = KINDS[kind].end or KINDS[kind].text
        ends = [str(text(end)) for end in (min(numbers), max(numbers))]
        return ("..".join(dict.fromkeys(ends)),)
    if folded == "same" and kind == "place":
        return (spanned([value for value in values if isinstance(value, tuple)]),)
    if folded == "same" and kind == "placed":
        return tuple(
            f"{told[0][0]} ({spanned([where for _, where in told])})"
            if len(set(told)) > 1
            else in_one_line(_placed(told[0]))
            for told in zip(*values, strict=True)
        )
    if len(texts) <= FEW:
        return tuple(item for text in texts for item in text)
    return (f"{len(texts):,} {name}s",)


def spanned(paths: Sequence[Path]) -> str:
    """Paths that differ in the numbers or names of parts, from the first to the last.

    >>> spanned([("block1", "read"), ("block2", "read"), ("block3", "read")])
    'block1;;block3/read'
    """
    steps = [
        str(of_each[0]) if len(set(of_each)) == 1 else f"{of_each[0]};;{of_each[-1]}"
        for of_each in zip(*paths, strict=True)
    ]
    return in_one_line("/".join(steps)) or NET
