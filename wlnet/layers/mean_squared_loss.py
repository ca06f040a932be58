"""MeanSquaredLossLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


class MeanSquaredLossLayer(Layer):
    """The mean of the squared differences between input and target: one number an example.

    Formula: loss = mean(i, (input[i] - target[i]) ** 2)

    Ports: input and target of the same shape, any; loss, a scalar.

    >>> float(MeanSquaredLossLayer()({"Input": [1, 2], "Target": [1, 4]}))
    2.0

    Wolfram Language: MeanSquaredLossLayer.
    """

    is_loss = True

    input = port("*shape")
    target = port("*shape")
    loss = out()

    def lower(self, g: Builder, input: Value, target: Value) -> Value:
        return g.mean_over_examples(g.map("Square", g.subtract(input, target)))

    def reference(self, input: Reals, target: Reals) -> Reals:
        return np.array([np.mean((x - t) ** 2) for x, t in zip(input, target, strict=True)])

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(MeanSquaredLossLayer(), {"Input": (3,), "Target": (3,)})
        yield Example(MeanSquaredLossLayer(), {"Input": (), "Target": ()})
        yield Example(MeanSquaredLossLayer(), {"Input": (2, 1, 3), "Target": (2, 1, 3)})
