"""PrependLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.lengths import longer


class PrependLayer(Layer):
    """A sequence with a further element at its beginning.

    Formula: output[i] = element if i == 1 else input[i - 1]

    Ports: input (length, ...); element, of the shape of one element; output (length + 1, ...).

    >>> PrependLayer()({"Input": [1, 2], "Element": 3}).tolist()
    [3.0, 1.0, 2.0]

    Wolfram Language: PrependLayer.
    """

    is_view = True

    input = port("length", "*element", element="Either")
    element = port("*element", element="Either")
    output = out("more", "*element", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return rank > 1

    def relate(self, sizes: Sizes) -> None:
        longer(sizes, "more", "length", 1)

    def lower(self, g: Builder, input: Value, element: Value) -> Value:
        first = g.reshape(element, (element.shape[0], 1, *element.shape[1:]))
        return g.concatenate((first, input), 1)

    def reference(self, input: Reals, element: Reals) -> Reals:
        return np.concatenate([element[:, None], input], axis=1)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(PrependLayer(), {"Input": (3, 2), "Element": (2,)})
        yield Example(PrependLayer(), {"Input": (1,), "Element": ()})
        yield Example(PrependLayer(), {"Input": (2, 3, 2), "Element": (3, 2)})
        yield Example(PrependLayer(), {"Input": (3,), "Element": ()})
