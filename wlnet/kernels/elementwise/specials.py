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
