"""What convolution of examples one by one sends back: to its input, and to its weights.

By the input: for some channels at a time, products of the weights and all places say what each
place sends to each element of its window; window_spreading.py brings that together. By the weights:
what the places meet is gathered (window_gathering.py), and multiplied with what they send.
"""

from __future__ import annotations

from wlnet.kernels.instructions import (
    ITEM,
    LANES,
    copy_bytes,
    scratch,
    start_of,
    stop_of,
    word,
    workers,
)
from wlnet.kernels.language import native, routine
from wlnet.kernels.tiles import NO_ACTIVATION
from wlnet.kernels.window_gathering import gather
from wlnet.kernels.window_spreading import (
    KNOWN,
    every_of,
    met_of,
    skipped,
    spread_line,
    tell_phases,
)
from wlnet.kernels.window_tiles import ACROSS, MIDDLE, WIDE, gradient_tile, window_tile, zero_bytes

middle_wide = window_tile(MIDDLE, WIDE)
middle_one = window_tile(MIDDLE, 1)
flat_one = window_tile(1, 1)
across = gradient_tile(ACROSS, 1, ACROSS)

HELD = 256 * 1024
"""Bytes that a worker holds at once of what is sent or met, unless one channel takes more."""

PART = 64
"""How many vectors of places the gradient by the weights is summed over at once."""

CHUNK = 60
"""How many output channels it is worked out for at once."""


@routine
def send(back, count, vectors, full, outputs, w, w_out, d, d_channel, tail):  # type: ignore[no-untyped-def]
    """back[k, place] = sum over o of w[o, k] d[o, place]; the last places lie in the tail."""
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
            wk, to = w + k * ITEM, back + (k * vectors + j) * vector
            if wide > 1:
                middle_wide(
                    outputs, 1, 1, 1, wk, ITEM, w_out, 0, 0, 0, source, apart, 0, 0, 0, vector, 0,
                    to, vectors * vector, vector, NO_ACTIVATION, 0, 0)  # fmt: skip
            elif high > 1:
                middle_one(
                    outputs, 1, 1, 1, wk, ITEM, w_out, 0, 0, 0, source, apart, 0, 0, 0, vector, 0,
                    to, vectors * vector, vector, NO_ACTIVATION, 0, 0)  # fmt: skip
            else:
                flat_one(
                    outputs, 1, 1, 1, wk, ITEM, w_out, 0, 0, 0, source, apart, 0, 0, 0, vector, 0,
                    to, vectors * vector, vector, NO_ACTIVATION, 0, 0)  # fmt: skip
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

    Channels of y and w lie in one piece. Scratch: see window_fields.py.
    """
    vector = LANES * ITEM
    places = planes * rows * columns
    vectors, full = (places + LANES - 1) // LANES, places // LANES
    offsets = plane_count * row_count * column_count
    step = vectors * vector
    plane_every, row_every = every_of(plane_stride, plane_step), every_of(row_stride, row_step)
    column_every = every_of(column_stride, column_step)
    plane_move = plane_every * plane_step // plane_stride
    row_move = row_every * row_step // row_stride
    column_move = column_every * column_step // column_stride
    own_row = ((x_columns + column_stride - 1) // column_stride + LANES - 1) // LANES * vector
    plane_table = scratch(context)
    row_table = plane_table + 8 * KNOWN * plane_stride
    column_table = row_table + 8 * KNOWN * row_stride
    own = column_table + 8 * KNOWN * column_stride
    tail = own + column_stride * own_row
    back = tail + outputs * vector
    tell_phases(plane_table, plane_first, plane_stride, plane_step, plane_count)
    tell_phases(row_table, row_first, row_stride, row_step, row_count)
    tell_phases(column_table, column_first, column_stride, column_step, column_count)
    # A slab of input channels is a unit.
    lead = blocks * groups
    slab = min(inputs, max(HELD // (offsets * step), (MIDDLE + offsets - 1) // offsets))
    slabs = max((inputs + slab - 1) // slab, min(inputs, (workers(context) + lead - 1) // lead))
    units, begun = lead * slabs, -1
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        part, rest = unit % slabs, unit // slabs
        group, block = rest % groups, rest // groups
        first = inputs * part // slabs
        channels = inputs * (part + 1) // slabs - first
        d = y + block * y_block + group * outputs * y_channel
        if begun != rest and full < vectors:
            zero_bytes(tail, outputs * vector)
            for o in range(outputs):
                copy_bytes(tail + o * vector, d + o * y_channel + full * vector,
                           (places - full * LANES) * ITEM)  # fmt: skip
        begun = rest
        send(back, channels * offsets, vectors, full, outputs, w + group * w_group + first * w_in,
             w_out, d, y_channel, tail)  # fmt: skip
        for line in range(x_planes * x_rows):
            plane, row = line // x_rows, line % x_rows
            of_plane = plane_table + 8 * KNOWN * (plane % plane_stride)
            p = word(of_plane, 2) + plane // plane_stride
            left_out = skipped(p, plane_move, planes)
            planes_met = max(0, met_of(p, plane_move, word(of_plane, 1)) - left_out)
            q, p = word(of_plane, 0) + left_out * plane_every, p - left_out * plane_move
            of_row = row_table + 8 * KNOWN * (row % row_stride)
            r = word(of_row, 2) + row // row_stride
            left_out = skipped(r, row_move, rows)
            rows_met = max(0, met_of(r, row_move, word(of_row, 1)) - left_out)
            t, r = word(of_row, 0) + left_out * row_every, r - left_out * row_move
            sent = (back + (q * row_count + t) * column_count * step
                    + (p * rows + r) * columns * ITEM)  # fmt: skip
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
def along(to, step, first, last, places, channels, d, d_block, d_channel):  # type: ignore[no-untyped-def]
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
    w, w_group, w_out, w_in, w_plane, w_row, w_column, y, y_block, y_channel,
):  # fmt: skip
    """Writes w, the gradient by the weights of `convolve_rows`, whose fields these are; y is the
    gradient by its output.

    Channels of y and w lie in one piece. Scratch: see window_fields.py.
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
    q_size = (plane_count - 1) * plane_step + 1
    r_size = (row_count - 1) * row_step + 1
    c_size = (column_count - 1) * column_step + 1
    offsets = q_size * r_size * c_size
    slab = min(inputs, max(1, HELD // (offsets * step)))
    slabs, chunks = (inputs + slab - 1) // slab, (outputs + CHUNK - 1) // CHUNK
    slabs = max(slabs, min(inputs, (workers(context) + groups * chunks - 1) // (groups * chunks)))
    wanted = (workers(context) + groups * slabs - 1) // (groups * slabs)
    chunks = max(chunks, min((outputs + ACROSS - 1) // ACROSS, wanted))
    own = scratch(context)
    seen = own + min(outputs, CHUNK) * step
    # All elements of the windows of a slab lie at equal distances, unless there are gaps.
    whole = offsets == plane_count * row_count * column_count
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
                along(own, step, first, last, places, high, y + (group * outputs + o) * y_channel,
                      y_block, y_channel)  # fmt: skip
            copied = rest
            if last % LANES:
                for k in range(channels * offsets):
                    zero_bytes(seen + k * step + (count - 1) * vector, vector)
            place = first
            while place < last:
                block, start = place // places, place % places
                stop = min(places, start + last - place)
                gather(
                    seen + (place - first) * ITEM, step, start, stop, rows, columns, q_size,
                    r_size, c_size, channels,
                    x + block * x_block + (group * inputs + i) * x_channel, x_channel, x_plane,
                    x_row, x_planes, x_rows, x_columns, plane_first, plane_stride, row_first,
                    row_stride, column_first, column_stride)  # fmt: skip
                place += stop - start
            lines, width = channels * plane_count * row_count, column_count
            next_met = column_step * step
            if whole:
                lines, width, next_met = 1, channels * offsets, step
            for line in range(lines):
                t, more = line % row_count, line // row_count
                q, channel = more % plane_count, more // plane_count
                met = seen + ((channel * q_size + q * plane_step) * r_size
                              + t * row_step) * c_size * step  # fmt: skip
                to = (w + group * w_group + o * w_out + (i + channel) * w_in + q * w_plane
                      + t * w_row)  # fmt: skip
                for c in range(0, width, ACROSS):
                    for k in range(0, high, ACROSS):
                        across(
                            1, 1, 1, count, own + k * step, step, 0, 0, 0, vector,
                            met + c * next_met, 0, 0, 0, vector, 0, next_met,
                            to + k * w_out + c * w_column, w_out, 0, w_column,
                            min(ACROSS, high - k), min(ACROSS, width - c), goes_on)  # fmt: skip
