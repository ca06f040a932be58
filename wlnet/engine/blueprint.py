"""A program without its memory: slots, which say what memory it needs, and kernel calls.

The words of a call's record are numbers, or stand for addresses that are known once there is
memory.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.graph.keys import OutputKey
from wlnet.kernels.language import ITEM, Kernel, Precision

LINE = 64
"""Bytes of a cache line: an arena, and each slot in it, starts at a multiple of it."""
INDEX = np.int32
"""The type of indices, and of places in windows."""
DTYPES: Mapping[str, type[np.floating]] = {"Real32": np.float32, "Real64": np.float64}


def dtype_of(element: str, precision: str) -> type[np.generic]:
    """The NumPy type of entries that are "Real", "Integer", "Byte" or "Double"."""
    own = {"Real": DTYPES[precision], "Integer": INDEX, "Byte": np.uint8, "Double": np.float64}
    return own[element]


@dataclass(frozen=True)
class Slot:
    """A piece of memory, of one of three kinds, each of which has its own `where`.

    arena: a part of the arena; the offset in bytes. array: an array of the net, or of a method; its
    key. outside: something given for a run; its name. packed: see packed.py.
    """

    kind: Literal["arena", "array", "outside"]
    where: Any
    bytes: int
    packed: bool = False


Moves = tuple[tuple[int, int], ...]
"""By how many bytes a place moves with each turn of a loop: pairs of its number and bytes."""


@dataclass(frozen=True)
class Address:
    """The address that lies `offset` bytes behind the start of a slot. moves: see View."""

    slot: int
    offset: int = 0
    moves: Moves = ()

    def further(self, distance: int) -> Address:
        """The address so many bytes behind."""
        return replace(self, offset=self.offset + distance)


@dataclass(frozen=True)
class View:
    """A value in a slot, as NumPy describes one: the offset and the strides are bytes. moves: of
    one that is another one in each turn of a loop; the offset is that of the first."""

    slot: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    element: str = "Real"
    moves: Moves = ()

    @property
    def address(self) -> Address:
        """Where it begins."""
        return Address(self.slot, self.offset, self.moves)

    @property
    def bytes(self) -> int:
        """How many bytes its numbers take, if they lie without gaps: about, otherwise."""
        return math.prod(self.shape) * min((step for step in self.strides if step), default=4)


@dataclass(frozen=True)
class Outside:
    """A word that is set by name before a run: an address, a step, a key of random numbers.

    offset: what is added to it.
    """

    name: Any
    offset: int = 0


@dataclass(frozen=True)
class Words:
    """The address of words that never change, such as sizes and distances."""

    words: tuple[int, ...]


@dataclass(frozen=True)
class Code:
    """The address of a kernel, for a kernel that calls it."""

    kernel: Kernel


@dataclass(frozen=True)
class Record:
    """The address of a record for another kernel, which the kernel of the step calls."""

    kernel: Kernel
    fields: tuple[Any, ...]


@dataclass(frozen=True)
class Listed:
    """The address of words that are given as those of a record are."""

    fields: tuple[Any, ...]


Field = int | float | Address | Outside | Words | Code | Record | Listed


def word_of(number: float) -> int:
    """The word that holds a number: an integer as it is, a float by its 64 bits."""
    if isinstance(number, float):
        return int(struct.unpack("q", struct.pack("d", number))[0])
    return int(number)


@dataclass(frozen=True)
class Step:
    """One kernel call, for a primitive that the layer `origin` asked for.

    fields: the words of its record, in order. reads, writes: all that it touches. scratch: bytes of
    memory that each worker needs for itself. wait: whether no worker may begin it before all have
    come here. work: floating-point operations. what: its name in reports. share: how many rows are
    divided among the workers, and the number of rows of which shares are multiples. own: those
    views of which each worker touches only the rows of its share. by_number: whether the rows are
    single numbers, each of which the kernel reads before it writes one in its place; so it may be
    one of a chain. chained: the steps that a chain does, block by block.
    """

    primitive: str
    kernel: Kernel
    fields: tuple[Field, ...]
    reads: tuple[View, ...]
    writes: tuple[View, ...]
    origin: Path = ()
    scratch: int = 0
    wait: bool = True
    work: int = 0
    what: str = ""
    share: tuple[int, int] | None = None
    own: frozenset[View] = frozenset()
    by_number: bool = False
    chained: tuple[Step, ...] = ()

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels that it calls, by itself or from another kernel."""
        called = (field.kernel for field in self.fields if isinstance(field, Code))
        return self.kernel, *called, *(each.kernel for each in self.chained)


@dataclass(frozen=True)
class Loop:
    """Steps that are run `times` times, one turn after the other: those from `first` to before
    `end`, by their places in a list. number: what moves are told by. Two loops of a list lie apart,
    or one in the other."""

    number: int
    first: int
    end: int
    times: int


def times_of(number: int, loops: Sequence[Loop]) -> int:
    """How often a step is done: as often as all loops around it together."""
    return math.prod(loop.times for loop in loops if loop.first <= number < loop.end)


@dataclass(frozen=True)
class Blueprint:
    """All that a Program is made from.

    once: steps that run when the program is made. steps: those of each run. loops, once_loops:
    those among them, inner ones before those around them. updates: the new values
    of running statistics. randoms: each random call, as its primitive, its layer, and how many came
    before it in that layer. tables: values that are kept of every step of a run, by name.
    """

    slots: tuple[Slot, ...]
    once: tuple[Step, ...]
    steps: tuple[Step, ...]
    inputs: Mapping[Any, View]
    outputs: Mapping[OutputKey, View]
    updates: Mapping[ArrayKey, View]
    arena_bytes: int
    precision: Precision
    randoms: tuple[tuple[str, Path, int], ...] = ()
    tables: Mapping[Any, View] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()
    once_loops: tuple[Loop, ...] = ()

    def times(self, number: int) -> int:
        """How often a step is done in a run."""
        return times_of(number, self.loops)

    @property
    def work(self) -> int:
        """Operations of a run."""
        return sum(step.work * self.times(i) for i, step in enumerate(self.steps))

    @property
    def packed(self) -> frozenset[ArrayKey]:
        """Keys of the arrays that are packed in memory."""
        return frozenset(slot.where for slot in self.slots if slot.packed)

    @property
    def kernels(self) -> frozenset[Kernel]:
        """The kernels that are called, by steps or by other kernels."""
        steps = (*self.once, *self.steps)
        return frozenset(kernel for step in steps for kernel in step.kernels)

    @property
    def scratch(self) -> int:
        """Bytes of memory that each worker needs for itself."""
        return max((step.scratch for step in (*self.once, *self.steps)), default=0)

    @property
    def item(self) -> int:
        """Bytes of a real number."""
        return ITEM[self.precision]
