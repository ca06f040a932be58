"""A confusion matrix as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wlnet.plot.charts.legend import EDGE, LOW, SIZE, paragraph
from wlnet.plot.paint.letters import shortened, width_of
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Box, Scene, Shape, Words
from wlnet.results.class_table import Array

MOST = 40
"""Classes whose cells hold their numbers: those of more are too small to read."""
SMALL = 10.0
"""Of the numbers in cells."""
SIDES = 24.0, 44.0
"""The smallest and the largest side of a cell that holds a number."""
WHOLE = 480.0
"""Pixels of all cells together, about."""
NAME = 120.0
"""Pixels of the name of a class, at most."""


@dataclass(frozen=True, eq=False, repr=False)
class MatrixChart(Picture):
    """A confusion matrix: a row for each true class, a column for each predicted one; a cell is the
    darker the larger its share of the row. labels: of the classes; None to count them from 1."""

    matrix: Array
    labels: Sequence[str] | None = None

    def __repr__(self) -> str:
        return f"MatrixChart({len(self.matrix)} classes)"

    @property
    def side(self) -> float:
        """The side of a cell."""
        count = len(self.matrix)
        if count > MOST:
            return max(WHOLE / count, 1.0)
        # Only those that differ: there may be many cells.
        words = map(_text, np.unique(self.matrix).tolist())
        widest = max([width_of(each, SMALL) for each in words] or [0.0])
        return max(widest + 6, min(max(WHOLE / count, SIDES[0]), SIDES[1]))

    @property
    def is_named(self) -> bool:
        """Whether classes have labels, a label each; else they have numbers."""
        return self.labels is not None and len(self.labels) == len(self.matrix)

    @property
    def _words(self) -> tuple[str, str]:
        """What its columns are, and its rows."""
        what = "class" if self.is_named else "class number"
        return f"predicted {what} →", f"true {what} ↓"

    @property
    def names(self) -> list[str]:
        """The words of the classes."""
        if self.labels is not None and self.is_named:
            return [shortened(str(label), NAME, SIZE) for label in self.labels]
        return [str(n) for n in range(1, len(self.matrix) + 1)]

    def corner(self) -> tuple[float, float]:
        """Where the first cell begins."""
        names = self.names
        widest = max([width_of(name, SIZE) for name in names] or [0.0])
        # Names of columns stand upright where they are wider than these.
        tall = widest if self._is_turned else SIZE
        wide = width_of(self._words[1], SIZE)
        return EDGE + max(widest, wide) + 8, EDGE + SIZE + 10 + tall + 6

    @property
    def _step(self) -> int:
        """Every so many names are written."""
        return max(int(np.ceil((SIZE + 2) / self.side)), 1)

    @property
    def _is_turned(self) -> bool:
        names = self.names[:: self._step]
        widest = max([width_of(name, SIZE) for name in names] or [0.0])
        return widest + 4 > self.side * self._step

    def scene(self) -> Scene:
        """The shapes that it is made of."""
        count, side, (left, top) = len(self.matrix), self.side, self.corner()
        whole = self.matrix.sum(axis=1, keepdims=True)
        shares = self.matrix / np.where(whole == 0, 1, whole)
        shapes: list[Shape] = [
            Words(left, EDGE + SIZE, self._words[0], SIZE, ink="faint"),
            Words(EDGE, EDGE + SIZE, self._words[1], SIZE, ink="faint"),
            Box(left, top, count * side, count * side, line="frame"),
        ]
        names, step, is_turned = self.names, self._step, self._is_turned
        for i, j in zip(*np.nonzero(self.matrix), strict=True):
            box = Box(left + j * side, top + i * side, side, side)
            note = f"{_text(self.matrix[i, j])} of class {names[i]} taken for {names[j]}"
            shapes += _cell(box, self.matrix[i, j], float(shares[i, j]), note, count <= MOST)
        for i in range(0, count, step):
            at, name = (i + 0.5) * side, names[i]
            shapes.append(Words(left - 6, top + at + SIZE * LOW, name, SIZE, "end"))
            if is_turned:
                shapes.append(Words(left + at + SIZE * LOW, top - 6, name, SIZE, turn=-90.0))
            else:
                shapes.append(Words(left + at, top - 6, name, SIZE, "middle"))
        shapes += self._lines()
        width = max(left + count * side + EDGE, left + width_of(self._words[0], SIZE) + EDGE)
        wrong = float(self.matrix.sum() - np.trace(self.matrix))
        told = f"{_text(wrong) or '0'} of {_text(self.matrix.sum()) or '0'} decisions are wrong."
        if step > 1:
            told += f" One in {step} classes is named."
        if count > MOST:
            told += f" Cells of more than {MOST} classes hold no numbers: point at one for it."
        words, end = paragraph(told, EDGE, top + count * side + 6, width - 2 * EDGE)
        return Scene(width, end + EDGE / 2, (*shapes, *words), "Confusion matrix")

    def _lines(self) -> list[Shape]:
        """A frame around each cell of the diagonal, where classes are right."""
        (left, top), side = self.corner(), self.side
        if side < 6:
            return []
        return [
            Box(left + i * side, top + i * side, side, side, line="edge", thick=0.7)
            for i in range(len(self.matrix))
        ]


def _cell(box: Box, number: float, share: float, note: str, is_told: bool) -> list[Shape]:
    # The least that can be seen.
    strength = 0.08 + 0.92 * share
    ground = replace(box, fill="blue", opacity=strength, note=note)
    if not is_told:
        return [ground]
    ink = "ground" if strength > 0.75 else "ink"
    x, y = box.x + box.width / 2, box.y + box.height / 2 + SMALL * LOW
    return [ground, Words(x, y, _text(number), SMALL, "middle", ink)]


def _text(number: float) -> str:
    return "" if number == 0 else f"{number:.4g}" if number % 1 else f"{number:.0f}"
