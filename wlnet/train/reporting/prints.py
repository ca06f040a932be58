"""What functions of the user print while a live line is there: it stands on lines of its own.

As long as such a function runs, standard output and standard error are in here, where they are
terminals: the first letter that comes erases the line. It comes again when the function is done.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from wlnet.train.reporting.lines import LINES
from wlnet.train.reporting.places import is_terminal

NAMES = "stdout", "stderr"


class _Stream:
    """A stream in front of which a line steps aside."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        """Write, on a line of its own."""
        # Where the line cannot be written either, that is told elsewhere.
        with suppress(Exception):
            LINES.rest()
        return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write them, one after the other."""
        for each in lines:
            self.write(each)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Prints:
    """A block that may print, in any thread and within another: streams stand in front of those
    there are as long as any is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._before: dict[str, Any] = {}

    def __enter__(self) -> None:
        with self._lock:
            self._open += 1
            if not self._before:
                self._before = {
                    name: stream
                    for name in NAMES
                    if is_terminal(stream := getattr(sys, name)) and not isinstance(stream, _Stream)
                }
                for name, stream in self._before.items():
                    setattr(sys, name, _Stream(stream))

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._open -= 1
            if self._open <= 0:
                self._restore()

    def end(self) -> None:
        """No line is there any more: nothing is open, even where an interrupt left it so."""
        with self._lock:
            self._restore()

    def _restore(self) -> None:
        self._open = 0
        for name, stream in self._before.items():
            # Unless somebody has put another one there.
            if isinstance(getattr(sys, name), _Stream):
                setattr(sys, name, stream)
        self._before = {}


PRINTS = Prints()
