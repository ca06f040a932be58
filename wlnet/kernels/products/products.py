"""Matrix products: c = activation(start + a b), gated or not, for any number of matrices.

A batched GEMM. Its epilogue adds the bias (`start`) and applies the activation, or the gradient of
one (`gate`).
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import LANES, scratch, start_of, stop_of
from wlnet.kernels.language import native
from wlnet.kernels.products.blocks import blocks
from wlnet.kernels.products.tiles import TALL

BY_LEAD, BY_ROWS, BY_COLUMNS = 0, 1, 2


@native
def product(  # type: ignore[no-untyped-def]
    context, lead, a_lead, b_lead, c_lead, rows, columns, depth,
    a, a_row, a_depth, b, b_depth, b_vector, c, c_row, start, start_row, activation, gate,
    split, row_block, column_block, depth_block, packs,
):  # fmt: skip
    """c[l, i, j] = sum over k of a[l, i, k] b[l, k, j], the columns of b and c one after another.

    Distances are bytes; b_vector is that from one vector of columns of b to the next, so that b may
    be packed: vector by vector, each with all its rows. split: what is divided among the workers.
    The blocks, and what is copied: see blocks.py. Scratch: see plan/calls/blocking.py.
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
        blocks(scratch(context), row_block, column_block, depth_block, packs, row, last_row, column,
               last_column, depth, a + i * a_lead, a_row, a_depth, b + i * b_lead, b_depth,
               b_vector, c + i * c_lead, c_row, start, start_row, activation, gi)  # fmt: skip
