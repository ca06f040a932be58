"""Fast convolution with channels side by side: [image][row][column][channel] (the layout NHWC).

Winograd convolution as in winograd.py, vectorized over channels: no vector depends on how many
images there are, so a single one is done at the speed of many. The products of a point have a row
for each tile of all images.

The way back to the input is the same convolution with kernels that are turned round, whose inputs
are the output channels. The way back to the weights sums products of points over tiles; what it
gives is brought back from points.

u lies as [point][vector of output channels][input channel][LANES].
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    copy_bytes,
    scratch,
    start_of,
    stop_of,
    workers,
)
from wlnet.kernels.language import Kernel, native, routine
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows.window_tiles import HIGH, HIGH_WIDE, MIDDLE, WIDE, window_of
from wlnet.kernels.winograd.winograd import SIZES
from wlnet.kernels.winograd.winograd_channel_tiles import patch, result_in_channels
from wlnet.kernels.winograd.winograd_tiles import (
    gradient_points,
    kernel_sums,
    kernel_tile,
    pixels_to_points,
)
from wlnet.kernels.winograd.winograd_transforms import POINTS, TILE

HELD = 12
"""How many vectors of output channels a worker holds the products of."""
TOGETHER = 16
"""How many vectors of the points of kernels are brought to their places at a time: one by one each
would fall onto another page of memory, for each of the points."""


@routine
def apart(channels):  # type: ignore[no-untyped-def]
    """The bytes between rows of points: an odd number of vectors, as there is between points, so
    that neither fall onto the same places of a cache."""
    return ((channels + LANES - 1) // LANES | 1) * LANES * ITEM


@routine
def height_of(vectors):  # type: ignore[no-untyped-def]
    """How many rows most tiles have."""
    return MIDDLE if vectors % WIDE == 0 else HIGH


@routine
def multiplied(  # type: ignore[no-untyped-def]
    rows, vectors, depth, a, a_row, a_depth, b, b_vector, b_depth, c, c_row, goes_on
):  # fmt: skip
    """c = a b, or c += a b: `rows` by `vectors` of results; those of b and c are whole."""
    vector = LANES * ITEM
    tall = height_of(vectors)
    row = 0
    while row < rows:
        left = rows - row
        height = tall if left >= tall else MIDDLE if left >= MIDDLE else 1
        wide = HIGH_WIDE if height == HIGH else WIDE
        stop = row + left // height * height
        j = 0
        while j < vectors:
            width = wide if vectors - j >= wide else 1
            for i in range(row, stop, height):
                window_of(
                    height, width, depth, 1, 1, 1, a + i * a_row, a_row, a_depth, 0, 0, 0,
                    b + j * b_vector, b_depth, 0, 0, 0, b_vector, 0, c + i * c_row + j * vector,
                    c_row, vector, NO_ACTIVATION, 0, goes_on)  # fmt: skip
            j += width
        row = stop


@routine
def pixels_taken(  # type: ignore[no-untyped-def]
    x, x_row, x_column, x_rows, x_columns, row, column, channels, edge, to, step
):  # fmt: skip
    """The input transform of one tile in all channels; beyond the edges of x are zeros.

    edge: memory for a copy of one vector of channels, made where the tile reaches beyond an edge.
    """
    vector = LANES * ITEM
    beyond = row < 0 or column < 0 or row + TILE > x_rows or column + TILE > x_columns
    at = x + row * x_row + column * x_column
    i = 0
    while i < channels:
        if channels >= LANES:
            # The last vector reaches back over channels done before: the same numbers again.
            i = min(i, channels - LANES)
        if beyond or channels < LANES:
            patch(TILE, at + i * ITEM, x_row, x_column, row, column, x_rows, x_columns,
                  min(LANES, channels), edge)  # fmt: skip
            pixels_to_points(edge, TILE * vector, vector, to + i * ITEM, step)
        else:
            pixels_to_points(at + i * ITEM, x_row, x_column, to + i * ITEM, step)
        i += LANES


def _kernels(size: int) -> Kernel:
    take = kernel_tile(size)

    def points(  # type: ignore[no-untyped-def]
        context, rows, columns, w, w_row, w_column, u, u_point, u_vector, turned_round
    ):  # fmt: skip
        """u = the points of kernels; the numbers of a kernel lie one after another.

        Columns come to lie side by side: they are output channels and rows are inputs, or, for the
        way back, the other way. turned_round: 1 for kernels read from the last number to the first.
        """
        vector = LANES * ITEM
        vectors, some = (columns + LANES - 1) // LANES, (rows + TOGETHER - 1) // TOGETHER
        units, own = vectors * some, scratch(context)
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            first, c = unit % some * TOGETHER, unit // some * LANES
            count = min(TOGETHER, rows - first)
            for r in range(count):
                take(w + (first + r) * w_row + c * w_column, w_column, min(LANES, columns - c),
                     turned_round, own + r * vector, TOGETHER * vector)  # fmt: skip
            to = u + c // LANES * u_vector + first * vector
            for p in range(POINTS):
                copy_bytes(to + p * u_point, own + p * TOGETHER * vector, count * vector)

    points.__name__ = f"points_{size}"
    return native(points)


def _weights(size: int) -> Kernel:
    give = kernel_sums(size)

    def weights(  # type: ignore[no-untyped-def]
        context, inputs, outputs, parts, g, g_part, g_point, g_row, w, w_out, w_in
    ):  # fmt: skip
        """w[o, i] = the gradient by the kernels, from what `sums` gives."""
        own = scratch(context)
        for i in range(start_of(context, inputs, 1), stop_of(context, inputs, 1)):
            for k in range(parts * POINTS):
                at = g + k // POINTS * g_part + k % POINTS * g_point + i * g_row
                copy_bytes(own + k * g_row, at, g_row)
            for o in range(0, outputs, LANES):
                give(own + o * ITEM, g_row, parts, POINTS * g_row, w + i * w_in + o * w_out, w_out,
                     min(LANES, outputs - o))  # fmt: skip

    weights.__name__ = f"weights_{size}"
    return native(weights)


def _forward(size: int) -> Kernel:
    side = TILE - size + 1
    give = result_in_channels(size)

    def forward(  # type: ignore[no-untyped-def]
        context, blocks, inputs, outputs, tile_rows, tile_columns, some,
        x, x_block, x_row, x_column, x_rows, x_columns, row_first, column_first,
        u, u_point, u_vector, bias, activation, gate,
        y, y_block, y_row, y_column, rows, columns,
    ):  # fmt: skip
        """A convolution with stride 1. some: how many tiles a worker holds the points of, at most.

        gate: 0, or the address of numbers laid out like y: where they are not positive, y becomes
        0. Scratch: see winograd_channel_fields.py.
        """
        vector = LANES * ITEM
        tiles = tile_rows * tile_columns
        total, team = blocks * tiles, workers(context)
        vectors = (outputs + LANES - 1) // LANES
        fewest = (total + some - 1) // some
        spans = max(fewest, min((fewest + team - 1) // team * team, total // HIGH))
        # Where workers would be left without tiles, the output channels are divided as well.
        chunks = max(1, min(vectors, team // spans))
        v_row = apart(inputs)
        units = spans * chunks
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            chunk, span = unit % chunks, unit // chunks
            first = total * span // spans
            count = total * (span + 1) // spans - first
            edge = scratch(context)
            v = edge + POINTS * vector
            # Products have whole tiles of rows; what is in the last ones means nothing.
            v_point = (count + HIGH - 1 | 1) * v_row
            m = v + POINTS * v_point
            for t in range(count):
                block, tile = (first + t) // tiles, (first + t) % tiles
                pixels_taken(
                    x + block * x_block, x_row, x_column, x_rows, x_columns,
                    row_first + tile // tile_columns * side,
                    column_first + tile % tile_columns * side, inputs, edge, v + t * v_row,
                    v_point)  # fmt: skip
            j, last = vectors * chunk // chunks, vectors * (chunk + 1) // chunks
            while j < last:
                wide = min(HELD, last - j)
                tall = height_of(wide)
                whole = (count + tall - 1) // tall * tall if count > MIDDLE else count
                m_point = (whole * wide + 1) * vector
                for p in range(POINTS):
                    multiplied(whole, wide, inputs, v + p * v_point, v_row, ITEM,
                               u + p * u_point + j * u_vector, u_vector, vector, m + p * m_point,
                               wide * vector, 0)  # fmt: skip
                for t in range(count):
                    block, tile = (first + t) // tiles, (first + t) % tiles
                    row, column = tile // tile_columns * side, tile % tile_columns * side
                    at = block * y_block + row * y_row + column * y_column + j * vector
                    for k in range(wide):
                        here = at + k * vector
                        give(
                            m + (t * wide + k) * vector, m_point,
                            bias + (j + k) * vector if bias != 0 else 0, activation,
                            gate + here if gate != 0 else 0, y + here, y_row, y_column,
                            rows - row, columns - column,
                            min(LANES, outputs - (j + k) * LANES))  # fmt: skip
                j += wide

    forward.__name__ = f"forward_{size}"
    return native(forward)


def _sums(size: int) -> Kernel:
    side = TILE - size + 1
    take = gradient_points(size)

    def sums(  # type: ignore[no-untyped-def]
        context, blocks, inputs, outputs, tile_rows, tile_columns, some, parts,
        x, x_block, x_row, x_column, x_rows, x_columns, row_first, column_first,
        d, d_block, d_row, d_column, rows, columns, g, g_part, g_point, g_row,
    ):  # fmt: skip
        """g[part, p, i, o] = sum over tiles of the points of channel i of x and channel o of d.

        The tiles are divided into parts, whatever the number of workers is. g has whole vectors of
        o; what is beyond the channels means nothing. some: how many tiles at a time.
        """
        vector = LANES * ITEM
        tiles = tile_rows * tile_columns
        total, of_inputs = blocks * tiles, (inputs + LANES - 1) // LANES
        vectors = (outputs + LANES - 1) // LANES
        chunks = 1
        if parts < workers(context):
            chunks = max(1, min(of_inputs, (workers(context) + parts - 1) // parts))
        b_row = apart(outputs)
        units = parts * chunks
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            chunk, part = unit % chunks, unit // chunks
            i = of_inputs * chunk // chunks * LANES
            channels = min(inputs, of_inputs * (chunk + 1) // chunks * LANES) - i
            a_row = apart(channels)
            begin, stop = total * part // parts, total * (part + 1) // parts
            edge = scratch(context)
            a = edge + POINTS * vector
            goes_on = 0
            while begin < stop:
                count = min(some, stop - begin)
                a_point, b_point = (count | 1) * a_row, (count | 1) * b_row
                b = a + POINTS * a_point
                for t in range(count):
                    block, tile = (begin + t) // tiles, (begin + t) % tiles
                    row, column = tile // tile_columns * side, tile % tile_columns * side
                    pixels_taken(
                        x + block * x_block + i * ITEM, x_row, x_column, x_rows, x_columns,
                        row_first + row, column_first + column, channels, edge, a + t * a_row,
                        a_point)  # fmt: skip
                    at = d + block * d_block + row * d_row + column * d_column
                    if outputs >= LANES:
                        o = 0
                        while o < outputs:
                            o = min(o, outputs - LANES)
                            take(at + o * ITEM, d_row, d_column, rows - row, columns - column,
                                 b + t * b_row + o * ITEM, b_point)  # fmt: skip
                            o += LANES
                    else:
                        patch(side, at, d_row, d_column, row, column, rows, columns, outputs, edge)
                        take(edge, side * vector, vector, side, side, b + t * b_row, b_point)
                for p in range(POINTS):
                    multiplied(channels, vectors, count, a + p * a_point, ITEM, a_row,
                               b + p * b_point, vector, b_row,
                               g + part * g_part + p * g_point + i * g_row, g_row,
                               goes_on)  # fmt: skip
                goes_on = 1
                begin += count

    sums.__name__ = f"sums_{size}"
    return native(sums)


POINTS_OF = {size: _kernels(size) for size in SIZES}
FORWARD = {size: _forward(size) for size in SIZES}
SUMS = {size: _sums(size) for size in SIZES}
WEIGHTS = {size: _weights(size) for size in SIZES}
