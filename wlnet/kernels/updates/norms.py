"""The norm of all gradients of a step, and updates by gradients that it scales.

Gradient clipping: clipping by the global norm.

Sums of squares are made in 64 bits, of runs of CHUNK numbers that do not depend on how many workers
there are; the runs, and then the arrays, are added up by one worker in one order.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    double,
    doubles,
    real,
    reals,
    scratch,
    start_of,
    step_number,
    stop_of,
    word,
)
from wlnet.kernels.language import ITEM as ITEMS
from wlnet.kernels.language import Precision, native, routine
from wlnet.kernels.updates.formulas import INFINITY
from wlnet.kernels.updates.updates import RECORD_BYTES, piece, resting

CHUNK: Final = 4096
"""How many squares are added up by themselves."""


@routine
def sum_of_squares(x, count):  # type: ignore[no-untyped-def]
    """The sum of the squares of numbers one after another, in 64 bits."""
    numbers = reals(x)
    total = np.float64(0.0)
    for i in range(count):
        number = np.float64(numbers[i])
        total += number * number
    return total


@native
def square_sums(context, count, x, sums):  # type: ignore[no-untyped-def]
    """sums[i], 64 bits: of the squares of the i-th CHUNK numbers of x. Divided by these."""
    found = doubles(sums)
    runs = (count + CHUNK - 1) // CHUNK
    for i in range(start_of(context, runs, 1), stop_of(context, runs, 1)):
        at = i * CHUNK
        found[i] = sum_of_squares(x + at * ITEM, min(CHUNK, count - at))


@native
def add_squares(context, count, sums, rates, before, total, running):  # type: ignore[no-untyped-def]
    """total = the sum of `count` sums of squares of one array; running = before + total.

    All of them are of 64 bits. before: 0 for the first array. rates: as in flat_updates.py: an
    array that is left alone in this step has no share in `running`. By one worker.
    """
    if start_of(context, 1, 1) < stop_of(context, 1, 1):
        parts, whole = doubles(sums), np.float64(0.0)
        for i in range(count):
            whole += parts[i]
        doubles(total)[0] = whole
        shared = np.float64(0.0)
        if before != 0:
            shared = doubles(before)[0]
        step_size = doubles(rates)[step_number(context)]
        if step_size == step_size:
            shared += whole
        doubles(running)[0] = shared


@native
def norm_scale(context, running, most, scale):  # type: ignore[no-untyped-def]
    """scale = min(1, most / root of running), 64 bits; NaN where that root is not finite.

    A norm that is not finite would make 0 of every gradient: NaN is noticed by the update. By one
    worker.
    """
    if start_of(context, 1, 1) < stop_of(context, 1, 1):
        norm, limit = np.sqrt(doubles(running)[0]), double(most)
        found = np.float64(1.0)
        if not norm < INFINITY:
            found = np.float64(np.nan)
        elif norm > limit:
            found = limit / norm
        doubles(scale)[0] = found


PANEL: Final = 2048
"""The numbers that are scaled before they are used: they stay in the nearest cache."""


@native
def scaled_update(context, function, record, scale):  # type: ignore[no-untyped-def]
    """An update of a whole array by its gradient times a scale, divided among the workers.

    function, record: a flat kernel and its record for the whole array, whose gradients stay as they
    are. scale: the address of one number of 64 bits. Scratch: scaled_update_scratch(...).
    """
    count = word(record, 0)
    first, last = start_of(context, count, 4 * LANES), stop_of(context, count, 4 * LANES)
    if last > first and not resting(context, record):
        gradients, factor = word(record, 2), doubles(scale)[0]
        if factor == 1.0:
            piece(context, function, record, first, last - first, gradients + first * ITEM,
                  1, 0, 0)  # fmt: skip
        else:
            panel, narrow = scratch(context) + RECORD_BYTES, real(factor)
            scaled = reals(panel)
            for start in range(first, last, PANEL):
                some = min(PANEL, last - start)
                numbers = reals(gradients + start * ITEM)
                for i in range(some):
                    scaled[i] = numbers[i] * narrow
                piece(context, function, record, start, some, panel, 1, 0, 0)


def scaled_update_scratch(precision: Precision) -> int:
    """The bytes of scratch memory that `scaled_update` needs."""
    return RECORD_BYTES + PANEL * ITEMS[precision]
