"""One step of each method, in place on an array and its state.

A flat kernel updates `lines` of `count` numbers that lie one after another; `distance` and
`gradient_distance` are the bytes between lines of the array and its states, and of the gradients.
All of them have the same fields, FLAT, so that any can be called through its address: `update`
divides an array among the workers, `product_update` and `sum_update` make the gradient piece by
piece and use it while it is near.

The fields of a flat kernel: `state0` to `state2` and `setting0` to `setting3` are what its method
keeps and knows, 0 where it has none. `rates`: the address of a float64 for each step of the run,
multiplier x learning rate x schedule x what else the method puts there; NaN: the array is left
alone in this step. A clip that is not there is infinite. `status`: the address of a word; when it
is 0 and a gradient or a new value is not finite, it becomes the number of the step, counted from 1.

Source of the formulas: https://reference.wolfram.com/language/ref/NetTrain.html (Method).
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from wlnet.kernels.instructions import (
    ITEM,
    LANES,
    call,
    double,
    doubles,
    real,
    reals,
    scratch,
    set_word,
    start_of,
    step_number,
    stop_of,
    word,
)
from wlnet.kernels.language import ITEM as ITEMS
from wlnet.kernels.language import Precision, native, routine
from wlnet.kernels.products import BY_ROWS, block
from wlnet.kernels.tiles import TALL

FLAT: Final = (
    "count", "values", "gradients", "state0", "state1", "state2", "rates", "l2", "gradient_clip",
    "weight_clip", "setting0", "setting1", "setting2", "setting3", "status", "lines", "distance",
    "gradient_distance",
)  # fmt: skip
"""The fields of every flat kernel."""
_WORDS: Final = len(FLAT)
_RATES: Final = FLAT.index("rates")
_LINES: Final = FLAT.index("lines")
RECORD_BYTES: Final = 192
"""The copy of a flat kernel's record at the beginning of the scratch memory."""


@routine
def limited(x, limit):  # type: ignore[no-untyped-def]
    """x held within -limit..limit; NaN stays NaN."""
    return limit if x > limit else (-limit if x < -limit else x)


@routine
def signed(size, x):  # type: ignore[no-untyped-def]
    """size x sign(x); no step for zero, NaN for NaN."""
    return size if x > x - x else (-size if x < x - x else x)


@routine
def told(context, status, trace):  # type: ignore[no-untyped-def]
    """Say that something was not finite. trace: a sum of products with zero."""
    if trace != trace and word(status, 0) == 0:
        set_word(status, 0, step_number(context) + 1)


@native
def adam(  # type: ignore[no-untyped-def]
    context, count, values, gradients, state0, state1, state2, rates, l2, gradient_clip,
    weight_clip, setting0, setting1, setting2, setting3, status, lines, distance,
    gradient_distance,
):  # fmt: skip
    """ADAM. States: mean, mean square. Settings: beta1, beta2, epsilon.

    The rate brings the correction sqrt(1 - beta2^t) / (1 - beta1^t) along.
    """
    rate = doubles(rates)[step_number(context)]
    if rate == rate:
        b1, rest1 = real(double(setting0)), real(1.0 - double(setting0))
        b2, rest2 = real(double(setting1)), real(1.0 - double(setting1))
        speed, small, decay = real(rate), real(double(setting2)), real(double(l2))
        most, bound = real(double(gradient_clip)), real(double(weight_clip))
        zero = real(0.0)
        trace = zero
        for line in range(lines):
            at = line * distance
            w = reals(values + at)
            g = reals(gradients + line * gradient_distance)
            m = reals(state0 + at)
            v = reals(state1 + at)
            for i in range(count):
                old, raw = w[i], g[i]
                slope = limited(raw + decay * old, most)
                mean = b1 * m[i] + rest1 * slope
                square = b2 * v[i] + rest2 * (slope * slope)
                new = limited(old - speed * (mean / (sqrt(square) + small)), bound)
                m[i] = mean
                v[i] = square
                w[i] = new
                trace += raw * zero + new * zero
        told(context, status, trace)


@native
def rmsprop(  # type: ignore[no-untyped-def]
    context, count, values, gradients, state0, state1, state2, rates, l2, gradient_clip,
    weight_clip, setting0, setting1, setting2, setting3, status, lines, distance,
    gradient_distance,
):  # fmt: skip
    """RMSProp, centred. States: mean square, mean, move. Settings: beta, momentum, epsilon."""
    rate = doubles(rates)[step_number(context)]
    if rate == rate:
        b, rest = real(double(setting0)), real(1.0 - double(setting0))
        mu, small, decay = real(double(setting1)), real(double(setting2)), real(double(l2))
        most, bound = real(double(gradient_clip)), real(double(weight_clip))
        speed, zero = real(rate), real(0.0)
        trace = zero
        for line in range(lines):
            at = line * distance
            w = reals(values + at)
            g = reals(gradients + line * gradient_distance)
            n, m, d = reals(state0 + at), reals(state1 + at), reals(state2 + at)
            for i in range(count):
                old, raw = w[i], g[i]
                slope = limited(raw + decay * old, most)
                square = b * n[i] + rest * (slope * slope)
                mean = b * m[i] + rest * slope
                variance = square - mean * mean
                # Below zero by rounding only; a steady gradient exceeds epsilon: sqrt -> NaN.
                variance = zero if variance < zero else variance
                move = mu * d[i] - speed * (slope / sqrt(variance + small))
                new = limited(old + move, bound)
                n[i] = square
                m[i] = mean
                d[i] = move
                w[i] = new
                trace += raw * zero + new * zero
        told(context, status, trace)


@native
def sgd(  # type: ignore[no-untyped-def]
    context, count, values, gradients, state0, state1, state2, rates, l2, gradient_clip,
    weight_clip, setting0, setting1, setting2, setting3, status, lines, distance,
    gradient_distance,
):  # fmt: skip
    """SGD without momentum. The L2 term is added after the gradient is clipped."""
    rate = doubles(rates)[step_number(context)]
    if rate == rate:
        speed, decay, zero = real(rate), real(double(l2)), real(0.0)
        most, bound = real(double(gradient_clip)), real(double(weight_clip))
        trace = zero
        for line in range(lines):
            at = line * distance
            w = reals(values + at)
            g = reals(gradients + line * gradient_distance)
            for i in range(count):
                old, raw = w[i], g[i]
                new = limited(old - speed * (decay * old + limited(raw, most)), bound)
                w[i] = new
                trace += raw * zero + new * zero
        told(context, status, trace)


@native
def sgd_momentum(  # type: ignore[no-untyped-def]
    context, count, values, gradients, state0, state1, state2, rates, l2, gradient_clip,
    weight_clip, setting0, setting1, setting2, setting3, status, lines, distance,
    gradient_distance,
):  # fmt: skip
    """SGD. State: move, which remembers the rate. Setting: momentum."""
    rate = doubles(rates)[step_number(context)]
    if rate == rate:
        speed, mu, decay = real(rate), real(double(setting0)), real(double(l2))
        most, bound = real(double(gradient_clip)), real(double(weight_clip))
        zero = real(0.0)
        trace = zero
        for line in range(lines):
            at = line * distance
            w = reals(values + at)
            g = reals(gradients + line * gradient_distance)
            d = reals(state0 + at)
            for i in range(count):
                old, raw = w[i], g[i]
                move = mu * d[i] - speed * (decay * old + limited(raw, most))
                new = limited(old + move, bound)
                d[i] = move
                w[i] = new
                trace += raw * zero + new * zero
        told(context, status, trace)


@native
def sign_sgd(  # type: ignore[no-untyped-def]
    context, count, values, gradients, state0, state1, state2, rates, l2, gradient_clip,
    weight_clip, setting0, setting1, setting2, setting3, status, lines, distance,
    gradient_distance,
):  # fmt: skip
    """SignSGD without momentum. Clipping would leave the sign as it is, so there is none."""
    rate = doubles(rates)[step_number(context)]
    if rate == rate:
        speed, decay, one, zero = real(rate), real(double(l2)), real(1.0), real(0.0)
        bound = real(double(weight_clip))
        trace = zero
        for line in range(lines):
            at = line * distance
            w = reals(values + at)
            g = reals(gradients + line * gradient_distance)
            for i in range(count):
                old, raw = w[i], g[i]
                new = limited(old - speed * (decay * old + signed(one, raw)), bound)
                w[i] = new
                trace += raw * zero + new * zero
        told(context, status, trace)


@native
def sign_sgd_momentum(  # type: ignore[no-untyped-def]
    context, count, values, gradients, state0, state1, state2, rates, l2, gradient_clip,
    weight_clip, setting0, setting1, setting2, setting3, status, lines, distance,
    gradient_distance,
):  # fmt: skip
    """Signum: a step of one size, along the sign of the running mean, which is kept turned.

    State: that mean. Setting: momentum.
    """
    rate = doubles(rates)[step_number(context)]
    if rate == rate:
        mu, rest = real(double(setting0)), real(1.0 - double(setting0))
        speed, decay, zero = real(rate), real(double(l2)), real(0.0)
        most, bound = real(double(gradient_clip)), real(double(weight_clip))
        trace = zero
        for line in range(lines):
            at = line * distance
            w = reals(values + at)
            g = reals(gradients + line * gradient_distance)
            d = reals(state0 + at)
            for i in range(count):
                old, raw = w[i], g[i]
                mean = mu * d[i] - rest * (decay * old + limited(raw, most))
                new = limited(old + signed(speed, mean), bound)
                d[i] = mean
                w[i] = new
                trace += raw * zero + new * zero
        told(context, status, trace)


# The steps that call them


@routine
def resting(context, record):  # type: ignore[no-untyped-def]
    """Whether the array of a record is left alone in this step."""
    rate = doubles(word(record, _RATES))[step_number(context)]
    return rate != rate


@routine
def piece(  # type: ignore[no-untyped-def]
    context, function, record, first, count, gradients, lines, distance, gradient_distance,
):  # fmt: skip
    """Update lines of `count` numbers of the array of a record, the first of them number `first`,
    with these gradients."""
    own = scratch(context)
    for i in range(_WORDS):
        set_word(own, i, word(record, i))
    set_word(own, 0, count)
    set_word(own, 1, word(record, 1) + first * ITEM)
    set_word(own, 2, gradients)
    for i in range(3, 6):
        # What is 0 stays no address, and is not used.
        set_word(own, i, word(record, i) + first * ITEM)
    set_word(own, _LINES, lines)
    set_word(own, _LINES + 1, distance)
    set_word(own, _LINES + 2, gradient_distance)
    call(function, own, context)


@native
def update(context, function, record):  # type: ignore[no-untyped-def]
    """An update of a whole array, divided among the workers.

    function, record: a flat kernel and its record for the whole array. Scratch: RECORD_BYTES.
    """
    count = word(record, 0)
    first, last = start_of(context, count, 4 * LANES), stop_of(context, count, 4 * LANES)
    if last > first and not resting(context, record):
        piece(context, function, record, first, last - first, word(record, 2) + first * ITEM,
              1, 0, 0)  # fmt: skip


PANEL_BYTES: Final = 1 << 16
STRIP: Final = 2048
"""The columns of a product that are made before they are used; the rows: what PANEL_BYTES allow."""


@native
def product_update(  # type: ignore[no-untyped-def]
    context, function, record, rows, columns, depth, a, a_row, a_depth, b, b_depth, split,
):  # fmt: skip
    """An update of c by the gradient g[i, j] = sum over k of a[i, k] b[k, j], which is never whole.

    function, record: as in `update`, the gradients of the record not used; c has no gaps. The
    columns of b lie one after another; distances are bytes. split: BY_ROWS or BY_COLUMNS, what is
    divided among the workers. Scratch: PRODUCT_UPDATE_SCRATCH bytes.
    """
    if not resting(context, record):
        row, last_row, column, last_column = 0, rows, 0, columns
        if split == BY_ROWS:
            row, last_row = start_of(context, rows, TALL), stop_of(context, rows, TALL)
        else:
            grain = 2 * LANES
            column = start_of(context, columns, grain)
            last_column = stop_of(context, columns, grain)
        panel = scratch(context) + RECORD_BYTES
        while column < last_column:
            wide = min(STRIP, last_column - column)
            most = TALL * max(1, min(8, PANEL_BYTES // (TALL * ITEM * wide)))
            i = row
            while i < last_row:
                high = min(most, last_row - i)
                block(0, high, 0, wide, depth, a + i * a_row, a_row, a_depth,
                      b + column * ITEM, b_depth, LANES * ITEM, panel, wide * ITEM,
                      0, 0, 0, 0)  # fmt: skip
                if wide == columns:
                    piece(context, function, record, i * columns, high * columns, panel,
                          1, 0, 0)  # fmt: skip
                else:
                    piece(context, function, record, i * columns + column, wide, panel, high,
                          columns * ITEM, wide * ITEM)  # fmt: skip
                i += high
            column += wide


# Tall is 8 at most, an item 8.
PRODUCT_UPDATE_SCRATCH: Final = RECORD_BYTES + max(PANEL_BYTES, 8 * STRIP * 8)


CHUNK: Final = 128


@native
def sum_update(  # type: ignore[no-untyped-def]
    context, function, record, rows, columns, source, source_row,
):  # fmt: skip
    """An update by the gradient g[j] = sum over i of source[i, j], divided by columns.

    function, record: as in `update`, the gradients of the record not used. The columns of the
    source lie one after another; source_row: bytes. Scratch: sum_update_scratch(...).
    """
    first, last = start_of(context, columns, LANES), stop_of(context, columns, LANES)
    if last > first and not resting(context, record):
        wide = last - first
        sums_at = scratch(context) + RECORD_BYTES
        part_at = sums_at + wide * ITEM
        sums, part, zero = reals(sums_at), reals(part_at), real(0.0)
        for j in range(wide):
            sums[j] = zero
        # Chunk by chunk: a single running sum of many rows would lose digits.
        for chunk in range(0, rows, CHUNK):
            for j in range(wide):
                part[j] = zero
            for i in range(chunk, min(rows, chunk + CHUNK)):
                x = reals(source + i * source_row + first * ITEM)
                for j in range(wide):
                    part[j] += x[j]
            for j in range(wide):
                sums[j] += part[j]
        piece(context, function, record, first, wide, sums_at, 1, 0, 0)


def sum_update_scratch(columns: int, precision: Precision) -> int:
    """The bytes of scratch memory that `sum_update` needs."""
    return RECORD_BYTES + 2 * columns * ITEMS[precision]
