"""ConstantPlusLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


class ConstantPlusLayer(Layer):
    """A learned number added to every element.

    Formula: output = input + biases

    Array: biases, of the shape of the input; zeros at the start. Ports: input, output of the same
    shape.

    >>> ConstantPlusLayer(biases=[1, 2])([10, 10]).tolist()
    [11.0, 12.0]

    Wolfram Language: ConstantPlusLayer.
    """

    input = port("*shape")
    biases = array("*shape", start=0.0)
    output = out("*shape")

    def lower(self, g: Builder, input: Value, biases: Value) -> Value:
        return g.add(input, biases)

    def reference(self, input: Reals, biases: Reals) -> Reals:
        return input + biases

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ConstantPlusLayer(), {"Input": (3,)})
        yield Example(ConstantPlusLayer(), {"Input": ()})
        yield Example(ConstantPlusLayer(), {"Input": (2, 1, 3)})
