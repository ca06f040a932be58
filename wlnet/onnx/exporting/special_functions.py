"""The gamma function and its kin, the complement and the inverse of the error function, and third
roots, which ONNX lacks, as series of its operators.

They are computed in 64 bits whatever the file's precision: below the last figure of a float32 lies
what the differences in them cost. Right of 1/2 there are series; what lies left of it is reflected.

Lanczos, "A precision approximation of the gamma function", 1964, with Godfrey's coefficients
(g = 7, n = 9); Abramowitz and Stegun, 6.1.17, 6.3.7, 6.3.18, 6.4.7, 6.4.12.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wlnet.onnx.exporting.writer import Writer

G = 7.0
LANCZOS = (
    676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
)  # fmt: skip
LANCZOS_FIRST = 0.99999999999980993
SHIFT = 8
"""How far an argument is moved to the right, where the asymptotic series are exact."""
ERFC = (
    -0.6717940840642, 0.67264322398019, 0.04734330805941, -0.046895610643376,
    -0.0098727219932156, 0.0088249497103093, 0.0017592716422408, -0.0023459302020781,
    -0.00014801109316469, 0.00067431123154222, -8.8526743339138e-05, -0.00017625598701399,
    6.2276117814968e-05, 3.5416346906744e-05, -2.0724462712153e-05, -4.140970257891e-06,
    3.1508011050671e-06, 9.8274519005924e-08,
)  # fmt: skip
"""The logarithm of e^(x^2) erfc(x) / t for x from 0 on, by powers of 2 t - 1, t = 2 / (2 + x):
interpolated at Chebyshev's points in 60 digits; its error is below 1e-11."""
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)


class _Doubles:
    """Arithmetic in 64 bits, written down."""

    def __init__(self, w: Writer) -> None:
        self.w = w

    def number(self, value: float) -> str:
        return self.w.array(np.array(value, np.float64))

    def of(self, operator: str, *operands: str | float) -> str:
        names = [x if isinstance(x, str) else self.number(x) for x in operands]
        return self.w.node(operator, *names)

    def polynomial(self, x: str, factors: Sequence[float]) -> str:
        """factors[0] + factors[1] x + ..., by Horner's rule."""
        found: str | float = factors[-1]
        for factor in factors[-2::-1]:
            found = self.of("Add", self.of("Mul", found, x), factor)
        return found if isinstance(found, str) else self.number(found)

    def over_shifts(self, x: str, factors: Sequence[float], first: float, power: int = 1) -> str:
        """The sum of factors[i] / (x + first + i)^power."""
        w = self.w
        steps = w.array(first + np.arange(len(factors), dtype=np.float64))
        moved = w.node("Add", w.node("Unsqueeze", x, w.wholes([-1])), steps)
        moved = w.node("Mul", moved, moved) if power == 2 else moved
        parts = w.node("Div", w.array(np.array(factors)), moved)
        return w.node("ReduceSum", parts, w.wholes([-1]), keepdims=0)

    def reflected(self, x: str) -> tuple[str, str]:
        """Whether x lies left of 1/2, and then 1 - x, else x."""
        left = self.of("Less", x, 0.5)
        return left, self.of("Where", left, self.of("Sub", 1.0, x), x)

    def sine(self, x: str) -> str:
        """sin(pi x), where x is first brought near 0: whole numbers give 0 exactly. Runtimes may
        have no other wave in 64 bits."""
        near = self.of("Round", x)
        wave = self.of("Sin", self.of("Mul", self.of("Sub", x, near), math.pi))
        half = self.of("Mul", near, 0.5)
        odd = self.of("Sub", half, self.of("Floor", half))
        return self.of("Mul", wave, self.of("Sub", 1.0, self.of("Mul", odd, 4.0)))


def _series(d: _Doubles, right: str) -> tuple[str, str]:
    """Lanczos: x + g - 1/2, and the sum; x is right of 1/2."""
    base = d.of("Add", right, G - 0.5)
    return base, d.of("Add", d.over_shifts(right, LANCZOS, 0.0), LANCZOS_FIRST)


def _log_right(d: _Doubles, right: str) -> str:
    base, total = _series(d, right)
    power = d.of("Mul", d.of("Sub", right, 0.5), d.of("Log", base))
    scaled = d.of("Log", d.of("Mul", total, math.sqrt(2 * math.pi)))
    return d.of("Add", d.of("Sub", power, base), scaled)


def log_gamma(w: Writer, x: str) -> str:
    """The logarithm of |Gamma|."""
    d, wide = _Doubles(w), w.cast(x, np.float64)
    left, right = d.reflected(wide)
    found = _log_right(d, right)
    wave = d.of("Abs", d.sine(wide))
    mirrored = d.of("Sub", d.of("Sub", math.log(math.pi), d.of("Log", wave)), found)
    return w.cast(d.of("Where", left, mirrored, found), w.real)


def gamma(w: Writer, x: str) -> str:
    """Gamma: the exponential of its logarithm; left of 1/2 pi / (sin(pi x) Gamma(1 - x))."""
    d, wide = _Doubles(w), w.cast(x, np.float64)
    left, right = d.reflected(wide)
    found = d.of("Exp", _log_right(d, right))
    mirrored = d.of("Div", math.pi, d.of("Mul", d.sine(wide), found))
    return w.cast(d.of("Where", left, mirrored, found), w.real)


def di_gamma(w: Writer, x: str) -> str:
    """The derivative of the logarithm of Gamma."""
    d, wide = _Doubles(w), w.cast(x, np.float64)
    left, right = d.reflected(wide)
    far = d.of("Add", right, float(SHIFT))
    inverse = d.of("Reciprocal", far)
    square = d.of("Mul", inverse, inverse)
    factors = [-b / (2 * k) for k, b in enumerate(BERNOULLI, 1)]
    tail = d.of("Mul", square, d.polynomial(square, factors))
    far_value = d.of("Add", d.of("Sub", d.of("Log", far), d.of("Mul", inverse, 0.5)), tail)
    found = d.of("Sub", far_value, d.over_shifts(right, (1.0,) * SHIFT, 0.0))
    slope = d.of("Div", d.sine(d.of("Add", wide, 0.5)), d.sine(wide))
    mirrored = d.of("Sub", found, d.of("Mul", slope, math.pi))
    return w.cast(d.of("Where", left, mirrored, found), w.real)


def tri_gamma(w: Writer, x: str) -> str:
    """The second derivative of the logarithm of Gamma."""
    d, wide = _Doubles(w), w.cast(x, np.float64)
    left, right = d.reflected(wide)
    inverse = d.of("Reciprocal", d.of("Add", right, float(SHIFT)))
    tail = d.polynomial(inverse, [0.0, 1.0, 0.5])
    square = d.of("Mul", inverse, inverse)
    more = d.of("Mul", d.of("Mul", inverse, square), d.polynomial(square, BERNOULLI))
    near = d.over_shifts(right, (1.0,) * SHIFT, 0.0, power=2)
    found = d.of("Add", d.of("Add", tail, more), near)
    ratio = d.of("Div", math.pi, d.sine(wide))
    mirrored = d.of("Sub", d.of("Mul", ratio, ratio), found)
    return w.cast(d.of("Where", left, mirrored, found), w.real)


def cube_root(w: Writer, x: str) -> str:
    """The third root, that of a negative number negative."""
    d, wide = _Doubles(w), w.cast(x, np.float64)
    root = d.of("Pow", d.of("Abs", wide), 1 / 3)
    return w.cast(d.of("Mul", d.of("Sign", wide), root), w.real)


def _erfc_right(d: _Doubles, size: str) -> str:
    """erfc of what is not negative."""
    t = d.of("Div", 2.0, d.of("Add", size, 2.0))
    series = d.polynomial(d.of("Sub", d.of("Mul", t, 2.0), 1.0), ERFC)
    return d.of("Mul", t, d.of("Exp", d.of("Sub", series, d.of("Mul", size, size))))


def erfc(w: Writer, x: str) -> str:
    """What the error function leaves to 1."""
    d, wide = _Doubles(w), w.cast(x, np.float64)
    found = _erfc_right(d, d.of("Abs", wide))
    is_left = d.of("Less", wide, 0.0)
    return w.cast(d.of("Where", is_left, d.of("Sub", 2.0, found), found), w.real)


def inverse_erf(w: Writer, x: str) -> str:
    """What the error function makes x of: near 0 a series, else a guess (Winitzki 2008) and three
    steps of Halley's by what is left to 1."""
    d, wide = _Doubles(w), w.cast(x, np.float64)
    size = d.of("Abs", wide)
    near = d.of("Less", size, 0.01)
    square = d.of("Mul", size, size)
    terms = (1.0, math.pi / 12, 7 * math.pi**2 / 480, 127 * math.pi**3 / 40320)
    series = d.of("Mul", d.of("Mul", size, math.sqrt(math.pi) / 2), d.polynomial(square, terms))
    left = d.of("Sub", 1.0, size)
    logarithm = d.of("Log", d.of("Mul", left, d.of("Add", size, 1.0)))
    half = d.of("Add", d.of("Mul", logarithm, 0.5), 2 / (math.pi * 0.147))
    inner = d.of("Sub", d.of("Mul", half, half), d.of("Div", logarithm, 0.147))
    y = d.of("Sqrt", d.of("Sub", d.of("Sqrt", inner), half))
    for _ in range(3):
        slope = d.of("Mul", d.of("Exp", d.of("Mul", y, y)), math.sqrt(math.pi) / 2)
        step = d.of("Mul", d.of("Sub", left, _erfc_right(d, y)), slope)
        y = d.of("Sub", y, d.of("Div", step, d.of("Add", d.of("Mul", y, step), 1.0)))
    whole = d.of("Where", d.of("Equal", size, 1.0), math.inf, y)
    found = d.of("Where", near, series, whole)
    return w.cast(d.of("Mul", d.of("Sign", wide), found), w.real)
