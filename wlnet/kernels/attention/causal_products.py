"""Products over what each of a sequence sees, as matrices of their own.

The i-th of n things sees those from i - window + 1 to i; those that see it are i to i + window - 1.
"""

from __future__ import annotations

from wlnet.kernels.attention.band_products import ALL, band_product, told
from wlnet.kernels.emit.instructions import ITEM, real, reals, start_of, stop_of
from wlnet.kernels.language import native
from wlnet.kernels.products.tiles import TALL

PAST, FUTURE = 0, 1
"""Whether a row has to do with those that it sees, or with those that see it."""


@native
def causal_sums(  # type: ignore[no-untyped-def]
    context, lead, a_lead, b_lead, c_lead, count, columns, window, way, a, a_row, a_depth, b,
    b_depth, c, c_row,
):  # fmt: skip
    """c[l, i, j] = sum of a[l, i, k] b[l, k, j] over those k that i has to do with, out of count.

    The columns of b and c lie one after another. Divided by tiles of rows.
    """
    none = told(0)
    before, after = (none, window - 1) if way == FUTURE else (window - 1, none)
    tiles = (count + TALL - 1) // TALL
    for unit in range(start_of(context, lead * tiles, 1), stop_of(context, lead * tiles, 1)):
        one, row = unit // tiles, unit % tiles * TALL
        band_product(row, min(count, row + TALL), none, count, before, after, columns,
                     a + one * a_lead, a_row, a_depth, b + one * b_lead, b_depth, c + one * c_lead,
                     c_row, none)  # fmt: skip


@native
def causal_entries(  # type: ignore[no-untyped-def]
    context, lead, a_lead, b_lead, c_lead, count, depth, window, a, a_row, a_depth, b, b_depth, c,
    c_row,
):  # fmt: skip
    """c[l, i, j] = sum over k of a[l, i, k] b[l, k, j] for the j that i sees, out of count, else 0.

    The columns of b and c lie one after another. Divided by tiles of rows.
    """
    none, everything = told(0), told(ALL)
    tiles = (count + TALL - 1) // TALL
    for unit in range(start_of(context, lead * tiles, 1), stop_of(context, lead * tiles, 1)):
        one, first = unit // tiles, unit % tiles * TALL
        last = min(count, first + TALL)
        ci, column = c + one * c_lead, max(0, first - window + 1)
        band_product(first, last, none, depth, everything, everything, last - column,
                     a + one * a_lead, a_row, a_depth, b + one * b_lead + column * ITEM, b_depth,
                     ci + column * ITEM, c_row, none)  # fmt: skip
        for i in range(first, last):
            row = reals(ci + i * c_row)
            for j in range(max(0, i - window + 1)):
                row[j] = real(0.0)
            for j in range(i + 1, count):
                row[j] = real(0.0)
