"""Random configurations of layers that have a counterpart: a net, and what it is in plain words.

Layers that learn, attend and order stand here; those with windows in draws_of_windows.py, those
that move numbers and those of several inputs in draws_of_arrays.py, losses in draws_of_losses.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import wlnet as wl
from wlnet import NetGraph, NetPort
from wlnet.graph.builder import Mode
from wlnet.graph.folds import FOLDS

Random = np.random.Generator


class Drawn(NamedTuple):
    """net: with shapes at its inputs. words: what the other library is told of it. span: between
    which numbers inputs are drawn. mode: in which it runs. scale: how large the arrays are."""

    net: Any
    words: dict[str, Any]
    span: tuple[float, float] = (-2.0, 2.0)
    mode: Mode = "Test"
    scale: float = 1.0


DRAWS: dict[str, Callable[[Random], Drawn]] = {}


def draw(function: Callable[[Random], Drawn]) -> Callable[[Random], Drawn]:
    """Enter what draws a configuration, under its name."""
    DRAWS[function.__name__] = function
    return function


def sizes(rng: Random, count: int, least: int = 1, most: int = 6) -> tuple[int, ...]:
    return tuple(int(size) for size in rng.integers(least, most + 1, count))


def _recurrent(rng: Random, kind: Any) -> Drawn:
    """With states that come in and go out, or from zeros. Arrays are smaller than those of others:
    where all units are at their ends, nothing is left of a slope 1 - y^2 in 32 bits."""
    length, width, size = sizes(rng, 3)
    layer = kind(size)
    if rng.random() < 0.5:
        net = wl.NetGraph({"layer": kind(size, input=(length, width))}, [])
        return Drawn(net, {"states": 0}, scale=0.5)
    names = layer.state_names
    edges: list[Any] = [(NetPort(f"{name} before"), NetPort("layer", name)) for name in names]
    edges += [(NetPort("layer", name), NetPort(f"{name} after")) for name in names]
    edges += [("layer", NetPort("Output"))]
    net = NetGraph({"layer": layer}, edges, ports={"Input": (length, width)})
    return Drawn(net, {"states": len(names)}, scale=0.5)


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
    return Drawn(net, {"is_causal": is_causal, "heads": heads}, scale=0.5)


@draw
def NormalizationLayer(rng: Random) -> Drawn:
    """Over the last level, as a transformer has it; of channels, by groups; of mean squares. Means
    are of four numbers at least, here and below: where fewer are alike, 32 bits leave little of how
    they differ, whoever computes."""
    kind = str(rng.choice(["Layer", "Group", "Instance", "RMS"]))
    size = sizes(rng, 2, 4, 8)
    if kind in ("Layer", "RMS"):
        method = {"Layer": "Standardize", "RMS": "RMS"}[kind]
        biases = wl.AUTOMATIC if kind == "Layer" else None
        layer = wl.NormalizationLayer(-1, "Same", method=method, biases=biases, input=size)
        return Drawn(layer, {"kind": kind})
    size = sizes(rng, 2, 2)
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


SPANS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        ("Ramp", "Tanh", "LogisticSigmoid", "SoftRamp", "ELU", "SELU", "GELU", "Swish",
         "HardSwish", "Mish", "SoftSign", "HardTanh", "ReLU6", "Erf", "Erfc", "Sin", "Cos",
         "ArcTan", "Sinh", "Cosh", "ArcSinh", "Exp", "Square", "Abs", "FractionalPart",
         "IntegerPart", "Floor", "Ceiling", "Sign", "Negate"), (-2.0, 2.0)),
    **dict.fromkeys(("Log", "Log2", "Log10", "Sqrt", "LogGamma", "Reciprocal"), (0.5, 3.0)),
    **dict.fromkeys(("ArcSin", "ArcCos", "ArcTanh", "InverseErf"), (-0.9, 0.9)),
    "Tan": (-1.2, 1.2), "ArcCosh": (1.2, 3.0), "Sec": (-1.2, 1.2), "Csc": (0.5, 2.5),
}  # fmt: skip
"""Functions of one number that PyTorch has, and where they are drawn."""


@draw
def ElementwiseLayer(rng: Random) -> Drawn:
    function = [*SPANS][rng.integers(len(SPANS))]
    net = wl.ElementwiseLayer(function, input=sizes(rng, 2))
    return Drawn(net, {"function": function}, SPANS[function])


def _batch_normalization(rng: Random, least: int) -> tuple[Any, dict[str, Any]]:
    epsilon, rank = float(rng.choice([1e-3, 1e-5])), int(rng.integers(least, 4))
    layer = wl.BatchNormalizationLayer(epsilon=epsilon, input=sizes(rng, rank, 2))
    return layer, {"epsilon": epsilon}


@draw
def BatchNormalizationLayer(rng: Random) -> Drawn:
    return Drawn(*_batch_normalization(rng, 1))


@draw
def BatchNormalizationInTraining(rng: Random) -> Drawn:
    """By the mean and variance of the batch."""
    return Drawn(*_batch_normalization(rng, 2), mode="Train")


@draw
def InstanceNormalization(rng: Random) -> Drawn:
    """Of each channel by itself."""
    space = sizes(rng, int(rng.integers(1, 3)), 4, 7)
    return Drawn(wl.NormalizationLayer(input=(*sizes(rng, 1), *space)), {})


@draw
def ParametricRampLayer(rng: Random) -> Drawn:
    levels = (1,) if rng.random() < 0.5 else ()
    return Drawn(wl.ParametricRampLayer(levels, input=sizes(rng, int(rng.integers(1, 4)))), {})


@draw
def DropoutLayer(rng: Random) -> Drawn:
    """Of a net that answers."""
    probability = float(rng.uniform(0, 0.9))
    net = wl.DropoutLayer(probability, input=sizes(rng, int(rng.integers(1, 4))))
    return Drawn(net, {"probability": probability})
