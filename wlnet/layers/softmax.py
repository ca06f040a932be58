"""SoftmaxLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import level, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import require_level


class SoftmaxLayer(Layer):
    """Positive numbers that add up to 1 along a level: exp(x) divided by its total.

    Formula: output[i] = exp(input[i]) / sum(j, exp(input[j]))

    level: counted from 1, or from -1 backwards; it must have at least two entries.
    Ports: input, output of the same shape.

    >>> SoftmaxLayer()([0, 0]).tolist()
    [0.5, 0.5]

    Wolfram Language: SoftmaxLayer.
    """

    asks_for = "Index"
    gives = "Distribution"

    level = parameter(-1, check=level)
    input = port("*shape")
    output = out("*shape")

    def relate(self, sizes: Sizes) -> None:
        require_level(
            sizes, "*shape", self.level, least=2, why="a softmax of one number is always 1"
        )

    def lower(self, g: Builder, input: Value) -> Value:
        return g.softmax(input, self.level)

    def reference(self, input: Reals) -> Reals:
        axis = self.level
        powers: Reals = np.exp(input)
        total: Reals = powers.sum(axis, keepdims=True)
        return powers / total

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(SoftmaxLayer(), {"Input": (2,)})
        yield Example(SoftmaxLayer(), {"Input": (5,)})
        yield Example(SoftmaxLayer(), {"Input": (2, 3)})
        yield Example(SoftmaxLayer(1), {"Input": (3, 2)})
        yield Example(SoftmaxLayer(-2), {"Input": (2, 3, 2)})
