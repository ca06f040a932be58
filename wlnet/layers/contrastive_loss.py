"""ContrastiveLossLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, parameter, port, real
from wlnet.layers.declaring.layer import Example, Layer, Reals


class ContrastiveLossLayer(Layer):
    """How far apart what belongs together is, and how near what does not: one number an example.

    Formula: loss = target * max(margin - input, 0) + (1 - target) * input

    margin: how far apart what differs has to be, to cost nothing.
    Ports: input, a distance, a scalar; target, a scalar: True, or 1, where the two differ, else
    False, or 0; loss, a scalar.

    >>> loss = ContrastiveLossLayer(0.5)
    >>> [float(loss({"Input": 0.2, "Target": is_other})) for is_other in (False, True)]
    [0.20000000298023224, 0.30000001192092896]

    Wolfram Language: ContrastiveLossLayer. Hadsell et al. 2006, there with squares.
    """

    is_loss = True

    margin = parameter(0.5, check=real(0, 1e6))
    input = port()
    target = port()
    loss = out()

    def lower(self, g: Builder, input: Value, target: Value) -> Value:
        apart = g.map("Ramp", g.subtract(self.margin, input))
        together = g.multiply(g.subtract(1.0, target), input)
        return g.add(g.multiply(target, apart), together)

    def reference(self, input: Reals, target: Reals) -> Reals:
        loss: Reals = target * np.maximum(self.margin - input, 0) + (1 - target) * input
        return loss

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ContrastiveLossLayer(), {"Input": (), "Target": ()})
        yield Example(ContrastiveLossLayer(0.0), {"Input": (), "Target": ()})
        yield Example(ContrastiveLossLayer(3.0), {"Input": (), "Target": ()})
