"""A table fits where it is shown, tells every number whole, and folds nothing in silence."""

from __future__ import annotations

import copy
import io
import pickle
import re
import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet.core import terminal
from wlnet.core.table import Figures, Sheet, Table
from wlnet.core.table_cells import Column
from wlnet.core.table_text import broken

MIXED = (
    Column("array", "key"),
    Column("rate", "rate"),
    Column("decided by"),
    Column("beat", "placed"),
    Column("numbers", "count", folded="sum"),
    Column("moved", "share", folded="range"),
)
BEAT = (("rule 2: 'hidden' -> 0.5", None), ("rule 3: ANY -> 1.0", ("block", 2)))
ROWS = (
    (("hidden", "Weights"), 0.5, "rule 1: ('hidden', 'Weights') -> 0.5", BEAT, 12345, 0.0012),
    (("hidden", "Biases"), 0.0, "the default", (), 40, None),
    ((wl.NetSharedArray("w")), -1.0, "rule 4: NetSharedArray('w') -> -1.0", (), 7, 0.5),
)
TABLE = Table(MIXED, ROWS, noun="arrays", by=0)

WORDS = st.text("ab é層/,", min_size=1, max_size=40)
COLUMNS = Column("name"), Column("so many", "count"), Column("all", "texts")
ROW = st.tuples(
    WORDS, st.one_of(st.none(), st.integers(0, 10**12)), st.lists(WORDS, max_size=3).map(tuple)
)
TABLES = st.lists(ROW, max_size=8).map(lambda rows: Table(COLUMNS, tuple(rows)))


def letters(*texts: str) -> Counter[str]:
    return Counter(re.sub(r"\s", "", "".join(texts)))


@given(TABLES, st.integers(1, 120))
def test_no_letter_and_no_number_is_lost_at_any_width(table: Table, width: int) -> None:
    text = table.to_text(width)
    assert letters(*(word for name, _, items in table.rows for word in (name, *items))) <= letters(
        text
    )
    for _, number, _ in table.rows:
        assert number is None or f"{number:,}" in text


@given(TABLES, st.integers(1, 120))
def test_no_line_is_wider_but_that_of_a_number(table: Table, width: int) -> None:
    for line in table.to_text(width).splitlines() if len(table) else ():
        if terminal.width_of(line) > width:
            # The other is a letter of East Asia where there is one column.
            assert re.fullmatch(r"[\d,]+", line) or (width == 1 and len(line) == 1)


@given(st.text("ab é層/,1(", max_size=60), st.integers(1, 40))
def test_captions_headings_and_figures_are_no_wider(words: str, width: int) -> None:
    columns = Column("name"), Column("value", "value")
    table = Table(columns, ((words, words),), words, sections=((0, words),), is_headless=True)
    sheet = Sheet(words, (table, Table(columns, ((words, 1),) * 50, words, sections=((0, words),))))
    for shown in (table, sheet):
        text = shown.to_text(width)
        assert letters(words) <= letters(text)
        for line in text.splitlines():
            if terminal.width_of(line) > width:
                assert re.fullmatch(r"[(]*[\d,]+[);:,.]*", line) or (width == 1 and len(line) == 1)


def test_a_number_that_is_wider_than_the_terminal_stands_alone() -> None:
    table = Table((Column("array"), Column("numbers", "count")), (("n" * 30, 640000),))
    assert table.to_text(10).splitlines() == [
        "array:", "n" * 10, *["  " + "n" * 8] * 2, "  nnnn", "numbers:", "  640,000"]  # fmt: skip
    assert table.to_text(5).splitlines()[-3:] == ["numbe", "rs:", "640,000"]
    assert broken("of 12,345.6 or 1e-05; and 50%", 4) == [
        "of", "12,345.6", "or", "1e-05;", "and", "50%"]  # fmt: skip
    rule = "rule 12: ('encoder', 'Weights') -> 0.12345"
    assert "0.12345" in broken(rule, 6)


def test_the_text_of_a_program_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    net = wl.NetChain({"n" * 60: 3, "act": "Tanh"}, input=1)
    monkeypatch.setenv("COLUMNS", "30")
    for shown in (
        wl.net_program(wl.net_initialize(net)),
        wl.information(net),
        wl.information(net, "ArraysLearningRateMultipliersTable"),
    ):
        assert max(map(len, str(shown).splitlines())) <= 30


@given(st.text("ab /-", min_size=1), st.integers(1, 40))
def test_a_broken_text_has_all_its_letters_in_their_order(text: str, width: int) -> None:
    lines = broken(text, width)
    assert letters(*lines) == letters(text)
    assert all(line.strip() or not text.strip() for line in lines)


def test_it_is_one_line_a_row_where_it_fits() -> None:
    assert TABLE.to_text(None).splitlines()[2:] == [
        "hidden/Weights       0.5 slowed   rule 1: ('hidden', 'Weights') -> 0.5  "
        "rule 2: 'hidden' -> 0.5; rule 3: ANY -> 1.0 (block/2)   12,345  0.120%",
        "hidden/Biases        0 frozen     the default                           "
        "-                                                           40       -",
        "NetSharedArray('w')  -1 climbing  rule 4: NetSharedArray('w') -> -1.0   "
        "-                                                            7   50.0%",
    ]


def test_words_are_broken_at_blanks_and_numbers_are_not() -> None:
    text = TABLE.to_text(100)
    assert max(map(len, text.splitlines())) <= 100
    assert "12,345" in text
    assert "-> 0.5" in text
    assert re.search(r"^  'Weights'\)|    'Weights'\)", text, re.MULTILINE)
    assert [line for line in text.splitlines() if line.startswith("hidden/")] != []


def test_on_a_narrow_terminal_each_row_is_a_block() -> None:
    blocks = TABLE.to_text(40).split("\n\n")
    assert len(blocks) == 3
    assert blocks[1] == (
        "array:      hidden/Biases\nrate:       0 frozen\ndecided by: the default\n"
        "beat:       -\nnumbers:    40\nmoved:      -"
    )
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 40


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"  # type: ignore[assignment]

        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            return 1

    assert str(TABLE) == TABLE.to_text(100)
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(terminal.os, "get_terminal_size", lambda number: (61, 24))
    assert str(TABLE) == TABLE.to_text(61)
    monkeypatch.setenv("COLUMNS", "77")
    assert str(TABLE) == TABLE.to_text(77)
    for nothing in ("", "0", "wide"):
        monkeypatch.setenv("COLUMNS", nothing)
        assert str(TABLE) == TABLE.to_text(61)


def test_letters_that_the_terminal_lacks_are_written_by_their_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Table((Column("name"),), (("β and 層",),))
    assert "β and 層" in str(table)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert str(table).splitlines()[1:] == ["-" * 17, "\\u03b2 and \\u5c64"]
    print(table)


def test_a_name_cannot_move_the_cursor_or_break_the_table() -> None:
    text = Table((Column("name"),), (("a\n\x1b[31mb\tc",),)).to_text(None)
    assert text.splitlines()[2:] == ["a\\n\\x1b[31mb\\tc"]


def test_wide_letters_take_two_columns() -> None:
    table = Table((Column("a"), Column("b")), (("層層", "x"), ("ab", "y")))
    _, line, *rows = table.to_text(None).splitlines()
    assert (line, rows) == ("----  -", ["層層  x", "ab    y"])


def test_records_have_the_values_and_every_row() -> None:
    assert list(TABLE) == TABLE.to_records()
    assert len(TABLE) == 3
    assert TABLE.to_records()[0] == {
        "array": ("hidden", "Weights"),
        "rate": 0.5,
        "decided by": "rule 1: ('hidden', 'Weights') -> 0.5",
        "beat": ("rule 2: 'hidden' -> 0.5", "rule 3: ANY -> 1.0 (block/2)"),
        "numbers": 12345,
        "moved": 0.0012,
    }
    assert TABLE.to_records()[1]["moved"] is None
    assert TABLE.to_records()[2]["array"] == wl.NetSharedArray("w")


def test_words_are_found_in_it_however_it_is_broken() -> None:
    assert "rule 1: ('hidden', 'Weights') -> 0.5" in TABLE
    assert "climbing" in TABLE
    assert "steps" not in TABLE
    assert 3 not in TABLE  # type: ignore[comparison-overlap]


def test_it_is_a_value() -> None:
    for same in (
        pickle.loads(pickle.dumps(TABLE)),
        copy.deepcopy(TABLE),
        Table(MIXED, ROWS, noun="arrays", by=0),
    ):
        assert same == TABLE
        assert hash(same) == hash(TABLE)
    assert Table(MIXED, ROWS[:2], by=0) != TABLE
    with pytest.raises(AttributeError):
        TABLE.rows = ()  # type: ignore[misc]


def deep(count: int, rate: Any = lambda n: 0.0) -> Table:
    columns = (
        Column("array", "key"),
        Column("shape", "shape", folded="any"),
        Column("rate", "rate"),
        Column("set at", "place"),
        Column("numbers", "count", folded="sum"),
        Column("norm", "number", folded="range"),
    )
    rows = tuple(
        (
            (f"block{n}", name),
            (n,) if name == "Biases" else (n, 2),
            rate(n),
            (f"block{n}",),
            n,
            n / 3,
        )
        for n in range(1, count + 1)
        for name in ("Weights", "Biases")
    )
    return Table(columns, rows, noun="arrays", by=0)


def test_forty_rows_are_shown_and_more_are_folded_with_a_word_about_it() -> None:
    assert len(deep(20).to_text(None).splitlines()) == 2 + 40
    rows = tuple(((n, "Weights"),) for n in range(41))
    assert len(Table((Column("array", "key"),), rows[:40], by=0).grid().sections[0].rows) == 40
    assert len(Table((Column("array", "key"),), rows, by=0).grid().sections[0].rows) == 1
    some = deep(21).to_text(None).splitlines()
    assert len(some) == 2 + 21 + 2
    assert some[2].startswith("block1 (2 arrays)")
    text = deep(60).to_text(None)
    assert "block1;;block60 (120 arrays)" in text
    assert "block1;;block60 " in text.splitlines()[2][40:]
    assert text.splitlines()[-1] == (
        "120 arrays in 1 row; to_text(fold=False) and to_records() have a row each."
    )
    assert len(deep(60).to_text(None, fold=False).splitlines()) == 2 + 120
    assert len(deep(60).to_records()) == 120


def test_numbers_of_folded_rows_are_summed_or_told_from_the_lowest_to_the_highest() -> None:
    row = deep(60).to_text(None).splitlines()[2]
    assert "120 shapes" in row
    assert "3,660" in row
    assert row.endswith("0.333..20")


def test_other_rates_are_other_rows() -> None:
    rows = deep(60, lambda n: 0.0 if n <= 40 else 1.0).to_text(None).splitlines()[2:4]
    assert [row.split()[0] for row in rows] == ["block1;;block40", "block41;;block60"]


def test_how_far_it_is_folded_can_be_said() -> None:
    def count(fold: Any) -> int:
        return len(deep(10).to_text(None, fold=fold).splitlines()) - 2

    assert count(wl.AUTOMATIC) == count(False) == count(20) == 20
    assert count(10) == 10 + 2
    assert count(True) == count(1) == 1 + 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fold", 0),
        ("fold", "all"),
        ("fold", None),
        ("width", 0),
        ("width", True),
        ("width", "wide"),
    ],
)
def test_what_no_width_and_no_folding_can_be_is_an_option_error(name: str, value: Any) -> None:
    with pytest.raises(wl.OptionError, match=name):
        TABLE.to_text(**{name: value})


def test_headings_stand_before_their_rows_and_each_is_folded_apart() -> None:
    rows = tuple(((n,), "call") for n in range(60))
    table = Table(
        (Column("layer", "part"), Column("what")),
        rows,
        noun="calls",
        by=0,
        sections=((0, "first"), (5, "then")),
    )
    lines = table.to_text(None).splitlines()
    assert lines[2] == "(first)"
    assert lines[3:8] == [f"{n}                 call" for n in range(5)]
    assert lines[8:10] == ["(then)", "5;;59 (55 calls)  call"]


def test_what_one_heading_does_not_take_is_there_for_the_next_and_no_more() -> None:
    def counts(parts: int) -> list[int]:
        calls = [((n,), "call") for n in range(5)]
        calls += [((n, side), "call") for n in range(parts) for side in (1, 2)]
        columns = Column("layer", "part"), Column("what")
        table = Table(columns, tuple(calls), by=0, sections=((0, "first"), (5, "then")))
        return [len(section.rows) for section in table.grid().sections]

    assert counts(35) == [5, 35]
    assert counts(36) == [5, 1]


def test_markdown_is_a_table_whose_signs_are_no_markdown() -> None:
    table = Table(
        (Column("a|b"), Column("n", "count")), (("x | *y*", 1000), ("<b>", None)), "all_of_it"
    )
    assert table.to_markdown() == (
        "all\\_of\\_it\n\n| a\\|b | n |\n| --- | ---: |\n| x \\| \\*y\\* | 1,000 |\n| \\<b\\> | - |"
    )
    assert "120 arrays in 1 row" in deep(60).to_markdown()


def test_figures_are_a_dict_that_shows_itself_as_a_table() -> None:
    figures = wl.information(wl.NetChain([3, "Ramp", 1], input=2))
    assert isinstance(figures, dict)
    assert type(figures) is Figures
    assert figures == dict(figures)
    assert figures["LayersCount"] == 3
    assert repr(figures).splitlines()[3:5] == [
        "InputPortNames           Input",
        "OutputPortNames          Output",
    ]
    assert figures.table.to_text(12).splitlines()[:3] == ["LayersCount", "  3", ""]
    assert pickle.loads(pickle.dumps(figures)) == figures
    assert "<table" in figures._repr_html_()
