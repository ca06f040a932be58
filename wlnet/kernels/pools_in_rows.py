"""Pooling of examples one by one: [example][channel][plane][row][column], lanes are places."""

from __future__ import annotations

import math
from typing import Any

from wlnet.kernels.instructions import ITEM, LANES, copy_bytes, real, scratch, start_of, stop_of
from wlnet.kernels.language import Instruction, instruction, native
from wlnet.kernels.pool_tiles import larger
from wlnet.kernels.vectors import Kit, constant
from wlnet.kernels.window_gathering import take_each, taking

take = taking(1)
take_every_second = taking(2)
take_or_lowest = taking(1, lowest=True)
take_every_second_or_lowest = taking(2, lowest=True)

LOWEST = -math.inf


def folding(largest: bool) -> Instruction:
    """y = the largest, or the sum, of some vectors one after another."""

    @instruction("none", "word", "word", "word")
    def fold(kit: Kit, y: Any, x: Any, count: Any) -> None:
        build = kit.builder

        def body(i: Any, state: Any) -> Any:
            held, at = state
            value = kit.load(at)
            if largest:
                held = build.select(larger(kit, held, value), value, held)
            else:
                held = build.fadd(held, value)
            return [held, build.add(at, constant(kit.target.width))]

        start = kit.number(float("-inf") if largest else 0.0)
        held, _ = kit.loop(count, [start, x], body)
        kit.store(held, y)

    return fold


fold_largest = folding(largest=True)
fold_sum = folding(largest=False)


@native
def pool_max_rows(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count, y, y_block, y_channel, y_plane, y_row,
):  # fmt: skip
    """`pool_max` without places. Scratch: a vector, and one for each pixel of a window."""
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
            places = min(LANES, columns - j)
            c = column_first + j * column_stride
            at = source + c * ITEM
            if column_stride == 1:
                take_or_lowest(
                    seen, vector, 1, plane_count, row_count, column_count, at, 0, x_plane, x_row,
                    p, x_planes, r, x_rows, c, x_columns, places)  # fmt: skip
            elif column_stride == 2:
                take_every_second_or_lowest(
                    seen, vector, 1, plane_count, row_count, column_count, at, 0, x_plane, x_row,
                    p, x_planes, r, x_rows, c, x_columns, places)  # fmt: skip
            else:
                take_each(
                    seen, vector, 1, plane_count, row_count, column_count, at, 0, x_plane, x_row,
                    p, x_planes, r, x_rows, c, x_columns, places, column_stride,
                    real(LOWEST))  # fmt: skip
            fold_largest(own, seen, count)
            copy_bytes(to + j * ITEM, own, places * ITEM)


@native
def pool_sum_rows(  # type: ignore[no-untyped-def]
    context, blocks, channels, planes, rows, columns,
    x, x_block, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, plane_count, row_first, row_stride, row_count,
    column_first, column_stride, column_count, y, y_block, y_channel, y_plane, y_row,
):  # fmt: skip
    """`pool_sum`. Scratch: a vector, and one for each pixel of a window."""
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
            places = min(LANES, columns - j)
            c = column_first + j * column_stride
            at = source + c * ITEM
            if column_stride == 1:
                take(
                    seen, vector, 1, plane_count, row_count, column_count, at, 0, x_plane, x_row,
                    p, x_planes, r, x_rows, c, x_columns, places)  # fmt: skip
            elif column_stride == 2:
                take_every_second(
                    seen, vector, 1, plane_count, row_count, column_count, at, 0, x_plane, x_row,
                    p, x_planes, r, x_rows, c, x_columns, places)  # fmt: skip
            else:
                take_each(
                    seen, vector, 1, plane_count, row_count, column_count, at, 0, x_plane, x_row,
                    p, x_planes, r, x_rows, c, x_columns, places, column_stride,
                    real(0.0))  # fmt: skip
            fold_sum(own, seen, count)
            copy_bytes(to + j * ITEM, own, places * ITEM)
