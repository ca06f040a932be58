"""TotalLayer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import numpy as np

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, variadic
from wlnet.layers.declaring.layer import Example, Layer, Reals


class TotalLayer(Layer):
    """The sum of arrays of the same shape.

    Formula: output = sum(k, inputs[k])

    Ports: inputs "1", "2", ...; output, all of one shape.

    >>> TotalLayer(ports={"1": 2, "2": 2})({"1": [1, 2], "2": [3, 4]}).tolist()
    [4.0, 6.0]

    Wolfram Language: TotalLayer.
    """

    inputs = variadic("*shape")
    output = out("*shape")

    def lower(self, g: Builder, *inputs: Value) -> Value:
        return reduce(g.add, inputs)

    def reference(self, *inputs: Reals) -> Reals:
        return reduce(np.add, inputs)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(TotalLayer(), {"1": (2, 3), "2": (2, 3), "3": (2, 3)})
        yield Example(TotalLayer(), {"1": (1,)})
        yield Example(TotalLayer(), {"1": (), "2": ()})
