"""The HTML summary of a net: its structure, and a table of its arrays with their multipliers."""

from __future__ import annotations

import html

import numpy as np

from wlnet.core.multipliers import multiplier_table
from wlnet.core.net import Net
from wlnet.core.parts import path_text
from wlnet.core.shapes import shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.arrays import array_value
from wlnet.nets.inference import inference
from wlnet.nets.show import show

HEAD = ("array", "shape", "numbers", "multiplier", "set at")


def net_summary(net: Net) -> str:
    """What a notebook shows of a net."""
    solution = inference(net)
    rows = []
    for row in multiplier_table(net, AUTOMATIC, warnings=False):
        rows.append(
            (
                path_text(row.key) if isinstance(row.key, tuple) else repr(row.key),
                shape_text(solution.array_shape(row.places[0].path)),
                "there" if isinstance(array_value(net, row.key), np.ndarray) else "not drawn yet",
                f"{row.multiplier:g}",
                row.decided_by.set_at if row.decided_by else "default",
            )
        )
    body = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{_cells('th', HEAD)}</tr></thead><tbody>{body}</tbody></table>"
    return f"<pre>{html.escape(show(net))}</pre>{table}"


def _cells(tag: str, words: tuple[str, ...]) -> str:
    return "".join(f"<{tag}>{html.escape(word)}</{tag}>" for word in words)
