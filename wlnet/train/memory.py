"""The memory of a training: its arrays, and what the method keeps beside them, as they lie.

It lives as long as the training. What follows from the rules of some of its rounds is a `Phase`
(phase.py), which comes and goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
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
from wlnet.results.moment import LateStates, Moment
from wlnet.train.parallel.division import Division

Arrays = dict[ArrayKey, Array]
States = dict[ArrayKey, list[Array]]


class Lying(NamedTuple):
    """Arrays and states as they lie, and which of them are packed: changed all at once."""

    arrays: Arrays
    states: States
    packed: frozenset[ArrayKey] = frozenset()


class Given(NamedTuple):
    """Arrays and states as a training was given them, plain and sealed, where others hold them.
    Where an array has none, its states were zeros."""

    arrays: Arrays
    states: States


class Memory:
    """The arrays of one training in its precision, optimizer state, and counts of updates.

    arrays: those that a table moves, copied when they are first laid; the others where they lie.
    states: what the method keeps beside an array, flat and laid out as it is, from when it first
    learns. updates: how often the method has updated an array. packed: the arrays that lie packed.
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
        arrays = {key: np.asarray(array, dtype, order="C") for key, array in first.items()}
        self._lying = Lying(arrays, {})
        self._given: Given | None = Given(first, {})
        self._division: Division | None = None
        self.stretch: Array | None = None
        """Where the arrays of a division lie."""
        self._resting: dict[ArrayKey, dict[str, Array]] = {}
        self.updates: dict[ArrayKey, int] = dict.fromkeys(self._shapes, 0)
        if start is not None:
            self._begin(start, self._given)

    @property
    def arrays(self) -> Arrays:
        return self._lying.arrays

    @property
    def states(self) -> States:
        return self._lying.states

    @property
    def packed(self) -> frozenset[ArrayKey]:
        return self._lying.packed

    def _begin(self, start: Moment, begun: Given) -> None:
        """Take over what a method of the same name kept; of arrays that rest, to hand it on."""
        self._resting = {k: dict(v) for k, v in start.states.items() if k not in self._shapes}
        self.updates |= {k: n for k, n in start.updates.items() if k not in self._shapes}
        for key in start.states.keys() & self._shapes.keys():
            kept = [start.states[key].get(name) for name in self._names]
            given = [each for each in kept if each is not None]
            if len(given) == len(kept) and all(each.size == self._size(key) for each in given):
                self.states[key] = [np.array(each, self._dtype).reshape(-1) for each in given]
                self.updates[key] = start.updates.get(key, 0)
                begun.states[key] = given

    def given(self) -> Given | None:
        """The numbers that the training began with; whoever asks first, before any step, has them
        alone, so that they are held no longer than they are needed."""
        given, self._given = self._given, None
        return given

    def begin_anew(self, given: Given, keys: Collection[ArrayKey]) -> None:
        """Write the numbers that the training began with to these arrays, and to what is kept
        beside them, as they lie now."""
        division = self._division
        for key in keys:
            np.copyto(self.arrays[key], self._laid(key, given.arrays[key]))
            for i, state in enumerate(self.states.get(key, ())):
                if key not in given.states:
                    state.fill(0)
                    continue
                numbers = self._laid(key, given.states[key][i])
                if division is not None and key in division.places:
                    numbers = division.cut(key, numbers)
                np.copyto(state, numbers.reshape(-1))

    def _laid(self, key: ArrayKey, plain: Array) -> Array:
        """Plain numbers as those of an array lie."""
        shape = self._shapes[key]
        numbers = np.asarray(plain, self._dtype).reshape(shape)
        return packed(numbers, self._lanes) if key in self.packed else numbers

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
        arrays, states, given = dict(self.arrays), dict(self.states), self._given
        for key, shape in self._shapes.items():
            if (key in packs) != (key in self.packed):
                arrays[key] = self._turned(arrays[key], shape, key in packs)
                if key in states:
                    turned = (self._turned(each, shape, key in packs) for each in states[key])
                    states[key] = [each.reshape(-1) for each in turned]
            elif given and np.may_share_memory(arrays[key], given.arrays[key]):
                arrays[key] = arrays[key].copy()
        # At once, whenever an interrupt comes.
        self._lying = Lying(arrays, states, frozenset(packs))

    def _turned(self, array: Array, shape: tuple[int, ...], is_packed: bool) -> Array:
        """A copy of numbers that lie the other way: packed of plain ones, and back."""
        if is_packed:
            return packed(array.reshape(shape), self._lanes)
        return _unpack(array, shape, self._lanes)

    # In plain values

    def plain_arrays(self) -> Arrays:
        """The arrays that move, as fresh copies that nobody can write to, none of them packed."""
        return {key: self._plain(key, self.arrays[key]) for key in self._shapes}

    def plain_states(self) -> dict[ArrayKey, dict[str, Array]]:
        """What the method keeps beside each array, by name and of its shape, copied likewise."""
        found = {
            key: _by_name(self._names, states, *self._lie(key))
            for key, states in self._whole_states().items()
        }
        return {**self._resting, **found}

    def last_states(self) -> Mapping[ArrayKey, Mapping[str, Array]]:
        """The same, once no step is to come: those of an array are made when they are asked for. In
        a division, where all ranks have to ask, they are made at once."""
        if self._division is not None:
            return self.plain_states()
        # Not bound to self: a record that is kept must not keep the arrays alive.
        late = {
            key: partial(_by_name, self._names, states, *self._lie(key))
            for key, states in self.states.items()
        }
        return LateStates({**self._resting, **late})

    def _plain(self, key: ArrayKey, array: Array) -> Array:
        return _plain(array, *self._lie(key))

    def _lie(self, key: ArrayKey) -> tuple[tuple[int, ...], int]:
        """The shape of an array, and the lanes that it is packed in, 0 for none."""
        return self._shapes[key], self._lanes if key in self.packed else 0


def _plain(array: Array, shape: tuple[int, ...], lanes: int) -> Array:
    """A plain copy of numbers that lie so. lanes: of packed ones, else 0."""
    # Sealed here, it need not be copied once more where a net holds it.
    return locked(_unpack(array, shape, lanes) if lanes else array.reshape(shape).copy())


def _unpack(array: Array, shape: tuple[int, ...], lanes: int) -> Array:
    rows, columns = shape
    return unpacked(array.reshape(-(-rows // lanes), columns, lanes), rows)


def _by_name(
    names: Sequence[str], states: Sequence[Array], shape: tuple[int, ...], lanes: int
) -> dict[str, Array]:
    return {n: _plain(each, shape, lanes) for n, each in zip(names, states, strict=True)}
