"""Convolution of examples one by one: [example][channel][plane][row][column], lanes are places.

Convolution by im2col and tiles of a GEMM, in the plain layout NCDHW.

For batches too small to fill the lanes with examples, where windows have a stride, or are pooled;
others are done by windows_shifted.py. A worker first gathers what its places meet
(window_gathering.py), then runs the tiles of window_tiles.py over that.
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
from wlnet.kernels.emit.vectors import INDEX
from wlnet.kernels.language import native, routine
from wlnet.kernels.windows.pool_tiles import POOLED, pooled_tile
from wlnet.kernels.windows.window_gathering import gather
from wlnet.kernels.windows.window_tiles import MIDDLE, WIDE, window_tile

middle_wide = window_tile(MIDDLE, WIDE)
middle_one = window_tile(MIDDLE, 1)
flat_one = window_tile(1, 1)
pooled = pooled_tile(POOLED, INDEX)
pooled_flat = pooled_tile(1, INDEX)

HELD = 256 * 1024
"""Bytes that a worker holds at once of what is met or sent, unless the fewest channels and places
that a tile has take more."""


@routine
def some_tile(  # type: ignore[no-untyped-def]
    high, wide, inputs, planes, rows, columns, w, w_out, w_in, w_plane, w_row, w_column, x, x_in,
    x_plane, x_row, x_column, bias, y, y_out, activation,
):  # fmt: skip
    """The `window_tile` of MIDDLE channels and WIDE neighbouring vectors, or of one of them."""
    vector = LANES * ITEM
    if wide > 1:
        middle_wide(
            inputs, planes, rows, columns, w, w_out, w_in, w_plane, w_row, w_column, x, x_in,
            x_plane, x_row, x_column, vector, bias, y, y_out, vector, activation, 0, 0)  # fmt: skip
    elif high > 1:
        middle_one(
            inputs, planes, rows, columns, w, w_out, w_in, w_plane, w_row, w_column, x, x_in,
            x_plane, x_row, x_column, vector, bias, y, y_out, vector, activation, 0, 0)  # fmt: skip
    else:
        flat_one(
            inputs, planes, rows, columns, w, w_out, w_in, w_plane, w_row, w_column, x, x_in,
            x_plane, x_row, x_column, vector, bias, y, y_out, vector, activation, 0, 0)  # fmt: skip


@routine
def parts_of(context, lead, vectors, held):  # type: ignore[no-untyped-def]
    """Into how many parts the places of an example are divided, so that a part can be held and
    that all workers have one."""
    return max((vectors + held - 1) // held, min(vectors, (workers(context) + lead - 1) // lead))


@routine
def held_of(inputs, offsets):  # type: ignore[no-untyped-def]
    """How many vectors of places can be gathered at once."""
    return max(WIDE, HELD // (inputs * offsets * LANES * ITEM) // WIDE * WIDE)


@routine
def put(to, to_channel, source, channels, count):  # type: ignore[no-untyped-def]
    """Copy the first bytes of each channel, whose rows in `source` are WIDE vectors apart."""
    for i in range(channels):
        copy_bytes(to + i * to_channel, source + i * WIDE * LANES * ITEM, count)


@native
def convolve_rows(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_step, plane_count,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_group, w_out, w_in, w_plane, w_row, w_column, bias, y, y_block, y_channel, activation,
):  # fmt: skip
    """`convolve`, where a block is one example: the same numbers.

    Channels of y lie in one piece. Steps are positive. Scratch: see row_fields.py.
    """
    vector = LANES * ITEM
    places = planes * rows * columns
    vectors = (places + LANES - 1) // LANES
    elements = plane_count * row_count * column_count
    lead = blocks * groups
    parts = parts_of(context, lead, vectors, held_of(inputs, elements))
    high = MIDDLE if outputs >= MIDDLE else 1
    chunks = max(1, min(outputs // high, workers(context) // max(1, lead * parts)))
    own = scratch(context)
    seen = own + MIDDLE * WIDE * vector
    units = lead * parts * chunks
    gathered = -1
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        chunk, rest = unit % chunks, unit // chunks
        part, rest = rest % parts, rest // parts
        group, block = rest % groups, rest // groups
        v, v_last = vectors * part // parts, vectors * (part + 1) // parts
        step = (v_last - v) * vector
        if gathered != unit // chunks:
            gathered = unit // chunks
            gather(
                seen, step, v * LANES, min(places, v_last * LANES), rows, columns, plane_count,
                row_count, column_count, plane_step, row_step, column_step, inputs,
                x + block * x_block + group * inputs * x_channel, x_channel, x_plane, x_row,
                x_planes, x_rows, x_columns, plane_first, plane_stride, row_first, row_stride,
                column_first, column_stride)  # fmt: skip
        x_in, x_deep = elements * step, row_count * column_count * step
        x_down, x_along = column_count * step, step
        wide = WIDE if high > 1 and v_last - v >= WIDE else 1
        o, last = outputs * chunk // chunks, outputs * (chunk + 1) // chunks
        while o < last:
            # The last tiles reach back over numbers done before: the same ones again.
            o = min(o, last - high)
            channel = group * outputs + o
            wo, bo = w + group * w_group + o * w_out, bias + channel * ITEM if bias != 0 else 0
            j = v
            while j < v_last:
                j = min(j, v_last - wide)
                xj = seen + (j - v) * vector
                yj = y + block * y_block + channel * y_channel + j * vector
                to, to_channel = yj, y_channel
                # A vector that is not full goes through a place of the worker's own.
                left = places - j * LANES
                if left < wide * LANES:
                    to, to_channel = own, WIDE * vector
                some_tile(
                    high, wide, inputs, plane_count, row_count, column_count, wo, w_out, w_in,
                    w_plane, w_row, w_column, xj, x_in, x_deep, x_down, x_along, bo, to,
                    to_channel, activation)  # fmt: skip
                if left < wide * LANES:
                    put(yj, y_channel, own, high, left * ITEM)
                j += wide
            o += high


@native
def convolve_rows_pooled(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, rows, columns,
    x, x_block, x_channel, x_row, x_rows, x_columns,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_group, w_out, w_in, w_row, w_column, bias, y, y_block, y_channel,
    told, told_block, told_channel, activation,
):  # fmt: skip
    """`convolve_pooled`, where a block is one example: the same numbers.

    rows, columns: those of y, after pooling. told: 0, or where places are written as integers of
    32 bits, laid out like y. Scratch: see row_fields.py.
    """
    vector = LANES * ITEM
    places = rows * columns
    vectors = (places + LANES - 1) // LANES
    r_size = row_stride + (row_count - 1) * row_step + 1
    c_size = column_stride + (column_count - 1) * column_step + 1
    lead = blocks * groups
    parts = parts_of(context, lead, vectors, held_of(inputs, r_size * c_size))
    high = POOLED if outputs >= POOLED else 1
    chunks = max(1, min(outputs // high, workers(context) // max(1, lead * parts)))
    own = scratch(context)
    seen = own + MIDDLE * WIDE * vector
    units = lead * parts * chunks
    gathered = -1
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        chunk, rest = unit % chunks, unit // chunks
        part, rest = rest % parts, rest // parts
        group, block = rest % groups, rest // groups
        v, v_last = vectors * part // parts, vectors * (part + 1) // parts
        step = (v_last - v) * vector
        if gathered != unit // chunks:
            gathered = unit // chunks
            gather(
                seen, step, v * LANES, min(places, v_last * LANES), rows, columns, 1, r_size,
                c_size, 1, 1, 1, inputs, x + block * x_block + group * inputs * x_channel,
                x_channel, 0, x_row, 1, x_rows, x_columns, 0, 1, row_first, 2 * row_stride,
                column_first, 2 * column_stride)  # fmt: skip
        x_in, x_line = r_size * c_size * step, row_stride * c_size * step
        x_down, x_along = row_step * c_size * step, column_step * step
        o, last = outputs * chunk // chunks, outputs * (chunk + 1) // chunks
        while o < last:
            # The last tile reaches back over channels done before: the same numbers again.
            o = min(o, last - high)
            channel = group * outputs + o
            wo, bo = w + group * w_group + o * w_out, bias + channel * ITEM if bias != 0 else 0
            for j in range(v, v_last):
                xj = seen + (j - v) * vector
                yj = y + block * y_block + channel * y_channel + j * vector
                tj = 0
                if told != 0:
                    tj = told + block * told_block + channel * told_channel + j * LANES * 4
                to, to_channel, place, place_channel = yj, y_channel, tj, told_channel
                # A vector that is not full goes through a place of the worker's own.
                left = min(LANES, places - j * LANES)
                if left < LANES:
                    to, to_channel, place_channel = own, WIDE * vector, WIDE * vector
                    if told != 0:
                        place = own + vector
                if high > 1:
                    pooled(
                        inputs, 1, row_count, column_count, wo, w_out, w_in, 0, w_row, w_column,
                        xj, x_in, 0, x_down, x_along, column_stride * step, x_line, bo, to,
                        to_channel, place, place_channel, activation)  # fmt: skip
                else:
                    pooled_flat(
                        inputs, 1, row_count, column_count, wo, w_out, w_in, 0, w_row, w_column,
                        xj, x_in, 0, x_down, x_along, column_stride * step, x_line, bo, to,
                        to_channel, place, place_channel, activation)  # fmt: skip
                if left < LANES:
                    put(yj, y_channel, own, high, left * ITEM)
                    if told != 0:
                        put(tj, told_channel, own + vector, high, left * 4)
            o += high
