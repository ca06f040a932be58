"""Linear layers and convolutions to come: an addition behind one may still give it its biases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from wlnet.layers.convolution import ConvolutionLayer
from wlnet.layers.linear import LinearLayer
from wlnet.layers.transpose import TransposeLayer
from wlnet.nets.mapping import NetMapOperator
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.names import is_made_up
from wlnet.onnx.importing.values import Array, Fixed, Flow, mixes
from wlnet.onnx.importing.writing import Writing


@runtime_checkable
class Pending(Protocol):
    """A layer to come, which may still get biases."""

    biases: Array | None

    def made(self) -> Any:
        """The layer."""

    def fits(self, array: Array) -> bool:
        """Whether an array that is added behind it can be its biases."""


@dataclass
class Linear:
    """A LinearLayer to come; depth: levels that it is mapped over."""

    weights: Array
    biases: Array | None
    depth: int

    def made(self) -> Any:
        """The layer."""
        layer: Any = LinearLayer(
            len(self.weights), weights=self.weights, biases=self.biases,
            input=self.weights.shape[1],
        )  # fmt: skip
        for _ in range(self.depth):
            layer = NetMapOperator(layer)
        return layer

    def fits(self, array: Array) -> bool:
        """Along the last axis."""
        return array.size == len(self.weights) and array.shape[-1] == len(self.weights)


@dataclass
class Convolution:
    """A ConvolutionLayer to come; settings: all that comes before its arrays."""

    weights: Array
    biases: Array | None
    settings: tuple[Any, ...]

    def made(self) -> Any:
        """The layer."""
        return ConvolutionLayer(*self.settings, weights=self.weights, biases=self.biases)

    def fits(self, array: Array) -> bool:
        """Along the channels, which stand before the space."""
        rank = self.weights.ndim - 2
        shape = array.shape[max(0, array.ndim - rank - 1) :]
        return array.size == len(self.weights) and shape == (array.size, *[1] * rank)


def linear(net: Writing, x: Flow, weights: Fixed, biases: Fixed | None, array: Array,
           start: Array | None) -> Flow:  # fmt: skip
    """A linear layer along the last axis; array: (out, in), start: (out,) or None."""
    x = net.real(x)
    if x.rank == 0 or (x.batch == x.rank - 1 and not x.is_merged):
        raise mixes("is a product along")
    if x.batch == x.rank - 1:
        raise mixes("is a product along")
    if x.sizes[-1] not in (None, array.shape[1]):
        raise Misfit(f"a product of {x.sizes[-1]} numbers with a matrix for {array.shape[1]}")
    if not len(array) or not array.size:
        raise Misfit(f"a matrix of shape {array.shape}")
    step = Linear(array, start, len(x.shape) - 1)
    end = net.layer(step, x, arrays={"Biases": biases, "Weights": weights})
    return net.shaped(end, x, (*x.sizes[:-1], len(array)))


def with_biases(net: Writing, x: Flow, given: Fixed) -> Flow | None:
    """A layer that has no biases yet, with these; None where that is no such layer."""
    vertex = net.vertices.get(x.end[0]) if x.end[0] is not None else None
    if (
        vertex is None
        or not given.name
        or not given.rank
        or x.made != x.shape
        or not net.is_read_once(x)
    ):
        return None
    array = given.array
    if isinstance(vertex.layer, TransposeLayer) and _ends_with_channels(vertex.layer, x, array):
        # Keras has channels last, and convolves with channels first.
        ((end, _),) = vertex.edges
        vertex = net.vertices.get(end[0]) if end[0] is not None else None
        array = array.reshape(-1, *[1] * (len(x.shape) - 1))
        if vertex is None or not net.is_read_once(replace(x, end=end)):
            return None
    if not isinstance(vertex.layer, (Linear, Convolution)):
        return None
    if vertex.layer.biases is not None or not vertex.layer.fits(array):
        return None
    vertex.layer.biases = array.reshape(-1)
    vertex.arrays.append(given.name)
    vertex.resting += ["Biases"] if given.rests else []
    if not is_made_up(given.name):
        vertex.path = net.path([given.name])
    return x


def _ends_with_channels(layer: TransposeLayer, x: Flow, array: Array) -> bool:
    """Whether the first level becomes the last one, along which an array has its numbers."""
    is_last = layer.permutation[0] == len(x.shape)
    return bool(is_last and array.ndim and array.size == array.shape[-1] == x.shape[-1])
