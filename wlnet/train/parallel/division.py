"""Which numbers of arrays, gradients and states belong to which part of a batch, and to which rank.

All arrays that learn lie one behind another in one stretch, divided evenly into as many slices as a
batch has parts; a rank updates, and keeps the states of, the slices that it gets the sums of.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod

import numpy as np

from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import LINE
from wlnet.evaluate.holding import Array
from wlnet.train.parallel.exchange import ALONE, Exchange
from wlnet.train.parallel.tree import join, own_slice


def sizes_of_parts(whole: int, parts: int) -> list[int]:
    """How many examples of a batch each part has.

    >>> sizes_of_parts(11, 4)
    [2, 3, 3, 3]
    """
    ends = [whole * i // parts for i in range(parts + 1)]
    return [stop - start for start, stop in pairwise(ends)]


class Division:
    """Where each array lies in the stretch, and what of it is this rank's own."""

    def __init__(
        self,
        shapes: Mapping[ArrayKey, tuple[int, ...]],
        item: int,
        parts: int,
        exchange: Exchange = ALONE,
    ) -> None:
        """shapes: of the arrays that learn. item: bytes of a number."""
        self.parts, self.exchange = parts, exchange
        grain, at = LINE // item, 0
        self.places: dict[ArrayKey, slice] = {}
        for key, shape in shapes.items():
            self.places[key] = slice(at, at + prod(shape))
            at += -(-prod(shape) // grain) * grain
        self.length = -(-at // (parts * grain)) * parts * grain
        self.own = own_slice(exchange.rank, exchange.ranks, self.length)

    @property
    def own_parts(self) -> range:
        """The numbers of the parts of a batch that are this rank's."""
        each = self.parts // self.exchange.ranks
        return range(self.exchange.rank * each, (self.exchange.rank + 1) * each)

    def piece(self, key: ArrayKey, of: slice | None = None) -> slice:
        """What of an array is this rank's own, or lies in some stretch; where in the stretch."""
        place, of = self.places[key], of or self.own
        start = min(max(place.start, of.start), place.stop)
        return slice(start, max(start, min(place.stop, of.stop)))

    def slices(self) -> list[slice]:
        """The slices that are this rank's own, each as long as that of a part."""
        size = self.length // self.parts
        return [slice(at, at + size) for at in range(self.own.start, self.own.stop, size)]

    def cut(self, key: ArrayKey, array: Array) -> Array:
        """This rank's own numbers of what is laid out like an array, copied."""
        place, piece = self.places[key], self.piece(key)
        return array.reshape(-1)[piece.start - place.start : piece.stop - place.start].copy()

    def whole(self, pieces: Mapping[ArrayKey, Array], dtype: np.dtype) -> dict[ArrayKey, Array]:
        """The numbers of all ranks, flat, from those of each; all of them ask."""
        stretch = np.zeros(self.length, dtype)
        for key, numbers in pieces.items():
            stretch[self.piece(key)] = numbers
        join(self.exchange, stretch, np.zeros(self.exchange.ranks, np.int8))
        return {key: stretch[self.places[key]].copy() for key in pieces}
