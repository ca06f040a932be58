"""What a notebook shows of the record of a training: from the top a verdict, the losses, the arrays
with their rates, and all other pictures, closed."""

from __future__ import annotations

import html
import math

from wlnet.core.multipliers import Row
from wlnet.core.speeds import rate_text
from wlnet.plot.charts.chart import WIDTH
from wlnet.plot.charts.numbers import share_text, short
from wlnet.plot.paint.colors import style
from wlnet.plot.paint.letters import FONT
from wlnet.plot.paint.marks import MARKS, mark_of
from wlnet.plot.paint.picture import Picture
from wlnet.plot.training.movement import SAME, Report
from wlnet.plot.training.parts import folded
from wlnet.plot.training.plots import final_plots
from wlnet.plot.training.verdict import verdict, warning
from wlnet.results.arrays_report import arrays_report
from wlnet.results.results import NetTrainResults, TrainingRecord

COLORS = (
    "ground", "ink", "faint", "frame", "box", "red", "blue", *(mark.line for mark in MARKS.values())
)  # fmt: skip
NUMBER = ' class="n"'
BAR = 48
"""Pixels of the longest bar in the table."""
RULES = (
    ".wl-results{background:var(--wl-ground);color:var(--wl-ink);"
    f"font:14px/1.45 {FONT};padding:8px 10px;max-width:900px}}"
    ".wl-results .warning{color:var(--wl-red);font-weight:600}"
    ".wl-results p{margin:0 0 8px}"
    ".wl-results .wide{overflow-x:auto}"
    ".wl-results table{border-collapse:collapse;font-size:13px;margin:8px 0;"
    "color:var(--wl-ink);background:var(--wl-ground)}"
    ".wl-results th,.wl-results td{padding:3px 10px 3px 0;text-align:left;"
    "border-bottom:1px solid var(--wl-frame);white-space:nowrap;background:var(--wl-ground)}"
    ".wl-results th{color:var(--wl-faint);font-weight:400}"
    ".wl-results td.rule{white-space:normal;min-width:240px}"
    ".wl-results td.n,.wl-results th.n{text-align:right}"
    ".wl-results .bar{display:inline-block;height:9px;margin-right:6px;vertical-align:baseline}"
    ".wl-results summary{cursor:pointer;padding:3px 0}"
    ".wl-results details details{margin-left:14px}"
)
HEAD = ("array", "rate", "moved", "shape", "steps", "rule")


def results_page(results: NetTrainResults) -> str:
    """The page of a record."""
    r = results.record
    report = arrays_report(r)
    plots = final_plots(r, report)
    loss = plots.pop("Loss")
    told = warning(r)
    parts = [
        f"<style>{style('.wl-results', COLORS)}{RULES}</style>",
        f'<p class="warning">⚠ {html.escape(told)}</p>' if told else "",
        f"<p>{html.escape(verdict(r))}</p>",
        shown(loss),
        _arrays(r, report),
        "".join(
            f"<details><summary>{html.escape(name)}</summary>{shown(plot)}</details>"
            for name, plot in plots.items()
        ),
    ]
    return f'<div class="wl-results">{"".join(parts)}</div>'


def shown(plot: Picture) -> str:
    """A picture in a page: what is wider than others is not made smaller, but may be moved."""
    scene = plot.scene()
    text = plot.to_svg()
    if scene.width <= WIDTH:
        return text
    return f'<div class="wide"><div style="width:{scene.width:.0f}px">{text}</div></div>'


def _arrays(r: TrainingRecord, report: Report) -> str:
    """The table of arrays: those of long nets that follow each other with the same rate by the
    same rule are told together."""
    rows = list(r.multipliers)
    if not rows:
        return ""
    most_rate = max([abs(row.multiplier) for row in rows]) or 1.0
    shares = [report[row.key]["RelativeMoved"] or 0.0 for row in rows]
    most_moved = max([share for share in shares if math.isfinite(share)] or [0.0]) or 1.0

    def said(row: Row) -> tuple[object, ...]:
        phases = report[row.key]["Phases"]
        return row.source["Rule"], row.statistic, *(phase["Rate"] for phase in phases)

    lines = []
    for title, group in folded(rows, lambda row: row.key, said):
        row = group[0]
        cells = [
            _cell(html.escape(title)),
            _cell(_rate(row, report, most_rate)),
            _cell(_moved(group, report, most_moved)),
            _cell("×".join(map(str, r.arrays[row.key].shape)) or "scalar")
            if len(group) == 1
            else _cell(f"{sum(r.arrays[each.key].size for each in group):,} numbers"),
            _cell(_span([report[each.key]["Steps"] for each in group]), "n"),
            _cell(html.escape(_rule(row)), "rule"),
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(f"<th{NUMBER if name == 'steps' else ''}>{name}</th>" for name in HEAD)
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _cell(content: str, kind: str = "") -> str:
    return f'<td class="{kind}">{content}</td>' if kind else f"<td>{content}</td>"


def _rate(row: Row, report: Report, most: float) -> str:
    """A bar for the rate, its mark, and the rates of all phases in words."""
    mark = mark_of(row.multiplier)
    rates = [phase["Rate"] for phase in report[row.key]["Phases"]]
    different = [rate for i, rate in enumerate(rates) if not i or rates[i - 1] != rate]
    earlier = "".join(f"{short(rate, 3)} → " for rate in different[:-1])
    bar = _bar(abs(row.multiplier) / most, mark.line)
    sign = f'<span style="color:var(--wl-{mark.line})">{mark.sign}</span>'
    return f"{bar}{sign} {earlier}{html.escape(rate_text(row.multiplier))}"


def _bar(share: float, color: str) -> str:
    wide = max(round(share * BAR), 1) if share else 0
    full = f'<span class="bar" style="width:{wide}px;margin-right:0;background:var(--wl-{color})">'
    return f'<span class="bar" style="width:{BAR}px">{full}</span></span>'


def _rule(row: Row) -> str:
    won = row.decided_by
    return "the default" if won is None else f"{won.rule} ({won.set_at})"


def _span(numbers: list[int | None]) -> str:
    """Numbers, or the smallest and the largest of them."""
    there = [number for number in numbers if number is not None]
    if not there:
        return "–"
    low, high = min(there), max(there)
    return f"{low:,}" if low == high else f"{low:,} … {high:,}"


def _moved(group: list[Row], report: Report, most: float) -> str:
    """A bar for how far an array moved, and the share in words."""
    told = [report[row.key] for row in group]
    if not any(each["Changed"] for each in told):
        return f"{_bar(0.0, 'blue')}{SAME}"
    shares = [each["RelativeMoved"] for each in told if each["RelativeMoved"] is not None]
    if not shares:
        norms = [each["NormAfter"] for each in told]
        return f"{_bar(0.0, 'blue')}from 0 to {short(max(norms), 3)}"
    low, high = min(shares), max(shares)
    words = share_text(high) if low == high else f"{share_text(low)} … {share_text(high)}"
    return f"{_bar(high / most if math.isfinite(high) else 1.0, 'blue')}{words}"
