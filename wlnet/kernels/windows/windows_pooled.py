"""Convolution, bias, ramp and the largest of every 2 x 2 pixels in one, for examples in lanes.

A convolution whose epilogue is bias, ReLU and max pooling, all of them fused.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, scratch, start_of, stop_of, workers
from wlnet.kernels.language import native
from wlnet.kernels.windows.pool_tiles import POOLED, pooled_tile
from wlnet.kernels.windows.window_gradients import padded

pooled = pooled_tile(POOLED)
pooled_flat = pooled_tile(1)


@native
def convolve_pooled(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, rows, columns,
    x, x_block, x_channel, x_row, x_rows, x_columns,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_group, w_out, w_in, w_row, w_column, bias,
    y, y_block, y_channel, y_row, places, place_block, place_channel, place_row, activation,
):  # fmt: skip
    """`convolve` with two axes of space, of which y holds the largest of each 2 x 2 pixels.

    rows, columns: those of y, after pooling. places: 0, or one byte for every number of y: which
    of the four was largest (row-major, the first of equals), or GATED where the ramp, if there is
    one, held it back. The numbers are those of `convolve` followed by the ramp and `pool_max`.
    With padding the worker needs scratch: see window_fields.py.
    """
    vector = LANES * ITEM
    lines = blocks * groups * rows
    # With few lines the channels are divided as well.
    chunks = 1
    if lines < 4 * workers(context):
        chunks = max(1, min(outputs // POOLED, 4 * workers(context) // max(lines, 1)))
    # The part of the input that a line of windows meets; with zeros around it, it is copied.
    deep = row_stride + (row_count - 1) * row_step + 1
    wide = (2 * columns - 1) * column_stride + (column_count - 1) * column_step + 1
    beyond = column_first < 0 or column_first + wide > x_columns
    units = lines * chunks
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        row, rest = unit % rows, unit // rows
        chunk, rest = rest % chunks, rest // chunks
        group, block = rest % groups, rest // groups
        row_at = row_first + 2 * row * row_stride
        source = x + block * x_block + group * inputs * x_channel
        s_channel, s_row, seen = x_channel, x_row, source + row_at * x_row + column_first * vector
        if beyond or row_at < 0 or row_at + deep > x_rows:
            s_row, seen = wide * vector, scratch(context)
            s_channel = deep * s_row
            padded(
                seen, s_channel, 0, 0, s_row, 1, deep, wide, inputs, 1, source, x_channel, 0, 0,
                x_row, 1, x_rows, x_columns, 0, row_at, column_first)  # fmt: skip
        x_line, x_pixel = row_stride * s_row, column_stride * vector
        x_down, x_along = row_step * s_row, column_step * vector
        first, last = outputs * chunk // chunks, outputs * (chunk + 1) // chunks
        high = POOLED if last - first >= POOLED else 1
        o = first
        while o < last:
            # The last tile reaches back over channels done before: the same numbers again.
            o = min(o, last - high)
            channel = group * outputs + o
            wo = w + group * w_group + o * w_out
            bo = bias + channel * ITEM if bias != 0 else 0
            yo = y + block * y_block + channel * y_channel + row * y_row
            po = places + block * place_block + channel * place_channel + row * place_row
            for j in range(columns):
                pj = po + j * LANES if places != 0 else 0
                if high == POOLED:
                    pooled(
                        inputs, 1, row_count, column_count, wo, w_out, w_in, 0, w_row, w_column,
                        seen + 2 * j * x_pixel, s_channel, 0, x_down, x_along, x_pixel, x_line, bo,
                        yo + j * vector, y_channel, pj, place_channel, activation)  # fmt: skip
                else:
                    pooled_flat(
                        inputs, 1, row_count, column_count, wo, w_out, w_in, 0, w_row, w_column,
                        seen + 2 * j * x_pixel, s_channel, 0, x_down, x_along, x_pixel, x_line, bo,
                        yo + j * vector, y_channel, pj, place_channel, activation)  # fmt: skip
            o += high
