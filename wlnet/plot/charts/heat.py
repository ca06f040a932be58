"""Rows of cells over time: which kind of rate each of many had, and when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wlnet.plot.charts.bars import NAME, TALL, cell, kinds
from wlnet.plot.charts.legend import EDGE, LOW, SIZE, WIDTH, legend, paragraph, paragraphs
from wlnet.plot.paint.letters import shortened, width_of
from wlnet.plot.paint.marks import mark_of
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Box, Line, Scene, Shape, Words

MARK = 9.0
"""Pixels of the mark in a cell."""
THIN = 3.0
"""Pixels of the narrowest column."""


@dataclass(frozen=True)
class Span:
    """A column: rounds, or whatever counts, from the first to the last."""

    first: int
    last: int

    @property
    def words(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class HeatRow:
    """A row: its name, and by column the rate, and what is written of it."""

    name: str
    rates: Sequence[float]
    words: Sequence[str]


@dataclass(frozen=True, eq=False, repr=False)
class HeatMap(Picture):
    """Rows of cells; columns are as wide as they are long, and wide enough for what is written, as
    far as there is room. x_name: what columns count. notes: lines of words below."""

    rows: Sequence[HeatRow]
    spans: Sequence[Span]
    name: str
    x_name: str = "round"
    notes: Sequence[str] = ()

    def __repr__(self) -> str:
        return f"HeatMap({len(self.rows)} rows, {len(self.spans)} columns)"

    def columns(self, room: float) -> list[tuple[float, float]]:
        """Where each column begins, and how wide it is, of so much room."""
        needs = [
            max([_need(row.words[i]) for row in self.rows] or [THIN])
            for i in range(len(self.spans))
        ]
        if sum(needs) > room:
            needs = [THIN] * len(needs)
        longs = [span.last - span.first + 1 for span in self.spans]
        # Each has what it needs, and of what is left a share by its length.
        left = max(room - sum(needs), 0.0)
        share = [need + left * long / sum(longs) for need, long in zip(needs, longs, strict=True)]
        places, x = [], 0.0
        for wide in share:
            places.append((x, wide))
            x += wide
        return places

    def scene(self) -> Scene:
        """The shapes that it is made of."""
        width = WIDTH
        marks = [mark_of(rate) for row in self.rows for rate in row.rates]
        shapes, end = legend(kinds(marks), EDGE, EDGE / 2, width - 2 * EDGE)
        named, end = paragraph(self.name, EDGE, end + 2, width - 2 * EDGE)
        shapes += named
        names = [shortened(row.name, NAME, SIZE) for row in self.rows]
        left = EDGE + max(width_of(name, SIZE) for name in (*names, self.x_name)) + 8
        places = self.columns(width - EDGE - left)
        width = max(width, left + sum(places[-1]) + EDGE) if places else width
        top = end + SIZE + 10
        free = EDGE
        shapes.append(Words(left - 8, top - 5, self.x_name, SIZE, "end", "faint"))
        for span, (x, wide) in zip(self.spans, places, strict=True):
            half = width_of(span.words, SIZE) / 2
            middle = min(left + x + wide / 2, width - EDGE / 2 - half)
            if middle - half >= max(free, left):
                shapes.append(Words(middle, top - 5, span.words, SIZE, "middle", "faint"))
                free = middle + half + 8
        for i, (row, short) in enumerate(zip(self.rows, names, strict=True)):
            y = top + i * TALL
            note = "" if short == row.name else row.name
            base = y + TALL / 2 + SIZE * LOW
            shapes.append(Words(left - 8, base, short, SIZE, "end", note=note))
            for j, (x, wide) in enumerate(places):
                shapes += self._cell(row, j, Box(left + x, y, wide, TALL))
        end = top + len(self.rows) * TALL
        shapes += [Line(((left + x, top), (left + x, end)), "ink", 0.8) for x, _ in places[1:]]
        told, end = paragraphs(self.notes, end + 4, width)
        return Scene(width, math.ceil(end + EDGE / 2), (*shapes, *told), self.name)

    def _cell(self, row: HeatRow, j: int, box: Box) -> list[Shape]:
        """A cell, with its mark and number as far as they fit."""
        mark, words = mark_of(row.rates[j]), row.words[j]
        note = f"{row.name}, {self.x_name} {self.spans[j].words}: {words} {mark.word}"
        told = Box(box.x, box.y, box.width, box.height, note=note)
        shapes = cell(mark, told)
        middle, base = box.x + box.width / 2, box.y + box.height / 2
        if _need(words) <= box.width + 1e-6:
            wide = MARK + 4 + width_of(words, SIZE)
            shapes += mark.shapes(middle - wide / 2 + MARK / 2, base, MARK)
            shapes.append(Words(middle - wide / 2 + MARK + 4, base + SIZE * LOW, words, SIZE))
        elif box.width >= MARK:
            shapes += mark.shapes(middle, base, MARK)
        return shapes


def _need(words: str) -> float:
    """How wide a cell has to be for its mark and words."""
    return MARK + 4 + width_of(words, SIZE) + 8
