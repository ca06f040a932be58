"""Lanes that hold no example of their own: the padding of the last block is masked with zeros."""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, LANES, copy_bytes, real, reals, start_of, stop_of
from wlnet.kernels.language import native


@native
def mask_lanes(context, blocks, values, examples, x, y):  # type: ignore[no-untyped-def]
    """y[block, value, lane] = x[block, value, lane], 0 in the lanes beyond the examples.

    Divided by blocks and values.
    """
    line = LANES * ITEM
    first, last = start_of(context, blocks * values, 1), stop_of(context, blocks * values, 1)
    present = examples - (blocks - 1) * LANES
    whole = min(last, (blocks - 1) * values)
    if first < whole:
        copy_bytes(y + first * line, x + first * line, (whole - first) * line)
    for row in range(max(first, whole), last):
        source, to = reals(x + row * line), reals(y + row * line)
        for lane in range(LANES):
            to[lane] = source[lane] if lane < present else real(0.0)
