"""A scene as PNG or PDF, by matplotlib, which is imported here and only when asked for."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

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
HOW = "pip install 'wlnet[plot]' brings matplotlib, which writes PNG and PDF files"


def rastered(scene: Scene, kind: str) -> bytes:
    """The bytes of a file of a kind, "png" or "pdf". Raises ImportError where matplotlib is not
    there, which says what brings it."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(HOW) from error
    figure = Figure(figsize=(scene.width / INCH, scene.height / INCH), facecolor=light("ground"))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0, scene.width)
    axes.set_ylim(scene.height, 0)
    for order, shape in enumerate(scene.shapes):
        _draw(axes, shape, order, None)
    file = io.BytesIO()
    # No date: the same picture is the same file.
    facts: dict[str, Any] = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    figure.savefig(file, format=kind, dpi=INCH * FINE, metadata=facts)
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


def _draw(axes: Any, shape: Shape, order: int, clip: Any) -> None:
    """Put a shape on axes, over those of lower order."""
    from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon, Rectangle
    from matplotlib.path import Path

    if isinstance(shape, Clipped):
        box = Rectangle((shape.box.x, shape.box.y), shape.box.width, shape.box.height)
        box.set_transform(axes.transData)
        for each in shape.shapes:
            _draw(axes, each, order, box)
        return
    if isinstance(shape, Words):
        drawn = axes.text(
            shape.x, shape.y, shape.words.replace("$", r"\$"), fontsize=shape.size,
            ha={"start": "left", "middle": "center", "end": "right"}[shape.anchor],
            va="baseline", rotation=-shape.turn, rotation_mode="anchor",
            weight="bold" if shape.bold else "normal", color=light(shape.ink),
            alpha=shape.opacity, zorder=order, family=_fonts(),
        )  # fmt: skip
        drawn.set_clip_on(False)
        return
    assert isinstance(shape, (Box, Line, Area, Dot, Strokes))
    if isinstance(shape, Strokes):
        lines = [point for ends in shape.ends for point in ends]
        steps = [Path.MOVETO, Path.LINETO] * len(shape.ends)
        patch: Any = PathPatch(Path(lines, steps), fill=False)
    elif isinstance(shape, Line):
        codes: list[Any] = []
        points: list[tuple[float, float]] = []
        kinds = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3}
        for step, through in bent(shape.points, shape.bend):
            codes += [kinds[step]] * len(through)
            points += through
        patch = PathPatch(Path(points, codes), fill=False, joinstyle="round")
        if shape.has_tip:
            tip = Area(tip_of(shape.points), fill=shape.line, opacity=shape.opacity)
            _draw(axes, tip, order, clip)
    elif isinstance(shape, Area):
        patch = Polygon(shape.points, closed=True)
    elif isinstance(shape, Dot):
        patch = Circle((shape.x, shape.y), shape.radius)
    elif shape.round:
        style = f"round,pad=0,rounding_size={shape.round}"
        patch = FancyBboxPatch((shape.x, shape.y), shape.width, shape.height, boxstyle=style)
    else:
        patch = Rectangle((shape.x, shape.y), shape.width, shape.height)
    fill = None if isinstance(shape, (Line, Strokes)) else shape.fill
    patch.set_facecolor(light(fill) if fill else "none")
    patch.set_edgecolor(light(shape.line) if shape.line else "none")
    patch.set_linewidth(shape.thick if shape.line else 0.0)
    patch.set_alpha(shape.opacity)
    dashes = getattr(shape, "dashes", ())
    if dashes:
        patch.set_linestyle((0, tuple(each / shape.thick for each in dashes)))
    patch.set_zorder(order)
    axes.add_patch(patch)
    if clip is not None:
        patch.set_clip_path(clip)
