"""What stands in a picture: its shapes, and whether its words meet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wlnet.plot.paint.letters import width_of
from wlnet.plot.paint.shapes import Clipped, Dot, Line, Shape, Words

UP, DOWN = 0.74, 0.2
"""How far letters reach above and below the line that they stand on, by their size."""


@dataclass(frozen=True)
class Placed:
    """Words, and the box that they take: left, top, right, bottom."""

    words: str
    x: float
    y: float
    extent: tuple[float, float, float, float]


def placed(words: Words) -> Placed:
    """Words with their box; those that are turned by a quarter stand upright."""
    wide = width_of(words.words, words.size, words.bold)
    begin = {"start": 0.0, "middle": -wide / 2, "end": -wide}[words.anchor]
    corners = [(begin, -UP * words.size), (begin + wide, DOWN * words.size)]
    turn = math.radians(words.turn)
    cos, sin = round(math.cos(turn), 12), round(math.sin(turn), 12)
    turned = [(words.x + a * cos - b * sin, words.y + a * sin + b * cos) for a, b in corners]
    (x1, y1), (x2, y2) = turned
    return Placed(words.words, words.x, words.y, (min(x1, x2), min(y1, y2), max(x1, x2),
                                                  max(y1, y2)))  # fmt: skip


def all_shapes(picture: Any) -> Iterator[Shape]:
    """Every shape, those that are clipped among them."""
    for shape in picture.scene().shapes:
        if isinstance(shape, Clipped):
            yield from shape.shapes
        else:
            yield shape


def of_kind(picture: Any, kind: type) -> list[Any]:
    return [shape for shape in all_shapes(picture) if isinstance(shape, kind)]


def lines(picture: Any) -> list[Any]:
    return of_kind(picture, Line)


def dots(picture: Any) -> list[Any]:
    return of_kind(picture, Dot)


def words(picture: Any) -> list[str]:
    """All words, in their order."""
    return [each.words for each in of_kind(picture, Words)]


def loose_words(picture: Any) -> list[Placed]:
    return [placed(each) for each in of_kind(picture, Words)]


def overlaps(picture: Any) -> list[tuple[str, str]]:
    """Words that meet, in pairs."""
    found = sorted(loose_words(picture), key=lambda each: each.extent[1])
    pairs: list[tuple[str, str]] = []
    open_: list[Placed] = []
    for each in found:
        left, top, right, _ = each.extent
        open_ = [other for other in open_ if other.extent[3] > top + 1e-6]
        pairs += [
            (other.words, each.words)
            for other in open_
            if other.extent[0] < right - 1e-6 and left < other.extent[2] - 1e-6
        ]
        open_.append(each)
    return pairs
