"""Operators that bring arrays to mean 0 and variance 1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.symbols import ALL
from wlnet.layers.batch_normalization import BatchNormalizationLayer
from wlnet.layers.normalization import NormalizationLayer
from wlnet.onnx.importing.arithmetic import combined
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.names import is_made_up
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import Array, Fixed, Flow, Given, mixes
from wlnet.onnx.importing.writing import Writing


def _known(given: Given | None, what: str, size: int | None = None) -> Array:
    if not isinstance(given, Fixed) or not given.is_real:
        raise Misfit(f"{what} that the net works out", expected="a constant")
    if size is not None and given.array.shape != (size,):
        raise Misfit(f"{what} of shape {given.array.shape}", expected=f"({size},)")
    return given.array


def _affine(given: Given | None, neutral: float) -> Given | None:
    """A scale or biases, or None where an operator has to have some and the module has none: its
    exporter writes ones and zeros for it. PyTorch's GroupNorm is written so, too."""
    if isinstance(given, Fixed) and (given.rests or is_made_up(given.name or "")):
        return None if bool((given.array == neutral).all()) else given
    return given


def _held(scale: Given | None, biases: Given | None, size: int) -> Any:
    """What a layer holds for the channels: its scale and biases, and their arrays."""
    arrays = [_known(scale, "a scale", size), _known(biases, "biases", size)]
    kept = _affine(scale, 1), _affine(biases, 0)
    return *kept, [None if k is None else a for k, a in zip(kept, arrays, strict=True)]


def _channels(net: Writing, x: Given) -> tuple[Flow, int]:
    if isinstance(x, Fixed):
        raise Misfit("a normalization of an array that is known")
    if x.batch != 0 or x.is_merged or x.rank < 2:
        raise mixes("is a normalization beside")
    size = x.sizes[1]
    if size is None:
        raise Misfit("an open number of channels")
    return net.real(x), size


@operator("BatchNormalization")
def _of_batches(net: Writing, node: Node, x: Given, scale: Given, biases: Given, mean: Given,
                variance: Given) -> Given:  # fmt: skip
    if node("training_mode", 0) or (node.version < 7 and not node("is_test", 0)):
        raise Misfit("a batch normalization that trains", fix="export the model in eval mode")
    node.expect("spatial", 1)
    x, size = _channels(net, x)
    if any(node.has_output(i) for i in range(1, 5)):
        raise Misfit("the running statistics as outputs")
    scale, biases, arrays = _held(scale, biases, size)
    layer = BatchNormalizationLayer(
        node("momentum", 0.9),
        node("epsilon", 1e-5),
        scaling=arrays[0],
        biases=arrays[1],
        moving_mean=_known(mean, "a mean", size),
        moving_variance=_known(variance, "a variance", size),
    )
    return net.same(layer, x, arrays={"Scaling": scale, "Biases": biases, "MovingMean": mean})


@operator("LayerNormalization")
def _of_layers(net: Writing, node: Node, x: Given, scale: Given,
               biases: Given | None = None) -> Any:  # fmt: skip
    axis, epsilon = node("axis", -1), node("epsilon", 1e-5)
    node("stash_type", 1)
    made = _normalized(net, x, axis, epsilon, scale, biases)
    if not node.has_output(1) and not node.has_output(2):
        return made
    assert isinstance(x, Flow)
    first = x.axis(axis)
    inner = tuple(x.inner(i) for i in range(first, x.rank))
    like = replace(x, sizes=tuple(n if i < first else 1 for i, n in enumerate(x.sizes)))

    def deviation(a: Any) -> Any:
        centred = a - np.mean(a, axis=inner, keepdims=True)
        return 1 / np.sqrt(np.mean(centred * centred, axis=inner, keepdims=True) + epsilon)

    mean = net.function(lambda a: np.mean(a, axis=inner, keepdims=True), x, like=like)
    return made, mean, net.function(deviation, x, like=like)


def _normalized(net: Writing, x: Given, axis: int, epsilon: float, scale: Given,
                biases: Given | None, method: str = "Standardize") -> Given:  # fmt: skip
    if isinstance(x, Fixed):
        raise Misfit("a normalization of an array that is known")
    x = net.real(x)
    first = x.axis(axis)
    if x.batch is not None and x.batch >= first:
        raise mixes("is a normalization along")
    levels = tuple(x.level(i) for i in range(first, x.rank))
    shape = tuple(x.sizes[first:])
    if None in shape:
        raise Misfit("a normalization along an open size")
    arrays: list[Any] = []
    held = {"Scaling": _affine(scale, 1), "Biases": _affine(biases, 0)}
    for given, what in zip(held.values(), ("a scale", "biases"), strict=True):
        if given is None:
            arrays.append(None)
            continue
        array = _known(given, what)
        try:
            arrays.append(np.array(np.broadcast_to(array, shape)))
        except ValueError:
            raise Misfit(f"{what} of shape {array.shape}", expected=str(shape)) from None
    layer = NormalizationLayer(
        levels, "Same", epsilon, method=method, scaling=arrays[0], biases=arrays[1]
    )
    return net.same(layer, x, arrays=held)


@operator("InstanceNormalization")
def _of_instances(net: Writing, node: Node, x: Given, scale: Given, biases: Given) -> Given:
    x, size = _channels(net, x)
    if x.rank < 3:
        raise Misfit("an instance normalization without space")
    scale, biases, arrays = _held(scale, biases, size)
    layer = NormalizationLayer(
        "2;;-1",
        "Complement",
        node("epsilon", 1e-5),
        scaling=arrays[0],
        biases=arrays[1],
    )
    return net.same(layer, x, arrays={"Scaling": scale, "Biases": biases})


@operator("GroupNormalization")
def _of_groups(net: Writing, node: Node, x: Given, scale: Given, biases: Given) -> Given:
    x, size = _channels(net, x)
    groups = node("num_groups")
    node("stash_type", 1)
    if groups < 1 or size % groups:
        raise Misfit(f"{size} channels in {groups} groups")
    # Until version 21 there was a number for each group.
    count = groups if node.version < 21 else size
    scale, biases, arrays = _held(scale, biases, count)
    layer = NormalizationLayer(
        ALL,
        1,
        node("epsilon", 1e-5),
        (groups, *(1,) * (x.rank - 2)),
        scaling=None if arrays[0] is None else np.repeat(arrays[0], size // count),
        biases=None if arrays[1] is None else np.repeat(arrays[1], size // count),
    )
    return net.same(layer, x, arrays={"Scaling": scale, "Biases": biases})


@operator("MeanVarianceNormalization")
def _plain(net: Writing, node: Node, x: Given) -> Given:
    axes = node("axes", [0, 2, 3])
    if isinstance(x, Fixed):
        raise Misfit("a normalization of an array that is known")
    x = net.real(x)
    inner = tuple(x.inner(axis, "is a normalization along") for axis in axes)

    def normalized(a: Any) -> Any:
        mean = np.mean(a, axis=inner, keepdims=True)
        centred = a - mean
        return centred / (np.sqrt(np.mean(centred * centred, axis=inner, keepdims=True)) + 1e-9)

    return net.function(normalized, x, like=x)


@operator("RMSNormalization")
def _of_squares(net: Writing, node: Node, x: Given, scale: Given) -> Given:
    axis, epsilon = node("axis", -1), node("epsilon", 1e-5)
    node("stash_type", 1)
    if isinstance(x, Fixed):
        raise Misfit("a normalization of an array that is known")
    x = net.real(x)
    if isinstance(scale, Fixed) and None not in x.sizes[x.axis(axis) :]:
        return _normalized(net, x, axis, epsilon, scale, None, "RMS")
    inner = tuple(x.inner(i, "is a normalization along") for i in range(x.axis(axis), x.rank))

    def normalized(a: Any) -> Any:
        return a / np.sqrt(np.mean(a * a, axis=inner, keepdims=True) + epsilon)

    return combined(net, lambda a, b: a * b, net.function(normalized, x, like=x), scale, "Times")


@operator("LRN")
def _local(net: Writing, node: Node, x: Given) -> Given:
    x, count = _channels(net, x)
    size, alpha = node("size"), node("alpha", 1e-4)
    beta, bias = node("beta", 0.75), node("bias", 1.0)
    if not 0 < size < 2**12:
        raise Misfit(f"size = {size}")
    before, after = (size - 1) // 2, -(-(size - 1) // 2)
    rank = len(x.shape)

    def normalized(a: Any) -> Any:
        squares = np.pad(a * a, [(before, after)] + [(0, 0)] * (rank - 1))
        total = sum(squares[i : i + count] for i in range(size))
        return a / (bias + alpha / size * total) ** beta

    return net.function(normalized, x, like=x)
