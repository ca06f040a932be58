"""BatchNormalizationLayer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import array, boolean, out, parameter, port, real
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.windows import split_channels

MEAN, VARIANCE = "MovingMean", "MovingVariance"


class BatchNormalizationLayer(Layer):
    """Every channel brought to mean 0 and variance 1, then scaled and shifted by what was learned.

    Formula: output[c] = scaling[c] * (input[c] - moving_mean[c])
    / sqrt(moving_variance[c] + epsilon) + biases[c]

    In training the mean and the (biased) variance are those of the batch, over all examples and
    places, and the moving ones follow: moving = momentum * moving + (1 - momentum) * of the batch.
    Otherwise, and where the moving ones are frozen (by a multiplier of 0, or a momentum of 1), the
    moving ones are used.
    Ports: input (channels, *space), output of the same shape; with interleaving, the channels
    stand last. Arrays, all (channels,): scaling and biases, learned, may be None; moving_mean,
    moving_variance.

    >>> layer = BatchNormalizationLayer(
    ...     epsilon=0, scaling=[2], biases=[1], moving_mean=[3], moving_variance=[4])
    >>> layer([5]).tolist()
    [3.0]

    Wolfram Language: BatchNormalizationLayer. Ioffe and Szegedy 2015.
    """

    passes_gain = True
    gives = "Reals"

    momentum = parameter(0.9, check=real(0, 1))
    epsilon = parameter(0.001, check=real(0, 1e6))
    interleaving = parameter(False, check=boolean)
    input = port("*input")
    scaling = array("channels", start=1.0, optional=True)
    biases = array("channels", start=0.0, optional=True)
    moving_mean = array("channels", start=0.0, statistic=True)
    moving_variance = array("channels", start=1.0, statistic=True)
    output = out("*input")

    def relate(self, sizes: Sizes) -> None:
        split_channels(sizes, "*input", "channels", "*space", self.interleaving)

    def lower(self, g: Builder, input: Value, scaling: Value | None, biases: Value | None,
              moving_mean: Value, moving_variance: Value) -> Value:  # fmt: skip
        channel = input.rank - 1 if self.interleaving else 1
        others = [axis for axis in range(input.rank) if axis != channel]
        along = tuple(size if axis == channel else 1 for axis, size in enumerate(input.shape))

        def spread(x: Value) -> Value:
            return g.reshape(x, along)

        mean, variance = spread(moving_mean), spread(moving_variance)
        if self._moves(g, MEAN):
            mean = g.mean_of_batch(input, others)
            self._move(g, MEAN, moving_mean, mean)
        if self._moves(g, VARIANCE):
            of_batch = mean if self._moves(g, MEAN) else g.mean_of_batch(input, others)
            variance = g.mean_of_batch(g.map("Square", g.subtract(input, of_batch)), others)
            self._move(g, VARIANCE, moving_variance, variance)
        deviation = g.map("Sqrt", g.add(variance, self.epsilon))
        # One factor a channel, not one division an element.
        factor = g.divide(1.0 if scaling is None else spread(scaling), deviation)
        y = g.multiply(g.subtract(input, mean), factor)
        return y if biases is None else g.add(y, spread(biases))

    def _moves(self, g: Builder, name: str) -> bool:
        return g.training and self.momentum < 1 and name not in g.frozen_statistics

    def _move(self, g: Builder, name: str, old: Value, of_batch: Value) -> None:
        kept = g.multiply(g.statistic(name, old), self.momentum)
        new = g.multiply(g.reshape(of_batch, old.shape), 1 - self.momentum)
        g.update_statistic(name, g.add(kept, new))

    def reference(
        self,
        input: Reals,
        scaling: Reals | None,
        biases: Reals | None,
        moving_mean: Reals,
        moving_variance: Reals,
    ) -> Reals:
        x = input if self.interleaving else np.moveaxis(input, 1, -1)
        y = (x - moving_mean) / np.sqrt(moving_variance + self.epsilon)
        y = y * (1 if scaling is None else scaling) + (0 if biases is None else biases)
        return y if self.interleaving else np.moveaxis(y, -1, 1)

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(BatchNormalizationLayer(), {"Input": (3,)})
        yield Example(BatchNormalizationLayer(), {"Input": (1,)})
        yield Example(BatchNormalizationLayer(), {"Input": (2, 3, 2)})
        yield Example(
            BatchNormalizationLayer(0.5, 0.01, scaling=None, biases=None), {"Input": (2, 3)}
        )
        yield Example(BatchNormalizationLayer(interleaving=True), {"Input": (2, 2, 3)})
        yield Example(BatchNormalizationLayer(1.0), {"Input": (2, 2)})
