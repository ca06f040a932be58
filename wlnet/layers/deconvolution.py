"""DeconvolutionLayer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from wlnet.core.shapes import Mismatch, Size, Sizes
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
    padding,
    relate_groups,
    relate_rank,
    relate_space,
    split_channels,
    windows,
)


class DeconvolutionLayer(Layer):
    """Transposed convolution: every number of every channel puts a window of weights down.

    In one direction, weights[c, o, k] * input[c, i] is added to output[o, x] for all c, i and k,
    where x is stride * (i - 1) + dilation * (k - 1) + 1 - padding_size; others go likewise. It is
    the gradient of a ConvolutionLayer with the same weights by its input.

    output_channels, kernel_size: numbers, or AUTOMATIC to be inferred (from given weights, say). A
    kernel_size of one number is for every direction, a tuple has one a direction; there may be 1
    to 3. stride, dilation: a number, or one a direction. padding_size: what is cut off around the
    output: a number, one or a (before, after) a direction, or "Same" (the output is as large as the
    input times the stride, where windows reach as far as they move). channel_groups: into how many
    groups, each for itself, both channels are divided. interleaving: whether the channels stand
    last.
    Arrays: weights (in, out / groups, *kernel), biases (out,) or None.
    Ports: input (in, *space), output (out, *places) with
    places = stride (space - 1) + dilation (kernel - 1) + 1 - padding.

    >>> layer = DeconvolutionLayer(1, (2,), weights=[[[1, 10]]], biases=[0], stride=2)
    >>> layer([[1, 2]]).tolist()
    [[1.0, 10.0, 2.0, 20.0]]

    Wolfram Language: DeconvolutionLayer. Zeiler et al. 2010, "Deconvolutional networks".
    """

    gives = "Reals"

    output_channels = parameter(AUTOMATIC, check=or_automatic(positive))
    kernel_size = parameter(AUTOMATIC, check=or_automatic(per_direction))
    stride = parameter(1, check=per_direction)
    padding_size = parameter(0, check=padding)
    dilation = parameter(1, check=per_direction)
    channel_groups = parameter(1, check=positive)
    interleaving = parameter(False, check=boolean)
    input = port("*input")
    weights = array("in", "group", "*kernel", start="weights")
    biases = array("out", start=0.0, optional=True)
    output = out("*output")

    def check(self) -> None:
        check_groups(self.kind, self.output_channels, self.channel_groups)

    def _windows(self, kernel: tuple[Size, ...]) -> list[Window]:
        return windows(kernel, self.stride, self.padding_size, self.dilation)

    def relate(self, sizes: Sizes) -> None:
        if self.output_channels is not AUTOMATIC:
            sizes.set("out", self.output_channels)
        for run, channels, space in (("*input", "in", "*space"), ("*output", "out", "*places")):
            split_channels(sizes, run, channels, space, self.interleaving)
        relate_groups(sizes, self.channel_groups, "out")
        options = self.stride, self.dilation, self.padding_size
        relate_rank(sizes, self.kernel_size, options, ("*space", "*places"))
        kernel = sizes.run("*kernel")
        if kernel is not None:
            relate_space(sizes, "*space", "*places", self._windows(kernel), _spread, _places)

    def lower(self, g: Builder, input: Value, weights: Value, biases: Value | None) -> Value:
        x = g.move_axis(input, -1, 1) if self.interleaving else input
        directions = self._windows(weights.shape[2:])
        space = [_spread(w, size) for w, size in zip(directions, x.shape[2:], strict=True)]
        channels = weights.shape[1] * self.channel_groups
        y = g.one(
            "convolve_input",
            x,
            weights,
            shape=(x.shape[0], channels, *space),
            # How far windows move and spread that are put down once, or are a single number, says
            # nothing.
            stride=tuple(
                w.stride if n > 1 else 1 for w, n in zip(directions, x.shape[2:], strict=True)
            ),
            padding=tuple(_cut(w) for w in directions),
            dilation=tuple(w.dilation if w.kernel != 1 else 1 for w in directions),
            groups=self.channel_groups,
        )
        if biases is not None:
            y = g.add(y, g.reshape(biases, (*biases.shape, *(1 for _ in directions))))
        return g.move_axis(y, 1, -1) if self.interleaving else y

    def reference(self, input: Reals, weights: Reals, biases: Reals | None) -> Reals:
        x: Any = np.moveaxis(input, -1, 1) if self.interleaving else input
        directions = self._windows(weights.shape[2:])
        whole = [
            w.stride * (n - 1) + w.extent for w, n in zip(directions, x.shape[2:], strict=True)
        ]
        per_group = x.shape[1] // self.channel_groups
        channels = weights.shape[1] * self.channel_groups
        y: Any = np.zeros((len(x), channels, *whole))
        for place in itertools.product(*map(range, x.shape[2:])):
            under = tuple(
                slice(i * w.stride, i * w.stride + w.extent, w.dilation)
                for i, w in zip(place, directions, strict=True)
            )
            for channel in range(x.shape[1]):
                first = channel // per_group * weights.shape[1]
                numbers = x[(slice(None), channel, *place)]
                put = np.multiply.outer(numbers, weights[channel])
                y[:, first : first + weights.shape[1], *under] += put
        for axis, (window, size) in enumerate(zip(directions, whole, strict=True), 2):
            before, after = _cut(window)
            y = np.take(y, np.arange(before, size - after), axis)
        if biases is not None:
            y = y + biases.reshape(-1, *(1 for _ in directions))
        return np.moveaxis(y, 1, -1) if self.interleaving else y

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(DeconvolutionLayer(3, 2), {"Input": (2, 3, 4)})
        yield Example(DeconvolutionLayer(1, 1), {"Input": (1, 1, 1)})
        yield Example(DeconvolutionLayer(2, (3,), stride=2), {"Input": (3, 4)})
        yield Example(DeconvolutionLayer(2, 2, biases=None), {"Input": (1, 2, 1, 3)})
        yield Example(DeconvolutionLayer(2, (2, 3), stride=(3, 2)), {"Input": (2, 3, 2)})
        yield Example(DeconvolutionLayer(2, 3, padding_size=1, stride=2), {"Input": (1, 3, 3)})
        yield Example(DeconvolutionLayer(1, 3, padding_size=((0, 1), (2, 0))), {"Input": (2, 3, 3)})
        yield Example(DeconvolutionLayer(2, 4, padding_size="Same", stride=2), {"Input": (1, 2, 3)})
        yield Example(DeconvolutionLayer(1, 2, stride=3), {"Input": (2, 2, 3)})
        yield Example(DeconvolutionLayer(2, 2, dilation=(2, 1)), {"Input": (1, 2, 3)})
        yield Example(DeconvolutionLayer(6, 2, channel_groups=2), {"Input": (4, 2, 3)})
        yield Example(DeconvolutionLayer(3, (2,), channel_groups=3), {"Input": (3, 3)})
        yield Example(DeconvolutionLayer(3, 2, interleaving=True), {"Input": (3, 2, 2)})


def _cut(window: Window) -> tuple[int, int]:
    """What is cut off before and after. An odd number of "Same" is after, as in a convolution."""
    if window.padding is not None:
        return window.padding
    total = max(window.extent - window.stride, 0)
    return total // 2, total - total // 2


def _spread(window: Window, size: int) -> int:
    """How far windows reach that are put down at so many places. Raises Mismatch where all of it is
    cut off."""
    found = window.stride * (size - 1) + window.extent - sum(_cut(window))
    if found < 1:
        raise Mismatch(
            f"padding {_cut(window)} cuts off all of {found + sum(_cut(window))} that {size} "
            f"windows of {window.kernel} reach"
        )
    return found


def _places(window: Window, size: int) -> int:
    """At how many places windows are put down that reach so far. Raises Mismatch if at none."""
    whole = size + sum(_cut(window)) - window.extent
    if whole < 0 or whole % window.stride:
        raise Mismatch(
            f"windows of {window.kernel} that move by {window.stride} do not reach {size} places"
        )
    return whole // window.stride + 1
