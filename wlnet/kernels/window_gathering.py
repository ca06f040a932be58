"""What the windows of one example meet, brought together in vectors.

LANES neighbouring places of the result are a vector. seen[channel][plane][row][column][place]
holds, for each offset inside a window, the numbers that the places meet there: so all strides,
dilations and paddings become vectors one after another.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.instructions import ITEM, LANES, real, reals
from wlnet.kernels.language import Instruction, instruction, routine
from wlnet.kernels.vectors import INDEX, Kit, constant


def taking(apart: int, lowest: bool = False) -> Instruction:
    """Up to LANES neighbouring places of the result: what they meet at all offsets of all channels.

    Arguments: to; the bytes between offsets there; how many channels, planes, rows and columns of
    offsets; where the first place is in x, an address, and the distances of channels, planes and
    rows; its plane, row and column and how many there are; how many places. Places lie `apart`
    columns apart in x. Where nothing is, nothing is read; zeros are taken there, or, if `lowest`,
    what is less than all numbers.
    """

    @instruction("none", *["word"] * 17)
    def take(
        kit: Kit, to: Any, step: Any, channels: Any, planes: Any, rows: Any, columns: Any,
        x: Any, x_channel: Any, x_plane: Any, x_row: Any, plane: Any, x_planes: Any, row: Any,
        x_rows: Any, column: Any, x_columns: Any, count: Any,
    ) -> None:  # fmt: skip
        build = kit.builder
        kind = ir.VectorType(INDEX, kit.lanes)
        kept = kit.first(count)
        numbers = ir.Constant(kind, list(range(kit.lanes)))
        nothing = kit.number(float("-inf"))
        evens = ir.Constant(kind, [2 * i for i in range(kit.lanes)])

        def inside(i: Any, size: Any) -> Any:
            # What lies before the first is a large number without a sign.
            return build.icmp_unsigned("<", i, size)

        def met(places: Any, limit: Any) -> Any:
            """Which lanes of the result lie in x."""
            steps = ir.Constant(kind, [i * (apart - 1) for i in range(kit.lanes)])
            return inside(build.add(places, steps), limit)

        def load(at: Any, places: Any, limit: Any, i: int) -> Any:
            shift = ir.Constant(kind, [i * kit.lanes] * kit.lanes)
            mask = inside(build.add(places, shift), limit)
            return kit.load_part(build.add(at, constant(i * kit.target.width)), mask)

        def over_planes(q: Any, state: Any) -> Any:
            out, at = state
            here = inside(build.add(plane, q), x_planes)

            def over_rows(r: Any, state: Any) -> Any:
                out, at = state
                there = build.and_(here, inside(build.add(row, r), x_rows))
                size = build.trunc(build.select(there, x_columns, constant(0)), INDEX)
                limit = kit.spread(size, kind)

                def over_columns(s: Any, state: Any) -> Any:
                    out, at = state
                    first = build.trunc(build.add(column, s), INDEX)
                    places = build.add(kit.spread(first, kind), numbers)
                    value = load(at, places, limit, 0)
                    if apart == 2:
                        more = load(at, places, limit, 1)
                        value = build.shuffle_vector(value, more, evens)
                    if lowest:
                        value = build.select(met(places, limit), value, nothing)
                    kit.store_part(value, out, kept)
                    return [build.add(out, step), build.add(at, constant(kit.item))]

                out, _ = kit.loop(columns, [out, at], over_columns)
                return [out, build.add(at, x_row)]

            out, _ = kit.loop(rows, [out, at], over_rows)
            return [out, build.add(at, x_plane)]

        def over_channels(_: Any, state: Any) -> Any:
            out, at = state
            out, _ = kit.loop(planes, [out, at], over_planes)
            return [out, build.add(at, x_channel)]

        kit.loop(channels, [to, x], over_channels)

    return take


take = taking(1)
take_every_second = taking(2)


@routine
def take_each(  # type: ignore[no-untyped-def]
    to, step, channels, planes, rows, columns, x, x_channel, x_plane, x_row, plane, x_planes, row,
    x_rows, column, x_columns, count, apart, fill,
):  # fmt: skip
    """The same for places any number of columns apart, one by one; fill: where nothing is."""
    for offset in range(channels * planes * rows * columns):
        s, rest = offset % columns, offset // columns
        r, rest = rest % rows, rest // rows
        q, channel = rest % planes, rest // planes
        there = 0 <= plane + q < x_planes and 0 <= row + r < x_rows
        out = reals(to + offset * step)
        met = reals(x + channel * x_channel + q * x_plane + r * x_row)
        for k in range(count):
            c = column + s + k * apart
            out[k] = met[s + k * apart] if there and 0 <= c < x_columns else fill


@routine
def gather(  # type: ignore[no-untyped-def]
    to, step, first, last, rows, columns, offset_planes, offset_rows, offset_columns,
    channels, x, x_channel, x_plane, x_row, x_planes, x_rows, x_columns,
    plane_first, plane_stride, row_first, row_stride, column_first, column_stride,
):  # fmt: skip
    """For each channel and offset what the places first .. last-1 meet there."""
    place = first
    while place < last:
        line, column = place // columns, place % columns
        # A row of places, at most a vector of them.
        count = min(min(columns - column, LANES), last - place)
        p = plane_first + line // rows * plane_stride
        r = row_first + line % rows * row_stride
        c = column_first + column * column_stride
        at, source = to + (place - first) * ITEM, x + p * x_plane + r * x_row + c * ITEM
        if column_stride == 1:
            take(
                at, step, channels, offset_planes, offset_rows, offset_columns, source, x_channel,
                x_plane, x_row, p, x_planes, r, x_rows, c, x_columns, count)  # fmt: skip
        elif column_stride == 2:
            take_every_second(
                at, step, channels, offset_planes, offset_rows, offset_columns, source, x_channel,
                x_plane, x_row, p, x_planes, r, x_rows, c, x_columns, count)  # fmt: skip
        else:
            take_each(
                at, step, channels, offset_planes, offset_rows, offset_columns, source, x_channel,
                x_plane, x_row, p, x_planes, r, x_rows, c, x_columns, count,
                column_stride, real(0.0))  # fmt: skip
        place += count
