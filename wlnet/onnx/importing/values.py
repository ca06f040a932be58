"""What the names of a file stand for: arrays that are known, and values that a net works out.

A net of wlnet has no axis for the batch, a file has one. In a `Flow` it may stand anywhere, alone
or joined with others (as PyTorch's attention joins it with its heads): the array of one example has
all the other axes in their order, and what a file does to the batch's own axis is done by nothing.
"""

from __future__ import annotations

import math
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from wlnet.onnx.importing.misfits import SIZES, Misfit
from wlnet.onnx.importing.sizes import Batches

Array = np.ndarray[Any, Any]
Sizes = tuple[Any, ...]
"""Sizes of axes: integers, or None for an open one."""
LARGEST = 2**24
"""Entries that an array may have which a file does not hold but works out, beside `room`."""
room: ContextVar[int] = ContextVar("room", default=0)
"""As many more as the arrays of the file under way have."""


@dataclass(frozen=True)
class Fixed:
    """An array that is known. name: of the initializer that it comes from, if it is from one.

    learns: whether it is an array that an initializer holds, and not one that exporters write into
    a file for themselves. loose: a number alone that learns as the weights or biases of a layer,
    and is a constant elsewhere.
    """

    array: Array
    name: str | None = None
    learns: bool = False
    loose: bool = False

    @property
    def rests(self) -> bool:
        """Whether it does not learn in a layer either."""
        return not self.learns and not self.loose

    @property
    def rank(self) -> int:
        """How many axes it has."""
        return self.array.ndim

    @property
    def is_whole(self) -> bool:
        """Whether its entries are integers."""
        return bool(self.array.dtype.kind in "iu")

    @property
    def is_real(self) -> bool:
        """Whether its entries are numbers with a point."""
        return bool(self.array.dtype.kind == "f")


@dataclass(frozen=True)
class Flow:
    """A value that the net works out.

    end: (vertex or None for an input of the net, its port). made: the shape of one example that
    comes out of there, of as many entries as `shape`, in the same order. sizes: of the axes that
    the file sees. batch: which of them is, or contains, the batch; its entry in `sizes` is how
    many entries an example has along it. before: of these, how many stand outside of the batch.
    kind: "Real", "Boolean", "Whole" (integers of the file, in a net Reals without a point) or
    "Integer" (places of a table). shift: what has to be added to an Integer of wlnet, which
    counts from 1, for the file's number.
    """

    end: tuple[Any, str | None]
    made: Sizes
    sizes: Sizes
    batch: int | None = 0
    before: int = 1
    kind: str = "Real"
    shift: int = field(default=0)

    @property
    def rank(self) -> int:
        """How many axes the file sees."""
        return len(self.sizes)

    @property
    def is_whole(self) -> bool:
        """Whether its entries are integers."""
        return self.kind in ("Whole", "Integer")

    @property
    def is_merged(self) -> bool:
        """Whether the axis of the batch is also one of the examples."""
        return self.batch is not None and self.sizes[self.batch] != 1

    @property
    def axes(self) -> list[int]:
        """The axes that one example has."""
        return [i for i in range(self.rank) if i != self.batch or self.is_merged]

    @property
    def shape(self) -> Sizes:
        """The shape of one example."""
        return tuple(self.sizes[i] for i in self.axes)

    @property
    def said(self) -> list[Any]:
        """The shape as the file has it."""
        told: list[Any] = list(self.sizes)
        if self.batch is not None:
            told[self.batch] = Batches() * (
                Batches(1, 0, 1) if (n := told[self.batch]) is None else n
            )
        return [Batches(1, 0, 1) if size is None else size for size in told]

    def axis(self, axis: int, *, more: int = 0) -> int:
        """An axis of the file, counted from 0. more: how many axes the result has more."""
        rank = self.rank + more
        if not -rank <= axis < rank:
            raise Misfit(f"axis {axis} of an array of {rank} axes")
        return axis % rank

    def inner(self, axis: int, doing: str = "works along") -> int:
        """Which axis of one example an axis of the file is."""
        axis = self.axis(axis)
        if axis == self.batch:
            raise mixes(doing)
        return self.axes.index(axis)

    def level(self, axis: int, doing: str = "works along") -> int:
        """The same as a level, counted from 1."""
        return self.inner(axis, doing) + 1

    def like(self, end: tuple[Any, str | None], kind: str = "Real") -> Flow:
        """Another value of the same sizes."""
        return replace(self, end=end, made=self.shape, kind=kind, shift=0)


Given = Fixed | Flow


def settled(given: Given) -> Given:
    """A known array whose integers are plain, where no size of the batch is left in it."""
    if not isinstance(given, Fixed) or given.array.dtype != object:
        return given
    if not all(isinstance(x, (int, np.integer)) for x in given.array.flat):
        return given
    return replace(given, array=given.array.astype(np.int64))


def mixes(doing: str) -> Misfit:
    """The fault of a node that brings the examples of a batch together."""
    return Misfit(
        f"this node {doing} the axis of the batch: the examples of a batch would meet",
        fix="export it with the batch as the first axis, or import_net(file, batch_axis=None) for "
        "a file of single examples",
    )


def open_size() -> Misfit:
    """The fault of a size that has to be known."""
    return Misfit("a size has to be known here that the file leaves open", fix=SIZES)


def count_of(sizes: Sizes) -> int:
    """How many entries there are. Raises Misfit for an open size."""
    if None in sizes:
        raise open_size()
    return math.prod(size for size in sizes if size is not None)


def room_for(shape: Any) -> None:
    """Raise Misfit for an array that would be too large to be worked out."""
    sizes = [int(size) for size in shape]
    if any(size < 0 for size in sizes):
        raise Misfit(f"an array of shape {tuple(sizes)}")
    most = LARGEST + room.get()
    if math.prod(sizes) > most:
        what = f"an array of shape {tuple(sizes)} would be worked out"
        raise Misfit(what, expected=f"at most {most:,} entries")


def numbers(given: Given | None, what: str) -> list[Any]:
    """The entries of an array that has to be known: of axes, sizes, starts."""
    if not isinstance(given, Fixed):
        raise Misfit(f"{what} that the net would have to work out", expected="a constant")
    return list(given.array.reshape(-1).tolist())


def integers(given: Given | None, what: str) -> list[int]:
    """The same, as integers."""
    told = numbers(given, what)
    if any(isinstance(x, Batches) for x in told):
        raise Misfit(f"{what} that depend on a size that the file leaves open", fix=SIZES)
    if any(int(x) != x for x in told):
        raise Misfit(f"{what} that are no integers")
    return [int(x) for x in told]


def number(given: Given | None, what: str) -> float:
    """The one number of an array that has to be known."""
    told = numbers(given, what)
    if len(told) != 1:
        raise Misfit(f"{what} of {len(told)} numbers", expected="one number")
    return float(told[0])
