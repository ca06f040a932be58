"""What the windows of one example meet where the stride is 1: copies of it, and shifts.

im2col along the rows alone. A copy for each column of the kernel holds rows of places, with zeros
where there is nothing; one lies behind the other, whatever their length. A row of the kernel is
then a shift by a row, so that all places are vectors one after another.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from wlnet.kernels.emit.instructions import ITEM, LANES
from wlnet.kernels.emit.vectors import INDEX, Kit, State, constant
from wlnet.kernels.language import Address, Word, instruction, routine

TOGETHER = 4
"""How many rows are copied in one go."""


@instruction("none", *["word"] * 9)
def lay(
    kit: Kit, to: Address, x: Address, x_row: Word, above: Word, rows: Word, below: Word,
    columns: Word, column: Word, x_columns: Word,
) -> None:  # fmt: skip
    """Copy rows one behind the other, between rows of zeros above and below.

    x: where column 0 of the first row would be. Of each row so many columns are taken from a given
    one on, which may lie outside: there nothing is read, and zeros are taken. Behind the last row
    lies a vector of zeros.
    """
    build = kit.builder
    kind = ir.VectorType(INDEX, kit.lanes)
    numbers = ir.Constant(kind, list(range(kit.lanes)))
    row = build.mul(columns, constant(kit.item))
    width = constant(kit.target.width)

    def vectors(count: Word) -> Word:
        return build.sdiv(build.add(count, constant(kit.lanes - 1)), constant(kit.lanes))

    def zeros(at: Address, rows: Word) -> None:
        def one(_: Word, state: State) -> State:
            kit.store(kit.number(0.0), state[0])
            return [build.add(state[0], width)]

        kit.loop(vectors(build.mul(rows, columns)), [at], one)

    zeros(to, above)
    first = build.add(to, build.mul(above, row))
    limit = kit.spread(build.trunc(x_columns, INDEX), kind)
    count = vectors(columns)

    def over_columns(i: Word, state: State) -> State:
        # From right to left: what a last vector writes too much comes to lie in the next row, and
        # is written later.
        j = build.mul(build.sub(build.sub(count, constant(1)), i), constant(kit.lanes))
        begin = build.add(column, j)
        lanes = build.add(kit.spread(build.trunc(begin, INDEX), kind), numbers)
        # What lies before the first is a large number without a sign.
        inside = build.icmp_unsigned("<", lanes, limit)
        source = build.add(x, build.mul(begin, constant(kit.item)))

        def over_rows(some: int) -> Callable[[Word, State], State]:
            def copied(_: Word, state: State) -> State:
                at, source = state
                taken = []
                for _ in range(some):
                    taken.append(kit.load_part(source, inside))
                    source = build.add(source, x_row)
                for value in taken:
                    kit.store(value, at)
                    at = build.add(at, row)
                return [at, source]

            return copied

        at = build.add(first, build.mul(j, constant(kit.item)))
        state = kit.loop(build.sdiv(rows, constant(TOGETHER)), [at, source], over_rows(TOGETHER))
        kit.loop(build.srem(rows, constant(TOGETHER)), state, over_rows(1))
        return []

    kit.loop(count, [], over_columns)
    after = build.add(first, build.mul(rows, row))
    zeros(after, below)
    kit.store(kit.number(0.0), build.add(after, build.mul(below, row)))


@routine
def size_of(rows, columns):  # type: ignore[no-untyped-def]
    """The bytes of a copy; behind it lie one or two vectors that nobody needs, so that copies do
    not fall onto the same places of a cache."""
    return (rows * columns + 2 * LANES) // LANES * LANES * ITEM


@routine
def lay_copies(  # type: ignore[no-untyped-def]
    to, size, channels, planes, copies, rows, columns, x, x_channel, x_plane, x_row, x_planes,
    x_rows, x_columns, plane, plane_step, row, column, column_step,
):  # fmt: skip
    """copy[channel][plane][column][row][place]: what rows of places meet from a plane, row and
    column on, which may lie outside."""
    above = min(rows, max(0, -row))
    inside = max(0, min(rows, x_rows - row) - above)
    for i in range(channels):
        for q in range(planes):
            p = plane + q * plane_step
            before, kept = above, inside
            if p < 0 or p >= x_planes:
                before, kept = rows, 0
            source = x + i * x_channel + p * x_plane + (row + before) * x_row
            for c in range(copies):
                lay(to, source, x_row, before, kept, rows - before - kept, columns,
                    column + c * column_step, x_columns)  # fmt: skip
                to += size
