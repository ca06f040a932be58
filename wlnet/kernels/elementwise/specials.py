"""Functions of one number that the C library knows, and the gamma family: for single numbers.

They are computed in 64 bits in both precisions, and need not be fast.
"""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir

from wlnet.kernels.emit.vectors import Kit
from wlnet.kernels.language import Instruction, Scalar, instruction, routine


def library(name: str) -> Instruction:
    """A function of the C library by its name."""

    @instruction("double", "double")
    def library_function(kit: Kit, x: Scalar) -> Scalar:
        return kit.call(name, ir.DoubleType(), [x])

    return library_function


@instruction("double", "real")
def widened(kit: Kit, x: Scalar) -> Scalar:
    """A real number in 64 bits."""
    return x if kit.item == 8 else kit.builder.fpext(x, ir.DoubleType())


lgamma = library("lgamma")
tgamma = library("tgamma")


cbrt = library("cbrt")
complement = library("erfc")


@routine
def cube_root(x):  # type: ignore[no-untyped-def]
    """The third root, that of a negative number negative. Error below 1 unit: what the library
    gives is put right by one step of Newton's."""
    root = cbrt(x)
    if root == 0.0 or not abs(root) < math.inf:
        return root
    return root - (root - x / (root * root)) / 3.0


@routine
def csch(x):  # type: ignore[no-untyped-def]
    """1 / sinh(x), also where sinh is infinite and the quotient is not yet 0."""
    if abs(x) > 20.0:
        return math.copysign(2.0 * math.exp(-abs(x)), x)
    return math.copysign(math.inf, x) if x == 0.0 else 1.0 / math.sinh(x)


@routine
def erfc(x):  # type: ignore[no-untyped-def]
    """1 - erf(x), with all figures where that is small. Error below 3 units."""
    return complement(x)


@routine
def inverse_erf(x):  # type: ignore[no-untyped-def]
    """What the error function makes x of. Error below 2 units.

    A first guess, off by less than a hundredth, then steps of Halley's, each of which makes three
    times as many figures right; near 1 by what is left to it, which is exact.
    Source of the guess: Winitzki, "A handy approximation for the error function", 2008.
    """
    size = abs(x)
    if not size < 1.0:
        return math.copysign(math.inf, x) if size == 1.0 else math.nan
    logarithm = math.log((1.0 - size) * (1.0 + size))
    half = 4.330746750799873 + 0.5 * logarithm  # 2 / (pi a), where a = 0.147
    y = math.sqrt(math.sqrt(half * half - logarithm / 0.147) - half)
    for _ in range(3):
        off = math.erf(y) - size if size < 0.5 else (1.0 - size) - complement(y)
        step = off * (0.5 * math.sqrt(math.pi)) * math.exp(y * y)
        y -= step / (1.0 + y * step)
    return math.copysign(y, x)


@routine
def log_gamma(x):  # type: ignore[no-untyped-def]
    """The logarithm of |Gamma|; like SciPy's at -infinity."""
    return x if x == -math.inf else lgamma(x)


@routine
def gamma(x):  # type: ignore[no-untyped-def]
    """The function that continues the factorial, NaN at negative whole numbers."""
    return tgamma(x)


@routine
def digamma(x):  # type: ignore[no-untyped-def]
    """The slope of log Gamma.

    Reflection for x < 0, psi(x) = psi(x + 1) - 1/x up to 10, then the asymptotic series. Near its
    zeros the error is small beside 1, not beside the value. Source: DLMF 5.5, 5.11.
    """
    if x == 0.0:
        return math.copysign(math.inf, -x)
    result = 0.0
    if x < 0.0:
        rest = x - np.rint(x)
        if rest == 0.0 or x == -math.inf:
            return math.nan
        result -= math.pi / math.tan(math.pi * rest)
        x = 1.0 - x
    while x < 10.0:
        result -= 1.0 / x
        x += 1.0
    if x == math.inf:
        return x
    z = 1.0 / (x * x)
    series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * (
        691 / 32760 - z * (1 / 12)))))))  # fmt: skip
    return result + (math.log(x) - 0.5 / x - series)


@routine
def trigamma(x):  # type: ignore[no-untyped-def]
    """The slope of digamma: the sum of 1 / (x + i)^2. Its ways are those of digamma."""
    sign, before = 1.0, 0.0
    if x <= 0.0:
        rest = x - np.rint(x)
        if rest == 0.0 or x == -math.inf:
            return math.inf
        sine = math.sin(math.pi * rest)
        before = (math.pi / sine) * (math.pi / sine)
        sign = -1.0
        x = 1.0 - x
    result = 0.0
    while x < 10.0:
        result += 1.0 / (x * x)
        x += 1.0
    z = 1.0 / (x * x)
    series = z * (1 / 6 - z * (1 / 30 - z * (1 / 42 - z * (1 / 30 - z * (5 / 66 - z * (
        691 / 2730 - z * (7 / 6)))))))  # fmt: skip
    return before + sign * (result + (1.0 + 0.5 / x + series) / x)
