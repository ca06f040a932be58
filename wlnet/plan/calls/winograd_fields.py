"""Fast convolution for given shapes: whether it is worth it, and the fields of its kernels.

The cost model of Winograd convolution, and its blocking for the cache.

Shapes of x and y, which are in lanes: (blocks, channels, rows, columns); of w: (outputs, inputs,
size, size).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any

from wlnet.graph.primitives import Pads
from wlnet.kernels.winograd.winograd import SIZES
from wlnet.kernels.winograd.winograd_transforms import POINTS, TILE

Shape = Sequence[int]
Fields = dict[str, Any]
NEAR = 1 << 20
"""Bytes of points that a worker holds, unless a few tiles take more."""
PARTS, SUMS = 8, 8 << 20
"""Into how many parts the sums for the kernels are divided at most, and their bytes in all, unless
one part takes more."""
PIXELS, RESULTS = 310, 140
"""Vector operations that a tile of one channel takes: to points, and from points."""
ROWS = 8
"""The most rows that a tile of a product has."""
DEPTH = 4
"""What else a product of points takes, as if there were so many more inputs."""
KERNEL = 40
"""Those that LANES kernels take on their way to points, or back."""
GAIN = Fraction(4, 5)
"""The share of the operations that may be left for fast convolution to be worth it."""


def tiles_of(w: Shape, y: Shape) -> tuple[int, int]:
    """How many rows and columns of tiles the results have."""
    side = TILE - w[2] + 1
    return -(-y[2] // side), -(-y[3] // side)


def filled(count: int, lanes: int) -> int:
    """So many numbers, filled up to whole vectors."""
    return -(-count // lanes) * lanes


def is_possible(kernel: Shape, stride: Shape, dilation: Shape, groups: int) -> bool:
    """Whether a convolution can be done so."""
    square = len(kernel) == 2 and kernel[0] == kernel[1] and kernel[0] in SIZES
    return square and groups == 1 and set(stride) == set(dilation) == {1}


def share_of(w: Shape, y: Shape) -> Fraction:
    """The share of the operations that are left, forwards and on the way back to the input."""
    outputs, inputs = w[:2]
    tiles = prod(tiles_of(w, y))
    products = POINTS * outputs * (inputs + DEPTH)
    fast = tiles * (products + PIXELS * inputs + RESULTS * outputs)
    return Fraction(fast + KERNEL * inputs * outputs, prod(y[2:]) * prod(w))


def is_worth(w: Shape, y: Shape) -> bool:
    """Whether the forward pass, and so the way back to the input, takes fewer operations.

    The number of images decides nothing: a smaller last batch gives the same numbers.
    """
    return share_of(w, y) < GAIN


def is_worth_for_weights(x: Shape, w: Shape, y: Shape, lanes: int) -> bool:
    """Whether the gradient by the weights takes fewer operations."""
    _, inputs, outputs = sums_shape(w, lanes)
    tiles, turn = prod(tiles_of(w, y)), lanes * (TILE - w[2] + 1) ** 2 // 2
    direct = prod(y[2:]) * prod(w)
    fast = tiles * (POINTS * inputs * outputs + PIXELS * w[1] + (RESULTS + turn) * outputs)
    kernels = KERNEL * inputs * outputs * parts_of(x, w, y, lanes) / x[0]
    return fast + kernels < GAIN * direct


def points_shape(w: Shape, lanes: int) -> tuple[int, int, int]:
    """Of the points of kernels."""
    return POINTS, w[0], filled(w[1], lanes)


def sums_shape(w: Shape, lanes: int) -> tuple[int, int, int]:
    """Of one part of the sums for the kernels: whole tiles of rows, whole vectors of columns."""
    return POINTS, filled(w[1], ROWS), filled(w[0], lanes)


def parts_of(x: Shape, w: Shape, y: Shape, lanes: int) -> int:
    """Into how many parts the sums are divided, for any number of workers and any precision.

    Each has at least one span of tiles: in double precision there are only more spans.
    """
    tiles = prod(tiles_of(w, y))
    spans = x[0] * -(-tiles // _some_for_sums(w, tiles, 4, lanes))
    most = SUMS // (4 * prod(sums_shape(w, lanes)))
    return max(1, min(PARTS, most, spans))


def _some(numbers: int, tiles: int, item: int, lanes: int, grain: int) -> int:
    """How many tiles at a time, each of which has so many vectors of points."""
    most = NEAR // (POINTS * numbers * item * lanes)
    return max(1, min(tiles, max(most // grain, 1) * grain))


def _some_for_sums(w: Shape, tiles: int, item: int, lanes: int) -> int:
    return _some(sum(sums_shape(w, lanes)[1:]), tiles, item, lanes, 4)


def _common(x: Shape, w: Shape, y: Shape, padding: Pads, item: int, lanes: int) -> Fields:
    vector = item * lanes
    tile_rows, tile_columns = tiles_of(w, y)
    return {
        "blocks": x[0], "inputs": w[1], "outputs": w[0],
        "tile_rows": tile_rows, "tile_columns": tile_columns,
        "x_block": prod(x[1:]) * vector, "x_channel": x[2] * x[3] * vector,
        "x_row": x[3] * vector, "x_rows": x[2], "x_columns": x[3],
        "row_first": -padding[0][0], "column_first": -padding[1][0],
        "rows": y[2], "columns": y[3],
    }  # fmt: skip


def _kernel_fields(w: Shape, item: int, lanes: int) -> Fields:
    _, outputs, inputs = points_shape(w, lanes)
    return {"u_point": outputs * inputs * item, "u_out": inputs * item}


def points(w: Shape, item: int, lanes: int) -> Fields:
    """The kernel that takes kernels to points."""
    return {
        "inputs": w[1], "outputs": w[0], "w_out": prod(w[1:]) * item, "w_in": prod(w[2:]) * item,
        **_kernel_fields(w, item, lanes),
    }  # fmt: skip


def forward(
    x: Shape, w: Shape, y: Shape, *, padding: Pads, item: int, lanes: int, pooled: bool = False
) -> tuple[Fields, int]:
    """The forward pass, and the bytes of a worker's own memory; y: before pooling."""
    fields = _common(x, w, y, padding, item, lanes)
    tiles = fields["tile_rows"] * fields["tile_columns"]
    some = _some(w[0] + w[1], tiles, item, lanes, 3 if w[0] % 8 == 0 else 4)
    shape = (*y[:2], y[2] // 2, y[3] // 2) if pooled else tuple(y)
    more: Fields = {"some": some, "rows": shape[2], "columns": shape[3]}
    for name, unit in (("y", item * lanes), ("place", lanes)):
        steps = prod(shape[1:]), prod(shape[2:]), shape[3]
        for part, step in zip(("block", "channel", "row"), steps, strict=True):
            more[f"{name}_{part}"] = step * unit
    scratch = POINTS * (w[1] + (w[0] + w[1]) * some + 2) * item * lanes
    return {**fields, **more, **_kernel_fields(w, item, lanes)}, scratch


def backward(
    x: Shape, w: Shape, d: Shape, *, padding: Pads, item: int, lanes: int
) -> tuple[Fields, int]:
    """The way back to the input, and the bytes of a worker's own memory."""
    fields = _common(x, w, d, padding, item, lanes)
    tiles = fields["tile_rows"] * fields["tile_columns"]
    some = _some(w[0] + w[1], tiles, item, lanes, 3 if w[1] % 8 == 0 else 4)
    scratch = POINTS * ((w[0] + w[1]) * some + 2) * item * lanes
    back = _d_fields(d, item * lanes)
    return {**fields, **back, "some": some, **_kernel_fields(w, item, lanes)}, scratch


def sums(
    x: Shape, w: Shape, d: Shape, *, padding: Pads, item: int, lanes: int
) -> tuple[Fields, int]:
    """The sums for the kernels, and the bytes of a worker's own memory."""
    fields = _common(x, w, d, padding, item, lanes)
    tiles = fields["tile_rows"] * fields["tile_columns"]
    some = _some_for_sums(w, tiles, item, lanes)
    _, inputs, outputs = sums_shape(w, lanes)
    held = POINTS * (inputs + (inputs + outputs) * some + 2) + lanes * (TILE - w[2] + 1) ** 2
    more = {"some": some, "parts": parts_of(x, w, d, lanes), **_sum_fields(w, item, lanes)}
    return {**fields, **_d_fields(d, item * lanes), **more}, held * item * lanes


def weights(x: Shape, w: Shape, d: Shape, item: int, lanes: int) -> Fields:
    """The gradient by the weights, from the sums."""
    return {
        "inputs": w[1], "outputs": w[0], "w_out": prod(w[1:]) * item, "w_in": prod(w[2:]) * item,
        "parts": parts_of(x, w, d, lanes), **_sum_fields(w, item, lanes),
    }  # fmt: skip


def _d_fields(d: Shape, vector: int) -> Fields:
    return {
        "d_block": prod(d[1:]) * vector, "d_channel": d[2] * d[3] * vector, "d_row": d[3] * vector
    }  # fmt: skip


def _sum_fields(w: Shape, item: int, lanes: int) -> Fields:
    shape = sums_shape(w, lanes)
    return {
        "g_part": prod(shape) * item, "g_point": prod(shape[1:]) * item, "g_row": shape[2] * item
    }  # fmt: skip
