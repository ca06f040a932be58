"""SequenceLastLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


class SequenceLastLayer(Layer):
    """The last element of a sequence, such as the last state of a recurrent layer.

    Formula: output[k] = input[length(input), k]

    Ports: input (length, ...), output: an element.

    >>> SequenceLastLayer()([[1, 2], [3, 4]]).tolist()
    [3.0, 4.0]

    Wolfram Language: SequenceLastLayer.
    """

    passes_gain = True
    is_view = True

    input = port("length", "*element", element="Either")
    output = out("*element", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return rank > 1

    def lower(self, g: Builder, input: Value) -> Value:
        length = input.shape[1]
        last = g.slice(input, 1, length - 1, length)
        return g.reshape(last, (input.shape[0], *input.shape[2:]))

    def reference(self, input: Reals) -> Reals:
        return input[:, -1]

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(SequenceLastLayer(), {"Input": (3, 2)})
        yield Example(SequenceLastLayer(), {"Input": (1,)})
        yield Example(SequenceLastLayer(), {"Input": (4,)})
        yield Example(SequenceLastLayer(), {"Input": (3, 2, 2)})
