"""Pictures within a page: as part of it, so that they are light or dark as the page is."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.graph.functions import FUNCTIONS
from wlnet.plot.charts.axes import Axis
from wlnet.plot.charts.chart import Chart
from wlnet.plot.charts.curves import Curve

IMAGE = re.compile(r"^!\[([^\]]*)\]\(([^)\s]+\.svg)\)$", re.MULTILINE)


def inline(picture: Any) -> str:
    """A picture as a block of HTML."""
    return figure(picture.to_svg())


def figure(svg: str, says: str = "") -> str:
    """The text of an SVG file as a block of HTML, which scrolls where it is too wide."""
    named = f' title="{html.escape(says)}"' if says else ""
    return f'<div class="wl-picture"{named}>{svg.strip()}</div>'


def inlined(page: str, folder: Path) -> str:
    """A page of Markdown whose pictures, from SVG files beside it, stand in it."""

    def drawn(found: re.Match[str]) -> str:
        return figure((folder / found[2]).read_text("utf-8"), found[1])

    return IMAGE.sub(drawn, page)


def curve(name: str) -> Chart:
    """A function of one number over where it is smooth, and a little beyond."""
    low, high = FUNCTIONS[name].domain
    x = np.linspace(*((-4.0, 4.0) if (low, high) == (-2.0, 2.0) else (low, high)), 801)
    with np.errstate(all="ignore"):
        y = np.asarray(FUNCTIONS[name].evaluate(x), np.float64)
    jumps = np.abs(np.diff(y)) > 0.5
    y[1:][jumps] = np.nan if name in ("Round", "Ceiling", "Floor", "Sign") else y[1:][jumps]
    shown = y[np.isfinite(y)]
    least, most = max(float(shown.min()), -8.0), min(float(shown.max()), 8.0)
    room = (most - least) / 12 or 1.0
    return Chart([Curve(name, x, y)], Axis("x", float(x[0]), float(x[-1])),
                 Axis("", least - room, most + room), title=f"{name} of x", height=150.0,
                 width=420.0)  # fmt: skip
