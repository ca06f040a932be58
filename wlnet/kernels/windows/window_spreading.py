"""What the windows of one example send back, added up: the mirror of window_gathering.py.

col2im, the second half of a transposed convolution. It gathers: each number of the input is written
once, as the sum of what all the windows send to it that lie over it. Nothing is scattered.

A window has a *place*, counted along the output, and is made of *elements*. Along an axis, element
e of the window at place p lies over number first + p * stride + e * step of the input.

Work is done phase by phase (the polyphase form). A phase of an axis is every stride-th number. The
same elements lie over all numbers of a phase, and from one number to the next the place grows by
one. So what arrives at neighbouring columns of a phase lies side by side: a vector.
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
"""Words that a table has for each phase: the first element that lies over it, how many elements do,
and at which place, perhaps below 0, the first element lies over the first number of the phase."""


@routine
def every_of(stride, step):  # type: ignore[no-untyped-def]
    """How many elements further on in a window the next one is that lies over the same phase."""
    every = 1
    while every * step % stride:
        every += 1
    return every


@routine
def tell_phases(table, first, stride, step, count):  # type: ignore[no-untyped-def]
    """Fill the table of the phases of an axis: see KNOWN. Its windows have `count` elements."""
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
    """Fill the tables of the phases of planes, rows and columns, in a worker's own memory.

    Gives the addresses of the three tables; the address of room for one row for each phase of
    columns, and the bytes of such a row; and the address behind all that.
    """
    row_table = own + 8 * KNOWN * plane_stride
    column_table = row_table + 8 * KNOWN * row_stride
    room = column_table + 8 * KNOWN * column_stride
    of_phase = (x_columns + column_stride - 1) // column_stride
    row_bytes = (of_phase + LANES - 1) // LANES * LANES * ITEM
    tell_phases(own, plane_first, plane_stride, plane_step, plane_count)
    tell_phases(row_table, row_first, row_stride, row_step, row_count)
    tell_phases(column_table, column_first, column_stride, column_step, column_count)
    end = room + column_stride * row_bytes
    return own, row_table, column_table, room, row_bytes, end


@routine
def met_at(table, i, stride, move, every, places):  # type: ignore[no-untyped-def]
    """Which elements (taps of a kernel) lie over the i-th number of an axis, and in which windows.

    Gives how many there are, the first of them, and the place of its window. Each further one is
    `every` elements on, in the window that is `move` places before.
    """
    known = table + 8 * KNOWN * (i % stride)
    place = word(known, 2) + i // stride
    # In this order the windows that would stand behind the last place come first, and those that
    # would stand before the first place come last. Both are left out.
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
    """Write the sums of what arrives at up to LANES neighbouring columns of one phase.

    count, to: how many columns, and where they are written.
    planes, rows, columns: how many elements lie over them along each axis.
    d, d_plane, d_row, d_column: the address of what the first element sends to the first column,
    and the distances from there to the next plane, row and column of elements.
    place, place_step, places: at which place of its row that lies, how much this changes from one
    column of elements to the next, and how many places a row has: from outside of it comes 0.
    told, told_plane, told_row, told_column: 0, or the address of integers, each of which names the
    one pixel of its window that it sends to; the first belongs to what d points to. Distances as
    for d.
    pixel, pixel_plane, pixel_row, pixel_column: the number of the first element in its window, and
    how much this changes to the next plane, row and column of elements. Where told is not 0, what
    is sent is added only where the integer is this number.
    """
    build, zero = kit.builder, constant(0)
    kind = ir.VectorType(INDEX, kit.lanes)
    numbers = ir.Constant(kind, list(range(kit.lanes)))
    limit = kit.spread(build.trunc(places, INDEX), kind)
    counts = planes, rows, columns

    def inside(place: Word) -> Vector:
        # Without a sign a place below 0 is a large number: one comparison tests both ends.
        here = build.add(kit.spread(build.trunc(place, INDEX), kind), numbers)
        return build.icmp_unsigned("<", here, limit)

    def add_all(sums: State, at: Places) -> State:
        return [build.fadd(sums[0], kit.load_part(at[0], inside(at[1])))]

    def add_told(sums: State, at: Places) -> State:
        here = inside(at[1])
        which = kit.load_indices(at[2], here)
        chosen = build.icmp_signed("==", which, kit.spread(build.trunc(at[3], INDEX), kind))
        return [build.fadd(sums[0], kit.load_part(at[0], build.and_(here, chosen)))]

    steps = [(d_plane, zero), (d_row, zero), (d_column, place_step)]
    more = [(told_plane, pixel_plane), (told_row, pixel_row), (told_column, pixel_column)]
    start = [kit.number(0.0)]
    (found,) = kit.choose(
        build.icmp_signed("==", told, zero),
        lambda: nested(kit, counts, steps, start, (d, place), add_all),
        lambda: nested(
            kit, counts, [(*a, *b) for a, b in zip(steps, more, strict=True)], start,
            (d, place, told, pixel), add_told,
        ),
    )  # fmt: skip
    kit.store_part(found, to, kit.first(count))


def in_turn(kit: Kit, even: Vector, odd: Vector, to: Address, count: Word) -> None:
    """Interleave two vectors (even[0], odd[0], even[1], ...), and write the first `count`."""
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
    """Interleave two rows, and write the first `count` numbers."""
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
    """Write the two rows of the input that lie under `count` windows of 2 x 2, side by side.

    Each window sends its number of d to the one pixel that its integer of `told` names, or, if told
    is 0, to all four. to, to_row: where the first row is written, and the bytes to the second.
    """
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
    """Write one row of the input, of `count` columns: the sums of what arrives there.

    table, move, every: those of the axis of columns, see `met_at`. planes, rows: how many planes
    and rows of elements lie over this row. d: for the first of these, the address of what place 0
    of its row sends by element 0 along the columns; d_element: the bytes to what it sends by the
    next element, 0 if that is the same number. told, pixel: see `arrive`. own, own_row: room for a
    row for each phase, and its bytes. If there are several phases they go there, and are then
    interleaved.
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
