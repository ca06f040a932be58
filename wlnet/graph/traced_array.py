"""The arguments with which a function of arrays is called: they write down what is done to them."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, WlnetError, fail
from wlnet.core.scalars import as_whole
from wlnet.graph.array_functions import FUNCTIONS, METHODS
from wlnet.graph.array_parts import part
from wlnet.graph.lowered import refs_in
from wlnet.graph.tracing import Traced

REDUCED = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logical_and: np.all, np.logical_or: np.any,
}  # fmt: skip
"""What ufunc.reduce of NumPy is; its axis is 0 unless told."""


class TracedArray(Traced):
    """An array of a formula. offset: what is added to an Integer, which counts something else."""

    def __init__(self, writer: Any, ref: str, offset: int = 0) -> None:
        self.writer, self.tree, self.offset = writer, ref, offset

    def __repr__(self) -> str:
        return "an array of the formula"

    def origin(self) -> str:
        """What it is in its own formula, in words."""
        row = self.writer.rows.get(self.tree)
        return f"its {row[0]}[...]" if row else f"its argument {self.writer.names[self.tree]}"

    @property
    def is_index(self) -> bool:
        """Whether its entries are Integers."""
        return bool(self.writer.kinds[self.tree] == "Integer")

    def as_real(self) -> Any:
        """Its number as one of Reals."""
        if not self.is_index:
            return self.tree
        number = self.writer.row(("Number", None, self.tree))
        return self.writer.row(("Plus", number, float(self.offset))) if self.offset else number

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc is np.matmul and method == "__call__" and not options:
            return self.writer.operation("Dot", None, *inputs)
        if method == "reduce" and ufunc in REDUCED:
            options = {"axis": 0, **options}
            return FUNCTIONS[REDUCED[ufunc]](*inputs, **options)
        if ufunc in (np.add, np.subtract) and method == "__call__" and not options:
            shifted = _shifted(inputs, 1 if ufunc is np.add else -1)
            if shifted is not None:
                return shifted
        return super().__array_ufunc__(ufunc, method, *inputs, **options)

    # What Python asks

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # of the arrays that it stands for: isinstance tells them
        return np.ndarray

    @property
    def shape(self) -> Any:
        """The sizes: numbers where they are told, else values of the formula."""
        known = self.writer.known[self.tree].shape
        if known is None:
            return OpenShape(self)
        self._see_sizes()
        open_shape = OpenShape(self)
        return tuple(open_shape[i] if size is None else size for i, size in enumerate(known))

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)  # of an open shape, an error

    @property
    def size(self) -> Any:
        """How many numbers it has: a value of the formula."""
        return self.writer.operation("Size", None, self)

    @property
    def dtype(self) -> Any:
        """No type of NumPy: the net says how it works out its numbers."""
        raise fail(OptionError, Fault(
            "the dtype of an array of a formula, which stands for arrays of any precision",
            given=self.origin(), expected="numbers, where the function is called by no layer",
        ))  # fmt: skip

    def __len__(self) -> int:
        known = self.writer.known[self.tree].shape
        if known is None or known[0] is None:
            raise open_size("how many entries an array has")
        self._see_sizes()
        return int(known[0])

    def _see_sizes(self) -> None:
        self.writer.seen.add(self.tree)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        number = self._of_sizes("a branch on a size")
        return super().__bool__() if number is None else bool(number)

    def _of_sizes(self, what: str) -> float | None:
        """The number that is made of told sizes; None where it is made of something else.

        Raises OptionError where they are not told.
        """
        number = self.writer.known[self.tree].number
        if number is not None:
            self._see_sizes()
            return float(number)
        waiting = [self.tree]
        while waiting:
            row = self.writer.rows.get(waiting.pop())
            if row is None:
                return None
            if row[0] != "Size":
                waiting += refs_in(row)
        raise open_size(what)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("an array of a formula in a list: np.stack([a, b]), np.concatenate([a, b])")

    def _to_number(self) -> float:
        number = self._of_sizes("a size")
        if number is None:
            what = "only a function of arrays can be written down, this one takes a number"
            raise TypeError(what)
        return number

    __float__ = _to_number

    def __int__(self) -> int:
        return int(self._to_number())

    def __index__(self) -> int:
        number = self._to_number()
        return operator.index(int(number) if number.is_integer() else number)  # type: ignore[arg-type]

    def __getitem__(self, index: Any) -> Any:
        return part(self, index)

    def __setitem__(self, at: Any, _: Any) -> None:
        self._in_place()

    def _in_place(self, *_: Any) -> Any:
        raise fail(OptionError, Fault(
            "what changes an array in place cannot be written down",
            fix="x = x + 1 in place of x += 1, np.where(x < 0, 0, x) in place of x[x < 0] = 0, "
            "np.concatenate in place of x[1:] = y",
        ))  # fmt: skip

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = __imatmul__ = _in_place
    __iand__ = __ior__ = __ixor__ = __ifloordiv__ = __imod__ = _in_place
    sort = fill = put = itemset = resize = _in_place

    # Methods of arrays that are functions of NumPy

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name, None) if name in METHODS else None
        if function is None:
            raise AttributeError(f"an array of a formula has no {name}")
        return lambda *more, **options: function(self, *more, **options)

    @property
    def T(self) -> Any:
        """Its axes in the other order."""
        return np.transpose(self)

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """The same numbers in another shape."""
        told = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return np.reshape(self, tuple(told), order=order)  # type: ignore[call-overload]

    def transpose(self, *axes: Any) -> Any:
        """Its axes in another order."""
        told = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return np.transpose(self, told)

    def flatten(self) -> Any:
        """All its numbers, one after another."""
        return np.ravel(self)

    def copy(self) -> Any:
        """Itself: nothing changes it."""
        return self


class OpenShape:
    """The shape of an array of any rank: its sizes by number are values of the formula."""

    def __init__(self, of: TracedArray) -> None:
        self.of = of

    def __getitem__(self, axis: Any) -> Any:
        if as_whole(axis) is None:
            len(self)
        return self.of.writer.operation("Size", (int(axis),), self.of)

    def __len__(self) -> int:
        raise open_size("how many axes an array has")

    def __iter__(self) -> Iterator[Any]:
        return iter(range(len(self)))

    def __eq__(self, _: object) -> bool:
        raise open_size("what a shape is compared with or looked up in")

    def __hash__(self) -> int:
        return int(self == self)


def _shifted(inputs: tuple[Any, ...], sign: int) -> Any:
    """An index and a whole number, still an index; None where it is something else."""
    one, other = inputs
    if sign > 0 and not isinstance(one, TracedArray):
        one, other = other, one
    count = None if isinstance(other, (TracedArray, float)) else as_whole(other)
    if not isinstance(one, TracedArray) or not one.is_index or count is None:
        return None
    return TracedArray(one.writer, one.tree, one.offset + sign * count)


def open_size(what: str) -> WlnetError:
    """The error about a size that Python must know and nobody has told."""
    return fail(OptionError, Fault(
        f"{what} is not known when the function is written down",
        fix="say it at the port: FunctionLayer(f, input=(3, 4)); np.mean(x, axis=-1), x.shape[0] "
        "as a number and np.zeros_like(x) do without",
    ))  # fmt: skip
