"""Copies between places with any distances: reorder, slice, repeat, put beside one another.

Strided copies: what makes a view contiguous, transposes, broadcasts and concatenates.

The rank is at least 1; the table holds the sizes, then the distances in bytes of x and of y.
"""

from __future__ import annotations

from wlnet.kernels.copies.blocks import Size, axis_across, band_copy, bands_in, row_copy
from wlnet.kernels.elementwise.maps import GRAIN
from wlnet.kernels.emit.instructions import ITEM, start_of, stop_of
from wlnet.kernels.emit.places import numbers_in
from wlnet.kernels.language import Kernel, native


def _copy(name: str, size: Size, what: str) -> Kernel:
    rows, bands = row_copy(size), band_copy(size)
    axis_of, columns = axis_across(size), bands_in(size)

    def kernel(context, rank, table, x, y):  # type: ignore[no-untyped-def]
        count, grain = numbers_in(rank, table), GRAIN
        across = axis_of(rank, table)
        if across >= 0 and count > 0:
            count, grain = columns(rank, table, across), 1
        start, stop = start_of(context, count, grain), stop_of(context, count, grain)
        if across >= 0:
            bands(start, stop, rank, table, across, x, y)
        else:
            rows(start, stop, rank, table, x, y)

    kernel.__name__ = name
    kernel.__doc__ = f"""y[...] = x[...], {what}; x and y do not overlap.

    Fast where the rows of both lie one after another or x is repeated along them, and where x lies
    in rows along another axis. The workers divide y, or its blocks.
    """
    return native(kernel)


copy = _copy("copy", ITEM, "real numbers")
copy_indices = _copy("copy_indices", 4, "integers of 32 bits")
