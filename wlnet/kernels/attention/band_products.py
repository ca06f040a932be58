"""Products of which each row has a part of the sums: those of what it sees.

Banded matrix products, as causal attention needs them: row i has the terms from i - before to
i + after. What lies beyond is not read, be it infinite or NaN, and each sum is made in the order of
its terms: so no bit of a result depends on the rest.
"""

from __future__ import annotations

from wlnet.kernels.attention.band_tiles import (
    growing_tile,
    part_tile,
    shrinking_tile,
    wide_tile,
)
from wlnet.kernels.emit.instructions import ITEM, LANES
from wlnet.kernels.emit.vectors import Kit
from wlnet.kernels.language import Word, instruction, routine
from wlnet.kernels.products.tiles import TALL

ALL = 1 << 40
"""So many before or after are all there are."""


@instruction("word", "word", plain=lambda x: x)
def told(kit: Kit, x: Word) -> Word:
    """A word that stands in the code, as one that does not: a routine is compiled once for each
    that it is called with."""
    return x


@routine
def dense(  # type: ignore[no-untyped-def]
    rows, columns, depth, a, a_row, a_depth, b, b_depth, c, c_row, more,
):  # fmt: skip
    """At most TALL rows with the same terms: c[i, j] = more c[i, j] + sum of a[i, k] b[k, j]."""
    column = 0
    while column < columns:
        at = column * ITEM
        if rows == TALL and columns - column >= 2 * LANES:
            wide_tile(depth, a, a_row, a_depth, b + at, b_depth, c + at, c_row, more)
            column += 2 * LANES
        else:
            part_tile(depth, a, a_row, a_depth, b + at, b_depth, c + at, c_row, more, rows,
                      min(LANES, columns - column))  # fmt: skip
            column += LANES


@routine
def one_by_one(  # type: ignore[no-untyped-def]
    row, rows, first, stop, before, after, columns, a, a_row, a_depth, b, b_depth, c, c_row, more,
):  # fmt: skip
    """Rows each with its terms among those from first to stop - 1."""
    for i in range(row, row + rows):
        start = max(first, i - before)
        depth = max(0, min(stop, i + after + 1) - start)
        dense(told(1), columns, depth, a + i * a_row + start * a_depth, a_row, a_depth,
              b + start * b_depth, b_depth, c + i * c_row, c_row, more)  # fmt: skip


@routine
def band_product(  # type: ignore[no-untyped-def]
    row, last_row, low, high, before, after, columns,
    a, a_row, a_depth, b, b_depth, c, c_row, more,
):  # fmt: skip
    """c[i, j] = more c[i, j] + sum of a[i, k] b[k, j], over low <= k < high from i - before to
    i + after, for the rows row..last_row-1.

    Columns of b and c lie one after another; other distances are bytes. more: 1 or 0.
    """
    while row < last_row:
        rows = min(TALL, last_row - row)
        last = row + rows - 1
        # What some rows have, and within it what all of them have.
        first, stop = max(low, row - before), min(high, last + after + 1)
        begin, end = max(low, last - before), min(high, row + after + 1)
        ai, ci, summed = a + row * a_row, c + row * c_row, more
        if begin > end:
            one_by_one(row, rows, first, stop, before, after, columns, a, a_row, a_depth, b,
                       b_depth, c, c_row, more)  # fmt: skip
            row += rows
            continue
        if first < begin:
            if rows == TALL and begin - first == TALL - 1:
                for column in range(0, columns, LANES):
                    at = column * ITEM
                    growing_tile(ai + first * a_depth, a_row, a_depth, b + first * b_depth + at,
                                 b_depth, ci + at, c_row, summed,
                                 min(LANES, columns - column))  # fmt: skip
            else:
                one_by_one(row, rows, first, begin, before, after, columns, a, a_row, a_depth, b,
                           b_depth, c, c_row, summed)  # fmt: skip
            summed = 1
        if begin < end or summed == 0:
            dense(rows, columns, end - begin, ai + begin * a_depth, a_row, a_depth,
                  b + begin * b_depth, b_depth, ci, c_row, summed)  # fmt: skip
        if end < stop:
            if rows == TALL and stop - end == TALL - 1:
                for column in range(0, columns, LANES):
                    at = column * ITEM
                    shrinking_tile(ai + end * a_depth, a_row, a_depth, b + end * b_depth + at,
                                   b_depth, ci + at, c_row, 1,
                                   min(LANES, columns - column))  # fmt: skip
            else:
                one_by_one(row, rows, end, stop, before, after, columns, a, a_row, a_depth, b,
                           b_depth, c, c_row, told(1))  # fmt: skip
        row += rows
