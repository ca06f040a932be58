"""DotLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, variadic
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.ties import Entry, runs, tie


class DotLayer(Layer):
    """The product of arrays: of vectors, matrices, or arrays of any rank from 1.

    Formula: output[i, k] = sum(j, inputs[1][i, j] * inputs[2][j, k])

    The last level of one is summed against the first level of the next, from the left.
    Ports: inputs "1", "2", ... (two or more); output.

    >>> DotLayer(ports={"1": (2, 2), "2": 2})({"1": [[1, 2], [3, 4]], "2": [1, 10]}).tolist()
    [21.0, 43.0]

    Wolfram Language: DotLayer, Dot.
    """

    gives = "Reals"

    inputs = variadic("*input#")
    output = out("*output")

    def relate(self, sizes: Sizes) -> None:
        names = runs(sizes)
        if len(names) == 1:
            raise Mismatch("a product has two factors or more, not 1")
        pairs: list[tuple[Entry, Entry]] = []
        product: list[Entry] = []
        for i, name in enumerate(names):
            run = sizes.run(name)
            if run is None:
                tie(sizes, pairs)
                return
            if not run:
                raise Mismatch(f"factor {i + 1} is a scalar: a product needs at least vectors")
            entries = [(name, j) for j in range(len(run))]
            if i and not product:
                raise Mismatch(f"nothing is left to sum over: factors 1 to {i} give a scalar")
            if i:
                pairs.append((product.pop(), entries.pop(0)))
            product += entries
        if names:
            sizes.set("*output", (None,) * len(product))
            pairs += [(entry, ("*output", j)) for j, entry in enumerate(product)]
        tie(sizes, pairs)

    def lower(self, g: Builder, *inputs: Value) -> Value:
        def product(a: Value, b: Value) -> Value:
            batch, summed = a.shape[0], a.shape[-1]
            rows = g.reshape(a, (batch, math.prod(a.shape[1:-1]), summed))
            columns = g.reshape(b, (batch, summed, math.prod(b.shape[2:])))
            return g.reshape(g.matmul(rows, columns), (*a.shape[:-1], *b.shape[2:]))

        return reduce(product, inputs)

    def reference(self, *inputs: Reals) -> Reals:
        return np.array(
            [reduce(lambda a, b: np.tensordot(a, b, 1), row) for row in zip(*inputs, strict=True)]
        )

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(DotLayer(), {"1": (3,), "2": (3,)})
        yield Example(DotLayer(), {"1": (1,), "2": (1,)})
        yield Example(DotLayer(), {"1": (2, 3), "2": (3,)})
        yield Example(DotLayer(), {"1": (3,), "2": (3, 2)})
        yield Example(DotLayer(), {"1": (2, 3), "2": (3, 4)})
        yield Example(DotLayer(), {"1": (2, 2, 3), "2": (3, 2, 1)})
        yield Example(DotLayer(), {"1": (2, 3), "2": (3, 2), "3": (2,)})
