"""A curve: a line through points. It has a gap where a number is none, and many points become few
of which nobody sees that the others are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wlnet.plot.charts.axes import LOG, Axis, Numbers
from wlnet.plot.paint.colors import CURVES
from wlnet.plot.paint.shapes import Area, Box, Dot, Line, Shape

DASHES: tuple[tuple[float, ...], ...] = (
    (), (7, 3), (2, 2.5), (9, 3, 2, 3), (13, 4), (5, 2, 1, 2, 1, 2), (1, 4), (10, 2, 10, 6),
)  # fmt: skip
"""How lines are dashed that have one colour."""
MARKS = "dot", "square", "triangle", "diamond"
STYLES = len(CURVES) * len(DASHES)
"""So many curves are told apart by colour and dashes."""
FEW = 30
"""Points of a curve that are marked, each of them."""
RADIUS = 3.0


@dataclass(frozen=True)
class Curve:
    """A line through points (x, y), and what it is called. is_faint: whether others are what one
    looks at. mark: the shape of its points where there are few."""

    name: str
    x: ArrayLike
    y: ArrayLike
    color: str = "blue"
    dashes: tuple[float, ...] = ()
    mark: str = "dot"
    is_faint: bool = False

    @property
    def values(self) -> Numbers:
        """Its numbers."""
        return np.asarray(self.y, np.float64)

    @property
    def thick(self) -> float:
        """How thick its line is."""
        return 1.0 if self.is_faint else 2.0

    @property
    def opacity(self) -> float:
        """How much of it is seen."""
        return 0.65 if self.is_faint else 1.0


def styled(number: int, name: str, x: ArrayLike, y: ArrayLike) -> Curve:
    """The curve of a number, from 0, among others: no two of the first STYLES look the same."""
    color, dashes = number % len(CURVES), number // len(CURVES) % len(DASHES)
    mark = MARKS[(color + dashes) % len(MARKS)]
    return Curve(name, x, y, CURVES[color], DASHES[dashes], mark)


def validation(x: ArrayLike, y: ArrayLike) -> Curve:
    """The curve of what validations gave: it looks the same wherever it is seen."""
    return Curve("validation", x, y, "orange", (6, 3), "square")


@dataclass(frozen=True)
class Frame:
    """Where curves are: a box in pixels, and its axes."""

    box: Box
    x_axis: Axis
    y_axis: Axis

    def across(self, x: ArrayLike) -> Numbers:
        """The pixels at which numbers of the x axis stand."""
        found: Numbers = self.box.x + self.x_axis.shares(x) * self.box.width
        return found

    def down(self, y: ArrayLike) -> Numbers:
        """The pixels at which numbers of the y axis stand."""
        found: Numbers = self.box.y + self.box.height - self.y_axis.shares(y) * self.box.height
        return found


def curve_shapes(curve: Curve, frame: Frame) -> list[Shape]:
    """A curve in a frame: a line for every run of numbers, a point for every lone one."""
    across, down = frame.across(curve.x), frame.down(curve.y)
    is_there = np.isfinite(across) & np.isfinite(down)
    # Beyond the frame nobody sees how far.
    shapes: list[Shape] = []
    alone: list[int] = []
    for first, end in runs(is_there):
        if end - first == 1:
            alone.append(first)
            continue
        kept = first + thinned(across[first:end], down[first:end])
        points = tuple(zip(across[kept].tolist(), down[kept].tolist(), strict=True))
        line = Line(points, curve.color, curve.thick, curve.dashes, opacity=curve.opacity,
                    note=curve.name)  # fmt: skip
        shapes.append(line)
    is_marked = is_there.sum() <= FEW and not curve.is_faint
    shown = np.flatnonzero(is_there) if is_marked else np.array(alone, np.int64)
    shown = shown[thinned(across[shown], down[shown])]
    size = RADIUS * (0.8 if curve.is_faint else 1.0)
    shapes += [
        mark_shape(curve.mark, float(across[i]), float(down[i]), curve.color, size) for i in shown
    ]
    return shapes


def mark_shape(mark: str, x: float, y: float, color: str, size: float = RADIUS) -> Shape:
    """The mark of a point, around it."""
    if mark == "dot":
        return Dot(x, y, size, fill=color)
    if mark == "square":
        return Box(x - size, y - size, 2 * size, 2 * size, fill=color)
    far = 1.25 * size
    if mark == "triangle":
        return Area(((x - far, y + far), (x + far, y + far), (x, y - far)), fill=color)
    return Area(((x, y - far), (x + far, y), (x, y + far), (x - far, y)), fill=color)


def runs(is_there: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where numbers follow each other: (first, behind the last) of each run.

    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_there, [False]]).astype(np.int8)))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def thinned(across: Numbers, down: Numbers) -> NDArray[np.int64]:
    """The points that are drawn of many: of all that stand one after the other in a column of
    pixels the first, the last, the highest and the lowest. What is seen is the same."""
    count = len(across)
    if count <= 4:
        return np.arange(count)
    columns = np.floor(across)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(columns)) + 1])
    sizes = np.diff(np.concatenate([starts, [count]]))
    kept = [starts, starts + sizes - 1]
    for extreme in (np.minimum, np.maximum):
        at_extreme = down == np.repeat(extreme.reduceat(down, starts), sizes)
        places = np.flatnonzero(at_extreme)
        columns_of = np.searchsorted(starts, places, "right") - 1
        kept.append(places[np.unique(columns_of, return_index=True)[1]])
    found: NDArray[np.int64] = np.unique(np.concatenate(kept))
    return found


def lost(curve: Curve, axis: Axis) -> str:
    """What of a curve is not drawn where it is, in words; empty where all is."""
    values = curve.values
    if not len(values):
        return "no points"
    count = int((~np.isfinite(values)).sum())
    told = [f"{count:,} of {len(values):,} not finite: gaps"] if count else []
    if axis.kind == LOG:
        low = int((values[np.isfinite(values)] <= 0).sum())
        told += [f"{low:,} not above 0: at the lower edge"] if low else []
    return "; ".join(told)
