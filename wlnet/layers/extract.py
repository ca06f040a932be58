"""ExtractLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, port
from wlnet.layers.declaring.layer import Example, Layer, Reals


class ExtractLayer(Layer):
    """Parts of an array at places that another input tells.

    The last level of a position has a coordinate for each of the first levels of the array: 2 for
    [i, j]. Coordinates count from 1, or from -1 backwards. What a position does not tell is taken
    whole; levels of positions before the last are those of several parts.
    Ports: input (n1, ..., nd); position (m1, ..., s), of integers, or "Integer", for one number;
    output (m1, ..., n(s+1), ..., nd).

    >>> layer = ExtractLayer(input=(3,), position=(2, 1))
    >>> layer({"Input": [5, 6, 7], "Position": [[3], [-2]]}).tolist()
    [7.0, 6.0]
    >>> layer = ExtractLayer(input=(2, 2), position=2)
    >>> layer({"Input": [[1, 2], [3, 4]], "Position": [2, 1]}).item()
    3.0

    Raises DataError for data with a place that is not there, also where a PartLayer and its kin
    move whole positions. A place that is not there gives NaN where a net works it out, or moves its
    coordinates, as a TransposeLayer does.
    Wolfram Language: ExtractLayer. Elsewhere gather_nd.
    """

    input = port("*input")
    position = port("*position", element="Integer", below="*told")
    output = out("*output")

    def relate(self, sizes: Sizes) -> None:
        shape, position = sizes.run("*input"), sizes.run("*position")
        if position is None or (depth := position[-1] if position else 1) is None:
            return
        if shape is None:
            return
        if len(shape) < depth:
            raise Mismatch(
                f"positions of {depth} coordinates, and {shape_text(shape)} has {len(shape)} levels"
            )
        sizes.set("*told", shape[:depth])
        sizes.set("*output", (*position[:-1], *shape[depth:]))
        output = sizes.run("*output")
        assert output is not None
        places = len(position[:-1])
        sizes.set("*input", (*shape[:depth], *output[places:]))
        sizes.set("*position", (*output[:places], *position[-1:]))

    def lower(self, g: Builder, input: Value, position: Value) -> Value:
        if position.rank == 1:
            position = g.reshape(position, (*position.shape, 1))
        return g.extract(input, position)

    def reference(self, input: Reals, position: Reals) -> Reals:
        # A coordinate from 1 is one from 0; a negative one is the same in Python.
        at = np.where(position > 0, position - 1, position).astype(int)
        at = at[..., None] if at.ndim == 1 else at
        parts = [array[tuple(np.moveaxis(places, -1, 0))]
                 for array, places in zip(input, at, strict=True)]  # fmt: skip
        return np.array(parts)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ExtractLayer(), {"Input": (4,), "Position": (1,)})
        yield Example(ExtractLayer(), {"Input": (1,), "Position": ()})
        yield Example(ExtractLayer(), {"Input": (3, 2), "Position": (5, 1)})
        yield Example(ExtractLayer(), {"Input": (3, 2), "Position": (2, 3, 2)})
        yield Example(ExtractLayer(), {"Input": (2, 3, 4), "Position": (2,)})
