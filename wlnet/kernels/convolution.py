"""Convolution as matrix products over columns: what each weight meets, place by place.

Inside, the examples of a batch lie side by side: the last axis is the batch, so that every copy is
of long runs. A batch whose columns would be too large is done in parts.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wlnet.kernels.kernel import kernel

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Shape = tuple[int, ...]
Window = tuple[Any, ...]

LIMIT: Final = 2**22
"""How many numbers the columns of one part may hold, if it has more than one example."""


@dataclass(frozen=True)
class Layout:
    """How one convolution lies in the scratch, without the batch.

    padded: (in, *padded space). columns: (in, *kernel, *places). result: (out, *places).
    within: where the padded input is not padding. windows: for each element of the kernel, its
    columns and what it meets in the padded input. part: examples at once.
    """

    padded: Shape
    columns: Shape
    result: Shape
    within: Window
    windows: tuple[tuple[Window, Window], ...]
    groups: int
    part: int
    # A kernel of one element: the columns are the input.
    direct: bool

    @property
    def size(self) -> int:
        """How many numbers of scratch it takes."""
        columns = 0 if self.direct else math.prod(self.columns)
        return self.part * (math.prod(self.padded) + columns + math.prod(self.result))

    def parts(self, batch: int) -> Iterator[slice]:
        """Which examples are done at once."""
        for start in range(0, batch, self.part):
            yield slice(start, min(batch, start + self.part))

    def views(self, scratch: Array, examples: int) -> tuple[Array, Array, Array]:
        """The padded input, the columns, and the result, with the batch last."""
        padded, rest = _take(scratch, (*self.padded, examples))
        if self.direct:
            columns = padded.reshape(*self.columns, examples)
        else:
            columns, rest = _take(rest, (*self.columns, examples))
        result, _ = _take(rest, (*self.result, examples))
        return padded, columns, result

    def gather(self, padded: Array, columns: Array, x: Array) -> None:
        """x (examples, in, *space) into columns."""
        if padded.size > x.size:
            padded.fill(0)
        np.copyto(padded[self.within], _batch_last(x))
        if not self.direct:
            for at, window in self.windows:
                np.copyto(columns[at], padded[window])

    def matrix(self, x: Array, rows: int) -> Array:
        """x with the first axis in groups of rows in all: (groups, rows a group, rest)."""
        return x.reshape(self.groups, rows // self.groups, -1)


@functools.lru_cache(maxsize=1024)
def layout(
    batch: int,
    x: Shape,
    w: Shape,
    stride: Shape,
    padding: tuple[tuple[int, int], ...],
    dilation: Shape,
    groups: int,
) -> Layout:
    """x: (in, *space). w: (out, in / groups, *kernel)."""
    space = tuple(size + sum(pads) for size, pads in zip(x[1:], padding, strict=True))
    kernel_size = w[2:]
    places = tuple(
        (n - (step * (k - 1) + 1)) // s + 1
        for n, k, s, step in zip(space, kernel_size, stride, dilation, strict=True)
    )
    windows = []
    for element in itertools.product(*map(range, kernel_size)):
        starts = [i * step for i, step in zip(element, dilation, strict=True)]
        stops = [
            start + s * (n - 1) + 1 for start, s, n in zip(starts, stride, places, strict=True)
        ]
        windows.append(((slice(None), *element), (slice(None), *map(slice, starts, stops, stride))))
    befores = [before for before, _ in padding]
    ends = [before + size for before, size in zip(befores, x[1:], strict=True)]
    columns = (x[0], *kernel_size, *places)
    return Layout(
        padded=(x[0], *space),
        columns=columns,
        result=(w[0], *places),
        within=(slice(None), *map(slice, befores, ends)),
        windows=tuple(windows),
        groups=groups,
        part=max(1, min(batch, LIMIT // math.prod(columns))),
        direct=math.prod(kernel_size) == 1 and places == space,
    )


def convolve(outputs: Arrays, inputs: Arrays, scratch: Array, **window: Any) -> None:
    """Cross-correlation of x (batch, in, *space) with w (out, in / groups, *kernel)."""
    (y,), (x, w) = outputs, inputs
    lay = _layout(x.shape, w.shape, **window)
    weights = lay.matrix(w, len(w))
    for part in lay.parts(len(x)):
        padded, columns, result = lay.views(scratch, part.stop - part.start)
        lay.gather(padded, columns, x[part])
        meets = columns.reshape(lay.groups, weights.shape[2], -1)
        np.matmul(weights, meets, out=lay.matrix(result, len(w)))
        np.copyto(y[part], _batch_first(result))


def convolve_input(
    outputs: Arrays, inputs: Arrays, scratch: Array, *, shape: Shape, **window: Any
) -> None:
    """The derivative by the input: what every output sends back."""
    (d_x,), (d, w) = outputs, inputs
    lay = _layout(shape, w.shape, **window)
    weights = lay.matrix(w, len(w)).transpose(0, 2, 1)
    for part in lay.parts(len(d)):
        padded, columns, result = lay.views(scratch, part.stop - part.start)
        np.copyto(result, _batch_last(d[part]))
        meets = columns.reshape(lay.groups, weights.shape[1], -1)
        np.matmul(weights, lay.matrix(result, len(w)), out=meets)
        if not lay.direct:
            _scatter(padded, columns, **window)
        np.copyto(d_x[part], _batch_first(padded[lay.within]))


def convolve_weights(
    outputs: Arrays, inputs: Arrays, scratch: Array, *, shape: Shape, **window: Any
) -> None:
    """The derivative by the weights: every output times what the weight met there."""
    (d_w,), (x, d) = outputs, inputs
    lay = _layout(x.shape, shape, **window)
    total = lay.matrix(d_w, len(d_w))
    for part in lay.parts(len(x)):
        padded, columns, result = lay.views(scratch, part.stop - part.start)
        np.copyto(result, _batch_last(d[part]))
        lay.gather(padded, columns, x[part])
        met = columns.reshape(lay.groups, total.shape[2], -1).transpose(0, 2, 1)
        if part.start == 0:
            np.matmul(lay.matrix(result, len(d_w)), met, out=total)
        else:
            share = scratch[lay.size : lay.size + d_w.size].reshape(total.shape)
            np.matmul(lay.matrix(result, len(d_w)), met, out=share)
            np.add(total, share, out=total)


def _layout(
    x: Shape, w: Shape, *, stride: Shape, padding: Any, dilation: Shape, groups: int
) -> Layout:
    pads = tuple((before, after) for before, after in padding)
    return layout(x[0], x[1:], w, tuple(stride), pads, tuple(dilation), groups)


def _take(scratch: Array, shape: Shape) -> tuple[Array, Array]:
    size = math.prod(shape)
    return scratch[:size].reshape(shape), scratch[size:]


def _batch_last(x: Array) -> Array:
    return x.transpose(*range(1, x.ndim), 0)


def _batch_first(x: Array) -> Array:
    return x.transpose(-1, *range(x.ndim - 1))


def _scatter(
    padded: Array, columns: Array, *, stride: Shape, padding: Any, dilation: Shape, groups: int
) -> None:
    """Columns back to where they came from."""
    ones = (1,) * (3 - len(stride))
    channels, batch = padded.shape[0], padded.shape[-1]
    rank = len(stride)
    kernel_size, places = columns.shape[1 : 1 + rank], columns.shape[1 + rank : -1]
    add_windows(
        padded.reshape(channels, *ones, *padded.shape[1:-2], -1),
        columns.reshape(channels, *ones, *kernel_size, *ones, *places[:-1], -1),
        batch,
        (*ones, *stride),
        (*ones, *dilation),
    )


@kernel
def add_windows(padded: Array, columns: Array, batch: int, stride: Any, dilation: Any) -> None:
    """padded (in, depth, height, width x batch), columns (in, 3 of kernel, 2 of places, run)."""
    channels, kernel_0, kernel_1, kernel_2, places_0, places_1, run = columns.shape
    # Neighbours in the columns are neighbours in the input, unless the stride skips some.
    length = run if stride[2] == 1 else batch
    for channel in range(channels):
        padded[channel] = 0
        for a in range(kernel_0):
            for b in range(kernel_1):
                for c in range(kernel_2):
                    for p in range(places_0):
                        for q in range(places_1):
                            i = p * stride[0] + a * dilation[0]
                            j = q * stride[1] + b * dilation[1]
                            sent = columns[channel, a, b, c, p, q]
                            start = c * dilation[2] * batch
                            for first in range(0, run, length):
                                # Slices from 0 on: only such loops become vector code.
                                to = padded[channel, i, j, start : start + length]
                                piece = sent[first : first + length]
                                for t in range(length):
                                    to[t] += piece[t]
                                start += stride[2] * batch


def convolution_scratch(
    inputs: Sequence[Shape], outputs: Sequence[Shape], attributes: dict[str, Any]
) -> int:
    """The padded input, the columns and the result of one part of the batch."""
    return _layout(inputs[0], inputs[1], **attributes).size


def convolution_input_scratch(
    inputs: Sequence[Shape], outputs: Sequence[Shape], attributes: dict[str, Any]
) -> int:
    """The same."""
    return _layout(outputs[0], inputs[1], **_window(attributes)).size


def convolution_weights_scratch(
    inputs: Sequence[Shape], outputs: Sequence[Shape], attributes: dict[str, Any]
) -> int:
    """The same, and the gradient of one part when there are several."""
    lay = _layout(inputs[0], outputs[0], **_window(attributes))
    return lay.size + (math.prod(outputs[0]) if lay.part < inputs[0][0] else 0)


def _window(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name != "shape"}
