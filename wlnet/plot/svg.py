"""Pictures as SVG: what all of them can do, and their lines and words."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from os import PathLike
from pathlib import Path as File

INK, FRAME = "#333", "#ccc"


class Picture(ABC):
    """Something to look at. Notebooks show it; `save` writes an SVG file."""

    @abstractmethod
    def to_svg(self) -> str:
        """The picture as the text of an SVG file."""

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def save(self, file: str | PathLike[str]) -> None:
        """Write the picture to an SVG file."""
        File(file).write_text(self.to_svg(), "utf-8")


def svg(width: float, height: float, parts: str) -> str:
    """The text of an SVG file on white ground."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="12"><rect width="{width}" height="{height}" '
        f'fill="white"/>{parts}</svg>'
    )


def segment(x1: float, y1: float, x2: float, y2: float, color: str, more: str = "") -> str:
    """A straight line."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{color}" {more}/>'


def text(x: float, y: float, words: str, anchor: str, more: str = "", ink: str = INK) -> str:
    """A few words: anchor says which part of them stands at x, "start", "middle" or "end"."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}"'
    return f"<text {place} {more}>{html.escape(words)}</text>"
