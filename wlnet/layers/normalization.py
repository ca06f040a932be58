"""NormalizationLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Mismatch, Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, out, parameter, port, real
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.levels import Levels, along, levels, positions, relate_levels


def scaling_levels(value: object) -> Levels:
    """Levels, "Same" as the aggregation, or its "Complement"."""
    if value in ("Same", "Complement") if isinstance(value, str) else False:
        return str(value)
    try:
        return levels(value)
    except ValueError as error:
        raise ValueError(f"'Same', 'Complement', {error}") from None


class NormalizationLayer(Layer):
    """Every example brought to mean 0 and variance 1 over some levels, then scaled and shifted.

    Formula: output[c, i] = scaling[c] * (input[c, i] - mu[c]) / sqrt(sigma[c] ** 2 + epsilon)
    + biases[c];
    mu[c] = mean(i, input[c, i]);
    sigma[c] = sqrt(mean(i, (input[c, i] - mu[c]) ** 2))

    aggregation_levels: over which mean and (biased) variance are taken: a level, several, a Span,
    or ALL; from the second on unless said otherwise. scaling_levels: which levels have learned
    numbers of their own: levels, "Same" as the aggregation (layer normalization: ALL, "Same"), or
    its "Complement" (instance normalization). epsilon: added to the variance.
    Arrays: scaling and biases, with the sizes of the scaling levels; may be None.
    Ports: input, output of the same shape.

    >>> NormalizationLayer(1, scaling=None, biases=None, epsilon=0)([1, 3]).tolist()
    [-1.0, 1.0]

    Wolfram Language: NormalizationLayer. Ba et al. 2016.
    """

    passes_gain = True
    gives = "Reals"

    aggregation_levels = parameter("2;;-1", check=levels)
    scaling_levels = parameter("Complement", check=scaling_levels)
    epsilon = parameter(0.001, check=real(0, 1e6))
    input = port("*input")
    scaling = array("*scaling", start=1.0, optional=True)
    biases = array("*scaling", start=0.0, optional=True)
    output = out("*input")

    def _scaled(self, rank: int) -> tuple[int, ...]:
        aggregated = positions(self.aggregation_levels, rank)
        if self.scaling_levels == "Same":
            return aggregated
        if self.scaling_levels == "Complement":
            return tuple(i for i in range(rank) if i not in aggregated)
        return positions(self.scaling_levels, rank)

    def relate(self, sizes: Sizes) -> None:
        shape = sizes.run("*input")
        if shape is None:
            return
        if not positions(self.aggregation_levels, len(shape)):
            raise Mismatch("no levels to take a mean over")
        relate_levels(sizes, "*input", "*scaling", tuple(i + 1 for i in self._scaled(len(shape))))

    def lower(self, g: Builder, input: Value, scaling: Value | None, biases: Value | None) -> Value:
        rank = input.rank - 1
        axes = [i + 1 for i in positions(self.aggregation_levels, rank)]

        def spread(x: Value) -> Value:
            return g.reshape(x, along(x.shape, self._scaled(rank), rank))

        centred = g.subtract(input, g.mean(input, axes))
        variance = g.mean(g.map("Square", centred), axes)
        y = g.multiply(centred, g.divide(1.0, g.map("Sqrt", g.add(variance, self.epsilon))))
        y = y if scaling is None else g.multiply(y, spread(scaling))
        return y if biases is None else g.add(y, spread(biases))

    def reference(self, input: Reals, scaling: Reals | None, biases: Reals | None) -> Reals:
        axes = tuple(i + 1 for i in positions(self.aggregation_levels, input.ndim - 1))
        y: Reals = input - input.mean(axes, keepdims=True)
        y = y / np.sqrt(input.var(axes, keepdims=True) + self.epsilon)
        rest = tuple(i for i in range(1, input.ndim) if i - 1 not in self._scaled(input.ndim - 1))
        y = y if scaling is None else y * np.expand_dims(scaling, (0, *rest))
        return y if biases is None else y + np.expand_dims(biases, (0, *rest))

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(NormalizationLayer(), {"Input": (2, 3, 2)})
        yield Example(NormalizationLayer(), {"Input": (1, 2)})
        yield Example(NormalizationLayer(1), {"Input": (3,)})
        yield Example(NormalizationLayer("1;;-1", "Same"), {"Input": (2, 3)})
        yield Example(NormalizationLayer(-1, "Same", scaling=None), {"Input": (2, 4)})
        yield Example(NormalizationLayer((1, 3), 2, 0.1, biases=None), {"Input": (2, 3, 2)})
        yield Example(NormalizationLayer(2, scaling=None, biases=None), {"Input": (2, 3)})
