"""SequenceMostLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.lengths import longer


class SequenceMostLayer(Layer):
    """A sequence without its last element: what comes before each of the elements but the first.

    Formula: output[i, k] = input[i, k]

    Ports: input (length, ...), of two elements at least; output (length - 1, ...).

    >>> SequenceMostLayer()([1, 2, 3]).tolist()
    [1.0, 2.0]

    Wolfram Language: SequenceMostLayer.
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
        return g.slice(input, 1, 0, input.shape[1] - 1)

    def reference(self, input: Reals) -> Reals:
        return input[:, :-1]

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(SequenceMostLayer(), {"Input": (3, 2)})
        yield Example(SequenceMostLayer(), {"Input": (2,)})
        yield Example(SequenceMostLayer(), {"Input": (3, 2, 2)})
