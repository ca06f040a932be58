"""EmbeddingLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, or_automatic, out, parameter, port, positive
from wlnet.layers.declaring.layer import Example, Layer, Reals


class EmbeddingLayer(Layer):
    """A learned vector for each of several classes.

    Formula: output[i, k] = weights[input[i], k]

    size: of a vector; class_count: how many there are. Either may be AUTOMATIC, to be inferred.
    Array: weights (class_count, size). Ports: input, an index from 1 or an array of them; output,
    which has one level more.

    >>> EmbeddingLayer(2, 3, weights=[[1, 2], [3, 4], [5, 6]])([3, 1]).tolist()
    [[5.0, 6.0], [1.0, 2.0]]

    Wolfram Language: EmbeddingLayer.
    """

    size = parameter(AUTOMATIC, check=or_automatic(positive))
    class_count = parameter(AUTOMATIC, check=or_automatic(positive))
    input = port("*places", element="Integer", below="classes")
    weights = array("classes", "size", start="weights")
    output = out("*places", "size")

    def relate(self, sizes: Sizes) -> None:
        if self.size is not AUTOMATIC:
            sizes.set("size", self.size)
        if self.class_count is not AUTOMATIC:
            sizes.set("classes", self.class_count)

    def lower(self, g: Builder, input: Value, weights: Value) -> Value:
        return g.gather(weights, input)

    def reference(self, input: Reals, weights: Reals) -> Reals:
        one_hot = np.asarray(input)[..., None] == 1 + np.arange(len(weights))
        rows: Reals = one_hot @ weights
        return rows

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(EmbeddingLayer(3, 4), {"Input": (5,)})
        yield Example(EmbeddingLayer(1, 1), {"Input": ()})
        yield Example(EmbeddingLayer(2, 3), {"Input": (2, 2)})
