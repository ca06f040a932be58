"""What formulas of arrays know of shapes: NumPy's rules, of which only a part may be known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from wlnet.core.shapes import Mismatch, Partial, Shape, Size, is_known, merge, shape_text

Axes = tuple[int, ...] | None
"""Axes, from 0 or from -1 backwards; None for all of them."""
FULL = ("slice", None, None, None)
"""The entry of an index that takes all."""


class Known(NamedTuple):
    """What is known of a value: its shape, and which number it is, if it is made of sizes."""

    shape: Partial
    number: float | None = None


def at_axis(axis: int, rank: int) -> int:
    """An axis from 0. Raises Mismatch."""
    if not -rank <= axis < rank:
        raise Mismatch(f"there is no axis {axis}: the array has {rank}")
    return axis % rank


def at_axes(axes: Axes, rank: int) -> tuple[int, ...]:
    """Axes from 0, in order. Raises Mismatch."""
    if axes is None:
        return tuple(range(rank))
    found = [at_axis(axis, rank) for axis in axes]
    if len(set(found)) < len(found):
        raise Mismatch(f"axes {axes} name one twice")
    return tuple(sorted(found))


def order_of(way: Any, rank: int) -> list[int]:
    """Axes in their new order: ("axes", ...), reversed where none is told; ("swap", i, j), or
    ("move", from, to). Raises Mismatch."""
    name, *told = way
    if name == "axes":
        order = [at_axis(axis, rank) for axis in told] or list(range(rank))[::-1]
        if sorted(order) != list(range(rank)):
            raise Mismatch(f"an order of {rank} axes, not {tuple(told)}")
        return order
    first, second = (at_axis(axis, rank) for axis in told)
    order = list(range(rank))
    if name == "swap":
        order[first], order[second] = second, first
    else:
        order.insert(second, order.pop(first))
    return order


def broadcast(shapes: Sequence[Partial]) -> Partial:
    """The shape to which all are repeated, as NumPy does it.

    >>> broadcast([(3, 1), (None,), ()]), broadcast([(2, 3), None])
    ((3, None), None)
    """
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    rank = max((len(shape) for shape in known), default=0)
    padded = [(1,) * (rank - len(shape)) + shape for shape in known]
    return tuple(_common([shape[i] for shape in padded], known) for i in range(rank))


def _common(sizes: Sequence[Size], shapes: Sequence[Shape]) -> Size:
    large = {size for size in sizes if size not in (None, 1)}
    if len(large) > 1:
        told = " and ".join(dict.fromkeys(map(shape_text, shapes)))
        raise Mismatch(f"{told} cannot be repeated to one shape")
    return large.pop() if large else None if None in sizes else 1


def without(shape: Shape, axes: tuple[int, ...], *, keep: bool) -> Shape:
    """A shape whose axes are gone, or have become 1."""
    if keep:
        return tuple(1 if i in axes else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def filled_in(spec: Sequence[Size], sizes: Sequence[Known]) -> list[Size]:
    """Sizes that are written, or -1, and in the place of each None one that was worked out."""
    told: list[Size] = []
    rest = list(sizes)
    for size in spec:
        if size is not None:
            told.append(size)
            continue
        number = rest.pop(0).number
        if number is not None and (number != round(number) or number < 1):
            raise Mismatch(f"a size is a positive integer, not {number:g}")
        told.append(None if number is None else int(number))
    return told


def reshaped(shape: Partial, spec: Sequence[Size]) -> Partial:
    """The shape that NumPy's reshape gives. Raises Mismatch."""
    if -1 not in spec:
        told = tuple(spec)
        if is_known(shape) and is_known(told) and math.prod(told) != math.prod(shape):
            raise Mismatch(f"{shape_text(shape)} does not have the numbers of {told}")
        return told
    others = [size for size in spec if size != -1]
    if not is_known(shape) or None in others:
        return tuple(None if size == -1 else size for size in spec)
    whole, rest = math.prod(shape), math.prod(size for size in others if size is not None)
    if whole % rest:
        raise Mismatch(f"{shape_text(shape)} cannot be divided into {tuple(spec)}")
    return tuple(whole // rest if size == -1 else size for size in spec)


def spelt_out(index: Sequence[Any], rank: int) -> list[Any]:
    """An index with an entry for each axis, and "new" for each new one. Raises Mismatch."""
    taking = sum(entry not in ("new", "rest") for entry in index)
    if taking > rank:
        raise Mismatch(f"an index of {taking} axes, and the array has {rank}")
    found: list[Any] = []
    for entry in index if "rest" in index else (*index, "rest"):
        found += [FULL] * (rank - taking) if entry == "rest" else [entry]
    return found


def taken(entry: Any, size: int) -> range:
    """The entries that one entry of an index takes. Raises Mismatch where there are none."""
    if isinstance(entry, int):
        if not -size <= entry < size:
            raise Mismatch(f"there is no entry {entry} of {size}")
        return range(entry % size, entry % size + 1)
    found = range(*slice(*entry[1:]).indices(size))
    if not found:
        told = ":".join("" if end is None else str(end) for end in entry[1:])
        raise Mismatch(f"{told} takes nothing of {size} entries")
    return found


def of_part(shape: Partial, index: Sequence[Any]) -> Partial:
    """The shape of a part."""
    if shape is None:
        return None
    sizes, made = iter(shape), list[Size]()
    for entry in spelt_out(index, len(shape)):
        size = 1 if entry == "new" else next(sizes)
        if entry == "new" or entry == FULL:
            made.append(size)
        elif not isinstance(entry, int):
            made.append(None if size is None else len(taken(entry, size)))
        elif size is not None:
            taken(entry, size)
    return tuple(made)


def joined(shapes: Sequence[Partial], axis: int) -> Partial:
    """The shape of arrays one after another along an axis."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    ranks = {len(shape) for shape in known}
    if len(ranks) > 1 or not min(ranks):
        told = " and ".join(dict.fromkeys(map(shape_text, known)))
        raise Mismatch(f"arrays of equal rank, from 1 on, are joined, not {told}")
    at, result = at_axis(axis, min(ranks)), list[Size]()
    for i in range(min(ranks)):
        sizes = [shape[i] for shape in known]
        if i == at:
            result.append(None if None in sizes else sum(int(size or 0) for size in sizes))
            continue
        told_sizes = {size for size in sizes if size is not None}
        if len(told_sizes) > 1:
            raise Mismatch(f"arrays joined along axis {at} differ along axis {i}: {told_sizes}")
        result.append(told_sizes.pop() if told_sizes else None)
    return tuple(result)


def of_product(a: Partial, b: Partial, *, flat: bool) -> Partial:
    """The shape of NumPy's matmul; flat: of at most two axes each. Raises Mismatch."""
    if a is None or b is None:
        return None
    if flat and max(len(a), len(b)) > 2:
        raise Mismatch(f"np.dot of {shape_text(a)} and {shape_text(b)}: np.einsum says which axes")
    if not a or not b:
        raise Mismatch("a product by @ takes arrays, not scalars: * multiplies by a scalar")
    inner = {size for size in (a[-1], b[0] if len(b) == 1 else b[-2]) if size is not None}
    if len(inner) > 1:
        raise Mismatch(f"{shape_text(a)} @ {shape_text(b)}: {a[-1]} numbers meet others")
    lead = broadcast([a[:-2], b[:-2]])
    assert lead is not None
    return (*lead, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


def shaped(shape: Partial, told: Shape) -> Partial:
    """The shape that an array must have. Raises Mismatch for another."""
    try:
        return merge(shape, told)
    except Mismatch:
        raise Mismatch(
            f"{shape_text(shape)} is not {shape_text(told)}, the sizes that Python has read when "
            "the function was written down: write it down again"
        ) from None
