"""What the windows of one example send back, brought together: the mirror of window_gathering.py.

col2im, the second half of a transposed convolution, gathered for each input and not scattered, in
the polyphase form: the phases of a stride are done one by one.

A number of the input is the sum of what arrives from every place whose window lies over it.
Along an axis, numbers whose distance is a multiple of the stride are a phase: the same elements of
the window lie over them, at neighbouring places. So the columns of a phase are vectors.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from wlnet.kernels.emit.instructions import ITEM, LANES, reals, set_word, word
from wlnet.kernels.emit.vectors import INDEX, Kit, State, constant
from wlnet.kernels.language import Address, Vector, Word, instruction, routine
from wlnet.kernels.windows.pool_tiles import alike
from wlnet.kernels.windows.window_tiles import Places, nested

KNOWN = 3
"""Words that are known of a phase: its first element of the window, how many, the first place."""


@routine
def every_of(stride, step):  # type: ignore[no-untyped-def]
    """How many elements of a window are between two that lie over the same number."""
    every = 1
    while every * step % stride:
        every += 1
    return every


@routine
def tell_phases(table, first, stride, step, count):  # type: ignore[no-untyped-def]
    """Write what is known of the phases of an axis, whose windows begin at first + place stride and
    have count elements a step apart."""
    every = every_of(stride, step)
    for phase in range(stride):
        element = 0
        most = min(every, count)
        while element < most and (phase - first - element * step) % stride:
            element += 1
        met = 0
        if element < most:
            met = (count - element + every - 1) // every
        set_word(table, KNOWN * phase, element)
        set_word(table, KNOWN * phase + 1, met)
        set_word(table, KNOWN * phase + 2, (phase - first - element * step) // stride)


@routine
def tell_axes(  # type: ignore[no-untyped-def]
    own, x_columns, plane_first, plane_stride, plane_step, plane_count, row_first, row_stride,
    row_step, row_count, column_first, column_stride, column_step, column_count,
):  # fmt: skip
    """The tables of the phases of planes, rows and columns, one after another in a worker's own
    memory; then rows for the phases of columns, of so many bytes; and where that ends."""
    row_table = own + 8 * KNOWN * plane_stride
    column_table = row_table + 8 * KNOWN * row_stride
    rows = column_table + 8 * KNOWN * column_stride
    of_phase = (x_columns + column_stride - 1) // column_stride
    row = (of_phase + LANES - 1) // LANES * LANES * ITEM
    tell_phases(own, plane_first, plane_stride, plane_step, plane_count)
    tell_phases(row_table, row_first, row_stride, row_step, row_count)
    tell_phases(column_table, column_first, column_stride, column_step, column_count)
    return own, row_table, column_table, rows, row, rows + column_stride * row


@routine
def met_at(table, i, stride, move, every, places):  # type: ignore[no-untyped-def]
    """What lies over the i-th number of an axis: which taps of a kernel, and outputs, contribute to
    it: how many elements of windows, the first of them, and the place of its window. Each further
    one is `every` elements on, from a place `move` before.
    """
    known = table + 8 * KNOWN * (i % stride)
    place = word(known, 2) + i // stride
    # Elements from places behind the last one come first, those from before the first one last.
    left_out = max(0, (place - places + move) // move)
    met = min(word(known, 1), place // move + 1) - left_out
    return max(0, met), word(known, 0) + left_out * every, place - left_out * move


@instruction("none", *["word"] * 20)
def arrive(
    kit: Kit, count: Word, to: Address, planes: Word, rows: Word, columns: Word, d: Address,
    d_plane: Word, d_row: Word, d_column: Word, place: Word, place_step: Word, places: Word,
    told: Address, told_plane: Word, told_row: Word, told_column: Word, pixel: Word,
    pixel_plane: Word, pixel_row: Word, pixel_column: Word,
) -> None:  # fmt: skip
    """Write up to LANES columns of one phase: what arrives there.

    Arguments: how many columns; where to; how many planes, rows and columns of the window lie over
    them; where the first of these is sent from, an address, and the distances to the next plane,
    row and column; the place of that along its row, the step of it from column to column, and how
    many places a row has. told: 0, or the address of integers, laid out like the places, that tell
    the one pixel of its window that a place sends to; with the three distances there, which pixel
    the first one is, and the three steps of that.
    """
    build, still = kit.builder, constant(0)
    kind = ir.VectorType(INDEX, kit.lanes)
    numbers = ir.Constant(kind, list(range(kit.lanes)))
    limit = kit.spread(build.trunc(places, INDEX), kind)
    counts = planes, rows, columns

    def inside(place: Word) -> Vector:
        # What lies before the first is a large number without a sign.
        here = build.add(kit.spread(build.trunc(place, INDEX), kind), numbers)
        return build.icmp_unsigned("<", here, limit)

    def from_all(sums: State, at: Places) -> State:
        return [build.fadd(sums[0], kit.load_part(at[0], inside(at[1])))]

    def from_told(sums: State, at: Places) -> State:
        here = inside(at[1])
        which = kit.load_indices(at[2], here)
        chosen = build.icmp_signed("==", which, kit.spread(build.trunc(at[3], INDEX), kind))
        return [build.fadd(sums[0], kit.load_part(at[0], build.and_(here, chosen)))]

    steps = [(d_plane, still), (d_row, still), (d_column, place_step)]
    more = [(told_plane, pixel_plane), (told_row, pixel_row), (told_column, pixel_column)]
    zeros = [kit.number(0.0)]
    (found,) = kit.choose(
        build.icmp_signed("==", told, still),
        lambda: nested(kit, counts, steps, zeros, (d, place), from_all),
        lambda: nested(
            kit, counts, [(*a, *b) for a, b in zip(steps, more, strict=True)], zeros,
            (d, place, told, pixel), from_told,
        ),
    )  # fmt: skip
    kit.store_part(found, to, kit.first(count))


def in_turn(kit: Kit, even: Vector, odd: Vector, to: Address, count: Word) -> None:
    """Write up to 2 LANES numbers, of two vectors in turn."""
    build, lanes = kit.builder, kit.lanes
    turns = [i // 2 + i % 2 * lanes for i in range(2 * lanes)]
    kind = ir.VectorType(INDEX, lanes)
    for i in range(2):
        mask = ir.Constant(kind, turns[i * lanes : (i + 1) * lanes])
        at = build.add(to, constant(i * kit.target.width))
        left = build.sub(count, constant(i * lanes))
        kit.store_part(build.shuffle_vector(even, odd, mask), at, kit.first(left))


@instruction("none", *["word"] * 4)
def weave(kit: Kit, to: Address, even: Address, odd: Address, count: Word) -> None:
    """Write numbers of two rows in turn: count of them."""
    build, lanes = kit.builder, kit.lanes
    two = constant(2 * lanes)

    def body(_: Any, state: Any) -> Any:
        at, a, b, left = state
        in_turn(kit, kit.load(a), kit.load(b), at, left)
        width = constant(kit.target.width)
        return [
            build.add(at, constant(2 * kit.target.width)), build.add(a, width),
            build.add(b, width), build.sub(left, two),
        ]  # fmt: skip

    vectors = build.sdiv(build.add(count, constant(2 * lanes - 1)), two)
    kit.loop(vectors, [to, even, odd, count], body)


@instruction("none", *["word"] * 5)
def spread_fours(
    kit: Kit, to: Address, to_row: Word, d: Address, told: Address, count: Word
) -> None:
    """Write two rows of windows of 2 x 2 side by side: each sends its number to the pixel that an
    integer tells, or, if told is 0, to all four."""
    build, lanes = kit.builder, kit.lanes
    kind = ir.VectorType(INDEX, lanes)
    zero, step = kit.number(0.0), constant(kit.target.width)

    def body(_: Any, state: Any) -> Any:
        at, d, told, left = state
        here = kit.first(left)
        value = kit.load_part(d, here)

        def chosen() -> Any:
            which = kit.load_indices(told, here)
            hits = [build.icmp_signed("==", which, alike(kind, i)) for i in range(4)]
            return [build.select(hit, value, zero) for hit in hits]

        given = build.icmp_signed("!=", told, constant(0))
        a, b, below_a, below_b = kit.choose(given, chosen, lambda: [value] * 4)
        twice = build.shl(left, constant(1))
        in_turn(kit, a, b, at, twice)
        in_turn(kit, below_a, below_b, build.add(at, to_row), twice)
        told = build.select(given, build.add(told, constant(4 * lanes)), told)
        return [
            build.add(at, constant(2 * kit.target.width)), build.add(d, step), told,
            build.sub(left, constant(lanes)),
        ]  # fmt: skip

    vectors = build.sdiv(build.add(count, constant(lanes - 1)), constant(lanes))
    kit.loop(vectors, [to, d, told, count], body)


@routine
def spread_line(  # type: ignore[no-untyped-def]
    to, count, stride, table, move, every, planes, rows, d, d_plane, d_row, d_element, places,
    told, told_plane, told_row, pixel, pixel_plane, pixel_row, own, own_row,
):  # fmt: skip
    """Write one row of the input, of count columns: what arrives there.

    table, move, every: of the axis of columns. d: what the first plane and row of the window that
    lie over this row send from the first of their places, for the first element; d_element: the
    distance to what is sent for the next element. told, pixel: see `arrive`. With a stride, phases
    first go to rows of the worker's own.
    """
    for phase in range(min(stride, count)):
        element, met = word(table, KNOWN * phase), word(table, KNOWN * phase + 1)
        place = word(table, KNOWN * phase + 2)
        columns = (count - phase + stride - 1) // stride
        at = to if stride == 1 else own + phase * own_row
        for j in range(0, columns, LANES):
            here = told + (place + j) * 4 if told != 0 else 0
            arrive(
                min(LANES, columns - j), at + j * ITEM, planes, rows, met,
                d + element * d_element + (place + j) * ITEM, d_plane, d_row,
                every * d_element - move * ITEM, place + j, -move, places, here, told_plane,
                told_row, -move * 4, pixel + element, pixel_plane, pixel_row, every)  # fmt: skip
    if stride == 2:
        weave(to, own, own + own_row, count)
    elif stride > 2:
        for phase in range(min(stride, count)):
            out, found = reals(to), reals(own + phase * own_row)
            for i in range((count - phase + stride - 1) // stride):
                out[phase + i * stride] = found[i]
