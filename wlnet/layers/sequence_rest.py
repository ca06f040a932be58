"""SequenceRestLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.lengths import longer


class SequenceRestLayer(Layer):
    """A sequence without its first element: what comes after each of the elements but the last.

    Formula: output[i, k] = input[i + 1, k]

    Ports: input (length, ...), of two elements at least; output (length - 1, ...).

    >>> SequenceRestLayer()([1, 2, 3]).tolist()
    [2.0, 3.0]

    Wolfram Language: SequenceRestLayer.
    """

    passes_gain = True
    is_view = True

    input = port("length", "*element", element="Either")
    output = out("fewer", "*element", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return rank > 1

    def relate(self, sizes: Sizes) -> None:
        longer(sizes, "length", "fewer", 1)

    def lower(self, g: Builder, input: Value) -> Value:
        return g.slice(input, 1, 1, input.shape[1])

    def reference(self, input: Reals) -> Reals:
        return input[:, 1:]

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(SequenceRestLayer(), {"Input": (3, 2)})
        yield Example(SequenceRestLayer(), {"Input": (2,)})
        yield Example(SequenceRestLayer(), {"Input": (3, 2, 2)})
