"""Where the parts of a batch meet: the sum over them is made by who runs their programs."""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, copy_bytes, start_of, stop_of
from wlnet.kernels.language import native


@native
def part_sum(context, count, x, y):  # type: ignore[no-untyped-def]
    """y = x, the summand of this part. The step is broken off behind it, until y is the sum."""
    if start_of(context, 1, 1) < stop_of(context, 1, 1):
        copy_bytes(y, x, count * ITEM)
