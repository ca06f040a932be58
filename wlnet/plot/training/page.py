"""What a notebook shows of the record of a training: from the top a verdict, the losses, the arrays
with their rates, and all other pictures, closed."""

from __future__ import annotations

from dataclasses import replace

from wlnet.core.table import Table
from wlnet.plot.paint.letters import FONT
from wlnet.plot.paint.markup import markup, page
from wlnet.plot.paint.pictures import folded, rules, shown
from wlnet.plot.tables import table_html
from wlnet.plot.training.plots import final_plots
from wlnet.plot.training.verdict import verdict, warning
from wlnet.results.arrays_report import arrays_report, table_of
from wlnet.results.results import NetTrainResults

CHOSEN = "array", "rate", "moved", "bytes", "shape", "steps", "rule"
COLORS = "ground", "ink", "red"
RULES = (
    ".wl-results{background:var(--wl-ground);color:var(--wl-ink);"
    f"font:14px/1.45 {FONT};padding:8px 10px;max-width:1000px}}"
    ".wl-results .warning{color:var(--wl-red);font-weight:600}"
    ".wl-results p{margin:0 0 8px}"
) + rules(".wl-results")


def results_page(results: NetTrainResults) -> str:
    """The page of a record."""
    r = results.record
    report = arrays_report(r)
    plots = final_plots(r, report)
    loss = plots.pop("Loss")
    told = warning(r)
    parts = [
        f'<p class="warning">⚠ {markup(told)}</p>' if told else "",
        f"<p>{markup(verdict(r))}</p>",
        shown(loss),
        table_html(_chosen(table_of(r, report))) if report else "",
        *(folded(name, plot) for name, plot in plots.items()),
    ]
    return page("wl-results", COLORS, RULES, "".join(parts))


def _chosen(table: Table) -> Table:
    """The columns that a page has room for; results["ArraysReportTable"] has all."""
    at = [[column.name for column in table.columns].index(name) for name in CHOSEN]
    columns, *rows = (tuple(row[i] for i in at) for row in (table.columns, *table.rows))
    return replace(table, columns=columns, rows=tuple(rows))
