"""One live line in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.core.terminal import width_of
from wlnet.results.progress import Progress
from wlnet.train.reporting import words as w
from wlnet.train.reporting.displays import Display
from wlnet.train.reporting.fitted import APART, Item, cut, fitted, item
from wlnet.train.reporting.lines import LINES
from wlnet.train.reporting.places import Place

WIDE_BAR, BAR, SMALL_BAR = 24, 12, 6
CURVE, SMALL_CURVE = 24, 10


def items_of(p: Progress, letters: bool, beat: int = 0) -> list[Item]:
    """What a line tells of a training under way."""
    found = [item(*w.place_forms(p), color=w.BOLD)]
    if p.waits:
        found.append(item((f"{p.waits} ...", 5), color=w.YELLOW))
    share = "" if p.fraction is None else f" {p.fraction:4.0%}"
    bars = [(w.bar(p.fraction, width, letters, beat) + share, rank)
            for width, rank in ((WIDE_BAR, 85), (BAR, 65), (SMALL_BAR, 46))]  # fmt: skip
    found.append(item(*bars, (share.strip(), 30)))
    found.append(item(*zip(w.batch_words(p), (66, 58), strict=False)))
    figures = w.figure_items(p, 0)
    found += figures[:1]
    if letters and len(p.training) > 2:
        long, short = (w.sparkline(p.training, width) for width in (CURVE, SMALL_CURVE))
        found.append(item((long, 88), (short, 56), color=w.DIM))
    found += figures[1:]
    found.append(item(*zip(w.phase_words(p), (90, 48, 42), strict=False)))
    if p.examples_per_second:
        found.append(item((w.speed_text(p.examples_per_second), 57)))
    found.append(item(*zip(w.rate_words(p), (71, 68), strict=True)))
    found.append(item(*zip(w.learning_words(p), (86, 64, 55), strict=True)))
    found.append(item((w.left_words(p), 22)))
    return [each for each in found if each.forms]


def last_items(p: Progress) -> list[Item]:
    """What a line tells of a training that is over."""
    head, _, tail = p.verdict.partition(" (and ")
    color = w.ENDS.get(p.ended or "", w.YELLOW)
    found = [item((p.verdict if tail else "", 80), (head, 0), color=color)]
    found += w.figure_items(p, 5)
    found += w.best_item(p)
    found.append(item(*zip(w.phase_words(p)[1:2], (74,), strict=False)))
    if p.examples_per_second:
        found.append(item((w.speed_text(p.examples_per_second), 72)))
    found.append(item(*zip(w.learning_words(p), (86, 75, 70), strict=True)))
    return [each for each in found if each.forms]


def line_of(items: Sequence[Item], width: int | None, colors: bool = False) -> tuple[str, int]:
    """The line of items, no wider, and how many columns it takes."""
    told = fitted(items, width)
    text = APART.join(each for each, _ in told)
    taken = width_of(text)
    if width is not None and taken > width:
        text = cut(text, width)
        return text, width_of(text)
    if colors:
        text = APART.join(f"\x1b[{color}m{each}\x1b[0m" if color else each for each, color in told)
    return text, taken


class Line(Display):
    """One line that is written anew. It hides no cursor, so that there is nothing to put right
    wherever it is broken off: the next one begins at the left, and the last one ends."""

    def __init__(self, stream: object) -> None:
        self._place = Place(stream)
        self._drawn = 0
        """How many columns of the line have something on them."""
        self._items: list[Item] = []
        self._beat = 0
        LINES.enter(self)

    def items(self, p: Progress) -> list[Item]:
        """What it tells."""
        return items_of(p, self._place.letters, self._beat)

    def last(self, p: Progress) -> list[Item]:
        """What it tells in the end."""
        return last_items(p)

    def show(self, now: Progress) -> None:
        self._beat += 1
        self._items = self.items(now)
        if LINES.has(self):
            self._draw(self._items)

    def rest(self) -> None:
        if self._drawn:
            self._draw(())
            self.rests = True

    def resume(self) -> None:
        if LINES.has(self):
            self._draw(self._items)

    def end(self, last: Progress) -> None:
        self._draw(self.last(last), "\n")
        self._items, self._drawn = [], 0

    def close(self) -> None:
        LINES.leave(self)
        if self._drawn:
            self._drawn = 0
            self._place.write("\n")

    def _draw(self, items: Sequence[Item], end: str = "") -> None:
        text, taken = line_of(items, self._place.width, self._place.colors) if items else ("", 0)
        if self._place.erases:
            self._place.write(f"\r{text}\x1b[K{end}")
        else:
            blank = " " * (self._drawn - taken)
            self._place.write(f"\r{text}{blank}{end}" if taken or end else f"\r{blank}\r")
        self._drawn, self.rests = taken, False
