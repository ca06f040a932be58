"""What standard output is: how many columns it has, and which letters it can write."""

from __future__ import annotations

import os
import sys
import unicodedata

COLUMNS = 100
"""Of what is no terminal: a file, a pipe, a page. So a text is the same in all of them."""


def columns() -> int:
    """How many columns standard output has: what the variable COLUMNS says, else the terminal;
    100 where there is none."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdecimal() and 0 < len(said) < 6 and int(said):
        return int(said)
    try:
        return (sys.stdout.isatty() and os.get_terminal_size(sys.stdout.fileno())[0]) or COLUMNS
    except (AttributeError, OSError, ValueError):  # no stream, closed, or not one of the system
        return COLUMNS


def writable(text: str) -> str:
    """A text as standard output can write it: letters that it lacks by their numbers, as Python
    writes them in strings."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def width_of(text: str) -> int:
    """How many columns of a terminal a line of text takes.

    >>> width_of("layer"), width_of("層")
    (5, 2)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def in_one_line(text: str) -> str:
    """A text without line breaks and other signs that move a terminal's cursor: those are written
    as Python writes them in strings.

    >>> in_one_line("a" + chr(10) + "b")
    'a\\\\nb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
