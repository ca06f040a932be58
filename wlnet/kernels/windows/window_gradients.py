"""What convolution sends back to its weights, with LANES examples side by side: their gradient."""

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
from wlnet.kernels.language import native, routine
from wlnet.kernels.windows.window_tiles import ACROSS, SQUARE_HIGH, gradient_tile, zero_bytes

across = gradient_tile(ACROSS, 1, ACROSS)
square = gradient_tile(SQUARE_HIGH, 3, 3)

BY_CHANNELS, BY_COLUMNS, BY_SQUARES = 0, 1, 2
"""What a tile spans beside its output channels: input channels, columns of the kernel, 3 x 3."""

COPIES = 512 * 1024
"""Bytes of padded copies of input channels that a worker holds, unless one channel takes more."""

NEAR = 256 * 1024
"""Bytes of y that a tile runs over again and again, unless one block takes more."""


@routine
def padded(  # type: ignore[no-untyped-def]
    to, to_channel, to_block, to_plane, to_row, planes, rows, columns, channels, blocks,
    x, x_channel, x_block, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, row_first, column_first,
):  # fmt: skip
    """Copy channels with zeros around them: planes x rows x columns, from the given firsts on."""
    vector = LANES * ITEM
    left = min(columns, max(0, -column_first))
    middle = max(0, min(columns, x_columns - column_first) - left)
    for unit in range(channels * blocks * planes * rows):
        row, rest = unit % rows, unit // rows
        plane, rest = rest % planes, rest // planes
        block, channel = rest % blocks, rest // blocks
        at = to + channel * to_channel + block * to_block + plane * to_plane + row * to_row
        p, r = plane_first + plane, row_first + row
        if 0 <= p < x_planes and 0 <= r < x_rows and middle > 0:
            zero_bytes(at, left * vector)
            source = (x + channel * x_channel + block * x_block + p * x_plane + r * x_row
                      + (column_first + left) * vector)  # fmt: skip
            copy_bytes(at + left * vector, source, middle * vector)
            done = left + middle
            zero_bytes(at + done * vector, (columns - done) * vector)
        else:
            zero_bytes(at, columns * vector)


@routine
def slab_tiles(  # type: ignore[no-untyped-def]
    kind, blocks, planes, rows, columns, d, d_out, d_block, d_plane, d_row,
    x, x_block, x_channel, x_plane, x_row, plane_stride, plane_step, plane_count,
    row_stride, row_step, row_count, column_stride, column_step, column_count,
    w, w_out, w_in, w_plane, w_row, w_column, high, channels, goes_on,
):  # fmt: skip
    """All weights between a tile of output channels and one, or a tile, of input channels."""
    vector = LANES * ITEM
    x_next = column_stride * vector
    for p in range(plane_count):
        xp, wp = x + p * plane_step * x_plane, w + p * w_plane
        if kind == BY_SQUARES:
            square(
                blocks, planes, rows, columns, d, d_out, d_block, d_plane, d_row, vector, xp,
                x_block, plane_stride * x_plane, row_stride * x_row, x_next, row_step * x_row,
                column_step * vector, wp, w_out, w_row, w_column, high, 3, goes_on)  # fmt: skip
        else:
            for t in range(row_count):
                c = 0
                while c < column_count:
                    along, w_along, left, width = x_channel, w_in, channels, 1
                    if kind == BY_COLUMNS:
                        along, w_along = column_step * vector, w_column
                        width = min(ACROSS, column_count - c)
                        left = width
                    across(
                        blocks, planes, rows, columns, d, d_out, d_block, d_plane, d_row, vector,
                        xp + t * row_step * x_row + c * column_step * vector, x_block,
                        plane_stride * x_plane, row_stride * x_row, x_next, 0, along,
                        wp + t * w_row + c * w_column, w_out, 0, w_along, high, left,
                        goes_on)  # fmt: skip
                    c += width


@native
def convolve_weights(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_step, plane_count,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    y, y_block, y_channel, y_plane, y_row,
    w, w_group, w_out, w_in, w_plane, w_row, w_column,
):  # fmt: skip
    """w[g, o, i, t] = sum over b, p, lanes of y[b, g, o, p] x[b, g, i, first + p stride + t step].

    Here y is the gradient by the output of `convolve`, whose fields these are, and w is written.
    Steps are positive. y has zeros in lanes without an example. With padding the worker needs
    scratch: see window_fields.py.
    """
    vector = LANES * ITEM
    kind = BY_COLUMNS if column_count >= ACROSS else BY_CHANNELS
    high, together = ACROSS, 1
    if row_count == 3 and column_count == 3:
        kind, high = BY_SQUARES, SQUARE_HIGH
    if kind == BY_CHANNELS:
        together = ACROSS
    # The part of the input that is met, in its own coordinates.
    p_size = (planes - 1) * plane_stride + (plane_count - 1) * plane_step + 1
    r_size = (rows - 1) * row_stride + (row_count - 1) * row_step + 1
    c_size = (columns - 1) * column_stride + (column_count - 1) * column_step + 1
    outer = (plane_first < 0 or row_first < 0 or column_first < 0
             or plane_first + p_size > x_planes or row_first + r_size > x_rows
             or column_first + c_size > x_columns)  # fmt: skip
    block_bytes = p_size * r_size * c_size * vector
    # A few blocks at a time, so that what a tile reads of y stays in a near cache.
    some = max(1, NEAR // (high * planes * rows * columns * vector))
    some = max(1, min(some, blocks))
    slab = COPIES // (block_bytes * some) // together * together
    slab = min(inputs, max(together, slab))
    # A slab of input channels x a part of the output channels is a unit; few units are cut up.
    tiles = (outputs + high - 1) // high
    wanted = 4 * workers(context)
    while slab > together and groups * ((inputs + slab - 1) // slab) < wanted:
        slab = max(together, slab // 2 // together * together)
    slabs = (inputs + slab - 1) // slab
    parts = max(1, min(tiles, (wanted + groups * slabs - 1) // (groups * slabs)))
    units = groups * slabs * parts
    s_block, s_channel, s_plane, s_row = x_block, x_channel, x_plane, x_row
    if outer:
        s_row, s_plane = c_size * vector, r_size * c_size * vector
        s_block, s_channel = block_bytes, block_bytes * some
    start = plane_first * x_plane + row_first * x_row + column_first * vector
    unit, stop = start_of(context, units, 1), stop_of(context, units, 1)
    while unit < stop:
        # All parts of a slab that are this worker's in one go.
        part, rest = unit % parts, unit // parts
        part_last = min(parts, part + stop - unit)
        unit += part_last - part
        group, first = rest // slabs, rest % slabs * slab
        channels = min(slab, inputs - first)
        for block in range(0, blocks, some):
            count, goes_on = min(some, blocks - block), min(block, 1)
            source = x + block * x_block + (group * inputs + first) * x_channel
            seen = source + start
            if outer:
                seen = scratch(context)
                padded(
                    seen, s_channel, s_block, s_plane, s_row, p_size, r_size, c_size, channels,
                    count, source, x_channel, x_block, x_plane, x_row, x_planes, x_rows,
                    x_columns, plane_first, row_first, column_first)  # fmt: skip
            for tile in range(tiles * part // parts, tiles * part_last // parts):
                o = tile * high
                o_left = min(high, outputs - o)
                d = y + block * y_block + (group * outputs + o) * y_channel
                for i in range(0, channels, together):
                    slab_tiles(
                        kind, count, planes, rows, columns, d, y_channel, y_block, y_plane, y_row,
                        seen + i * s_channel, s_block, s_channel, s_plane, s_row, plane_stride,
                        plane_step, plane_count, row_stride, row_step, row_count, column_stride,
                        column_step, column_count, w + group * w_group + o * w_out
                        + (first + i) * w_in, w_out, w_in, w_plane, w_row, w_column, o_left,
                        min(together, channels - i), goes_on)  # fmt: skip
