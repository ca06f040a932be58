"""Depthwise convolution with channels side by side: [image][plane][row][column][channel].

Each channel has a kernel of its own, and meets no other (groups = channels): no product of
matrices, but vectors of channels that are multiplied number by number, in the layout NHWC.
w lies as [plane][row][column][channel].
"""

from __future__ import annotations

from typing import Any

from wlnet.kernels.emit.instructions import ITEM, LANES, start_of, stop_of
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import (
    Address,
    Instruction,
    PerTarget,
    Word,
    instruction,
    native,
    routine,
)
from wlnet.kernels.products.tiles import RAMP
from wlnet.kernels.windows.window_tiles import Places, nested, size, zero_bytes
from wlnet.kernels.windows.windows_in_lanes import above, first_inside, last_inside

PIXELS = PerTarget(lambda target: 8 if target.width == 64 else 4)
"""How many pixels a tile has."""


def channel_tile(pixels: int | PerTarget) -> Instruction:
    """y[p] = gate(activation(bias + sum over t of w[t] x[p, t])), for `present` channels.

    Arguments: how often the loops over planes, rows and columns of the kernel run; w, and the
    distance of each; x, and the distance of each, and of neighbouring pixels of y; bias: 0, or an
    address; y, the distance of pixels; activation; gate: 0, or the address of numbers laid out like
    y: a result is kept where they are positive, else 0; present.
    """

    @instruction("none", *["word"] * 18)
    def channels(
        kit: Kit, planes: Word, rows: Word, columns: Word, w: Address, w_plane: Word, w_row: Word,
        w_column: Word, x: Address, x_plane: Word, x_row: Word, x_column: Word, x_pixel: Word,
        bias: Address, y: Address, y_pixel: Word, activation: Word, gate: Address, present: Word,
    ) -> None:  # fmt: skip
        build, zero = kit.builder, kit.number(0.0)
        count, mask = size(kit, pixels), kit.first(present)
        far = [build.mul(constant(i), x_pixel) for i in range(count)]
        (start,) = kit.choose(
            build.icmp_signed("!=", bias, constant(0)),
            lambda: [kit.load_part(bias, mask)],
            lambda: [zero],
        )

        def body(sums: State, at: Places) -> State:
            weight = kit.load_part(at[0], mask)
            return [
                kit.fma(weight, kit.load_part(build.add(at[1], step), mask), total)
                for step, total in zip(far, sums, strict=True)
            ]

        steps = ((w_plane, x_plane), (w_row, x_row), (w_column, x_column))
        sums = nested(kit, (planes, rows, columns), steps, [start] * count, (w, x), body)
        sums = kit.choose(
            build.icmp_signed("==", activation, constant(RAMP)),
            lambda: [kit.ramp(value) for value in sums],
            lambda: sums,
        )
        places = [build.mul(constant(i), y_pixel) for i in range(count)]

        def gated() -> State:
            found = [kit.load_part(build.add(gate, place), mask) for place in places]
            return [
                build.select(build.fcmp_ordered(">", each, zero), value, zero)
                for each, value in zip(found, sums, strict=True)
            ]

        sums = kit.choose(build.icmp_signed("!=", gate, constant(0)), gated, lambda: sums)
        for place, value in zip(places, sums, strict=True):
            kit.store_part(value, build.add(y, place), mask)

    return channels


@instruction("none", *["word"] * 19)
def pixels_of(kit: Kit, count: Word, *arguments: Any) -> None:
    """The `channel_tile` of PIXELS, 4, 2 or 1: few sums wait for themselves, and an image of 8 by 8
    has six pixels that meet a whole kernel."""
    for pixels in dict.fromkeys((size(kit, PIXELS), 4, 2, 1)):
        with kit.builder.if_then(kit.builder.icmp_signed("==", count, constant(pixels))):
            channel_tile(pixels).generate(kit, *arguments)


def gradient_of(columns: int) -> Instruction:
    """g[t] += sum over pixels of d x[pixel, t], for `columns` neighbouring t, of some channels.

    Arguments: planes, rows and columns of pixels; d and x, each with the distances of these; the
    distance of t in x; g and the distance of t in it; present.
    """

    @instruction("none", *["word"] * 15)
    def gradient(
        kit: Kit, planes: Word, rows: Word, pixels: Word, d: Address, d_plane: Word, d_row: Word,
        d_pixel: Word, x: Address, x_plane: Word, x_row: Word, x_pixel: Word, x_column: Word,
        g: Address, g_column: Word, present: Word,
    ) -> None:  # fmt: skip
        build, mask = kit.builder, kit.first(present)
        far = [build.mul(constant(i), x_column) for i in range(columns)]
        places = [build.add(g, build.mul(constant(i), g_column)) for i in range(columns)]

        def body(sums: State, at: Places) -> State:
            value = kit.load_part(at[0], mask)
            return [
                kit.fma(value, kit.load_part(build.add(at[1], step), mask), total)
                for step, total in zip(far, sums, strict=True)
            ]

        begun = [kit.load_part(place, mask) for place in places]
        steps = ((d_plane, x_plane), (d_row, x_row), (d_pixel, x_pixel))
        sums = nested(kit, (planes, rows, pixels), steps, begun, (d, x), body)
        for place, value in zip(places, sums, strict=True):
            kit.store_part(value, place, mask)

    return gradient


@instruction("none", *["word"] * 16)
def columns_of(kit: Kit, count: Word, *arguments: Any) -> None:
    """The `gradient_of` three columns or one."""
    for columns in (3, 1):
        with kit.builder.if_then(kit.builder.icmp_signed("==", count, constant(columns))):
            gradient_of(columns).generate(kit, *arguments)


@native
def convolve_depthwise(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_plane, x_row, x_column, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_step, plane_count,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_plane, w_row, w_column, bias,
    y, y_block, y_plane, y_row, y_column, activation, gate,
):  # fmt: skip
    """y[b, p, c] = bias[c] + sum over t of w[t, c] x[b, at(p, t), c].

    at(p, t) = first + p stride + t step along each axis of space, as in `convolve`: what lies
    outside of x is left out; the derivative by the input is the same sum with steps that go
    backwards.
    """
    vector = LANES * ITEM
    reach = max(column_count - 1, 0) * column_step
    low, top = column_first + min(reach, 0), column_first + max(reach, 0)
    # Columns in between meet the whole kernel.
    inside = max(0, above(-low, column_stride))
    outside = min(columns, (x_columns - 1 - top) // column_stride + 1)
    if column_count == 0:
        inside, outside = 0, columns
    lines = blocks * planes * rows
    for line in range(start_of(context, lines, 1), stop_of(context, lines, 1)):
        row, rest = line % rows, line // rows
        plane, block = rest % planes, rest // planes
        plane_at, row_at = plane_first + plane * plane_stride, row_first + row * row_stride
        p = first_inside(plane_at, plane_step, x_planes)
        p_count = last_inside(plane_at, plane_step, x_planes, plane_count) - p
        r = first_inside(row_at, row_step, x_rows)
        r_count = last_inside(row_at, row_step, x_rows, row_count) - r
        x_at = (x + block * x_block + (plane_at + p * plane_step) * x_plane
                + (row_at + r * row_step) * x_row + column_first * x_column)  # fmt: skip
        w_at = w + p * w_plane + r * w_row
        y_at = block * y_block + plane * y_plane + row * y_row
        for o in range(0, channels, LANES):
            present, shift = min(LANES, channels - o), o // LANES * vector
            bo = bias + shift if bias != 0 else 0
            j = 0
            while j < columns:
                left = outside - j if j >= inside else 0
                c, c_count = 0, column_count
                if left < 2:
                    at = column_first + j * column_stride
                    c = first_inside(at, column_step, x_columns)
                    c_count = last_inside(at, column_step, x_columns, column_count) - c
                xj = x_at + (j * column_stride + c * column_step) * x_column + shift
                yj = y_at + j * y_column + shift
                gj = gate + yj if gate != 0 else 0
                wj = w_at + c * w_column + shift
                count = PIXELS if left >= PIXELS else 4 if left >= 4 else 2 if left >= 2 else 1
                pixels_of(
                    count, p_count, r_count, c_count, wj, w_plane, w_row, w_column, xj,
                    plane_step * x_plane, row_step * x_row, column_step * x_column,
                    column_stride * x_column, bo, y + yj, y_column, activation, gj,
                    present)  # fmt: skip
                j += count


@routine
def span(first, stride, count, size):  # type: ignore[no-untyped-def]
    """The first i with 0 <= first + i stride < size, and how many there are, below count."""
    low = min(count, max(0, above(-first, stride)))
    return low, max(low, min(count, (size - 1 - first) // stride + 1)) - low


@native
def convolve_depthwise_weights(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_plane, x_row, x_column, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_step, plane_count,
    row_first, row_stride, row_step, row_count,
    column_first, column_stride, column_step, column_count,
    w, w_plane, w_row, w_column, y, y_block, y_plane, y_row, y_column,
):  # fmt: skip
    """w[t, c] = sum over b, p of y[b, p, c] x[b, first + p stride + t step, c].

    Here y is the gradient by the output of `convolve_depthwise`, whose fields these are, and w is
    written. Steps are positive. Divided by vectors of channels and rows of the kernel; image by
    image, each of which is read several times.
    """
    vector = LANES * ITEM
    vectors = (channels + LANES - 1) // LANES
    units = plane_count * row_count * vectors
    x_pixel, x_along = column_stride * x_column, column_step * x_column
    x_down, x_deep = row_stride * x_row, plane_stride * x_plane
    first_unit, last_unit = start_of(context, units, 1), stop_of(context, units, 1)
    for unit in range(first_unit, last_unit):
        v, t = unit % vectors, unit // vectors
        present = min(LANES, channels - v * LANES)
        to = w + t // row_count * w_plane + t % row_count * w_row + v * vector
        for c in range(column_count):
            zero_bytes(to + c * w_column, present * ITEM)
    for block in range(blocks):
        for unit in range(first_unit, last_unit):
            v, rest = unit % vectors, unit // vectors
            t, q = rest % row_count, rest // row_count
            present, shift = min(LANES, channels - v * LANES), v * vector
            to = w + q * w_plane + t * w_row + shift
            # Pixels that meet this row of the kernel inside of x.
            plane, some = span(plane_first + q * plane_step, plane_stride, planes, x_planes)
            row, many = span(row_first + t * row_step, row_stride, rows, x_rows)
            d = y + block * y_block + plane * y_plane + row * y_row + shift
            seen = (x + block * x_block + (plane_first + q * plane_step) * x_plane + plane * x_deep
                    + (row_first + t * row_step) * x_row + row * x_down
                    + column_first * x_column + shift)  # fmt: skip
            c = 0
            while c < column_count:
                wide = 3 if column_count - c >= 3 else 1
                # Those that meet all of these columns.
                low, count = span(column_first + c * column_step, column_stride, columns,
                                    x_columns - (wide - 1) * column_step)  # fmt: skip
                columns_of(
                    wide, some, many, count, d + low * y_column, y_plane, y_row, y_column,
                    seen + low * x_pixel + c * x_along, x_deep, x_down, x_pixel, x_along,
                    to + c * w_column, w_column, present)  # fmt: skip
                # Those that meet some of three of them, before and after.
                for k in range(c, c + wide - wide % 3):
                    begin, each = span(
                        column_first + k * column_step, column_stride, columns, x_columns
                    )
                    for part in range(2):
                        start = max(begin, low + count) if part else begin
                        left = (begin + each if part else min(low, begin + each)) - start
                        if left > 0:
                            columns_of(
                                1, some, many, left, d + start * y_column, y_plane, y_row,
                                y_column, seen + start * x_pixel + k * x_along, x_deep, x_down,
                                x_pixel, x_along, to + k * w_column, w_column,
                                present)  # fmt: skip
                c += wide
