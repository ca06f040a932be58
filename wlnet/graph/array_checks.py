"""What the settings of an operation in a formula of arrays may be: ValueError for anything else.

A file holds them, so nothing of them is taken on trust.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from wlnet.core.shapes import LARGEST, MOST_LEVELS
from wlnet.graph.folds import FOLDS

Check = Callable[[Any], None]
MOST_NUMBERS = 10_000
"""Numbers of a constant: more are an array of the net, which can learn, and is stored as one."""


def _need(fits: bool, expected: str) -> None:
    if not fits:
        raise ValueError(expected)


def _whole(value: Any) -> bool:
    return type(value) is int and abs(value) <= LARGEST


def nothing(at: Any) -> None:
    """No settings."""
    _need(at is None, "no settings")


def product(at: Any) -> None:
    """Of which arrays it is: None for NumPy's matmul, "flat" for its dot, of two axes at most."""
    _need(at in (None, "flat"), 'None, or "flat"')


def axis(at: Any) -> None:
    """One axis."""
    _need(_whole(at), "an axis")


def axes(at: Any) -> None:
    """Some axes, or all."""
    fits = at is None or (isinstance(at, tuple) and len(at) <= MOST_LEVELS and all(map(_whole, at)))
    _need(fits, "axes, or None for all of them")


def aggregation(at: Any) -> None:
    """A fold, its axes, and whether they stay with size 1."""
    _need(isinstance(at, tuple) and len(at) == 3, "a function, axes, and whether they stay")
    _need(isinstance(at[0], str) and at[0] in FOLDS, f"a function of {', '.join(FOLDS)}")
    axes(at[1])
    _need(type(at[2]) is bool, "whether axes stay")


def order(at: Any) -> None:
    """How axes move: ("axes", ...), ("swap", i, j), or ("move", from, to)."""
    _need(isinstance(at, tuple) and at[:1] in (("axes",), ("swap",), ("move",)), "an order of axes")
    axes(at[1:])
    _need(at[0] == "axes" or len(at) == 3, "two axes")


def sizes(at: Any) -> None:
    """Sizes; -1 for what is left, None for one that is worked out."""
    fits = isinstance(at, tuple) and len(at) <= MOST_LEVELS
    fits = fits and all(n is None or (_whole(n) and (n > 0 or n == -1)) for n in at)
    _need(fits and at.count(-1) <= 1, "positive sizes, one of which may be -1")


def index(at: Any) -> None:
    """Entries of an index: integers, ("slice", start, stop, step), "new", "rest"."""
    _need(isinstance(at, tuple) and len(at) <= MOST_LEVELS, "an index")
    for entry in at:
        if isinstance(entry, tuple):
            ends = entry[1:]
            fits = entry[:1] == ("slice",) and len(ends) == 3 and ends[2] != 0
            _need(fits and all(end is None or _whole(end) for end in ends), "a slice")
        else:
            _need(_whole(entry) or entry in ("new", "rest"), "an integer, or a slice")
    _need(at.count("rest") <= 1, "one ... at most")


def counting(at: Any) -> None:
    """An axis, and what is added to an index that it counts from 0."""
    _need(isinstance(at, tuple) and len(at) == 2 and all(map(_whole, at)), "an axis and an offset")


def einsum(at: Any) -> None:
    """A formula of einsum in letters, each at most once an operand, with its result."""
    _need(isinstance(at, str) and len(at) <= 200 and at.count("->") == 1, "'ij,jk->ik'")
    given, _, result = at.partition("->")
    for letters in (*given.split(","), result):
        fits = all(letter.isascii() and letter.isalpha() for letter in letters)
        _need(fits and len(set(letters)) == len(letters), "letters, each once an operand")
    _need(set(result) <= set(given), "letters of the result that operands have")


def number(at: Any) -> None:
    """A number."""
    _need(type(at) is float and math.isfinite(at), "a finite number")


def constant(at: Any) -> None:
    """A shape and its numbers."""
    _need(isinstance(at, tuple) and len(at) == 2, "a shape and numbers")
    shape, numbers = at
    fits = isinstance(shape, tuple) and len(shape) <= MOST_LEVELS
    _need(fits and all(_whole(size) and size > 0 for size in shape), "a shape")
    _need(isinstance(numbers, tuple) and len(numbers) <= MOST_NUMBERS, f"{MOST_NUMBERS} numbers")
    _need(len(numbers) == math.prod(shape), "as many numbers as the shape has")
    for each in numbers:
        number(each)
