"""ConstantTimesLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


class ConstantTimesLayer(Layer):
    """Every element times a learned number.

    Formula: output = scaling * input

    Array: scaling, of the shape of the input; ones at the start. Ports: input, output of the same
    shape.

    >>> ConstantTimesLayer(scaling=[1, 2])([10, 10]).tolist()
    [10.0, 20.0]

    Wolfram Language: ConstantTimesLayer.
    """

    input = port("*shape")
    scaling = array("*shape", start=1.0)
    output = out("*shape")

    def lower(self, g: Builder, input: Value, scaling: Value) -> Value:
        return g.multiply(input, scaling)

    def reference(self, input: Reals, scaling: Reals) -> Reals:
        return input * scaling

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ConstantTimesLayer(), {"Input": (3,)})
        yield Example(ConstantTimesLayer(), {"Input": ()})
        yield Example(ConstantTimesLayer(), {"Input": (2, 1, 3)})
