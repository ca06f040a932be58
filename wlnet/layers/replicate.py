"""ReplicateLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes, shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import level, listed, out, parameter, port, positive
from wlnet.layers.declaring.layer import Example, Layer, Reals


def counts(value: object) -> tuple[int | str, ...]:
    """How often: a number, or several; AUTOMATIC where the output tells."""
    given = listed(value) if isinstance(value, (tuple, list)) else (value,)
    if not given:
        raise ValueError("a number of copies, or several")
    automatic = [n is AUTOMATIC or (isinstance(n, str) and n == "Automatic") for n in given]
    return tuple(
        "Automatic" if is_automatic else positive(n)
        for n, is_automatic in zip(given, automatic, strict=True)
    )


class ReplicateLayer(Layer):
    """An array repeated along new levels.

    Formula: output[i, j] = input[j]

    counts: how often, a number or several, one a new level; AUTOMATIC where the shape of the output
    is to tell. level: where the new levels stand in the output: the first of them at level n, or
    the last of them at level -n.
    Ports: input, of any shape; output, with the new levels.

    >>> ReplicateLayer(2)([1, 2, 3]).tolist()
    [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]

    Wolfram Language: ReplicateLayer.
    """

    counts = parameter(check=counts)
    level = parameter(1, check=level)
    input = port("*input", element="Either")
    output = out("*output", element="Either")

    def keeps_columns(self, rank: int) -> bool:
        return rank > self._first(rank + len(self.counts))

    def _first(self, rank: int) -> int:
        """Where the new levels begin in an output of this rank, from 0. Raises Mismatch."""
        new = len(self.counts)
        first: int = self.level - 1 if self.level > 0 else rank + self.level - new + 1
        if not 0 <= first <= rank - new:
            raise Mismatch(f"an array of rank {rank - new} gets no new level {self.level}")
        return first

    def relate(self, sizes: Sizes) -> None:
        shape, output, new = sizes.run("*input"), sizes.run("*output"), len(self.counts)
        if shape is None and output is None:
            return
        rank = len(shape) + new if shape is not None else len(output or ())
        if rank < new or (output is not None and len(output) != rank):
            raise Mismatch(f"repeated along {new} new levels is not {shape_text(output)}")
        first = self._first(rank)
        copies = tuple(n if isinstance(n, int) else None for n in self.counts)
        if shape is not None:
            sizes.set("*output", (*shape[:first], *copies, *shape[first:]))
        found = sizes.run("*output")
        assert found is not None
        sizes.set("*input", (*found[:first], *found[first + new :]))
        sizes.set("*output", (*(None,) * first, *copies, *(None,) * (rank - first - new)))

    def lower(self, g: Builder, input: Value) -> Value:
        first, new = self._first(len(g.output)) + 1, len(self.counts)
        thin = g.reshape(input, (*input.shape[:first], *(1,) * new, *input.shape[first:]))
        return g.broadcast(thin, (input.shape[0], *g.output))

    def reference(self, input: Reals) -> Reals:
        first = self._first(input.ndim - 1 + len(self.counts)) + 1
        for count in reversed(self.counts):
            input = np.stack([input] * count, axis=first)
        return input

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ReplicateLayer(2), {"Input": (3,)})
        yield Example(ReplicateLayer(1), {"Input": ()})
        yield Example(ReplicateLayer((2, 3)), {"Input": (2,)})
        yield Example(ReplicateLayer(3, 2), {"Input": (2, 4)})
        yield Example(ReplicateLayer((2, 3), -1), {"Input": (4, 2)})
        yield Example(ReplicateLayer(2, -2), {"Input": (4, 3)})
