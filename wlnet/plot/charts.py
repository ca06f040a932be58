"""Charts of curves as SVG, without a graphics library."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path as File

import numpy as np
from numpy.typing import ArrayLike

from wlnet.results.learning_rate_range import LearningRateRange, Numbers

SIZE = (640, 400)
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 52
"""The margins around the curves."""
INK, FRAME = "#333", "#ccc"
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


@dataclass(frozen=True, eq=False)
class Chart:
    """Curves over an axis of powers of ten, to look at. Notebooks show it; `save` writes an SVG
    file.

    y_range: the values that are shown; what lies beyond is cut off.
    """

    curves: Sequence[Curve]
    marks: Sequence[Mark]
    x_name: str
    y_name: str
    y_range: tuple[float, float]

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
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'font-family="sans-serif" font-size="12"><rect width="{width}" height="{height}" '
            f'fill="white"/>{"".join(parts)}</svg>'
        )

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def save(self, file: str | PathLike[str]) -> None:
        """Write the chart to an SVG file."""
        File(file).write_text(self.to_svg(), "utf-8")

    # Where things are

    def _x_range(self) -> tuple[float, float]:
        """The powers of ten at the ends of the axis."""
        every = np.concatenate([np.asarray(curve.x, np.float64) for curve in self.curves])
        if not len(every):
            return -0.5, 0.5
        low, high = math.log10(every.min()), math.log10(every.max())
        return (low - 0.5, high + 0.5) if low == high else (low, high)

    def _across(self, x: float) -> float:
        low, high = self._x_range()
        return LEFT + (math.log10(x) - low) / (high - low) * (SIZE[0] - LEFT - RIGHT)

    def _down(self, y: float) -> float:
        low, high = self.y_range
        whole = SIZE[1] - TOP - BOTTOM
        # Far beyond the frame it is cut off wherever it is; some readers take no larger numbers.
        share = min(max((y - low) / (high - low), -9.0), 9.0)
        return SIZE[1] - BOTTOM - share * whole

    # What is drawn

    def _grid(self) -> list[str]:
        (low, high), (bottom, top) = self._x_range(), (SIZE[1] - BOTTOM, TOP)
        parts = []
        powers = range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)
        for power in powers:
            x = LEFT + (power - low) / (high - low) * (SIZE[0] - LEFT - RIGHT)
            parts += [
                _segment(x, bottom, x, top, FRAME),
                _text(x, bottom + 18, f"1e{power}", "middle"),
            ]
        for y in ticks(*self.y_range):
            parts += [
                _segment(LEFT, self._down(y), SIZE[0] - RIGHT, self._down(y), FRAME),
                _text(LEFT - 8, self._down(y) + 4, f"{y:.12g}", "end"),
            ]
        middle = (LEFT + SIZE[0] - RIGHT) / 2
        upright = f'transform="rotate(-90 16 {(top + bottom) / 2:.1f})"'
        return [
            *parts,
            _text(middle, SIZE[1] - 12, self.x_name, "middle"),
            _text(16, (top + bottom) / 2, self.y_name, "middle", more=upright),
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
        if not low - 1e-9 <= math.log10(mark.x) <= high + 1e-9:
            return []  # beyond the frame: its name tells where
        x = self._across(mark.x)
        return [_segment(x, SIZE[1] - BOTTOM, x, TOP, mark.color, 'stroke-dasharray="5 4"')]

    def _legend(self) -> list[str]:
        """The names of curves and marks, in a row above them."""
        parts, x = [], float(LEFT)
        rows = [(curve.name, curve.color, "") for curve in self.curves]
        rows += [(mark.name, mark.color, 'stroke-dasharray="5 4"') for mark in self.marks]
        for name, color, dashes in rows:
            parts.append(
                _segment(x, TOP - 22, x + 22, TOP - 22, color, f'{dashes} stroke-width="2"')
            )
            parts.append(_text(x + 28, TOP - 18, name, "start"))
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


def _segment(x1: float, y1: float, x2: float, y2: float, color: str, more: str = "") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{color}" {more}/>'


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}"'
    return f"<text {place} {more}>{html.escape(words)}</text>"


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
