"""DropoutLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from wlnet.graph.builder import Builder
from wlnet.graph.functions import SELU_ALPHA, SELU_SCALE
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import one_of, out, parameter, port, real
from wlnet.layers.declaring.layer import Example, Layer, Reals


class DropoutLayer(Layer):
    """In training, elements are dropped at random; otherwise nothing happens.

    probability: of an element to be dropped, from 0 to below 1. method: "Dropout" sets dropped
    elements to 0 and divides the others by 1 - probability, which keeps the mean; "AlphaDropout"
    sets them to what a SELU tends to and rescales, which keeps the mean 0 and the variance 1 that
    SELU nets have.
    Ports: input, output of the same shape.

    >>> DropoutLayer(0.5)([1, 2]).tolist()
    [1.0, 2.0]

    Wolfram Language: DropoutLayer. Srivastava et al. 2014; Klambauer et al. 2017.
    """

    passes_gain = True
    is_view = True

    probability = parameter(0.5, check=real(0, 1, open_high=True))
    method = parameter("Dropout", check=one_of("Dropout", "AlphaDropout"))
    input = port("*shape")
    output = out("*shape")

    def lower(self, g: Builder, input: Value) -> Value:
        keep = 1 - self.probability
        if not g.training or keep == 1:
            return input
        mask = g.random_mask(input.shape, keep)
        if self.method == "Dropout":
            return g.multiply(input, g.multiply(mask, 1 / keep))
        low = -SELU_SCALE * SELU_ALPHA
        scale = 1 / math.sqrt(keep + low * low * keep * (1 - keep))
        dropped = g.multiply(g.subtract(1.0, mask), low)
        kept = g.add(g.multiply(input, mask), dropped)
        return g.add(g.multiply(kept, scale), -scale * (1 - keep) * low)

    def reference(self, input: Reals) -> Reals:
        return input.copy()

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(DropoutLayer(), {"Input": (5,)})
        yield Example(DropoutLayer(0.0), {"Input": (1,)})
        yield Example(DropoutLayer(0.3), {"Input": (2, 3)})
        yield Example(DropoutLayer(0.2, "AlphaDropout"), {"Input": (4,)})
