"""What a notebook shows of a net: what it is, its diagram, the table of its arrays, its text."""

from __future__ import annotations

from wlnet.core.multipliers import MultiplierTable, multiplier_table
from wlnet.core.net import Net
from wlnet.core.symbols import AUTOMATIC, Symbol
from wlnet.nets.arrays import is_initialized
from wlnet.nets.information import information, rates_table
from wlnet.nets.show import show
from wlnet.plot.diagrams.graphs import NetBoxes
from wlnet.plot.diagrams.unfolding import COLORS, STYLE, unfolding
from wlnet.plot.paint.letters import FONT, MONOSPACE
from wlnet.plot.paint.markup import SUMMARY, markup, page
from wlnet.plot.tables import table_html
from wlnet.results.ending import counted

SHEET = f"""
.wl-net{{color:var(--wl-ink);background:var(--wl-ground);font:13px/1.45 {FONT};padding:8px}}
.wl-net>p{{margin:0 0 8px}}
.wl-net>details>summary{SUMMARY}
.wl-net pre{{font:12px/1.4 {MONOSPACE};color:inherit;background:none;overflow-x:auto;margin:6px 0}}
"""


def net_summary(net: Net) -> str:
    """What a notebook shows of a net, in its light or dark. Nested nets open and close."""
    rates = multiplier_table(net, AUTOMATIC, warnings=False)
    flow = unfolding(NetBoxes.of(net, rates, opens_operators=False))
    arrays = table_html(rates_table(net, rates)) if len(rates) else ""
    text = f"<details><summary>as Python</summary><pre>{markup(show(net))}</pre></details>"
    body = f"<p>{_headline(net, rates)}</p>{flow}{arrays}{text}"
    return page("wl-net", COLORS, SHEET + STYLE, body)


def _headline(net: Net, rates: MultiplierTable) -> str:
    """What a net is, in a line."""
    numbers = information(net, "ArraysTotalElementCount")
    words = [counted(information(net, "LayersCount"), "layer"), counted(len(rates), "array")]
    if isinstance(numbers, Symbol):
        words.append("shapes not known yet")
    elif len(rates):
        words += [counted(numbers, "number"), information(net, "ArraysTotalSize")]
    if not is_initialized(net):
        words.append("numbers not drawn yet")
    frozen = sum(row.multiplier == 0 for row in rates)
    if len(rates):
        words.append(f"{frozen} of {len(rates)} frozen" if frozen else "nothing frozen")
    return f"<b>{net.kind}</b> &nbsp; {markup(', '.join(words))}"
