"""ConvolutionLayer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from wlnet.core.shapes import Size, Sizes
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import (
    array,
    boolean,
    or_automatic,
    out,
    parameter,
    per_direction,
    port,
    positive,
)
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.windows import (
    Window,
    check_groups,
    check_rank,
    moved,
    padding,
    relate_groups,
    relate_rank,
    relate_space,
    split_channels,
    windows,
)


class ConvolutionLayer(Layer):
    """Cross-correlation: a window of weights moves over the space of every channel.

    Formula: output[o, x] = biases[o] + sum(c, k, weights[o, c, k]
    * input[c, stride * (x - 1) + dilation * (k - 1) + 1 - padding_size])

    This is for one direction; others go likewise.

    output_channels, kernel_size: numbers, or AUTOMATIC to be inferred (from given weights, say). A
    kernel_size of one number is for every direction, a tuple has one a direction; there may be 1
    to 3. stride, dilation: a number, or one a direction. padding_size: zeros around the space: a
    number, one or a (before, after) a direction, or "Same" (the output is as large as the input,
    divided by the stride). channel_groups: into how many groups, convolved each for itself, both
    channels are divided. interleaving: whether the channels stand last. dimensionality: how many
    directions there are, where nothing else says so.
    Arrays: weights (out, in / groups, *kernel), biases (out,) or None.
    Ports: input (in, *space), output (out, *places) with
    places = floor((size + padding - (dilation (kernel - 1) + 1)) / stride) + 1.

    >>> ConvolutionLayer(1, (2,), weights=[[[1, 1]]], biases=[0])([[1, 2, 4]]).tolist()
    [[3.0, 6.0]]

    Wolfram Language: ConvolutionLayer.
    """

    gives = "Reals"

    output_channels = parameter(AUTOMATIC, check=or_automatic(positive))
    kernel_size = parameter(AUTOMATIC, check=or_automatic(per_direction))
    stride = parameter(1, check=per_direction)
    padding_size = parameter(0, check=padding)
    dilation = parameter(1, check=per_direction)
    channel_groups = parameter(1, check=positive)
    interleaving = parameter(False, check=boolean)
    dimensionality = parameter(AUTOMATIC, check=or_automatic(positive), later=True)
    input = port("*input")
    weights = array("out", "group", "*kernel", start="weights")
    biases = array("out", start=0.0, optional=True)
    output = out("*output")

    def check(self) -> None:
        check_groups(self.kind, self.output_channels, self.channel_groups)
        check_rank(self.kind, self.dimensionality, self._options())

    def _options(self) -> dict[str, object]:
        """What may have an entry a direction."""
        return {
            "KernelSize": self.kernel_size,
            "Stride": self.stride,
            "Dilation": self.dilation,
            "PaddingSize": self.padding_size,
        }

    def _windows(self, kernel: tuple[Size, ...]) -> list[Window]:
        return windows(kernel, self.stride, self.padding_size, self.dilation)

    def relate(self, sizes: Sizes) -> None:
        if self.output_channels is not AUTOMATIC:
            sizes.set("out", self.output_channels)
        for run, channels, space in (("*input", "in", "*space"), ("*output", "out", "*places")):
            split_channels(sizes, run, channels, space, self.interleaving)
        relate_groups(sizes, self.channel_groups, "in")
        if self.dimensionality is not AUTOMATIC:
            sizes.set("*kernel", (None,) * self.dimensionality)
        relate_rank(sizes, self.kernel_size, self._options().values(), ("*space", "*places"))
        kernel = sizes.run("*kernel")
        if kernel is not None:
            relate_space(sizes, "*space", "*places", self._windows(kernel))

    def lower(self, g: Builder, input: Value, weights: Value, biases: Value | None) -> Value:
        x = g.move_axis(input, -1, 1) if self.interleaving else input
        directions = self._windows(weights.shape[2:])
        move = moved(directions, x.shape[2:])
        # A window of one element can be spread as far as one likes.
        most = [size + sum(pad) for size, pad in zip(x.shape[2:], move["padding"], strict=True)]
        dilation = tuple(min(w.dilation, size) for w, size in zip(directions, most, strict=True))
        y = g.convolve(x, weights, **move, dilation=dilation, groups=self.channel_groups)
        if biases is not None:
            y = g.add(y, g.reshape(biases, (*biases.shape, *(1 for _ in directions))))
        return g.move_axis(y, 1, -1) if self.interleaving else y

    def reference(self, input: Reals, weights: Reals, biases: Reals | None) -> Reals:
        x = np.moveaxis(input, -1, 1) if self.interleaving else input
        directions = self._windows(weights.shape[2:])
        pads = [window.pads(size) for window, size in zip(directions, x.shape[2:], strict=True)]
        places = [window.places(size) for window, size in zip(directions, x.shape[2:], strict=True)]
        x = np.pad(x, [(0, 0), (0, 0), *pads])
        y: Any = np.zeros((len(x), len(weights), *places))
        per_group, group_out = weights.shape[1], len(weights) // self.channel_groups
        for channel in range(len(weights)):
            first = channel // group_out * per_group
            seen = x[:, first : first + per_group]
            for place in itertools.product(*map(range, places)):
                under = tuple(
                    slice(i * w.stride, i * w.stride + w.extent, w.dilation)
                    for i, w in zip(place, directions, strict=True)
                )
                products = seen[:, :, *under] * weights[channel]
                total = products.reshape(len(x), -1).sum(1)
                y[:, channel, *place] = total
            y[:, channel] += 0 if biases is None else biases[channel]
        return np.moveaxis(y, 1, -1) if self.interleaving else y

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(ConvolutionLayer(3, 2), {"Input": (2, 4, 5)})
        yield Example(ConvolutionLayer(1, 1), {"Input": (1, 1, 1)})
        yield Example(ConvolutionLayer(2, (3,)), {"Input": (3, 5)})
        yield Example(ConvolutionLayer(2, 2, biases=None), {"Input": (1, 3, 2, 3)})
        yield Example(ConvolutionLayer(2, (2, 3), stride=(3, 2)), {"Input": (2, 7, 6)})
        yield Example(ConvolutionLayer(2, 1, stride=2), {"Input": (1, 4, 5)})
        yield Example(ConvolutionLayer(2, 3, padding_size=2), {"Input": (1, 3, 3)})
        yield Example(ConvolutionLayer(1, 2, padding_size=((0, 1), (2, 0))), {"Input": (2, 3, 3)})
        yield Example(ConvolutionLayer(2, (3, 2), padding_size="Same"), {"Input": (1, 4, 3)})
        yield Example(ConvolutionLayer(1, (4,), stride=3, padding_size="Same"), {"Input": (1, 5)})
        yield Example(ConvolutionLayer(2, 2, dilation=(2, 1)), {"Input": (1, 4, 3)})
        yield Example(ConvolutionLayer(4, 2, channel_groups=2), {"Input": (6, 3, 3)})
        yield Example(ConvolutionLayer(3, (2,), channel_groups=3), {"Input": (3, 4)})
        yield Example(ConvolutionLayer(3, 2, interleaving=True), {"Input": (4, 3, 2)})
        yield Example(ConvolutionLayer(2, 2, padding_size=(1, 0)), {"Input": (1, 3, 2)})
