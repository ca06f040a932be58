"""Operators that change shapes and order, and those that work with shapes as arrays of integers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.layers.dropout import DropoutLayer
from wlnet.onnx.importing.axes import reshaped, transposed
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.sizes import Batches, shape_array
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import (
    Fixed,
    Flow,
    Given,
    integers,
    mixes,
    number,
    numbers,
    open_size,
    room_for,
)
from wlnet.onnx.importing.writing import Writing


@operator("Identity")
def _identity(net: Writing, node: Node, x: Given) -> Given:
    # An array under another name: exporters write one of several equal arrays alone.
    return replace(x, name=node.outputs[0]) if isinstance(x, Fixed) and x.name else x


@operator("Dropout")
def _dropout(net: Writing, node: Node, x: Given, ratio: Given | None = None,
             training: Given | None = None) -> Any:  # fmt: skip
    node("seed", 0), node("is_test", 1)
    share = number(ratio, "a probability") if ratio is not None else node("ratio", 0.5)
    if node.has_output(1):
        raise Misfit("the mask of a dropout")
    if training is not None and number(training, "a flag"):
        raise Misfit("a dropout that drops always", fix="export the model in eval mode")
    if isinstance(x, Fixed):
        return x
    return net.same(DropoutLayer(share), x) if 0 < share < 1 else x


@operator("Shape")
def _shape(net: Writing, node: Node, x: Given) -> Given:
    start, end = node("start", 0), node("end", None)
    if isinstance(x, Fixed):
        return Fixed(np.array(x.array.shape, dtype=np.int64)[start:end])
    return Fixed(shape_array(x.said[start:end]))


@operator("Size")
def _size(net: Writing, node: Node, x: Given) -> Given:
    if isinstance(x, Fixed):
        return Fixed(np.array(x.array.size, dtype=np.int64))
    told: Any = math.prod(x.said)
    return Fixed(shape_array([told]).reshape(()))


@operator("Constant")
def _constant(net: Writing, node: Node) -> Given:
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in node.attributes:
            told = np.asarray(node(name))
            return Fixed(told.astype(np.float32) if name.startswith("value_f") else told)
    for name in ("value_string", "value_strings"):
        if name in node.attributes:
            return Fixed(np.array(node(name), dtype=object))
    raise Misfit("a constant that is none of arrays, numbers and strings")


@operator("ConstantOfShape")
def _constant_of_shape(net: Writing, node: Node, shape: Given) -> Given:
    value = np.asarray(node("value", np.zeros(1, np.float32))).reshape(-1)
    sizes = numbers(shape, "sizes")
    if any(isinstance(size, Batches) for size in sizes):
        sizes = [_for_one(size) for size in sizes]
    room_for(sizes)
    return Fixed(np.full([int(size) for size in sizes], value[0]))


def _for_one(size: Any) -> int:
    """A size of what is the same for all examples, and is held for one."""
    if isinstance(size, Batches):
        if size.open:
            raise open_size()
        return size.times
    return int(size)


@operator("Range")
def _range(net: Writing, node: Node, start: Given, stop: Given, step: Given) -> Given:
    first, last, by = (number(each, "bounds") for each in (start, stop, step))
    if by == 0:
        raise Misfit("steps of 0")
    room_for([max(0, math.ceil((last - first) / by))])
    assert isinstance(start, Fixed)
    return Fixed(np.arange(first, last, by).astype(start.array.dtype))


@operator("EyeLike")
def _eye(net: Writing, node: Node, x: Given) -> Given:
    node("dtype", 1), node("k", 0)
    if not isinstance(x, Fixed) or x.rank != 2:
        raise Misfit("a unit matrix of a shape that the net would work out")
    return Fixed(np.eye(x.array.shape[0], x.array.shape[1], node("k", 0), np.float32))


@operator("Reshape")
def _reshape(net: Writing, node: Node, x: Given, shape: Given | None = None) -> Given:
    told = numbers(shape, "a shape") if shape is not None else list(node("shape"))
    if not node("allowzero", 0):
        own = x.said if isinstance(x, Flow) else list(x.array.shape)
        told = [own[i] if size == 0 and i < len(own) else size for i, size in enumerate(told)]
    if isinstance(x, Flow):
        return reshaped(x, told, net.fixed_batch)
    try:
        return replace(x, array=x.array.reshape([int(size) for size in told]))
    except ValueError as error:
        raise Misfit(str(error)) from None


@operator("Flatten")
def _flatten(net: Writing, node: Node, x: Given) -> Given:
    axis = node("axis", 1)
    if isinstance(x, Fixed):
        rows = math.prod(x.array.shape[:axis])
        return replace(x, array=x.array.reshape(rows, -1))
    axis = x.axis(axis) if axis < 0 else axis
    if axis > x.rank:
        raise Misfit(f"axis {axis} of an array of {x.rank}")
    outer, inner = math.prod(x.said[:axis]), math.prod(x.said[axis:])
    return reshaped(x, [outer, inner], net.fixed_batch)


@operator("Transpose")
def _transpose(net: Writing, node: Node, x: Given) -> Given:
    order = node("perm", list(range(x.rank))[::-1])
    if isinstance(x, Fixed):
        if sorted(order) != list(range(x.rank)):
            raise Misfit(f"an order of axes {order} for an array of {x.rank}")
        return replace(x, array=x.array.transpose(order))
    return transposed(net, x, order)


def _axes(node: Node, axes: Given | None, default: Any = None) -> list[int] | None:
    """Axes, which were an attribute until version 13."""
    if axes is not None:
        return integers(axes, "axes")
    given = node("axes", default)
    return None if given is None else list(given)


@operator("Squeeze")
def _squeeze(net: Writing, node: Node, x: Given, axes: Given | None = None) -> Given:
    told = _axes(node, axes)
    if isinstance(x, Fixed):
        try:
            return replace(x, array=np.squeeze(x.array, None if told is None else tuple(told)))
        except ValueError as error:
            raise Misfit(str(error)) from None
    if told is None:
        gone = {i for i in x.axes if x.sizes[i] == 1 and i != x.batch}
    else:
        gone = {x.axis(axis) for axis in told}
    if x.batch in gone:
        if net.fixed_batch != 1 or x.is_merged:
            raise mixes("takes away")
        raise mixes("takes away")
    if any(x.sizes[i] not in (1, None) for i in gone):
        raise Misfit("an axis of several entries cannot be taken away")
    return _kept(x, [i for i in range(x.rank) if i not in gone])


def _kept(x: Flow, axes: list[int | None]) -> Flow:
    """The axes of a value that are left, and new ones of one entry, where None is."""
    sizes = tuple(1 if i is None else x.sizes[i] for i in axes)
    return replace(x, sizes=sizes, batch=None if x.batch is None else axes.index(x.batch))


@operator("Unsqueeze")
def _unsqueeze(net: Writing, node: Node, x: Given, axes: Given | None = None) -> Given:
    told = _axes(node, axes) or []
    rank = x.rank + len(told)
    if any(not -rank <= axis < rank for axis in told) or len({a % rank for a in told}) < len(told):
        raise Misfit(f"new axes {told} of an array of {x.rank}")
    new = {axis % rank for axis in told}
    if isinstance(x, Fixed):
        return replace(x, array=np.expand_dims(x.array, tuple(new)))
    old = iter(range(x.rank))
    return _kept(x, [None if i in new else next(old) for i in range(rank)])


@operator("Expand")
def _expand(net: Writing, node: Node, x: Given, shape: Given) -> Given:
    told = numbers(shape, "a shape")
    if isinstance(x, Fixed):
        # What is repeated for all examples is held for one.
        sizes = [_for_one(size) for size in told]
        try:
            whole = np.broadcast_shapes(x.array.shape, tuple(sizes))
            room_for(whole)
            return replace(x, array=np.array(np.broadcast_to(x.array, whole)))
        except (ValueError, TypeError) as error:
            raise Misfit(str(error)) from None
    rank = max(len(told), x.rank)
    old = [1] * (rank - x.rank) + list(x.said)
    new = [1] * (rank - len(told)) + told
    at = None if x.batch is None else x.batch + rank - x.rank
    sizes = []
    for i, (a, b) in enumerate(zip(old, new, strict=True)):
        if i == at:
            if not (b in (1, a) or (net.fixed_batch is not None and b == net.fixed_batch)):
                raise mixes("repeats")
            sizes.append(x.sizes[i - rank + x.rank])
            continue
        if isinstance(b, Batches):
            raise mixes("repeats")
        if a != b and 1 not in (a, b):
            raise Misfit(f"an axis of {a} as one of {b}")
        sizes.append(b if a == 1 else a)
    like = replace(x, sizes=tuple(sizes), batch=at)
    if like.shape == x.shape or math.prod(like.shape) == math.prod(x.shape):
        return like
    shape_of_one = like.shape
    room_for(shape_of_one)
    return net.function(lambda a: np.broadcast_to(a, shape_of_one), x, like=like)


@operator("Tile")
def _tile(net: Writing, node: Node, x: Given, repeats: Given) -> Given:
    told = integers(repeats, "numbers of repeats")
    if len(told) != x.rank or min(told, default=0) < 0:
        raise Misfit(f"repeats {told} of an array of {x.rank} axes")
    if isinstance(x, Fixed):
        room_for([a * b for a, b in zip(x.array.shape, told, strict=True)])
        return replace(x, array=np.tile(x.array, told))
    if x.batch is not None and told[x.batch] != 1:
        raise mixes("repeats")
    if None in x.sizes:
        raise open_size()
    sizes = [int(a or 0) * b for a, b in zip(x.sizes, told, strict=True)]
    room_for(sizes)
    inner = tuple(told[i] for i in x.axes)
    return net.function(lambda a: np.tile(a, inner), x, like=x, sizes=sizes)


def _blocks(node: Node, x: Given) -> tuple[Flow, int, list[int]]:
    block = node("blocksize")
    if isinstance(x, Fixed) or x.rank != 4 or x.batch != 0 or x.is_merged:
        raise Misfit("blocks of something else than pictures of the net")
    if None in x.sizes:
        raise open_size()
    if block < 1:
        raise Misfit(f"blocks of {block}")
    return x, block, [int(size) for size in x.sizes[1:]]


@operator("DepthToSpace")
def _depth_to_space(net: Writing, node: Node, x: Given) -> Given:
    x, block, (channels, height, width) = _blocks(node, x)
    node.expect("mode", "DCR", "CRD")
    if channels % block**2:
        raise Misfit(f"{channels} channels in blocks of {block}")
    few = channels // block**2
    if node("mode", "DCR") == "DCR":
        apart = replace(x, sizes=(1, block, block, few, height, width))
        turned = transposed(net, apart, (0, 3, 4, 1, 5, 2))
    else:
        apart = replace(x, sizes=(1, few, block, block, height, width))
        turned = transposed(net, apart, (0, 1, 4, 2, 5, 3))
    return replace(turned, sizes=(1, few, height * block, width * block))


@operator("SpaceToDepth")
def _space_to_depth(net: Writing, node: Node, x: Given) -> Given:
    x, block, (channels, height, width) = _blocks(node, x)
    if height % block or width % block:
        raise Misfit(f"a picture of {height} by {width} in blocks of {block}")
    rows, columns = height // block, width // block
    apart = replace(x, sizes=(1, channels, rows, block, columns, block))
    node.expect("mode", "DCR", "CRD")
    order = (0, 3, 5, 1, 2, 4) if node("mode", "DCR") == "DCR" else (0, 1, 3, 5, 2, 4)
    turned = transposed(net, apart, order)
    return replace(turned, sizes=(1, channels * block**2, rows, columns))
