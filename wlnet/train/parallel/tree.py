"""Sums over the parts of a batch: a binary tree over them, the same for any number of ranks.

A rank has the subtree of its own parts, which stand beside one another, and adds that up alone. The
levels above are done by pairs of ranks: at each of them both keep half of the numbers that they
have, and give the other half to their partner (recursive halving), so that in the end every rank
has the sum of its own slice. `join` goes back (recursive doubling).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from wlnet.evaluate.holding import Array
from wlnet.train.parallel.exchange import Exchange


class Half(NamedTuple):
    """A level above a rank: its partner, whether that is behind it, and the numbers that each of
    both keeps."""

    partner: int
    is_first: bool
    own: slice
    other: slice


def halves(rank: int, ranks: int, length: int) -> Iterator[Half]:
    """The levels, from the leaves to the root.

    >>> [(half.partner, half.own.start, half.own.stop) for half in halves(1, 4, 8)]
    [(0, 4, 8), (3, 4, 6)]
    """
    start, stop, distance = 0, length, 1
    while distance < ranks:
        middle, is_first = (start + stop) // 2, not rank & distance
        low, high = slice(start, middle), slice(middle, stop)
        own, other = (low, high) if is_first else (high, low)
        yield Half(rank ^ distance, is_first, own, other)
        start, stop = own.start, own.stop
        distance *= 2


def own_slice(rank: int, ranks: int, length: int) -> slice:
    """The numbers of which a rank has the sum in the end."""
    found = slice(0, length)
    for half in halves(rank, ranks, length):
        found = half.own
    return found


def added(first: Array, second: Array, out: Array) -> None:
    """out = first + second, whatever comes of it."""
    with np.errstate(all="ignore"):
        np.add(first, second, out=out)


def halve(exchange: Exchange, numbers: Array, spare: Array) -> None:
    """Have the own slice of `numbers` be its sum over all ranks; what lies elsewhere is used up."""
    for half in halves(exchange.rank, exchange.ranks, len(numbers)):
        exchange.swap(half.partner, [numbers[half.other]], [spare[half.own]])
        mine, theirs = numbers[half.own], spare[half.own]
        pair = (mine, theirs) if half.is_first else (theirs, mine)
        added(*pair, out=mine)


def join(exchange: Exchange, numbers: Array, flags: Array) -> None:
    """Have every rank have the slices of all. flags: a number of each rank, likewise."""
    rank, ranks = exchange.rank, exchange.ranks
    for half in reversed(list(halves(rank, ranks, len(numbers)))):
        # Whoever a rank stands for by now: those that differ from it in higher bits alone.
        above = _above(rank, rank ^ half.partner, ranks)
        theirs = _above(half.partner, rank ^ half.partner, ranks)
        told = np.ascontiguousarray(flags[above])
        heard = np.empty(len(theirs), flags.dtype)
        exchange.swap(half.partner, [numbers[half.own], told], [numbers[half.other], heard])
        flags[theirs] = heard


def _above(rank: int, bit: int, ranks: int) -> list[int]:
    """The ranks that have the lower bits of one, up to a bit.

    >>> _above(1, 1, 8), _above(1, 2, 8)
    ([1, 3, 5, 7], [1, 5])
    """
    return list(range(rank % (2 * bit), ranks, 2 * bit))


def join_rows(exchange: Exchange, table: Array, ends: Sequence[int]) -> None:
    """Have every rank have the rows of all. ends: those of each rank begin at the place of its
    number, and end at the next."""
    distance = 1
    while distance < exchange.ranks:
        partner = exchange.rank ^ distance
        own, other = (rank // distance * distance for rank in (exchange.rank, partner))
        mine = table[ends[own] : ends[own + distance]]
        theirs = table[ends[other] : ends[other + distance]]
        exchange.swap(partner, [mine], [theirs])
        distance *= 2


def sum_of(exchange: Exchange, summands: Sequence[Array]) -> Array:
    """The sum of few numbers over all parts, for every rank. summands: those of its own parts."""
    level = list(summands)
    while len(level) > 1:
        with np.errstate(all="ignore"):
            level = [a + b for a, b in zip(level[::2], level[1::2], strict=True)]
    total = level[0].copy()
    for half in halves(exchange.rank, exchange.ranks, 0):
        theirs = np.empty_like(total)
        exchange.swap(half.partner, [total], [theirs])
        pair = (total, theirs) if half.is_first else (theirs, total)
        added(*pair, out=total)
    return total
