"""How the examples of a call are cut into pieces, each of which one run of a program does.

A program is planned for a number of rows, which takes milliseconds, where to run it takes
microseconds. So there are programs for a few numbers of rows alone, and the last examples of a call
are filled up with copies of the very last one, as far as a program has more rows than there are
examples. What comes of an example does not depend on those beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

EXACT = 4
"""Rows are counted in so many binary digits: all counts up to 16 have programs of their own, those
above have eight between a power of two and the next. So at most every ninth row is a copy."""


class Piece(NamedTuple):
    """The examples from start to stop, done by a program of so many rows."""

    start: int
    stop: int
    rows: int

    @property
    def is_filled_up(self) -> bool:
        """Whether the program has more rows than there are examples."""
        return self.stop - self.start < self.rows


def rows_for(count: int) -> int:
    """How many rows the program has that does so many examples.

    >>> [rows_for(count) for count in (1, 7, 16, 17, 63, 65, 1000)]
    [1, 7, 16, 18, 64, 72, 1024]
    """
    step = 1 << max((count - 1).bit_length() - EXACT, 0)
    return -(-count // step) * step


def exact_pieces(count: int, chunk: int) -> Sequence[Piece]:
    """Pieces of so many examples, and a smaller one of what is left, each by a program of its size.

    >>> [tuple(piece) for piece in exact_pieces(7, 3)]
    [(0, 3, 3), (3, 6, 3), (6, 7, 1)]
    """
    ends = [(start, min(start + chunk, count)) for start in range(0, count, chunk)]
    return [Piece(start, stop, stop - start) for start, stop in ends]


def even_pieces(count: int, most: int) -> Sequence[Piece]:
    """As few pieces as can be of about so many rows at most, all alike but for the last, which is
    filled up: a small remainder would take longer for each of its examples.

    >>> [tuple(piece) for piece in even_pieces(300, 256)]
    [(0, 160, 160), (160, 300, 144)]
    """
    size = rows_for(-(-count // -(-count // most)))
    ends = [(start, min(start + size, count)) for start in range(0, count, size)]
    return [Piece(start, stop, rows_for(stop - start)) for start, stop in ends]
