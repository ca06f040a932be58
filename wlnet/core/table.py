"""Tables: what is told of arrays, layers or calls, as a value that shows itself where it is.

As text it fits the terminal, in a notebook it is a table of HTML; it gives Markdown and records.
Long ones are folded by part where they are shown, and whole as records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.folding import Line, fold
from wlnet.core.net import Services
from wlnet.core.parts import NetSharedArray, Path
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.table_cells import KINDS, Cell, Column, cell, folded_cell
from wlnet.core.table_text import Grid, Section, Shown, as_width, broken, markdown_of, text_of
from wlnet.core.terminal import columns, in_one_line, writable

MOST = 40
"""Rows that are shown unfolded."""


FIGURES = Column("name"), Column("value", "value")


@dataclass(frozen=True, repr=False)
class Table:
    """A table. `str(table)` fits the terminal, notebooks show HTML, `to_records()` is for programs.

    rows: a value a column. caption: what stands above. noun: what a row is about, in the plural.
    by: the column that has the parts of a net, by which rows are folded; None where there is none.
    sections: before the row of each number there stands a heading. is_headless: whether the names
    of columns are not shown.

    >>> columns = Column("array", "key"), Column("rate", "rate")
    >>> print(Table(columns, ((("read", "Weights"), 1.0), (("read", "Biases"), 0.0))))
    array         rate
    ------------  --------
    read/Weights  1
    read/Biases   0 frozen
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    caption: str = ""
    noun: str = "rows"
    by: int | None = None
    sections: tuple[tuple[int, str], ...] = ()
    is_headless: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.to_records())

    def __contains__(self, words: object) -> bool:
        """Whether its text has these words anywhere, however it is folded and broken."""
        return isinstance(words, str) and words in self.to_text(None, fold=False)

    def __str__(self) -> str:
        return text_of(self.grid().written(writable), columns())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        assert Services.html is not None
        return Services.html(self)

    def to_text(self, width: Any = AUTOMATIC, fold: Any = AUTOMATIC) -> str:
        """The table as text.

        width: in so many columns; AUTOMATIC: those of the terminal, or 100 where there is none;
        None: as wide as it gets. Words are broken at blanks; where columns do not fit at all, each
        row is a block of lines, in which a word that is wider than all of it is broken anywhere.
        Nothing is left out, and no line is wider but one: a number is never broken, so that one
        with more digits than there are columns stands alone in a line that is as wide as it is.
        fold: AUTOMATIC folds tables of more than 40 rows by part, True as far as it goes, a number
        into no more rows than that where it can be, False not at all. The last line says so.

        Raises OptionError.
        """
        return text_of(self.grid(fold), as_width(width))

    def to_markdown(self, fold: Any = AUTOMATIC) -> str:
        """The table in Markdown, as GitHub and notebooks read it; fold as for `to_text`."""
        return markdown_of(self.grid(fold))

    def to_records(self) -> list[dict[str, Any]]:
        """Every row as a dict by the names of columns; never folded. pandas.DataFrame takes it."""
        plain = [KINDS[column.kind].plain for column in self.columns]
        names = [column.name for column in self.columns]
        return [
            {
                name: None if value is None else made(value)
                for name, made, value in zip(names, plain, row, strict=True)
            }
            for row in self.rows
        ]

    def grid(self, fold: Any = AUTOMATIC) -> Grid:
        """What is shown, by its texts. Raises OptionError."""
        sections = self._sections(as_most(fold))
        count = sum(len(section.rows) for section in sections)
        foot = ""
        if count < len(self.rows):
            rows = "1 row" if count == 1 else f"{count:,} rows"
            each = "to_text(fold=False) and to_records() have a row each."
            foot = f"{len(self.rows):,} {self.noun} in {rows}; {each}"
        return Grid(self.columns, sections, self.caption, foot, self.is_headless)

    def _sections(self, most: int | None) -> tuple[Section, ...]:
        headings = dict(self.sections)
        ends = [*sorted({0, *headings}), len(self.rows)]
        spans = [range(a, b) for a, b in pairwise(ends) if a < b]
        shares: dict[int, int] = {}
        if self.by is not None and most is not None and len(self.rows) > most:
            left = most
            for i, each in enumerate(sorted(spans, key=len)):
                shares[each.start] = left // (len(spans) - i)
                left -= min(shares[each.start], len(each))
        found = []
        for each in spans:
            share = shares.get(each.start)
            if share is None or len(each) <= share:
                rows = [Shown(self.cells(row), (row,)) for row in each]
            else:
                rows = self._folded(each, share)
            found.append(Section(headings.get(each.start, ""), tuple(rows)))
        return tuple(found)

    def cells(self, row: int) -> tuple[Cell, ...]:
        """The text of a row."""
        values = zip(self.columns, self.rows[row], strict=True)
        return tuple(cell(column.kind, value) for column, value in values)

    def _folded(self, rows: range, most: int) -> list[Shown]:
        by = self.by
        assert by is not None
        is_key = self.columns[by].kind == "key"
        same = [
            (i, KINDS[column.kind].relative)
            for i, column in enumerate(self.columns)
            if column.folded == "same" and i != by
        ]

        def says(number: int, at: Path) -> tuple[Any, ...]:
            row = self.rows[rows[number]]
            return tuple(None if row[i] is None else seen(row[i], at) for i, seen in same)

        lines = [_line(self.rows[row][by], is_key) for row in rows]
        found = []
        for label, numbers in fold(lines, says, most):
            of = tuple(rows[number] for number in numbers)
            cells = list(self.cells(of[0]))
            if len(of) > 1:
                for i, column in enumerate(self.columns):
                    values = [self.rows[row][i] for row in of]
                    if i == by:
                        words = in_one_line("/".join(label)) or cells[i][0]
                        cells[i] = (f"{words} ({len(of):,} {self.noun})",)
                    else:
                        cells[i] = folded_cell(column.kind, column.folded, values, column.name)
            found.append(Shown(tuple(cells), of))
        return found


def _line(key: object, is_key: bool) -> Line:
    if isinstance(key, NetSharedArray) or not isinstance(key, tuple):
        return Line((), str(key))
    return Line(key[:-1], str(key[-1])) if is_key else Line(key)


def as_most(fold: object) -> int | None:
    """How many rows are shown at most; None for all. Raises OptionError."""
    if fold is AUTOMATIC:
        return MOST
    if isinstance(fold, bool):
        return 1 if fold else None
    if isinstance(fold, int) and fold > 0:
        return fold
    expected = "AUTOMATIC, True, False, or how many rows there may be"
    raise fail(OptionError, Fault("tables are not folded so", "fold", brief(fold), expected))


class Figures(dict[str, Any]):
    """Figures by name: a dict that shows itself as a table.

    >>> Figures({"LayersCount": 3, "InputPortNames": ["Input"]})
    LayersCount     3
    InputPortNames  Input
    """

    @property
    def table(self) -> Table:
        """The figures as a table."""
        return Table(FIGURES, tuple(self.items()), is_headless=True)

    def __str__(self) -> str:
        return str(self.table)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


@dataclass(frozen=True, repr=False)
class Sheet:
    """Tables under one another, which show themselves together. title: what stands above."""

    title: str
    tables: tuple[Table, ...]

    def __str__(self) -> str:
        title = broken(writable(self.title), columns())
        return "\n\n".join(["\n".join(title), *map(str, self.tables)])

    __repr__ = __str__

    def to_text(self, width: Any = AUTOMATIC, fold: Any = AUTOMATIC) -> str:
        """As `to_text` of a table."""
        texts = [table.to_text(width, fold) for table in self.tables]
        return "\n\n".join(["\n".join(broken(self.title, as_width(width))), *texts])

    def to_markdown(self, fold: Any = AUTOMATIC) -> str:
        """As `to_markdown` of a table."""
        texts = [table.to_markdown(fold) for table in self.tables]
        return "\n\n".join([f"**{self.title}**", *texts])

    def _repr_html_(self) -> str:
        assert Services.html is not None
        return Services.html(self)
