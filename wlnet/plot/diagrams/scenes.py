"""The shapes of a diagram: lines first, boxes over them, and a legend of what occurs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from wlnet.core.speeds import CLIMBING, FAST, FROZEN, SLOWED, SPEEDS, USUAL, speed
from wlnet.plot.diagrams.cards import Card, Line, tag
from wlnet.plot.layout.graphs import Key, Layout, Point
from wlnet.plot.paint.letters import width_of
from wlnet.plot.paint.marks import MARKS
from wlnet.plot.paint.shapes import Box, Dot, Scene, Shape, moved
from wlnet.plot.paint.shapes import Line as Stroke

MARGIN = 14.0
MEANING = {
    FROZEN: "frozen: 0",
    SLOWED: "slowed: below 1",
    USUAL: "usual: 1",
    FAST: "fast: above 1",
    CLIMBING: "climbing: below 0",
}


def scene_of(
    layout: Layout, cards: Mapping[tuple[Key, ...], Card], colors: Mapping[str, str], title: str
) -> Scene:
    """A diagram. colors: of the tags of shared arrays."""
    shapes = drawn(layout, cards)
    rates = [each.rate for card in cards.values() for each in card.rated]
    least = max(layout.width, 200.0)
    legend, legend_height = legend_of(rates, colors, least)
    left = (least - layout.width) / 2 + MARGIN
    shapes = [moved(shape, left, MARGIN) for shape in shapes]
    below = layout.height + MARGIN + (16 if legend else 0)
    shapes += [moved(shape, MARGIN, below) for shape in legend]
    return Scene(least + 2 * MARGIN, below + legend_height + MARGIN, tuple(shapes), title)


def drawn(
    layout: Layout,
    cards: Mapping[tuple[Key, ...], Card],
    at: Point = (0.0, 0.0),
    path: tuple[Key, ...] = (),
) -> list[Shape]:
    """The lines and boxes of a graph, and of those in its frames."""  # fmt: skip
    found: list[Shape] = []
    for place in layout.places.values():
        if place.inside is not None:
            found.append(Box(place.x + at[0], place.y + at[1], place.width, place.height,
                             "ground", "edge", 1.0, 7))  # fmt: skip
    for route in layout.routes:
        points = tuple((x + at[0], y + at[1]) for x, y in route.points)
        found.append(Stroke(points, "edge", 1.4, has_tip=route.has_tip, bend=9))
        if route.parts:
            found.append(Dot(*points[-1], 2.6, fill="edge"))
    for key, place in layout.places.items():
        card = cards[(*path, key)]
        if place.inside is None:
            found += card.shapes(place, at)
            continue
        found += card.shapes(replace(place, height=card.size[1], outlets={}), at)
        corner = (at[0] + place.inner[0], at[1] + place.inner[1])
        found += drawn(place.inside, cards, corner, (*path, key))
    return found


def legend_of(
    rates: Iterable[float], colors: Mapping[str, str], width: float
) -> tuple[list[Shape], float]:
    """What the marks mean that occur, in lines; and how high it is."""
    occurring = {speed(rate) for rate in rates}
    found: list[Shape] = []
    x, y = 0.0, 0.0

    def room(wide: float) -> None:
        nonlocal x, y
        if x and x + wide > width:
            x, y = 0.0, y + 18

    for word in SPEEDS:
        if word not in occurring:
            continue
        wide = 16 + width_of(MEANING[word], 11)
        room(wide)
        found += MARKS[word].shapes(x + 5, y + 8, 9.5)
        found.append(Line(MEANING[word], 11, ink="faint").at(x + 16, y + 12))
        x += wide + 16
    if colors:
        color = next(iter(colors.values()))
        words = Line("one array in all places", 11, ink="faint")
        wide = 36 + words.width
        room(wide)
        found += tag("…", color, x, y + 12, 30)
        found.append(words.at(x + 36, y + 12))
        x += wide
    return found, (y + 18 if found else 0.0)
