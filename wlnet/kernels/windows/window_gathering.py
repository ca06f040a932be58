"""What the windows of one example meet, brought together in vectors: im2col.

LANES neighbouring places of the result are a vector. seen[channel][plane][row][column][place]
holds, for each offset inside a window, the numbers that the places meet there: so all strides,
dilations and paddings become vectors one after another.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.instructions import ITEM, LANES
from wlnet.kernels.emit.vectors import INDEX, Kit, State, constant
from wlnet.kernels.language import Address, Instruction, Vector, Word, instruction, routine


def taking(apart: int | None) -> Instruction:
    """im2col of up to LANES neighbouring places of the result: what they meet at all elements of a
    window, of some channels.

    Arguments: to; the bytes between elements there; how many channels, planes, rows and columns of
    elements; where the first place is in x, an address, and the distances of channels, of planes
    and of rows of elements, and the columns from one element to the next; the plane, the step to
    the next one, and how many planes there are; the same for rows; the column, and how many there
    are; how many places; how many columns of x lie from place to place, if `apart` does not tell.
    Where nothing is, nothing is read, and zeros are taken.
    """

    @instruction("none", *["word"] * 21)
    def take(
        kit: Kit, to: Address, step: Word, channels: Word, planes: Word, rows: Word, columns: Word,
        x: Address, x_channel: Word, x_plane: Word, x_row: Word, column_step: Word, plane: Word,
        plane_step: Word, x_planes: Word, row: Word, row_step: Word, x_rows: Word, column: Word,
        x_columns: Word, count: Word, distance: Word,
    ) -> None:  # fmt: skip
        build = kit.builder
        kind = ir.VectorType(INDEX, kit.lanes)
        kept = kit.first(count)
        evens = ir.Constant(kind, [2 * i for i in range(kit.lanes)])
        numbers = ir.Constant(kind, list(range(kit.lanes)))
        jumps = build.mul(numbers, kit.spread(build.trunc(distance, INDEX), kind))
        next_column = build.mul(column_step, constant(kit.item))

        def inside(i: Any, size: Any) -> Any:
            # What lies before the first is a large number without a sign.
            return build.icmp_unsigned("<", i, size)

        def load(at: Address, first: Word, limit: Word, i: int) -> Vector:
            shift = ir.Constant(kind, [j + i * kit.lanes for j in range(kit.lanes)])
            mask = inside(build.add(first, shift), limit)
            return kit.load_part(build.add(at, constant(i * kit.target.width)), mask)

        def one_vector(at: Address, first: Word, limit: Word) -> Vector:
            if apart is None:
                return kit.load_each(at, jumps, inside(build.add(first, jumps), limit))
            value = load(at, first, limit, 0)
            if apart == 2:
                value = build.shuffle_vector(value, load(at, first, limit, 1), evens)
            return value

        def over_planes(q: Word, state: State) -> State:
            out, at = state
            here = inside(build.add(plane, build.mul(q, plane_step)), x_planes)

            def over_rows(r: Word, state: State) -> State:
                out, at = state
                there = inside(build.add(row, build.mul(r, row_step)), x_rows)
                there = build.and_(here, there)
                size = build.trunc(build.select(there, x_columns, constant(0)), INDEX)
                limit = kit.spread(size, kind)

                def over_columns(s: Word, state: State) -> State:
                    out, at = state
                    first = build.add(column, build.mul(s, column_step))
                    first = kit.spread(build.trunc(first, INDEX), kind)
                    value = one_vector(at, first, limit)
                    kit.store_part(value, out, kept)
                    return [build.add(out, step), build.add(at, next_column)]

                out, _ = kit.loop(columns, [out, at], over_columns)
                return [out, build.add(at, x_row)]

            out, _ = kit.loop(rows, [out, at], over_rows)
            return [out, build.add(at, x_plane)]

        def over_channels(_: Word, state: State) -> State:
            out, at = state
            out, _ = kit.loop(planes, [out, at], over_planes)
            return [out, build.add(at, x_channel)]

        kit.loop(channels, [to, x], over_channels)

    return take


take_neighbours, take_every_second, take_far_apart = taking(1), taking(2), taking(None)


@routine
def take(  # type: ignore[no-untyped-def]
    to, step, channels, planes, rows, columns, x, x_channel, x_plane, x_row, column_step, plane,
    plane_step, x_planes, row, row_step, x_rows, column, x_columns, count, distance,
):  # fmt: skip
    """`taking`, whatever the distance between places."""
    if distance == 1:
        take_neighbours(
            to, step, channels, planes, rows, columns, x, x_channel, x_plane, x_row, column_step,
            plane, plane_step, x_planes, row, row_step, x_rows, column, x_columns, count,
            distance)  # fmt: skip
    elif distance == 2:
        take_every_second(
            to, step, channels, planes, rows, columns, x, x_channel, x_plane, x_row, column_step,
            plane, plane_step, x_planes, row, row_step, x_rows, column, x_columns, count,
            distance)  # fmt: skip
    else:
        take_far_apart(
            to, step, channels, planes, rows, columns, x, x_channel, x_plane, x_row, column_step,
            plane, plane_step, x_planes, row, row_step, x_rows, column, x_columns, count,
            distance)  # fmt: skip


@routine
def gather(  # type: ignore[no-untyped-def]
    to, step, first, last, rows, columns, planes_met, rows_met, columns_met, plane_step, row_step,
    column_step, channels, x, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, row_first, row_stride, column_first, column_stride,
):  # fmt: skip
    """For each channel and element of a window what the places first .. last-1 meet there."""
    place = first
    while place < last:
        line, column = place // columns, place % columns
        # A row of places, at most a vector of them.
        count = min(min(columns - column, LANES), last - place)
        p = plane_first + line // rows * plane_stride
        r = row_first + line % rows * row_stride
        c = column_first + column * column_stride
        take(
            to + (place - first) * ITEM, step, channels, planes_met, rows_met, columns_met,
            x + p * x_plane + r * x_row + c * ITEM, x_channel, plane_step * x_plane,
            row_step * x_row, column_step, p, plane_step, x_planes, r, row_step, x_rows, c,
            x_columns, count, column_stride)  # fmt: skip
        place += count
