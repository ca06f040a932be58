"""NetArrayLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, out
from wlnet.layers.declaring.layer import Example, Layer, Reals


class NetArrayLayer(Layer):
    """A learned array as a source: the same for every example, without any input.

    Formula: output = array

    Array: array, of any shape. Ports: output of that shape.

    >>> NetArrayLayer(array=[1, 2]).array.tolist()
    [1.0, 2.0]

    Wolfram Language: NetArrayLayer (formerly ConstantArrayLayer).
    """

    array = array("*output", start="general")
    output = out("*output")

    def lower(self, g: Builder, array: Value) -> Value:
        return g.broadcast(array, (g.batch, *array.shape))

    def reference(self, array: Reals) -> Reals:
        return array[None]

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(NetArrayLayer(output=(2, 3)), {})
        yield Example(NetArrayLayer(output=1), {})
        yield Example(NetArrayLayer(array=[1.0, 2.0]), {})
        yield Example(NetArrayLayer(output=()), {})
