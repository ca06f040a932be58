"""What notebooks show of a value: a page of HTML by its type.

A new one is a function that gives the HTML, and a row here. The values themselves ask for it by
`Services.html(self)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wlnet.core.net import Net
from wlnet.core.table import Sheet, Table
from wlnet.plot.panel import bar_page, progress_page
from wlnet.plot.summary import net_summary
from wlnet.plot.tables import sheet_html, table_html
from wlnet.plot.training.page import results_page
from wlnet.plot.training.receipt import receipt_page
from wlnet.results.progress import Progress, ProgressBar
from wlnet.results.receipts import Receipt
from wlnet.results.results import NetTrainResults

PAGES: dict[type, Callable[[Any], str]] = {
    Net: net_summary,
    Table: table_html,
    Sheet: sheet_html,
    Progress: progress_page,
    ProgressBar: bar_page,
    NetTrainResults: results_page,
    Receipt: receipt_page,
}


def html(subject: object) -> str:
    """The HTML of a value, by the first of its types that has a page."""
    return next(PAGES[kind] for kind in type(subject).__mro__ if kind in PAGES)(subject)
