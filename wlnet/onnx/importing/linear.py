"""Linear layers to come: an addition behind one may still give it its biases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wlnet.layers.linear import LinearLayer
from wlnet.nets.mapping import NetMapOperator
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.names import is_made_up
from wlnet.onnx.importing.values import Array, Fixed, Flow, mixes
from wlnet.onnx.importing.writing import Writing


@dataclass
class Linear:
    """A LinearLayer to come, which may still get biases; depth: levels that it is mapped over."""

    weights: Array
    biases: Array | None
    depth: int

    def made(self) -> Any:
        layer: Any = LinearLayer(
            len(self.weights), weights=self.weights, biases=self.biases,
            input=self.weights.shape[1],
        )  # fmt: skip
        for _ in range(self.depth):
            layer = NetMapOperator(layer)
        return layer


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
    end = net.layer(step, x, arrays=[biases, weights] if biases else [weights])
    return net.shaped(end, x, (*x.sizes[:-1], len(array)))


def with_biases(net: Writing, x: Flow, given: Fixed) -> Flow | None:
    """A linear layer that has no biases yet, with these; None where that is no such layer."""
    token = x.end[0]
    vertex = net.vertices[token] if token is not None else None
    if vertex is None or not isinstance(vertex.layer, Linear) or vertex.layer.biases is not None:
        return None
    size = len(vertex.layer.weights)
    if given.array.size != size or given.array.shape[-1] != size or not given.learns:
        return None
    if x.made != x.shape or not net.is_read_once(x):
        return None
    vertex.layer.biases = given.array.reshape(size)
    if given.name and not is_made_up(given.name):
        vertex.path = net.path([given.name])
    return x
