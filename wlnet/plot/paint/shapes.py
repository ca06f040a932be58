"""The shapes that pictures are made of. Places are in pixels, y grows downwards; colours are names
of `wlnet/plot/paint/colors.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wlnet.core.terminal import in_one_line as visible

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """note: what a reader is told who points at it."""

    opacity: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Box(Shape):
    """A rectangle. round: the radius of its corners. dashes: lengths of dashes and gaps."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    line: str | None = None
    thick: float = 1.0
    round: float = 0.0
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Line(Shape):
    """A line through points. has_tip: whether it ends in an arrow. bend: how far from a corner it
    begins to turn; 0 for sharp ones."""

    points: Points
    line: str
    thick: float = 1.0
    dashes: tuple[float, ...] = ()
    has_tip: bool = False
    bend: float = 0.0


@dataclass(frozen=True)
class Strokes(Shape):
    """Straight lines that do not hang together, each from one point to another."""

    ends: tuple[Points, ...]
    line: str
    thick: float = 1.0


@dataclass(frozen=True)
class Area(Shape):
    """What lies between points."""

    points: Points
    fill: str | None = None
    line: str | None = None
    thick: float = 1.0


@dataclass(frozen=True)
class Dot(Shape):
    """A circle."""

    x: float
    y: float
    radius: float
    fill: str | None = None
    line: str | None = None
    thick: float = 1.0


@dataclass(frozen=True)
class Words(Shape):
    """A line of words; what would not be seen in it is written as tables write it. y: of the line
    that letters stand on. anchor: which part of them stands at x, "start", "middle" or "end". turn:
    degrees, clockwise, around (x, y)."""

    x: float
    y: float
    words: str
    size: float = 12.0
    anchor: str = "start"
    ink: str = "ink"
    bold: bool = False
    turn: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", visible(self.words))


@dataclass(frozen=True)
class Clipped(Shape):
    """Shapes of which only is seen what lies in a box."""

    box: Box
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Scene:
    """A picture of shapes, the later ones over the earlier; it brings its own ground. title: what
    is told to who cannot see it."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str = ""


def moved(shape: Shape, x: float, y: float) -> Shape:
    """A shape elsewhere, so much to the right and so much further down."""
    if isinstance(shape, (Line, Area)):
        return replace(shape, points=tuple((a + x, b + y) for a, b in shape.points))
    if isinstance(shape, Strokes):
        ends = tuple(tuple((a + x, b + y) for a, b in each) for each in shape.ends)
        return replace(shape, ends=ends)
    if isinstance(shape, Clipped):
        inside = tuple(moved(each, x, y) for each in shape.shapes)
        box = replace(shape.box, x=shape.box.x + x, y=shape.box.y + y)
        return replace(shape, box=box, shapes=inside)
    assert isinstance(shape, (Box, Dot, Words))
    return replace(shape, x=shape.x + x, y=shape.y + y)


TIP = 8.0
"""How long the tip of an arrow is."""


def tip_of(points: Points, size: float = TIP) -> Points:
    """The triangle at the end of a line."""
    (x1, y1), (x2, y2) = points[-2:]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5 or 1.0
    along = ((x2 - x1) / length, (y2 - y1) / length)
    back = (x2 - along[0] * size, y2 - along[1] * size)
    side = (-along[1] * size * 0.45, along[0] * size * 0.45)
    return (
        (x2, y2),
        (back[0] + side[0], back[1] + side[1]),
        (back[0] - side[0], back[1] - side[1]),
    )


def bent(points: Points, bend: float) -> list[tuple[str, Points]]:
    """A line as moves of a pen: "M" to a point, "L" straight to one, "Q" around a corner to one."""
    moves: list[tuple[str, Points]] = [("M", points[:1])]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        first, last = _towards(corner, before, bend), _towards(corner, after, bend)
        if bend <= 0 or first == last:
            moves.append(("L", (corner,)))
        else:
            moves += [("L", (first,)), ("Q", (corner, last))]
    return [*moves, ("L", points[-1:])]


def _towards(
    corner: tuple[float, float], other: tuple[float, float], most: float
) -> tuple[float, float]:
    """The point so far from a corner on the way to another, at most half of the way."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = (dx * dx + dy * dy) ** 0.5
    share = min(most / length, 0.5) if length else 0.0
    return corner[0] + dx * share, corner[1] + dy * share
