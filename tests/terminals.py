"""A terminal for tests: a stream that says it is one, and what somebody sees on it."""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CODES = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")


class Watched:
    """Makes a stream standard error as long as any block of it is open, in whatever thread; pytest
    puts its own there at the beginning of every test."""

    def __init__(self) -> None:
        self.stream: Any = None
        self._before: Any = None
        self._open = 0
        self._lock = threading.Lock()

    @contextmanager
    def block(self) -> Iterator[None]:
        """A block that writes to it."""
        if self.stream is None:
            yield
            return
        with self._lock:
            self._open += 1
            if self._open == 1:
                self._before, sys.stderr = sys.stderr, self.stream
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
                if not self._open:
                    sys.stderr = self._before


class Terminal(io.StringIO):
    """Somebody looks at it."""

    def isatty(self) -> bool:
        return True


class PlainTerminal(io.TextIOWrapper):
    """Somebody looks at it, and it knows plain letters alone."""

    def __init__(self) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding="ascii", errors="strict", newline="")

    def isatty(self) -> bool:
        return True

    def getvalue(self) -> str:
        """All that was written."""
        self.flush()
        return self.bytes.getvalue().decode("ascii")


class Screen:
    """What is seen after something was written: `lines`; and whether the cursor is."""

    def __init__(self, written: str) -> None:
        self.lines = [""]
        self.column = self.row = 0
        self.is_seen = True
        self.widest = 0
        at = 0
        for code in CODES.finditer(written):
            self._put(written[at : code.start()])
            self._obey(*code.groups())
            at = code.end()
        self._put(written[at:])

    def _put(self, text: str) -> None:
        assert "\x1b" not in text, text
        for letter in text:
            if letter == "\n":
                self.row, self.column = self.row + 1, 0
                if self.row == len(self.lines):
                    self.lines.append("")
            elif letter == "\r":
                self.column = 0
            else:
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
                self.column += 1
                self.widest = max(self.widest, self.column)

    def _obey(self, numbers: str, kind: str) -> None:
        if kind == "K":
            kept = self.lines[self.row][: self.column]
            self.lines[self.row] = "" if numbers == "2" else kept
        elif kind == "A":
            self.row = max(self.row - int(numbers or 1), 0)
        elif kind in "hl":
            assert numbers == "?25", numbers
            self.is_seen = kind == "h"
        else:
            assert kind == "m", (numbers, kind)

    @property
    def text(self) -> list[str]:
        """The lines, without blanks at their ends."""
        return [line.rstrip() for line in self.lines]
