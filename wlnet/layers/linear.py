"""LinearLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, out, parameter, port, size_or_automatic
from wlnet.layers.declaring.layer import Example, Layer, Reals


class LinearLayer(Layer):
    """Affine map: output = weights . flattened input + biases, in the shape that was asked for.

    Formula: output[i] = sum(j, weights[i, j] * input[j]) + biases[i]

    output_size: a size, a tuple of sizes, () for a scalar, or AUTOMATIC to infer it.
    Arrays: weights (out, in), biases (out,) or None, where in and out are the products of the
    sizes.

    >>> LinearLayer(2, weights=[[1, 0], [0, 2]], biases=[1, 1])([3, 4]).tolist()
    [4.0, 9.0]

    Wolfram Language: LinearLayer.
    """

    gives = "Reals"

    output_size = parameter(AUTOMATIC, check=size_or_automatic)
    input = port("*input")
    weights = array("out", "in", start="weights")
    biases = array("out", start=0.0, optional=True)
    output = out("*output")

    def relate(self, sizes: Sizes) -> None:
        if self.output_size is not AUTOMATIC:
            sizes.set("*output", self.output_size)
        sizes.product("in", "*input")
        sizes.product("out", "*output")

    def settle(self, sizes: Sizes) -> None:
        # Weights alone tell only how many numbers go in: then they are a vector.
        for run, whole in (("*input", "in"), ("*output", "out")):
            if sizes.run(run) is None and sizes[whole] is not None:
                sizes.set(run, (sizes[whole],))

    def lower(self, g: Builder, input: Value, weights: Value, biases: Value | None) -> Value:
        y = g.matmul(g.flatten(input), g.transpose(weights))
        y = y if biases is None else g.add(y, biases)
        return g.reshape(y, (input.shape[0], *g.output))

    def reference(self, input: Reals, weights: Reals, biases: Reals | None) -> Reals:
        y = np.einsum("mn,bn->bm", weights, input.reshape(len(input), -1))
        y = y if biases is None else y + biases
        shaped: Reals = y.reshape(len(input), *self.output_size)
        return shaped

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(LinearLayer(3), {"Input": (4,)})
        yield Example(LinearLayer(1), {"Input": (1,)})
        yield Example(LinearLayer((2, 3)), {"Input": (4, 2)})
        yield Example(LinearLayer((), biases=None), {"Input": (5,)})
