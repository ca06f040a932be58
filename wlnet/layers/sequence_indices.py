"""SequenceIndicesLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, parameter, port, positive
from wlnet.layers.declaring.layer import Example, Layer, Reals


def count_or_none(value: object) -> int | None:
    """A positive integer, or None."""
    return None if value is None else positive(value)


class SequenceIndicesLayer(Layer):
    """The numbers of the elements of a sequence, whatever they are: 1, 2, 3, ...

    Formula: output[i] = i

    maximum: the number of all elements from there on; None counts them all. An `EmbeddingLayer`
    behind it learns a vector for each place.
    Ports: input (length, ...); output (length,), indices.

    >>> SequenceIndicesLayer()([[5, 6], [7, 8]]).tolist()
    [1, 2]

    Wolfram Language: SequenceIndicesLayer.
    """

    maximum = parameter(None, check=count_or_none)
    input = port("length", "*element")
    output = out("length", element="Integer", below="most")

    def relate(self, sizes: Sizes) -> None:
        sizes.set("most", sizes["length"] if self.maximum is None else self.maximum)

    def lower(self, g: Builder, input: Value) -> Value:
        length = input.shape[1]
        most = min(length, self.maximum or length)
        places = g.indices(most)
        if most < length:
            rest = g.broadcast(g.slice(places, 0, most - 1, most), (length - most,))
            places = g.concatenate((places, rest), 0)
        return g.broadcast(g.reshape(places, (1, length)), input.shape[:2])

    def reference(self, input: Reals) -> Reals:
        most = self.maximum or input.shape[1]
        return np.array([[min(i + 1, most) for i in range(input.shape[1])] for _ in input])

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(SequenceIndicesLayer(), {"Input": (3, 2)})
        yield Example(SequenceIndicesLayer(), {"Input": (1,)})
        yield Example(SequenceIndicesLayer(), {"Input": (4,)})
        yield Example(SequenceIndicesLayer(2), {"Input": (5, 2)})
