"""softmax and its logarithm, and the cross entropy of classes with its gradient.

The maximum is subtracted first (the log-sum-exp trick); softmax, loss and gradient are fused.

The powers are taken over whole blocks of rows, one after another, so that rows of ten numbers fill
the vectors as well. The largest number of a row goes first: exp overflows float32 above 88. A row
with NaN or +inf, or of nothing but -inf, becomes NaN, as in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.kernels.elementwise.exponentials import exp, log
from wlnet.kernels.emit.instructions import (
    ITEM,
    LANES,
    double,
    indices,
    real,
    reals,
    scratch,
    start_of,
    stop_of,
)
from wlnet.kernels.emit.lanes import Lanes, run
from wlnet.kernels.emit.lines import line_max, line_sum, lower_line, scale_line
from wlnet.kernels.emit.vectors import Kit, State
from wlnet.kernels.language import Address, Instruction, Word, instruction, native, routine
from wlnet.kernels.products.tiles import TALL

power_line = run(exp)
log_line = run(log)

BLOCK = 2048
"""Numbers in a block of rows, if a row is no longer: they stay in the nearest cache."""

NEAR = 256
"""Rows of a vector of columns that are worked on in the nearest cache: rows of an array may be so
far apart that it holds only a few of them. All together are not more numbers than BLOCK twice."""


def softmax_scratch(n: int) -> int:
    """How many real numbers the kernels here work on, for rows of n."""
    return max(n, BLOCK) + 2 * BLOCK


@routine
def powers(y, x, first, last, n):  # type: ignore[no-untyped-def]
    """y = exp(x - max(x)) for the rows first..last-1 of x; y begins with the row `first`."""
    at = y
    for row in range(first, last):
        start = x + row * n * ITEM
        lower_line(at, start, n, line_max(start, n))
        at += n * ITEM
    power_line((last - first) * n, y, y)


@native
def softmax(context, rows, n, x, y):  # type: ignore[no-untyped-def]
    """y[i, j] = exp(x[i, j]) / sum over k of exp(x[i, k]), rows one after another.

    y may be x. Divided by rows.
    """
    step = max(1, BLOCK // max(n, 1))
    stop = stop_of(context, rows, 1)
    for first in range(start_of(context, rows, 1), stop, step):
        last = min(stop, first + step)
        powers(y + first * n * ITEM, x, first, last, n)
        for row in range(first, last):
            at = y + row * n * ITEM
            scale_line(at, at, n, real(1.0) / line_sum(at, n))


@native
def log_softmax(context, rows, n, x, y):  # type: ignore[no-untyped-def]
    """y[i, j] = x[i, j] - log(sum over k of exp(x[i, k])), rows one after another.

    y may be x. Divided by rows. Scratch: `softmax_scratch` numbers.
    """
    held = scratch(context)
    sums_at = held + max(n, BLOCK) * ITEM
    sums = reals(sums_at)
    step = max(1, BLOCK // max(n, 1))
    stop = stop_of(context, rows, 1)
    for first in range(start_of(context, rows, 1), stop, step):
        last = min(stop, first + step)
        at = y + first * n * ITEM
        for row in range(first, last):
            start = x + row * n * ITEM
            lower_line(at, start, n, line_max(start, n))
            at += n * ITEM
        power_line((last - first) * n, y + first * n * ITEM, held)
        for row in range(first, last):
            sums[row - first] = line_sum(held + (row - first) * n * ITEM, n)
        log_line(last - first, sums_at, sums_at)
        for row in range(first, last):
            at = y + row * n * ITEM
            lower_line(at, at, n, sums[row - first])


@native
def cross_entropy_rows(context, rows, n, x, targets, y, loss, d, scale):  # type: ignore[no-untyped-def]
    """What is learnt from rows of inputs x and int32 targets counted from 1, in one go.

    y = softmax(x); loss[i] = -log(y[i, target]); d = (y - [j = target]) scale, the gradient of
    scale times the sum of the losses. Results with address 0 are left out. A target outside of
    1..n: its loss is NaN and its row of d zeros. scale: the bits of a float64. Divided by rows,
    like a product. Scratch: `softmax_scratch` numbers.
    """
    held = scratch(context)
    sums_at = held + max(n, BLOCK) * ITEM
    sums = reals(sums_at)
    chosen = reals(held + (max(n, BLOCK) + BLOCK) * ITEM)
    target_of, losses, gradient = indices(targets), reals(loss), reals(d)
    factor = real(double(scale))
    step = max(1, BLOCK // max(n, 1))
    stop = stop_of(context, rows, TALL)
    for first in range(start_of(context, rows, TALL), stop, step):
        last = min(stop, first + step)
        at = held
        for row in range(first, last):
            start, target = x + row * n * ITEM, target_of[row]
            largest = line_max(start, n)
            lower_line(at, start, n, largest)
            known = 1 <= target <= n
            chosen[row - first] = reals(at)[target - 1] if known else real(np.nan)
            at += n * ITEM
        power_line((last - first) * n, held, held)
        for row in range(first, last):
            at, target = held + (row - first) * n * ITEM, target_of[row]
            total = line_sum(at, n)
            sums[row - first] = total
            inverse = real(1.0) / total
            if y != 0:
                scale_line(y + row * n * ITEM, at, n, inverse)
            if d != 0:
                known = 1 <= target <= n
                scale_line(d + row * n * ITEM, at, n, inverse * (factor if known else real(0.0)))
                if known:
                    p = reals(at)[target - 1] * inverse
                    gradient[row * n + target - 1] = (p - real(1.0)) * factor
        if loss != 0:
            log_line(last - first, sums_at, sums_at)
            for i in range(last - first):
                losses[first + i] = sums[i] - chosen[i]


def column_softmax(logarithm: bool) -> Instruction:
    """softmax or its logarithm down a vector of columns as an instruction.

    Arguments: rows, x, y, the distance of their rows, how many columns exist, and where to work on
    them (it may be y) with the distance of rows there.
    """

    @instruction("none", *["word"] * 7)
    def columns_of_softmax(
        kit: Kit, n: Word, x: Address, y: Address, distance: Word, columns: Word, held: Address,
        held_row: Word,
    ) -> None:  # fmt: skip
        build = kit.builder
        mask = kit.first(columns)

        def at(base: Address, k: Word, row: Word) -> Any:
            return build.add(base, build.mul(k, row))

        def load(address: Address) -> Lanes:
            return Lanes(kit, kit.load_part(address, mask))

        def greater(k: Word, state: State) -> State:
            now, largest = load(at(x, k, distance)), Lanes(kit, state[0])
            kit.store_part(now.value, at(held, k, held_row), mask)
            return [(now > largest).choose(now, largest).value]

        (value,) = kit.loop(n, [kit.number(float("-inf"))], greater)
        largest = Lanes(kit, value)

        def add(k: Word, state: State) -> State:
            place = at(held, k, held_row)
            low = load(place) - largest
            power = exp(low)
            kit.store_part((low if logarithm else power).value, place, mask)
            return [(Lanes(kit, state[0]) + power).value]

        (value,) = kit.loop(n, [kit.number(0.0)], add)
        total = log(Lanes(kit, value)) if logarithm else 1.0 / Lanes(kit, value)

        def finish(k: Word, _: State) -> State:
            now = load(at(held, k, held_row))
            result = now - total if logarithm else now * total
            kit.store_part(result.value, at(y, k, distance), mask)
            return []

        kit.loop(n, [], finish)

    return columns_of_softmax


softmax_of_columns = column_softmax(logarithm=False)
log_softmax_of_columns = column_softmax(logarithm=True)


@native
def softmax_columns(context, outer, n, inner, x, y):  # type: ignore[no-untyped-def]
    """softmax over the middle axis of (outer, n, inner), one after another; y may be x.

    Divided by outer and vectors of inner. Scratch: `softmax_scratch` numbers.
    """
    blocks = (inner + LANES - 1) // LANES
    for item in range(start_of(context, outer * blocks, 1), stop_of(context, outer * blocks, 1)):
        j = item % blocks * LANES
        at = (item // blocks * n * inner + j) * ITEM
        held, held_row = y + at, inner * ITEM
        if n <= NEAR:
            held, held_row = scratch(context), LANES * ITEM
        softmax_of_columns(n, x + at, y + at, inner * ITEM, min(LANES, inner - j), held, held_row)


@native
def log_softmax_columns(context, outer, n, inner, x, y):  # type: ignore[no-untyped-def]
    """log_softmax over the middle axis of (outer, n, inner); see `softmax_columns`."""
    blocks = (inner + LANES - 1) // LANES
    for item in range(start_of(context, outer * blocks, 1), stop_of(context, outer * blocks, 1)):
        j = item % blocks * LANES
        at = (item // blocks * n * inner + j) * ITEM
        held, held_row = y + at, inner * ITEM
        if n <= NEAR:
            held, held_row = scratch(context), LANES * ITEM
        log_softmax_of_columns(
            n, x + at, y + at, inner * ITEM, min(LANES, inner - j), held, held_row
        )
