"""Operators that set entries around, beside or over those that are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.layers.padding import PaddingLayer
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import (
    Fixed,
    Flow,
    Given,
    integers,
    mixes,
    number,
    open_size,
    room_for,
)
from wlnet.onnx.importing.writing import Writing


@operator("Pad")
def _pad(net: Writing, node: Node, x: Given, pads: Given | None = None,
         value: Given | None = None, axes: Given | None = None) -> Given:  # fmt: skip
    mode = node("mode", "constant")
    told = integers(pads, "margins") if pads is not None else list(node("pads"))
    fill = number(value, "a number to pad with") if value is not None else node("value", 0.0)
    along = integers(axes, "axes") if axes is not None else list(range(x.rank))
    if len(told) != 2 * len(along):
        raise Misfit(f"{len(told)} margins for {len(along)} axes")
    rank = x.rank
    if any(not -rank <= axis < rank for axis in along):
        raise Misfit(f"axes {along} of an array of {rank}")
    margins = [(0, 0)] * rank
    for i, axis in enumerate(along):
        margins[axis % rank] = told[i], told[i + len(along)]
    if min((min(pair) for pair in margins), default=0) < 0:
        raise Misfit("margins below 0, which cut")
    if isinstance(x, Fixed):
        room_for([a + b + c for a, (b, c) in zip(x.array.shape, margins, strict=True)])
        if mode == "constant":
            return Fixed(np.pad(x.array, margins, constant_values=fill))
        names = {"edge": "edge", "reflect": "reflect", "wrap": "wrap"}
        if mode not in names or 0 in x.array.shape:
            raise Misfit(f"mode = {mode!r}")
        return Fixed(np.pad(x.array, margins, mode=names[mode]))  # type: ignore[call-overload]
    if x.batch is not None and margins[x.batch] != (0, 0):
        raise mixes("pads")
    if mode not in PADDINGS:
        raise Misfit(f"mode = {mode!r}", expected=", ".join(map(repr, PADDINGS)))
    if None in x.sizes:
        raise open_size()
    sizes = [int(a or 0) + b + c for a, (b, c) in zip(x.sizes, margins, strict=True)]
    room_for(sizes)
    if all(pair == (0, 0) for pair in margins):
        return x
    x = net.real(x)
    layer = PaddingLayer([margins[i] for i in x.axes], PADDINGS[mode] or fill)
    return net.shaped(net.layer(layer, x), x, sizes)


PADDINGS = {"constant": "", "edge": "Fixed", "reflect": "Reflected", "wrap": "Periodic"}


@operator("OneHot")
def _one_hot(net: Writing, node: Node, places: Given, depth: Given, values: Given) -> Given:
    axis = node("axis", -1)
    count = int(number(depth, "a number of classes"))
    off, on = (float(x) for x in integers(values, "two values"))
    if not isinstance(places, Flow):
        raise Misfit("places that are known")
    if axis not in (-1, places.rank):
        raise Misfit(f"axis = {axis}", expected="-1: the vectors along the last axis")
    if not 0 < count <= 2**24:
        raise Misfit(f"{count} classes")
    x = net.real(places)
    like = replace(x, sizes=(*x.sizes, count))
    span = np.arange(float(count))

    def vectors(a: Any) -> Any:
        b = a[..., None]
        return np.where(np.where(b < 0, b + count, b) == span, on, off)

    return net.function(vectors, x, like=like)


@operator("Trilu")
def _triangle(net: Writing, node: Node, x: Given, diagonal: Given | None = None) -> Given:
    k = int(number(diagonal, "a diagonal")) if diagonal is not None else 0
    call = np.triu if node("upper", 1) else np.tril
    if isinstance(x, Fixed):
        return replace(x, array=call(x.array, k))
    x.inner(-1), x.inner(-2)
    return net.function(lambda a: call(a, k), x, like=x)


@operator("CumSum")
def _running_sum(net: Writing, node: Node, x: Given, axis: Given) -> Given:
    along = int(number(axis, "an axis"))
    node.expect("exclusive", 0)
    reverse = bool(node("reverse", 0))
    if isinstance(x, Fixed):
        if not -x.rank <= along < x.rank:
            raise Misfit(f"axis {along} of an array of {x.rank}")
        array = np.flip(x.array, along) if reverse else x.array
        total = np.cumsum(array, axis=along, dtype=x.array.dtype)
        return Fixed(np.flip(total, along) if reverse else total)
    inner = x.inner(along)
    if reverse:
        return net.function(
            lambda a: np.flip(np.cumsum(np.flip(a, inner), axis=inner), inner), x, like=x
        )
    return net.function(lambda a: np.cumsum(a, axis=inner), x, like=x)


@operator("TopK")
def _largest(net: Writing, node: Node, x: Given, count: Given | None = None) -> Any:
    k = int(number(count, "how many")) if count is not None else node("k")
    axis, largest = node("axis", -1), bool(node("largest", 1))
    node("sorted", 1)
    if isinstance(x, Fixed):
        raise Misfit("the largest of an array that is known")
    axis = x.axis(axis)
    inner, size = x.inner(axis, "is an order along"), x.sizes[axis]
    if size is None or not 0 < k <= size:
        raise Misfit(f"the {k} largest of {size}")
    x = net.real(x)
    sizes = [k if i == axis else n for i, n in enumerate(x.sizes)]
    first = (*[slice(None)] * inner, slice(0, k))

    def values(a: Any) -> Any:
        return -np.sort(-a, axis=inner)[first] if largest else np.sort(a, axis=inner)[first]

    def places(a: Any) -> Any:
        return np.argsort(-a if largest else a, axis=inner)[first] * 1.0

    made = net.function(values, x, like=x, sizes=sizes)
    if not node.has_output(1):
        return made
    return made, replace(net.function(places, x, like=x, sizes=sizes), kind="Whole")
