"""Pictures by their names: a notebook shows them one below the other, closed but for the first."""

from __future__ import annotations

from typing import Any

from wlnet.core.terminal import in_one_line as visible
from wlnet.plot.paint.letters import FONT
from wlnet.plot.paint.markup import SUMMARY, markup, page
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.vectors import svg

WIDE = 600.0
"""Pixels of pictures that are made smaller where there is less room."""
MOST = 12
"""Names that a line tells."""


def rules(scope: str) -> str:
    """How pictures look, `shown` and `folded`, in a class."""
    return (
        f"{scope} .wide{{overflow-x:auto}}"
        f"{scope} summary{SUMMARY}"
        f"{scope} details.plot>summary{{padding:3px 0}}"
    )


RULES = (
    f".wl-pictures{{background:var(--wl-ground);color:var(--wl-ink);font:14px/1.45 {FONT};"
    "padding:8px 10px}"
) + rules(".wl-pictures")


class Pictures(dict[str, Any]):
    """A dict of pictures, equal to any that has the same."""

    def __repr__(self) -> str:
        names = ", ".join(map(repr, list(self)[:MOST]))
        more = f" and {len(self) - MOST} more" if len(self) > MOST else ""
        return f"Pictures({names}{more})"

    def _repr_html_(self) -> str:
        rows = (folded(name, each, is_open=not i) for i, (name, each) in enumerate(self.items()))
        return page("wl-pictures", ("ground", "ink"), RULES, "".join(rows))


def folded(name: str, plot: Picture, is_open: bool = False) -> str:
    """A picture in a page, below its name, that opens and closes."""
    opened = " open" if is_open else ""
    told = markup(visible(name))
    return f'<details class="plot"{opened}><summary>{told}</summary>{shown(plot)}</details>'


def shown(plot: Picture) -> str:
    """A picture in a page: what is wider than others is not made smaller, but may be moved."""
    scene = plot.scene()
    text = svg(scene)
    if scene.width <= WIDE:
        return text
    return f'<div class="wide"><div style="width:{scene.width:.0f}px">{text}</div></div>'
