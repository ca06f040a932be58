"""OrderingLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.core.symbols import ALL
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import integer, out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


def count_or_all(value: object) -> object:
    """How many, from the front or, below 0, from the back; or ALL."""
    if value is ALL:
        return ALL
    number = integer(value)
    if number == 0:
        raise ValueError("ALL, or how many: n for the first, -n for the last")
    return number


class OrderingLayer(Layer):
    """The places of the numbers of a vector, in the order of the numbers: the smallest first.

    count: n for the n smallest, -n for the n largest, the largest last; ALL of them. Equal numbers
    stay in their order, and NaN comes last. Places count from 1 and have no slope: what an
    `ExtractLayer` takes by them has.
    Ports: input, a vector; output, indices.

    >>> OrderingLayer()([4.5, 1.2, 5.8, 0.7]).tolist()
    [4, 2, 1, 3]
    >>> OrderingLayer(-1)([4.5, 1.2, 5.8, 0.7]).tolist()
    [3]

    Wolfram Language: OrderingLayer. Elsewhere argsort.
    """

    count = parameter(ALL, check=count_or_all)
    input = port("length")
    output = out("count", element="Integer", below="length")

    def relate(self, sizes: Sizes) -> None:
        length = sizes["length"]
        if self.count is ALL:
            sizes.set("count", length)
            sizes.set("length", sizes["count"])
            return
        if length is not None and length < abs(self.count):
            raise Mismatch(f"{shape_text((length,))} has no {abs(self.count)} entries to order")
        sizes.set("count", abs(self.count))

    def lower(self, g: Builder, input: Value) -> Value:
        places, length = g.ordering(input), input.shape[1]
        if self.count is ALL or abs(self.count) == length:
            return places
        first = 0 if self.count > 0 else length + self.count
        return g.slice(places, 1, first, first + abs(self.count))

    def reference(self, input: Reals) -> Reals:
        rows = []
        for row in input:
            places = sorted(range(len(row)), key=lambda i: (np.isnan(row[i]), row[i]))
            count = len(row) if self.count is ALL else self.count
            rows.append([i + 1 for i in (places[:count] if count > 0 else places[count:])])
        return np.array(rows)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(OrderingLayer(), {"Input": (5,)})
        yield Example(OrderingLayer(), {"Input": (1,)})
        yield Example(OrderingLayer(2), {"Input": (4,)})
        yield Example(OrderingLayer(-3), {"Input": (8,)})
