"""The power of two numbers on vectors: e^(y log x), where the logarithm has some digits more.

A double word is a pair of numbers whose sum has more digits than one of them: (upper, lower), with
the lower below half a unit of the upper. Source: Dekker, "A floating-point technique for extending
the available precision", 1971; Muller et al., "Handbook of Floating-Point Arithmetic", 2018.
"""

from __future__ import annotations

import math

from wlnet.kernels.elementwise.exponentials import exponential, split
from wlnet.kernels.emit.lanes import Lanes

Pair = tuple[Lanes, Lanes]


def power(x: Lanes, y: Lanes) -> Lanes:
    """x^y; error below 1 unit. As in C, x^0 = 1^y = 1 even for NaN."""
    size = abs(x)
    upper, lower = _logarithm(size)
    upper = size.is_equal(0.0).choose(-math.inf, (size < math.inf).choose(upper, size))
    exponent = y * upper
    rest = y.times(upper, -exponent) + y * lower
    value = size.is_equal(1.0).choose(1.0, exponential(exponent, rest))
    whole = y.by("rint").is_equal(y)
    half = y * 0.5
    even = half.by("rint").is_equal(half)
    signed = even.choose(value, value.by("copysign", x))
    broken = ((x < 0.0) & (x > -math.inf)).choose(math.nan, value)
    return y.is_equal(0.0).choose(1.0, whole.choose(signed, broken))


def _sum(a: Lanes, b: Lanes) -> Pair:
    """The sum of two numbers, of which the first is the larger, and what was rounded away."""
    total = a + b
    return total, b - (total - a)


def _product(a: Lanes, b: Lanes | float) -> Pair:
    total = a * b
    return total, a.times(b, -total)


def _logarithm(x: Lanes) -> Pair:
    """log x of a positive number, with an error of about 2^-10 units of the upper word.

    x = m 2^k, s = (m - 1) / (m + 1): log m = 2 s + s u, u = 2/3 s^2 + 2/5 s^4 + ..., where two
    terms are computed as double words.
    """
    m, k, it = split(x)
    f, d = m - 1.0, m + 1.0
    s = f / d
    s_lower = (-s).times(m - (d - 1.0), (-s).times(d, f)) / d
    z, z_lower = _product(s, s)
    z_lower = (s * 2.0).times(s_lower, z_lower)
    # 2/3 in two words: a third of what the upper is short of 2.
    third = it.rounded(2 / 3)
    series = z.polynomial(*(2 / (2 * i + 5) for i in range(it.log_terms)))
    u, u_lower = _product(z, third)
    u_lower = u_lower + z * ((2.0 - 3.0 * third) / 3.0) + z_lower * third + z * z * series
    w, w_lower = _product(s, u)
    w_lower = w_lower + s * u_lower + s_lower * u
    total, lower = _sum(s * 2.0, w)
    lower = lower + w_lower + s_lower * 2.0
    total, rest = _sum(k * it.ln2[0], total)
    return _sum(total, rest + lower + k * it.ln2[1])
