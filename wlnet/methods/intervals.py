"""Which numbers a setting may be."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wlnet.core.scalars import as_real


@dataclass(frozen=True)
class Interval:
    """The numbers that a setting may be.

    >>> print(Interval(0, 1, first=True)), print(Interval(0, math.inf))
    a number from 0 up to but not including 1
    a finite number > 0
    (None, None)
    """

    low: float
    high: float
    first: bool = False
    last: bool = False

    def __contains__(self, x: float) -> bool:
        above = x >= self.low if self.first else x > self.low
        return above and (x <= self.high if self.last else x < self.high)

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"a finite number {'>=' if self.first else '>'} {self.low}"
        low = f"from {self.low}" if self.first else f"above {self.low}"
        return f"a number {low} up to {'' if self.last else 'but not including '}{self.high}"


FRACTION = Interval(0, 1, first=True)
POSITIVE = Interval(0, math.inf)
NOT_NEGATIVE = Interval(0, math.inf, first=True)


def as_number(given: object, within: Interval) -> float | None:
    """A real number of the interval as a float; None when it is not one (bool, str, NaN, ...)."""
    number = as_real(given)
    return number if number is not None and number in within else None
