"""EmbeddingLayer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, out, parameter, port, positive_or_automatic
from wlnet.layers.declaring.layer import Layer


class EmbeddingLayer(Layer):
    """A learned vector for each of several classes.

    size: of a vector; class_count: how many there are. Either may be AUTOMATIC, to be inferred.
    Array: weights (class_count, size). Ports: input, an index from 1 or an array of them; output,
    which has one level more.

    >>> EmbeddingLayer(2, 3, weights=[[1, 2], [3, 4], [5, 6]])([3, 1]).tolist()
    [[5.0, 6.0], [1.0, 2.0]]

    Wolfram Language: EmbeddingLayer.
    """

    size = parameter(AUTOMATIC, check=positive_or_automatic)
    class_count = parameter(AUTOMATIC, check=positive_or_automatic)
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

    def reference(self, input: Any, weights: Any) -> Any:
        one_hot = np.asarray(input)[..., None] == 1 + np.arange(len(weights))
        return one_hot @ weights

    @staticmethod
    def examples() -> Iterator[tuple[Any, ...]]:
        yield EmbeddingLayer(3, 4), {"Input": (5,)}
        yield EmbeddingLayer(1, 1), {"Input": ()}
        yield EmbeddingLayer(2, 3), {"Input": (2, 2)}
