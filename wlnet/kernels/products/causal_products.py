"""Products of which each row has a part of the sums, or of the results: those of what it sees.

Banded matrix products, as causal attention needs them. The i-th of n things sees those from
i - window + 1 to i; those that see it are i to i + window - 1. What lies beyond is not read, be it
infinite or NaN, and each sum is made in the order of what is seen: so no bit of a result depends on
the rest.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import LANES, real, reals, start_of, stop_of
from wlnet.kernels.language import PerTarget, native, routine
from wlnet.kernels.products.blocks import block
from wlnet.kernels.products.tiles import TALL

VECTOR = PerTarget(lambda target: target.width)
PAST, FUTURE = 0, 1
"""Whether a row has to do with those that it sees, or with those that see it."""


@routine
def band_start(row, window, way):  # type: ignore[no-untyped-def]
    """The first that a row has to do with."""
    return row if way == FUTURE else max(0, row - window + 1)


@routine
def band_stop(row, count, window, way):  # type: ignore[no-untyped-def]
    """What lies behind the last one."""
    return min(count, row + window) if way == FUTURE else row + 1


@routine
def band_sums(  # type: ignore[no-untyped-def]
    row, columns, first, stop, a, a_row, a_depth, b, b_depth, c, c_row, start,
):  # fmt: skip
    """One row: c[j] = start + the sum of a[k] b[k, j] over first <= k < stop."""
    block(0, 1, 0, columns, max(0, stop - first), a + row * a_row + first * a_depth, 0, a_depth,
          b + first * b_depth, b_depth, VECTOR, c + row * c_row, c_row, start, 0, 0, 0)  # fmt: skip


@native
def causal_sums(  # type: ignore[no-untyped-def]
    context, lead, a_lead, b_lead, c_lead, count, columns, window, way, a, a_row, a_depth, b,
    b_depth, c, c_row,
):  # fmt: skip
    """c[l, i, j] = sum of a[l, i, k] b[l, k, j] over those k that i has to do with, out of count.

    The columns of b and c lie one after another. Divided by tiles of rows.
    """
    tiles = (count + TALL - 1) // TALL
    for item in range(start_of(context, lead * tiles, 1), stop_of(context, lead * tiles, 1)):
        one, first = item // tiles, item % tiles * TALL
        last = min(count, first + TALL)
        ai, bi, ci = a + one * a_lead, b + one * b_lead, c + one * c_lead
        # What all rows of the tile have in common, and what some have before and behind it.
        start, stop = band_start(last - 1, window, way), band_stop(first, count, window, way)
        stop = max(start, stop)
        has_more = band_start(first, window, way) < start
        if has_more:
            for i in range(first, last):
                far = min(start, band_stop(i, count, window, way))
                band_sums(i, columns, band_start(i, window, way), far, ai, a_row, a_depth, bi,
                          b_depth, ci, c_row, 0)  # fmt: skip
        if stop > start or not has_more:
            at = ci + first * c_row
            block(0, last - first, 0, columns, stop - start, ai + first * a_row + start * a_depth,
                  a_row, a_depth, bi + start * b_depth, b_depth, VECTOR, at, c_row,
                  at if has_more else 0, c_row, 0, 0)  # fmt: skip
        for i in range(first, last):
            own, far = band_start(i, window, way), band_stop(i, count, window, way)
            if far > max(own, stop):
                band_sums(i, columns, max(own, stop), far, ai, a_row, a_depth, bi, b_depth, ci,
                          c_row, ci + i * c_row)  # fmt: skip


@native
def causal_entries(  # type: ignore[no-untyped-def]
    context, lead, a_lead, b_lead, c_lead, count, depth, window, a, a_row, a_depth, b, b_depth, c,
    c_row,
):  # fmt: skip
    """c[l, i, j] = sum over k of a[l, i, k] b[l, k, j] for the j that i sees, out of count, else 0.

    The columns of b and c lie one after another. Divided by tiles of rows.
    """
    tiles = (count + TALL - 1) // TALL
    for item in range(start_of(context, lead * tiles, 1), stop_of(context, lead * tiles, 1)):
        one, first = item // tiles, item % tiles * TALL
        last = min(count, first + TALL)
        ci = c + one * c_lead
        column = band_start(first, window, PAST) // LANES * LANES
        block(first, last, column, last, depth, a + one * a_lead, a_row, a_depth, b + one * b_lead,
              b_depth, VECTOR, ci, c_row, 0, 0, 0, 0)  # fmt: skip
        for i in range(first, last):
            row = reals(ci + i * c_row)
            for j in range(band_start(i, window, PAST)):
                row[j] = real(0.0)
            for j in range(i + 1, count):
                row[j] = real(0.0)
