"""Curves in a frame: axes, curves, what is marked, and a legend above them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from wlnet.plot.charts.axes import Axis
from wlnet.plot.charts.curves import (
    Curve,
    Frame,
    curve_shapes,
    lost,
    mark_shape,
)
from wlnet.plot.charts.legend import EDGE, LOW, SIZE, WIDTH, Entry, legend, paragraph, paragraphs
from wlnet.plot.paint.letters import shortened, width_of
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Box, Clipped, Dot, Line, Scene, Shape, Words

HEIGHT = 230.0
"""Of the frame in a chart, in pixels."""
NAMED = 24
"""Curves that a legend names, at most."""
LINES = 4
"""Of a name in a legend, at most."""
NAMED_FEW, NAMED_SHORT = 4, 120.0
"""Curves that a chart names in a line, and pixels of their names."""
UPRIGHT = (5.0, 4.0)
"""How upright lines are dashed."""


@dataclass(frozen=True)
class Mark:
    """A place on the x axis that an upright line points out. name: in the legend; without one it is
    told by its sign. sign: stands above the line."""

    x: float
    name: str = ""
    sign: str = ""
    color: str = "orange"


@dataclass(frozen=True)
class Spot:
    """A point with a ring around it, and what it is called."""

    x: float
    y: float
    name: str
    color: str = "ink"


@dataclass(frozen=True, eq=False, repr=False)
class Chart(Picture):
    """Curves to look at. What lies beyond the axes is cut off. notes: lines of words below."""

    curves: Sequence[Curve]
    x_axis: Axis
    y_axis: Axis
    marks: Sequence[Mark] = ()
    spots: Sequence[Spot] = ()
    notes: Sequence[str] = ()
    title: str = ""
    width: float = WIDTH
    height: float = HEIGHT

    def __repr__(self) -> str:
        names = [shortened(curve.name, NAMED_SHORT, SIZE) for curve in self.curves[:NAMED_FEW]]
        more = len(self.curves) - NAMED_FEW
        return f"Chart({'; '.join(names)}{f' and {more} more' if more > 0 else ''})"

    def frame(self) -> Frame:
        """Where its curves are, below the legend."""
        return self._parts()[0]

    def scene(self) -> Scene:
        """The shapes that it is made of."""
        frame, above = self._parts()
        shapes = [*above, *self._grid(frame)]
        inside = [shape for curve in self.curves for shape in curve_shapes(curve, frame)]
        shapes.append(Clipped(_wider(frame.box), tuple(inside)))
        shapes += self._marked(frame)
        if not inside:
            middle = frame.box.x + frame.box.width / 2
            told = Words(middle, frame.box.y + frame.box.height / 2, "no values", SIZE, "middle",
                         "faint")  # fmt: skip
            shapes.append(told)
        end = frame.box.y + frame.box.height + 2 * SIZE + 22
        notes, end = paragraphs(self.notes, end, self.width)
        return Scene(self.width, math.ceil(end + EDGE / 2), (*shapes, *notes), self.title)

    # Where things are

    def _parts(self) -> tuple[Frame, list[Shape]]:
        """The frame, and what stands above it."""
        shapes, end = self._legend(self.width - 2 * EDGE)
        named, end = paragraph(self.y_axis.words, EDGE, end + 2, self.width - 2 * EDGE)
        top = end + 8 + (SIZE + 2 if any(mark.sign for mark in self.marks) else 0)
        words = [tick.words for tick in self.y_axis.ticks(self.height, SIZE, True)]
        left = EDGE + max([width_of(each, SIZE) for each in words] or [0.0]) + 8
        # Half of the last number at the x axis may stand beyond it.
        right = self.width - EDGE - 14
        ends = self.x_axis.ticks(right - left, SIZE, False)
        over = max([width_of(t.words, SIZE) / 2 - (1 - t.share) * (right - left) for t in ends[-1:]]
                   or [0.0])  # fmt: skip
        right = min(right, self.width - EDGE - max(over, 0.0))
        box = Box(left, top, right - left, self.height)
        return Frame(box, self.x_axis, self.y_axis), [*shapes, *named]

    def _legend(self, room: float) -> tuple[list[Shape], float]:
        """As much of the legend as is no taller than the frame, and where it ends."""
        # That one curve is left out is as long as its name.
        most = len(self.curves) if len(self.curves) <= NAMED + 1 else NAMED
        while True:
            shapes, end = legend(self._entries(most, room), EDGE, EDGE / 2, room)
            if end <= self.height or most <= 1:
                return shapes, end
            most = min(most, len(self.curves) - 1) - 1

    def _entries(self, most: int, room: float) -> list[Entry]:
        """So many curves, how many more there are, and all that is marked."""
        found = []
        for curve in self.curves[:most]:
            told = lost(curve, self.y_axis)
            name = f"{curve.name} ({told})" if told else curve.name
            short = shortened(name, (LINES - 1) * room, SIZE)
            found.append(Entry(short, partial(_sample, curve)))
        rest = self.curves[most:]
        if rest:
            found.append(Entry(_told_of(rest, self.y_axis), lambda x, y: ()))
        found += [
            Entry(mark.name, partial(_short_upright, mark)) for mark in self.marks if mark.name
        ]
        found += [Entry(spot.name, partial(_ring, spot)) for spot in self.spots]
        return found

    # What is drawn

    def _grid(self, frame: Frame) -> list[Shape]:
        box = frame.box
        shapes: list[Shape] = []
        bottom, right = box.y + box.height, box.x + box.width
        for tick in self.y_axis.ticks(box.height, SIZE, True):
            y = bottom - tick.share * box.height
            shapes += [
                Line(((box.x, y), (right, y)), "frame"),
                Words(box.x - 6, y + SIZE * LOW, tick.words, SIZE, "end", "faint"),
            ]
        for tick in self.x_axis.ticks(box.width, SIZE, False):
            x = box.x + tick.share * box.width
            shapes += [
                Line(((x, bottom), (x, bottom + 4)), "edge"),
                Words(x, bottom + SIZE + 6, tick.words, SIZE, "middle", "faint"),
            ]
        name = Words(right, bottom + 2 * SIZE + 12, self.x_axis.words, SIZE, "end", "faint")
        line = Line(((box.x, bottom), (right, bottom)), "edge")
        return [*shapes, line, name]

    def _marked(self, frame: Frame) -> list[Shape]:
        """The upright lines with their signs, those that would touch the one before left out; and
        the rings."""
        box, free = frame.box, -math.inf
        shapes: list[Shape] = []
        top, bottom = box.y, box.y + box.height
        for mark in self.marks:
            if not -1e-9 <= self.x_axis.share(mark.x) <= 1 + 1e-9:
                continue  # beyond the frame: its name tells where
            x = float(frame.across([mark.x])[0])
            shapes.append(_upright(mark, x, top, bottom))
            half = width_of(mark.sign, SIZE) / 2
            if mark.sign and x - half >= free and x + half <= self.width - 2:
                shapes.append(Words(x, top - 4, mark.sign, SIZE, "middle", mark.color, True))
                free = x + half + 4
        for spot in self.spots:
            x, y = float(frame.across([spot.x])[0]), float(frame.down([spot.y])[0])
            if math.isfinite(x) and math.isfinite(y):
                shapes += _ring(spot, x, y)
        return shapes


def _told_of(rest: Sequence[Curve], axis: Axis) -> str:
    """What a legend says of curves that it does not name."""
    words = f"and {len(rest)} more: a page names each where one points at it"
    gaps = sum(bool(lost(curve, axis)) for curve in rest)
    return f"{words}; {gaps} of them have points that are not drawn" if gaps else words


def _wider(box: Box) -> Box:
    """A box that also shows the marks of points at its edge."""
    return replace(box, x=box.x - 6, y=box.y - 6, width=box.width + 12, height=box.height + 12)


def _sample(curve: Curve, x: float, y: float) -> list[Shape]:
    line = Line(((x - 12, y), (x + 12, y)), curve.color, curve.thick, curve.dashes,
                opacity=curve.opacity)  # fmt: skip
    return [line] if curve.is_faint else [line, mark_shape(curve.mark, x, y, curve.color)]


def _upright(mark: Mark, x: float, top: float, bottom: float) -> Line:
    return Line(((x, bottom), (x, top)), mark.color, 1.3, UPRIGHT, note=mark.name)


def _short_upright(mark: Mark, x: float, y: float) -> list[Shape]:
    return [_upright(mark, x, y - 8, y + 8)]


def _ring(spot: Spot, x: float, y: float) -> list[Shape]:
    return [Dot(x, y, 6.5, line=spot.color, thick=2.0, note=spot.name)]
