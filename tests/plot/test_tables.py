"""Tables as HTML: every value is there, escaped, also where the style sheet is taken out."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet.core.speeds import SPEEDS
from wlnet.core.table import Sheet, Table
from wlnet.core.table_cells import Column, cell, folded_cell
from wlnet.plot import tables
from wlnet.plot.paint.marks import MARKS
from wlnet.plot.paint.markup import markup
from wlnet.plot.tables import table_html

RATES = {"Frozen": 0.0, "Slowed": 0.25, "Usual": 1.0, "Fast": 4.0, "Climbing": -1.0}
COLUMNS = (
    Column("array", "key"),
    Column("rate", "rate"),
    Column("decided by"),
    Column("numbers", "count", folded="sum"),
)
TABLE = Table(
    COLUMNS,
    tuple(((name, "Weights"), rate, "a <b> & 'c' -> 1.0", 1234) for name, rate in RATES.items()),
    noun="arrays",
    by=0,
)


def many(count: int) -> Table:
    rows = tuple(((n, "Weights"), 0.0, "the default", n) for n in range(1, count + 1))
    return Table(COLUMNS, rows, noun="arrays", by=0)


class Page(HTMLParser):
    """The rows of a page as texts, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("br", "wbr", "rect"):
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        assert tag == "rect"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_a_row_has_its_values_and_nothing_of_them_is_markup() -> None:
    head, *rows = Page(TABLE._repr_html_()).rows
    assert head == ["array", "rate", "decided by", "numbers"]
    assert rows[1] == ["Slowed/Weights", "▼ 0.25 slowed", "a <b> & 'c' -> 1.0", "1,234"]
    nasty = Table((Column("<i>", "part"), Column('"b"')), ((("<x>/</td>",), "</script>"),), "<c>")
    assert Page(table_html(nasty)).rows == [["<i>", '"b"'], ["<x>/</td>", "</script>"]]
    assert "<c>" not in table_html(nasty)
    assert "<caption>a &amp; b</caption>" in table_html(nasty, "a & b")


def test_each_kind_of_rate_has_its_colour_its_sign_and_its_word() -> None:
    page = table_html(TABLE)
    for kind in SPEEDS:
        assert f'<span class="wl-pill wl-{kind}" title="{kind}">{MARKS[kind].sign} ' in page
        assert f"var(--wl-{kind})" in page
        assert page.count(f"--wl-{kind}:") >= 2  # on white, and on black


def bars(table: Table) -> list[tuple[float, float]]:
    """Where each bar begins, and how long it is; None is a bar of no length."""
    found = []
    for svg in re.findall(r"<svg.*?</svg>", table_html(table)):
        ends = re.search(r'<rect x="([\d.]+)" y="2" width="([\d.]+)"', svg)
        found.append((float(ends[1]), float(ends[2])) if ends else (0.0, 0.0))
    return found


def test_a_bar_is_as_long_as_its_rate_and_a_negative_one_goes_to_the_other_side() -> None:
    frozen, slowed, usual, fast, climbing = bars(TABLE)
    assert frozen == (0.0, 0.0)
    zero = slowed[0]
    assert usual[0] == fast[0] == zero
    assert abs(fast[1] - 4 * usual[1]) < 0.2
    assert abs(usual[1] - 4 * slowed[1]) < 0.2
    assert climbing[0] + climbing[1] == zero
    assert abs(climbing[1] - usual[1]) < 0.2
    assert zero + fast[1] <= tables.WIDE


def test_rates_of_phases_stand_one_after_the_other() -> None:
    columns = Column("array", "key"), Column("rate", "rates")
    table = Table(columns, ((("a", "W"), (0.0, 0.5, 1.0)),))
    assert Page(table_html(table)).rows[1] == ["a/W", "■ 0 → ▼ 0.5 → ● 1"]
    assert bars(table) == [(0.0, tables.WIDE)]


def test_a_folded_row_has_its_rows_under_it() -> None:
    page = table_html(many(60))
    rows = Page(page).rows
    assert rows[1][0] == "1;;60/Weights (60 arrays)"
    assert [row[0] for row in rows[2:]] == [f"{n}/Weights" for n in range(1, 61)]
    assert [row[3] for row in rows[1:4]] == ["1,830", "1", "2"]
    assert rows[2][1:3] == ["", ""]  # told above
    assert page.count("<details>") == 1
    assert "60 arrays in 1 row; a row opens where it is clicked." in page
    # Hidden only where a browser can show them again.
    hidden = re.search(r"@supports selector\(:has\(a\)\)\{\s*(.*?display:none)", page, re.DOTALL)
    assert hidden is not None
    assert page.count("display:none}}") == 1


def test_of_very_many_rows_a_page_says_which_are_left_out() -> None:
    page = table_html(many(tables.MOST_MEMBERS + 500))
    assert page.count('class="wl-member"') == tables.MOST_MEMBERS
    assert "Of those in it 2,000 are here; to_records() has all." in page
    assert "are here" not in table_html(many(60))


def test_tables_under_one_another_are_one_piece_of_a_page() -> None:
    page = Sheet("A <title>", (TABLE, many(3)))._repr_html_()
    assert len(Page(page).rows) == 1 + 5 + 1 + 3
    assert page.count("<style>") == 1
    assert "A &lt;title&gt;" in page


def test_a_program_and_what_it_leaves_out_are_tables() -> None:
    net = wl.NetChain({"a": 4, "b": "Ramp", "c": 2}, input=3)
    program = wl.net_program(net, learning_rate_multipliers={"a": None, wl.ANY: 1})
    rows = Page(program._repr_html_()).rows
    assert ["for every batch"] in rows
    assert ["operations an example", f"{program.operations_per_example:,}"] in rows
    assert ["a", "gradient product + update; gradient sum + update"] in rows


def test_tables_of_nets_and_trainings_are_html_in_notebooks() -> None:
    net = wl.NetChain([2, "Ramp"], input=3)
    table = wl.information(net, "ArraysLearningRateMultipliersTable")
    assert Page(table._repr_html_()).rows[1][:2] == ["1/Weights", "2x3"]
    results = wl.net_train(net, ([[1.0, 2, 3]], [[0.0, 1]]), wl.ALL, max_training_rounds=1)
    for name in ("ArraysLearningRateMultipliersTable", "ArraysReportTable"):
        assert "● 1" in results[name]._repr_html_()


SHEETS = {".wl-table": TABLE._repr_html_, ".wl-net": wl.NetChain([2], input=1)._repr_html_}


@pytest.mark.parametrize("scope", SHEETS)
def test_its_style_wins_against_that_of_jupyterlab(scope: str) -> None:
    # JupyterLab sets cells to the right by ":not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon td".
    page = SHEETS[scope]()
    rules = re.findall(
        r"([^{}]*)\{([^{}]*)\}", page[page.index("<style>") + 7 :].partition("</")[0]
    )
    own = [(where.strip(), what) for where, what in rules if "--wl-" not in what.partition(":")[0]]
    assert own
    for where, what in own:
        if scope in where and "wl-" in where and not what.startswith("--wl-"):
            assert where.count(scope) % 4 == 0, where
    if scope == ".wl-table":
        assert any(re.search(r"(\.wl-table){4} td$", where) for where, _ in own)


def test_what_opens_has_a_triangle_in_pages_that_make_it_a_block() -> None:
    """nbconvert's template "classic" does."""
    assert "summary{display:list-item" in table_html(many(60))
    for net in (wl.NetChain([2], input=1), wl.NetChain([wl.NetChain([2])], input=1)):
        page = net._repr_html_()
        assert re.search(r"\.wl-net>details>summary\{display:list-item", page)
        assert re.search(r"\.wl-level summary\{display:list-item", page)
    results = wl.net_train(
        wl.NetChain([2], input=3), ([[1.0, 2, 3]], [[0.0, 1]]), wl.ALL, max_training_rounds=1
    )
    assert re.search(r"\.wl-results summary\{display:list-item", results._repr_html_())


def test_names_that_are_read_from_right_to_left_do_not_turn_a_rule_around() -> None:
    name = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"
    rule = f"rule 5: '{name}' -> -0.1"
    table = Table(COLUMNS, (((name, "Weights"), -0.1, rule, 3),))
    page = table_html(table)
    assert f"<bdi>{name}</bdi>/<wbr>Weights" in page
    assert f"&#x27;<bdi>{name}</bdi>&#x27; <span" in page
    assert Page(page).rows[1][2] == rule
    assert rule in table.to_text(None)
    net = wl.NetChain({name: 2}, input=1)
    assert page.count("<bdi>") == 2
    assert f"<bdi>{name}</bdi>" in net._repr_html_().partition("<pre>")[2]


@given(st.text("a\u05d0 1<&'/-_", max_size=60))
def test_a_text_as_html_is_that_text(text: str) -> None:
    told: list[str] = []
    parser = HTMLParser()
    parser.handle_data = told.append  # type: ignore[method-assign]
    parser.feed(markup(text))
    parser.close()
    assert "".join(told) == text


def test_long_words_may_be_broken_and_short_ones_are_not() -> None:
    digest = "0123456789abcdef" * 4
    page = table_html(Table((Column("name", "part"), Column("digest")), (((digest,), digest),)))
    assert page.count("<wbr>") == 2 * 7
    assert Page(page).rows[1] == [digest, digest]
    assert "<wbr>" not in markup("a_word_of_24_letters_it_ and others")
    assert "white-space:nowrap;border-radius" in page  # a rate is not broken, but rates are


def test_rates_that_six_digits_do_not_tell_are_told_in_all_of_theirs() -> None:
    columns = Column("array", "key"), Column("rate", "rate"), Column("rates", "rates")
    rows = tuple((("a", "W"), rate, (1.0, rate)) for rate in (1.0000001, 0.99999999, 1.0))
    table = Table(columns, rows)
    for text in (table.to_text(None), table_html(table)):
        for rate in ("1.0000001 fast", "0.99999999 slowed", "0.99999999"):
            assert rate in text
        assert not re.search(r"(?<!0)1 fast", text)


def test_a_share_is_readable_however_large_or_small() -> None:
    told = [cell("share", share)[0] for share in (2.1e20, 15.0, 1234.5, 9.999, 0.5, 1e-9, 0.0)]
    assert told == ["2.1e+22 %", "1,500%", "123,450%", "999.9%", "50.0%", "1e-07 %", "0.000%"]
    assert folded_cell("share", "range", [1e-9, 2.1e20]) == ("1e-07 %..2.1e+22 %",)
    assert folded_cell("share", "range", [0.0, 25.0]) == ("0%..2,500%",)
