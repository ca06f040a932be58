"""HuberLossLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, parameter, port, real
from wlnet.layers.declaring.layer import Example, Layer, Reals


class HuberLossLayer(Layer):
    """Half the square of a small difference, and a straight line of a large one, so that outliers
    do not rule: one number an example.

    Formula: loss = mean(i, (input[i] - target[i]) ** 2 / 2 if abs(input[i] - target[i]) <= delta
    else delta * (abs(input[i] - target[i]) - delta / 2))

    delta: the difference from which on the loss is a straight line, which goes on with the slope
    that the square has there. The mean over all numbers of an example is taken.
    Ports: input and target of the same shape, any; loss, a scalar.

    >>> loss = HuberLossLayer()
    >>> [float(loss({"Input": [x], "Target": [0]})) for x in (0.5, 1, 3)]
    [0.125, 0.5, 2.5]

    Raises OptionError for a delta that is not between 1e-30 and 1e6.
    Wolfram Language: nothing like it. Huber 1964, "Robust estimation of a location parameter".
    """

    is_loss = True

    delta = parameter(1.0, check=real(1e-30, 1e6))
    input = port("*shape")
    target = port("*shape")
    loss = out()

    def lower(self, g: Builder, input: Value, target: Value) -> Value:
        apart = g.subtract(input, target)
        near = g.maximum(g.minimum(apart, self.delta), -self.delta)
        # Of both pieces the cost, and nothing of a large difference is squared.
        cost = g.multiply(near, g.subtract(apart, g.multiply(near, 0.5)))
        return g.mean_over_examples(cost)

    def reference(self, input: Reals, target: Reals) -> Reals:
        apart = np.abs(input - target)
        line = self.delta * (apart - self.delta / 2)
        cost = np.where(apart <= self.delta, apart**2 / 2, line)
        mean: Reals = cost.reshape(len(cost), -1).mean(1)
        return mean

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(HuberLossLayer(), {"Input": (3,), "Target": (3,)})
        yield Example(HuberLossLayer(0.25), {"Input": (), "Target": ()})
        yield Example(HuberLossLayer(3.0), {"Input": (2, 1, 3), "Target": (2, 1, 3)})
        yield Example(HuberLossLayer(100.0), {"Input": (1,), "Target": (1,)})
