"""The gradient by the weights of convolution of examples one by one, where the stride is 1.

What the places meet is copied as on the way there (window_shifting.py), and multiplied with what
they send. The sums run over places, lane by lane, and over lanes at last.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    copy_bytes,
    scratch,
    set_word,
    start_of,
    stop_of,
    workers,
)
from wlnet.kernels.language import native, routine
from wlnet.kernels.windows.shift_tiles import MET_HIGH, MET_WIDE, met_tile
from wlnet.kernels.windows.window_shifting import lay_copies, size_of
from wlnet.kernels.windows.window_tiles import zero_bytes
from wlnet.kernels.windows.windows_shifted import HELD

PART = 128
"""How many vectors of places the sums run over at once, and of how many images at most."""
WORD = 8
"""Bytes of a word of a table."""


@routine
def tell_met(table, channels, planes, rows, columns, x_in, x_plane, x_row, x_column):  # type: ignore[no-untyped-def]
    """How far the elements of the windows of some channels lie; behind the last as far as that."""
    k = 0
    for i in range(channels):
        for q in range(planes):
            for r in range(rows):
                for c in range(columns):
                    set_word(table, k, i * x_in + q * x_plane + r * x_row + c * x_column)
                    k += 1
    for j in range(MET_WIDE):
        set_word(table, k + j, 0)


@native
def convolve_shifted_weights(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_step, plane_count, row_first, row_step, row_count,
    column_first, column_step, column_count,
    w, w_group, w_out, w_in, y, y_block, y_channel, y_plane, some, piece,
):  # fmt: skip
    """Writes w, the gradient by the weights of `convolve_shifted`, whose fields these are; y is the
    gradient by its output. Steps are positive.

    Channels of w lie in one piece. The sums run over `some` planes of images, and a `piece` of the
    vectors of each, at once. Scratch: see shifted_fields.py.
    """
    vector = LANES * ITEM
    places = rows * columns
    vectors = (places + LANES - 1) // LANES
    row_reach, column_reach = (row_count - 1) * row_step, (column_count - 1) * column_step
    single = rows == 1 and row_count == 1
    copies = 1 if single else column_count
    taps = plane_count * row_count * column_count
    images = blocks * planes
    # A slab of input channels is a unit, or, for more workers, a part of the output channels.
    team = workers(context)
    long, wide_row = (piece * LANES - 1) // columns + 2, columns
    long = min(rows, long) + row_reach
    if single:
        long, wide_row = 1, min(columns, piece * LANES) + column_reach
    size = size_of(long, wide_row)
    x_in = plane_count * copies * size
    slab = max(1, min(inputs, HELD // (some * x_in)))
    slabs = max((inputs + slab - 1) // slab, min(inputs, (team + groups - 1) // groups))
    tiles = (outputs + MET_HIGH - 1) // MET_HIGH
    chunks = max(1, min(tiles, team // (groups * slabs)))
    slab = (inputs + slabs - 1) // slabs
    units = groups * slabs * chunks
    table = scratch(context)
    sent = table + (slab * taps + MET_WIDE) * WORD
    x_down, x_along = row_step * wide_row * ITEM, size
    if single:
        x_along = column_step * ITEM
    # What lies in whole vectors is read where it is.
    is_whole = planes == 1 and places % LANES == 0
    d_out, d_image = y_channel, y_block
    seen = sent
    if not is_whole:
        d_out, d_image = piece * vector, outputs * piece * vector
        seen = sent + some * d_image
    for image in range(0, images, some):
        count = min(some, images - image)
        for v in range(0, vectors, piece):
            v_last = min(vectors, v + piece)
            first, last = v * LANES, min(places, v_last * LANES)
            row, column = first // columns, 0
            goes_on = min(image + v, 1)
            high_rows = min(long, (last - 1) // columns - row + 1 + row_reach)
            if single:
                row, column, high_rows = 0, first, 1
            copied_slab, copied_group = -1, -1
            for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
                chunk, rest = unit % chunks, unit // chunks
                s, group = rest % slabs, rest // slabs
                i = inputs * s // slabs
                channels = inputs * (s + 1) // slabs - i
                if group != copied_group and not is_whole:
                    copied_group = group
                    for n in range(count):
                        block, plane = (image + n) // planes, (image + n) % planes
                        source = y + block * y_block + plane * y_plane + first * ITEM
                        for o in range(outputs):
                            to = sent + n * d_image + o * d_out
                            copy_bytes(to, source + (group * outputs + o) * y_channel,
                                       (last - first) * ITEM)  # fmt: skip
                            zero_bytes(to + (last - first) * ITEM,
                                       (v_last * LANES - last) * ITEM)  # fmt: skip
                if rest != copied_slab:
                    copied_slab = rest
                    tell_met(table, channels, plane_count, row_count, column_count, x_in,
                             copies * size, x_down, x_along)  # fmt: skip
                    for n in range(count):
                        block, plane = (image + n) // planes, (image + n) % planes
                        lay_copies(
                            seen + n * channels * x_in, size, channels, plane_count, copies,
                            high_rows, wide_row, x + block * x_block
                            + (group * inputs + i) * x_channel, x_channel, x_plane, x_row, x_planes,
                            x_rows, x_columns, plane_first + plane, plane_step, row_first + row,
                            column_first + column, column_step)  # fmt: skip
                d, begin = sent, seen + (first - row * columns - column) * ITEM
                if is_whole:
                    d = y + image * y_block + group * outputs * y_channel + first * ITEM
                to = w + group * w_group + i * w_in
                for o in range(MET_HIGH * (tiles * chunk // chunks),
                               min(outputs, MET_HIGH * (tiles * (chunk + 1) // chunks)),
                               MET_HIGH):  # fmt: skip
                    for k in range(0, channels * taps, MET_WIDE):
                        met_tile(
                            count, v_last - v, d + o * d_out, d_out, d_image, begin,
                            channels * x_in, table + k * WORD, to + o * w_out + k * ITEM, w_out,
                            min(MET_HIGH, outputs - o), min(MET_WIDE, channels * taps - k),
                            goes_on)  # fmt: skip
