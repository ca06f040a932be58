"""Rows of primitives that move windows over images."""

from __future__ import annotations

from math import prod

import numpy as np

from wlnet.onnx.exporting.sizes import Extent
from wlnet.onnx.exporting.table import translation
from wlnet.onnx.exporting.writer import Tensor, Writer

Pads = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]


@translation
def convolve(
    w: Writer, x: Tensor, weights: Tensor, *, stride: Sizes, padding: Pads, dilation: Sizes,
    groups: int,
) -> str:  # fmt: skip
    """Cross-correlation."""
    return w.node(
        "Conv", x, weights, strides=list(stride), pads=_pads(padding), dilations=list(dilation),
        group=groups,
    )  # fmt: skip


@translation
def convolve_input(
    w: Writer, x: Tensor, weights: Tensor, *, shape: tuple[Extent, ...], stride: Sizes,
    padding: Pads, dilation: Sizes, groups: int,
) -> str:  # fmt: skip
    """A transposed convolution; beyond what windows reach there is nothing."""
    rows = zip(x.shape[2:], weights.shape[2:], shape[2:], stride, padding, dilation, strict=True)
    more = [
        size - (step * (n - 1) + apart * (k - 1) + 1 - sum(pad))
        # An open size is that of a layer, which goes on no further.
        if isinstance(n, int) and isinstance(k, int) and isinstance(size, int)
        else 0
        for n, k, size, step, pad, apart in rows
    ]
    return w.node(
        "ConvTranspose", x, weights, strides=list(stride), pads=_pads(padding),
        dilations=list(dilation), group=groups, output_padding=more,
    )  # fmt: skip


@translation
def pool_max(
    w: Writer, x: Tensor, *, kernel: tuple[Extent, ...], stride: Sizes, padding: Pads
) -> str:
    """The largest of each window. Its place in the window is for the gradient alone."""
    assert not w.wanted[1]
    if x.shape[2:] == kernel and not any(map(any, padding)):
        # All there is, however large.
        return w.node("ReduceMax", x, axes=list(range(2, x.rank)), keepdims=1)
    return _pooled(w, "MaxPool", x, kernel, stride, padding)


@translation
def pool_sum(w: Writer, x: Tensor, *, kernel: Sizes, stride: Sizes, padding: Pads) -> str:
    """The sum of each window; padding counts as 0."""
    mean = _pooled(w, "AveragePool", x, kernel, stride, padding, count_include_pad=1)
    return w.node("Mul", mean, w.number(prod(kernel)))


def _pooled(
    w: Writer, operator: str, x: Tensor, kernel: tuple[Extent, ...], stride: Sizes, padding: Pads,
    **more: int,
) -> str:  # fmt: skip
    sides = {"strides": list(stride), "pads": _pads(padding)}
    return w.node(operator, x, kernel_shape=list(kernel), **sides, **more)


def _pads(padding: Pads) -> list[int]:
    """All that stands before, then all that stands after."""
    return [before for before, _ in padding] + [after for _, after in padding]


@translation
def interpolate(w: Writer, x: Tensor, spots: Tensor) -> str:
    """Spots are told from -1 to 1, which are the outer edges of the first and the last entry, in a
    table of rows of (column, row)."""
    pairs = w.node("Transpose", spots, perm=[0, 2, 1])
    _, _, height, width = x.shape
    if isinstance(height, int) and isinstance(width, int):
        sizes = w.array(np.array([width, height], w.real))
    else:
        sizes = w.cast(w.extents([width, height]), w.real)
    twice = w.node("Add", w.node("Add", pairs, pairs), w.number(1.0))
    told = w.node("Sub", w.node("Div", twice, sizes), w.number(1.0))
    grid = w.node("Unsqueeze", told, w.wholes([1]))
    made = w.node("GridSample", x, grid, mode="bilinear", padding_mode="zeros", align_corners=0)
    return w.node("Squeeze", made, w.wholes([2]))
