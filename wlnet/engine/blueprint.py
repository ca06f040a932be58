"""What a Program needs but memory: slots, and kernel calls whose words may name slots."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from wlnet.core.parts import Path
from wlnet.core.rules import ArrayKey
from wlnet.graph.keys import OutputKey
from wlnet.kernels.language import ITEM, Kernel, Precision

LINE = 64
"""Bytes of a line of the cache: memory, and each slot of an arena, starts at one."""
INDEX = np.int32
"""What indices and places in windows are kept in."""
DTYPES: Mapping[str, type[np.floating]] = {"Real32": np.float32, "Real64": np.float64}


def dtype_of(element: str, precision: str) -> type[np.generic]:
    """What NumPy calls the entries of a value: "Real", "Integer" or "Byte"."""
    return {"Real": DTYPES[precision], "Integer": INDEX, "Byte": np.uint8}[element]


@dataclass(frozen=True)
class Slot:
    """Memory: in the arena at an offset, an array of the net, or something given for a run.

    where: the offset in bytes, the key of the array, or the name. packed: see packed.py.
    """

    kind: Literal["arena", "array", "outside"]
    where: Any
    bytes: int
    packed: bool = False


@dataclass(frozen=True)
class View:
    """A value as NumPy would see it: some bytes into a slot, sizes, distances in bytes, entries."""

    slot: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    element: str = "Real"

    @property
    def bytes(self) -> int:
        """About how many bytes it has."""
        return math.prod(self.shape) * min((step for step in self.strides if step), default=4)


@dataclass(frozen=True)
class Address:
    """The address of a slot, some bytes further on."""

    slot: int
    offset: int = 0


@dataclass(frozen=True)
class Outside:
    """A word that is set by name before a run: an address, a step, a key of random numbers."""

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
    """The address of a record of another kernel."""

    kernel: Kernel
    fields: tuple[Any, ...]


Field = int | float | Address | Outside | Words | Code | Record


def word_of(number: float) -> int:
    """The word that holds a number: an integer as it is, of a float its bits."""
    if isinstance(number, float):
        return int(struct.unpack("q", struct.pack("d", number))[0])
    return int(number)


@dataclass(frozen=True)
class Step:
    """One kernel call. `origin` is the layer that asked for it.

    fields: the words of its record in order. wait: whether all workers must have come here.
    scratch: bytes of a worker's own memory. work: floating-point operations. share: how many rows
    are divided among the workers, and in which grain; own: of the values it touches those of which
    each worker touches the rows of its share alone.
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


@dataclass(frozen=True)
class Blueprint:
    """All that a Program needs but memory.

    randoms: the random calls: primitive, layer, and which of that layer it is. tables: what is kept
    of each step, by name.
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

    @property
    def packed(self) -> frozenset[ArrayKey]:
        """Keys of the arrays that are packed in memory."""
        return frozenset(slot.where for slot in self.slots if slot.packed)

    @property
    def kernels(self) -> frozenset[Kernel]:
        """The kernels that are called."""
        steps = (*self.once, *self.steps)
        fields = (field for step in steps for field in step.fields)
        called = {field.kernel for field in fields if isinstance(field, Code)}
        return frozenset(called | {step.kernel for step in steps})

    @property
    def scratch(self) -> int:
        """Bytes of memory of its own that a worker needs."""
        return max((step.scratch for step in (*self.once, *self.steps)), default=0)

    @property
    def item(self) -> int:
        """Bytes of a real number."""
        return ITEM[self.precision]
