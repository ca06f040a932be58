"""What a notebook shows of a training under way, and leaves in its file when that is over."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.core.durations import time_text
from wlnet.plot.charts.axes import axis_of, whole_axis
from wlnet.plot.charts.chart import Chart, Spot
from wlnet.plot.charts.curves import Curve, validation
from wlnet.plot.paint.letters import FONT
from wlnet.plot.paint.marks import MARKS
from wlnet.plot.paint.markup import markup, page
from wlnet.results.ending import value_text
from wlnet.results.progress import Figure, Points, Progress, ProgressBar

COLORS = ("ink", "faint", "frame", "box", "blue", "green", "red", "gold", "ground",
          *(mark.line for mark in MARKS.values()))  # fmt: skip
ENDS = {"MaxTrainingRounds": "green", "WeightsDiverged": "red", "Error": "red"}
"""Why a training ended -> the colour of the bar."""
SIGNS = {"MaxTrainingRounds": "✓ ", "WeightsDiverged": "✕ ", "Error": "✕ "}
"""What stands before the words of how it ended, for who sees no colours."""
WIDTH = 560
CHART_WIDTH, CHART_HEIGHT = 440, 140
"""Not wider, as words in it become smaller where a page is narrower than it."""
RULES = (
    ("", f"font:13px/1.45 {FONT};color:var(--wl-ink);background:var(--wl-ground);"
         f"max-width:{WIDTH}px;margin:4px 0;padding:6px 10px;"
         "font-variant-numeric:tabular-nums"),
    (".wl-head", "display:flex;flex-wrap:wrap;gap:2px 12px;align-items:baseline"),
    (".wl-head b", "font-size:15px;font-weight:600"),
    (".wl-faint", "color:var(--wl-faint)"),
    (".wl-bar", "height:8px;border-radius:4px;background:var(--wl-box);margin:5px 0;"
                "border:1px solid var(--wl-frame);overflow:hidden"),
    (".wl-bar i", "display:block;height:100%"),
    (".wl-facts", "display:flex;flex-wrap:wrap;gap:0 16px"),
    ("table", "border-collapse:collapse;margin:6px 0;border:0;color:inherit;font-size:13px"),
    ("tr", "background:none"),
    ("th", "text-align:right;padding:1px 0 1px 18px;border:0;font-weight:400;background:none"),
    ("td", "text-align:right;padding:1px 0 1px 18px;border:0;background:none"),
    ("th:first-child", "text-align:left;padding-left:0"),
    ("thead th", "color:var(--wl-faint);border-bottom:1px solid var(--wl-frame)"),
    (".wl-best", "font-weight:600"),
)  # fmt: skip
"""The style of a panel, by selectors in it."""
SHEET = "".join(f".wl-panel {where}{{{rules}}}" for where, rules in RULES)


def progress_page(p: Progress) -> str:
    """The panel of a training."""
    return _panel("".join((_head(p), _bar(p), _facts(p), _phase(p), _table(p), _curves(p))))


def bar_page(subject: ProgressBar) -> str:
    """The bar of a training, with what it tells."""
    p = subject.progress
    share = "" if p.fraction is None else f"{p.fraction:.0%}"
    words = [p.verdict] if p.verdict else [share, _time(p), _waits(p)]
    return _panel(_bar(p) + _line(words))


def _panel(body: str) -> str:
    return page("wl-panel", COLORS, SHEET, body)


def _text(words: str, kind: str = "") -> str:
    told = markup(words)
    return f'<span class="wl-{kind}">{told}</span>' if kind else f"<span>{told}</span>"


def _line(words: Sequence[str]) -> str:
    return f'<div class="wl-facts">{"".join(_text(each) for each in words if each)}</div>'


def _head(p: Progress) -> str:
    number = f"round {p.round}" + (f" of {p.rounds}" if p.rounds is not None else "")
    batch = f"batch {p.batch:,}" + (f" of {p.batches:,}" if p.batches is not None else "")
    title = SIGNS.get(p.ended or "", "") + p.verdict if p.verdict else number
    rest = [] if p.verdict else [batch] if p.batches != 1 else []
    if p.unit and not p.verdict:
        rest.append(f"a round is {p.unit}")
    rest.append(_waits(p))
    told = "".join(_text(each, "faint") for each in rest if each)
    return f'<div class="wl-head"><b>{markup(title)}</b>{told}</div>'


def _waits(p: Progress) -> str:
    return f"{p.waits} …" if p.waits else ""


def _time(p: Progress) -> str:
    if p.ended:
        return ""
    return f"{time_text(p.left)} left" if p.left is not None else time_text(p.seconds)


def _bar(p: Progress) -> str:
    color = ENDS.get(p.ended, "gold") if p.ended else "blue"
    if p.fraction is None:
        # Nobody knows the end: stripes that say nothing.
        ground = f"repeating-linear-gradient(45deg,var(--wl-{color}) 0 6px,transparent 6px 12px)"
        return f'<div class="wl-bar"><i style="background:{ground}"></i></div>'
    share = f"{p.fraction:.1%}"
    told = f'role="progressbar" aria-valuenow="{p.fraction * 100:.0f}"'
    drawn = f'<i style="width:{share};background:var(--wl-{color})"></i>'
    return f'<div class="wl-bar" {told} title="{share}">{drawn}</div>'


def _facts(p: Progress) -> str:
    share = "" if p.fraction is None or p.ended else f"{p.fraction:.0%}"
    speed = f"{p.examples_per_second:,.0f} examples/s" if p.examples_per_second else ""
    told = "".join(
        _text(each) for each in (share, _time(p), speed, f"learning rate {p.learning_rate:.3g}")
        if each
    )  # fmt: skip
    learn = "learned" if p.learned is not None else "learn"
    kinds = f"; {p.rates_of}: {_kinds(p)}" if p.rates_of else f": {_kinds(p)}"
    told += f"<span>{p.learning} of {p.arrays} arrays {learn}{kinds}</span>"
    return f'<div class="wl-facts">{told}</div>'


def _kinds(p: Progress) -> str:
    """The kinds of rates, each with its mark and its word."""
    return ", ".join(
        f"{mark.html}&nbsp;{p.rates[word]} {word}"
        for word, mark in MARKS.items()
        if p.rates.get(word)
    )


def _phase(p: Progress) -> str:
    if p.phases == 1:
        return ""
    words = f"phase {p.phase} of {p.phases}" + (f": {p.phase_words}" if p.phase_words else "")
    return f"<div>{markup(words)}</div>"


def _table(p: Progress) -> str:
    has_held = any(each.validation is not None for each in p.figures)
    if not any(each.training is not None for each in p.figures) and not has_held:
        return ""
    head = ["", "training"]
    if has_held:
        head += ["validation", f"best: round {p.best_round}"] if p.best_round else ["validation"]
    cells = "".join(f"<th>{markup(each)}</th>" for each in head)
    rows = "".join(_row(each, len(head), p.is_best) for each in p.figures)
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>"


def _row(each: Figure, columns: int, is_best: bool) -> str:
    values = [each.training, each.validation, each.best][: columns - 1]
    cells = [_cell(value, each.is_share) for value in values]
    if columns > 3:
        star = "★ " if is_best else ""
        cells[2] = f'<td class="wl-best">{star}{_value(each.best, each.is_share)}</td>'
    return f"<tr><th>{markup(each.name)}</th>{''.join(cells)}</tr>"


def _cell(value: float | None, is_share: bool) -> str:
    return f"<td>{_value(value, is_share)}</td>"


def _value(value: float | None, is_share: bool) -> str:
    if value is None:
        return "–"
    return value_text(value, is_share)


def _curves(p: Progress) -> str:
    """The losses so far, where there are at least two."""
    if len(p.training) < 2:
        return ""

    def apart(points: Points) -> tuple[list[float], list[float]]:
        return [x for x, _ in points], [y for _, y in points]

    curves = [Curve("training", *apart(p.training))]
    if p.validation:
        curves.append(validation(*apart(p.validation)))
    last = max(x for x, _ in (*p.training, *p.validation))
    first = 0.0 if p.by_batch or p.training[0][0] < 1 else 1.0
    spots = [Spot(*p.best, f"best round {p.best_round}")] if p.best is not None else []
    chart = Chart(
        curves,
        whole_axis("batch" if p.by_batch else "round", first, last),
        axis_of("loss", [curve.y for curve in curves]),
        spots=spots,
        width=CHART_WIDTH,
        height=CHART_HEIGHT,
        title="losses so far",
    )
    return chart.to_svg()
