"""A legend: a sample and a name for each thing in a chart, in rows above it. It grows by rows, so
that every name is there whole, and covers nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wlnet.plot.paint.letters import lines_of, width_of
from wlnet.plot.paint.shapes import Shape, Words

WIDTH = 500.0
"""Of a chart."""
EDGE = 10.0
"""Pixels that are left free around everything."""
SIZE = 12.0
"""Of letters in charts."""
LOW = 0.36
"""By how much of their size letters stand below the middle that they are around."""
ROW = 19.0
"""Pixels from one row of a legend to the next."""
LINE = 15.0
"""Pixels from one line of a long name to the next."""
SAMPLE, GAP, BETWEEN = 24.0, 6.0, 18.0
"""Pixels of a sample, between it and its name, and between two names."""


@dataclass(frozen=True)
class Entry:
    """A name, and what draws its sample around a middle, at most SAMPLE wide."""

    name: str
    sample: Callable[[float, float], Sequence[Shape]]


def legend(
    entries: Sequence[Entry], left: float, top: float, width: float
) -> tuple[list[Shape], float]:
    """The shapes of a legend in so much room, and where it ends."""
    shapes: list[Shape] = []
    x, y, tall = left, top, 0.0
    for entry in entries:
        lines = lines_of(entry.name, width - SAMPLE - GAP, SIZE)
        wide = SAMPLE + GAP + max(width_of(line, SIZE) for line in lines)
        if x > left and x + wide > left + width:
            x, y, tall = left, y + tall, 0.0
        tall = max(tall, ROW + (len(lines) - 1) * LINE)
        shapes += entry.sample(x + SAMPLE / 2, y + ROW / 2)
        shapes += [
            Words(x + SAMPLE + GAP, y + ROW / 2 + SIZE * LOW + LINE * i, line, SIZE)
            for i, line in enumerate(lines)
        ]
        x += wide + BETWEEN
    return shapes, y + tall


def paragraph(
    words: str, left: float, top: float, width: float, ink: str = "faint"
) -> tuple[list[Shape], float]:
    """Words in lines of so much room, and where they end."""
    lines = lines_of(words, width, SIZE)
    shapes: list[Shape] = [
        Words(left, top + SIZE + LINE * i, line, SIZE, ink=ink) for i, line in enumerate(lines)
    ]
    return shapes, top + LINE * len(lines) + 3


def paragraphs(notes: Sequence[str], top: float, width: float) -> tuple[list[Shape], float]:
    """Notes below a chart of a width, one below the other, and where they end."""
    shapes: list[Shape] = []
    for note in notes:
        lines, top = paragraph(note, EDGE, top, width - 2 * EDGE)
        shapes += lines
    return shapes, top
