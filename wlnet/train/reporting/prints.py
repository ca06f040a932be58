"""What functions of the user print while a live line is there: it stands on lines of its own.

As long as such a function runs, standard output and standard error are in here, where they are
terminals: the first letter that comes erases the line. It comes again when the function is done.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
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


class _Prints:
    """Puts streams in front of those there are, as long as any function of any training runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._before: dict[str, Any] = {}

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A block that may print."""
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._before = {
                    name: stream
                    for name in NAMES
                    if is_terminal(stream := getattr(sys, name)) and not isinstance(stream, _Stream)
                }
                for name, stream in self._before.items():
                    setattr(sys, name, _Stream(stream))
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    for name, stream in self._before.items():
                        # Unless somebody has put another one there.
                        if isinstance(getattr(sys, name), _Stream):
                            setattr(sys, name, stream)


PRINTS = _Prints()
