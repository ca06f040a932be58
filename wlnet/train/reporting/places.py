"""Where a training is watched: in a notebook, in a terminal, or by nobody at the moment."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

WIDEST = 200
"""Columns beyond which a line is no easier to read."""
NARROWEST = 20
FREE = 3
PAGE = 100
"""Columns of what is printed in a notebook."""
USUAL = 80
SAMPLE = "█▏▁░⠒·"
"""What a stream must be able to write, for more than plain letters to be used."""


def notebook() -> bool:
    """Whether this runs in a notebook: IPython is never imported for that."""
    get = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return getattr(get(), "kernel", None) is not None if callable(get) else False


def is_terminal(stream: Any) -> bool:
    """Whether somebody sees at once what is written to a stream."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError, OSError):  # no stream, or one that is closed
        return False


class Place:
    """A stream, and what it can show."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.is_terminal = is_terminal(stream)
        is_plain = os.environ.get("TERM") == "dumb" or _is_old_windows()
        self.erases = self.is_terminal and not is_plain
        """Whether it knows how to erase the rest of a line."""
        self.colors = self.erases and not os.environ.get("NO_COLOR")
        self.letters = _writes(stream, SAMPLE)
        """Whether it has more than plain letters."""

    @property
    def width(self) -> int | None:
        """How many letters a line may have; None where it has no end. The last columns stay free:
        some terminals begin a new line behind the last one, and an interrupt is echoed as ^C."""
        if not self.is_terminal:
            return PAGE if notebook() and self.stream in (sys.stdout, sys.stderr) else None
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (AttributeError, ValueError, OSError):
            columns = shutil.get_terminal_size((USUAL, 24)).columns
        return max(NARROWEST, min((columns or USUAL) - FREE, WIDEST))

    def write(self, text: str) -> None:
        """Write at once."""
        encoding = getattr(self.stream, "encoding", None)
        if not _writes(self.stream, text):
            text = text.encode(encoding or "ascii", "replace").decode(encoding or "ascii")
        self.stream.write(text)
        flush = getattr(self.stream, "flush", None)
        if flush is not None:
            flush()


def _writes(stream: Any, text: str) -> bool:
    """Whether a stream can write some letters."""
    encoding = getattr(stream, "encoding", None)
    if encoding is None:
        # Streams of letters, such as io.StringIO, take all of them.
        return True
    try:
        text.encode(encoding)
    except (LookupError, UnicodeError):
        return False
    return True


def _is_old_windows() -> bool:
    signs = ("WT_SESSION", "ANSICON", "TERM", "TERM_PROGRAM", "ConEmuANSI")
    return sys.platform == "win32" and not any(map(os.environ.get, signs))
