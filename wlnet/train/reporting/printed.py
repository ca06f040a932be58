"""A line a round, for a terminal, a file, or whatever reads what a program prints."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from wlnet.results.progress import Progress
from wlnet.train.reporting import words as w
from wlnet.train.reporting.displays import Display
from wlnet.train.reporting.fitted import Item, item, plain
from wlnet.train.reporting.line import last_items, line_of
from wlnet.train.reporting.places import Place

QUIET = 5.0
"""Seconds between two lines, where nobody asked for them."""
LONG, LONG_QUIET = 5.0, 60.0
"""Seconds without a line after which there is one within a round: where lines were asked for, and
where they were not."""
FREE, EVERY = 100, 0.1
"""So many lines are free; of more, there is one every so many seconds."""
FAST = "(rounds are faster than ten lines a second: some have no line from here on)"


def items_of(p: Progress) -> list[Item]:
    """What a line tells of a round, or within one."""
    found = [item(*w.place_forms(p))]
    if not p.is_whole:
        words = w.batch_words(p)
        if p.unit and p.batches is None:
            found = [item((f"round {p.round} ({NO_END})", 80), (f"round {p.round}", 0))]
        found.append(item(*zip(words, (28, 27), strict=False)))
    found += w.figure_items(p, 0)
    if p.phases > 1:
        words = (f"phase {p.phase} of {p.phases}",)
        long = f"{words[0]}: {plain(p.phase_words)}" if p.phase_words else ""
        found.append(item((long, 90), (words[0], 48)))
    found.append(item((w.speed_text(p.examples_per_second), 57)))
    found.append(item((f"rate {p.learning_rate:.3g}", 68)))
    learn, short = w.learning_words(p)
    found.append(item((learn, 69), (short, 55)))
    if p.left is not None:
        found.append(item((f"{w.time_text(p.left)} left", 26)))
    return [each for each in found if each.forms]


NO_END = "one pass: it ends with the generator, as there is no RoundLength"


class Printed(Display):
    """Prints a line a round. quiet: only after a while, and then now and then, for nobody asked.
    has_times: whether somebody said when, so that no line is left out."""

    is_live = False
    has_curves = False

    def __init__(self, stream: Any, quiet: bool = False, has_times: bool = False) -> None:
        self.place = Place(stream)
        self.by_round = QUIET if quiet else 0.0
        self.within = LONG_QUIET if quiet else LONG
        self._quiet, self._has_times, self._lines = quiet, has_times, 0

    def show(self, now: Progress) -> None:
        if not now.waits:
            self._write(items_of(now))

    def end(self, last: Progress) -> None:
        if self._lines or not self._quiet:
            self._write(last_items(last))

    def _write(self, items: list[Item]) -> None:
        self._lines += 1
        if self._lines == FREE and not (self.by_round or self._has_times):
            self.by_round = EVERY
            self.place.write(FAST + "\n")
        self.place.write(line_of(items, self.place.width)[0] + "\n")


class Filed(Printed):
    """Prints to a file, behind what is in it. Every line is written at once."""

    def __init__(self, path: Path, has_times: bool = False) -> None:
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        super().__init__(self._file, has_times=has_times)
        self._head = time.strftime("training begun %Y-%m-%d %H:%M:%S\n")

    def _write(self, items: list[Item]) -> None:
        if self._head:
            head, self._head = self._head, ""
            self.place.write(head)
        super()._write(items)

    def close(self) -> None:
        self._file.close()
