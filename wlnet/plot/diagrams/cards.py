"""Boxes with words: what is written in them decides how large they are.

Only what is wider than the widest box is shortened, and says all of it to who points at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wlnet.core.speeds import FROZEN, rate_text
from wlnet.plot.diagrams.rates import MOST_NAMES, Rated
from wlnet.plot.layout.graphs import Node, Place, Point
from wlnet.plot.paint.colors import CURVES
from wlnet.plot.paint.letters import lines_of, shortened, width_of
from wlnet.plot.paint.marks import Mark, hatching, mark_of
from wlnet.plot.paint.shapes import Box, Shape, Words

WIDEST = 250.0
"""The room for words in a box, at most."""
LEAST = 56.0
SIDE = 11.0
"""From the side of a box to its words."""
STRIP = 14.0
"""The height of a row of names of ports."""
MOST_LINES = 4
"""Lines of names of arrays, at most."""
STACK = 4.0
"""How far the box behind that of a closed net stands out."""


@dataclass(frozen=True)
class Line:
    """Words of one look."""

    words: str
    size: float = 11.5
    bold: bool = False
    ink: str = "ink"

    @property
    def width(self) -> float:
        return width_of(self.words, self.size, self.bold)

    def at(self, x: float, y: float, anchor: str = "start", room: float = WIDEST) -> Words:
        """The words, shortened where there is less room."""
        # A hair more: sums of widths differ in their last digits.
        short = shortened(self.words, room + 0.01, self.size, self.bold)
        note = "" if short == self.words else self.words
        return Words(x, y, short, self.size, anchor, self.ink, self.bold, note=note)


@dataclass(frozen=True)
class Row:
    """A row of a box: words at its left, and at its right."""

    left: tuple[Line, ...] = ()
    right: Line | None = None
    mark: Mark | None = None
    tag: tuple[str, str] | None = None
    """The name of a shared array, and the colour of its tag."""
    height: float = 16.0

    @property
    def width(self) -> float:
        found = sum(line.width for line in self.left) + 5 * max(len(self.left) - 1, 0)
        found += 16 if self.mark else 0
        found += _tag_width(self.tag[0]) + 6 if self.tag else 0
        return found + (self.right.width + 14 if self.right else 0)

    def shapes(self, x: float, y: float, width: float) -> list[Shape]:
        """The row with its upper left corner at a point."""
        found: list[Shape] = []
        base, end = y + 12, x + width
        if self.right:
            found.append(self.right.at(x + width, base, "end", width))
            end -= min(self.right.width, width) + 14
        if self.mark:
            found += self.mark.shapes(x + 5, base - 4, 9.5)
            x += 16
        tag_room = 0.0
        if self.tag:
            tag_room = _tag_width(self.tag[0])
        for line in self.left:
            room = max(end - x - (tag_room + 6 if tag_room else 0), 10.0)
            found.append(line.at(x, base, room=room))
            x += line.width + 5
        if self.tag:
            found += tag(self.tag[0], self.tag[1], x + 1, base, tag_room)
        return found


def tag(name: str, color: str, x: float, base: float, room: float) -> list[Shape]:
    """The tag of a shared array: every place that holds it has the same."""
    width = min(_tag_width(name), room)
    box = Box(x, base - 10.5, width, 14, "ground", color, 1.4, round=7,
              note=f"the shared array {name}")  # fmt: skip
    return [box, Line(name, 10.5, True, color).at(x + width / 2, base - 0.3, "middle", width - 12)]


def _tag_width(name: str) -> float:
    return min(width_of(name, 10.5, True) + 14, 140.0)


@dataclass(frozen=True)
class Card:
    """A box. rows: what is written in it. rated: the arrays that its colours tell of; header:
    whether it is the head of a frame; is_closed: whether it stands for a net with more inside;
    is_port: whether it is a port of the net."""

    rows: Sequence[Row]
    rated: Sequence[Rated] = ()
    inlets: tuple[str, ...] = ("",)
    outlets: tuple[str, ...] = ("",)
    outlet_words: tuple[str, ...] = ()
    is_closed: bool = False
    is_port: bool = False
    note: str = ""

    @property
    def size(self) -> Point:
        width = max([LEAST, *(min(row.width, WIDEST) for row in self.rows)]) + 2 * SIDE
        width = max(width, _strip(self.inlets), _strip(self.outlet_names))
        if self.rated:
            width += 5
        height = sum(row.height for row in self.rows) + 12
        height += STRIP * (len(self.inlets) > 1) + STRIP * (len(self.outlets) > 1)
        return (width + STACK, height + STACK) if self.is_closed else (width, height)

    @property
    def outlet_names(self) -> tuple[str, ...]:
        return self.outlet_words or self.outlets

    def node(self) -> Node:
        """The box as one to lay out."""
        return Node(*self.size, self.inlets or ("",), self.outlets or ("",))

    def shapes(self, place: Place, at: Point) -> list[Shape]:
        """The box where it stands; `at` is the corner of the graph that it is in."""
        x, y, width, height = place.x + at[0], place.y + at[1], place.width, place.height
        found: list[Shape] = []
        if self.is_closed:
            width, height = width - STACK, height - STACK
            found.append(Box(x + STACK, y + STACK, width, height, "box", "edge", round=7))
        found += self._box(x, y, width, height)
        top = y + 6
        if len(self.inlets) > 1:
            found += _names(dict(zip(self.inlets, self.inlets, strict=True)), place.inlets, at[0],
                            y + 11, width)  # fmt: skip
            top += STRIP
        left = x + SIDE + (5 if self.rated else 0)
        for row in self.rows:
            if self.is_port and len(row.left) == 1 and not row.right:
                found.append(row.left[0].at(x + width / 2, top + 12, "middle", width - 2 * SIDE))
            else:
                found += row.shapes(left, top, x + width - SIDE - left)
            top += row.height
        if len(self.outlets) > 1:
            words = dict(zip(self.outlets, self.outlet_names, strict=True))
            found += _names(words, place.outlets, at[0], y + height - 5, width)
        return found

    def _box(self, x: float, y: float, width: float, height: float) -> list[Shape]:
        if self.is_port:
            turned = min(height / 2, 16)
            return [Box(x, y, width, height, "ground", "ink", 1.2, turned, note=self.note)]
        marks = list(dict.fromkeys(mark_of(each.rate).word for each in self.rated))
        by_word = {mark_of(each.rate).word: mark_of(each.rate) for each in self.rated}
        if len(marks) == 1:
            mark = by_word[marks[0]]
            box = Box(x, y, width, height, mark.ground, mark.line, 1.3, 7, note=self.note)
        else:
            box = Box(x, y, width, height, "box", "edge", 1.0, 7, note=self.note)
        found: list[Shape] = [box]
        if marks == [FROZEN]:
            found += hatching(Box(x + 2, y + 2, width - 4, height - 4), "frozen", 9.0)
        # At the left a bar with a piece for every kind of rate.
        long = (height - 12) / max(len(marks), 1)
        for i, word in enumerate(marks):
            found.append(Box(x + 4, y + 6 + i * long, 4, long - 1, by_word[word].line))
        return found


def _strip(names: tuple[str, ...]) -> float:
    """How wide a row of names of ports is."""
    if len(names) < 2:
        return 0.0
    # One may stand in the middle and all others at one of its sides.
    return (max(width_of(name, 10) for name in names) + 10) * (2 * len(names) - 1)


def _names(
    words: dict[str, str], places: object, left: float, base: float, width: float
) -> list[Shape]:
    assert isinstance(places, dict)
    return [
        Line(words[name], 10, ink="faint").at(left + x, base, "middle", width)
        for name, x in places.items()
    ]


def rows_of(name: str, kind: str, facts: str, shape: str) -> list[Row]:
    """What a box says of its part: in as few rows as there is room for."""
    title, what = Line(name, 13, True), Line(kind, 13)
    head = tuple(line for line in (title, what) if line.words)
    rows = [Row(head, height=18.0)]
    if rows[0].width > WIDEST:
        rows = [Row((line,), height=18.0) for line in head]
    rows += [Row((Line(line, ink="faint"),)) for line in lines_of(facts, WIDEST) if facts]
    if shape:
        right = Line(f"→ {shape}", ink="faint")
        last = replace(rows[-1], right=right)
        rows = [*rows[:-1], last] if last.width <= WIDEST else [*rows, Row(right=right)]
    return rows


def rate_rows(rated: Sequence[Rated], colors: dict[str, str]) -> list[Row]:
    """What a box says of the rates of its arrays, a row for each."""
    most = max((len(each.names) for each in rated), default=0)
    rows = []
    for each in rated:
        told = tag_of(each.shared, colors)
        words = Line(rate_text(each.rate), bold=True)
        rows.append(Row((Line(each.what),), words, mark_of(each.rate), told))
        # Where arrays are counted, those are named that are fewer.
        if MOST_NAMES < len(each.names) < most:
            rows += [Row((line,), height=13.0) for line in _list(each.names)]
    return rows


def tag_of(name: str | None, colors: dict[str, str]) -> tuple[str, str] | None:
    """The tag of a shared array, as a row has it."""
    return None if name is None else (name, colors[name])


def tag_colors(names: Sequence[str]) -> dict[str, str]:
    """A colour for each shared array."""
    return {name: CURVES[i % len(CURVES)] for i, name in enumerate(names)}


def _list(names: Sequence[str]) -> list[Line]:
    lines = lines_of(", ".join(names), WIDEST - 16, 10)
    if len(lines) > MOST_LINES:
        kept = " ".join(lines[: MOST_LINES - 1]).count(",")
        lines = [
            *lines_of(", ".join(names[:kept]), WIDEST - 16, 10),
            f"and {len(names) - kept} more",
        ]
    return [Line(line, 10, ink="faint") for line in lines]
