"""What a notebook shows of a receipt: what it tells, in a table, and its text, closed."""

from __future__ import annotations

import json
from typing import Any

from wlnet.core.table import Table
from wlnet.core.table_cells import Column
from wlnet.plot.paint.letters import FONT, MONOSPACE
from wlnet.plot.paint.markup import SUMMARY, markup, page
from wlnet.plot.tables import table_html
from wlnet.results.ending import counted, why

STATED = Column("stated"), Column("as", "value")
COLORS = "ground", "ink"
SHEET = f"""
.wl-receipt{{background:var(--wl-ground);color:var(--wl-ink);font:13px/1.45 {FONT};padding:8px}}
.wl-receipt>p{{margin:0 0 8px}}
.wl-receipt summary{SUMMARY}
.wl-receipt pre{{font:12px/1.4 {MONOSPACE};color:inherit;background:none;overflow-x:auto;
max-height:30em}}
"""


def receipt_page(receipt: str) -> str:
    """The page of a receipt."""
    told = json.loads(receipt)
    rounds = len(told["Rounds"])
    words = (
        f"{counted(rounds, 'round')}; {why(told['Reason'])}. verify(...) tells whether it holds."
    )
    table = Table(STATED, tuple(_statements(told)), is_headless=True)
    body = (
        f"<p><b>Receipt of a training</b> &nbsp; {markup(words)}</p>{table_html(table)}"
        f"<details><summary>as JSON ({len(receipt):,} letters)</summary>"
        f"<pre>{markup(receipt)}</pre></details>"
    )
    return page("wl-receipt", COLORS, SHEET, body)


def _statements(told: dict[str, Any]) -> list[tuple[str, object]]:
    last = told["Calls"][-1]
    arrays, after = told["Net"]["Arrays"], told["After"]
    same = sum(after.get(name) == digest for name, digest in arrays.items())
    return [
        ("arrays", f"{len(arrays):,} by their digests, before and after; {same:,} the same"),
        ("calls of net_train", len(told["Calls"])),
        ("arrays with a rate and its rule", len(last["Phases"][-1]["Arrays"])),
        ("phases of rules", sum(len(call["Phases"]) for call in told["Calls"])),
        ("validations", len(told["Validations"])),
        ("method", told["Facts"]["Method"]),
        ("seed of the last call", str(last["Seed"])),
        ("wlnet", last["Version"]),
        ("structure of the net", told["Net"]["Structure"]),
        ("seal", told["Seal"]),
    ]
