"""Tables as HTML: rates with a bar, a sign and a word; folded rows that open; light and dark.

Without its style sheet, which some pages take out, it is a plain table with every row in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from wlnet.core.speeds import SPEEDS, exact_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.table import Sheet, Table
from wlnet.core.table_cells import Cell, Column, cell
from wlnet.core.table_text import BETWEEN, Shown
from wlnet.core.terminal import width_of
from wlnet.plot.paint.letters import FONT, MONOSPACE
from wlnet.plot.paint.marks import MARKS, mark_of
from wlnet.plot.paint.markup import LONG, SUMMARY, markup, page

WIDE, HIGH = 72.0, 12.0
"""Of a bar."""
MOST_MEMBERS = 2000
"""Rows in folded ones that a page has; of more it says that they are left out."""
PATHS = "key", "part"
"""Kinds of columns that name parts of a net."""
LETTER = 0.8
"""How wide letters are on the average, beside a digit."""
WHOLE = re.compile(r"-&gt; \S+|\([\d,]+ \w+\)$")
"""What is not broken: an arrow and what it points to, how many there are."""
COLORS = ("ground", "ink", "faint", "frame", "box", *SPEEDS, *(f"{each}-ground" for each in SPEEDS))
SHEET = f"""
.wl-table{{color:var(--wl-ink);background:var(--wl-ground);font:13px/1.45 {FONT};
margin:0.6em 0;max-width:100%;overflow-x:auto}}
.wl-table table{{border-collapse:collapse;border:0;margin:0;font-size:inherit;table-layout:auto;
width:auto}}
.wl-table tr{{background:none}}
.wl-table caption,.wl-table p{{caption-side:top;text-align:left;color:var(--wl-faint);
margin:0;padding:4px 10px;background:var(--wl-ground);overflow-wrap:anywhere}}
.wl-table th,.wl-table td{{padding:4px 10px;border:0;border-bottom:1px solid var(--wl-frame);
text-align:left;vertical-align:top;white-space:normal;max-width:32em;font-weight:400;
line-height:inherit;overflow-wrap:break-word;
color:var(--wl-ink);background:var(--wl-ground)}}
.wl-table thead th{{vertical-align:bottom;white-space:nowrap;font-weight:600;
color:var(--wl-faint);border-bottom:2px solid var(--wl-frame)}}
.wl-table td.wl-number,.wl-table th.wl-number{{text-align:right;white-space:nowrap;
font-variant-numeric:tabular-nums}}
.wl-table .wl-key{{position:sticky;left:0}}
.wl-table .wl-path{{font-family:{MONOSPACE};font-size:12px}}
.wl-table table+table{{margin-top:12px}}
.wl-table .wl-whole{{white-space:nowrap}}
.wl-table .wl-heading{{color:var(--wl-faint);background:var(--wl-box);font-style:italic}}
.wl-table .wl-member td,.wl-table .wl-member th{{color:var(--wl-faint);background:var(--wl-box)}}
.wl-table .wl-member .wl-key{{padding-left:26px}}
.wl-table .wl-bar{{vertical-align:-1px;margin-right:8px;max-width:none}}
.wl-table .wl-pill{{white-space:nowrap;border-radius:4px;padding:1px 6px;
font-variant-numeric:tabular-nums}}
.wl-table summary{SUMMARY}
@supports selector(:has(a)){{
.wl-table .wl-folded:not(:has(details[open])) .wl-member{{display:none}}}}
@media(max-width:600px){{.wl-table .wl-key{{max-width:42vw}}}}
""" + "".join(
    f".wl-table .wl-{kind}{{color:var(--wl-{mark.line})}}"
    f".wl-table .wl-pill.wl-{kind}{{background:var(--wl-{mark.ground})}}"
    for kind, mark in MARKS.items()
)


def table_html(table: Table, caption: str | None = None, fold: Any = AUTOMATIC) -> str:
    """A table as a piece of a page, with its own style sheet. caption: that of the table if None;
    fold: as for `to_text`."""
    return _page(_table(table, caption, fold))


def sheet_html(sheet: Sheet) -> str:
    """Tables under one another, as one piece of a page."""
    tables = "".join(_table(table, None, AUTOMATIC) for table in sheet.tables)
    return _page(f"<p><b>{markup(sheet.title)}</b></p>{tables}")


def _page(body: str) -> str:
    return page("wl-table", COLORS, SHEET, body)


def _table(table: Table, caption: str | None, fold: Any) -> str:
    grid = table.grid(fold)
    caption = grid.caption if caption is None else caption
    above = f"<caption>{markup(caption)}</caption>" if caption else ""
    rows = [row for section in grid.sections for row in section.rows]
    if not grid.is_headless:
        heads = (_head(i, column, rows) for i, column in enumerate(grid.columns))
        above += f"<thead><tr>{''.join(heads)}</tr></thead>"
    scale = _Scale(_rates(table))
    left, bodies = MOST_MEMBERS, []
    for section in grid.sections:
        if section.heading:
            words = markup(section.heading)
            heading = f'<th class="wl-heading" colspan="{len(grid.columns)}">{words}</th>'
            bodies.append(f"<tbody><tr>{heading}</tr></tbody>")
        for row in section.rows:
            members = row.rows if len(row.rows) > 1 else ()
            bodies.append(_body(table, row, members[:left], scale))
            left -= min(len(members), left)
    foot = grid.foot
    if foot:
        foot = f"{foot.partition(';')[0]}; a row opens where it is clicked."
    if sum(len(row.rows) for row in rows if len(row.rows) > 1) > MOST_MEMBERS:
        foot += f" Of those in it {MOST_MEMBERS:,} are here; to_records() has all."
    below = f"<p>{markup(foot)}</p>" if foot else ""
    return f"<table>{above}{''.join(bodies)}</table>{below}"


def _head(at: int, column: Column, rows: Sequence[Shown]) -> str:
    if column.is_number:
        return f'<th scope="col" class="wl-number">{markup(column.name)}</th>'
    longest = max((width_of(item) for row in rows for item in row.cells[at]), default=0)
    # Words are broken before a table is wider than its page, but not after every word.
    least = f"{LETTER * min(longest, LONG):.3g}ch"
    # The first column stays where it is when the others are moved, so that it must leave room.
    least = least if at else f"min({least},28vw)"
    return f'<th scope="col" style="min-width:{least}">{markup(column.name)}</th>'


def _body(table: Table, row: Shown, members: Sequence[int], scale: _Scale) -> str:
    """A row; a folded one with those in it, which are seen where it is open."""
    values = table.rows[row.rows[0]]
    cells = [
        _cell(i, column, text, values[i], scale, bool(members))
        for i, (column, text) in enumerate(zip(table.columns, row.cells, strict=True))
    ]
    if not members:
        return f"<tbody><tr>{''.join(cells)}</tr></tbody>"
    inner = "".join(
        f'<tr class="wl-member">{"".join(_member(table, number, row))}</tr>' for number in members
    )
    return f'<tbody class="wl-folded"><tr>{"".join(cells)}</tr>{inner}</tbody>'


def _member(table: Table, number: int, of: Shown) -> Iterator[str]:
    """The cells of a row in a folded one: what is the same in all of them is told above."""
    for i, (column, value) in enumerate(zip(table.columns, table.rows[number], strict=True)):
        text = cell(column.kind, value)
        alike = i != table.by and column.folded == "same" and text == of.cells[i]
        yield _cell(i, column, ("",) if alike else text, None, None)


def _cell(
    at: int,
    column: Column,
    text: Cell,
    value: Any,
    scale: _Scale | None,
    opens: bool = False,
) -> str:
    if column.kind in ("rate", "rates") and value is not None and scale is not None:
        rates = value if isinstance(value, tuple) else (value,)
        return f'<td class="wl-rate">{scale.bar(rates[-1])}{_pills(rates, text[0])}</td>'
    words = _words(column, text)
    if at == 0:
        inner = f"<details><summary>{words}</summary></details>" if opens else words
        path = " wl-path" if column.kind in PATHS else ""
        return f'<th scope="row" class="wl-key{path}">{inner}</th>'
    return f"<td{_class(column)}>{words}</td>"


def _class(column: Column) -> str:
    return ' class="wl-number"' if column.is_number else ""


def _words(column: Column, text: Cell) -> str:
    between = "<br>" if column.kind == "placed" else BETWEEN
    write = _path if column.kind in PATHS else markup
    words = between.join(map(write, text))
    words = WHOLE.sub(r'<span class="wl-whole">\g<0></span>', words)
    return re.sub(r"^ +", lambda found: "&nbsp;" * len(found[0]), words)


def _path(text: str) -> str:
    return "/<wbr>".join(map(markup, text.split("/")))


def _pills(rates: Sequence[float], text: str) -> str:
    """Each rate on the ground of its kind, with its sign; the word stands where there is one."""
    words = [text] if len(rates) == 1 else [exact_text(rate) for rate in rates]
    found = []
    for rate, word in zip(rates, words, strict=True):
        mark = mark_of(rate)
        found.append(
            f'<span class="wl-pill wl-{mark.word}" title="{mark.word}">{mark.sign} {escape(word)}'
            "</span>"
        )
    return " &rarr; ".join(found)


def _rates(table: Table) -> Iterable[float]:
    for i, column in enumerate(table.columns):
        if column.kind in ("rate", "rates"):
            for row in table.rows:
                yield from row[i] if isinstance(row[i], tuple) else (row[i],)


class _Scale:
    """How long the bars of rates are: in proportion, from 0 to the largest, which is 1 at least;
    negative ones go to the other side."""

    def __init__(self, rates: Iterable[float]) -> None:
        found = [rate for rate in rates if rate is not None]
        self.low, self.high = min([0.0, *found]), max([1.0, *found])

    def _at(self, rate: float) -> float:
        return WIDE * (rate - self.low) / (self.high - self.low)

    def bar(self, rate: float) -> str:
        """A bar, with a tick at the usual rate."""
        zero, end = self._at(0.0), self._at(rate)
        if 0 < abs(end - zero) < 2:
            end = zero + (2 if rate > 0 else -2)
        usual = min(self._at(1.0), WIDE - 1)
        boxes = (
            (0.0, HIGH / 2 - 0.5, WIDE, 1.0, 0.3),
            (min(zero, WIDE - 1), 0.0, 1.0, HIGH, 0.6),
            (usual, 0.0, 1.0, HIGH, 0.3),
            (min(zero, end), 2.0, abs(end - zero), HIGH - 4, 1.0),
        )
        shapes = "".join(
            f'<rect x="{x:.1f}" y="{y:g}" width="{width:.1f}" height="{height:g}"'
            f' opacity="{seen:g}" fill="currentColor"/>'
            for x, y, width, height, seen in boxes
            if width
        )
        kind = mark_of(rate).word
        size = f'width="{WIDE:g}" height="{HIGH:g}"'
        return f'<svg class="wl-bar wl-{kind}" {size} aria-hidden="true">{shapes}</svg>'
