"""Fast convolution of LANES examples side by side, by 3 x 3 or 5 x 5 kernels.

Winograd convolution: the input transform (pixels to points), the filter transform (kernels to
points), the element-wise product in the transform domain as a batched GEMM, one for each point, and
the output transform (points to results). The formulas stand in winograd_transforms.py.
Stride and dilation are 1.

Letters, as in the literature: u are the points of the kernels, v those of tiles of the input, m the
products. A worker holds v and m of a few tiles at a time, so that they stay in a near cache. The
gradient by the input takes the same steps in reverse order, each transform as its adjoint.

u lies as [point][output channel][input channel]: u_point bytes from point to point, u_out bytes
from output to output. The input channels are filled up to whole vectors.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, scratch, start_of, stop_of, workers
from wlnet.kernels.language import Kernel, native, routine
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows.window_gradients import padded
from wlnet.kernels.windows.window_tiles import HIGH, HIGH_WIDE, MIDDLE, WIDE, window_of, zero_bytes
from wlnet.kernels.windows.windows_in_lanes import height_of
from wlnet.kernels.winograd.winograd_tiles import (
    gradient_points,
    keep_positive,
    kernel_tile,
    pixels_to_points,
    points_to_pixels,
    result_tile,
)
from wlnet.kernels.winograd.winograd_transforms import POINTS, TILE

SIZES = (3, 5)
"""The sizes of kernels that this can do: so many rows, and as many columns."""


@routine
def multiplied(  # type: ignore[no-untyped-def]
    first, last, inputs, tiles, u, u_point, u_out, u_in, v, v_point, m, m_point
):  # fmt: skip
    """m[p, o - first, t] = sum over i of u[p, o, i] v[p, i, t] for o in first..last-1."""
    vector = LANES * ITEM
    tall = height_of(last - first)
    for p in range(POINTS):
        o = first
        while o < last:
            height = tall if last - o >= tall else MIDDLE if last - o >= MIDDLE else 1
            wide = HIGH_WIDE if height == HIGH else WIDE
            t = 0
            while t < tiles:
                width = wide if tiles - t >= wide else 1
                window_of(
                    height, width, inputs, 1, 1, 1, u + p * u_point + o * u_out, u_out, u_in, 0, 0,
                    0, v + p * v_point + t * vector, tiles * vector, 0, 0, 0, vector, 0,
                    m + p * m_point + ((o - first) * tiles + t) * vector, tiles * vector, vector,
                    NO_ACTIVATION, 0, 0)  # fmt: skip
                t += width
            o += height


@routine
def pixels_taken(  # type: ignore[no-untyped-def]
    x, x_channel, x_row, x_rows, x_columns, row, column, channels, edge, to, channel_step, step
):  # fmt: skip
    """The input transform of one tile in all channels; beyond the edges of x are zeros.

    row, column: where the tile begins in x. to, channel_step, step: where its points go, and the
    bytes from channel to channel and from point to point. edge: memory for a copy of the tile,
    which is made where it reaches beyond an edge.
    """
    vector = LANES * ITEM
    seen, s_channel, s_row = x + row * x_row + column * vector, x_channel, x_row
    if row < 0 or column < 0 or row + TILE > x_rows or column + TILE > x_columns:
        seen, s_channel, s_row = edge, POINTS * vector, TILE * vector
        padded(edge, s_channel, 0, 0, s_row, 1, TILE, TILE, channels, 1, x, x_channel, 0, 0, x_row,
               1, x_rows, x_columns, 0, row, column)  # fmt: skip
    for i in range(channels):
        pixels_to_points(seen + i * s_channel, s_row, vector, to + i * channel_step, step)


def _kernels(size: int) -> Kernel:
    take = kernel_tile(size)

    def points(  # type: ignore[no-untyped-def]
        context, inputs, outputs, w, w_out, w_in, u, u_point, u_out
    ):  # fmt: skip
        """u = the points of the kernels w[o, i]; the numbers of a kernel lie one after another."""
        for o in range(start_of(context, outputs, 1), stop_of(context, outputs, 1)):
            for i in range(0, inputs, LANES):
                present = min(LANES, inputs - i)
                take(w + o * w_out + i * w_in, w_in, present, 0, u + o * u_out + i * ITEM, u_point)

    points.__name__ = f"points_{size}"
    return native(points)


def _forward(size: int, pooled: bool) -> Kernel:
    # A tile has side x side results; of these across x across are written.
    side = TILE - size + 1
    across = side // 2 if pooled else side
    give = result_tile(size, pooled)

    def forward(  # type: ignore[no-untyped-def]
        context, blocks, inputs, outputs, tile_rows, tile_columns, some,
        x, x_block, x_channel, x_row, x_rows, x_columns, row_first, column_first,
        u, u_point, u_out, bias, activation,
        y, y_block, y_channel, y_row, rows, columns, places, place_block, place_channel, place_row,
    ):  # fmt: skip
        """`convolve`, or `convolve_pooled`, with stride 1: the same results but for rounding.

        some: how many tiles a worker takes at a time. Scratch: see winograd_fields.py.
        """
        vector = LANES * ITEM
        tiles = tile_rows * tile_columns
        spans = (tiles + some - 1) // some
        # Where workers would be left without tiles, the output channels are divided as well.
        chunks = 1
        if blocks * spans < workers(context):
            chunks = max(1, min(outputs // HIGH, workers(context) // (blocks * spans)))
        units = blocks * spans * chunks
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            chunk, rest = unit % chunks, unit // chunks
            first, block = rest % spans * some, rest // spans
            count = min(some, tiles - first)
            v_point = (inputs * count + 1) * vector
            o_first, o_last = outputs * chunk // chunks, outputs * (chunk + 1) // chunks
            m_point = ((o_last - o_first) * count + 1) * vector
            edge = scratch(context)
            v = edge + inputs * POINTS * vector
            m = v + POINTS * v_point
            for t in range(count):
                row, column = (first + t) // tile_columns, (first + t) % tile_columns
                pixels_taken(
                    x + block * x_block, x_channel, x_row, x_rows, x_columns,
                    row_first + row * side, column_first + column * side, inputs, edge,
                    v + t * vector, count * vector, v_point)  # fmt: skip
            multiplied(o_first, o_last, inputs, count, u, u_point, u_out, ITEM, v, v_point, m,
                       m_point)  # fmt: skip
            for o in range(o_first, o_last):
                yo = y + block * y_block + o * y_channel
                po = places + block * place_block + o * place_channel
                for t in range(count):
                    row = (first + t) // tile_columns * across
                    column = (first + t) % tile_columns * across
                    give(
                        m + ((o - o_first) * count + t) * vector, m_point,
                        bias + o * ITEM if bias != 0 else 0, activation,
                        yo + row * y_row + column * vector, y_row, rows - row, columns - column,
                        po + row * place_row + column * LANES if places != 0 else 0,
                        place_row)  # fmt: skip

    forward.__name__ = f"pooled_{size}" if pooled else f"forward_{size}"
    return native(forward)


def _input(size: int) -> Kernel:
    side = TILE - size + 1
    take = gradient_points(size)

    def backward(  # type: ignore[no-untyped-def]
        context, blocks, inputs, outputs, tile_rows, tile_columns, some,
        x, x_block, x_channel, x_row, x_rows, x_columns, row_first, column_first,
        u, u_point, u_out, d, d_block, d_channel, d_row, rows, columns, gate,
    ):  # fmt: skip
        """x = the gradient by the input of `forward`; d: the gradient by its output.

        gate: 0, or the address of numbers laid out like x: where they are not positive, x becomes 0
        (the way back through a ramp).
        """
        vector = LANES * ITEM
        tiles = tile_rows * tile_columns
        # Tiles overlap in x, where they are added up. So one worker does all tiles of a channel:
        # it takes a whole block, or, where blocks are few, some channels of one.
        chunks = 1
        if blocks < workers(context):
            chunks = max(1, min(inputs, (workers(context) + blocks - 1) // blocks))
        units = blocks * chunks
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            chunk, block = unit % chunks, unit // chunks
            i_first, i_last = inputs * chunk // chunks, inputs * (chunk + 1) // chunks
            channels = i_last - i_first
            part = block * x_block + i_first * x_channel
            zero_bytes(x + part, channels * x_channel)
            for first in range(0, tiles, some):
                count = min(some, tiles - first)
                v_point = (outputs * count + 1) * vector
                m_point = (channels * count + 1) * vector
                v = scratch(context)
                m = v + POINTS * v_point
                for t in range(count):
                    row = (first + t) // tile_columns * side
                    column = (first + t) % tile_columns * side
                    at = d + block * d_block + row * d_row + column * vector
                    for o in range(outputs):
                        take(at + o * d_channel, d_row, vector, rows - row, columns - column,
                             v + (o * count + t) * vector, v_point)  # fmt: skip
                multiplied(i_first, i_last, outputs, count, u, u_point, ITEM, u_out, v, v_point, m,
                           m_point)  # fmt: skip
                for i in range(channels):
                    for t in range(count):
                        points_to_pixels(
                            m + (i * count + t) * vector, m_point, x + part + i * x_channel,
                            x_row, row_first + (first + t) // tile_columns * side,
                            column_first + (first + t) % tile_columns * side, x_rows,
                            x_columns)  # fmt: skip
            if gate != 0:
                keep_positive(x + part, gate + part, channels * x_channel // vector)

    backward.__name__ = f"input_{size}"
    return native(backward)


POINTS_OF = {size: _kernels(size) for size in SIZES}
FORWARD = {(size, pooled): _forward(size, pooled) for size in SIZES for pooled in (False, True)}
INPUT = {size: _input(size) for size in SIZES}
