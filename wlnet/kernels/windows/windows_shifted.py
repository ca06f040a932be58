"""Convolution of examples one by one where the stride is 1: lanes are places, one after another.

Direct convolution in the plain layout NCDHW, without im2col but along the rows. For batches too
small to fill the lanes with examples: a worker copies what its places meet (window_shifting.py);
then every element of a window is a shift, and the tiles of window_tiles.py run over the copies. The
way back to the input is the same sum with steps that go backwards.
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
from wlnet.kernels.language import PerTarget, native, routine
from wlnet.kernels.windows.window_shifting import lay_copies, size_of
from wlnet.kernels.windows.window_tiles import (
    HIGH,
    HIGH_WIDE,
    MIDDLE,
    WIDE,
    window_of,
    window_tile,
)

LARGE = PerTarget(lambda target: 6 if target.width == 64 else 3)
"""How many channels go into tiles of WIDE vectors besides MIDDLE."""
large_wide = window_tile(LARGE, WIDE)

HELD = 256 * 1024
"""Bytes that a worker copies at once, unless the places that a tile has take more."""
ROOM = 24
"""How many vectors the largest tile has."""


@routine
def height_of(left, most, vectors):  # type: ignore[no-untyped-def]
    """How many channels the next tile has, of those that are left: tiles of HIGH come first, then
    of LARGE, then of MIDDLE, so that the fewest are done twice, as the last tiles reach back; no
    tile has more than `most`."""
    best, found = left + 2 * HIGH, 1
    for tall in range((left + HIGH - 1) // HIGH + 1):
        for large in range(3):
            rest = max(0, left - tall * HIGH - large * LARGE)
            total = tall * HIGH + large * LARGE + (rest + MIDDLE - 1) // MIDDLE * MIDDLE
            high = HIGH if tall > 0 else LARGE if large > 0 else MIDDLE
            if total <= best and high <= most and (large == 0 or vectors >= WIDE):
                best, found = total, high
    return found


@routine
def tile(  # type: ignore[no-untyped-def]
    high, wide, inputs, planes, rows, columns, w, w_out, w_in, w_plane, w_row, w_column, x, x_in,
    x_plane, x_row, x_column, x_pixel, bias, y, y_out, y_pixel, activation,
):  # fmt: skip
    """The `window_tile` of a height, and of one vector or as many as belong to the height."""
    if high == LARGE and high != MIDDLE:
        large_wide(
            inputs, planes, rows, columns, w, w_out, w_in, w_plane, w_row, w_column, x, x_in,
            x_plane, x_row, x_column, x_pixel, bias, y, y_out, y_pixel, activation, 0,
            0)  # fmt: skip
    else:
        window_of(
            high, wide, inputs, planes, rows, columns, w, w_out, w_in, w_plane, w_row, w_column, x,
            x_in, x_plane, x_row, x_column, x_pixel, bias, y, y_out, y_pixel, activation, 0,
            0)  # fmt: skip


@routine
def held_of(inputs, planes, copies, more):  # type: ignore[no-untyped-def]
    """How many vectors of places can be copied at once, with so many more numbers each."""
    each = HELD // (inputs * planes * copies * ITEM)
    return max(2 * WIDE, (each - more) // LANES - 2)


@native
def convolve_shifted(  # type: ignore[no-untyped-def]
    context, blocks, groups, inputs, outputs, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_step, plane_count, row_first, row_step, row_count,
    column_first, column_step, column_count,
    w, w_group, w_out, w_in, w_plane, w_row, w_column, bias,
    y, y_block, y_channel, y_plane, activation,
):  # fmt: skip
    """`convolve` with strides of 1, where a block is one example: the same numbers.

    Places of a plane lie in one piece. Steps may go backwards. Scratch: see shifted_fields.py.
    """
    vector = LANES * ITEM
    places = rows * columns
    vectors = (places + LANES - 1) // LANES
    row_reach, column_reach = (row_count - 1) * row_step, (column_count - 1) * column_step
    row_low, column_low = min(0, row_reach), min(0, column_reach)
    row_reach, column_reach = abs(row_reach), abs(column_reach)
    # In a single row a column of the kernel is a shift as well.
    single = rows == 1 and row_count == 1
    copies, more = column_count, (row_reach + 2) * columns
    if single:
        copies, more = 1, column_reach
    lead = blocks * groups * planes
    team = workers(context)
    wanted = (team + lead - 1) // max(1, lead)
    held = held_of(inputs, plane_count, copies, more)
    most = min(vectors, max(1, vectors // (2 * WIDE)))
    parts = max((vectors + held - 1) // held, min(most, wanted))
    small = MIDDLE if outputs >= MIDDLE else 1
    chunks = max(1, min(outputs // small, team // max(1, lead * parts)))
    own = scratch(context)
    seen = own + ROOM * vector
    units = lead * parts * chunks
    copied = -1
    for unit in range(start_of(context, units, 1), stop_of(context, units, 1)):
        chunk, rest = unit % chunks, unit // chunks
        part, rest = rest % parts, rest // parts
        plane, rest = rest % planes, rest // planes
        group, block = rest % groups, rest // groups
        v, v_last = vectors * part // parts, vectors * (part + 1) // parts
        first, last = v * LANES, min(places, v_last * LANES)
        row, column, long, wide_row = first // columns, 0, row_reach, columns
        long += (last - 1) // columns - row + 1
        if single:
            row, column, long, wide_row = 0, first, 1, last - first + column_reach
        size = size_of(long, wide_row)
        if copied != unit // chunks:
            copied = unit // chunks
            source = x + block * x_block + group * inputs * x_channel
            start, step = column_first + column, column_step
            if single:
                start += column_low
            lay_copies(
                seen, size, inputs, plane_count, copies, long, wide_row, source, x_channel, x_plane,
                x_row, x_planes, x_rows, x_columns, plane_first + plane, plane_step,
                row_first + row_low + row, start, step)  # fmt: skip
        x_deep, x_down, x_along = copies * size, row_step * columns * ITEM, size
        begin = seen + (first - row * columns - row_low * columns) * ITEM
        if single:
            x_along = column_step * ITEM
            begin = seen - column_low * ITEM
        o, o_last = outputs * chunk // chunks, outputs * (chunk + 1) // chunks
        most = o_last - o
        while o < o_last:
            high = height_of(o_last - o, most, v_last - v)
            wide = HIGH_WIDE if high == HIGH else WIDE
            # The last tiles reach back over numbers done before: the same ones again.
            o = min(o, o_last - high)
            if v_last - v < wide:
                wide = 1
            channel = group * outputs + o
            wo, bo = w + group * w_group + o * w_out, bias + channel * ITEM if bias != 0 else 0
            yo = y + block * y_block + plane * y_plane + channel * y_channel
            j = v
            while j < v_last:
                # Of a tile of HIGH channels a single vector takes its share of the time.
                if high == HIGH and v_last - j < wide:
                    wide = 1
                j = min(j, v_last - wide)
                yj = yo + j * vector
                to, to_channel = yj, y_channel
                # A vector that is not full goes through a place of the worker's own.
                left = places - j * LANES
                if left < wide * LANES:
                    to, to_channel = own, wide * vector
                tile(
                    high, wide, inputs, plane_count, row_count, column_count, wo, w_out, w_in,
                    w_plane, w_row, w_column, begin + (j - v) * vector, plane_count * x_deep,
                    x_deep, x_down, x_along, vector, bo, to, to_channel, vector,
                    activation)  # fmt: skip
                if left < wide * LANES:
                    for i in range(high):
                        copy_bytes(yj + i * y_channel, own + i * wide * vector, left * ITEM)
                j += wide
            o += high
