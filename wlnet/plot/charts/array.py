"""An array of two or more levels as a picture: a cell for every number."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wlnet.plot.charts.legend import EDGE, WIDTH, Entry, legend, paragraph
from wlnet.plot.charts.numbers import short
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Box, Scene, Shape

GAP = 8.0
"""Pixels between two matrices."""
SIDES = 2.0, 16.0
"""The smallest and the largest side of a cell."""
MOST = 20_000
"""Cells that are drawn: of more only what is said of all of them."""
LEAST = 0.06
"""How strong the smallest number is, so that its cell is seen."""


@dataclass(frozen=True, eq=False, repr=False)
class ArrayChart(Picture):
    """Numbers to look at, the stronger the larger they are: the last two levels as matrices, one
    for each place in the levels before. name: what they are."""

    array: np.ndarray[Any, Any]
    name: str

    def __repr__(self) -> str:
        return f"ArrayChart({'×'.join(map(str, self.array.shape))})"

    @property
    def side(self) -> float:
        """The side of a cell: as large as the widest matrix leaves room for."""
        room = (WIDTH - 2 * EDGE) / max(int(self.array.shape[-1]), 1)
        return max(min(room, SIDES[1]), SIDES[0])

    def scene(self) -> Scene:
        """The shapes that it is made of."""
        finite = self.array[np.isfinite(self.array)]
        shapes, end = legend(_kinds(finite), EDGE, EDGE / 2, WIDTH - 2 * EDGE)
        told, end = paragraph(self.name, EDGE, end + 2, WIDTH - 2 * EDGE)
        shapes += told
        wide = WIDTH
        if self.array.size <= MOST:
            cells, wide, end = self._matrices(end + 4, np.abs(finite).max(initial=0.0) or 1.0)
            shapes += cells
        told, end = paragraph(self._words(finite), EDGE, end + 4, WIDTH - 2 * EDGE)
        return Scene(wide, math.ceil(end + EDGE / 2), (*shapes, *told), self.name)

    def _matrices(self, top: float, most: float) -> tuple[list[Shape], float, float]:
        """The matrices beside each other as far as there is room; how wide and where they end."""
        rows, columns = self.array.shape[-2:]
        across, down = columns * self.side, rows * self.side
        shapes: list[Shape] = []
        x, y = EDGE, top
        for place in np.ndindex(self.array.shape[:-2]):
            if x > EDGE and x + across > WIDTH - EDGE:
                x, y = EDGE, y + down + GAP
            shapes += self._matrix(place, x, y, most)
            x += across + GAP
        return shapes, max(WIDTH, across + 2 * EDGE), y + down

    def _matrix(self, place: tuple[int, ...], x: float, y: float, most: float) -> list[Shape]:
        side, matrix = self.side, self.array[place]
        shapes: list[Shape] = []
        for (i, j), number in np.ndenumerate(matrix):
            at = ", ".join(str(n + 1) for n in (*place, i, j))
            strength = LEAST + (1 - LEAST) * abs(float(number)) / most
            if math.isfinite(strength):
                fill = "orange" if number < 0 else "blue"
                told = f"{at}: {short(float(number))}"
                box = Box(x + j * side, y + i * side, side, side, fill=fill)
                shapes.append(replace(box, opacity=strength, note=told))
        rows, columns = matrix.shape
        return [*shapes, Box(x, y, columns * side, rows * side, line="frame")]

    def _words(self, finite: np.ndarray[Any, Any]) -> str:
        """What is said of all numbers."""
        sizes = "×".join(map(str, self.array.shape))
        words = f"{sizes} numbers"
        if len(finite):
            ends = (finite.min(), finite.mean(dtype=np.float64), finite.max())
            low, mean, high = (short(float(each)) for each in ends)
            words += f": the lowest {low}, the mean {mean}, the highest {high}"
        lost = self.array.size - len(finite)
        words += f"; {lost:,} of them are not finite, and have no cell" if lost else ""
        return (
            f"{words}; too many to draw a cell for each." if self.array.size > MOST else f"{words}."
        )


def _kinds(finite: np.ndarray[Any, Any]) -> list[Entry]:
    """What the colours mean that are there."""
    kinds = (("blue", "0 and above", finite >= 0), ("orange", "below 0", finite < 0))
    return [
        Entry(word, lambda x, y, color=color: (Box(x - 7, y - 7, 14, 14, fill=color),))  # type: ignore[misc]
        for color, word, there in kinds
        if there.any()
    ]
