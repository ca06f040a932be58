"""A scene as PNG or PDF, by matplotlib, which is imported here and only when asked for.

Shapes go straight to its renderers: an object of matplotlib for each would take twenty times as
long.
"""

from __future__ import annotations

import io
import math
import unicodedata
from functools import cache
from typing import Any

from wlnet.core.extras import needed
from wlnet.plot.paint.colors import light
from wlnet.plot.paint.shapes import (
    Area,
    Box,
    Clipped,
    Dot,
    Line,
    Scene,
    Shape,
    Strokes,
    Words,
    bent,
    tip_of,
)

INCH = 72.0
"""Pixels of a scene in an inch of paper."""
FINE = 2
"""Dots of a PNG file in a pixel of the scene, across and down."""
PACKED = 3
"""How hard PNG files are packed, of 9: more takes as long as all else, for a tenth of the bytes."""
LEFT = "\u200e"
ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""Which share of words stands before their place."""


def rastered(scene: Scene, kind: str) -> bytes:
    """The bytes of a file of a kind, "png" or "pdf". Raises MissingExtraError where matplotlib is
    not there."""
    needed("matplotlib.figure", "writing PNG and PDF files")
    from matplotlib.artist import Artist
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure

    class Painted(Artist):
        """The scene, as matplotlib asks for it."""

        def draw(self, renderer: Any) -> None:
            pen = _Pen(renderer, scene.height)
            for shape in scene.shapes:
                pen.draw(shape)

    figure = Figure(
        figsize=(scene.width / INCH, scene.height / INCH),
        dpi=INCH * FINE,
        facecolor=light("ground"),
    )
    figure.add_artist(Painted())
    file = io.BytesIO()
    # No date: the same picture is the same file. `savefig` would draw it twice.
    canvas: Any = FigureCanvasPdf(figure) if kind == "pdf" else FigureCanvasAgg(figure)
    if kind == "pdf":
        canvas.print_pdf(file, metadata={"CreationDate": None})
    else:
        canvas.print_png(file, metadata={"Software": None}, pil_kwargs={"compress_level": PACKED})
    return file.getvalue()


FONTS = (
    "DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans", "Hiragino Sans",
    "PingFang SC", "Yu Gothic", "Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei",
    "Arial Unicode MS", "Segoe UI Symbol", "Noto Sans Symbols2", "Segoe UI Emoji",
)  # fmt: skip
"""Of letters: the first that has one draws it."""


@cache
def _fonts() -> tuple[str, ...]:
    """Those that are here; the first comes with matplotlib."""
    from matplotlib.font_manager import get_font_names

    there = set(get_font_names())
    return tuple(font for font in FONTS if font in there)


@cache
def _font(size: float, bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=_fonts(), size=size, weight="bold" if bold else "normal")


class _Pen:
    """Draws shapes by a renderer of matplotlib. height: of the scene."""

    def __init__(self, renderer: Any, height: float) -> None:
        from matplotlib.transforms import Affine2D

        self._renderer = renderer
        self._scale = renderer.points_to_pixels(1.0)
        self._height = height
        # Those of matplotlib count from below.
        self._there = Affine2D().scale(self._scale, -self._scale).translate(0, height * self._scale)
        self._clip: Box | None = None
        self._looks: dict[tuple[object, ...], Any] = {}
        self._widths: dict[tuple[str, float, bool], float] = {}

    def draw(self, shape: Shape) -> None:
        """Draw a shape over those before it."""
        if isinstance(shape, Clipped):
            before, self._clip = self._clip, shape.box
            for each in shape.shapes:
                self.draw(each)
            self._clip = before
        elif isinstance(shape, Words):
            self._words(shape)
        elif isinstance(shape, Line):
            self._line(shape)
        else:
            assert isinstance(shape, (Box, Area, Dot, Strokes))
            fill = None if isinstance(shape, Strokes) else shape.fill
            dashes = shape.dashes if isinstance(shape, Box) else ()
            look = self._look(shape.line, shape.thick, shape.opacity, dashes)
            self._path(look, _outline(shape), fill)

    def _path(self, look: Any, path: Any, fill: str | None) -> None:
        color = _rgb(light(fill)) if fill else None
        self._renderer.draw_path(look, path, self._there, color)

    def _line(self, line: Line) -> None:
        from matplotlib.path import Path

        codes: list[Any] = []
        points: list[tuple[float, float]] = []
        kinds = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3}
        for step, through in bent(line.points, line.bend):
            codes += [kinds[step]] * len(through)
            points += through
        if line.has_tip:
            self.draw(Area(tip_of(line.points), fill=line.line, opacity=line.opacity))
        look = self._look(line.line, line.thick, line.opacity, line.dashes, "round")
        self._path(look, Path(points, codes), None)

    def _words(self, words: Words) -> None:
        if not words.words.strip():
            return
        font, text = _font(words.size, words.bold), _from_the_left(words.words)
        turn, before = math.radians(words.turn), 0.0
        if words.anchor != "start":
            before = ANCHORS[words.anchor] * self._width(text, words.size, words.bold)
        x = words.x * self._scale - before * math.cos(turn)
        y = words.y * self._scale - before * math.sin(turn)
        if not self._renderer.flipy():
            y = self._height * self._scale - y
        look = self._look(words.ink, 1.0, words.opacity, ())
        self._renderer.draw_text(look, x, y, text, font, -words.turn, False)

    def _width(self, words: str, size: float, bold: bool) -> float:
        """How wide words are drawn; many stand in a picture more than once."""
        key = words, size, bold
        if key not in self._widths:
            measured = self._renderer.get_text_width_height_descent(words, _font(size, bold), False)
            self._widths[key] = measured[0]
        return self._widths[key]

    def _look(
        self,
        line: str | None,
        thick: float,
        opacity: float,
        dashes: tuple[float, ...],
        joined: str = "miter",
    ) -> Any:
        """How something is drawn, as matplotlib says it."""
        from matplotlib.transforms import Bbox

        key = (line, thick, opacity, dashes, joined, self._clip)
        if key not in self._looks:
            look = self._renderer.new_gc()
            look.set_linewidth(thick if line else 0.0)
            look.set_foreground(_rgb(light(line or "ink")))
            look.set_alpha(opacity)
            look.set_joinstyle(joined)
            if dashes:
                look.set_dashes(0, list(dashes))
            if self._clip is not None:
                box = self._clip
                ends = ((box.x, box.y), (box.x + box.width, box.y + box.height))
                look.set_clip_rectangle(Bbox(self._there.transform(ends)))
            self._looks[key] = look
        return self._looks[key]


def _from_the_left(words: str) -> str:
    """Words that begin at the left, as in SVG, also where their first letter is one of those that
    are read from the right: a mark says so that nobody sees."""
    is_turned = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in words)
    return LEFT + words if is_turned else words


@cache
def _rgb(color: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    return to_rgb(color)


def _outline(shape: Box | Area | Dot | Strokes) -> Any:
    """The path around a shape, or of its strokes."""
    from matplotlib.path import Path

    if isinstance(shape, Strokes):
        lines = [point for ends in shape.ends for point in ends]
        return Path(lines, [Path.MOVETO, Path.LINETO] * len(shape.ends))
    if isinstance(shape, Area):
        return Path([*shape.points, shape.points[0]], closed=True)
    if isinstance(shape, Dot):
        return Path.circle((shape.x, shape.y), shape.radius)
    left, top, right, bottom = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
    turn = min(shape.round, shape.width / 2, shape.height / 2)
    if turn <= 0:
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        return Path(corners, closed=True)
    points = [
        (left + turn, top), (right - turn, top), (right, top), (right, top + turn),
        (right, bottom - turn), (right, bottom), (right - turn, bottom),
        (left + turn, bottom), (left, bottom), (left, bottom - turn),
        (left, top + turn), (left, top), (left + turn, top), (left + turn, top),
    ]  # fmt: skip
    side = [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path(points, [Path.MOVETO, *side * 4, Path.CLOSEPOLY])
