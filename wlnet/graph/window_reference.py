"""What convolution, pooling and interpolation mean, in plain NumPy; `reference.py` has the other
primitives.

An element of the kernel meets one strided slice of the padded input: x is (batch, channels, *space)
and padding says how many before and after along each axis of space.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlnet.graph.graph import Shape

Array = NDArray[Any]
Padding = tuple[tuple[int, int], ...]
Window = tuple[Any, ...]


def _slices(places: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> Iterator[Window]:
    """For each element of the kernel in row-major order, what it meets in the padded input."""
    for element in itertools.product(*map(range, kernel)):
        starts = [i * step for i, step in zip(element, dilation, strict=True)]
        stops = [
            start + step * (count - 1) + 1
            for start, step, count in zip(starts, stride, places, strict=True)
        ]
        yield (Ellipsis, *map(slice, starts, stops, stride))


def _padded(x: Array, padding: Padding, value: float = 0.0) -> Array:
    return np.pad(x, [(0, 0), (0, 0), *padding], constant_values=value)


def _cropped(x: Array, padding: Padding) -> Array:
    """What `_padded` was given."""
    ends = [size - after for size, (_, after) in zip(x.shape[2:], padding, strict=True)]
    inside: Window = (Ellipsis, *map(slice, [before for before, _ in padding], ends))
    return x[inside]


def _grouped(x: Array, groups: int, axis: int) -> Array:
    """Channels split into (groups, channels of a group)."""
    return x.reshape(*x.shape[:axis], groups, -1, *x.shape[axis + 1 :])


def convolve(
    x: Array, w: Array, *, stride: Shape, padding: Padding, dilation: Shape, groups: int
) -> Array:
    """Cross-correlation: y[b, o, p] = sum over i, k of w[o, i, k] x[b, i, p stride + k dilation].

    Input and output channels fall into groups; an output sees the inputs of its own group.
    """
    padded = _padded(x, padding)
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    places = tuple(
        (n - r) // s + 1 for n, r, s in zip(padded.shape[2:], reach, stride, strict=True)
    )
    y = np.zeros((len(x), groups, len(w) // groups, *places))
    kernels = _grouped(w, groups, 0).reshape(groups, len(w) // groups, w.shape[1], -1)
    for k, window in enumerate(_slices(places, w.shape[2:], stride, dilation)):
        y += np.einsum("bgi...,goi->bgo...", _grouped(padded[window], groups, 1), kernels[..., k])
    return y.reshape(len(x), len(w), *places)


def convolve_input(
    d: Array,
    w: Array,
    *,
    shape: Shape,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    groups: int,
) -> Array:
    """What every output sends back to the inputs that it was made of."""
    padded = _padded(np.zeros(shape), padding)
    kernels = _grouped(w, groups, 0).reshape(groups, len(w) // groups, w.shape[1], -1)
    back = _grouped(d, groups, 1)
    for k, window in enumerate(_slices(d.shape[2:], w.shape[2:], stride, dilation)):
        sent = np.einsum("bgo...,goi->bgi...", back, kernels[..., k])
        padded[window] += sent.reshape(*shape[:2], *d.shape[2:])
    return _cropped(padded, padding)


def _flat(x: Array) -> Array:
    """(batch, groups, channels, *space) with the space as one axis."""
    return x.reshape(*x.shape[:3], -1)


def convolve_weights(
    x: Array,
    d: Array,
    *,
    shape: Shape,
    stride: Shape,
    padding: Padding,
    dilation: Shape,
    groups: int,
) -> Array:
    """Each weight's gradient: the sum over all outputs times what the weight met there."""
    padded, back = _padded(x, padding), _grouped(d, groups, 1)
    d_w = np.zeros((groups, shape[0] // groups, shape[1], np.prod(shape[2:], dtype=int)))
    for k, window in enumerate(_slices(d.shape[2:], shape[2:], stride, dilation)):
        met = _grouped(padded[window], groups, 1)
        d_w[..., k] = np.einsum("bgop,bgip->goi", _flat(back), _flat(met))
    return d_w.reshape(shape)


def _stack(x: Array, places: Shape, kernel: Shape, stride: Shape) -> Array:
    ones = (1,) * len(kernel)
    return np.stack([x[window] for window in _slices(places, kernel, stride, ones)])


def _places(x: Array, kernel: Shape, stride: Shape, padding: Padding) -> Shape:
    return tuple(
        (size + sum(pads) - k) // s + 1
        for size, pads, k, s in zip(x.shape[2:], padding, kernel, stride, strict=True)
    )


def pool_max(x: Array, *, kernel: Shape, stride: Shape, padding: Padding) -> tuple[Array, Array]:
    """The largest of each window, and where in the window it is: row-major, the first of equals.

    Padding never is the largest. A NaN is larger than anything.
    """
    places = _places(x, kernel, stride, padding)
    windows = _stack(_padded(x, padding, -np.inf), places, kernel, stride)
    real = _stack(_padded(np.ones_like(x), padding, 0.0), places, kernel, stride) > 0
    largest = windows.max(0)
    return largest, np.argmax(real & ((windows == largest) | np.isnan(windows)), 0)


def pool_max_input(
    d: Array, where: Array, *, shape: Shape, kernel: Shape, stride: Shape, padding: Padding
) -> Array:
    """Each window's gradient goes to the place that was largest."""
    padded = _padded(np.zeros(shape), padding)
    ones = (1,) * len(kernel)
    for k, window in enumerate(_slices(d.shape[2:], kernel, stride, ones)):
        padded[window] += np.where(where == k, d, 0.0)
    return _cropped(padded, padding)


def pool_sum(x: Array, *, kernel: Shape, stride: Shape, padding: Padding) -> Array:
    """The sum of each window; padding counts as zeros."""
    places = _places(x, kernel, stride, padding)
    return np.asarray(_stack(_padded(x, padding), places, kernel, stride).sum(0))


def pool_sum_input(
    d: Array, *, shape: Shape, kernel: Shape, stride: Shape, padding: Padding
) -> Array:
    """Each window's gradient goes to every element of the window."""
    padded = _padded(np.zeros(shape), padding)
    for window in _slices(d.shape[2:], kernel, stride, (1,) * len(kernel)):
        padded[window] += d
    return _cropped(padded, padding)


def _tents(spots: Array, size: int) -> tuple[Array, Array]:
    """How much of each of so many entries goes into each spot, and its slope, to the right where
    both sides differ: (batch, count, size)."""
    ahead = spots[..., np.newaxis] - np.arange(size)
    slope = np.where(
        (ahead >= -1) & (ahead < 0), 1.0, np.where((ahead >= 0) & (ahead < 1), -1.0, 0)
    )
    return np.maximum(1 - np.abs(ahead), 0), np.where(np.isnan(ahead), np.nan, slope)


def interpolate(x: Array, spots: Array) -> Array:
    """y[b, c, p] = the sum of x[b, c, i, j] by how near row i and column j are to the spot p."""
    (across, _), (down, _) = (_tents(spots[:, i], x.shape[3 - i]) for i in range(2))
    return np.asarray(np.einsum("bcij,bpi,bpj->bcp", x, down, across))


def interpolate_input(d: Array, spots: Array, *, height: int, width: int) -> Array:
    """Each number goes to the entries that it was made of."""
    (across, _), (down, _) = _tents(spots[:, 0], width), _tents(spots[:, 1], height)
    return np.asarray(np.einsum("bcp,bpi,bpj->bcij", d, down, across))


def interpolate_spots(d: Array, x: Array, spots: Array) -> Array:
    """By the column, then by the row of each spot."""
    (across, to_right), (down, below) = (_tents(spots[:, i], x.shape[3 - i]) for i in range(2))
    by = [np.einsum("bcp,bcij,bpi,bpj->bp", d, x, *way) for way in [(down, to_right),
                                                                    (below, across)]]  # fmt: skip
    return np.stack(by, 1)
