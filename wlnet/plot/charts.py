"""Charts of curves as SVG, without a graphics library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wlnet.plot.svg import FRAME, Picture, segment, svg, text
from wlnet.results.learning_rate_range import LearningRateRange, Numbers

SIZE = (640, 400)
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 52
"""The margins around the curves."""
LARGEST = 1e300
"""The largest number at the upright axis: the distance between two such is still a number."""
TICKS = 5
"""About how many numbers stand at the upright axis."""


@dataclass(frozen=True)
class Curve:
    """A line through points (x, y), and what it is called."""

    x: ArrayLike
    y: ArrayLike
    name: str
    color: str = "#2b6cb0"
    width: float = 2.0


@dataclass(frozen=True)
class Mark:
    """A place on the x axis that an upright line points out, and what it is called."""

    x: float
    name: str
    color: str = "#c05621"


@dataclass(frozen=True, eq=False, repr=False)
class Chart(Picture):
    """Curves to look at, over an axis of powers of ten.

    y_range: the values that are shown; what lies beyond is cut off. x_range: the ends of an even
    axis in place of one of powers.
    """

    curves: Sequence[Curve]
    marks: Sequence[Mark]
    x_name: str
    y_name: str
    y_range: tuple[float, float]
    x_range: tuple[float, float] | None = None

    def __repr__(self) -> str:
        return f"Chart({', '.join(curve.name for curve in self.curves)})"

    def to_svg(self) -> str:
        """The chart as the text of an SVG file."""
        width, height = SIZE
        parts = [
            f'<clipPath id="inside"><rect x="{LEFT}" y="{TOP}" width="{width - LEFT - RIGHT}" '
            f'height="{height - TOP - BOTTOM}"/></clipPath>',
            *self._grid(),
            *(self._line(curve) for curve in self.curves),
            *(text for mark in self.marks for text in self._mark(mark)),
            *self._legend(),
        ]
        return svg(width, height, "".join(parts))

    # Where things are

    def _x_range(self) -> tuple[float, float]:
        """The ends of the axis, where it is one of powers those of ten."""
        if self.x_range is not None:
            return self.x_range
        every = np.concatenate([np.asarray(curve.x, np.float64) for curve in self.curves])
        if not len(every):
            return -0.5, 0.5
        low, high = math.log10(every.min()), math.log10(every.max())
        return (low - 0.5, high + 0.5) if low == high else (low, high)

    def _at_axis(self, x: float) -> float:
        """A value as the axis counts."""
        return math.log10(x) if self.x_range is None else x

    def _across(self, x: float) -> float:
        low, high = self._x_range()
        return LEFT + (self._at_axis(x) - low) / (high - low) * (SIZE[0] - LEFT - RIGHT)

    def _down(self, y: float) -> float:
        low, high = self.y_range
        whole = SIZE[1] - TOP - BOTTOM
        # Far beyond the frame it is cut off wherever it is; some readers take no larger numbers.
        share = min(max((y - low) / (high - low), -9.0), 9.0)
        return SIZE[1] - BOTTOM - share * whole

    # What is drawn

    def _grid(self) -> list[str]:
        (low, high), (bottom, top) = self._x_range(), (SIZE[1] - BOTTOM, TOP)
        parts: list[str] = []
        marks: list[tuple[float, str]]
        if self.x_range is None:
            powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
            marks = [(power, f"1e{power}") for power in powers]
        else:
            marks = [(x, f"{x:.12g}") for x in ticks(low, high)]
        for at, words in marks:
            x = LEFT + (at - low) / (high - low) * (SIZE[0] - LEFT - RIGHT)
            parts += [segment(x, bottom, x, top, FRAME), text(x, bottom + 18, words, "middle")]
        for y in ticks(*self.y_range):
            parts += [
                segment(LEFT, self._down(y), SIZE[0] - RIGHT, self._down(y), FRAME),
                text(LEFT - 8, self._down(y) + 4, f"{y:.12g}", "end"),
            ]
        middle = (LEFT + SIZE[0] - RIGHT) / 2
        upright = f'transform="rotate(-90 16 {(top + bottom) / 2:.1f})"'
        return [
            *parts,
            text(middle, SIZE[1] - 12, self.x_name, "middle"),
            text(16, (top + bottom) / 2, self.y_name, "middle", more=upright),
        ]

    def _line(self, curve: Curve) -> str:
        xs, ys = np.asarray(curve.x, np.float64), np.asarray(curve.y, np.float64)
        points = " ".join(
            f"{self._across(x):.1f},{self._down(y):.1f}"
            for x, y in zip(xs.tolist(), ys.tolist(), strict=True)
            if math.isfinite(y)
        )
        return (
            f'<polyline points="{points}" fill="none" stroke="{curve.color}" '
            f'stroke-width="{curve.width}" stroke-linejoin="round" clip-path="url(#inside)"/>'
        )

    def _mark(self, mark: Mark) -> list[str]:
        low, high = self._x_range()
        if not low - 1e-9 <= self._at_axis(mark.x) <= high + 1e-9:
            return []  # beyond the frame: its name tells where
        x = self._across(mark.x)
        return [segment(x, SIZE[1] - BOTTOM, x, TOP, mark.color, 'stroke-dasharray="5 4"')]

    def _legend(self) -> list[str]:
        """The names of curves and marks, in a row above them."""
        parts, x = [], float(LEFT)
        rows = [(curve.name, curve.color, "") for curve in self.curves]
        rows += [(mark.name, mark.color, 'stroke-dasharray="5 4"') for mark in self.marks]
        for number, (name, color, dashes) in enumerate(rows):
            if x + 28 + 6.6 * len(name) > SIZE[0]:
                # What does not fit is told by its number.
                parts.append(text(SIZE[0] - RIGHT, TOP - 4, f"+ {len(rows) - number}", "end"))
                break
            parts.append(
                segment(x, TOP - 22, x + 22, TOP - 22, color, f'{dashes} stroke-width="2"')
            )
            parts.append(text(x + 28, TOP - 18, name, "start"))
            x += 52 + 6.6 * len(name)
        return parts


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two others, about TICKS of them.

    >>> ticks(0.1, 2.3)
    [0.5, 1.0, 1.5, 2.0]
    """
    rough = (high - low) / TICKS
    place = math.floor(math.log10(rough))
    step = next(
        (n * 10.0**place for n in (1, 2, 5) if n * 10.0**place >= rough), 10.0 ** (place + 1)
    )
    first, last = math.ceil(low / step), math.floor(high / step)
    # Where floating point knows no numbers between the ends, some are the same.
    return list(dict.fromkeys(round(n * step, 1 - place) for n in range(first, last + 1)))


def draw_range(seen: LearningRateRange) -> Chart:
    """A range test as a chart: the losses, their running mean, and the rates read off it."""
    means = seen.smoothed
    more = " or more" if seen.still_falls else ""
    named = (("steepest", seen.steepest, "#718096"), ("suggestion", seen.suggestion, "#c05621"))
    return Chart(
        [
            Curve(seen.rates, seen.losses, "loss", "#bcd4ee", 1.0),
            Curve(seen.rates, means, "smoothed loss"),
        ],
        [Mark(rate, f"{name} {rate:.2g}{more}", color) for name, rate, color in named if rate],
        "learning rate",
        "loss",
        _shown(seen.losses, means),
    )


def _shown(losses: Numbers, means: Numbers) -> tuple[float, float]:
    """The values to show: all of the valley, and of the rise behind it as much again."""
    if not len(losses):
        return 0.0, 1.0
    low = max(float(min(losses.min(), means.min())), -LARGEST)
    first, lowest, highest = (float(each) for each in (means[0], means.min(), means.max()))
    top = (
        min(highest, first + (first - lowest), LARGEST) if lowest < first else min(highest, LARGEST)
    )
    room = (top - low) / 10 or max(abs(low), 1.0) / 10
    return low - room, top + room
