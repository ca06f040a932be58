"""Curves in a few lines of letters."""

from __future__ import annotations

import math

from wlnet.results.progress import Points, Progress
from wlnet.train.reporting.words import is_steep, value_text

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The dots of a Braille letter, by row and column."""
BRAILLE = 0x2800
HELD, BEST = "o", "*"
ROWS = 7
APART = 4
"""Columns from one o to the next: between them the line of training is seen."""


def plotted(p: Progress, width: int, letters: bool, rows: int = ROWS) -> list[str]:
    """The curves of the loss in so many rows: training as a line, validations as o, the best as *;
    with the ends of both axes. Nothing where there is no curve yet."""
    values = [y for _, y in (*p.training, *p.validation) if math.isfinite(y)]
    if len(p.training) < 2 or not values:
        return []
    by_powers = is_steep(values)
    low, high = (_height(y, by_powers) for y in (min(values), max(values)))
    names = [value_text(max(values)), value_text(min(values))]
    edge = max(map(len, names))
    canvas = _Canvas(width - edge - 1, rows, letters)
    last = max(x for x, _ in (*p.training, *p.validation))
    first = min(0 if p.by_batch else p.training[0][0], p.training[0][0])

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - first) / ((last - first) or 1.0)
        return across, (_height(y, by_powers) - low) / ((high - low) or 1.0)

    canvas.line([place(x, y) for x, y in p.training if math.isfinite(y)])
    for x, y in p.validation:
        if math.isfinite(y):
            canvas.mark(*place(x, y), HELD)
    if p.best is not None:
        canvas.mark(*place(*p.best), BEST)
    sides = [names[0], *[""] * (rows - 2), names[1]]
    drawn = [f"{side:>{edge}} {row}" for side, row in zip(sides, canvas.rows(), strict=True)]
    return [*drawn, _foot(p, last, edge, width, letters)]


def _foot(p: Progress, last: float, edge: int, width: int, letters: bool) -> str:
    """What is under the curves: what the letters are, and where they end."""
    unit = "batch" if p.by_batch else "round"
    end = f"{unit} {last:,.0f}" if last >= 1 else ""
    sample = chr(BRAILLE + 0x12) * 2 if letters else ".."
    told = f"loss: {sample} training" + (
        f"   {HELD} validation   {BEST} best" if p.validation else ""
    )
    return f"{' ' * edge} {told}".ljust(width - len(end))[: width - len(end)] + end


def _height(y: float, by_powers: bool) -> float:
    return math.log(y) if by_powers else y


class _Canvas:
    """Cells of letters. With Braille each cell has 2 x 4 dots."""

    def __init__(self, width: int, rows: int, letters: bool) -> None:
        self.width, self.height, self.letters = width, rows, letters
        self._dots: dict[tuple[int, int], int] = {}
        self._marks: dict[tuple[int, int], str] = {}
        self._free = 0

    def line(self, points: Points | list[tuple[float, float]]) -> None:
        """A line through points; both numbers of each go from 0 to 1."""
        across, down = (2, 4) if self.letters else (1, 1)
        wide, high = self.width * across - 1, self.height * down - 1
        spots = [(round(x * wide), round((1 - y) * high)) for x, y in points]
        for (x, y), (to_x, to_y) in zip(spots, spots[1:] or spots, strict=False):
            steps = max(abs(to_x - x), abs(to_y - y), 1)
            for i in range(steps + 1):
                at_x, at_y = x + (to_x - x) * i // steps, y + (to_y - y) * i // steps
                cell = at_x // across, at_y // down
                self._dots[cell] = self._dots.get(cell, 0) | DOTS[at_y % down][at_x % across]

    def mark(self, x: float, y: float, letter: str) -> None:
        """A letter at a point."""
        cell = round(x * (self.width - 1)), round((1 - y) * (self.height - 1))
        if letter != HELD or cell[0] >= self._free:
            self._marks[cell] = letter
            self._free = cell[0] + APART

    def rows(self) -> list[str]:
        """The lines."""
        return [
            "".join(self._letter(x, y) for x in range(self.width)).rstrip()
            for y in range(self.height)
        ]

    def _letter(self, x: int, y: int) -> str:
        if (x, y) in self._marks:
            return self._marks[x, y]
        dots = self._dots.get((x, y), 0)
        return " " if not dots else chr(BRAILLE + dots) if self.letters else "."
