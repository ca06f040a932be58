"""Tables as text that fits its width, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.table_cells import Cell, Column
from wlnet.core.terminal import columns, width_of

APART = "  "
"""Between columns."""
HANGING = "  "
"""Before further lines of words that were broken."""
BETWEEN = "; "
"""Items of a cell in one line."""
BREAKS = re.compile(r"(?<!->) (?![^()]*\);?$)")
"""Blanks at which words are broken: not behind an arrow, nor in parentheses at the end."""
PIECES = re.compile(r"[^/ ]*[/ ]|[^/ ]+")
"""Of words that are broken at every blank, as there is no room for more."""
NUMBER = re.compile(r"[-+(]*\d[\d.,]*(e[-+]?\d+)?%?[;:,.)]* ?")
"""What is a number, with the signs around it."""
LEAST_HUNG = 6
"""Columns from which on further lines hang."""


class Shown(NamedTuple):
    """A row as it is shown. cells: a text a column. rows: the numbers of those it stands for."""

    cells: tuple[Cell, ...]
    rows: tuple[int, ...]

    def written(self, write: Callable[[str], str]) -> Shown:
        """The same, each text put through a function."""
        return Shown(tuple(tuple(map(write, cell)) for cell in self.cells), self.rows)


class Section(NamedTuple):
    """Rows under a heading, or under none."""

    heading: str
    rows: tuple[Shown, ...]


class Grid(NamedTuple):
    """What is shown of a table. foot: what is said below, where rows were folded."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    caption: str
    foot: str
    is_headless: bool

    def written(self, write: Callable[[str], str]) -> Grid:
        """The same, the text of each cell put through a function."""
        sections = tuple(
            Section(heading, tuple(row.written(write) for row in rows))
            for heading, rows in self.sections
        )
        return self._replace(sections=sections)


def as_width(given: object) -> int | None:
    """How many columns there are; None for any number. Raises OptionError."""
    if given is None:
        return None
    if given is AUTOMATIC:
        return columns()
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    expected = "how many columns there are, AUTOMATIC for those of the terminal, None for any"
    raise fail(OptionError, Fault("a text cannot be so wide", "width", brief(given), expected))


def text_of(grid: Grid, most: int | None) -> str:
    """A table as text. most: columns of the terminal; None for any number."""
    widths = _widths(grid, most)
    rows = _blocks(grid, most) if widths is None else _lines(grid, widths)
    above = _filled(grid.caption, most)
    below = ["", *_filled(grid.foot, most)] if grid.foot else []
    return "\n".join([*above, *rows, *below])


def broken(text: str, width: int | None) -> list[str]:
    """A text in lines that are no wider: broken at blanks, behind slashes where that is not enough,
    and anywhere where that is not. Only a number stays whole, alone in its line, and wider if it
    has to be.

    >>> broken("one and two", 7), broken("encoder/block/Weights", 14), broken("rule 12,345", 4)
    (['one and', '  two'], ['encoder/block/', '  Weights'], ['rule', '12,345'])
    """
    if width is None or width_of(text) <= width:
        return [text]
    hanging = HANGING if width >= LEAST_HUNG else ""
    found, line = [], ""
    for word in BREAKS.split(text):
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= width:
            line = longer
            continue
        if not word:  # one of several blanks
            continue
        if line.strip():
            found.append(line)
            line = hanging
        pieces = _pieces(word)
        if any(width_of(hanging + piece) > width for piece in pieces):
            pieces = PIECES.findall(word)
        for piece in pieces:
            if width_of(line + piece.rstrip()) > width:
                found += [line.rstrip()] if line.strip() else []
                line = hanging if found else ""
            *lines, line = _cut(line, piece, width, hanging)
            found += lines
    return [*found, line]


def _cut(line: str, piece: str, width: int, hanging: str) -> list[str]:
    """A line that a piece is put to, in as many lines as it takes."""
    if width_of(line + piece.rstrip()) <= width:
        return [line + piece]
    if NUMBER.fullmatch(piece):
        return [piece]
    found = []
    for letter in piece:
        if line.strip() and width_of(line + letter) > width and letter != " ":
            found.append(line)
            line = hanging
        line += letter
    return [*found, line]


def _pieces(word: str) -> list[str]:
    return re.findall(r"[^/]*/|[^/]+", word) or [word]


def _filled(text: str, width: int | None) -> list[str]:
    return [line.strip() for line in broken(text, width)] if text else []


def _joined(cell: Cell) -> str:
    return BETWEEN.join(cell)


def _items(column: Column, cell: Cell) -> list[str]:
    """A cell, as it is broken first: each item begins a line."""
    if column.is_number:
        return [_joined(cell)]
    return [f"{item}{BETWEEN.rstrip()}" for item in cell[:-1]] + [cell[-1]]


def _words(column: Column, item: str) -> list[str]:
    """What of an item cannot be broken."""
    if column.is_number:
        return [item]
    pieces = [piece for word in BREAKS.split(item) for piece in _pieces(word)]
    return [f"{HANGING if i else ''}{piece}" for i, piece in enumerate(pieces)]


def _cell_lines(column: Column, cell: Cell, width: int | None) -> list[str]:
    """A cell in lines: one where it fits."""
    whole = _joined(cell)
    if column.is_number or width is None or width_of(whole) <= width:
        return [whole]
    return [line for item in _items(column, cell) for line in broken(item, width)]


def _widths(grid: Grid, most: int | None) -> list[int] | None:
    """How wide each column is; None where they do not fit beside one another."""
    rows = [row.cells for section in grid.sections for row in section.rows]
    whole, split, least = [], [], []
    for i, column in enumerate(grid.columns):
        head = "" if grid.is_headless else column.name
        cells = list(dict.fromkeys(row[i] for row in rows))
        whole.append(max([width_of(head), *(width_of(_joined(cell)) for cell in cells)]))
        items = [item for cell in cells for item in _items(column, cell)]
        split.append(max([width_of(head), *map(width_of, items)]))
        words = [*head.split(), *(word for item in items for word in _words(column, item))]
        least.append(max(map(width_of, words), default=0))
    room = None if most is None else most - len(APART) * (len(whole) - 1)
    if room is None or sum(whole) <= room or not rows:
        return whole
    if sum(least) > room:
        return None
    # The widest columns give way first, down to one width for all of them.
    limit = max(split)
    while sum(map(max, least, (min(limit, each) for each in split))) > room:
        limit -= 1
    found = [max(at_least, min(limit, each)) for at_least, each in zip(least, split, strict=True)]
    for i, each in enumerate(split):
        found[i] += min(each - found[i], room - sum(found))
    for i, each in enumerate(whole):
        if each - found[i] <= room - sum(found):
            found[i] = each
    return found


def _lines(grid: Grid, widths: Sequence[int]) -> list[str]:
    """Rows under a head, each column as wide as was worked out."""

    def row(cells: Sequence[list[str]]) -> list[str]:
        height = max(map(len, cells))
        lines = []
        for level in range(height):
            texts = [cell[level] if level < len(cell) else "" for cell in cells]
            padded = [
                " " * (width - width_of(text)) + text
                if column.is_number
                else text + " " * (width - width_of(text))
                for column, text, width in zip(grid.columns, texts, widths, strict=True)
            ]
            lines.append(APART.join(padded).rstrip())
        return lines

    found: list[str] = []
    total = sum(widths) + len(APART) * (len(widths) - 1)
    if not grid.is_headless:
        heads = [
            [line.strip() for line in broken(column.name, width)]
            for column, width in zip(grid.columns, widths, strict=True)
        ]
        tallest = max(map(len, heads))
        found += row([[""] * (tallest - len(head)) + head for head in heads])
        found.append(APART.join("-" * width for width in widths))
    for heading, shown in grid.sections:
        found += _filled(f"({heading})", total) if heading else []
        for each in shown:
            found += row(
                [
                    _cell_lines(column, cell, width)
                    for column, cell, width in zip(grid.columns, each.cells, widths, strict=True)
                ]
            )
    return found


def _blocks(grid: Grid, most: int | None) -> list[str]:
    """Each row as a block of lines, a line a column: what a narrow terminal shows."""
    names = [column.name for column in grid.columns]
    wide = max(map(width_of, names)) + 1
    found: list[str] = []
    for heading, shown in grid.sections:
        if heading:
            found += ["", *_filled(f"({heading})", most)]
        for each in shown:
            if grid.is_headless:
                found += ["", *_filled(_joined(each.cells[0]), most)]
                for column, cell in zip(grid.columns[1:], each.cells[1:], strict=True):
                    found += _below(column, cell, most)
                continue
            found.append("")
            for column, name, cell in zip(grid.columns, names, each.cells, strict=True):
                room = None if most is None else most - wide - 1
                least = max(width_of(word) for item in _items(column, cell)
                            for word in _words(column, item))  # fmt: skip
                if room is not None and least > room:
                    found += [*_filled(f"{name}:", most), *_below(column, cell, most)]
                    continue
                first, *others = _cell_lines(column, cell, room)
                found.append(f"{name + ':':{wide}} {first}")
                found += [f"{'':{wide}} {line}" for line in others]
    return found[1:]


def _below(column: Column, cell: Cell, most: int | None) -> list[str]:
    """A cell below its name: set in where there is room for that."""
    least = max(width_of(word) for item in _items(column, cell) for word in _words(column, item))
    if most is None or least <= most - len(HANGING):
        room = None if most is None else most - len(HANGING)
        return [f"{HANGING}{line}" for line in _cell_lines(column, cell, room)]
    return _cell_lines(column, cell, most)


def markdown_of(grid: Grid) -> str:
    """A table in Markdown."""
    names = ["" if grid.is_headless else column.name for column in grid.columns]
    rules = ["---:" if column.is_number else "---" for column in grid.columns]
    lines = [f"| {' | '.join(cells)} |" for cells in (map(_marked, names), rules)]
    for heading, shown in grid.sections:
        if heading:
            lines.append(f"| *{_marked(heading)}* {'| ' * len(names)}".rstrip())
        for each in shown:
            cells = (_marked(_joined(cell)) for cell in each.cells)
            lines.append(f"| {' | '.join(cells)} |")
    caption = [_marked(grid.caption), ""] if grid.caption else []
    return "\n".join([*caption, *lines, *(["", _marked(grid.foot)] if grid.foot else [])])


SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~&])")
"""What Markdown takes for a sign of its own."""


def _marked(text: str) -> str:
    return SIGNS.sub(r"\\\1", text)
