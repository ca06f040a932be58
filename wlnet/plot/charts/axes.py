"""An axis: which numbers it reaches, where a number stands on it, what is written at it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wlnet.plot.charts.numbers import number_text, short
from wlnet.plot.paint.letters import width_of

Numbers = NDArray[np.float64]
LINEAR, LOG, WHOLE = "Linear", "Log", "Whole"
"""Even; by powers; even, with whole numbers only."""
LARGEST = 1e300
"""The largest number at an axis: the distance between two such is still a number."""
SPREAD = 20.0
"""Where the largest number is so many times one that is small among them, an axis goes by
powers."""
FAR = 9.0
"""What lies so many frames beyond a frame is not drawn where it is: some readers of pictures take
no larger numbers."""
DIGITS = 5
"""Of a number at an axis: where more would be needed, what all have in common stands in its
name."""
APART = 10.0
"""Pixels between two numbers at an axis."""


class Tick(NamedTuple):
    """A number that is written at an axis: where, 0 at its low end and 1 at its high one."""

    share: float
    words: str


@dataclass(frozen=True)
class Axis:
    """An axis from one number to another. kind: LINEAR, LOG or WHOLE; one by powers begins above 0,
    and what is not above 0 stands at its low end."""

    name: str
    low: float
    high: float
    kind: str = LINEAR

    def shares(self, values: ArrayLike) -> Numbers:
        """Where numbers stand: 0 at the low end, 1 at the high one; NaN for NaN and infinities."""
        found = np.asarray(values, np.float64)
        found = np.where(np.isfinite(found), found, np.nan)
        low, high = self.low, self.high
        if self.kind == LOG:
            found, low, high = _powers(found, low), math.log10(low), math.log10(high)
        with np.errstate(over="ignore"):
            shares = (found - low) / (high - low)
        clamped: Numbers = np.clip(shares, -FAR, 1 + FAR)
        return clamped

    def share(self, value: float) -> float:
        """Where a number stands."""
        return float(self.shares([value])[0])

    @property
    def base(self) -> float:
        """What the numbers at the axis are written from, which is 0 where they are short."""
        return 0.0 if self.kind != LINEAR else _base(self.low, self.high)

    @property
    def words(self) -> str:
        """Its name, and how to read it."""
        if self.kind == LOG:
            return f"{self.name} (log scale)"
        base = self.base
        sign, size = ("−", base) if base > 0 else ("+", -base)
        return f"{self.name} {sign} {size:.15g}" if base else self.name

    def ticks(self, room: float, size: float, is_upright: bool) -> list[Tick]:
        """The numbers that are written at so many pixels, as many as fit beside each other."""
        for about in range(8, 0, -1):
            found = self._ticks(about)
            if len(found) <= about + 1 and _are_apart(found, room, size, is_upright):
                return found
        return self._ticks(1)[:1]

    def _ticks(self, about: int) -> list[Tick]:
        if self.kind == LOG:
            return self._powers(about)
        base = self.base
        values = ticks(self.low - base, self.high - base, about, self.kind == WHOLE)
        step = values[1] - values[0] if len(values) > 1 else (abs(values[0]) if values else 1.0)
        most = max(map(abs, values), default=0.0)
        return [Tick(self.share(value + base), number_text(value, step, most)) for value in values]

    def _powers(self, about: int) -> list[Tick]:
        low, high = math.log10(self.low), math.log10(self.high)
        first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
        if last - first >= 1:
            every = -(-(last - first + 1) // about)
            powers = range(-(-first // every) * every, last + 1, every)
            return [Tick((n - low) / (high - low), _power_text(n)) for n in powers]
        values = [
            digit * 10.0**power
            for power in range(math.floor(low), math.ceil(high) + 1)
            for digit in (1, 2, 5)
            if self.low <= digit * 10.0**power <= self.high
        ]
        if len(values) < 2:
            values = ticks(self.low, self.high, min(about, 3), False)
        return [Tick(self.share(value), short(value, 6)) for value in values]


def _powers(values: Numbers, low: float) -> Numbers:
    """The powers of ten that numbers are; those that are none stand at the low end."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(values > 0, np.log10(values), math.log10(low))
    powers: Numbers = np.where(np.isnan(values), np.nan, np.maximum(found, math.log10(low)))
    return powers


def _power_text(power: int) -> str:
    return short(10.0**power) if -4 < power < 4 else f"1e{power}"


def _base(low: float, high: float) -> float:
    """What numbers have in common that could be told apart by many digits only."""
    size, room = max(abs(low), abs(high)), high - low
    if room <= 0 or size < room * 10**DIGITS:
        return 0.0
    return float(f"{low:.{min(math.ceil(math.log10(size / room)), 15)}g}")


def _are_apart(found: Sequence[Tick], room: float, size: float, is_upright: bool) -> bool:
    """Whether the words of ticks do not touch."""
    places = [tick.share * room for tick in found]
    widths = [size if is_upright else width_of(tick.words, size) for tick in found]
    return all(
        b - a >= (one + other) / 2 + (2.0 if is_upright else APART)
        for a, b, one, other in zip(places, places[1:], widths, widths[1:], strict=False)
    )


def ticks(low: float, high: float, about: int = 5, is_whole: bool = False) -> list[float]:
    """Round numbers between two others, about so many.

    >>> ticks(0.1, 2.3), ticks(0, 3, 8, is_whole=True)
    ([0.5, 1.0, 1.5, 2.0], [0.0, 1.0, 2.0, 3.0])
    """
    rough = (high - low) / about
    place = math.floor(math.log10(rough)) if rough > 0 else -300
    if is_whole:
        place = max(place, 0)
    step = next(
        (n * 10.0**place for n in (1, 2, 5) if n * 10.0**place >= rough), 10.0 ** (place + 1)
    )
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Where floating point knows no numbers between the ends, some are the same.
    return list(dict.fromkeys(round(n * step, 1 - place) + 0.0 for n in range(first, last + 1)))


# Which axis suits numbers


def axis_of(name: str, values: Iterable[ArrayLike], kind: str | None = None) -> Axis:
    """An axis that all numbers fit on, NaN and infinities left out. kind: LINEAR or LOG; None for
    what suits them (see `suits_powers`)."""
    found = finite(values)
    above = found[found > 0]
    if len(above) and (kind == LOG or (kind is None and suits_powers(found))):
        return Axis(name, *_around_powers(above), LOG)
    return Axis(name, *_around(found))


def finite(values: Iterable[ArrayLike]) -> Numbers:
    """The numbers among values that are finite, as far as an axis reaches."""
    every = [np.asarray(each, np.float64).ravel() for each in values]
    found = np.concatenate([np.empty(0), *every])
    clipped: Numbers = np.clip(found[np.isfinite(found)], -LARGEST, LARGEST)
    return clipped


def suits_powers(found: Numbers) -> bool:
    """Whether an axis by powers suits finite numbers: they are spread over many, none below 0."""
    above = found[found > 0]
    if not len(above) or (found < 0).any():
        return False
    # A few that are small by chance, or at the very end, do not decide.
    small = math.log(float(np.quantile(above, 0.25)))
    return math.log(above.max()) - small >= math.log(SPREAD)


def _around_powers(above: Numbers) -> tuple[float, float]:
    """The ends of an axis by powers, with some room."""
    low, high = math.log10(above.min()), math.log10(above.max())
    room = max((high - low) * 0.04, 0.02)
    if low == high:
        room = 0.5
    return 10.0 ** max(low - room, -307.0), 10.0 ** min(high + room, 300.0)


def _around(found: Numbers) -> tuple[float, float]:
    """The ends of an even axis, with some room: at 0 where the numbers begin near it."""
    if not len(found):
        return 0.0, 1.0
    low, high = float(found.min()), float(found.max())
    room = (high - low) * 0.05
    if high - low <= 4 * np.spacing(max(abs(low), abs(high))):
        # One number: how large it is shows beside 0.
        return min(low * 1.2, 0.0), max(high * 1.2, 0.0) or (0.0 if low < 0 else 1.0)
    return (0.0 if 0 <= low <= 0.2 * high else low - room), high + room


def whole_axis(name: str, low: float, high: float) -> Axis:
    """An axis of whole numbers: of rounds, or of batches."""
    return Axis(name, low, high if high > low else low + 1, WHOLE)
