"""Sine and cosine on vectors: reduction by multiples of a right angle, then Taylor series.

An argument reduction by pi / 2 in the manner of Cody and Waite.

The right angle is taken off in four steps, of which three are exact as long as the multiple is
small. A vector with a larger number goes to the C library, lane by lane. Error below 2 units of the
last place. Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Final

from llvmlite import ir

from wlnet.kernels.emit.lanes import Bits, Lanes, Mask
from wlnet.kernels.emit.vectors import INDEX

# The digits of pi / 2.
_RIGHT_ANGLE: Final = Fraction(157079632679489661923132169163975144209858469968755291048747, 10**59)


def _steps(digits: int) -> list[float]:
    """A right angle as a sum of four, of which the first three have so many binary digits."""
    steps, rest = [], _RIGHT_ANGLE
    for i in range(3):
        scale = 2 ** (digits * (i + 1) - 1)
        steps.append(math.floor(rest * scale) / scale)
        rest -= Fraction(steps[-1])
    return [*steps, float(rest)]


# The largest number, what rounds to whole numbers, the steps, and how many terms the series have.
_FORMATS: Final = {
    4: (3000.0, 1.5 * 2.0**23, _steps(12), 5),
    8: (1e6, 1.5 * 2.0**52, _steps(32), 9),
}


def sine(x: Lanes) -> Lanes:
    """The sine."""
    return _wave(x, 0, "sin")


def cosine(x: Lanes) -> Lanes:
    """The cosine: the sine a right angle further on."""
    return _wave(x, 1, "cos")


def _wave(x: Lanes, quarter: int, name: str) -> Lanes:
    kit = x.kit
    within = abs(x) < _FORMATS[kit.item][0]
    near = _near(x, quarter)
    beyond = kit.builder.bitcast(kit.builder.not_(within.value), ir.IntType(kit.lanes))
    some = kit.builder.icmp_unsigned("!=", beyond, ir.Constant(beyond.type, 0))
    (far,) = kit.choose(some, lambda: [_by_library(x, name)], lambda: [near.value])
    # The bits of a result do not depend on its neighbours.
    return within.choose(near, Lanes(kit, far))


def _near(x: Lanes, quarter: int) -> Lanes:
    kit = x.kit
    _, rounder, steps, terms = _FORMATS[kit.item]
    shifted = x * (2 / math.pi) + rounder
    n = shifted - rounder
    r = (-n).times(steps[1], (-n).times(steps[0], x))
    lower = -n * steps[2]
    # What the sum loses counts where the angle is near a multiple.
    total = r + lower
    lost = (-n).times(steps[3], lower - (total - r))
    z = total * total
    signs = [(-1) ** k for k in range(terms + 1)]
    odd = z.polynomial(*(signs[k] / math.factorial(2 * k + 1) for k in range(1, terms + 1)))
    even = z.polynomial(*(signs[k] / math.factorial(2 * k) for k in range(2, terms + 1)))
    sine = (total * z).times(odd, lost) + total
    half = z * 0.5
    one = 1.0 - half
    # cos(r + d) = cos r - r d; what 1 - z / 2 rounds away comes back.
    cosine = (z * z).times(even, (1.0 - one) - half - total * lost) + one
    turns = shifted.bits + quarter
    value = _is_set(turns, 1).choose(cosine, sine)
    value = _is_set(turns, 2).choose(-value, value)
    return value if quarter else x.is_equal(0.0).choose(x, value)


def _is_set(bits: Bits, bit: int) -> Mask:
    """Where a bit is 1."""
    build = bits.kit.builder
    part = (bits & bit).value
    zero = ir.Constant(part.type, [0] * bits.kit.lanes)
    return Mask(bits.kit, build.icmp_signed("!=", part, zero))


def _by_library(x: Lanes, name: str) -> Any:
    kit, wide = x.kit, ir.DoubleType()
    build = kit.builder
    result = x.value
    for i in range(kit.lanes):
        one = build.extract_element(x.value, ir.Constant(INDEX, i))
        if kit.item == 4:
            one = build.fpext(one, wide)
        one = kit.call(name, wide, [one])
        if kit.item == 4:
            one = build.fptrunc(one, kit.real)
        result = build.insert_element(result, one, ir.Constant(INDEX, i))
    return result
