"""Pictures by their names: a notebook shows them one below the other, closed but for the first."""

from __future__ import annotations

from typing import Any

from wlnet.core.terminal import in_one_line as visible
from wlnet.plot.paint.colors import style
from wlnet.plot.paint.letters import FONT
from wlnet.plot.paint.markup import SUMMARY, markup, strong
from wlnet.plot.paint.picture import Picture

WIDE = 600.0
"""Pixels of pictures that are made smaller where there is less room."""
MOST = 12
"""Names that a line tells."""
RULES = (
    f".wl-pictures{{background:var(--wl-ground);color:var(--wl-ink);font:14px/1.45 {FONT};"
    "padding:8px 10px}"
    ".wl-pictures .wide{overflow-x:auto}"
    f".wl-pictures summary{SUMMARY}"
    ".wl-pictures details.plot>summary{padding:3px 0}"
)


class Pictures(dict[str, Any]):
    """A dict of pictures, equal to any that has the same."""

    def __repr__(self) -> str:
        names = ", ".join(map(repr, list(self)[:MOST]))
        more = f" and {len(self) - MOST} more" if len(self) > MOST else ""
        return f"Pictures({names}{more})"

    def _repr_html_(self) -> str:
        sheet = style(".wl-pictures", ("ground", "ink")) + strong(".wl-pictures", RULES)
        rows = (folded(name, each, is_open=not i) for i, (name, each) in enumerate(self.items()))
        return f'<div class="wl-pictures"><style>{sheet}</style>{"".join(rows)}</div>'


def folded(name: str, plot: Picture, is_open: bool = False) -> str:
    """A picture in a page, below its name, that opens and closes."""
    opened = " open" if is_open else ""
    told = markup(visible(name))
    return f'<details class="plot"{opened}><summary>{told}</summary>{shown(plot)}</details>'


def shown(plot: Picture) -> str:
    """A picture in a page: what is wider than others is not made smaller, but may be moved."""
    text, width = plot.to_svg(), plot.scene().width
    if width <= WIDE:
        return text
    return f'<div class="wide"><div style="width:{width:.0f}px">{text}</div></div>'
