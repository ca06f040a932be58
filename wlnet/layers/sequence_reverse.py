"""SequenceReverseLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


class SequenceReverseLayer(Layer):
    """A sequence from its last element to its first.

    Formula: output[i, k] = input[length(input) + 1 - i, k]

    Ports: input (length, ...), output of the same shape.

    >>> SequenceReverseLayer()([1, 2, 3]).tolist()
    [3.0, 2.0, 1.0]

    Wolfram Language: SequenceReverseLayer.
    """

    passes_gain = True
    is_view = True

    input = port("length", "*element", element="Either")
    output = out("length", "*element", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return rank > 1

    def lower(self, g: Builder, input: Value) -> Value:
        return g.reverse(input, 1)

    def reference(self, input: Reals) -> Reals:
        return input[:, ::-1]

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(SequenceReverseLayer(), {"Input": (3, 2)})
        yield Example(SequenceReverseLayer(), {"Input": (1,)})
        yield Example(SequenceReverseLayer(), {"Input": (5,)})
        yield Example(SequenceReverseLayer(), {"Input": (3, 2, 2)})
