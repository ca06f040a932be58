"""How the five kinds of rates are told apart: by colour, by the shape of a mark, and by a word.

A frozen part is hatched besides, so that it is seen from afar and without colours.
"""

from __future__ import annotations

from dataclasses import dataclass

from wlnet.core.speeds import CLIMBING, FAST, FROZEN, SLOWED, USUAL, speed
from wlnet.plot.paint.shapes import Area, Box, Dot, Shape, Strokes


@dataclass(frozen=True)
class Mark:
    """A kind of rates. line, ground: the names of its colours. sign: its mark where only letters
    can be, as in a table. is_hatched: whether its boxes are."""

    word: str
    sign: str
    line: str
    ground: str
    is_hatched: bool = False

    @property
    def html(self) -> str:
        """Its sign in its colour, which the page must have."""
        return f'<span style="color:var(--wl-{self.line})">{self.sign}</span>'

    def shapes(self, x: float, y: float, size: float = 10.0) -> tuple[Shape, ...]:
        """The mark around a middle."""
        half = size / 2
        if self.word == FROZEN:
            return (Box(x - half, y - half, size, size, fill=self.line),)
        if self.word == USUAL:
            return (Dot(x, y, half, fill=self.line),)
        if self.word == CLIMBING:
            diamond = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
            return (Area(diamond, fill=self.line),)
        up = -1 if self.word == FAST else 1
        corners = ((x - half, y - up * half), (x + half, y - up * half), (x, y + up * half))
        return (Area(corners, fill=self.line),)


MARKS = {
    FROZEN: Mark(FROZEN, "■", "frozen", "frozen-ground", is_hatched=True),
    SLOWED: Mark(SLOWED, "▼", "slowed", "slowed-ground"),
    USUAL: Mark(USUAL, "●", "usual", "usual-ground"),
    FAST: Mark(FAST, "▲", "fast", "fast-ground"),
    CLIMBING: Mark(CLIMBING, "◆", "climbing", "climbing-ground"),
}
"""By the words of `wlnet/core/speeds.py`."""
APART = 6.0
"""Between two lines of a hatching."""


def mark_of(rate: float) -> Mark:
    """The mark of a rate."""
    return MARKS[speed(rate)]


def hatching(box: Box, color: str, apart: float = APART) -> tuple[Strokes, ...]:
    """Lines across a box, from its lower left to its upper right."""
    found = []
    left, top, right, bottom = box.x, box.y, box.x + box.width, box.y + box.height
    # The line x - left + y - top = reach.
    reach = apart
    while reach < box.width + box.height:
        x1, y1 = (left + reach, top) if reach <= box.width else (right, top + reach - box.width)
        x2, y2 = (left, top + reach) if reach <= box.height else (left + reach - box.height, bottom)
        found.append(((x1, y1), (x2, y2)))
        reach += apart
    return (Strokes(tuple(found), color, thick=0.7, opacity=0.35),) if found else ()
