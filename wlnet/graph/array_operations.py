"""What formulas of arrays are made of, beside functions of numbers: sums, parts, products, order.

A closed table. Each operation is said three times: the shape that it gives, in primitives, and in
NumPy. In primitives a value has the examples of the batch along its first axis, or a 1 where it is
the same for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from wlnet.core.shapes import Mismatch, Partial, is_known, shape_text
from wlnet.graph import array_checks as check
from wlnet.graph import array_shapes as shapes
from wlnet.graph.array_products import einsum, einsum_shape, product
from wlnet.graph.array_shapes import Known, at_axes, at_axis, broadcast, filled_in, order_of
from wlnet.graph.builder import Builder
from wlnet.graph.entries import Taken, entries
from wlnet.graph.folds import FOLDS, OF_SEVERAL, fold
from wlnet.graph.graph import Value

Kind = Literal["Real", "Integer", "Boolean", "Same"]


@dataclass(frozen=True)
class ArrayOperation:
    """One operation. Its functions get the settings, then the operands.

    check: of the settings, ValueError. shape: Mismatch. operands: how many it takes, None for any
    number from 1 on; takes: what they are, the last one for all others. gives: what kind of
    entries, "Same" as those of the first operand.
    """

    check: check.Check
    shape: Callable[..., Partial]
    lower: Callable[..., Value]
    evaluate: Callable[..., Any]
    operands: int | None = 1
    takes: tuple[Kind, ...] = ("Real",)
    gives: Kind = "Real"


def one_batch(g: Builder, values: Sequence[Value]) -> list[Value]:
    """Values that all have the examples of the batch."""
    count = max(value.shape[0] for value in values)
    return [g.broadcast(value, (count, *value.shape[1:])) for value in values]


# Many numbers to one


def _aggregated(at: Any, x: Known) -> Partial:
    function, axes, keep = at
    if x.shape is None:
        return None if axes is not None or keep else ()
    gone = at_axes(axes, len(x.shape))
    if function in OF_SEVERAL and math.prod(x.shape[i] or 2 for i in gone) == 1:
        raise Mismatch(f"of one number in {shape_text(x.shape)} there is no {function}")
    return shapes.without(x.shape, gone, keep=keep)


def _aggregate(g: Builder, at: Any, x: Value) -> Value:
    function, axes, keep = at
    gone = [axis + 1 for axis in at_axes(axes, x.rank - 1)]
    made = fold(g, x, gone, function)
    kept = [size for i, size in enumerate(made.shape) if i not in gone]
    return made if keep else g.reshape(made, kept)


# Axes in another order


def _transposed(way: Any, x: Known) -> Partial:
    if x.shape is None:
        told = way[1:] if way[0] == "axes" else ()
        return (None,) * len(told) if told else None
    return tuple(x.shape[axis] for axis in order_of(way, len(x.shape)))


def _transpose(g: Builder, way: Any, x: Value) -> Value:
    order = [0, *(axis + 1 for axis in order_of(way, x.rank - 1))]
    return x if order == sorted(order) else g.transpose(x, order)


# Other shapes


def _reshape(g: Builder, spec: Any, x: Value, *sizes: float) -> Value:
    told = filled_in(spec, [Known((), size) for size in sizes])
    shape = shapes.reshaped(x.shape[1:], told)
    assert is_known(shape)
    return g.reshape(x, (x.shape[0], *shape))


def _spread(spec: Any, x: Known, *sizes: Known) -> Partial:
    told = tuple(filled_in(spec, sizes))
    if broadcast([x.shape, told]) not in (None, told) and is_known(told):
        raise Mismatch(f"{shape_text(x.shape)} cannot be repeated to {told}")
    return told


def _spread_out(g: Builder, spec: Any, x: Value, *sizes: float) -> Value:
    told = filled_in(spec, [Known((), size) for size in sizes])
    wide = g.reshape(x, (x.shape[0], *(1,) * (len(told) - x.rank + 1), *x.shape[1:]))
    return g.broadcast(wide, (x.shape[0], *(int(size or 0) for size in told)))


def _squeezed(axes: Any, x: Known) -> Partial:
    if x.shape is None or (axes is None and not is_known(x.shape)):
        return None
    ones = tuple(i for i, size in enumerate(x.shape) if size == 1)
    gone = ones if axes is None else at_axes(axes, len(x.shape))
    if any(x.shape[i] not in (None, 1) for i in gone):
        raise Mismatch(f"{shape_text(x.shape)} has more than one entry along axis {axes}")
    return shapes.without(x.shape, gone, keep=False)


def _squeeze(g: Builder, axes: Any, x: Value) -> Value:
    shape = _squeezed(axes, Known(x.shape[1:]))
    assert is_known(shape)
    return g.reshape(x, (x.shape[0], *shape))


# Parts


def _part(g: Builder, index: Any, x: Value) -> Value:
    axis, shape = 1, [x.shape[0]]
    for entry in shapes.spelt_out(index, x.rank - 1):
        if entry == "new":
            shape.append(1)
            continue
        which = shapes.taken(entry, x.shape[axis])
        x = entries(g, x, axis, Taken(which.start, len(which), which.step))
        shape += [] if isinstance(entry, int) else [x.shape[axis]]
        axis += 1
    return g.reshape(x, shape)


def _index(index: Any) -> tuple[Any, ...]:
    """An index as NumPy takes it."""
    words = {"new": None, "rest": ...}
    return tuple(slice(*e[1:]) if isinstance(e, tuple) else words.get(e, e) for e in index)


def _join(g: Builder, axis: Any, *xs: Value) -> Value:
    at = at_axis(axis, xs[0].rank - 1) + 1
    return g.concatenate(one_batch(g, xs), at)


def _reversed(axes: Any, shape: Partial) -> Partial:
    if shape is not None:
        at_axes(axes, len(shape))
    return shape


def _reverse(g: Builder, axes: Any, x: Value) -> Value:
    for axis in at_axes(axes, x.rank - 1):
        x = g.reverse(x, axis + 1)
    return x


# By index


def _take_shape(at: Any, x: Known, index: Known) -> Partial:
    if x.shape is None or index.shape is None:
        return None
    axis = at_axis(at[0], len(x.shape))
    return (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])


def _take(g: Builder, at: Any, x: Value, index: Value) -> Value:
    axis = at_axis(at[0], x.rank - 1)
    x, index = one_batch(g, [g.move_axis(x, axis + 1, 1), index])
    found = g.extract(x, g.reshape(index, (*index.shape, 1)), offset=at[1], wrap=0)
    many = index.rank - 1
    order = [0, *range(many + 1, many + 1 + axis), *range(1, many + 1)]
    order += range(many + 1 + axis, found.rank)
    return found if order == sorted(order) else g.transpose(found, order)


def _along_shape(at: Any, x: Known, index: Known) -> Partial:
    if x.shape is None or index.shape is None:
        return index.shape
    if len(x.shape) != len(index.shape):
        told = f"{shape_text(x.shape)} and {shape_text(index.shape)}"
        raise Mismatch(f"along an axis is taken by an index of the same rank, not {told}")
    axis = at_axis(at[0], len(x.shape))
    rest = broadcast([shapes.without(s, (axis,), keep=True) for s in (x.shape, index.shape)])
    assert rest is not None
    return (*rest[:axis], index.shape[axis], *rest[axis + 1 :])


def _take_along(g: Builder, at: Any, x: Value, index: Value) -> Value:
    axis = at_axis(at[0], x.rank - 1) + 1
    x, index = g.move_axis(x, axis, -1), g.move_axis(index, axis, -1)
    beside = tuple(map(max, x.shape[:-1], index.shape[:-1]))
    x, index = (g.broadcast(each, (*beside, each.shape[-1])) for each in (x, index))
    places = g.reshape(index, (*index.shape, 1))
    return g.move_axis(g.extract(x, places, beside=x.rank - 1, offset=at[1], wrap=0), -1, axis)


def _ordering(g: Builder, axis: Any, x: Value) -> Value:
    return g.move_axis(g.ordering(g.move_axis(x, axis + (axis >= 0), -1)), -1, axis + (axis >= 0))


OPERATIONS: dict[str, ArrayOperation] = {
    "Aggregate": ArrayOperation(
        check.aggregation, _aggregated, _aggregate,
        lambda at, x: FOLDS[at[0]].evaluate(x, at_axes(at[1], x.ndim), keepdims=at[2]),
    ),
    "Dot": ArrayOperation(
        check.product, lambda at, a, b: shapes.of_product(a.shape, b.shape, flat=at == "flat"),
        lambda g, _, a, b: product(g, a, b), lambda _, a, b: np.matmul(a, b), 2,
    ),
    "Einsum": ArrayOperation(
        check.einsum, lambda at, *xs: einsum_shape(at, [x.shape for x in xs]),
        lambda g, at, *xs: einsum(g, at, xs), lambda at, *xs: np.einsum(at, *xs), None,
    ),
    "Transpose": ArrayOperation(
        check.order, _transposed, _transpose,
        lambda way, x: np.transpose(x, order_of(way, x.ndim)), takes=("Same",), gives="Same",
    ),
    "Reshape": ArrayOperation(
        check.sizes, lambda spec, x, *more: shapes.reshaped(x.shape, filled_in(spec, more)),
        _reshape, lambda spec, x, *more: np.reshape(x, _told(spec, more)),
        None, ("Same", "Real"), "Same",
    ),
    "Broadcast": ArrayOperation(
        check.sizes, _spread, _spread_out,
        lambda spec, x, *more: np.broadcast_to(x, _told(spec, more)),
        None, ("Same", "Real"), "Same",
    ),
    "Squeeze": ArrayOperation(
        check.axes, _squeezed, _squeeze, lambda axes, x: np.squeeze(x, axes),
        takes=("Same",), gives="Same",
    ),
    "Part": ArrayOperation(
        check.index, lambda at, x: shapes.of_part(x.shape, at), _part,
        lambda at, x: x[_index(at)], takes=("Same",), gives="Same",
    ),
    "Join": ArrayOperation(
        check.axis, lambda axis, *xs: shapes.joined([x.shape for x in xs], axis), _join,
        lambda axis, *xs: np.concatenate(xs, axis), None, ("Same",), "Same",
    ),
    "Reverse": ArrayOperation(
        check.axes,
        lambda axes, x: _reversed(axes, x.shape),
        _reverse, lambda axes, x: np.flip(x, axes), takes=("Same",), gives="Same",
    ),
    "Like": ArrayOperation(
        check.number, lambda _, x: x.shape,
        lambda g, number, x: g.fill(number, (1, *x.shape[1:])),
        lambda number, x: np.full(x.shape, float(number)), takes=("Same",),
    ),
    "Shaped": ArrayOperation(
        check.sizes, lambda at, x: shapes.shaped(x.shape, at), lambda g, at, x: x,
        lambda at, x: x, takes=("Same",), gives="Same",
    ),
    "Constant": ArrayOperation(
        check.constant, lambda at: at[0], lambda g, at: g.constant(at[1], (1, *at[0])),
        lambda at: np.reshape(np.array(at[1], float), at[0]), 0, (),
    ),
    "Number": ArrayOperation(
        check.nothing, lambda _, x: x.shape, lambda g, _, x: g.one("as_real", x),
        lambda _, x: np.asarray(x, float), takes=("Integer",),
    ),
    "Ordering": ArrayOperation(
        check.axis, lambda axis, x: x.shape, _ordering,
        lambda axis, x: np.argsort(x, axis, kind="stable") + 1, gives="Integer",
    ),
    "Take": ArrayOperation(
        check.counting, _take_shape, _take,
        lambda at, x, index: np.take(x, index + at[1], at[0]), 2, ("Real", "Integer"),
    ),
    "TakeAlong": ArrayOperation(
        check.counting, _along_shape, _take_along,
        lambda at, x, index: np.take_along_axis(x, index + at[1], at[0]), 2, ("Real", "Integer"),
    ),
}  # fmt: skip
"""Every operation by name. "Size", of which nothing is computed, stands in array_formula.py."""


def _told(spec: Any, sizes: Sequence[Any]) -> list[int]:
    return [int(size or 0) for size in filled_in(spec, [Known((), float(n)) for n in sizes])]
