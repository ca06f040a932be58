"""LocalResponseNormalizationLayer."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import boolean, out, parameter, port, positive, real
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.windows import split_channels


class LocalResponseNormalizationLayer(Layer):
    """Every number divided by how large those of its and the neighbouring channels are.

    A number is divided by (bias + alpha / (2 k + 1) * total) ** beta, where k is the
    channel_window_size, and total the sum of the squares at the same place in the channel itself
    and in k channels on either side, as far as there are any.

    channel_window_size: how many channels on each side. alpha, beta, bias: as in the formula; a
    bias above 0 keeps what is divided by from 0. interleaving: whether the channels stand last.
    Ports: input (channels, *space), output of the same shape.

    >>> layer = LocalResponseNormalizationLayer(1, alpha=3, beta=1)
    >>> layer([2, 4, 4]).round(2)
    array([0.1 , 0.11, 0.12], dtype=float32)

    Wolfram Language: LocalResponseNormalizationLayer, which has no interleaving. Krizhevsky et al.
    2012, "ImageNet classification with deep convolutional neural networks".
    """

    passes_gain = True
    gives = "Reals"

    channel_window_size = parameter(2, check=positive)
    alpha = parameter(1.0, check=real(0, 1e6))
    beta = parameter(0.5, check=real(0, 1e3))
    bias = parameter(1.0, check=real(0, 1e6, open_low=True))
    interleaving = parameter(False, check=boolean)
    input = port("*input")
    output = out("*input")

    def relate(self, sizes: Sizes) -> None:
        split_channels(sizes, "*input", "channels", "*space", self.interleaving)

    def lower(self, g: Builder, input: Value) -> Value:
        squares = g.map("Square", input)
        size = input.shape[-1 if self.interleaving else 1]
        rest = math.prod(input.shape[1:]) // size
        shape = (rest, size) if self.interleaving else (size, rest)
        # Beyond the last channel on either side there is nothing to add.
        width = min(self.channel_window_size, size - 1)
        window = (2 * width + 1, 1), ((width, width), (0, 0))
        kernel, pads = (each[::-1] for each in window) if self.interleaving else window
        images = g.reshape(squares, (input.shape[0], 1, *shape))
        sums = g.pool_sum(images, kernel=kernel, stride=(1, 1), padding=pads)
        factor = self.alpha / (2 * self.channel_window_size + 1)
        total = g.add(g.multiply(g.reshape(sums, input.shape), factor), self.bias)
        return g.divide(input, g.power(total, self.beta))

    def reference(self, input: Reals) -> Reals:
        x = np.moveaxis(input, -1, 1) if self.interleaving else input
        k = self.channel_window_size
        total = np.stack(
            [(x[:, max(c - k, 0) : c + k + 1] ** 2).sum(1) for c in range(x.shape[1])], 1
        )
        y: Reals = x / (self.bias + self.alpha / (2 * k + 1) * total) ** self.beta
        return np.moveaxis(y, 1, -1) if self.interleaving else y

    @staticmethod
    def examples() -> Iterator[Example]:
        make = LocalResponseNormalizationLayer
        yield Example(make(), {"Input": (6, 2, 3)})
        yield Example(make(1, alpha=0.3, beta=0.75, bias=2.0), {"Input": (4,)})
        yield Example(make(9), {"Input": (2, 3)})
        yield Example(make(), {"Input": (1, 2)})
        yield Example(make(1, beta=1.0, interleaving=True), {"Input": (2, 2, 4)})
        yield Example(make(alpha=0.0), {"Input": (3, 2)})
