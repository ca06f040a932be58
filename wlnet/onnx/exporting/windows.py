"""Rows of primitives that move windows over images."""

from __future__ import annotations

from math import prod
from typing import Any

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
def pool_max(
    w: Writer, x: Tensor, *, kernel: tuple[Extent, ...], stride: Sizes, padding: Pads
) -> str:
    """The largest of each window. Its place in the window is for the gradient alone."""
    assert not w.wanted[1]
    if _is_whole(x, kernel, padding):
        return w.node("ReduceMax", x, axes=list(range(2, x.rank)), keepdims=1)
    return _pooled(w, "MaxPool", x, kernel, stride, padding, -np.inf)


@translation
def pool_sum(
    w: Writer, x: Tensor, *, kernel: tuple[Extent, ...], stride: Sizes, padding: Pads
) -> str:
    """The sum of each window; padding counts as 0."""
    if _is_whole(x, kernel, padding):
        return w.node("ReduceSum", x, w.wholes(range(2, x.rank)), keepdims=1)
    mean = _pooled(w, "AveragePool", x, kernel, stride, padding, 0.0, count_include_pad=1)
    count = prod(size for size in kernel if isinstance(size, int))
    return mean if count == 1 else w.node("Mul", mean, w.number(count))


def _pooled(
    w: Writer, operator: str, x: Tensor, kernel: Any, stride: Sizes, padding: Pads, outside: float,
    **more: int,
) -> str:  # fmt: skip
    """Windows of a pool. No runtime takes padding that is as wide as a window: then it is put
    around beforehand."""
    given = x.name
    if any(max(ends) >= size for ends, size in zip(padding, kernel, strict=True)):
        beside = ((0, 0), (0, 0), *padding)
        given = w.node("Pad", x, w.wholes(_pads(beside)), w.number(outside))
        padding = ((0, 0),) * len(padding)
    sides = {"strides": list(stride), "pads": _pads(padding)}
    return w.node(operator, given, kernel_shape=list(kernel), **sides, **more)


def _pads(padding: Pads) -> list[int]:
    """All that stands before, then all that stands after."""
    return [before for before, _ in padding] + [after for _, after in padding]


def _is_whole(x: Tensor, kernel: tuple[Extent, ...], padding: Pads) -> bool:
    """Whether the window is all there is, however large."""
    return x.shape[2:] == kernel and not any(map(any, padding))
