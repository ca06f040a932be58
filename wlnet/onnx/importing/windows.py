"""Operators with windows that hold weights, and what all with windows have."""

from __future__ import annotations

from typing import Any

from wlnet.layers.deconvolution import DeconvolutionLayer
from wlnet.layers.padding import PaddingLayer
from wlnet.onnx.importing.linear import Convolution
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.nodes import Node
from wlnet.onnx.importing.table import operator
from wlnet.onnx.importing.values import (
    Fixed,
    Flow,
    Given,
    mixes,
    open_size,
    room_for,
)
from wlnet.onnx.importing.writing import Writing

Pairs = list[tuple[int, int]]


def images(net: Writing, x: Given) -> Flow:
    """A value of examples first, then channels, then 1 to 3 axes of space."""
    if isinstance(x, Fixed):
        raise Misfit("a window over an array that is known")
    if x.batch != 0 or x.is_merged:
        raise mixes("has windows over, or beside,")
    if not 1 <= x.rank - 2 <= 3:
        raise Misfit(f"windows in {x.rank - 2} directions", expected="1 to 3")
    if None in x.sizes:
        raise open_size()
    return net.real(x)


def margins(node: Node, sizes: list[int], kernel: list[int], strides: list[int],
            dilations: list[int]) -> Pairs:  # fmt: skip
    """What stands around the space, (before, after) in each direction."""
    way = node("auto_pad", "NOTSET")
    given = node("pads", [0] * (2 * len(sizes)))
    if way in ("NOTSET", ""):
        if len(given) != 2 * len(sizes) or min(given) < 0:
            raise Misfit(f"pads = {given}", expected=f"{2 * len(sizes)} numbers of at least 0")
        return list(zip(given[: len(sizes)], given[len(sizes) :], strict=True))
    if way == "VALID":
        return [(0, 0)] * len(sizes)
    if way not in ("SAME_UPPER", "SAME_LOWER"):
        raise Misfit(f"auto_pad = {way!r}", expected="NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    pairs = []
    for size, width, step, apart in zip(sizes, kernel, strides, dilations, strict=True):
        places = -(-size // step)
        total = max(0, (places - 1) * step + (width - 1) * apart + 1 - size)
        small, large = total // 2, total - total // 2
        pairs.append((small, large) if way == "SAME_UPPER" else (large, small))
    return pairs


def positive(node: Node, name: str, count: int, default: Any = None) -> list[int]:
    """An attribute that has a number from 1 on for each direction."""
    told: list[int] = list(node(name, default if default is not None else [1] * count))
    if len(told) != count or min(told) < 1 or max(told) > 2**24:
        raise Misfit(f"{name} = {told}", expected=f"{count} numbers from 1 on")
    return told


def places(size: int, pair: tuple[int, int], width: int, step: int, apart: int) -> int:
    """How many windows there are."""
    count = (size + sum(pair) - ((width - 1) * apart + 1)) // step + 1
    if count < 1:
        raise Misfit(f"a window of {width} over {size} entries")
    return count


@operator("Conv")
def _convolution(net: Writing, node: Node, x: Given, weights: Given,
                 biases: Given | None = None) -> Given:  # fmt: skip
    if not isinstance(weights, Fixed) or isinstance(biases, Flow):
        raise Misfit("weights that the net works out", expected="constants")
    x = images(net, x)
    space = [int(size or 0) for size in x.sizes[2:]]
    kernel = list(weights.array.shape[2:])
    groups = node("group", 1)
    if node("kernel_shape", kernel) != kernel or len(kernel) != len(space) or 0 in kernel:
        raise Misfit(
            f"weights of shape {weights.array.shape} for windows {node('kernel_shape', kernel)}"
        )
    out, into = weights.array.shape[:2]
    if groups < 1 or out % groups or into * groups != x.sizes[1]:
        raise Misfit(
            f"weights of shape {weights.array.shape} in {groups} groups for {x.sizes[1]} channels"
        )
    if isinstance(biases, Fixed) and biases.array.shape != (out,):
        raise Misfit(f"biases of shape {biases.array.shape}", expected=f"({out},)")
    strides, dilations = (
        positive(node, "strides", len(space)),
        positive(node, "dilations", len(space)),
    )
    pads = margins(node, space, kernel, strides, dilations)
    room_for([size + sum(pair) for size, pair in zip(space, pads, strict=True)])
    settings = out, tuple(kernel), tuple(strides), tuple(pads), tuple(dilations), groups
    layer = Convolution(weights.array, None if biases is None else biases.array, settings)
    made = [places(*row) for row in zip(space, pads, kernel, strides, dilations, strict=True)]
    end = net.layer(layer, x, arrays={"Weights": weights, "Biases": biases})
    return net.shaped(end, x, (x.sizes[0], out, *made))


@operator("ConvTranspose")
def _transposed(net: Writing, node: Node, x: Given, weights: Given,
                biases: Given | None = None) -> Given:  # fmt: skip
    """A layer of its own. Where its result goes on beyond what windows reach, zeros are put beside
    the input, so that they do."""
    if not isinstance(weights, Fixed) or isinstance(biases, Flow):
        raise Misfit("weights that the net works out", expected="constants")
    x = images(net, x)
    space = [int(size or 0) for size in x.sizes[2:]]
    rank, groups = len(space), node("group", 1)
    kernel = list(weights.array.shape[2:])
    into, each = weights.array.shape[:2]
    if node("kernel_shape", kernel) != kernel or len(kernel) != rank or 0 in kernel:
        raise Misfit(f"weights of shape {weights.array.shape} in {rank} directions")
    if groups < 1 or into % groups or into != x.sizes[1]:
        raise Misfit(f"weights of shape {weights.array.shape} for {x.sizes[1]} channels")
    strides, dilations = positive(node, "strides", rank), positive(node, "dilations", rank)
    more = list(node("output_padding", [0] * rank))
    if len(more) != rank or min(more) < 0:
        raise Misfit(f"output_padding = {more}")
    reach = [(width - 1) * apart + 1 for width, apart in zip(kernel, dilations, strict=True)]
    full = [(n - 1) * step + wide for n, step, wide in zip(space, strides, reach, strict=True)]
    wanted = node("output_shape", None)
    way, pads = node("auto_pad", "NOTSET"), list(node("pads", [0] * (2 * rank)))
    if wanted is None and way in ("SAME_UPPER", "SAME_LOWER"):
        wanted = [n * step for n, step in zip(space, strides, strict=True)]
    if wanted is not None:
        wanted = list(wanted)[-rank:]
        total = [n + extra - size for n, extra, size in zip(full, more, wanted, strict=True)]
        first = [n // 2 if way == "SAME_UPPER" else -(-n // 2) for n in total]
        pairs = [(a, n - a) for a, n in zip(first, total, strict=True)]
    elif len(pads) == 2 * rank and min(pads) >= 0:
        pairs = list(zip(pads[:rank], pads[rank:], strict=True))
    else:
        raise Misfit(f"pads = {pads}")
    out = groups * each
    if isinstance(biases, Fixed) and biases.array.shape != (out,):
        raise Misfit(f"biases of shape {biases.array.shape}", expected=f"({out},)")
    cut = [(a, b - extra) for (a, b), extra in zip(pairs, more, strict=True)]
    beside = [
        (max(0, -(a // step)), max(0, -(b // step)))
        for (a, b), step in zip(cut, strides, strict=True)
    ]
    cut = [
        (a + step * low, b + step * high)
        for (a, b), (low, high), step in zip(cut, beside, strides, strict=True)
    ]
    wide = [n + sum(pair) for n, pair in zip(space, beside, strict=True)]
    if any(map(any, beside)):
        padded = net.layer(PaddingLayer([(0, 0), *beside]), x)
        x = net.shaped(padded, x, (x.sizes[0], into, *wide))
    rows = zip(wide, strides, reach, cut, strict=True)
    made = [(n - 1) * step + far - sum(pair) for n, step, far, pair in rows]
    if min(made) < 1:
        raise Misfit(f"pads of {pairs}, which leave nothing")
    room_for(made)
    layer = DeconvolutionLayer(
        out, tuple(kernel), tuple(strides), tuple(cut), tuple(dilations), groups,
        weights=weights.array, biases=None if biases is None else biases.array,
    )  # fmt: skip
    end = net.layer(layer, x, arrays={"Weights": weights, "Biases": biases})
    return net.shaped(end, x, (x.sizes[0], out, *made))
