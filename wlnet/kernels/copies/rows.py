"""Rows and numbers by index, and what moves whole rows: batches, histories, the check of numbers.

Gather (embedding lookup), scatter-add, pick (take_along_axis), place (one-hot times a value); then
what feeds a step (a shuffled batch), records it, and looks for NaN and infinity.

Indices are int32 and counted from 1. One outside of the table reads NaN and writes nothing: a
kernel neither raises nor touches memory that is not its own.
"""

from __future__ import annotations

import numpy as np

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    copy_bytes,
    indices,
    real,
    reals,
    set_word,
    start_of,
    step_number,
    stop_of,
    word,
    workers,
)
from wlnet.kernels.emit.lines import line_is_finite
from wlnet.kernels.language import native, routine
from wlnet.kernels.products.tiles import TALL

LINE = 64
"""Bytes that two workers do not write at a time: a line of the cache."""
FEW = 16384
"""Bytes that are copied faster by one worker than by several."""


@native
def gather(context, count, size, width, table, index, y):  # type: ignore[no-untyped-def]
    """y[i] = table[index[i] - 1], rows of `width` numbers; the table has `size` rows.

    Divided by the rows of y.
    """
    chosen = indices(index)
    for i in range(start_of(context, count, 1), stop_of(context, count, 1)):
        at, to = chosen[i], y + i * width * ITEM
        if 1 <= at <= size:
            copy_bytes(to, table + (at - 1) * width * ITEM, width * ITEM)
        else:
            out = reals(to)
            for j in range(width):
                out[j] = real(np.nan)


@routine
def add_rows(count, size, width, rows, index, table, row, last_row, column, last_column):  # type: ignore[no-untyped-def]
    """Add rows to a part of a table, after making it zero."""
    chosen, span = indices(index), last_column - column
    for i in range(row, last_row):
        sums = reals(table + (i * width + column) * ITEM)
        for j in range(span):
            sums[j] = real(0.0)
    for i in range(count):
        at = chosen[i] - 1
        if row <= at < last_row:
            sums = reals(table + (at * width + column) * ITEM)
            numbers = reals(rows + (i * width + column) * ITEM)
            for j in range(span):
                sums[j] += numbers[j]


@native
def scatter_add(context, count, size, width, rows, index, table):  # type: ignore[no-untyped-def]
    """table[k] = sum of rows[i] with index[i] - 1 = k, in the order of i; rows of `width` numbers.

    Divided by columns where each worker gets some lines of the cache, else by the table's rows.
    """
    grain = LINE // ITEM
    row, last_row, column, last_column = 0, size, 0, width
    if width >= 2 * grain * workers(context):
        column, last_column = start_of(context, width, grain), stop_of(context, width, grain)
    else:
        row, last_row = start_of(context, size, 1), stop_of(context, size, 1)
    add_rows(count, size, width, rows, index, table, row, last_row, column, last_column)


@native
def count_up(context, count, y):  # type: ignore[no-untyped-def]
    """y[i] = i + 1."""
    for i in range(start_of(context, count, LINE), stop_of(context, count, LINE)):
        indices(y)[i] = i + 1


@native
def pick(context, count, n, x, index, y):  # type: ignore[no-untyped-def]
    """y[i] = x[i, index[i] - 1], rows of n numbers. Divided by rows."""
    chosen, numbers, out = indices(index), reals(x), reals(y)
    for i in range(start_of(context, count, LANES), stop_of(context, count, LANES)):
        at = chosen[i]
        out[i] = numbers[i * n + at - 1] if 1 <= at <= n else real(np.nan)


@native
def place(context, count, n, x, index, y):  # type: ignore[no-untyped-def]
    """y[i, j] = x[i] where j = index[i] - 1, else 0, rows of n numbers. Divided by rows."""
    chosen, numbers, out = indices(index), reals(x), reals(y)
    first, last = start_of(context, count, 1), stop_of(context, count, 1)
    for k in range(first * n, last * n):
        out[k] = real(0.0)
    for i in range(first, last):
        at = chosen[i]
        if 1 <= at <= n:
            out[i * n + at - 1] = numbers[i]


@native
def gather_batch(context, count, batch, offset, order, column, row_bytes, out):  # type: ignore[no-untyped-def]
    """out[i] = column[order[step * batch + offset + i]] for i in 0..count-1, rows of any bytes.

    order: words, counted from 0, all within the column. Divided by rows, like a product.
    """
    start = step_number(context) * batch + offset
    for i in range(start_of(context, count, TALL), stop_of(context, count, TALL)):
        copy_bytes(out + i * row_bytes, column + word(order, start + i) * row_bytes, row_bytes)


@native
def keep(context, size, x, table):  # type: ignore[no-untyped-def]
    """Copy `size` bytes of x to the step's place in a table, which has as many for each step.

    Divided by lines of the cache; a few bytes are copied by the first worker alone.
    """
    grain = FEW if size <= FEW else LINE
    first, last = start_of(context, size, grain), stop_of(context, size, grain)
    if first < last:
        copy_bytes(table + step_number(context) * size + first, x + first, last - first)


@native
def check_finite(context, count, x, status):  # type: ignore[no-untyped-def]
    """Write the number of the step, counted from 1, to the word `status` if a number is not finite.

    A status that is set already stays: it tells the first such step. Divided by numbers.
    """
    grain = LINE // ITEM
    first, last = start_of(context, count, grain), stop_of(context, count, grain)
    if line_is_finite(x + first * ITEM, last - first) == 0 and word(status, 0) == 0:
        set_word(status, 0, step_number(context) + 1)
