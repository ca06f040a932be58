"""Operators that make one number of many along axes, and those that weigh numbers by a total."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.layers.aggregation import AggregationLayer
from wlnet.layers.softmax import SoftmaxLayer
from wlnet.onnx.importing.arithmetic import truncated
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import Fixed, Flow, Given, count_of, integers, mixes
from wlnet.onnx.importing.writing import Writing

Function = Callable[..., Any]


def _log_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    rest = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return rest if keepdims else np.sum(rest, axis=axis)


FOLDS: dict[str, tuple[str, Function]] = {
    "ReduceMean": ("Mean", lambda x, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims)),
    "ReduceSum": ("Total", lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims)),
    "ReduceMax": ("Max", lambda x, axis, keepdims: np.max(x, axis=axis, keepdims=keepdims)),
    "ReduceMin": ("Min", lambda x, axis, keepdims: np.min(x, axis=axis, keepdims=keepdims)),
    "ReduceProd": ("Times", lambda x, axis, keepdims: np.prod(x, axis=axis, keepdims=keepdims)),
    "ReduceL1": ("", lambda x, axis, keepdims: np.sum(np.abs(x), axis=axis, keepdims=keepdims)),
    "ReduceL2": ("", lambda x, axis, keepdims: np.sqrt(
        np.sum(x * x, axis=axis, keepdims=keepdims))),
    "ReduceSumSquare": ("", lambda x, axis, keepdims: np.sum(x * x, axis=axis, keepdims=keepdims)),
    "ReduceLogSum": ("", lambda x, axis, keepdims: np.log(
        np.sum(x, axis=axis, keepdims=keepdims))),
    "ReduceLogSumExp": ("", _log_sum),
}  # fmt: skip
"""Operators and what they make: the function of an AggregationLayer, or one in NumPy."""


def aggregated(net: Writing, x: Flow, axes: list[int], name: str, keep: bool) -> Flow:
    """A number for all that stand along some axes of the file."""
    x = net.real(x)
    levels = [x.level(axis, "is a total along") for axis in axes]
    end = net.layer(AggregationLayer(name, tuple(levels)), x)
    return _left(x, end, axes, keep)


def _left(x: Flow, end: Any, axes: list[int], keep: bool) -> Flow:
    """What is left of the axes: without those, or with a size of 1, which costs nothing."""
    made = tuple(x.sizes[i] for i in x.axes if i not in axes)
    if keep:
        sizes = tuple(1 if i in axes else size for i, size in enumerate(x.sizes))
        return replace(x, end=end, made=made, sizes=sizes, kind="Real", shift=0)
    left = [i for i in range(x.rank) if i not in axes]
    batch = None if x.batch is None else left.index(x.batch)
    sizes = tuple(x.sizes[i] for i in left)
    return replace(x, end=end, made=made, sizes=sizes, batch=batch, kind="Real", shift=0)


def _folds(operator_name: str, name: str, function: Function) -> None:
    @operator(operator_name)
    def row(net: Writing, node: Node, x: Given, axes: Given | None = None) -> Given:
        keep = bool(node("keepdims", 1))
        told = integers(axes, "axes") if axes is not None else node("axes", None)
        if not told:
            if node("noop_with_empty_axes", 0):
                if name:
                    return x
                raise Misfit("an operator of single numbers: noop_with_empty_axes")
            told = list(range(x.rank))
        else:
            node("noop_with_empty_axes", 0)
        if any(not -x.rank <= axis < x.rank for axis in told):
            raise Misfit(f"axes {told} of an array of {x.rank}")
        along = sorted({axis % x.rank for axis in told})
        if isinstance(x, Fixed):
            try:
                with np.errstate(all="ignore"):
                    made = function(x.array, tuple(along), keep)
                return Fixed(np.asarray(made, x.array.dtype))
            except (ValueError, TypeError) as error:
                raise Misfit(str(error)) from None
        if x.batch in along and not x.is_merged:
            raise mixes("is a total along")
        if not x.shape:
            return x
        if name == "Mean" and x.is_whole:
            count = count_of(tuple(x.sizes[i] for i in along))
            total = aggregated(net, x, along, "Total", keep)
            return net.function(lambda a: truncated(a, float(count)), total, like=total)
        if name:
            return aggregated(net, x, along, name, keep)
        inner = tuple(x.inner(axis, "is a total along") for axis in along)
        x = net.real(x)
        like = _left(x, None, along, keep)
        return net.function(lambda a: function(a, inner, keep), x, like=like)


for _name, (_layer, _function) in FOLDS.items():
    _folds(_name, _layer, _function)


@operator("ArgMax", "ArgMin")
def _place(net: Writing, node: Node, x: Given) -> Given:
    axis, keep = node("axis", 0), bool(node("keepdims", 1))
    last = bool(node("select_last_index", 0))
    largest = node.kind == "ArgMax"
    if isinstance(x, Fixed):
        raise Misfit("the place of the largest of an array that is known")
    axis = x.axis(axis)
    inner = x.inner(axis, "is a place along")
    x = net.real(x)
    size = x.sizes[axis]
    if last and size is None:
        raise Misfit("the last of equal ones along an open size")
    call: Any = np.argmax if largest else np.argmin
    like = _left(x, None, [axis], False)

    def place(a: Any) -> Any:
        if last:
            return float(size or 0) - 1 - call(np.flip(a, inner), axis=inner) * 1.0
        return call(a, axis=inner) * 1.0

    flow = net.function(place, x, like=like)
    if largest and len(x.shape) == 1:
        net.places[flow.end] = x
    flow = replace(flow, kind="Whole")
    if not keep:
        return flow
    sizes = tuple(1 if i == axis else size for i, size in enumerate(x.sizes))
    return replace(flow, sizes=sizes, batch=x.batch)


def _weighed(net: Writing, node: Node, x: Given, log: bool) -> Given:
    axis = node("axis", -1 if node.version >= 13 else 1)
    if isinstance(x, Fixed):
        raise Misfit("a softmax of an array that is known")
    x = net.real(x)
    axis = x.axis(axis)
    if node.version < 13 and any(size != 1 for size in x.sizes[axis + 1 :]):
        # Until version 13 all axes from there on were one.
        flat = replace(x, sizes=(*x.sizes[:axis], count_of(x.sizes[axis:])))
        return replace(_along(net, flat, axis, log), sizes=x.sizes)
    return _along(net, x, axis, log)


def _along(net: Writing, x: Flow, axis: int, log: bool) -> Flow:
    level = x.level(axis, "is a softmax along")
    if log:

        def logarithm(a: Any) -> Any:
            rest = a - np.max(a, axis=level - 1, keepdims=True)
            return rest - np.log(np.sum(np.exp(rest), axis=level - 1, keepdims=True))

        return net.function(logarithm, x, like=x)
    if x.sizes[axis] == 1:
        return net.function(lambda a: a * 0 + 1, x, like=x)
    return net.same(SoftmaxLayer(level if level < len(x.shape) else -1), x)


@operator("Softmax")
def _softmax(net: Writing, node: Node, x: Given) -> Given:
    return _weighed(net, node, x, False)


@operator("LogSoftmax")
def _log_softmax(net: Writing, node: Node, x: Given) -> Given:
    return _weighed(net, node, x, True)


@operator("Hardmax")
def _hardmax(net: Writing, node: Node, x: Given) -> Given:
    axis = node("axis", -1 if node.version >= 13 else 1)
    if isinstance(x, Fixed):
        raise Misfit("a maximum of an array that is known")
    x = net.real(x)
    axis = x.axis(axis)
    if node.version < 13 and axis != x.rank - 1:
        raise Misfit("a maximum along several axes as one, as until version 13")
    inner = x.inner(axis, "is a maximum along")
    size, rank = x.sizes[axis], len(x.shape)
    if size is None:
        raise Misfit("a maximum along an open size")
    span = np.arange(float(size)).reshape([-1 if i == inner else 1 for i in range(rank)])

    def first(a: Any) -> Any:
        place = np.expand_dims(np.argmax(a, axis=inner) * 1.0, inner)
        return np.where(place == span, 1.0, 0.0)

    return net.function(first, x, like=x)


@operator("LpNormalization")
def _normalized(net: Writing, node: Node, x: Given) -> Given:
    axis, p = node("axis", -1), node("p", 2)
    if isinstance(x, Fixed) or p not in (1, 2):
        raise Misfit(f"p = {p}", expected="1 or 2, of a value of the net")
    x = net.real(x)
    inner = x.inner(axis, "is a norm along")

    def normalized(a: Any) -> Any:
        powers = np.abs(a) if p == 1 else a * a
        total = np.sum(powers, axis=inner, keepdims=True)
        norm = total if p == 1 else np.sqrt(total)
        return np.where(norm == 0, 0.0, a / norm)

    return net.function(normalized, x, like=x)
