"""Steps that update an array: by its gradient, or by a product or a sum that is used while it is
near.

The gradient of weights fused with the optimizer step: no gradient is written to memory as a whole.

Each calls the flat kernel of a method (flat_updates.py) through its address, with a copy of the
record of the array: a worker's own, for its part.
"""

from __future__ import annotations

from typing import Final

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    call,
    doubles,
    real,
    reals,
    scratch,
    set_word,
    start_of,
    step_number,
    stop_of,
    word,
)
from wlnet.kernels.language import ITEM as ITEMS
from wlnet.kernels.language import Precision, native, routine
from wlnet.kernels.products.blocks import blocks
from wlnet.kernels.products.products import BY_ROWS
from wlnet.kernels.products.tiles import TALL
from wlnet.kernels.updates.flat_updates import FLAT

_WORDS: Final = len(FLAT)
_RATES: Final = FLAT.index("rates")
_LINES: Final = FLAT.index("lines")
RECORD_BYTES: Final = 192
"""The copy of a flat kernel's record at the beginning of the scratch memory."""


@routine
def resting(context, record):  # type: ignore[no-untyped-def]
    """Whether the array of a record is left alone in this step."""
    step_size = doubles(word(record, _RATES))[step_number(context)]
    return step_size != step_size


@routine
def piece(  # type: ignore[no-untyped-def]
    context, function, record, first, count, gradients, lines, distance, gradient_distance,
):  # fmt: skip
    """Update lines of `count` numbers of the array of a record, the first of them number `first`,
    with these gradients."""
    own = scratch(context)
    for i in range(_WORDS):
        set_word(own, i, word(record, i))
    set_word(own, 0, count)
    set_word(own, 1, word(record, 1) + first * ITEM)
    set_word(own, 2, gradients)
    for i in range(3, 6):
        # What is 0 stays no address, and is not used.
        set_word(own, i, word(record, i) + first * ITEM)
    set_word(own, _LINES, lines)
    set_word(own, _LINES + 1, distance)
    set_word(own, _LINES + 2, gradient_distance)
    call(function, own, context)


@native
def update(context, function, record):  # type: ignore[no-untyped-def]
    """An update of a whole array, divided among the workers.

    function, record: a flat kernel and its record for the whole array. Scratch: RECORD_BYTES.
    """
    count = word(record, 0)
    first, last = start_of(context, count, 4 * LANES), stop_of(context, count, 4 * LANES)
    if last > first and not resting(context, record):
        piece(context, function, record, first, last - first, word(record, 2) + first * ITEM,
              1, 0, 0)  # fmt: skip


PANEL_BYTES: Final = 1 << 16
STRIP: Final = 2048
"""The most columns of a product that are made before they are used; the rows: what PANEL_BYTES
allow."""
ROWS: Final = 8
"""The most tiles of rows in a panel."""


# Tall is 8 at most, an item 8.
PANEL_SPACE: Final = max(PANEL_BYTES, 8 * STRIP * 8)


@native
def product_update(  # type: ignore[no-untyped-def]
    context, function, record, rows, columns, depth, a, a_row, a_depth, b, b_depth, split,
    strip, row_block, column_block, depth_block, packs,
):  # fmt: skip
    """An update of c by the gradient g[i, j] = sum over k of a[i, k] b[k, j], which is never whole.

    function, record: as in `update`, the gradients of the record not used; c has no gaps. The
    columns of b lie one after another; distances are bytes. split: BY_ROWS or BY_COLUMNS, what is
    divided among the workers. strip: how many columns are made at a time, STRIP at most. The
    blocks: as in `product`. Scratch: PRODUCT_UPDATE_SCRATCH bytes, and what the blocks need.
    """
    if not resting(context, record):
        row, last_row, column, last_column = 0, rows, 0, columns
        if split == BY_ROWS:
            row, last_row = start_of(context, rows, TALL), stop_of(context, rows, TALL)
        else:
            grain = 2 * LANES
            column = start_of(context, columns, grain)
            last_column = stop_of(context, columns, grain)
        panel = scratch(context) + RECORD_BYTES
        own = panel + PANEL_SPACE
        while column < last_column:
            wide = min(strip, last_column - column)
            most = TALL * max(1, min(ROWS, PANEL_BYTES // (TALL * ITEM * wide)))
            i = row
            while i < last_row:
                high = min(most, last_row - i)
                blocks(own, row_block, column_block, depth_block, packs, 0, high, 0, wide, depth,
                       a + i * a_row, a_row, a_depth, b + column * ITEM, b_depth, LANES * ITEM,
                       panel, wide * ITEM, 0, 0, 0, 0)  # fmt: skip
                if wide == columns:
                    piece(context, function, record, i * columns, high * columns, panel,
                          1, 0, 0)  # fmt: skip
                else:
                    piece(context, function, record, i * columns + column, wide, panel, high,
                          columns * ITEM, wide * ITEM)  # fmt: skip
                i += high
            column += wide


PRODUCT_UPDATE_SCRATCH: Final = RECORD_BYTES + PANEL_SPACE


CHUNK: Final = 128


@native
def sum_update(  # type: ignore[no-untyped-def]
    context, function, record, rows, columns, source, source_row,
):  # fmt: skip
    """An update by the gradient g[j] = sum over i of source[i, j], divided by columns.

    function, record: as in `update`, the gradients of the record not used. The columns of the
    source lie one after another; source_row: bytes. Scratch: sum_update_scratch(...).
    """
    first, last = start_of(context, columns, LANES), stop_of(context, columns, LANES)
    if last > first and not resting(context, record):
        wide = last - first
        sums_at = scratch(context) + RECORD_BYTES
        part_at = sums_at + wide * ITEM
        sums, part, zero = reals(sums_at), reals(part_at), real(0.0)
        for j in range(wide):
            sums[j] = zero
        # Chunk by chunk: a single running sum of many rows would lose digits.
        for chunk in range(0, rows, CHUNK):
            for j in range(wide):
                part[j] = zero
            for i in range(chunk, min(rows, chunk + CHUNK)):
                x = reals(source + i * source_row + first * ITEM)
                for j in range(wide):
                    part[j] += x[j]
            for j in range(wide):
                sums[j] += part[j]
        piece(context, function, record, first, wide, sums_at, 1, 0, 0)


def sum_update_scratch(columns: int, precision: Precision) -> int:
    """The bytes of scratch memory that `sum_update` needs."""
    return RECORD_BYTES + 2 * columns * ITEMS[precision]
