"""The memory of a training: its arrays, and what the method keeps beside them, as they lie.

It lives as long as the training. What follows from the rules of some of its rounds is a `Phase`
(phase.py), which comes and goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np

from wlnet.core.arrays import locked
from wlnet.core.multipliers import MultiplierTable
from wlnet.core.net import Net
from wlnet.core.rules import ArrayKey
from wlnet.engine.blueprint import DTYPES
from wlnet.engine.packed import packed, unpacked
from wlnet.evaluate.holding import Array
from wlnet.kernels.jit.target import lanes_of
from wlnet.kernels.language import Precision
from wlnet.methods.base import Method
from wlnet.nets.arrays import arrays_of
from wlnet.results.moment import Moment
from wlnet.train.parallel.division import Division

Arrays = dict[ArrayKey, Array]
States = dict[ArrayKey, list[Array]]


class Lying(NamedTuple):
    """Arrays and states as they lie, and which of them are packed: changed all at once."""

    arrays: Arrays
    states: States
    packed: frozenset[ArrayKey] = frozenset()


class Memory:
    """The arrays of one training in its precision, optimizer state, and counts of updates.

    arrays: copies of those that a table moves, the others where they lie. states: what the method
    keeps beside an array, flat and laid out as it is, from when it first learns. updates: how often
    the method has updated an array. packed: the arrays that lie packed.
    """

    def __init__(
        self,
        net: Net,
        tables: Iterable[MultiplierTable],
        method: Method,
        precision: Precision,
        start: Moment | None = None,
    ) -> None:
        first = arrays_of(net)
        moving = {row.key for table in tables for row in table if row.multiplier != 0}
        dtype = np.dtype(DTYPES[precision])
        self._shapes = {key: array.shape for key, array in first.items() if key in moving}
        self._lanes = lanes_of(precision)
        self._names = method.state_names
        self._dtype = dtype
        arrays = {
            key: np.array(array, dtype, order="C", copy=True if key in moving else None)
            for key, array in first.items()
        }
        self._lying = Lying(arrays, {})
        self._division: Division | None = None
        self.stretch: Array | None = None
        """Where the arrays of a division lie."""
        self._resting: dict[ArrayKey, dict[str, Array]] = {}
        self.updates: dict[ArrayKey, int] = dict.fromkeys(self._shapes, 0)
        if start is not None:
            self._begin(start)

    @property
    def arrays(self) -> Arrays:
        return self._lying.arrays

    @property
    def states(self) -> States:
        return self._lying.states

    @property
    def packed(self) -> frozenset[ArrayKey]:
        return self._lying.packed

    def _begin(self, start: Moment) -> None:
        """Take over what a method of the same name kept; of arrays that rest, to hand it on."""
        self._resting = {k: dict(v) for k, v in start.states.items() if k not in self._shapes}
        self.updates |= {k: n for k, n in start.updates.items() if k not in self._shapes}
        for key in start.states.keys() & self._shapes.keys():
            kept = [start.states[key].get(name) for name in self._names]
            states = [np.array(each, self._dtype).reshape(-1) for each in kept if each is not None]
            if len(states) == len(kept) and all(each.size == self._size(key) for each in states):
                self.states[key] = states
                self.updates[key] = start.updates.get(key, 0)

    def _size(self, key: ArrayKey) -> int:
        return self.arrays[key].size

    def divide(self, division: Division) -> None:
        """Have the arrays of a division lie in one stretch, and of their states keep the numbers
        that are this rank's own; those of others are whole. All ranks do so."""
        arrays, states = dict(self.arrays), self._whole_states()
        stretch = np.zeros(division.length, self._dtype)
        for key, place in division.places.items():
            stretch[place] = arrays[key].reshape(-1)
            arrays[key] = stretch[place].reshape(self._shapes[key])
            if key in states:
                states[key] = [division.cut(key, each) for each in states[key]]
        self.stretch, self._division = stretch, division
        self._lying = Lying(arrays, states)

    def _whole_states(self) -> States:
        """The states of all arrays, whole; all ranks ask."""
        division, found = self._division, dict(self.states)
        if division is not None:
            own = [key for key in division.places if key in found]
            for i in range(len(self._names)):
                pieces = {key: self.states[key][i] for key in own}
                for key, numbers in division.whole(pieces, self._dtype).items():
                    found[key] = [*found[key][:i], numbers, *found[key][i + 1 :]]
        return found

    def learn(self, keys: Collection[ArrayKey]) -> None:
        """Have zeros for the states of arrays that learn for the first time, as the arrays lie."""
        division = self._division
        for key in keys:
            if key not in self.states:
                size = self._size(key)
                if division is not None and key in division.places:
                    piece = division.piece(key)
                    size = piece.stop - piece.start
                self.states[key] = [np.zeros(size, self._dtype) for _ in self._names]

    def lay(self, packs: Collection[ArrayKey]) -> None:
        """Have just these arrays, and what is kept beside them, lie packed."""
        arrays, states = dict(self.arrays), dict(self.states)
        for key, shape in self._shapes.items():
            if (key in packs) != (key in self.packed):
                lie = self._pack if key in packs else self._unpack
                arrays[key] = lie(arrays[key], shape)
                if key in states:
                    states[key] = [lie(each, shape).reshape(-1) for each in states[key]]
        # At once, whenever an interrupt comes.
        self._lying = Lying(arrays, states, frozenset(packs))

    def _pack(self, array: Array, shape: tuple[int, ...]) -> Array:
        return packed(array.reshape(shape), self._lanes)

    def _unpack(self, array: Array, shape: tuple[int, ...]) -> Array:
        rows, columns = shape
        blocks = -(-rows // self._lanes)
        return unpacked(array.reshape(blocks, columns, self._lanes), rows)

    # In plain values

    def plain_arrays(self) -> Arrays:
        """The arrays that move, as fresh copies that nobody can write to, none of them packed."""
        return {key: self._plain(key, self.arrays[key]) for key in self._shapes}

    def plain_states(self) -> dict[ArrayKey, dict[str, Array]]:
        """What the method keeps beside each array, by name and of its shape, copied likewise."""
        found = {
            key: dict(zip(self._names, (self._plain(key, each) for each in states), strict=True))
            for key, states in self._whole_states().items()
        }
        return {**self._resting, **found}

    def _plain(self, key: ArrayKey, array: Array) -> Array:
        shape = self._shapes[key]
        is_packed = key in self.packed
        # Sealed here, it need not be copied once more where a net holds it.
        return locked(self._unpack(array, shape) if is_packed else array.reshape(shape).copy())
