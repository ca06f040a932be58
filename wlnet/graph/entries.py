"""Entries along an axis, any distance apart, in primitives."""

from __future__ import annotations

from typing import NamedTuple

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value


class Taken(NamedTuple):
    """Entries along a level, from 0: where they begin, how many, how far apart."""

    first: int
    number: int
    step: int


def entries(g: Builder, x: Value, axis: int, taken: Taken) -> Value:
    """Some entries along an axis, in the order in which they are taken."""
    first, count, step = taken
    size = x.shape[axis]
    if step < 0:
        return entries(g, g.reverse(x, axis), axis, Taken(size - 1 - first, count, -step))
    if count == 1 or step == 1:
        return x if count == size else g.slice(x, axis, first, first + count)
    # Rows of as many entries as a step is wide, and of each the first. The last row may be short.
    whole = count if first + count * step <= size else count - 1
    end = first + whole * step
    around = x.shape[:axis], x.shape[axis + 1 :]
    rows = g.reshape(g.slice(x, axis, first, end), (*around[0], whole, step, *around[1]))
    found = g.reshape(g.slice(rows, axis + 1, 0, 1), (*around[0], whole, *around[1]))
    if whole == count:
        return found
    return g.concatenate((found, g.slice(x, axis, end, end + 1)), axis)
