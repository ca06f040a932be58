"""How far every array moved: the distance from what it was, as a share of its norm."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

from wlnet.core.multipliers import Row
from wlnet.core.rules import ArrayKey
from wlnet.plot.charts.bars import Bar, BarChart
from wlnet.plot.charts.numbers import share_text, short
from wlnet.plot.paint.marks import mark_of
from wlnet.plot.training.parts import folded
from wlnet.results.arrays_report import arrays_report
from wlnet.results.results import TrainingRecord

Report = Mapping[ArrayKey, Mapping[str, Any]]
SAME = "same bytes"


def draw_movement(r: TrainingRecord, report: Report | None = None) -> BarChart:
    """How far every array moved. report: where it is there already."""
    told = arrays_report(r) if report is None else report
    rows = list(r.multipliers)
    bars = _bars([row for row in rows if not row.statistic], told)
    statistics = [row for row in rows if row.statistic]
    if statistics:
        heading = "running statistics: they follow the data, no gradient moves them"
        bars += [Bar(heading, is_heading=True), *_bars(statistics, told)]
    notes = []
    if any(told[row.key]["RelativeMoved"] is None for row in rows):
        notes.append("What was 0 before has no share: its norm is told.")
    if len(r.phases) > 1:
        notes.append("Marks tell the rates of the last phase; an array may have moved before it.")
    name = "how far each array moved: distance / norm before"
    return BarChart(bars, name, notes)


def _bars(rows: list[Row], told: Report) -> list[Bar]:
    def said(row: Row) -> Hashable:
        """Only what did not move is told together."""
        return None if told[row.key]["Changed"] else (row.multiplier, row.statistic)

    found = []
    for title, group in folded(rows, lambda row: row.key, said):
        row = group[0]
        share = told[row.key]["RelativeMoved"]
        words = _words(told[row.key])
        value = share if share is not None and math.isfinite(share) else None
        found.append(Bar(title, value, words, mark_of(row.multiplier)))
    return found


def _words(told: Mapping[str, Any]) -> str:
    if not told["Changed"]:
        return SAME
    if told["RelativeMoved"] is None:
        return f"from 0 to {short(told['NormAfter'], 3)}"
    return share_text(told["RelativeMoved"])
