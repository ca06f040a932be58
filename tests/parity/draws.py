"""Random configurations of layers that have a counterpart: a net, and what it is in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import wlnet as wl
from wlnet import NetGraph, NetPort
from wlnet.graph.folds import FOLDS

Random = np.random.Generator


class Drawn(NamedTuple):
    """net: with shapes at its inputs. words: what the other library is told of it."""

    net: Any
    words: dict[str, Any]


DRAWS: dict[str, Callable[[Random], Drawn]] = {}


def draw(function: Callable[[Random], Drawn]) -> Callable[[Random], Drawn]:
    """Enter what draws a configuration, under its name."""
    DRAWS[function.__name__] = function
    return function


def sizes(rng: Random, count: int, least: int = 1, most: int = 6) -> tuple[int, ...]:
    return tuple(int(size) for size in rng.integers(least, most + 1, count))


def _recurrent(rng: Random, kind: Any) -> Drawn:
    """With states that come in and go out, or from zeros."""
    length, width, size = sizes(rng, 3)
    layer = kind(size)
    if rng.random() < 0.5:
        return Drawn(wl.NetGraph({"layer": kind(size, input=(length, width))}, []), {"states": 0})
    names = layer.state_names
    edges: list[Any] = [(NetPort(f"{name} before"), NetPort("layer", name)) for name in names]
    edges += [(NetPort("layer", name), NetPort(f"{name} after")) for name in names]
    edges += [("layer", NetPort("Output"))]
    net = NetGraph({"layer": layer}, edges, ports={"Input": (length, width)})
    return Drawn(net, {"states": len(names)})


@draw
def BasicRecurrentLayer(rng: Random) -> Drawn:
    return _recurrent(rng, wl.BasicRecurrentLayer)


@draw
def GatedRecurrentLayer(rng: Random) -> Drawn:
    return _recurrent(rng, wl.GatedRecurrentLayer)


@draw
def LongShortTermMemoryLayer(rng: Random) -> Drawn:
    return _recurrent(rng, wl.LongShortTermMemoryLayer)


@draw
def AttentionLayer(rng: Random) -> Drawn:
    keys, queries, size, width = sizes(rng, 4, most=9)
    scoring = str(rng.choice(["Dot", "Bilinear"]))
    is_causal = bool(rng.random() < 0.5)
    heads = sizes(rng, 1, most=3) if rng.random() < 0.5 else ()
    rescaling = [None, "DimensionSqrt", *([] if is_causal else ["LengthSqrt"])]
    scale = rescaling[rng.integers(len(rescaling))]
    queries = keys if is_causal else queries
    net = wl.AttentionLayer(
        scoring, mask="Causal" if is_causal else None, multi_head=bool(heads),
        score_rescaling=scale, key=(keys, *heads, size), value=(keys, *heads, width),
        query=(queries, *heads, size if scoring == "Dot" else size + 1),
    )  # fmt: skip
    return Drawn(net, {"is_causal": is_causal, "heads": bool(heads), "scale": scale})


@draw
def MultiheadAttention(rng: Random) -> Drawn:
    """Made of parts: three projections, heads, and one that merges them."""
    (length, heads, size), start = sizes(rng, 3), NetPort("Input")
    sides = ("query", "key", "value")
    is_causal = bool(rng.random() < 0.5)
    attend = wl.AttentionLayer(
        "Dot", mask="Causal" if is_causal else None, multi_head=True,
        score_rescaling="DimensionSqrt",
    )  # fmt: skip
    split = {name: wl.NetMapOperator((heads, size)) for name in sides}
    net = NetGraph(
        {**split, "attend": attend, "merge": wl.NetMapOperator(heads * size)},
        [*((start, name, NetPort("attend", name.title())) for name in sides), ("attend", "merge")],
        input=(length, heads * size),
    )
    return Drawn(net, {"is_causal": is_causal, "heads": heads})


@draw
def NormalizationLayer(rng: Random) -> Drawn:
    """Over the last level, as a transformer has it; of channels, by groups; of mean squares."""
    kind = str(rng.choice(["Layer", "Group", "Instance", "RMS"]))
    size = sizes(rng, 2, 2)
    if kind in ("Layer", "RMS"):
        method = {"Layer": "Standardize", "RMS": "RMS"}[kind]
        biases = wl.AUTOMATIC if kind == "Layer" else None
        layer = wl.NormalizationLayer(-1, "Same", method=method, biases=biases, input=size)
        return Drawn(layer, {"kind": kind})
    groups, each = sizes(rng, 2, 1, 3)
    shape = (groups * each, *size)
    if kind == "Instance":
        return Drawn(wl.NormalizationLayer(input=shape), {"kind": kind, "groups": shape[0]})
    layer = wl.NormalizationLayer(wl.ALL, 1, group_number=(groups, 1, 1), input=shape)
    return Drawn(layer, {"kind": kind, "groups": groups})


@draw
def SpatialTransformationLayer(rng: Random) -> Drawn:
    """In sizes from 2 on: in those of 1, PyTorch has one pixel between two edges."""
    layer = wl.SpatialTransformationLayer(sizes(rng, 2, 1), ports={
        "Input": (*sizes(rng, 1), *sizes(rng, 2, 2)), "Parameters": (6,)})  # fmt: skip
    return Drawn(layer, {"size": layer.parameters["Size"]})


@draw
def PaddingLayer(rng: Random) -> Drawn:
    mode = str(rng.choice(["Number", "Fixed", "Reflected", "Periodic"]))
    shape, margins = sizes(rng, 2, 3), [sizes(rng, 2, 0, 2) for _ in range(2)]
    padding = float(np.float32(rng.normal())) if mode == "Number" else mode
    net = wl.PaddingLayer(margins, padding, input=shape)
    return Drawn(net, {"margins": margins, "padding": padding})


@draw
def ResizeLayer(rng: Random) -> Drawn:
    levels = int(rng.integers(1, 3))
    resampling, scheme = str(rng.choice(["Linear", "Nearest"])), str(rng.choice(["Point", "Bin"]))
    # PyTorch has no nearest entries by points.
    scheme = "Bin" if resampling == "Nearest" else scheme
    target = sizes(rng, levels, 2, 9)
    net = wl.ResizeLayer(target, resampling, scheme, input=sizes(rng, levels + 1, 2))
    return Drawn(net, {"sizes": target, "resampling": resampling, "scheme": scheme})


@draw
def AggregationLayer(rng: Random) -> Drawn:
    function = [*FOLDS][rng.integers(len(FOLDS))]
    net = wl.AggregationLayer(function, 2, input=sizes(rng, 3, 2, 4))
    return Drawn(net, {"function": function})


@draw
def UnitVectorLayer(rng: Random) -> Drawn:
    (size,) = sizes(rng, 1, 2)
    places = sizes(rng, int(rng.integers(0, 3)))
    net = wl.UnitVectorLayer(size, input=(*places, "Integer"))
    return Drawn(net, {"size": size})


@draw
def OrderingLayer(rng: Random) -> Drawn:
    (length,) = sizes(rng, 1, 2, 9)
    count = int(rng.integers(1, length + 1)) * int(rng.choice([-1, 1]))
    return Drawn(wl.OrderingLayer(count, input=length), {"count": count})


@draw
def ExtractLayer(rng: Random) -> Drawn:
    shape = sizes(rng, int(rng.integers(1, 4)))
    many = sizes(rng, int(rng.integers(0, 3)))
    depth = int(rng.integers(1, len(shape) + 1))
    return Drawn(wl.ExtractLayer(input=shape, position=(*many, depth)), {"depth": depth})


def _attended(query: Any, key: Any) -> Any:
    scores = query @ key.T / np.sqrt(query.shape[-1])
    share = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return share / np.sum(share, axis=-1, keepdims=True) @ key


FUNCTIONS: dict[str, Any] = {
    "attention": _attended,
    "huber": lambda query, key: np.sum(
        np.where(np.abs(key) < 1, 0.5 * key**2, np.abs(key) - 0.5)
    ) * query,
    "sorted": lambda query, key: np.sort(key, axis=0)[::-1].T @ key + query[0][:, None],
    "einsum": lambda query, key: np.einsum("id,jd,jk->ik", query, key, key),
    "spread": lambda query, key: np.std(key, axis=0) / (1 + np.var(query)) - np.max(query, axis=0),
    "loss": lambda query, key: np.mean(np.log(1 + np.exp(query @ key.T))),
}  # fmt: skip


@draw
def FunctionLayer(rng: Random) -> Drawn:
    queries, keys, size = sizes(rng, 3, 2)
    name = [*FUNCTIONS][rng.integers(len(FUNCTIONS))]
    net = wl.FunctionLayer(FUNCTIONS[name], query=(queries, size), key=(keys, size))
    return Drawn(net, {"function": name})


@draw
def EmbeddingLayer(rng: Random) -> Drawn:
    size, count, length = sizes(rng, 3)
    return Drawn(wl.EmbeddingLayer(size, count, input=(length, "Integer")), {})


@draw
def SequenceReverseLayer(rng: Random) -> Drawn:
    return Drawn(wl.SequenceReverseLayer(input=sizes(rng, 2)), {})


@draw
def AppendLayer(rng: Random) -> Drawn:
    length, width = sizes(rng, 2)
    return Drawn(wl.AppendLayer(input=(length, width), element=width), {})


@draw
def ReplicateLayer(rng: Random) -> Drawn:
    (count,) = sizes(rng, 1)
    return Drawn(wl.ReplicateLayer(count, input=sizes(rng, 2)), {"count": count})


def _windows(rng: Random, rank: int) -> dict[str, Any]:
    """Sizes of windows, and how they move; channels of so many groups."""
    groups = int(rng.integers(1, 4))
    return {
        "kernel": sizes(rng, rank, 1, 4), "stride": sizes(rng, rank, 1, 3),
        "dilation": sizes(rng, rank, 1, 3), "groups": groups,
        "into": groups * int(rng.integers(1, 4)), "out": groups * int(rng.integers(1, 4)),
        "has_biases": bool(rng.integers(2)),
    }  # fmt: skip


def _reach(words: dict[str, Any]) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(words["kernel"], words["dilation"], strict=True)]


def _moved(kind: Any, words: dict[str, Any], space: Sequence[int]) -> Drawn:
    """A layer with windows."""
    names = "out", "kernel", "stride", "padding", "dilation", "groups"
    options: dict[str, Any] = {} if words["has_biases"] else {"biases": None}
    net = kind(*(words[name] for name in names), input=(words["into"], *space), **options)
    return Drawn(net, words)


@draw
def ConvolutionLayer(rng: Random) -> Drawn:
    """In one to three directions, in groups."""
    rank = int(rng.integers(1, 4))
    words = _windows(rng, rank)
    words["padding"] = sizes(rng, rank, 0, 2)
    most = 9 if rank < 3 else 4
    space = [reach + int(rng.integers(0, most)) for reach in _reach(words)]
    return _moved(wl.ConvolutionLayer, words, space)


@draw
def DeconvolutionLayer(rng: Random) -> Drawn:
    """In one to three directions, in groups."""
    rank = int(rng.integers(1, 4))
    words = _windows(rng, rank)
    # PyTorch cuts off no more than a window reaches, less one.
    words["padding"] = tuple(int(rng.integers(0, (reach + 1) // 2)) for reach in _reach(words))
    space = sizes(rng, rank, 1, 6 if rank < 3 else 3)
    return _moved(wl.DeconvolutionLayer, words, space)


@draw
def LocalResponseNormalizationLayer(rng: Random) -> Drawn:
    width, (alpha, beta, bias) = int(rng.integers(1, 4)), rng.uniform(0.2, 2, 3)
    words = {"width": width, "alpha": float(alpha), "beta": float(beta), "bias": float(bias)}
    net = wl.LocalResponseNormalizationLayer(
        width, alpha=words["alpha"], beta=words["beta"], bias=words["bias"],
        input=(*sizes(rng, 1, 1, 9), *sizes(rng, int(rng.integers(1, 3)))),
    )  # fmt: skip
    return Drawn(net, words)


@draw
def LinearLayer(rng: Random) -> Drawn:
    shape = sizes(rng, int(rng.integers(1, 4)), 1, 5)
    has_biases = bool(rng.integers(2))
    options: dict[str, Any] = {} if has_biases else {"biases": None}
    made = sizes(rng, int(rng.integers(1, 3)))
    net = wl.LinearLayer(made, input=shape, **options)
    return Drawn(net, {"has_biases": has_biases, "sizes": made})


@draw
def SoftmaxLayer(rng: Random) -> Drawn:
    shape = sizes(rng, 2, 2, 7)
    level = int(rng.integers(1, 3))
    return Drawn(wl.SoftmaxLayer(level, input=shape), {"level": level})


SAME_NAMES = (
    "Ramp", "Tanh", "LogisticSigmoid", "SoftRamp", "ELU", "SELU", "GELU", "Swish", "HardSwish",
    "Mish", "SoftSign", "HardTanh", "ReLU6", "Erf", "Sin", "Cos", "ArcTan", "Sinh", "Cosh",
    "ArcSinh", "Exp", "Square", "Abs", "FractionalPart",
)  # fmt: skip
"""Functions of one number that PyTorch has, between -2 and 2."""


@draw
def ElementwiseLayer(rng: Random) -> Drawn:
    function = SAME_NAMES[rng.integers(len(SAME_NAMES))]
    return Drawn(wl.ElementwiseLayer(function, input=sizes(rng, 2)), {"function": function})


@draw
def PoolingLayer(rng: Random) -> Drawn:
    rank = int(rng.integers(1, 4))
    kernel, stride = sizes(rng, rank, 1, 4), sizes(rng, rank, 1, 3)
    padding = tuple(int(rng.integers(0, k // 2 + 1)) for k in kernel)
    function = str(rng.choice(["Max", "Mean"]))
    space = [k + int(rng.integers(0, 6 if rank < 3 else 3)) for k in kernel]
    net = wl.PoolingLayer(
        kernel, stride, function, padding_size=padding, input=(*sizes(rng, 1), *space)
    )
    words = {"kernel": kernel, "stride": stride, "padding": padding, "function": function}
    return Drawn(net, words)
