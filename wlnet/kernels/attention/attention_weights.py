"""The weights of attention: softmax of scaled scores, over all of them or over what a row sees.

Scaled, masked softmax, and its gradient. Some rows at a time are turned into columns, so that all
sums are those of score_columns.py. What a row does not see is nothing to it, and 0 in the result.
"""

from __future__ import annotations

from wlnet.kernels.attention.attend import NOTHING
from wlnet.kernels.attention.band_products import told
from wlnet.kernels.attention.score_columns import (
    TOGETHER,
    hide,
    hide_lanes,
    seen_start,
    seen_stop,
    slopes_column,
    weights_column,
)
from wlnet.kernels.attention.turning import turn_rows
from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    double,
    real,
    scratch,
    start_of,
    stop_of,
)
from wlnet.kernels.language import native, routine


def weights_scratch(n: int, together: int) -> int:
    """How many numbers the kernels here work on, for rows of n."""
    return 2 * n * together


@routine
def columns_of(row, count, low, high, n, window, hidden, x, y):  # type: ignore[no-untyped-def]
    """Rows of x as columns of y, with what they do not see `hidden`; row: which of a matrix."""
    step = told(TOGETHER * ITEM)
    turn_rows(count, n, x, n * ITEM, y, step, told(TOGETHER))
    if window != 0:
        for lane in range(0, count, LANES):
            hide(y + lane * ITEM, step, low, high, row + lane, window - 1, hidden)


@routine
def rows_of(row, count, low, high, n, window, x, y):  # type: ignore[no-untyped-def]
    """Columns of x as rows of y, with 0 for what they do not see."""
    step = told(TOGETHER * ITEM)
    for lane in range(0, count, LANES):
        at = x + lane * ITEM
        for key in range(low):
            hide_lanes(at + key * step, LANES, LANES, real(0.0))
        for key in range(high, n):
            hide_lanes(at + key * step, LANES, LANES, real(0.0))
        if window != 0:
            hide(at, step, low, high, row + lane, window - 1, real(0.0))
    turn_rows(n, count, x, step, y, n * ITEM, n)


@native
def attention_weights(context, matrices, rows, n, window, scale, x, y):  # type: ignore[no-untyped-def]
    """y[i, j] = exp(scale x[i, j]) / the sum of exp(scale x[i, k]) over all k that row i sees, for
    j among these, else 0.

    Matrices (rows, n), one after another. window: 0, and every row sees all; else rows is n, and
    the i-th sees from i - window + 1 to i. scale: the bits of a positive float64.
    Divided by blocks of rows. Scratch: `weights_scratch`.
    """
    step, factor = told(TOGETHER * ITEM), real(double(scale))
    blocks = (rows + TOGETHER - 1) // TOGETHER
    held, total = scratch(context), matrices * blocks
    for unit in range(start_of(context, total, 1), stop_of(context, total, 1)):
        matrix, row = unit // blocks, unit % blocks * TOGETHER
        count = min(TOGETHER, rows - row)
        low, high = seen_start(row, window), seen_stop(row + TOGETHER - 1, n, window)
        at = (matrix * rows + row) * n * ITEM
        columns_of(row, count, low, high, n, window, real(NOTHING), x + at, held)
        for lane in range(0, count, LANES):
            weights_column(held + low * step + lane * ITEM, step, high - low, factor)
        rows_of(row, count, low, high, n, window, held, y + at)


@native
def attention_weights_input(  # type: ignore[no-untyped-def]
    context, matrices, rows, n, window, scale, d, y, dx,
):  # fmt: skip
    """The gradient by x of `attention_weights`: dx = (d - sum of d y) y scale over what a row sees,
    else 0.

    d: that by its result y. Divided by blocks of rows. Scratch: `weights_scratch`.
    """
    step, factor = told(TOGETHER * ITEM), real(double(scale))
    blocks = (rows + TOGETHER - 1) // TOGETHER
    held, total = scratch(context), matrices * blocks
    kept = held + n * step
    for unit in range(start_of(context, total, 1), stop_of(context, total, 1)):
        matrix, row = unit // blocks, unit % blocks * TOGETHER
        count = min(TOGETHER, rows - row)
        low, high = seen_start(row, window), seen_stop(row + TOGETHER - 1, n, window)
        at = (matrix * rows + row) * n * ITEM
        columns_of(row, count, low, high, n, window, real(0.0), d + at, held)
        columns_of(row, count, low, high, n, window, real(0.0), y + at, kept)
        for lane in range(0, count, LANES):
            shift = low * step + lane * ITEM
            slopes_column(held + shift, kept + shift, step, high - low, factor)
        rows_of(row, count, low, high, n, window, held, dx + at)
