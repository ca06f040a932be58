"""SummationLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


class SummationLayer(Layer):
    """The sum of all numbers of an array.

    Formula: output = sum(i, j, input[i, j])

    Ports: input, of any shape; output, one number. Some levels alone are summed by
    `AggregationLayer("Total")`, several arrays by `TotalLayer`.

    >>> SummationLayer()([[1, 2], [3, 4]]).item()
    10.0

    Wolfram Language: SummationLayer.
    """

    input = port("*input")
    output = out()

    def lower(self, g: Builder, input: Value) -> Value:
        return g.reshape(g.sum(input, range(1, input.rank)), (input.shape[0],))

    def reference(self, input: Reals) -> Reals:
        total: Reals = input.reshape(len(input), -1).sum(axis=1)
        return total

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(SummationLayer(), {"Input": (3, 2)})
        yield Example(SummationLayer(), {"Input": ()})
        yield Example(SummationLayer(), {"Input": (5,)})
        yield Example(SummationLayer(), {"Input": (2, 1, 3)})
