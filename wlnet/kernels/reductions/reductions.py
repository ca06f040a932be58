"""Sums over axes: reductions, in blocks, so that rounding errors grow slowly (blocked summation).

A plan brings a sum to one of three forms, by the axis along which numbers lie one after another:
it is kept (`sum_columns`), it is summed (`sum_rows`), or there is none (`sum_any`). Distances are
bytes. The order of each sum depends on the sizes alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.kernels.emit.instructions import ITEM, real, reals, start_of, stop_of, word
from wlnet.kernels.emit.lines import along, line_total, more, read, write
from wlnet.kernels.emit.vectors import BYTE, WORD, Kit, State, constant
from wlnet.kernels.language import (
    Address,
    Instruction,
    PerTarget,
    Scalar,
    Vector,
    Word,
    instruction,
    native,
    routine,
)

GROUP = 8
"""Rows that are added at a time: each is read as one stream, and a power of two between the rows
does no harm as long as the nearest cache can hold that many lines at such places."""
BLOCK = PerTarget(lambda target: 16 * target.lanes)
"""Columns that are summed together: their sums stay in the nearest cache."""


MANY = 512
"""Rows whose sum is made by itself: the rounding of a sum of n float32 numbers grows with the
additions one after another, MANY / GROUP + n / MANY."""


@instruction("word")
def place_for_block(kit: Kit) -> Word:
    """The address of room for BLOCK numbers, as long as the kernel runs."""
    size = constant(BLOCK.of(kit.target) * kit.item)
    with kit.builder.goto_entry_block():
        return kit.builder.ptrtoint(kit.builder.alloca(BYTE, size), WORD)


def row_group(rows: int) -> Instruction:
    """y[j] += the sum of some rows of x, as an instruction.

    Arguments: y, columns, x, the distance of its rows.
    """

    @instruction("none", *["word"] * 4)
    def add_rows(kit: Kit, y: Address, columns: Word, x: Address, distance: Word) -> None:
        build = kit.builder
        starts = [build.add(x, build.mul(constant(i), distance)) for i in range(rows)]

        def body(offset: Word, mask: Vector, _: State) -> State:
            sums = [kit.number(0.0)] * 2
            for i, start in enumerate(starts):
                sums[i % 2] = more(kit, sums[i % 2], build.add(start, offset), mask)
            out = build.add(y, offset)
            group = sums[0] if rows == 1 else build.fadd(sums[0], sums[1])
            write(kit, build.fadd(read(kit, out, mask), group), out, mask)
            return []

        along(kit, columns, [], body)

    return add_rows


add_group = row_group(GROUP)
add_row = row_group(1)


@instruction("real", *["word"] * 4)
def sum_of_lines(kit: Kit, lines: Word, count: Word, x: Address, distance: Word) -> Scalar:
    """The sum of several lines of `count` numbers."""
    build = kit.builder

    def line(r: Any, state: State) -> State:
        at = build.add(x, build.mul(r, distance))
        return [line_total(kit, state[0], at, count)]

    (total,) = kit.loop(lines, [kit.number(0.0)], line)
    return kit.total(total)


@routine
def clear(y, count):  # type: ignore[no-untyped-def]
    """y = 0."""
    out = reals(y)
    for i in range(count):
        out[i] = real(0.0)


@native
def sum_columns(  # type: ignore[no-untyped-def]
    context, outer, rows, inner_rows, columns, x, x_outer, x_row, x_inner, y, y_outer
):
    """y[o, j] = sum over r, q of x[o, r, q, j], where j runs over numbers one after another.

    Divided by blocks of columns and the outer index. The sum over one axis: rows = 1.
    """
    blocks = (columns + BLOCK - 1) // BLOCK
    part = place_for_block()
    for item in range(start_of(context, outer * blocks, 1), stop_of(context, outer * blocks, 1)):
        o, j = item // blocks, item % blocks * BLOCK
        width = min(BLOCK, columns - j)
        to = y + o * y_outer + j * ITEM
        clear(to, width)
        for r in range(rows):
            at = x + o * x_outer + r * x_row + j * ITEM
            for first in range(0, inner_rows, MANY):
                count = min(MANY, inner_rows - first)
                clear(part, width)
                for _ in range(count // GROUP):
                    add_group(part, width, at, x_inner)
                    at += GROUP * x_inner
                for _ in range(count % GROUP):
                    add_row(part, width, at, x_inner)
                    at += x_inner
                add_row(to, width, part, 0)


@native
def sum_rows(context, kept, lines, columns, x, x_kept, x_line, y):  # type: ignore[no-untyped-def]
    """y[i] = sum over r, j of x[i, r, j], where j runs over numbers one after another.

    Divided by the kept index. The sum along rows: lines = 1; that over the images and places of a
    channel: kept = channels, lines = images.
    """
    out = reals(y)
    for i in range(start_of(context, kept, 1), stop_of(context, kept, 1)):
        out[i] = sum_of_lines(lines, columns, x + i * x_kept, x_line)


@routine
def strided_sum(x, rank, sizes, distances, count):  # type: ignore[no-untyped-def]
    """The sum of `count` numbers over axes of any distances, in 64 bits."""
    total = np.float64(0.0)
    last, step = word(sizes, rank - 1), word(distances, rank - 1)
    for line in range(count // max(last, 1)):
        at, rest = x, line
        for axis in range(rank - 2, -1, -1):
            size = word(sizes, axis)
            at += rest % size * word(distances, axis)
            rest //= size
        for _ in range(last):
            total += np.float64(reals(at)[0])
            at += step
    return total


@native
def sum_any(context, kept_rank, summed_rank, table, x, y):  # type: ignore[no-untyped-def]
    """y[kept...] = sum over the other axes of x, which has any distances; y one after another.

    table: words: the sizes of the kept axes, those of the summed axes (one at least), then the
    distances of x in this order. Divided by the numbers of y. Right for all, fast for none.
    """
    rank = kept_rank + summed_rank
    distances = table + 8 * rank
    kept, count = 1, 1
    for axis in range(kept_rank):
        kept *= word(table, axis)
    for axis in range(kept_rank, rank):
        count *= word(table, axis)
    out = reals(y)
    for i in range(start_of(context, kept, 1), stop_of(context, kept, 1)):
        at, rest = x, i
        for axis in range(kept_rank - 1, -1, -1):
            size = word(table, axis)
            at += rest % size * word(distances, axis)
            rest //= size
        total = strided_sum(
            at, summed_rank, table + 8 * kept_rank, distances + 8 * kept_rank, count
        )
        out[i] = real(total)
