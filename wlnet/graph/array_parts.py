"""NumPy's functions that take parts of arrays, or put numbers in order, for formulas."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from wlnet.core.scalars import as_whole
from wlnet.graph.array_functions import plain, write, writes
from wlnet.graph.tracing import Traced


def along(x: Any, axis: int, entry: Any) -> Any:
    """A part along an axis."""
    full = slice(None)
    return x[(*(full,) * axis, entry) if axis >= 0 else (..., entry, *(full,) * ~axis)]


def told_size(x: Any, axis: int) -> int:
    """A size that must be told. Raises OptionError where it is not."""
    return len(np.moveaxis(x, axis, 0))


@writes(np.diff)
def _diff(x: Any, n: int = 1, axis: int = -1, **more: Any) -> Any:
    plain("diff", **more)
    for _ in range(n):
        x = along(x, axis, slice(1, None)) - along(x, axis, slice(None, -1))
    return x


@writes(np.roll)
def _roll(x: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.reshape(np.roll(np.ravel(x), shift, 0), tuple(x.shape))
    if isinstance(axis, (tuple, list)) or isinstance(shift, (tuple, list)):
        for steps, at in np.broadcast(shift, axis):
            x = np.roll(x, int(steps), int(at))
        return x
    shift, shape = operator.index(shift), x.writer.known[x.tree].shape
    if shape is not None and shape[axis] is not None and abs(shift) >= shape[axis]:
        shift %= told_size(x, axis)
    if not shift:
        return x
    halves = [along(x, axis, slice(-shift, None)), along(x, axis, slice(None, -shift))]
    return np.concatenate(halves, axis)


@writes(np.repeat)
def _repeat(x: Any, repeats: int, axis: Any = None) -> Any:
    x, axis = (np.ravel(x), 0) if axis is None else (x, operator.index(axis) % x.ndim)
    copies = np.stack([x] * operator.index(repeats), axis + 1)
    return np.reshape(copies, (*x.shape[:axis], -1, *x.shape[axis + 1 :]))


@writes(np.split)
def _split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if isinstance(indices_or_sections, (tuple, list, np.ndarray)):
        ends = [*map(operator.index, indices_or_sections)]
    else:
        size, count = told_size(x, axis), operator.index(indices_or_sections)
        if size % count:
            raise ValueError(f"{size} entries cannot be divided into {count} equal parts")
        ends = [*range(size // count, size, size // count)]
    return [along(x, axis, slice(*both)) for both in zip([None, *ends], [*ends, None], strict=True)]


@writes(np.pad)
def _pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    plain("pad", mode=None if mode == "constant" else mode)
    widths = np.broadcast_to(np.asarray(pad_width, int), (x.ndim, 2)).tolist()
    for axis, (before, after) in enumerate(widths):
        shape = x.shape
        ends = [
            np.broadcast_to(np.full_like(x[(0,) * x.ndim], constant_values),
                            (*shape[:axis], width, *shape[axis + 1 :])) if width else None
            for width in (before, after)
        ]  # fmt: skip
        x = np.concatenate([each for each in (ends[0], x, ends[1]) if each is not None], axis)
    return x


@writes(np.cumsum)
def _cumsum(x: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    plain("cumsum", dtype=dtype, out=out)
    x, axis = (np.ravel(x), 0) if axis is None else (x, operator.index(axis))
    ones = np.triu(np.ones((told_size(x, axis),) * 2))
    return np.moveaxis(np.moveaxis(x, axis, -1) @ ones, -1, axis)


@writes(np.trace)
def _trace(x: Any, **options: Any) -> Any:
    plain("trace", **options)
    return np.sum(np.diagonal(x))


@writes(np.diagonal)
def _diagonal(x: Any, **options: Any) -> Any:
    plain("diagonal", **options)
    return np.stack([x[i, i] for i in range(min(told_size(x, 0), told_size(x, 1)))], -1)


@writes(np.take)
def _take(x: Any, indices: Any, axis: Any = None, **more: Any) -> Any:
    plain("take", **more)
    x, axis = (np.ravel(x), 0) if axis is None else (x, operator.index(axis))
    if isinstance(indices, Traced):
        return _by_index("Take", x, indices, axis)
    chosen = np.asarray(indices)
    if chosen.dtype.kind not in "iu" or chosen.ndim > 1:
        raise TypeError("an index of whole numbers, or a list of them")
    if chosen.ndim == 0:
        return along(x, axis, int(chosen))
    return np.stack([along(x, axis, int(i)) for i in chosen], axis)


@writes(np.take_along_axis)
def _take_along_axis(x: Any, indices: Any, axis: Any = -1) -> Any:
    return _by_index("TakeAlong", x, indices, operator.index(axis))


def _by_index(name: str, x: Any, index: Any, axis: int) -> Any:
    if not isinstance(index, Traced) or not index.is_index:  # type: ignore[attr-defined]
        raise TypeError('an index is of integers: what a port of "Integer" or np.argsort gives')
    return index.writer.operation(name, (axis, index.offset), x, index)  # type: ignore[attr-defined]


@writes(np.argsort)
def _argsort(x: Any, axis: Any = -1, kind: Any = None, **more: Any) -> Any:
    plain("argsort", **more)
    if axis is None:
        x, axis = np.ravel(x), 0
    return write("Ordering", operator.index(axis), x) - 1


@writes(np.sort)
def _sort(x: Any, axis: Any = -1, kind: Any = None, **more: Any) -> Any:
    plain("sort", **more)
    if axis is None:
        x, axis = np.ravel(x), 0
    return np.take_along_axis(x, np.argsort(x, axis), axis)


@writes(np.argmin)
def _argmin(x: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
    plain("argmin", out=out)
    if axis is None:
        x, axis = np.ravel(x), 0
    first = slice(0, 1) if keepdims else 0
    # The first of the least, or of those that are no numbers, as in NumPy.
    chosen = (x == np.min(x, axis=axis, keepdims=True)) | (x != x)
    return along(np.argsort(np.where(chosen, 0, 1), axis), axis, first)


@writes(np.argmax)
def _argmax(x: Any, axis: Any = None, **options: Any) -> Any:
    return np.argmin(-x, axis, **options)


@writes(np.tril)
def _tril(x: Any, k: int = 0) -> Any:
    return np.where(np.tril(np.ones(x.shape[-2:]), k), x, 0)


@writes(np.triu)
def _triu(x: Any, k: int = 0) -> Any:
    return np.where(np.triu(np.ones(x.shape[-2:]), k), x, 0)


def part(x: Any, index: Any) -> Any:
    """x[index]."""
    entries = list(index) if isinstance(index, tuple) else [index]
    plain: list[Any] = []
    for entry in entries:
        whole = None if isinstance(entry, (bool, np.bool_, Traced)) else as_whole(entry)
        if entry is None or entry is Ellipsis:
            plain.append("new" if entry is None else "rest")
        elif isinstance(entry, slice):
            ends = (entry.start, entry.stop, entry.step)
            plain.append(("slice", *(None if e is None else operator.index(e) for e in ends)))
        elif whole is not None:
            plain.append(whole)
        else:
            return _picked(x, entries, len(plain), entry)
    return write("Part", tuple(plain), x)


def _picked(x: Any, entries: list[Any], at: int, entry: Any) -> Any:
    """An index of integers among slices that take all."""
    full = slice(None)
    if isinstance(entry, Traced) and entry.writer.is_condition(entry):
        raise TypeError("a mask as an index: np.where(mask, x, 0) keeps the shape")
    others = entries[:at] + entries[at + 1 :]
    if any(other != full for other in others if not isinstance(other, Traced)) or any(
        isinstance(other, Traced) for other in others
    ):
        raise TypeError("an index of integers among parts: one after the other, or ExtractLayer")
    return np.take(x, entry, at)
