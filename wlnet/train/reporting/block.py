"""A live panel in a terminal: a few lines that are drawn anew, by rich (extra `progress`).

What the program prints meanwhile appears above it.
"""

from __future__ import annotations

from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wlnet.results.progress import Figure, Progress
from wlnet.train.reporting import words as w
from wlnet.train.reporting.displays import Display
from wlnet.train.reporting.fitted import plain
from wlnet.train.reporting.lines import LINES
from wlnet.train.reporting.places import WIDEST, Place
from wlnet.train.reporting.plotted import plotted

EDGE = 4
"""Columns that the frame takes."""
STYLES = {w.GREEN: "green", w.RED: "red", w.YELLOW: "yellow"}


class Block(Display):
    """A panel in a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._place, self._stream = Place(stream), stream
        self._live: Live | None = None
        self._beat = 0
        LINES.enter(self)

    def show(self, now: Progress) -> None:
        if not LINES.has(self):
            return
        self._beat += 1
        picture = self._picture(now)
        if self._live is None:
            console = Console(file=self._stream, highlight=False)
            self._live = Live(picture, console=console, auto_refresh=False)
            self._live.start(refresh=True)
        else:
            self._live.update(picture, refresh=True)

    def end(self, last: Progress) -> None:
        if self._live is None:
            Console(file=self._stream, highlight=False).print(self._picture(last))
        else:
            self._live.update(self._picture(last), refresh=True)

    def close(self) -> None:
        LINES.leave(self)
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _picture(self, p: Progress) -> RenderableType:
        width = min((self._place.width or WIDEST), 100)
        color = STYLES[w.ENDS.get(p.ended, w.YELLOW)] if p.ended else "blue"
        parts: list[RenderableType] = [*self._above(p, width - EDGE)]
        if any(each.training is not None for each in p.figures):
            parts.append(self._table(p))
        curve = plotted(p, width - EDGE, self._place.letters)
        parts += [Text(row, no_wrap=True, overflow="crop") for row in curve]
        title = Text(p.verdict or " ".join(w.place_words(p)[0].split()), style="bold")
        return Panel(
            Group(*parts),
            title=title,
            title_align="left",
            border_style=color,
            width=width,
        )

    def _above(self, p: Progress, width: int) -> list[RenderableType]:
        share = "" if p.fraction is None or p.fraction == 1 else f"{p.fraction:.0%}"
        batch = w.batch_words(p)
        first = [share, "" if p.ended else w.left_words(p), *([] if p.ended else batch[:1])]
        if p.waits:
            first.append(f"{p.waits} ...")
        second = [
            w.speed_text(p.examples_per_second) if p.examples_per_second else "",
            w.rate_words(p)[0],
            next(filter(None, w.learning_words(p))),
        ]
        lines = [first, second, [*filter(None, w.phase_words(p))][:1]]
        drawn = w.bar(
            p.fraction, width if self._place.letters else width - 2, self._place.letters, self._beat
        )
        told = [Text("   ".join(filter(None, each))) for each in lines if any(each)]
        return [Text(drawn, no_wrap=True, overflow="crop"), *told]

    def _table(self, p: Progress) -> RenderableType:
        has_held = any(each.validation is not None for each in p.figures)
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("")
        table.add_column("training", justify="right")
        if has_held:
            table.add_column("validation", justify="right")
        has_best = has_held and p.best_round is not None
        if has_best:
            mark = " *" if p.is_best else ""
            table.add_column(f"best: round {p.best_round}{mark}", justify="right", style="bold")
        for each in p.figures:
            values = [each.training, each.validation, each.best][: 1 + has_held + has_best]
            table.add_row(plain(each.name), *(_value(each, value) for value in values))
        return table


def _value(each: Figure, value: float | None) -> str:
    return "-" if value is None else w.value_text(value, each.is_share)
