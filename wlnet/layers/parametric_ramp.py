"""ParametricRampLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.functions import above_zero, below_zero
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import along, levels, positions, relate_levels


class ParametricRampLayer(Layer):
    """x where x >= 0, and a learned slope times x below; at 0 its derivative is 1.

    Formula: output[i] = input[i] if input[i] >= 0 else slope[i] * input[i]

    levels: which levels have slopes of their own: a level, several, a Span, or ALL; () is one slope
    for everything. Array: slope, with the sizes of those levels; 0.1 at the start.
    Ports: input, output of the same shape.

    >>> ParametricRampLayer(slope=[0.5, 0.25])([-2, 4]).tolist()
    [-1.0, 4.0]

    Wolfram Language: ParametricRampLayer. He et al. 2015.
    """

    gives = "Reals"

    levels = parameter((1,), check=levels)
    input = port("*input")
    slope = array("*slope", start=0.1)
    output = out("*input")

    def relate(self, sizes: Sizes) -> None:
        relate_levels(sizes, "*input", "*slope", self.levels)

    def lower(self, g: Builder, input: Value, slope: Value) -> Value:
        rank = input.rank - 1
        slopes = g.reshape(slope, along(slope.shape, positions(self.levels, rank), rank))
        return g.add(above_zero(g, input), g.multiply(slopes, below_zero(g, input)))

    def reference(self, input: Reals, slope: Reals) -> Reals:
        rank = input.ndim - 1
        rest = tuple(i + 1 for i in range(rank) if i not in positions(self.levels, rank))
        return np.where(input >= 0, input, np.expand_dims(slope, (0, *rest)) * input)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ParametricRampLayer(), {"Input": (3, 2)})
        yield Example(ParametricRampLayer(), {"Input": (1,)})
        yield Example(ParametricRampLayer(()), {"Input": (2, 3)})
        yield Example(ParametricRampLayer(()), {"Input": ()})
        yield Example(ParametricRampLayer((1, 3)), {"Input": (2, 3, 2)})
        yield Example(ParametricRampLayer(-1), {"Input": (2, 3)})
        yield Example(ParametricRampLayer("1;;-1"), {"Input": (2, 3)})
