"""Rows of primitives that move windows over images."""

from __future__ import annotations

from math import prod

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
