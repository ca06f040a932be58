"""Matrix products: c = activation(start + a b), gated or not, for any number of matrices.

A batched GEMM: `block` walks over the tiles (micro-kernels) of tiles.py, whose epilogue adds the
bias (`start`) and applies the activation, or the gradient of one (`gate`).
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, start_of, stop_of
from wlnet.kernels.language import native, routine
from wlnet.kernels.products.tiles import TALL, tile

tall = tile(TALL, 2)
tall_part = tile(TALL, 1, masked=True)
flat = tile(1, 2)
flat_wide = tile(1, 8)
flat_part = tile(1, 1, masked=True)


@routine
def block(  # type: ignore[no-untyped-def]
    row, last_row, column, last_column, depth,
    a, a_row, a_depth, b, b_depth, b_vector, c, c_row, start, start_row, activation, gate,
):  # fmt: skip
    """The results in rows row..last_row-1 and columns column..last_column-1."""
    while column < last_column:
        left = last_column - column
        wide = 1
        if left >= 2 * LANES:
            wide = 2
            if last_row - row < TALL and left >= 8 * LANES:
                wide = 8
        width = min(left, wide * LANES)
        bj = b + column // LANES * b_vector
        i = row
        while i < last_row:
            at = i * c_row + ITEM * column
            ai, ci = a + i * a_row, c + at
            si = start + i * start_row + ITEM * column if start != 0 else 0
            gi = gate + at if gate != 0 else 0
            if wide == 8:
                flat_wide(depth, ai, a_row, a_depth, bj, b_depth, b_vector, ci, c_row, si,
                          start_row, activation, gi, width)  # fmt: skip
                i += 1
            elif wide == 2 and last_row - i >= TALL:
                tall(depth, ai, a_row, a_depth, bj, b_depth, b_vector, ci, c_row, si, start_row,
                     activation, gi, width)  # fmt: skip
                i += TALL
            elif wide == 2:
                flat(depth, ai, a_row, a_depth, bj, b_depth, b_vector, ci, c_row, si, start_row,
                     activation, gi, width)  # fmt: skip
                i += 1
            elif last_row - i >= TALL:
                tall_part(depth, ai, a_row, a_depth, bj, b_depth, b_vector, ci, c_row, si,
                          start_row, activation, gi, width)  # fmt: skip
                i += TALL
            else:
                flat_part(depth, ai, a_row, a_depth, bj, b_depth, b_vector, ci, c_row, si,
                          start_row, activation, gi, width)  # fmt: skip
                i += 1
        column += width


BY_LEAD, BY_ROWS, BY_COLUMNS = 0, 1, 2


@native
def product(  # type: ignore[no-untyped-def]
    context, lead, a_lead, b_lead, c_lead, rows, columns, depth,
    a, a_row, a_depth, b, b_depth, b_vector, c, c_row, start, start_row, activation, gate,
    split,
):  # fmt: skip
    """c[l, i, j] = sum over k of a[l, i, k] b[l, k, j], the columns of b and c one after another.

    Distances are bytes; b_vector is that from one vector of columns of b to the next, so that b may
    be packed: vector by vector, each with all its rows. split: what is divided among the workers.
    """
    first, last, row, last_row, column, last_column = 0, lead, 0, rows, 0, columns
    if split == BY_LEAD:
        first, last = start_of(context, lead, 1), stop_of(context, lead, 1)
    elif split == BY_ROWS:
        row, last_row = start_of(context, rows, TALL), stop_of(context, rows, TALL)
    else:
        grain = 2 * LANES
        column, last_column = start_of(context, columns, grain), stop_of(context, columns, grain)
    for i in range(first, last):
        gi = gate + i * c_lead if gate != 0 else 0
        block(row, last_row, column, last_column, depth, a + i * a_lead, a_row, a_depth,
              b + i * b_lead, b_depth, b_vector, c + i * c_lead, c_row, start, start_row,
              activation, gi)  # fmt: skip
