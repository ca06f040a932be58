"""How numbers are written beside others: no more digits than tell them apart."""

from __future__ import annotations

import math

FEW, MANY = 1e-3, 1e6
"""Smaller and larger numbers are written with a power of ten."""


def number_text(value: float, step: float, most: float) -> str:
    """A number among others that are so far apart, the largest of which has a size.

    >>> [number_text(value, 0.5, 1) for value in (0, 0.5, 1)], number_text(-2.5e-7, 1e-8, 3e-7)
    (['0', '0.5', '1.0'], '-2.5e-7')
    """
    place = math.floor(math.log10(step) + 1e-9) if step > 0 else 0
    if value == 0:
        return "0"
    if FEW <= most < MANY and place >= -5:
        return f"{value:,.{max(-place, 0)}f}"
    digits = max(math.floor(math.log10(abs(value))) - place, 0) if step > 0 else 3
    mantissa, power = f"{value:.{min(digits, 15)}e}".split("e")
    return f"{mantissa}e{int(power)}"


def short(value: float, digits: int = 4) -> str:
    """A number by itself.

    >>> [short(value) for value in (0.12345, 1e-5, 1234567.0, math.nan, 1)]
    ['0.1235', '1e-5', '1.235e6', 'NaN', '1']
    """
    if math.isnan(value):
        return "NaN"
    text = f"{value + 0:.{digits}g}"
    mantissa, e, power = text.partition("e")
    return f"{mantissa}e{int(power)}" if e else text


def share_text(share: float) -> str:
    """A share as a percentage, with so many digits as tell something.

    >>> [share_text(share) for share in (0, 0.5, 0.0123, 1e-9, 30)]
    ['0%', '50%', '1.23%', '1e-7%', '3000%']
    """
    is_plain = 10 <= share < 1000
    return f"{f'{100 * share:.0f}' if is_plain else short(100 * share, 3)}%"
