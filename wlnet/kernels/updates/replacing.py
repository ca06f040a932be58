"""Running statistics (the moving averages of a batch normalization) that take over new values."""

from __future__ import annotations

from wlnet.kernels.emit.instructions import (
    ITEM,
    doubles,
    real,
    reals,
    start_of,
    step_number,
    stop_of,
)
from wlnet.kernels.language import PerTarget, native
from wlnet.kernels.updates.flat_updates import report_nonfinite

LINE = PerTarget(lambda target: 64 // target.item)


@native
def replace(context, count, x, array, rates, status):  # type: ignore[no-untyped-def]
    """array = x, unless `rates` has NaN for this step; `status` as in updates.py.

    Divided by lines of the cache.
    """
    rate = doubles(rates)[step_number(context)]
    first, last = start_of(context, count, LINE), stop_of(context, count, LINE)
    if rate == rate and first < last:
        new, old = reals(x + first * ITEM), reals(array + first * ITEM)
        zero = real(0.0)
        probe = zero
        for i in range(last - first):
            value = new[i]
            old[i] = value
            probe += value * zero
        report_nonfinite(context, status, probe)
