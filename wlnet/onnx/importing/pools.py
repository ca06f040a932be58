"""Operators with windows that hold nothing: the largest, mean or total of what they see."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wlnet.layers.pooling import PoolingLayer
from wlnet.onnx.importing.folds import aggregated
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import (
    Flow,
    Given,
    room_for,
)
from wlnet.onnx.importing.windows import Pairs, images, margins, places, positive
from wlnet.onnx.importing.writing import Writing


def _pool(node: Node, x: Flow) -> tuple[list[int], list[int], list[int], Pairs, list[int]]:
    space = [int(size or 0) for size in x.sizes[2:]]
    kernel = positive(node, "kernel_shape", len(space))
    strides = positive(node, "strides", len(space))
    dilations = positive(node, "dilations", len(space))
    pads = margins(node, space, kernel, strides, dilations)
    made = []
    for i, (size, width, step, apart) in enumerate(
        zip(space, kernel, strides, dilations, strict=True)
    ):
        if node("ceil_mode", 0) and node("auto_pad", "NOTSET") in ("NOTSET", ""):
            before, after = pads[i]
            over = size + before + after - ((width - 1) * apart + 1)
            count = -(-over // step) + 1
            # The last window begins in the space, or in what stands before it.
            count -= (count - 1) * step >= size + before
            need = (count - 1) * step + (width - 1) * apart + 1 - size - before
            pads[i] = before, max(after, need)
        made.append(places(size, pads[i], width, step, apart))
    return kernel, strides, dilations, pads, made


def _pooled(net: Writing, x: Flow, name: str, kernel: list[int], strides: list[int], pads: Pairs,
            made: list[int]) -> Flow:  # fmt: skip
    if any(side >= width for pair, width in zip(pads, kernel, strict=True) for side in pair):
        raise Misfit(f"pads = {pads} for windows {kernel}", expected="less than the windows")
    room_for([size + sum(pair) for size, pair in zip(x.sizes[2:], pads, strict=True)])
    layer = PoolingLayer(tuple(kernel), tuple(strides), name, tuple(pads))
    return net.shaped(net.layer(layer, x), x, (*x.sizes[:2], *made))


@operator("MaxPool")
def _largest(net: Writing, node: Node, x: Given) -> Given:
    x = images(net, x)
    kernel, strides, dilations, pads, made = _pool(node, x)
    node("storage_order", 0)
    if node.has_output(1):
        raise Misfit("the places of the largest")
    if set(dilations) != {1}:
        raise Misfit(f"dilations = {dilations}", expected="1: a PoolingLayer has no others")
    return _pooled(net, x, "Max", kernel, strides, pads, made)


@operator("AveragePool", "LpPool")
def _average(net: Writing, node: Node, x: Given) -> Given:
    x = images(net, x)
    kernel, strides, dilations, said, made = _pool(node, x)
    if set(dilations) != {1}:
        raise Misfit(f"dilations = {dilations}", expected="1: a PoolingLayer has no others")
    if node.kind == "LpPool":
        return _powers(net, node, x, kernel, strides, said, made)
    node("count_include_pad", 0)
    counts = _counts(node, x, kernel, strides, said, made)
    if (counts == math.prod(kernel)).all():
        return _pooled(net, x, "Mean", kernel, strides, said, made)
    total = _pooled(net, x, "Total", kernel, strides, said, made)
    return net.function(lambda a: a / counts, total, like=total)


def _powers(net: Writing, node: Node, x: Flow, kernel: list[int], strides: list[int], pads: Pairs,
            made: list[int]) -> Flow:  # fmt: skip
    p = node("p", 2)
    powers = net.function(lambda a: a * a if p == 2 else np.abs(a) ** p, x, like=x)
    total = _pooled(net, powers, "Total", kernel, strides, pads, made)
    return net.function(lambda a: np.sqrt(a) if p == 2 else a ** (1 / p), total, like=total)


def _counts(node: Node, x: Flow, kernel: list[int], strides: list[int], pads: Pairs,
            made: list[int]) -> Any:  # fmt: skip
    """By how many numbers each window's total is divided: those of the space, or with what was
    said to stand around it, but never what a rounded up size has behind."""
    whole: Any = np.ones(())
    given = node("pads", [0] * (2 * len(kernel)))
    include = node("count_include_pad", 0)
    counted = node("auto_pad", "NOTSET") in ("NOTSET", "")
    for i, (width, step, count) in enumerate(zip(kernel, strides, made, strict=True)):
        size = int(x.sizes[2 + i] or 0)
        before = pads[i][0]
        first = -before if include else 0
        last = size + ((given[i + len(kernel)] if counted else pads[i][1]) if include else 0)
        starts = np.arange(count) * step - before
        along = np.minimum(starts + width, last) - np.maximum(starts, first)
        whole = whole[..., None] * along
    return whole


@operator("GlobalAveragePool", "GlobalMaxPool")
def _whole(net: Writing, node: Node, x: Given) -> Given:
    x = images(net, x)
    name = "Mean" if node.kind == "GlobalAveragePool" else "Max"
    return aggregated(net, x, list(range(2, x.rank)), name, True)
