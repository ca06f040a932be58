"""A live panel in a notebook. Its last state stays in the notebook's file."""

from __future__ import annotations

import importlib
from typing import Any

from wlnet.results.progress import Progress, ProgressBar
from wlnet.train.reporting.displays import Display
from wlnet.train.reporting.line import items_of, last_items, line_of

WIDE = 160
"""Letters of the line that programs show which have no HTML."""


class Shown:
    """A state as notebooks take it: as HTML, and as a line for who shows no HTML."""

    def __init__(self, progress: Progress, bar_alone: bool) -> None:
        self._progress, self._bar_alone = progress, bar_alone

    def _repr_html_(self) -> str:
        page = ProgressBar(self._progress) if self._bar_alone else self._progress
        return page._repr_html_()

    def __repr__(self) -> str:
        p = self._progress
        return line_of(last_items(p) if p.ended else items_of(p, letters=True), WIDE)[0]


class Panel(Display):
    """Shows HTML in the notebook that runs the training, and replaces it.

    bar_alone: whether only how much is over is shown.
    """

    def __init__(self, bar_alone: bool = False) -> None:
        self._bar_alone = bar_alone
        # It runs: who asked for a panel has looked.
        self._display: Any = importlib.import_module("IPython.display").display
        self._handle: Any = None

    def show(self, now: Progress) -> None:
        shown = Shown(now, self._bar_alone)
        if self._handle is None:
            self._handle = self._display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def end(self, last: Progress) -> None:
        self.show(last)
