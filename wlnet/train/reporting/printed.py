"""A line a round, for a terminal, a file, or whatever reads what a program prints."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from wlnet.results.progress import Progress
from wlnet.train.reporting import words as w
from wlnet.train.reporting.displays import Display
from wlnet.train.reporting.fitted import Item, item
from wlnet.train.reporting.line import last_items, line_of
from wlnet.train.reporting.places import Place

QUIET = 5.0
"""Seconds between two lines, where nobody asked for them."""
LONG, LONG_QUIET = 5.0, 60.0
"""Seconds without a line after which there is one within a round: where lines were asked for, and
where they were not."""
EVERY = 0.1
"""Seconds between two lines, where lines were asked for, but nobody said when."""
FAST = "(rounds are faster than ten lines a second: some have no line)"


def items_of(p: Progress) -> list[Item]:
    """What a line tells of a round, or within one."""
    found = [item(*w.place_forms(p))]
    if not p.is_whole:
        words = w.batch_words(p)
        if p.unit and p.batches is None:
            found = [item((f"round {p.round} ({NO_END})", 80), (f"round {p.round}", 0))]
        found.append(item(*zip(words, (28, 27), strict=False)))
    found += w.figure_items(p, 0)
    found.append(item(*zip(w.phase_words(p), (90, 48), strict=False)))
    found.append(item((w.speed_text(p.examples_per_second), 57)))
    found.append(item(*zip(w.rate_words(p), (71, 68), strict=True)))
    found.append(item(*zip(w.learning_words(p)[1:], (69, 55), strict=True)))
    if p.left is not None:
        found.append(item((w.left_words(p), 26)))
    return [each for each in found if each.forms]


NO_END = "one pass: it ends with the generator, as there is no RoundLength"


class Printed(Display):
    """Prints a line a round, at most ten a second, and of the last round whatever happens. quiet:
    only after a while, and then now and then, for nobody asked. has_times: whether somebody said
    when, so that no line is left out or added."""

    is_live = False
    has_curves = False

    def __init__(self, stream: Any, quiet: bool = False, has_times: bool = False) -> None:
        self.place = Place(stream)
        self._usual = QUIET if quiet else 0.0 if has_times else EVERY
        self.by_round = self._usual
        self.within = LONG_QUIET if quiet else LONG
        self._quiet, self._is_free = quiet, not (quiet or has_times)
        self._has_begun = self._has_said = False
        self._told: int | None = None
        """The last round that has a line; None before the first one."""

    @property
    def where(self) -> str:
        return _name_of(self.place.stream)

    def show(self, now: Progress) -> None:
        if now.waits:
            return
        # A round of which lines were told has one of its own.
        self.by_round = self._usual if now.is_whole or self._quiet else 0.0
        if now.is_whole:
            self._tell(now)
        else:
            self._write(items_of(now))

    def end(self, last: Progress) -> None:
        if self._is_free and last.round > max(self._told or 0, last.before):
            self._tell(replace(last, ended=None, verdict="", learned=None, rates_of=""))
        if self._has_begun or not self._quiet:
            self._write(last_items(last))

    def _tell(self, now: Progress) -> None:
        """The line of a round that is over; that some have none is said once."""
        before = now.before if self._told is None else self._told
        if self._is_free and not self._has_said and now.round > before + 1:
            self._has_said = True
            self._line(FAST)
        self._told = now.round
        self._write(items_of(now))

    def _write(self, items: list[Item]) -> None:
        self._line(line_of(items, self.place.width)[0])

    def _line(self, text: str) -> None:
        self._has_begun = True
        self.place.write(text + "\n")


def _name_of(stream: Any) -> str:
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) and not name.startswith("<") else ""


class Filed(Printed):
    """Prints to a file, behind what is in it. Every line is written at once."""

    def __init__(self, path: Path, has_times: bool = False) -> None:
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        super().__init__(self._file, has_times=has_times)
        self._head = time.strftime("training begun %Y-%m-%d %H:%M:%S\n")

    def _line(self, text: str) -> None:
        if self._head:
            head, self._head = self._head, ""
            self.place.write(head)
        super()._line(text)

    def close(self) -> None:
        self._file.close()
