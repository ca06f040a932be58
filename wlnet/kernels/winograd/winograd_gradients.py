"""What fast convolution sends back to its kernels, with LANES examples side by side.

The gradient by the weights of a Winograd convolution, summed up in the transform domain.

Products of points are summed over tiles and examples: a matrix product for each point. One side,
the gradient by the output, is turned first, so that its channels lie side by side in vectors.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, scratch, start_of, stop_of, workers
from wlnet.kernels.emit.squares import ZEROS, turn
from wlnet.kernels.language import Kernel, native
from wlnet.kernels.products.blocks import block
from wlnet.kernels.products.tiles import NO_ACTIVATION, TALL
from wlnet.kernels.windows.window_tiles import zero_bytes
from wlnet.kernels.winograd.winograd import SIZES, pixels_taken
from wlnet.kernels.winograd.winograd_tiles import gradient_points, kernel_sums
from wlnet.kernels.winograd.winograd_transforms import POINTS, TILE


def _sums(size: int) -> Kernel:
    side = TILE - size + 1
    take = gradient_points(size)

    def sums(  # type: ignore[no-untyped-def]
        context, blocks, inputs, outputs, tile_rows, tile_columns, some, parts,
        x, x_block, x_channel, x_row, x_rows, x_columns, row_first, column_first,
        d, d_block, d_channel, d_row, rows, columns, g, g_part, g_point, g_row,
    ):  # fmt: skip
        """g[part, p, i, o] = sum over tiles and lanes of the points of channel i of x and of
        channel o of d.

        The tiles are divided into parts, whatever the number of workers is. g has whole tiles of i
        and whole vectors of o; what is beyond the channels means nothing.
        """
        vector = LANES * ITEM
        tiles = tile_rows * tile_columns
        spans = (tiles + some - 1) // some
        rows_of = (inputs + TALL - 1) // TALL
        chunks = 1
        if parts < workers(context):
            chunks = max(1, min(rows_of, (workers(context) + parts - 1) // parts))
        units = parts * chunks
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            chunk, part = unit % chunks, unit // chunks
            i_first = rows_of * chunk // chunks * TALL
            i_last = rows_of * (chunk + 1) // chunks * TALL
            span, stop = blocks * spans * part // parts, blocks * spans * (part + 1) // parts
            begun = 0
            while span < stop:
                first, at_block = span % spans * some, span // spans
                count = min(some, tiles - first)
                channels = min(i_last, inputs) - i_first
                a_point = ((i_last - i_first) * count + 1) * vector
                b_point = count * LANES * g_row + vector
                edge = scratch(context)
                a = edge + channels * POINTS * vector
                left = (i_last - i_first - channels) * count * vector
                b = a + POINTS * a_point
                turned = b + POINTS * b_point
                x_at = x + at_block * x_block + i_first * x_channel
                for t in range(count):
                    row, column = (first + t) // tile_columns, (first + t) % tile_columns
                    pixels_taken(
                        x_at, x_channel, x_row, x_rows, x_columns, row_first + row * side,
                        column_first + column * side, channels, edge, a + t * vector,
                        count * vector, a_point)  # fmt: skip
                    # Of d LANES channels at a time come to lie side by side, for each example.
                    row, column = row * side, column * side
                    r_count, c_count = min(side, rows - row), min(side, columns - column)
                    d_at = d + at_block * d_block + row * d_row + column * vector
                    for o in range(0, outputs, LANES):
                        present = min(LANES, outputs - o)
                        for r in range(r_count):
                            for c in range(c_count):
                                turn(d_at + o * d_channel + r * d_row + c * vector, d_channel,
                                     present, ZEROS, turned + (r * side + c) * vector,
                                     side * side * vector, LANES)  # fmt: skip
                        for lane in range(LANES):
                            take(turned + lane * side * side * vector, side * vector, vector,
                                 r_count, c_count, b + (t * LANES + lane) * g_row + o * ITEM,
                                 b_point)  # fmt: skip
                for p in range(POINTS):
                    # Rows that only fill the last tile.
                    zero_bytes(a + p * a_point + channels * count * vector, left)
                    to = g + part * g_part + p * g_point + i_first * g_row
                    block(
                        0, i_last - i_first, 0, g_row // ITEM, count * LANES, a + p * a_point,
                        count * vector, ITEM, b + p * b_point, g_row, vector, to, g_row,
                        to if begun else 0, g_row, NO_ACTIVATION, 0)  # fmt: skip
                begun = 1
                span += 1

    sums.__name__ = f"sums_{size}"
    return native(sums)


def _weights(size: int) -> Kernel:
    give = kernel_sums(size)

    def weights(  # type: ignore[no-untyped-def]
        context, inputs, outputs, parts, g, g_part, g_point, g_row, w, w_out, w_in
    ):  # fmt: skip
        """w[o, i] = the gradient by the kernels, from what `sums` gives."""
        for i in range(start_of(context, inputs, 1), stop_of(context, inputs, 1)):
            for o in range(0, outputs, LANES):
                give(g + i * g_row + o * ITEM, g_point, parts, g_part, w + i * w_in + o * w_out,
                     w_out, min(LANES, outputs - o))  # fmt: skip

    weights.__name__ = f"weights_{size}"
    return native(weights)


SUMS = {size: _sums(size) for size in SIZES}
WEIGHTS = {size: _weights(size) for size in SIZES}
