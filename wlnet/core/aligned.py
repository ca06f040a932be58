"""Tables to print: rows of text in columns."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str] = ()) -> str:
    """Rows under a head, each column as wide as its widest cell. numbers: columns that are set to
    the right.

    >>> print(aligned(("part", "n"), [("1/Weights", "7"), ("2", "12")], ["n"]))
    part        n
    ---------  --
    1/Weights   7
    2          12
    """
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    right = [name in numbers for name in head]

    def line(cells: Sequence[str]) -> str:
        set_up = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(cells, widths, right, strict=True)
        ]
        return "  ".join(set_up).rstrip()

    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)])
