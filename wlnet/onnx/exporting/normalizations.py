"""Normalizations in a graph of primitives, as the one operator that ONNX has for each.

A layer comes down to a mean, a square, a root and so on; runtimes have kernels for the whole, and
files that are read back have a layer again. What is not found here is written call by call.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from wlnet.graph.graph import Call, Graph, Value
from wlnet.onnx.exporting.sizes import Extent, Measure, Size, times
from wlnet.onnx.exporting.writer import Tensor, Writer


@dataclass(frozen=True)
class Normalization:
    """What a few calls come to: x with mean 0 and variance 1 along all axes from `first` on, scaled
    and shifted. last: the call whose result it is. calls: all of them, by identity. of_channels:
    numbers are those of the second axis, not of the axes that the mean is over."""

    x: Value
    first: int
    epsilon: float
    last: Call
    calls: frozenset[int]
    scaling: Value | None = None
    biases: Value | None = None
    of_channels: bool = False

    def written(self, w: Writer, known: Mapping[Value, Tensor]) -> str:
        """The name of what the operator makes."""
        sizes = self.x.shape[1:2] if self.of_channels else self.x.shape[self.first :]
        scale = known[self.scaling] if self.scaling else w.array(np.ones(sizes, w.real))
        x, epsilon = known[self.x], self.epsilon
        if self.of_channels:
            biases = known[self.biases] if self.biases else w.array(np.zeros(sizes, w.real))
            return w.node("InstanceNormalization", x, scale, biases, epsilon=epsilon)
        more = [known[self.biases]] if self.biases else []
        return w.node("LayerNormalization", x, scale, *more, axis=self.first, epsilon=epsilon)


def normalizations(graph: Graph, real: type[np.floating]) -> dict[int, Normalization]:
    """Those of a graph by the identity of their last call."""
    finder = _Finder(graph)
    found = {}
    for call in graph.calls:
        plain = finder.plain(call)
        one = finder.fitted(plain, real) if plain else None
        if one:
            found[id(one.last)] = one
    return found


class _Finder:
    def __init__(self, graph: Graph) -> None:
        self.makers = {value: call for call in graph.calls for value in call.outputs}
        self.uses = Counter(value for call in graph.calls for value in {*call.inputs})
        self.uses.update(graph.results())
        self.readers = {value: call for call in graph.calls for value in call.inputs}
        self.arrays = set(graph.arrays.values())

    def made(self, value: Value, primitive: str, **attributes: object) -> Call | None:
        call = self.makers.get(value)
        if call is None or call.primitive != primitive:
            return None
        return call if attributes.items() <= call.attributes.items() else None

    def number(self, value: Value) -> float | Measure | None:
        call = self.made(value, "fill")
        return call.attributes["value"] if call and not value.rank else None

    def mean(self, value: Value) -> tuple[Value, tuple[int, ...], tuple[Call, ...]] | None:
        """Of what a value is the mean, along which axes, and by which calls."""
        scaled = self.made(value, "multiply")
        total = self.made(scaled.inputs[0], "sum") if scaled else None
        if scaled is None or total is None:
            return None
        axes, x = total.attributes["axes"], total.inputs[0]
        is_mean = self.number(scaled.inputs[1]) == _share([x.shape[axis] for axis in axes])
        return (x, axes, (scaled, total)) if is_mean else None

    def plain(self, call: Call) -> Normalization | None:
        """The normalization that ends with a product, without numbers that are learned."""
        if call.primitive != "multiply":
            return None
        centred = self.made(call.inputs[0], "subtract")
        inverse = self.made(call.inputs[1], "divide")
        if centred is None or inverse is None or self.number(inverse.inputs[0]) != 1:
            return None
        root = self.made(inverse.inputs[1], "map", function="Sqrt")
        above = self.made(root.inputs[0], "add") if root else None
        variance = self.mean(above.inputs[0]) if above else None
        square = self.made(variance[0], "map", function="Square") if variance else None
        mean = self.mean(centred.inputs[1])
        if not (root and above and variance and square and mean):
            return None
        epsilon, x = self.number(above.inputs[1]), centred.inputs[0]
        same = square.inputs[0] == centred.outputs[0] and mean[0] == x and mean[1] == variance[1]
        first = min(mean[1])
        whole = first > 0 and sorted(mean[1]) == list(range(first, x.rank))
        inner = [centred, inverse, root, above, square, *variance[2], *mean[2]]
        # What stands inside is read nowhere else: what is centred, by its square and the product.
        alone = all(self.uses[each.outputs[0]] == (2 if each is centred else 1) for each in inner)
        if not (same and whole and alone and isinstance(epsilon, float)):
            return None
        return Normalization(x, first, epsilon, call, frozenset(map(id, (*inner, call))))

    def fitted(self, one: Normalization, real: type[np.floating]) -> Normalization | None:
        """The same with what is learned, as far as the operator takes it; None where none is."""
        rank, channels = one.x.rank, one.x.shape[1:2]
        inner = one.x.shape[one.first :]
        ways = []
        if all(isinstance(size, int) for size in inner):
            ways.append(self.learned(one, (1,) * one.first + inner, inner))
        # Runtimes have the other operator in 32 bits alone.
        if one.first == 2 and rank > 2 and isinstance(channels[0], int) and real is np.float32:
            spread = (1, *channels, *(1,) * (rank - 2))
            ways.append(replace(self.learned(one, spread, channels), of_channels=True))
        return max(ways, key=lambda way: len(way.calls), default=None)

    def learned(
        self, one: Normalization, spread: tuple[Extent, ...], shape: tuple[Extent, ...]
    ) -> Normalization:
        """With a scale and biases that follow it, of these shapes."""
        for primitive in ("multiply", "add"):
            (y,) = one.last.outputs
            call = self.readers.get(y)
            if self.uses[y] != 1 or call is None or call.primitive != primitive:
                continue
            view = self.made(call.inputs[1], "reshape", shape=spread)
            if call.inputs[0] != y or view is None or self.uses[view.outputs[0]] != 1:
                continue
            (array,) = view.inputs
            if array in self.arrays and array.shape == shape:
                calls = one.calls | {id(call), id(view)}
                one = replace(one, last=call, calls=calls)
                is_scale = primitive == "multiply"
                one = replace(one, scaling=array) if is_scale else replace(one, biases=array)
        return one


def _share(sizes: list[Extent]) -> float | Measure:
    """1 / the number of entries."""
    whole = math.prod(size for size in sizes if isinstance(size, int))
    opened = [size for size in sizes if isinstance(size, Size)]
    if not opened:
        return 1 / whole
    count = reduce(times, opened)
    return Measure(count if whole == 1 else times(count, whole), -1.0)
