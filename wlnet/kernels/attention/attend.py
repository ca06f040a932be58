"""Attention of all heads, and its way back, some queries at a time.

The scores of queries that are worked on together lie side by side by query, [key][query]: so keys
and values are read where they lie, and of all operands these queries alone are turned. As long as
keys times queries is nothing but the weights, where the way back needs them.

Source of the idea: Dao et al., "FlashAttention", 2022. Unlike there, the scores of some queries are
there for all keys at once, so that softmax is the usual one and its sums have one order.
"""

from __future__ import annotations

from wlnet.kernels.attention.band_products import ALL, band_product, told
from wlnet.kernels.attention.score_columns import (
    TOGETHER,
    hide,
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

NOTHING = float("-inf")
"""The score of what is not seen."""


def attend_scratch(keys: int, size: int, together: int) -> int:
    """How many numbers the kernels here work on; size: of a key, or of a value on the way back;
    together: queries."""
    return (size + keys) * together


@routine
def entries(  # type: ignore[no-untyped-def]
    query, count, low, high, depth, window, hidden, rows, row_step, turned, y,
):  # fmt: skip
    """y[key, i] = sum over k of rows[key, k] turned[k, i] for the keys low..high-1 and the queries
    from `query` on that are worked on together; what is not seen is `hidden`."""
    step, none, everything = told(TOGETHER * ITEM), told(0), told(ALL)
    columns = (count + LANES - 1) // LANES * LANES
    band_product(low, high, none, depth, everything, everything, columns, rows, row_step,
                 told(ITEM), turned, step, y, step, none)  # fmt: skip
    if window != 0:
        for lane in range(0, columns, LANES):
            hide(y + lane * ITEM, step, low, high, query + lane, window - 1, hidden)


@native
def attend(  # type: ignore[no-untyped-def]
    context, batch, heads, queries, keys, depth, columns, window, scale,
    q, q_batch, q_head, q_row, k, k_batch, k_head, k_row, v, v_batch, v_head, v_row,
    y, y_batch, y_head, y_row, weights,
):  # fmt: skip
    """y[b, h, i] = sum over the keys j that query i sees of w[i, j] v[b, h, j], where w[i] is the
    softmax of scale q[b, h, i] . k[b, h, j].

    depth, columns: the sizes of a key and of a value, whose numbers lie one after another. window:
    how many keys up to its own a query sees; 0, and it sees all. scale: the bits of a positive
    float64. weights: 0, or where w is kept for the way back, [batch head][block][key][query], with
    TOGETHER queries in a block. Divided by blocks. Scratch: `attend_scratch`.
    """
    step, none = told(TOGETHER * ITEM), told(0)
    before, after = (window - 1, none) if window != 0 else (told(ALL), told(ALL))
    factor = real(double(scale))
    blocks = (queries + TOGETHER - 1) // TOGETHER
    turned = scratch(context)
    total = batch * heads * blocks
    for unit in range(start_of(context, total, 1), stop_of(context, total, 1)):
        pair, query = unit // blocks, unit % blocks * TOGETHER
        b, h = pair // heads, pair % heads
        count = min(TOGETHER, queries - query)
        low = seen_start(query, window)
        high = seen_stop(query + TOGETHER - 1, keys, window)
        own = weights + unit * keys * step if weights != 0 else turned + depth * step
        turn_rows(count, depth, q + b * q_batch + h * q_head + query * q_row, q_row, turned, step,
                  told(TOGETHER))  # fmt: skip
        entries(query, count, low, high, depth, window, real(NOTHING),
                k + b * k_batch + h * k_head, k_row, turned, own)  # fmt: skip
        for lane in range(0, count, LANES):
            weights_column(own + low * step + lane * ITEM, step, high - low, factor)
        band_product(query, query + count, low, high, before, after, columns, own - query * ITEM,
                     told(ITEM), step, v + b * v_batch + h * v_head, v_row,
                     y + b * y_batch + h * y_head, y_row, none)  # fmt: skip


@native
def attend_back(  # type: ignore[no-untyped-def]
    context, batch, heads, queries, keys, depth, columns, window, scale,
    d, d_batch, d_head, d_row, q, q_batch, q_head, q_row, k, k_batch, k_head, k_row,
    v, v_batch, v_head, v_row, weights,
    dq, dq_batch, dq_head, dq_row, dk, dk_batch, dk_head, dk_row, dv, dv_batch, dv_head, dv_row,
):  # fmt: skip
    """The gradients of `attend` by queries, keys and values, of which those at 0 are not wanted.

    d: that by the result. weights: what `attend` kept. Divided by heads and examples, as gradients
    by keys and values are sums over all queries. Scratch: `attend_scratch`.
    """
    step, none, item = told(TOGETHER * ITEM), told(0), told(ITEM)
    before, after = (window - 1, none) if window != 0 else (told(ALL), told(ALL))
    factor = real(double(scale))
    blocks = (queries + TOGETHER - 1) // TOGETHER
    turned = scratch(context)
    slopes = turned + columns * step
    total = batch * heads
    for pair in range(start_of(context, total, 1), stop_of(context, total, 1)):
        b, h = pair // heads, pair % heads
        db, qb = d + b * d_batch + h * d_head, q + b * q_batch + h * q_head
        kb, vb = k + b * k_batch + h * k_head, v + b * v_batch + h * v_head
        for query in range(0, queries, TOGETHER):
            count = min(TOGETHER, queries - query)
            stop = query + count
            low, high = seen_start(query, window), seen_stop(stop - 1, keys, window)
            own = weights + (pair * blocks + query // TOGETHER) * keys * step
            if dv != 0:
                key_sums(query, stop, low, high, window, columns, own - query * ITEM, db, d_row,
                         dv + b * dv_batch + h * dv_head, dv_row)  # fmt: skip
            if dq == 0 and dk == 0:
                continue
            turn_rows(count, columns, db + query * d_row, d_row, turned, step, told(TOGETHER))
            high = seen_stop(query + TOGETHER - 1, keys, window)
            entries(query, count, low, high, columns, window, real(0.0), vb, v_row, turned, slopes)
            for lane in range(0, count, LANES):
                at = low * step + lane * ITEM
                slopes_column(slopes + at, own + at, step, high - low, factor)
            a = slopes - query * ITEM
            if dq != 0:
                band_product(query, stop, low, high, before, after, depth, a, item, step, kb,
                             k_row, dq + b * dq_batch + h * dq_head, dq_row, none)  # fmt: skip
            if dk != 0:
                key_sums(query, stop, low, seen_stop(stop - 1, keys, window), window, depth, a, qb,
                         q_row, dk + b * dk_batch + h * dk_head, dk_row)  # fmt: skip


@routine
def key_sums(  # type: ignore[no-untyped-def]
    query, stop, low, high, window, columns, a, b, b_row, c, c_row,
):  # fmt: skip
    """c[key, j] = sum over the queries i that see the key of a[key, i] b[i, j]: the terms of those
    queries that are worked on together."""
    step, item, none = told(TOGETHER * ITEM), told(ITEM), told(0)
    before, after = (none, window - 1) if window != 0 else (told(ALL), told(ALL))
    # Keys from here on are seen for the first time.
    fresh = query if window != 0 else (low if query == 0 else high)
    for number in range(2):
        first, last = (low, fresh) if number == 0 else (fresh, high)
        band_product(first, last, query, stop, before, after, columns, a, step, item, b, b_row, c,
                     c_row, told(1) - number)  # fmt: skip
