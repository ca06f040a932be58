"""Fast convolution with channels side by side, for given shapes: whether it is worth it, and the
fields of its kernels.

Shapes of x and y: (images, rows, columns, channels); of w: (outputs, inputs, size, size).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, prod
from typing import Any

from wlnet.graph.primitives import Pads
from wlnet.kernels.language import Target
from wlnet.kernels.windows.window_tiles import HIGH
from wlnet.kernels.winograd.winograd_in_channels import HELD, TOGETHER
from wlnet.kernels.winograd.winograd_transforms import POINTS, TILE
from wlnet.plan.calls import winograd_fields
from wlnet.plan.calls.winograd_fields import PIXELS, RESULTS, filled

Shape = Sequence[int]
Fields = dict[str, Any]
NEAR = 5 << 18
"""Bytes of points that a worker holds, unless a few tiles take more."""
FEWEST = 32
"""How many tiles a worker takes at a time at least."""
PART, PARTS = 96, 8
"""How many tiles a part of the sums for the kernels has at least, and how many parts there are at
most."""
GAIN, GAIN_ALONE = 0.78, 0.9
"""The share of the time in lanes, and image by image, that may be left for this layout to be worth
it."""
COPIED = 1.8
"""How many times as long the pixels of fewer channels than a vector has take."""
POOLED = 1.3
"""How many times as long convolutions by larger kernels count beside those in lanes: they are
mostly followed by pooling, which is done with them there."""


def is_worth(images: Fraction, w: Shape, y: Shape, lanes: int) -> bool:
    """Whether a convolution and its gradients are faster so than image by image, and than with
    images side by side; y: as a net has it, channels before space.

    In hundredths of a nanosecond on a processor with vectors of 64 bytes at 3.5 GHz; measured.
    """
    if not winograd_fields.is_worth(w, y):
        return False
    outputs, inputs = w[:2]
    tiles, pixels = prod(winograd_fields.tiles_of(w, y)), prod(y[2:])
    of_outputs, of_inputs = -(-outputs // lanes), -(-inputs // lanes)
    products = 42 * POINTS * inputs * of_outputs
    # Pixels of few channels are copied for it.
    pixels_taken = PIXELS * of_inputs * (1 if inputs >= lanes else COPIED)
    tile = products + 35 * (pixels_taken + RESULTS * of_outputs)
    # Kernels to points, and back: many do not fit into a cache.
    kernels = (11_700 + inputs * outputs // 3) * inputs * of_outputs
    here = float(images * tiles * tile + kernels)
    # Image by image vectors are full; of channels, where these fill two, they are filled up.
    done = outputs if min(inputs, outputs) < 2 * lanes else of_outputs * lanes
    alone = float(images) * pixels * prod(w[1:]) * (28 * done + 60) / lanes
    blocks = ceil(images / lanes)
    points = POINTS * inputs * outputs + PIXELS * inputs + RESULTS * outputs
    # Points of many channels do not fit into a cache there.
    beside = (60 + inputs * outputs // 4000) * blocks * tiles * points
    pooled = 1 if w[2] == 3 else POOLED
    return here < GAIN_ALONE * alone and here * pooled < GAIN * beside


def tiles_of(w: Shape, y: Shape) -> tuple[int, int]:
    """How many rows and columns of tiles the results have."""
    side = TILE - w[2] + 1
    return -(-y[1] // side), -(-y[2] // side)


def _row(channels: int, lanes: int) -> int:
    """The vectors between rows of points: an odd number."""
    return (filled(channels, lanes) // lanes) | 1


def points_shape(w: Shape, lanes: int, back: bool) -> tuple[int, int]:
    """Of the points of kernels: for the way back, the input channels lie side by side.

    Behind each point lies a vector that is not used, so that points do not fall onto the same
    places of a cache.
    """
    outputs, inputs = (w[1], w[0]) if back else (w[0], w[1])
    return POINTS, filled(outputs, lanes) * inputs + lanes


def sums_shape(w: Shape, lanes: int) -> tuple[int, int]:
    """Of one part of the sums for the kernels; behind each point lies a vector that is not used."""
    return POINTS, w[1] * filled(w[0], lanes) + lanes


def points(w: Shape, item: int, lanes: int, back: bool) -> tuple[Fields, int]:
    """The kernel that takes kernels to points, and the bytes of a worker's own memory."""
    out, inside = prod(w[1:]) * item, prod(w[2:]) * item
    rows, columns = (w[0], w[1]) if back else (w[1], w[0])
    return {
        "rows": rows, "columns": columns,
        "w_row": out if back else inside, "w_column": inside if back else out,
        "u_point": points_shape(w, lanes, back)[1] * item, "u_vector": rows * lanes * item,
        "turned_round": int(back),
    }, POINTS * TOGETHER * lanes * item  # fmt: skip


def _image(name: str, shape: Shape, item: int) -> Fields:
    return {
        f"{name}_block": prod(shape[1:]) * item, f"{name}_row": prod(shape[2:]) * item,
        f"{name}_column": shape[3] * item,
    }  # fmt: skip


def _common(x: Shape, y: Shape, w: Shape, padding: Pads, item: int) -> Fields:
    tile_rows, tile_columns = tiles_of(w, y)
    return {
        "blocks": x[0], "inputs": x[3], "outputs": y[3], "tile_rows": tile_rows,
        "tile_columns": tile_columns, **_image("x", x, item), "x_rows": x[1], "x_columns": x[2],
        "row_first": -padding[0][0], "column_first": -padding[1][0], "rows": y[1], "columns": y[2],
    }  # fmt: skip


def _some(vectors: int, tiles: int, item: int, lanes: int) -> int:
    """How many tiles at a time, each of which has so many vectors of points."""
    most = NEAR // (POINTS * vectors * item * lanes)
    grain = HIGH.of(Target("Real32" if item == 4 else "Real64", item * lanes))
    return max(1, min(tiles, max(FEWEST, most // grain * grain)))


def forward(
    x: Shape, w: Shape, y: Shape, *, padding: Pads, item: int, lanes: int, back: bool = False
) -> tuple[Fields, int]:
    """The forward pass, and the bytes of a worker's own memory.

    back: the way back to the input, whose x is the gradient by the output, and y that by the input;
    padding is that of the forward pass.
    """
    if back:
        size = w[2]
        padding = [(size - 1 - before, 0) for before, _ in padding]
    fields = _common(x, y, w, padding, item)
    vectors = filled(y[3], lanes) // lanes
    held = min(vectors, HELD)
    tiles = x[0] * prod(tiles_of(w, y))
    some = _some(_row(x[3], lanes) + held, tiles, item, lanes)
    most = some + 8
    scratch = POINTS * (1 + most * _row(x[3], lanes) + most * held + 1)
    more = {
        "some": some, **_image("y", y, item),
        "u_point": points_shape(w, lanes, back)[1] * item, "u_vector": x[3] * item * lanes,
    }  # fmt: skip
    return {**fields, **more}, scratch * item * lanes


def parts_of(w: Shape, y: Shape) -> int:
    """Into how many parts the sums are divided, for any number of workers."""
    tiles = y[0] * prod(tiles_of(w, y))
    return max(1, min(PARTS, tiles // PART))


def sums(
    x: Shape, w: Shape, d: Shape, *, padding: Pads, item: int, lanes: int
) -> tuple[Fields, int]:
    """The sums for the kernels, and the bytes of a worker's own memory."""
    fields = _common(x, d, w, padding, item)
    parts = parts_of(w, d)
    tiles = -(-x[0] * prod(tiles_of(w, d)) // parts)
    each = _row(w[0], lanes) + _row(w[1], lanes)
    some = _some(each, tiles, item, lanes)
    scratch = POINTS * (1 + (some | 1) * each)
    more = {"some": some, "parts": parts, **_image("d", d, item), **_sum_fields(w, item, lanes)}
    return {**fields, **more}, scratch * item * lanes


def weights(w: Shape, d: Shape, item: int, lanes: int) -> tuple[Fields, int]:
    """The gradient by the weights, from the sums, and the bytes of a worker's own memory."""
    found = _sum_fields(w, item, lanes)
    parts = parts_of(w, d)
    return {
        "inputs": w[1], "outputs": w[0], "w_out": prod(w[1:]) * item, "w_in": prod(w[2:]) * item,
        "parts": parts, **found,
    }, parts * POINTS * found["g_row"]  # fmt: skip


def _sum_fields(w: Shape, item: int, lanes: int) -> Fields:
    shape = sums_shape(w, lanes)
    return {
        "g_part": prod(shape) * item, "g_point": shape[1] * item,
        "g_row": filled(w[0], lanes) * item,
    }  # fmt: skip
