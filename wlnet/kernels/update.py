"""One step of each method over flat arrays, in place on the values and the state.

`rate` is multiplier x learning rate x schedule, of either sign; a clip that is not there is
infinite. All arrays are one-dimensional, of one size and one type: float32 or float64.

Two things hold for all of them. The numbers of a call are brought to the type of the arrays before
the loop, as one float64 in it would make the whole loop float64. And limits are written as two
comparisons, which are False for NaN: a NaN goes through them as it is, where `min` and `max` would
turn it into a limit.

Source of the formulas: https://reference.wolfram.com/language/ref/NetTrain.html (Method).
"""

from __future__ import annotations

from typing import Any

from numpy import sqrt
from numpy.typing import NDArray

from wlnet.kernels.kernel import kernel

Flat = NDArray[Any]


@kernel
def limited(x: Any, limit: Any) -> Any:
    """x held within -limit..limit; NaN stays NaN."""
    if x > limit:
        return limit
    if x < -limit:
        return -limit
    return x


@kernel
def signed(size: Any, x: Any) -> Any:
    """size x sign(x); no step for zero, NaN for NaN."""
    if x > 0:
        return size
    if x < 0:
        return -size
    return x


@kernel
def adam(
    values: Flat,
    gradients: Flat,
    mean: Flat,
    square: Flat,
    rate: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    l2: float,
    gradient_clip: float,
    weight_clip: float,
) -> None:
    """`rate` brings the correction sqrt(1 - beta2^t) / (1 - beta1^t) along."""
    real = values.dtype.type
    speed, b1, b2, small = real(rate), real(beta1), real(beta2), real(epsilon)
    rest1, rest2 = real(1.0 - beta1), real(1.0 - beta2)
    decay, most, bound = real(l2), real(gradient_clip), real(weight_clip)
    for i in range(values.size):
        w = values[i]
        g = limited(gradients[i] + decay * w, most)
        m = b1 * mean[i] + rest1 * g
        v = b2 * square[i] + rest2 * (g * g)
        mean[i] = m
        square[i] = v
        values[i] = limited(w - speed * (m / (sqrt(v) + small)), bound)


@kernel
def rmsprop(
    values: Flat,
    gradients: Flat,
    square: Flat,
    mean: Flat,
    move: Flat,
    rate: float,
    beta: float,
    momentum: float,
    epsilon: float,
    l2: float,
    gradient_clip: float,
    weight_clip: float,
) -> None:
    """Centred: the gradient is divided by its running standard deviation."""
    real = values.dtype.type
    speed, b, mu, small = real(rate), real(beta), real(momentum), real(epsilon)
    rest = real(1.0 - beta)
    decay, most, bound = real(l2), real(gradient_clip), real(weight_clip)
    for i in range(values.size):
        w = values[i]
        g = limited(gradients[i] + decay * w, most)
        n = b * square[i] + rest * (g * g)
        a = b * mean[i] + rest * g
        variance = n - a * a
        # Never negative but for rounding, which for a steady gradient exceeds epsilon: sqrt -> NaN.
        if variance < 0:
            variance = real(0.0)
        d = mu * move[i] - speed * (g / sqrt(variance + small))
        square[i] = n
        mean[i] = a
        move[i] = d
        values[i] = limited(w + d, bound)


@kernel
def sgd(
    values: Flat, gradients: Flat, rate: float, l2: float, gradient_clip: float, weight_clip: float
) -> None:
    """Without momentum. The L2 term is added after the gradient is clipped."""
    real = values.dtype.type
    speed, decay, most, bound = real(rate), real(l2), real(gradient_clip), real(weight_clip)
    for i in range(values.size):
        w = values[i]
        values[i] = limited(w - speed * (decay * w + limited(gradients[i], most)), bound)


@kernel
def sgd_momentum(
    values: Flat,
    gradients: Flat,
    move: Flat,
    rate: float,
    momentum: float,
    l2: float,
    gradient_clip: float,
    weight_clip: float,
) -> None:
    """The rate is inside what the momentum remembers."""
    real = values.dtype.type
    speed, mu, decay = real(rate), real(momentum), real(l2)
    most, bound = real(gradient_clip), real(weight_clip)
    for i in range(values.size):
        w = values[i]
        b = mu * move[i] - speed * (decay * w + limited(gradients[i], most))
        move[i] = b
        values[i] = limited(w + b, bound)


@kernel
def sign_sgd(values: Flat, gradients: Flat, rate: float, l2: float, weight_clip: float) -> None:
    """Without momentum. Clipping would leave the sign as it is, so there is none."""
    real = values.dtype.type
    speed, decay, bound, one = real(rate), real(l2), real(weight_clip), real(1.0)
    for i in range(values.size):
        w = values[i]
        values[i] = limited(w - speed * (decay * w + signed(one, gradients[i])), bound)


@kernel
def sign_sgd_momentum(
    values: Flat,
    gradients: Flat,
    move: Flat,
    rate: float,
    momentum: float,
    l2: float,
    gradient_clip: float,
    weight_clip: float,
) -> None:
    """Signum: a step of one size, along the sign of the running mean."""
    real = values.dtype.type
    speed, mu, decay = real(rate), real(momentum), real(l2)
    rest = real(1.0 - momentum)
    most, bound = real(gradient_clip), real(weight_clip)
    for i in range(values.size):
        w = values[i]
        b = mu * move[i] - rest * (decay * w + limited(gradients[i], most))
        move[i] = b
        values[i] = limited(w + signed(speed, b), bound)
