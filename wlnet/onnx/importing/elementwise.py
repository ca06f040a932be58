"""Operators that do the same to every number: of one number, with what their attributes say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wlnet.graph.functions import FUNCTIONS, SELU_ALPHA, SELU_SCALE
from wlnet.layers.elementwise import ElementwiseLayer
from wlnet.layers.parametric_ramp import ParametricRampLayer
from wlnet.onnx.importing.meeting import meeting
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.tensors import TYPES
from wlnet.onnx.importing.values import Fixed, Flow, Given, number, open_size
from wlnet.onnx.importing.writing import Writing

NAMED = {
    "Relu": "Ramp", "Tanh": "Tanh", "Sigmoid": "LogisticSigmoid", "Softplus": "SoftRamp",
    "Softsign": "SoftSign", "Mish": "Mish", "HardSwish": "HardSwish", "Exp": "Exp", "Log": "Log",
    "Sqrt": "Sqrt", "Abs": "Abs", "Erf": "Erf", "Sin": "Sin", "Cos": "Cos", "Tan": "Tan",
    "Asin": "ArcSin", "Acos": "ArcCos", "Atan": "ArcTan", "Sinh": "Sinh", "Cosh": "Cosh",
    "Asinh": "ArcSinh", "Acosh": "ArcCosh", "Atanh": "ArcTanh", "Floor": "Floor",
    "Ceil": "Ceiling", "Round": "Round", "Sign": "Sign",
}  # fmt: skip
"""Operators that are a function of wlnet, by its name."""
Function = Callable[[Any], Any]


def applied(net: Writing, x: Given, function: str | Function) -> Given:
    """A function of every number, by name or in NumPy."""
    if isinstance(x, Fixed):
        call: Any = FUNCTIONS[function].evaluate if isinstance(function, str) else function
        with np.errstate(all="ignore"):
            told = np.asarray(call(x.array))
        return Fixed(told.astype(x.array.dtype) if x.is_real else told, x.name, x.learns)
    layer = ElementwiseLayer(function if isinstance(function, str) else lambda a: function(a))
    return net.same(layer, x)


def _named(name: str, function: str) -> None:
    @operator(name)
    def row(net: Writing, node: Node, x: Given) -> Given:
        return applied(net, x, function)


for _name, _function in NAMED.items():
    _named(_name, _function)


@operator("Neg")
def _negative(net: Writing, node: Node, x: Given) -> Given:
    return applied(net, x, lambda a: -a)


@operator("Reciprocal")
def _reciprocal(net: Writing, node: Node, x: Given) -> Given:
    return applied(net, x, lambda a: 1 / a)


@operator("LeakyRelu")
def _leaky(net: Writing, node: Node, x: Given) -> Given:
    alpha = node("alpha", 0.01)
    return applied(net, x, lambda a: np.where(a >= 0, a, alpha * a))


@operator("ThresholdedRelu")
def _thresholded(net: Writing, node: Node, x: Given) -> Given:
    alpha = node("alpha", 1.0)
    return applied(net, x, lambda a: np.where(a > alpha, a, 0.0))


@operator("Elu")
def _elu(net: Writing, node: Node, x: Given) -> Given:
    alpha = node("alpha", 1.0)
    if alpha == 1:
        return applied(net, x, "ELU")
    return applied(net, x, lambda a: np.where(a >= 0, a, alpha * np.expm1(a)))


@operator("Celu")
def _celu(net: Writing, node: Node, x: Given) -> Given:
    alpha = node("alpha", 1.0)
    return applied(net, x, lambda a: np.where(a >= 0, a, alpha * np.expm1(a / alpha)))


@operator("Selu")
def _selu(net: Writing, node: Node, x: Given) -> Given:
    alpha, gamma = node("alpha", SELU_ALPHA), node("gamma", SELU_SCALE)
    if abs(alpha - SELU_ALPHA) < 1e-6 and abs(gamma - SELU_SCALE) < 1e-6:
        return applied(net, x, "SELU")
    return applied(net, x, lambda a: gamma * np.where(a >= 0, a, alpha * np.expm1(a)))


@operator("Gelu")
def _gelu(net: Writing, node: Node, x: Given) -> Given:
    node.expect("approximate", "none", "tanh")
    if node("approximate", "none") == "none":
        return applied(net, x, "GELU")
    root = float(np.sqrt(2 / np.pi))
    return applied(net, x, lambda a: a / 2 * (1 + np.tanh(root * (a + 0.044715 * a * a * a))))


@operator("Swish")
def _swish(net: Writing, node: Node, x: Given) -> Given:
    alpha = node("alpha", 1.0)
    if alpha == 1:
        return applied(net, x, "Swish")
    return applied(net, x, lambda a: a / (1 + np.exp(-alpha * a)))


@operator("HardSigmoid")
def _hard_sigmoid(net: Writing, node: Node, x: Given) -> Given:
    alpha, beta = node("alpha", 0.2), node("beta", 0.5)
    return applied(net, x, lambda a: np.minimum(np.maximum(alpha * a + beta, 0.0), 1.0))


@operator("Shrink")
def _shrink(net: Writing, node: Node, x: Given) -> Given:
    bias, edge = node("bias", 0.0), node("lambd", 0.5)
    return applied(
        net, x, lambda a: np.where(a < -edge, a + bias, np.where(a > edge, a - bias, 0.0))
    )


@operator("IsNaN")
def _is_nan(net: Writing, node: Node, x: Given) -> Given:
    if isinstance(x, Fixed):
        return Fixed(np.isnan(x.array))
    return net.function(lambda a: a != a, x, like=x)


@operator("IsInf")
def _is_infinite(net: Writing, node: Node, x: Given) -> Given:
    above, below = bool(node("detect_positive", 1)), bool(node("detect_negative", 1))
    if not above and not below:
        raise Misfit("a search for no infinity")
    if isinstance(x, Fixed):
        told = x.array
        found = np.isinf(told) & ((told > 0) * above | (told < 0) * below).astype(bool)
        return Fixed(found)
    most = float(np.finfo(np.float32).max)

    def beyond(a: Any) -> Any:
        if above and below:
            return np.abs(a) > most
        return a > most if above else a < -most

    return net.function(beyond, x, like=x)


@operator("Not")
def _negated(net: Writing, node: Node, x: Given) -> Given:
    if isinstance(x, Fixed):
        return Fixed(np.logical_not(x.array))
    return net.function(np.logical_not, x, like=x)


@operator("Clip")
def _clip(net: Writing, node: Node, x: Given, low: Given | None = None,
          high: Given | None = None) -> Given:  # fmt: skip
    # Until version 11 the bounds were attributes.
    least = number(low, "bounds") if low is not None else node("min", None)
    most = number(high, "bounds") if high is not None else node("max", None)

    def clipped(a: Any) -> Any:
        if least is not None:
            a = np.maximum(a, least)
        return a if most is None else np.minimum(a, most)

    if least is None and most is None:
        return x
    if isinstance(x, Flow):
        x = net.real(x)
    return applied(net, x, clipped)


@operator("PRelu")
def _parametric(net: Writing, node: Node, x: Given, slope: Given) -> Given:
    if isinstance(x, Fixed):
        raise Misfit("a slope of an array that is known")
    x = net.real(x)
    shapes, like = meeting([x, slope])
    if isinstance(slope, Fixed) and like.shape == x.shape and slope.is_real:
        shape = shapes[1]
        if slope.array.size == 1:
            layer = ParametricRampLayer((), slope=slope.array.reshape(()))
            return net.same(layer, x, arrays={"Slope": slope})
        if len(shape) == len(x.shape):
            levels = [i for i, size in enumerate(shape, 1) if size != 1]
            kept = slope.array.reshape(tuple(size for size in shape if size != 1))
            if all(x.shape[i - 1] == shape[i - 1] for i in levels):
                return net.same(
                    ParametricRampLayer(tuple(levels), slope=kept), x, arrays={"Slope": slope}
                )
    other = net.array(slope, shapes[1], like) if isinstance(slope, Fixed) else slope
    return net.function(lambda a, b: np.where(a < 0, a * b, a), x, other, like=like)


def _length(net: Writing, size: Fixed) -> Flow:
    """The open size as a number that is worked out, such as the n of a mean."""
    told = size.array.reshape(-1)
    if len(told) != 1 or told[0].batch:
        raise Misfit("how many examples there are, as a number that is not of a shape")
    times = float(told[0].times)
    flows = (value for value in net.values.values() if isinstance(value, Flow))
    real = (flow for flow in flows if flow.end[0] is not None and flow.kind == "Real")
    seen = next((flow for flow in real if None in flow.shape), None)
    if seen is None:
        raise open_size()
    axis = seen.shape.index(None)
    like = Flow((None, None), (), (1,) * size.rank, None)
    return net.function(lambda a: a.shape[axis] * times, seen, like=like)


@operator("Cast", "CastLike")
def _cast(net: Writing, node: Node, x: Given, like: Given | None = None) -> Given:
    # How what is too large for 8 bits becomes one: no net has that.
    node.expect("saturate", 1)
    node("round_mode", "up")
    to = node("to") if node.kind == "Cast" else None
    if to is None:
        if isinstance(like, Fixed):
            to = {"f": 1, "i": 7, "u": 7, "b": 9}.get(like.array.dtype.kind)
        else:
            to = {"Real": 1, "Boolean": 9}.get(like.kind if like is not None else "", 7)
    if to not in TYPES:
        raise Misfit(f"numbers of the type {to}", expected="floats, integers, Booleans")
    dtype = TYPES[to]
    if isinstance(x, Fixed):
        if x.array.dtype == object and dtype.kind in "iu":  # a shape: it stays one
            return x
        if x.array.dtype == object:
            return _length(net, x)
        with np.errstate(all="ignore"):
            return Fixed(x.array.astype(dtype), x.name, x.learns and dtype.kind == "f")
    if dtype.kind == "b":
        return x if x.kind == "Boolean" else net.function(lambda a: a != 0, x, like=x)
    if dtype.kind == "f":
        if dtype.itemsize < 4:
            raise Misfit("numbers of half precision", expected="float, double")
        return net.real(x)
    if x.is_whole and dtype.itemsize < 4:
        least, count = int(np.iinfo(dtype).min), 2 ** (8 * dtype.itemsize)
        # What is too large begins again at the other end.
        return net.function(lambda a: a - count * np.floor((a - least) / count), x, like=x)
    if x.is_whole:
        return x
    if x.kind == "Boolean":
        return net.real(x)
    return net.function(lambda a: np.where(a < 0, np.ceil(a), np.floor(a)), x, like=x)
