"""One step of each method, in place on an array and its state.

A flat kernel updates `lines` of `count` numbers that lie one after another; `distance` and
`gradient_distance` are the bytes between lines of the array and its states, and of the gradients.
All of them have the same fields, FLAT, so that any can be called through its address, by those of
updates.py.

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

from wlnet.kernels.instructions import double, doubles, real, reals, set_word, step_number, word
from wlnet.kernels.language import native, routine

FLAT: Final = (
    "count", "values", "gradients", "state0", "state1", "state2", "rates", "l2", "gradient_clip",
    "weight_clip", "setting0", "setting1", "setting2", "setting3", "status", "lines", "distance",
    "gradient_distance",
)  # fmt: skip
"""The fields of every flat kernel."""


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
