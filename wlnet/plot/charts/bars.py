"""Rows with a bar each: how much of something each of many has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wlnet.plot.charts.legend import EDGE, LOW, SIZE, WIDTH, Entry, legend, paragraph, paragraphs
from wlnet.plot.paint.letters import shortened, width_of
from wlnet.plot.paint.marks import APART, MARKS, Mark, hatching
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Box, Line, Scene, Shape, Words

TALL = 20.0
"""Pixels of a row."""
NAME = 190.0
"""Pixels of the name of a row, at most."""


@dataclass(frozen=True)
class Bar:
    """A row: its name, how long its bar is, what stands behind it, and the kind of its rate. Of a
    heading there is only the name."""

    name: str
    value: float | None = None
    words: str = ""
    mark: Mark | None = None
    is_heading: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class BarChart(Picture):
    """Bars to look at, one below the other. notes: lines of words below."""

    bars: Sequence[Bar]
    name: str
    notes: Sequence[str] = ()

    def __repr__(self) -> str:
        return f"BarChart({len(self.bars)} rows)"

    def scene(self) -> Scene:
        """The shapes that it is made of."""
        width = WIDTH
        shapes, end = legend(kinds([bar.mark for bar in self.bars]), EDGE, EDGE / 2,
                             width - 2 * EDGE)  # fmt: skip
        named, end = paragraph(self.name, EDGE, end + 2, width - 2 * EDGE)
        shapes += named
        top = end + 4
        names = [shortened(bar.name, NAME, SIZE) for bar in self.bars if not bar.is_heading]
        left = EDGE + 16 + max([width_of(name, SIZE) for name in names] or [0.0]) + 8
        words = max([width_of(bar.words, SIZE) for bar in self.bars] or [0.0])
        room = max(width - EDGE - left - words - 8, 40.0)
        width = max(width, left + room + words + 8 + EDGE)
        finite = [v for bar in self.bars if (v := bar.value) is not None and math.isfinite(v)]
        most = max([*finite, 0.0]) or 1.0
        for i, bar in enumerate(self.bars):
            shapes += _row(bar, top + i * TALL, left, room, most)
        end = top + len(self.bars) * TALL
        shapes.append(Line(((left, top), (left, end)), "edge"))
        told, end = paragraphs(self.notes, end + 4, width)
        return Scene(width, math.ceil(end + EDGE / 2), (*shapes, *told), self.name)


def _row(bar: Bar, y: float, left: float, room: float, most: float) -> list[Shape]:
    base = y + TALL / 2 + SIZE * LOW
    if bar.is_heading:
        return [Words(EDGE, base, bar.name, SIZE, ink="faint")]
    short = shortened(bar.name, NAME, SIZE)
    note = "" if short == bar.name else bar.name
    shapes: list[Shape] = [Words(left - 8, base, short, SIZE, "end", note=note)]
    if bar.mark is not None:
        shapes += bar.mark.shapes(EDGE + 5, y + TALL / 2, 9.0)
    long = 0.0
    if bar.value is not None and math.isfinite(bar.value) and bar.value > 0:
        long = max(bar.value / most * room, 1.0)
        shapes.append(Box(left, y + 4, long, TALL - 8, fill=bar.mark.line if bar.mark else "blue",
                          note=f"{bar.name}: {bar.words}"))  # fmt: skip
    shapes.append(Words(left + long + 6, base, bar.words, SIZE, ink="faint"))
    return shapes


def kinds(marks: Sequence[Mark | None]) -> list[Entry]:
    """The entries of a legend that tell the kinds of rates apart, those that are there."""
    there = {mark.word for mark in marks if mark is not None}
    return [
        Entry(word, lambda x, y, mark=mark: mark.shapes(x + 6, y))  # type: ignore[misc]
        for word, mark in MARKS.items()
        if word in there
    ]


def cell(mark: Mark, box: Box) -> list[Shape]:
    """A box of a kind of rates: its ground, and its hatching."""
    ground = Box(box.x, box.y, box.width, box.height, fill=mark.ground, line="ground",
                 note=box.note)  # fmt: skip
    return [ground, *(hatching(box, mark.line, APART) if mark.is_hatched else ())]
