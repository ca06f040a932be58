"""Operators of several arrays, which meet element by element."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from wlnet.layers.constant_plus import ConstantPlusLayer
from wlnet.layers.constant_times import ConstantTimesLayer
from wlnet.layers.elementwise import ElementwiseLayer
from wlnet.layers.threading import ThreadingLayer
from wlnet.onnx.importing.linear import with_biases
from wlnet.onnx.importing.meeting import meeting
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import Fixed, Flow, Given, room_for
from wlnet.onnx.importing.writing import Writing

Function = Callable[..., Any]


def added(a: Any, b: Any) -> Any:
    """A sum."""
    return a + b


def subtracted(a: Any, b: Any) -> Any:
    """A difference."""
    return a - b


def _shifted(function: Function, a: Given, b: Given) -> Flow | None:
    """An input of integers that is counted from another number."""
    x, c = (b, a) if isinstance(b, Flow) and function is added else (a, b)
    if not isinstance(x, Flow) or not isinstance(c, Fixed) or x.end[0] is not None:
        return None
    if x.kind != "Whole" or not c.is_whole or c.array.size != 1 or c.rank > x.rank:
        return None
    step = int(c.array.reshape(-1)[0])
    return replace(x, shift=x.shift + (step if function is added else -step))


def divided(a: Any, b: Any) -> Any:
    """A quotient; of integers, without what is behind the point."""
    # What a formula is written with says that it is an array, and has no type of numbers.
    if type(a) is np.ndarray and type(b) is np.ndarray and _is_whole(a) and _is_whole(b):
        if a.dtype == object or b.dtype == object:
            return a // b
        if (b == 0).any():
            raise Misfit("a division of integers by 0")
        quotient = np.abs(a) // np.abs(b)
        return np.where((a < 0) != (b < 0), -quotient, quotient)
    return a / b


def _is_whole(array: Any) -> bool:
    return array.dtype.kind in "iuO"


def power(a: Any, b: Any) -> Any:
    """A power; squares and roots as what they are."""
    if isinstance(b, float) and b == 2:
        return a * a
    if isinstance(b, float) and b == 0.5:
        return np.sqrt(a)
    return a**b


def folded(function: Function, *given: Fixed) -> Fixed:
    """What a function gives for known arrays."""
    arrays = [each.array for each in given]
    try:
        room_for(np.broadcast_shapes(*(array.shape for array in arrays)))
        with np.errstate(all="ignore"):
            made = np.asarray(function(*arrays))
    except (ValueError, TypeError, ZeroDivisionError, OverflowError) as error:
        raise Misfit(f"arrays that do not fit each other: {error}") from None
    names = [each for each in given if each.learns]
    if len(names) == 1:
        return Fixed(made, names[0].name, made.dtype.kind == "f")
    return Fixed(made)


def combined(net: Writing, function: Function, a: Given, b: Given, threading: str = "") -> Given:
    """Two arrays that meet, in the layer that says it best."""
    if isinstance(a, Fixed) and isinstance(b, Fixed):
        return folded(function, a, b)
    if function in (added, subtracted) and (shifted := _shifted(function, a, b)) is not None:
        return shifted
    is_whole = a.is_whole and b.is_whole
    if is_whole and function is divided:
        function, threading = truncated, ""
    return _combined(net, function, a, b, threading)


def truncated(a: Any, b: Any) -> Any:
    """A quotient of integers, which are Reals without a point."""
    ratio = a / b
    return np.where(ratio < 0, np.ceil(ratio), np.floor(ratio))


def _combined(net: Writing, function: Function, a: Given, b: Given, threading: str) -> Flow:
    a, b = (each if isinstance(each, Fixed) else _ready(net, each) for each in (a, b))
    shapes, like = meeting([a, b])
    for x, c, of in ((a, b, function), (b, a, lambda p, q: function(q, p))):
        if isinstance(x, Flow) and isinstance(c, Fixed):
            is_bias = threading == "Plus" and c.loose and x.shape == like.shape and c.is_real
            if is_bias and (flow := with_biases(net, x, c)) is not None:
                return _seen(flow, like)
            if _is_number(c) and x.kind != "Boolean":
                value = _value(c)
                return _seen(_of_number(net, x, of, value), like)
            if threading in ("Plus", "Times") and (made := _constant(net, x, c, like, threading)):
                return made
    for x, c, shape, of in (
        (a, b, shapes[1], function), (b, a, shapes[0], lambda p, q: function(q, p)),
    ):  # fmt: skip
        if isinstance(x, Flow) and isinstance(c, Fixed) and is_written(c):
            array = c.array.reshape(shape)
            return net.function(lambda p, of=of, q=array: of(p, q), x, like=like)
    flows = [
        net.array(each, shape, like) if isinstance(each, Fixed) else each
        for each, shape in zip((a, b), shapes, strict=True)
    ]
    held = [each for each in (a, b) if isinstance(each, Fixed)]
    if threading and not held and shapes[0] == shapes[1] == like.shape:
        return like.like(net.layer(ThreadingLayer(threading), *flows, ports=["1", "2"]))
    return net.function(function, *flows, like=like)


def _ready(net: Writing, flow: Flow) -> Flow:
    return flow if flow.kind == "Boolean" else net.real(flow)


LARGEST = 1024
"""Numbers of an array that a formula writes out."""


def is_written(c: Fixed) -> bool:
    """Whether a known array is written out in a formula: one that does not learn, and is small."""
    return not c.learns and c.array.size <= LARGEST and c.array.dtype.kind in "fiu"


def _is_number(c: Fixed) -> bool:
    return c.array.size == 1 and not c.learns and c.array.dtype.kind in "fiu"


def _value(c: Fixed) -> float:
    return float(c.array.reshape(-1)[0])


def _of_number(net: Writing, x: Flow, function: Function, value: float) -> Flow:
    made = function(0.5, value)
    if isinstance(made, (bool, np.bool_)):
        return net.function(lambda a: function(a, value), x, like=x)
    return net.same(ElementwiseLayer(lambda a: function(a, value)), x)


def _seen(flow: Flow, like: Flow) -> Flow:
    """The same entries, in a shape with more axes of size 1."""
    return replace(flow, sizes=like.sizes, batch=like.batch, before=like.before)


def _constant(net: Writing, x: Flow, c: Fixed, like: Flow, threading: str) -> Flow | None:
    """An array that is added or multiplied, in a layer that holds it."""
    if not c.is_real or x.shape != like.shape:
        return None
    if threading == "Plus" and (flow := with_biases(net, x, c)) is not None:
        return _seen(flow, like)
    if None in like.shape:
        return None
    shape = c.array.shape
    while len(shape) > len(x.shape) and shape[0] == 1:
        shape = shape[1:]
    if shape != x.shape or not c.learns:
        return None
    array = c.array.reshape(shape)
    name = "Biases" if threading == "Plus" else "Scaling"
    layer: Any = ConstantPlusLayer(biases=array) if threading == "Plus" else None
    return net.same(layer or ConstantTimesLayer(scaling=array), x, arrays={name: c})


def _guard(net: Writing, a: Given, b: Given, made: Given) -> None:
    """Note a comparison that tells which numbers of an input are less than a place can be."""
    is_input = isinstance(a, Flow) and a.kind == "Whole" and a.end[0] is None
    if is_input and isinstance(b, Fixed) and b.is_whole and b.array.size == 1:
        assert isinstance(a, Flow) and isinstance(made, Flow)
        net.guards[made.end] = a


def _whole_power(net: Writing, a: Given, b: Given) -> Given:
    """A power of integers, which is one itself."""
    made = combined(net, power, a, b)
    if isinstance(made, Fixed):
        return Fixed(made.array.astype(a.array.dtype)) if isinstance(a, Fixed) else made
    if not b.is_whole and (isinstance(b, Flow) or (b.array % 1 != 0).any()):
        raise Misfit("a power of integers with a point", expected="an exponent of integers")
    return net.function(lambda x: np.where(np.abs(x) < 1, 0.0, np.round(x)), made, like=made)


def _pairs(name: str, function: Function, threading: str = "") -> None:
    @operator(name)
    def row(net: Writing, node: Node, a: Given, b: Given) -> Given:
        if node.version < 7:
            node.expect("broadcast", 0)
        if name == "Pow" and a.is_whole:
            return _whole_power(net, a, b)
        made = combined(net, function, a, b, threading)
        if name == "Less":
            _guard(net, a, b, made)
        return made


for _name, _function, _threading in (
    ("Add", added, "Plus"), ("Sub", subtracted, "Subtract"),
    ("Mul", lambda a, b: a * b, "Times"), ("Div", divided, "Divide"), ("Pow", power, ""),
    ("Equal", lambda a, b: a == b, ""), ("Less", lambda a, b: a < b, ""),
    ("Greater", lambda a, b: a > b, ""), ("LessOrEqual", lambda a, b: a <= b, ""),
    ("GreaterOrEqual", lambda a, b: a >= b, ""), ("And", np.logical_and, ""),
    ("Or", np.logical_or, ""), ("Xor", lambda a, b: a != b, ""),
):  # fmt: skip
    _pairs(_name, _function, _threading)


def _many(name: str, function: Function, threading: str) -> None:
    @operator(name)
    def row(net: Writing, node: Node, *given: Given) -> Given:
        return reduce(lambda a, b: combined(net, function, a, b, threading), given)


for _name, _call, _threading in (
    ("Sum", lambda a, b: a + b, "Plus"), ("Max", np.maximum, "Max"), ("Min", np.minimum, "Min"),
):  # fmt: skip
    _many(_name, _call, _threading)


@operator("Mean")
def _mean(net: Writing, node: Node, *given: Given) -> Given:
    total = reduce(lambda a, b: combined(net, lambda p, q: p + q, a, b, "Plus"), given)
    return combined(net, divided, total, Fixed(np.array(len(given), np.float32)))


@operator("Mod")
def _remainder(net: Writing, node: Node, a: Given, b: Given) -> Given:
    truncates = node("fmod", 0)
    if isinstance(a, Fixed) and isinstance(b, Fixed):
        return folded(np.fmod if truncates else np.mod, a, b)
    if not truncates and not (a.is_whole and b.is_whole):
        raise Misfit("a remainder of numbers with a point", expected="fmod=1")

    def rest(x: Any, y: Any) -> Any:
        ratio = x / y
        if not truncates:
            return x - y * np.floor(ratio)
        return x - y * np.where(ratio < 0, np.ceil(ratio), np.floor(ratio))

    return combined(net, rest, a, b)


@operator("Where")
def _where(net: Writing, node: Node, condition: Given, a: Given, b: Given) -> Given:
    given = [condition, a, b]
    if all(isinstance(each, Fixed) for each in given):
        return folded(np.where, *given)  # type: ignore[arg-type]
    if isinstance(condition, Flow) and net.guards.get(condition.end) == b:
        # Numbers that are no places become one that is beyond the end: both are errors.
        assert isinstance(b, Flow)
        if isinstance(a, Fixed) and a.is_whole and a.array.size == 1:
            net.guarded[str(b.end[1])] = int(a.array.reshape(-1)[0])
            return b
    given = [each if isinstance(each, Fixed) else _ready(net, each) for each in given]
    shapes, like = meeting(given)
    flows, held = [], {}
    for i, (each, shape) in enumerate(zip(given, shapes, strict=True)):
        if isinstance(each, Flow):
            flows.append((i, each))
        elif each.array.size == 1 and not each.learns:
            held[i] = each.array.reshape(-1)[0].item()
        elif (each.array.size <= 1024 and not each.learns) or i == 0:
            held[i] = each.array.reshape(shape)
        else:
            flows.append((i, net.array(each, shape, like)))

    def chosen(*values: Any) -> Any:
        told = {**held, **{i: value for (i, _), value in zip(flows, values, strict=True)}}
        return np.where(told[0], told[1], told[2])

    return net.function(chosen, *[flow for _, flow in flows], like=like)
