"""UnitVectorLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import or_automatic, out, parameter, port, positive
from wlnet.layers.declaring.layer import Example, Layer, Reals


class UnitVectorLayer(Layer):
    """Indices as unit vectors, elsewhere one-hot: 1 at the index, 0 beside it.

    Formula: output[i, k] = 1 if k == input[i] else 0

    size: of a vector; AUTOMATIC where what is around the layer tells, such as an encoder.
    Ports: input, an index from 1 or an array of them; output, which has one level more.

    >>> UnitVectorLayer(3)([3, 1]).tolist()
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]

    Wolfram Language: UnitVectorLayer.
    """

    size = parameter(AUTOMATIC, check=or_automatic(positive))
    input = port("*places", element="Integer", below="size")
    output = out("*places", "size")

    def relate(self, sizes: Sizes) -> None:
        if self.size is not AUTOMATIC:
            sizes.set("size", self.size)

    def lower(self, g: Builder, input: Value) -> Value:
        return g.one("place", g.fill(1.0, input.shape), input, count=g.output[-1])

    def reference(self, input: Reals) -> Reals:
        vectors: Reals = np.eye(self.size)[np.asarray(input, int) - 1]
        return vectors

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(UnitVectorLayer(3), {"Input": (5,)})
        yield Example(UnitVectorLayer(1), {"Input": ()})
        yield Example(UnitVectorLayer(4), {"Input": ()})
        yield Example(UnitVectorLayer(2), {"Input": (2, 3)})
