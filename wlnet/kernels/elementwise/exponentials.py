"""The exponential function and its kin on vectors, in both precisions: own reductions and series.

Range reduction, then a polynomial approximation (a vector math library, as SLEEF or SVML).

There are no branches: each lane goes the same way. The errors stated are the largest measured, in
units of the last place, over the whole range; the tests hold them. Infinities, NaN, signed zeros
and denormal numbers come out as in NumPy.

Sources: Cody and Waite, "Software Manual for the Elementary Functions", 1980 (reduction in two
steps); Tang, "Table-driven implementation of the expm1 function", 1992 (2^n q + (2^n - 1)). The
polynomials are Taylor series cut where the next term is below half a unit.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

from wlnet.kernels.emit.lanes import Lanes
from wlnet.kernels.emit.vectors import Kit


@dataclass(frozen=True)
class Format:
    """What depends on the precision."""

    digits: int  # stored digits of the fraction
    bias: int  # of the exponent
    smallest: float  # the smallest number that is not denormal
    round: float  # adding it rounds to a whole number, which the lowest bits then hold
    ln2: tuple[float, float]  # its upper digits, short enough for exact multiples, and the rest
    exp_terms: int
    log_terms: int
    sinh_terms: int
    lowest: float  # exp of it is 0
    highest: float  # exp of it is infinity
    vanishing: float  # exp of it is nothing beside 1
    tanh_one: float  # tanh of it is 1

    def rounded(self, number: float) -> float:
        """A constant as this precision holds it."""
        real = "<f" if self.digits == 23 else "<d"
        result: float = struct.unpack(real, struct.pack(real, number))[0]
        return result


def _ln2(digits: int) -> tuple[float, float]:
    scale = 2.0**digits
    upper = math.floor(math.log(2) * scale) / scale
    # The rest to full precision: ln 2 = 0.693147180559945309417232121458176568...
    numerator = 693147180559945309417232121458176568075500134360255254120680
    whole = 10**60
    rest = (numerator * 2**digits - int(upper * scale) * whole) / whole / scale
    return upper, rest


_FORMATS: Final = {
    4: Format(
        23, 127, 2.0**-126, 1.5 * 2.0**23, _ln2(15), 8, 5, 6,
        -104.0, 89.0, -20.0, 10.0,
    ),
    8: Format(
        52, 1023, 2.0**-1022, 1.5 * 2.0**52, _ln2(41), 13, 11, 9,
        -746.0, 710.0, -40.0, 20.0,
    ),
}  # fmt: skip


def _format(kit: Kit) -> Format:
    return _FORMATS[kit.item]


def _bits(kit: Kit, number: float) -> int:
    """The bits of a number in the precision of the target."""
    real, whole = ("<f", "<i") if kit.item == 4 else ("<d", "<q")
    result: int = struct.unpack(whole, struct.pack(real, number))[0]
    return result


class _Reduced:
    """e^x as 2^n (1 + q), where n is whole and q = e^r - 1 for |r| <= ln 2 / 2."""

    def __init__(self, x: Lanes, more: Lanes | float = 0.0) -> None:
        it = _format(x.kit)
        self.format = it
        shifted = x * (1 / math.log(2)) + it.round
        n = shifted - it.round
        self.n = shifted.bits - _bits(x.kit, it.round)
        # The first step is exact; what the second rounds away comes back with the small terms.
        upper, lower = (-n).times(it.ln2[0], x), (-n).times(it.ln2[1], more)
        r = upper + lower
        series = r.polynomial(*(1 / math.factorial(k) for k in range(2, it.exp_terms + 1)))
        self.q = (r * r).times(series, lower) + upper

    def power(self, shift: int = 0) -> Lanes:
        """2^(n + shift)."""
        return ((self.n + (self.format.bias + shift)) << self.format.digits).lanes

    def value(self, shift: int = 0) -> Lanes:
        """2^shift e^x, in two steps: neither power overflows, a denormal is rounded once."""
        it = self.format
        half = self.n >> 1
        first = ((half + it.bias) << it.digits).lanes
        second = ((self.n - half + (it.bias + shift)) << it.digits).lanes
        return (self.q + 1.0) * first * second


def exp(x: Lanes) -> Lanes:
    """e^x; error below 1 unit."""
    return exponential(x, 0.0)


def exponential(x: Lanes, more: Lanes | float) -> Lanes:
    """e^(x + more), where `more` is what a sum x has lost by rounding."""
    it = _format(x.kit)
    if isinstance(more, Lanes):
        more = ((x > it.lowest) & (x < it.highest)).choose(more, 0.0)
    return _Reduced(x.at_least(it.lowest).at_most(it.highest), more).value()


def falling_exp(x: Lanes) -> Lanes:
    """e^x for x <= 0; 0 where it would have fewer digits, so that no number is slow; NaN stays.

    Error below 1 unit in 32 bits, below 3 in 64. Twice as fast as `exp`.
    """
    it = _format(x.kit)
    lowest = (2 - it.bias) * math.log(2)
    shifted = x.at_least(lowest).times(1 / math.log(2), it.round)
    n = shifted - it.round
    r = (-n).times(it.ln2[1], (-n).times(it.ln2[0], x))
    power = r.polynomial(*(1 / math.factorial(k) for k in range(it.exp_terms)))
    return (x < lowest).choose(0.0, (power.bits + (shifted.bits << it.digits)).lanes)


def exp_minus_one(x: Lanes) -> Lanes:
    """e^x - 1 without loss near 0; error below 1.8 units."""
    it = _format(x.kit)
    e = _Reduced(x.at_least(it.vanishing).at_most(it.highest))
    # 2^(n - 1) stays finite as long as the result does. Where n = 0 the result is q, however small.
    half = e.power(-1)
    value = half.times(e.q, half - 0.5) * 2.0
    return half.is_equal(0.5).choose(e.q, value).by("copysign", x)


def _log_one_plus(f: Lanes, k: Lanes) -> Lanes:
    """log((1 + f) 2^k), where f is between -0.3 and 0.5.

    With s = f / (2 + f): log(1 + f) = 2 s + 2/3 s^3 + 2/5 s^5 + ... = f - (f^2/2 - s (f^2/2 + R)).
    """
    it = _format(f.kit)
    s = f / (f + 2.0)
    z = s * s
    r = z * z.polynomial(*(2 / (2 * i + 3) for i in range(it.log_terms)))
    half = f * f * 0.5
    return k.times(it.ln2[0], f - (half - s.times(half + r, k * it.ln2[1])))


def split(x: Lanes) -> tuple[Lanes, Lanes, Format]:
    """(m, k) with x = m 2^k and m between sqrt(1/2) and sqrt(2), for positive x; and the format."""
    kit = x.kit
    it = _format(kit)
    small = x < it.smallest
    bits = small.choose(x * 2.0 ** (it.digits + 1), x).bits
    low = _bits(kit, math.sqrt(0.5))
    moved = bits - low
    m = ((moved & ((1 << it.digits) - 1)) + low).lanes
    k = ((moved >> it.digits) + _bits(kit, it.round)).lanes - it.round
    return m, small.choose(k - (it.digits + 1.0), k), it


def log(x: Lanes) -> Lanes:
    """The natural logarithm; error below 1 unit."""
    m, k, _ = split(x)
    value = _log_one_plus(m - 1.0, k)
    value = (x < math.inf).choose(value, x)  # infinity and NaN stay
    value = x.is_equal(0.0).choose(-math.inf, value)
    return (x < 0.0).choose(math.nan, value)


def log_one_plus(x: Lanes) -> Lanes:
    """log(1 + x) without loss near 0; error below 1.5 units."""
    total = x + 1.0
    # What the sum has lost, and so what its logarithm misses.
    lost = (x < 1.0).choose(x - (total - 1.0), 1.0 - (total - x))
    m, k, _ = split(total)
    value = _log_one_plus(m - 1.0 + lost * (m / total), k)
    value = (x < math.inf).choose(value, x)  # infinity and NaN stay
    value = x.is_equal(-1.0).choose(-math.inf, x.is_equal(0.0).choose(x, value))
    return (x < -1.0).choose(math.nan, value)


def soft_ramp(x: Lanes) -> Lanes:
    """log(1 + e^x) = max(x, 0) + log(1 + u), where u = e^-|x|; error below 1.7 units."""
    u = exp(-abs(x))
    # 1 + u itself would round. Beyond 1/2 it is 2 (1 + (u - 1) / 2).
    large = u > 0.5
    f = large.choose(u * 0.5 - 0.5, u)
    k = large.choose(1.0, u * 0.0)
    return _log_one_plus(f, k) + x.at_least(0.0)


def logistic(x: Lanes) -> Lanes:
    """1 / (1 + e^-x), with e = e^-|x|: for negative x it is e / (1 + e) = e - e^2 / (1 + e).

    The first form keeps the small values, the second adds little to the error of e: it stays below
    2 units.
    """
    e = exp(-abs(x))
    low = x < -1.5
    top = low.choose(-e * e, (x < 0.0).choose(e, 1.0))
    return top / (e + 1.0) + low.choose(e, 0.0)


def tanh(x: Lanes) -> Lanes:
    """1 - 2 / (t + 2) beyond 1/2, and t/2 - t^2/2 / (t + 2) before it, where t = e^2|x| - 1.

    Error below 1.9 units.
    """
    it = _format(x.kit)
    size = abs(x)
    e = _Reduced((size * 2.0).at_most(2 * it.tanh_one))
    h = e.power()
    t, below = h.times(e.q, h - 1.0), h.times(e.q, h + 1.0)
    far = size > 0.5
    half = t * 0.5
    value = far.choose(-2.0, -t * half) / below + far.choose(1.0, half)
    return value.by("copysign", x)


def _half_exp(x: Lanes) -> Lanes:
    """e^x / 2 for x >= 0, finite a little longer than e^x."""
    it = _format(x.kit)
    return _Reduced(x.at_most(it.highest + 1.0)).value(-1)


def sinh(x: Lanes) -> Lanes:
    """(e^x - e^-x) / 2; the Taylor series where |x| < 1; error below 1.7 units."""
    it = _format(x.kit)
    size = abs(x)
    half = _half_exp(size)
    far = half - 0.25 / half
    z = x * x
    series = z.polynomial(*(1 / math.factorial(2 * k + 1) for k in range(1, it.sinh_terms)))
    near = size.times(z * series, size)
    return (size < 1.0).choose(near, far).by("copysign", x)


def cosh(x: Lanes) -> Lanes:
    """(e^x + e^-x) / 2; error below 1.5 units."""
    half = _half_exp(abs(x))
    return half + 0.25 / half
