"""A scene as SVG: a file of its own, or a part of a page.

Every shape says its colour on white itself, so that programs which read no style sheets show it
right; the style sheet makes it dark where the page is.
"""

from __future__ import annotations

import hashlib
import html

from wlnet.core.terminal import in_one_line as visible
from wlnet.plot.paint.colors import light, style
from wlnet.plot.paint.letters import FONT
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


def svg(scene: Scene) -> str:
    """The text of an SVG file; the same scene gives the same text."""
    ground = Box(0, 0, scene.width, scene.height, fill="ground")
    shapes = (ground, *scene.shapes)
    # What has a name in a page has one that no other picture has.
    pen = _Pen("wl" + hashlib.sha256(repr(shapes).encode()).hexdigest()[:10])
    body = "".join(map(pen.draw, shapes))
    names = tuple(pen.colors)
    rules = "".join(
        f".{pen.name} .f-{color}{{fill:var(--wl-{color})}}"
        f".{pen.name} .s-{color}{{stroke:var(--wl-{color})}}"
        for color in names
    )
    title = _title(scene.title)
    size = f'width="{_n(scene.width)}" height="{_n(scene.height)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" class="{pen.name}" '
        f'viewBox="0 0 {_n(scene.width)} {_n(scene.height)}" style="max-width:100%;height:auto" '
        f'font-family="{FONT}">{title}<style>{style("." + pen.name, names)}{rules}</style>'
        f"{body}</svg>"
    )


def _n(value: float) -> str:
    """A number without needless digits."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


class _Pen:
    """Writes shapes, and notes the colours that they have. name: begins every name it gives."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.colors: dict[str, None] = {}
        self._clips = 0

    def draw(self, shape: Shape) -> str:
        """The element of a shape."""
        if isinstance(shape, Clipped):
            return self._clipped(shape)
        if isinstance(shape, Line):
            return self._line(shape)
        if isinstance(shape, Words):
            return self._words(shape)
        if isinstance(shape, Strokes):
            ends = (f"M{_n(a)},{_n(b)}L{_n(c)},{_n(d)}" for (a, b), (c, d) in shape.ends)
            paint = self._paint(shape, None, shape.line, shape.thick)
            return f'<path d="{"".join(ends)}" {paint}>{_note(shape)}</path>'
        assert isinstance(shape, (Box, Area, Dot)), shape
        paint = self._paint(shape, shape.fill, shape.line, shape.thick)
        if isinstance(shape, Box):
            turned = f' rx="{_n(shape.round)}"' if shape.round else ""
            return f"<rect {_corner(shape)}{turned} {paint}{_dashed(shape)}>{_note(shape)}</rect>"
        if isinstance(shape, Area):
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in shape.points)
            return f'<polygon points="{points}" {paint}>{_note(shape)}</polygon>'
        place = f'cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}"'
        return f"<circle {place} {paint}>{_note(shape)}</circle>"

    def _paint(self, shape: Shape, fill: str | None, line: str | None, thick: float = 1.0) -> str:
        """What a shape is painted with."""
        words = f'fill="{light(fill)}"' if fill else 'fill="none"'
        classes = [f"f-{fill}"] if fill else []
        if line:
            classes.append(f"s-{line}")
            words += f' stroke="{light(line)}"'
            words += f' stroke-width="{_n(thick)}"' if thick != 1 else ""
        if shape.opacity != 1:
            words += f' opacity="{shape.opacity:.3g}"'
        self.colors.update(dict.fromkeys(color for color in (fill, line) if color))
        return f'{words} class="{" ".join(classes)}"' if classes else words

    def _line(self, line: Line) -> str:
        moves = "".join(
            step + " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
            for step, points in bent(line.points, line.bend)
        )
        paint = self._paint(line, None, line.line, line.thick) + _dashed(line)
        drawn = f'<path d="{moves}" stroke-linejoin="round" {paint}>{_note(line)}</path>'
        if not line.has_tip:
            return drawn
        return drawn + self.draw(Area(tip_of(line.points), fill=line.line, opacity=line.opacity))

    def _words(self, words: Words) -> str:
        place = f'x="{_n(words.x)}" y="{_n(words.y)}" font-size="{_n(words.size)}"'
        place += f' text-anchor="{words.anchor}"' if words.anchor != "start" else ""
        place += ' font-weight="600"' if words.bold else ""
        if words.turn:
            place += f' transform="rotate({_n(words.turn)} {_n(words.x)} {_n(words.y)})"'
        paint = self._paint(words, words.ink, None)
        return f"<text {place} {paint}>{_note(words)}{html.escape(words.words)}</text>"

    def _clipped(self, clipped: Clipped) -> str:
        self._clips += 1
        name = f"{self.name}-{self._clips}"
        inside = "".join(map(self.draw, clipped.shapes))
        clip = f'<clipPath id="{name}"><rect {_corner(clipped.box)}/></clipPath>'
        return f'{clip}<g clip-path="url(#{name})">{inside}</g>'


def _corner(box: Box) -> str:
    return f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'


def _dashed(shape: Box | Line) -> str:
    return f' stroke-dasharray="{" ".join(map(_n, shape.dashes))}"' if shape.dashes else ""


def _note(shape: Shape) -> str:
    return _title(shape.note)


def _title(words: str) -> str:
    return f"<title>{html.escape(visible(words))}</title>" if words else ""
