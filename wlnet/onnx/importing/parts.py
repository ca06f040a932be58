"""Operators that take parts of arrays, and join them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.parts import Span
from wlnet.core.symbols import ALL
from wlnet.layers.catenate import CatenateLayer
from wlnet.layers.embedding import EmbeddingLayer
from wlnet.layers.part import PartLayer
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import (
    Fixed,
    Flow,
    Given,
    integers,
    mixes,
    open_size,
    room_for,
)
from wlnet.onnx.importing.writing import Writing


@operator("Concat")
def _concat(net: Writing, node: Node, *given: Given) -> Given:
    axis = node("axis", 1) if node.version < 4 else node("axis")
    if all(isinstance(each, Fixed) for each in given):
        arrays: list[Any] = [each.array for each in given if isinstance(each, Fixed)]
        if any(array.dtype == object for array in arrays):
            arrays = [array.astype(object) for array in arrays]
        room_for([sum(array.size for array in arrays)])
        try:
            return Fixed(np.concatenate(arrays, axis=axis), *_joint(given))
        except ValueError as error:
            raise Misfit(str(error)) from None
    first = next(each for each in given if isinstance(each, Flow))
    axis = first.axis(axis)
    if axis == first.batch:
        raise mixes("joins along")
    flows = []
    for each in given:
        if isinstance(each, Flow):
            if (each.batch, each.before, each.rank) != (first.batch, first.before, first.rank):
                raise mixes("joins arrays apart from")
            flows.append(net.real(each))
            continue
        shape = each.array.shape
        if len(shape) != first.rank:
            raise Misfit(f"an array of {len(shape)} axes beside one of {first.rank}")
        if first.batch is not None and (first.is_merged or shape[first.batch] != 1):
            raise mixes("joins an array that is there once along")
        flows.append(net.array(each, tuple(shape[i] for i in first.axes), first))
    if len(flows) == 1:
        return flows[0]
    along = [
        each.sizes[axis] if isinstance(each, Flow) else each.array.shape[axis] for each in given
    ]
    if None in along:
        raise open_size()
    others = [i for i in range(first.rank) if i != axis]
    for each in given:
        own = each.sizes if isinstance(each, Flow) else each.array.shape
        if any(own[i] != first.sizes[i] for i in others if i != first.batch):
            raise Misfit("arrays of different sizes beside the axis along which they are joined")
    sizes = [
        sum(int(n or 0) for n in along) if i == axis else first.sizes[i] for i in range(first.rank)
    ]
    layer = CatenateLayer(first.level(axis))
    ports = [str(i) for i in range(1, len(flows) + 1)]
    return net.shaped(net.layer(layer, *flows, ports=ports), first, sizes)


def _joint(given: Any) -> tuple[str | None, bool]:
    learned = [each for each in given if each.learns]
    return (learned[0].name, True) if learned else (None, False)


def taken(net: Writing, x: Flow, axis: int, start: int, stop: int, step: int = 1) -> Flow:
    """Entries start, start + step, ... before stop, in Python's counting, all at least 0."""
    count = len(range(start, stop, step))
    if count == 0:
        raise Misfit("an empty array")
    if (start, stop, step) == (0, x.sizes[axis], 1):
        return x
    x = net.real(x)
    level = x.inner(axis, "takes a part along")
    last = start + (count - 1) * step
    part: Any = Span(start + 1, last + 1)
    if step != 1:
        part = f"{start + 1};;{last + 1};;{step}"
    end = net.layer(PartLayer((*[ALL] * level, part)), x)
    return net.shaped(end, x, [count if i == axis else size for i, size in enumerate(x.sizes)])


@operator("Slice")
def _slices(net: Writing, node: Node, x: Given, starts: Given | None = None,
            stops: Given | None = None, axes: Given | None = None,
            steps: Given | None = None) -> Given:  # fmt: skip
    if node.version < 10:
        first, last = list(node("starts")), list(node("ends"))
        along = list(node("axes", range(len(first))))
    else:
        first, last = integers(starts, "places"), integers(stops, "places")
        along = integers(axes, "axes") if axes is not None else list(range(len(first)))
    by = integers(steps, "steps") if steps is not None else [1] * len(first)
    if not len(first) == len(last) == len(along) == len(by) or 0 in by:
        raise Misfit("places, axes and steps that do not fit each other")
    if isinstance(x, Fixed):
        index: list[Any] = [slice(None)] * x.rank
        for start, stop, axis, step in zip(first, last, along, by, strict=True):
            if not -x.rank <= axis < x.rank:
                raise Misfit(f"axis {axis} of an array of {x.rank}")
            size = x.array.shape[axis]
            index[axis] = _bounds(start, stop, step, size)
        return replace(x, array=x.array[tuple(index)])
    for start, stop, axis, step in zip(first, last, along, by, strict=True):
        axis = x.axis(axis)
        if axis == x.batch and not (start == 0 and stop >= 2**31 - 1 and step == 1):
            raise mixes("takes a part along")
        if axis == x.batch:
            continue
        size = x.sizes[axis]
        if size is None:
            if stop < 2**31 - 1 or step != 1 or start not in (0, -1):
                raise open_size()
            if start == -1:  # the last, of however many
                at_end = net.layer(PartLayer((*[ALL] * x.inner(axis), Span(-1, -1))), net.real(x))
                x = net.shaped(at_end, x, [1 if i == axis else n for i, n in enumerate(x.sizes)])
            continue
        bounds = range(size)[_bounds(start, stop, step, size)]
        if not len(bounds):
            raise Misfit("an empty array")
        end = bounds[-1] + (1 if step > 0 else -1)
        x = taken(net, x, axis, bounds[0], end, step)
    return x


def _bounds(start: int, stop: int, step: int, size: int) -> slice:
    """ONNX clamps places; one before the first is told by a number far below."""
    if step > 0:
        return slice(start, stop, step)
    low = stop + size if stop < 0 else stop
    return slice(
        min(start + size if start < 0 else start, size - 1), None if low < 0 else low, step
    )


@operator("Split")
def _split(net: Writing, node: Node, x: Given, sizes: Given | None = None) -> Any:
    axis = node("axis", 0)
    count = node("num_outputs", len(node.outputs))
    if count != len(node.outputs):
        raise Misfit(f"{count} parts for {len(node.outputs)} outputs")
    rank = x.rank
    if not -rank <= axis < rank:
        raise Misfit(f"axis {axis} of an array of {rank}")
    axis %= rank
    whole = x.array.shape[axis] if isinstance(x, Fixed) else x.sizes[axis]
    if isinstance(x, Flow) and axis == x.batch:
        raise mixes("splits")
    if whole is None:
        raise open_size()
    told = integers(sizes, "sizes") if sizes is not None else node("split", None)
    if told is None:
        each = -(-whole // count)
        told = [min(each, whole - i * each) for i in range(count)]
    if sum(told) != whole or min(told) < 0 or len(told) != count:
        raise Misfit(f"parts of {told} of {whole}")
    stops = np.cumsum(told).tolist()
    if isinstance(x, Fixed):
        return tuple(replace(x, array=part) for part in np.split(x.array, stops[:-1], axis=axis))
    return tuple(
        taken(net, x, axis, stop - size, stop) for stop, size in zip(stops, told, strict=True)
    )


@operator("Gather")
def _gather(net: Writing, node: Node, x: Given, places: Given) -> Given:
    axis = node("axis", 0)
    if isinstance(x, Fixed) and isinstance(places, Flow):
        return _embedded(net, x, places, axis)
    if isinstance(places, Flow):
        raise Misfit("places that the net works out, of an array that it works out")
    if isinstance(x, Fixed):
        told = np.asarray(places.array)
        if told.dtype.kind not in "iu":
            raise Misfit("places that are no integers")
        if not -x.rank <= axis < x.rank:
            raise Misfit(f"axis {axis} of an array of {x.rank}")
        size = x.array.shape[axis]
        if told.size and not (-size <= int(told.min()) and int(told.max()) < size):
            raise Misfit(f"places that are not there, of {size}")
        room_for([told.size, x.array.size // max(size, 1)])
        return replace(x, array=np.asarray(np.take(x.array, told.astype(np.int64), axis=axis)))
    axis = x.axis(axis)
    level = x.inner(axis, "takes a part along")
    size = x.sizes[axis]
    told = np.array(integers(places, "places"), dtype=np.int64).reshape(places.array.shape)
    if size is None and (told < 0).all() and told.ndim == 0:
        size = None
    elif size is None or (told.size and not (-size <= told.min() and told.max() < size)):
        raise open_size() if size is None else Misfit(f"places that are not there, of {size}")
    x = net.real(x)
    shape = told.shape
    sizes = (*x.sizes[:axis], *shape, *x.sizes[axis + 1 :])
    batch = x.batch
    if batch is not None and batch > axis:
        batch += len(shape) - 1
    if told.ndim == 0:
        place = int(told)
        end = net.layer(PartLayer((*[ALL] * level, place + 1 if place >= 0 else place)), x)
        like = replace(x, end=end, sizes=sizes, batch=batch)
        return replace(like, made=like.shape)
    assert size is not None
    flat = (told % size).reshape(-1)
    like = replace(x, sizes=sizes, batch=batch)
    inner = like.shape
    room_for(inner)
    if told.ndim == 1:
        return net.function(lambda a: np.take(a, flat, axis=level), x, like=like)
    return net.function(lambda a: np.reshape(np.take(a, flat, axis=level), inner), x, like=like)


def _embedded(net: Writing, x: Fixed, places: Flow, axis: int) -> Flow:
    if axis % max(x.rank, 1) != 0 or x.rank != 2 or not x.is_real:
        raise Misfit("places that the net works out, of an array that is no table of vectors")
    shift = places.shift
    index = net.index(places, len(x.array), 0)
    end = net.layer(
        EmbeddingLayer(x.array.shape[1], len(x.array), weights=x.array),
        index,
        arrays={"Weights": x},
    )
    like = replace(places, end=end, sizes=(*places.sizes, x.array.shape[1]), kind="Real", shift=0)
    assert shift is not None
    return replace(like, made=like.shape)
