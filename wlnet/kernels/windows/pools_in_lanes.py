"""Pooling with LANES examples side by side: [block][channel][plane][row][column][LANES].

Max and sum pooling in the batch-blocked layout; unpool is the gradient of fused max pooling.

A window begins at first + place stride and has count pixels along each axis; those outside of x
are left out. Fields: x_planes .. say how large x is; places are indices (32 bits).
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, start_of, stop_of
from wlnet.kernels.emit.vectors import BYTE, INDEX
from wlnet.kernels.language import native, routine
from wlnet.kernels.windows.pool_tiles import four_max, sending, window_back, window_max, window_sum
from wlnet.kernels.windows.window_tiles import zero_bytes

four_back = sending(INDEX, 4)
four_back_by_bytes = sending(BYTE, 1)


@routine
def entered(first, size):  # type: ignore[no-untyped-def]
    """How many pixels of a window lie before x."""
    return max(0, min(size, -first))


@routine
def met(first, count, size):  # type: ignore[no-untyped-def]
    """How many pixels of a window lie in x."""
    return max(0, min(count, size - first) - max(0, -first))


@routine
def in_fours(  # type: ignore[no-untyped-def]
    rows, columns, x_rows, x_columns, plane_first, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count,
):  # fmt: skip
    """Whether all windows are 2 x 2 pixels that lie in x."""
    return (plane_count == 1 and row_count == 2 and column_count == 2 and plane_first == 0
            and row_first == 0 and column_first == 0 and (rows - 1) * row_stride + 2 <= x_rows
            and (columns - 1) * column_stride + 2 <= x_columns)  # fmt: skip


@routine
def clear_rest(to, x_row, x_rows, x_columns, rows, columns):  # type: ignore[no-untyped-def]
    """Zeros where windows of 2 x 2 side by side do not reach: the last column, the last row."""
    vector = LANES * ITEM
    for row in range(x_rows):
        done = 2 * columns if row < 2 * rows else 0
        if done < x_columns:
            zero_bytes(to + row * x_row + done * vector, (x_columns - done) * vector)


@native
def pool_max(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count,
    y, y_block, y_channel, y_plane, y_row, places, place_block, place_channel, place_plane,
    place_row,
):  # fmt: skip
    """y = the largest of each window, places = where in the window it is, row-major."""
    vector = LANES * ITEM
    four = in_fours(
        rows, columns, x_rows, x_columns, plane_first, plane_count, row_first, row_stride,
        row_count, column_first, column_stride, column_count)  # fmt: skip
    count = blocks * channels
    for unit in range(start_of(context, count, 1), stop_of(context, count, 1)):
        block, channel = unit // channels, unit % channels
        source = x + block * x_block + channel * x_channel
        for line in range(planes * rows):
            plane, row = line // rows, line % rows
            p, r = plane_first + plane * plane_stride, row_first + row * row_stride
            to = y + block * y_block + channel * y_channel + plane * y_plane + row * y_row
            where = (places + block * place_block + channel * place_channel + plane * place_plane
                     + row * place_row)  # fmt: skip
            if four:
                at = source + p * x_plane + r * x_row
                for j in range(columns):
                    four_max(at + j * column_stride * vector, x_row, to + j * vector,
                             where + j * LANES * 4)  # fmt: skip
            else:
                p_in, r_in = entered(p, plane_count), entered(r, row_count)
                at = source + (p + p_in) * x_plane + (r + r_in) * x_row
                for j in range(columns):
                    c = column_first + j * column_stride
                    c_in = entered(c, column_count)
                    window_max(
                        met(p, plane_count, x_planes), met(r, row_count, x_rows),
                        met(c, column_count, x_columns), at + (c + c_in) * vector, x_plane, x_row,
                        (p_in * row_count + r_in) * column_count + c_in,
                        row_count * column_count, column_count, to + j * vector,
                        where + j * LANES * 4)  # fmt: skip


@native
def pool_sum(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count, y, y_block, y_channel, y_plane, y_row,
):  # fmt: skip
    """y = the sum of each window."""
    vector = LANES * ITEM
    count = blocks * channels
    for unit in range(start_of(context, count, 1), stop_of(context, count, 1)):
        block, channel = unit // channels, unit % channels
        for line in range(planes * rows):
            plane, row = line // rows, line % rows
            p, r = plane_first + plane * plane_stride, row_first + row * row_stride
            to = y + block * y_block + channel * y_channel + plane * y_plane + row * y_row
            at = (x + block * x_block + channel * x_channel
                  + (p + entered(p, plane_count)) * x_plane
                  + (r + entered(r, row_count)) * x_row)  # fmt: skip
            p_met, r_met = met(p, plane_count, x_planes), met(r, row_count, x_rows)
            for j in range(columns):
                c = column_first + j * column_stride
                window_sum(
                    p_met, r_met, met(c, column_count, x_columns),
                    at + (c + entered(c, column_count)) * vector, x_plane, x_row,
                    to + j * vector)  # fmt: skip


@native
def pool_back(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count,
    y, y_block, y_channel, y_plane, y_row, places, place_block, place_channel, place_plane,
    place_row,
):  # fmt: skip
    """Writes x, the gradient by the input: each window of y sends its gradient to the place that
    was largest, or, if places is 0, to all its pixels: `pool_max_input`, `pool_sum_input`."""
    vector = LANES * ITEM
    four = row_stride == 2 and column_stride == 2 and plane_stride == 1 and planes == x_planes
    four = four and in_fours(
        rows, columns, x_rows, x_columns, plane_first, plane_count, row_first, row_stride,
        row_count, column_first, column_stride, column_count)  # fmt: skip
    count = blocks * channels
    for unit in range(start_of(context, count, 1), stop_of(context, count, 1)):
        block, channel = unit // channels, unit % channels
        to = x + block * x_block + channel * x_channel
        for plane in range(x_planes):
            # Windows side by side write all that they reach: only the rest is cleared.
            if four:
                clear_rest(to + plane * x_plane, x_row, x_rows, x_columns, rows, columns)
            else:
                clear_rest(to + plane * x_plane, x_row, x_rows, x_columns, 0, 0)
        for line in range(planes * rows):
            plane, row = line // rows, line % rows
            p, r = plane_first + plane * plane_stride, row_first + row * row_stride
            p_in, r_in = entered(p, plane_count), entered(r, row_count)
            p_met, r_met = met(p, plane_count, x_planes), met(r, row_count, x_rows)
            source = y + block * y_block + channel * y_channel + plane * y_plane + row * y_row
            where = (places + block * place_block + channel * place_channel + plane * place_plane
                     + row * place_row)  # fmt: skip
            at = to + (p + p_in) * x_plane + (r + r_in) * x_row
            for j in range(columns):
                c = column_first + j * column_stride
                c_in = entered(c, column_count)
                place = where + j * LANES * 4 if places != 0 else 0
                if four:
                    four_back(source + j * vector, place, at + c * vector, x_row)
                else:
                    window_back(
                        p_met, r_met, met(c, column_count, x_columns), at + (c + c_in) * vector,
                        x_plane, x_row, (p_in * row_count + r_in) * column_count + c_in,
                        row_count * column_count, column_count, source + j * vector,
                        place)  # fmt: skip


@native
def unpool(  # type: ignore[no-untyped-def]
    context, images, rows, columns, d, d_image, d_row, places, place_image, place_row,
    x, x_image, x_row, x_rows, x_columns,
):  # fmt: skip
    """The way back through the 2 x 2 windows of `convolve_pooled`: d goes to the pixel of x that
    the byte in places names, all other pixels of x become 0.

    images: blocks x channels, which lie equally far apart; rows, columns: those of d.
    """
    vector = LANES * ITEM
    for image in range(start_of(context, images, 1), stop_of(context, images, 1)):
        to = x + image * x_image
        clear_rest(to, x_row, x_rows, x_columns, rows, columns)
        for row in range(rows):
            at = to + 2 * row * x_row
            source, where = d + image * d_image + row * d_row, places + image * place_image
            for j in range(columns):
                four_back_by_bytes(source + j * vector, where + row * place_row + j * LANES,
                                   at + 2 * j * vector, x_row)  # fmt: skip
