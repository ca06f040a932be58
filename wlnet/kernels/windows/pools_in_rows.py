"""Pooling of examples one by one: [example][channel][plane][row][column].

Max and sum pooling in the plain layout NCDHW, vectorized along the columns of the output: the lanes
of a vector are windows at neighbouring places of a row.
"""

from __future__ import annotations

from llvmlite import ir

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    copy_bytes,
    scratch,
    start_of,
    stop_of,
)
from wlnet.kernels.emit.vectors import INDEX, Kit, State, constant
from wlnet.kernels.language import Address, Vector, Word, instruction, native
from wlnet.kernels.windows.pool_tiles import alike, larger
from wlnet.kernels.windows.pools_in_lanes import entered, in_fours, met
from wlnet.kernels.windows.window_gathering import take
from wlnet.kernels.windows.window_spreading import met_at, spread_fours, spread_line, tell_axes
from wlnet.kernels.windows.window_tiles import Places, nested, zero_bytes


@instruction("none", "word", "word", "word")
def fold_sum(kit: Kit, y: Address, x: Address, count: Word) -> None:
    """y = the sum of `count` vectors, which lie one after another from x on."""
    build = kit.builder

    def body(i: Word, state: State) -> State:
        held, at = state
        return [build.fadd(held, kit.load(at)), build.add(at, constant(kit.target.width))]

    held, _ = kit.loop(count, [kit.number(0.0), x], body)
    kit.store(held, y)


@instruction("none", *["word"] * 15)
def fold_largest(
    kit: Kit, planes: Word, rows: Word, columns: Word, x: Address, x_plane: Word, x_row: Word,
    pixel: Word, pixel_plane: Word, pixel_row: Word, column: Word, stride: Word, x_columns: Word,
    count: Word, y: Address, told: Address,
) -> None:  # fmt: skip
    """The largest pixel of the window of each lane, and which it was: max and argmax per lane.

    planes, rows, columns: how many pixels of the windows are looked at along each axis; all of
    these planes and rows lie in the input, of the columns perhaps not all.
    x, x_plane, x_row: the vector of what the lanes meet at the first of these pixels, and the bytes
    to the next plane and row; columns follow one after another.
    pixel, pixel_plane, pixel_row: the number of the first pixel in its window, and how much it
    grows to the next plane and row.
    column, stride, x_columns: over which column of the input the window of lane 0 begins, how many
    columns lie from lane to lane, and how many the input has: what lies outside is left out.
    count: how many lanes are written. y: where the largest go. told: where the numbers of their
    pixels go, or 0.
    """
    build = kit.builder
    kind = ir.VectorType(INDEX, kit.lanes)
    numbers = ir.Constant(kind, list(range(kit.lanes)))

    def narrow(x: Word) -> Vector:
        return kit.spread(build.trunc(x, INDEX), kind)

    begins = build.add(narrow(column), build.mul(numbers, narrow(stride)))
    limit, none = narrow(x_columns), alike(kind, -1)

    def body(held: State, at: Places) -> State:
        value = kit.load(at[0])
        # Without a sign a column below 0 is a large number: one comparison tests both ends.
        inside = build.icmp_unsigned("<", build.add(begins, narrow(at[2])), limit)
        is_first = build.icmp_signed("==", held[1], none)
        replaces = build.and_(inside, build.or_(is_first, larger(kit, held[0], value)))
        return [
            build.select(replaces, value, held[0]),
            build.select(replaces, narrow(at[1]), held[1]),
        ]

    zero, one = constant(0), constant(1)
    steps = (
        (x_plane, pixel_plane, zero),
        (x_row, pixel_row, zero),
        (constant(kit.target.width), one, one),
    )
    start = [kit.number(float("-inf")), none]
    value, which = nested(kit, (planes, rows, columns), steps, start, (x, pixel, zero), body)
    # A window that has no pixel in the input names its first one.
    which = build.select(build.icmp_signed("==", which, none), alike(kind, 0), which)
    kept = kit.first(count)
    kit.store_part(value, y, kept)
    with build.if_then(build.icmp_signed("!=", told, zero)):
        kit.store_indices(which, told, kept)


@native
def pool_max_rows(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count, y, y_block, y_channel, y_plane, y_row,
    places, place_block, place_channel, place_plane, place_row,
):  # fmt: skip
    """`pool_max` of pools_in_lanes.py, where a block is one example. If places is 0, only y is
    written. Scratch: a vector for each pixel of a window."""
    vector = LANES * ITEM
    seen = scratch(context)
    lines = blocks * channels * planes * rows
    for line in range(start_of(context, lines, 1), stop_of(context, lines, 1)):
        row, rest = line % rows, line // rows
        plane, rest = rest % planes, rest // planes
        channel, block = rest % channels, rest // channels
        p, r = plane_first + plane * plane_stride, row_first + row * row_stride
        source = x + block * x_block + channel * x_channel + p * x_plane + r * x_row
        to = y + block * y_block + channel * y_channel + plane * y_plane + row * y_row
        told = 0
        if places != 0:
            told = (places + block * place_block + channel * place_channel + plane * place_plane
                    + row * place_row)  # fmt: skip
        p_in, r_in = entered(p, plane_count), entered(r, row_count)
        p_met, r_met = met(p, plane_count, x_planes), met(r, row_count, x_rows)
        pixel = (p_in * row_count + r_in) * column_count
        for j in range(0, columns, LANES):
            here = min(LANES, columns - j)
            c = column_first + j * column_stride
            take(
                seen, vector, 1, plane_count, row_count, column_count, source + c * ITEM, 0,
                x_plane, x_row, 1, p, 1, x_planes, r, 1, x_rows, c, x_columns, here,
                column_stride)  # fmt: skip
            fold_largest(
                p_met, r_met, column_count, seen + pixel * vector,
                row_count * column_count * vector, column_count * vector, pixel,
                row_count * column_count, column_count, c, column_stride, x_columns, here,
                to + j * ITEM, told + j * 4 if told != 0 else 0)  # fmt: skip


@native
def pool_sum_rows(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count, y, y_block, y_channel, y_plane, y_row,
):  # fmt: skip
    """`pool_sum` of pools_in_lanes.py, where a block is one example. Scratch: a vector, and one for
    each pixel of a window."""
    vector = LANES * ITEM
    own = scratch(context)
    seen = own + vector
    count = plane_count * row_count * column_count
    lines = blocks * channels * planes * rows
    for line in range(start_of(context, lines, 1), stop_of(context, lines, 1)):
        row, rest = line % rows, line // rows
        plane, rest = rest % planes, rest // planes
        channel, block = rest % channels, rest // channels
        p, r = plane_first + plane * plane_stride, row_first + row * row_stride
        source = x + block * x_block + channel * x_channel + p * x_plane + r * x_row
        to = y + block * y_block + channel * y_channel + plane * y_plane + row * y_row
        for j in range(0, columns, LANES):
            here = min(LANES, columns - j)
            c = column_first + j * column_stride
            take(
                seen, vector, 1, plane_count, row_count, column_count, source + c * ITEM, 0,
                x_plane, x_row, 1, p, 1, x_planes, r, 1, x_rows, c, x_columns, here,
                column_stride)  # fmt: skip
            fold_sum(own, seen, count)
            copy_bytes(to + j * ITEM, own, here * ITEM)


@native
def pool_back_rows(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count, y, y_block, y_channel, y_plane, y_row,
    places, place_block, place_channel, place_plane, place_row,
):  # fmt: skip
    """`pool_back` of pools_in_lanes.py, where a block is one example. Scratch: see
    `pool_back_scratch` in row_fields.py."""
    images = blocks * channels
    begin, end = start_of(context, images, 1), stop_of(context, images, 1)
    # Windows of 2 x 2 side by side: no pixel lies in two of them, so nothing is added up.
    if (row_stride == 2 and column_stride == 2 and plane_stride == 1 and planes == x_planes
            and in_fours(rows, columns, x_rows, x_columns, plane_first, plane_count, row_first,
                         row_stride, row_count, column_first, column_stride,
                         column_count)):  # fmt: skip
        for image in range(begin, end):
            block, channel = image // channels, image % channels
            for line in range(planes * x_rows):
                plane, row = line // x_rows, line % x_rows
                to = x + block * x_block + channel * x_channel + plane * x_plane + row * x_row
                done = 2 * columns if row < 2 * rows else 0
                zero_bytes(to + done * ITEM, (x_columns - done) * ITEM)
                if row % 2 == 0 and row < 2 * rows:
                    r, told = row // 2, 0
                    if places != 0:
                        told = (places + block * place_block + channel * place_channel
                                + plane * place_plane + r * place_row)  # fmt: skip
                    spread_fours(
                        to, x_row, y + block * y_block + channel * y_channel + plane * y_plane
                        + r * y_row, told, columns)  # fmt: skip
        return
    plane_table, row_table, column_table, own, own_row, _ = tell_axes(
        scratch(context),
        x_columns,
        plane_first,
        plane_stride,
        1,
        plane_count,
        row_first,
        row_stride,
        1,
        row_count,
        column_first,
        column_stride,
        1,
        column_count,
    )
    for line in range(x_planes * x_rows):
        plane, row = line // x_rows, line % x_rows
        planes_met, p_pixel, p = met_at(plane_table, plane, plane_stride, 1, plane_stride, planes)
        rows_met, r_pixel, r = met_at(row_table, row, row_stride, 1, row_stride, rows)
        pixel = (p_pixel * row_count + r_pixel) * column_count
        for image in range(begin, end):
            block, channel = image // channels, image % channels
            told = 0
            if places != 0:
                told = (places + block * place_block + channel * place_channel + p * place_plane
                        + r * place_row)  # fmt: skip
            spread_line(
                x + block * x_block + channel * x_channel + plane * x_plane + row * x_row,
                x_columns, column_stride, column_table, 1, column_stride, planes_met, rows_met,
                y + block * y_block + channel * y_channel + p * y_plane + r * y_row,
                -y_plane, -y_row, 0, columns, told, -place_plane, -place_row, pixel,
                plane_stride * row_count * column_count, row_stride * column_count, own,
                own_row)  # fmt: skip
