"""What convolution of examples one by one sends back: to its input, and to its weights.

The gradient by the input is a transposed convolution (a GEMM, then col2im); that by the weights an
im2col and a GEMM.

By the input: for some channels at a time, products of the weights and all places say what each
place sends to each element of its window; window_spreading.py brings that together. By the weights:
what the places meet is gathered (window_gathering.py), and multiplied with what they send.
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
from wlnet.kernels.language import native, routine
from wlnet.kernels.products.tiles import NO_ACTIVATION
from wlnet.kernels.windows.window_gathering import gather
from wlnet.kernels.windows.window_spreading import every_of, met_at, spread_line, tell_axes
from wlnet.kernels.windows.window_tiles import ACROSS, MIDDLE, WIDE, gradient_tile, zero_bytes
from wlnet.kernels.windows.windows_in_rows import HELD, some_tile

across = gradient_tile(ACROSS, 1, ACROSS)

PART = 64
"""How many vectors of places the gradient by the weights is summed over at once."""

CHUNK = 60
"""How many output channels it is worked out for at once."""


@routine
def send(  # type: ignore[no-untyped-def]
    back, step, count, vectors, full, outputs, w, w_out, d, d_channel, tail
):
    """back[k, place] = sum over o of w[o, k] d[o, place]; behind the full vectors of places that d
    has, there is one in the tail."""
    vector = LANES * ITEM
    high = MIDDLE if count >= MIDDLE else 1
    k = 0
    while k < count:
        # The last tiles reach back over numbers done before: the same ones again.
        k = min(k, count - high)
        j = 0
        while j < vectors:
            wide = WIDE if high > 1 and j < full and full >= WIDE else 1
            if wide > 1:
                j = min(j, full - wide)
            source, apart = d + j * vector, d_channel
            if j >= full:
                source, apart = tail, vector
            some_tile(
                high, wide, outputs, 1, 1, 1, w + k * ITEM, ITEM, w_out, 0, 0, 0, source, apart, 0,
                0, 0, 0, back + k * step + j * vector, step, NO_ACTIVATION)  # fmt: skip
            j += wide
        k += high


@native
def convolve_rows_input(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_step, plane_count,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_group, w_out, w_in, y, y_block, y_channel,
):  # fmt: skip
    """Writes x, the gradient by the input of `convolve_rows`, whose fields these are; y is the
    gradient by its output.

    Channels of y and w lie in one piece. Scratch: see row_fields.py.
    """
    vector = LANES * ITEM
    places = planes * rows * columns
    offsets = plane_count * row_count * column_count
    plane_every, row_every = every_of(plane_stride, plane_step), every_of(row_stride, row_step)
    column_every = every_of(column_stride, column_step)
    plane_move = plane_every * plane_step // plane_stride
    row_move = row_every * row_step // row_stride
    column_move = column_every * column_step // column_stride
    # Rows of places that are held at once: a line of x meets `reach` of them at most. Of images
    # that have planes, all.
    reach = (row_count - 1) * row_step // row_stride + 2
    band, held = x_rows, rows
    most = max(HELD // (offsets * columns * ITEM), 4 * reach)
    if x_planes == 1 and planes == 1 and rows > most:
        band, held = (most - reach) * row_stride, most
    bands = (x_rows + band - 1) // band
    step = (planes * held * columns + LANES - 1) // LANES * vector
    plane_table, row_table, column_table, own, own_row, tail = tell_axes(
        scratch(context),
        x_columns,
        plane_first,
        plane_stride,
        plane_step,
        plane_count,
        row_first,
        row_stride,
        row_step,
        row_count,
        column_first,
        column_stride,
        column_step,
        column_count,
    )
    back = tail + outputs * vector
    # A slab of input channels is a unit: as many as a tile has rows, or as are held.
    lead = blocks * groups
    slab = min(inputs, max(HELD // (offsets * step), (MIDDLE + offsets - 1) // offsets))
    slabs = max((inputs + slab - 1) // slab, min(inputs, (workers(context) + lead - 1) // lead))
    units, copied = lead * slabs, -1
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        part, rest = unit % slabs, unit // slabs
        group, block = rest % groups, rest // groups
        first = inputs * part // slabs
        channels = inputs * (part + 1) // slabs - first
        for number in range(bands):
            line, last_line = number * band, min(x_rows, (number + 1) * band)
            r_first, r_last = 0, rows
            if bands > 1:
                r_first = max(0, (line - row_first + row_stride - 1) // row_stride - reach + 1)
                r_last = max(r_first, min(rows, (last_line - 1 - row_first) // row_stride + 1))
            begin = r_first * columns
            count = planes * (r_last - r_first) * columns
            vectors = (count + LANES - 1) // LANES
            full = min(vectors, (places - begin) // LANES)
            d = y + block * y_block + group * outputs * y_channel + begin * ITEM
            if full < vectors and copied != rest * bands + number:
                copied = rest * bands + number
                zero_bytes(tail, outputs * vector)
                for o in range(outputs):
                    copy_bytes(tail + o * vector, d + o * y_channel + full * vector,
                               (places - begin - full * LANES) * ITEM)  # fmt: skip
            send(
                back, step, channels * offsets, vectors, full, outputs,
                w + group * w_group + first * w_in, w_out, d, y_channel, tail)  # fmt: skip
            if bands == 1:
                last_line = x_planes * x_rows
            for each in range(line, last_line):
                plane, row = each // x_rows, each % x_rows
                planes_met, q, p = met_at(
                    plane_table, plane, plane_stride, plane_move, plane_every, planes
                )
                rows_met, t, r = met_at(row_table, row, row_stride, row_move, row_every, rows)
                sent = (back + (q * row_count + t) * column_count * step
                        + ((p * rows + r) * columns - begin) * ITEM)  # fmt: skip
                to = x + block * x_block + plane * x_plane + row * x_row
                for i in range(channels):
                    spread_line(
                        to + (group * inputs + first + i) * x_channel, x_columns, column_stride,
                        column_table, column_move, column_every, planes_met, rows_met,
                        sent + i * offsets * step,
                        plane_every * row_count * column_count * step
                        - plane_move * rows * columns * ITEM,
                        row_every * column_count * step - row_move * columns * ITEM, step, columns,
                        0, 0, 0, 0, 0, 0, own, own_row)  # fmt: skip


@routine
def in_one_row(to, step, first, last, places, channels, d, d_block, d_channel):  # type: ignore[no-untyped-def]
    """Copy the places first .. last-1 of all examples, one after another, and zeros up to the
    end of the last vector."""
    end = (last - first + LANES - 1) // LANES * LANES
    for o in range(channels):
        at = to + o * step
        place = first
        while place < last:
            block, begin = place // places, place % places
            count = min(places - begin, last - place)
            copy_bytes(at + (place - first) * ITEM, d + block * d_block + o * d_channel
                       + begin * ITEM, count * ITEM)  # fmt: skip
            place += count
        zero_bytes(at + (last - first) * ITEM, (end - last + first) * ITEM)


@native
def convolve_rows_weights(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_step, plane_count,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_group, w_out, w_in, y, y_block, y_channel,
):  # fmt: skip
    """Writes w, the gradient by the weights of `convolve_rows`, whose fields these are; y is the
    gradient by its output.

    Channels of y and w lie in one piece. Scratch: see row_fields.py.
    """
    vector = LANES * ITEM
    places = planes * rows * columns
    total = blocks * places
    vectors = (total + LANES - 1) // LANES
    # Sums are taken over parts that follow from the sizes alone.
    part = min(vectors, PART)
    # One more vector, so that rows do not lie a multiple of 4096 bytes apart, in the way of each
    # other in a cache.
    step = (part + 1) * vector
    offsets = plane_count * row_count * column_count
    slab = min(inputs, max(1, HELD // (offsets * step)))
    slabs, chunks = (inputs + slab - 1) // slab, (outputs + CHUNK - 1) // CHUNK
    slabs = max(slabs, min(inputs, (workers(context) + groups * chunks - 1) // (groups * chunks)))
    wanted = (workers(context) + groups * slabs - 1) // (groups * slabs)
    chunks = max(chunks, min((outputs + ACROSS - 1) // ACROSS, wanted))
    own = scratch(context)
    seen = own + min(outputs, CHUNK) * step
    units = groups * chunks * slabs
    for begin in range(0, vectors, part):
        count, goes_on = min(part, vectors - begin), min(begin, 1)
        first, last = begin * LANES, min(total, (begin + count) * LANES)
        copied = -1
        for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
            s, rest = unit % slabs, unit // slabs
            chunk, group = rest % chunks, rest // chunks
            i, o = inputs * s // slabs, outputs * chunk // chunks
            channels = inputs * (s + 1) // slabs - i
            high = outputs * (chunk + 1) // chunks - o
            if copied != rest:
                copied = rest
                in_one_row(own, step, first, last, places, high,
                           y + (group * outputs + o) * y_channel, y_block,
                           y_channel)  # fmt: skip
            if last % LANES:
                for k in range(channels * offsets):
                    zero_bytes(seen + k * step + (count - 1) * vector, vector)
            place = first
            while place < last:
                block, start = place // places, place % places
                stop = min(places, start + last - place)
                gather(
                    seen + (place - first) * ITEM, step, start, stop, rows, columns,
                    plane_count, row_count, column_count, plane_step, row_step, column_step,
                    channels,
                    x + block * x_block + (group * inputs + i) * x_channel, x_channel, x_plane,
                    x_row, x_planes, x_rows, x_columns, plane_first, plane_stride, row_first,
                    row_stride, column_first, column_stride)  # fmt: skip
                place += stop - start
            # The elements of the windows of all channels lie at equal distances, here and in w.
            to, width = w + group * w_group + o * w_out + i * w_in, channels * offsets
            for c in range(0, width, ACROSS):
                for k in range(0, high, ACROSS):
                    across(
                        1, 1, 1, count, own + k * step, step, 0, 0, 0, vector, seen + c * step, 0,
                        0, 0, vector, 0, step, to + k * w_out + c * ITEM, w_out, 0, ITEM,
                        min(ACROSS, high - k), min(ACROSS, width - c), goes_on)  # fmt: skip
