"""A bar alone: how much of a training is over, and how long it will take."""

from __future__ import annotations

from wlnet.results.progress import Progress
from wlnet.train.reporting import words as w
from wlnet.train.reporting.fitted import Item, item
from wlnet.train.reporting.line import BAR, SMALL_BAR, Line

LONG_BAR = 40


class Indicator(Line):
    """A bar in a terminal."""

    has_curves = False

    def items(self, p: Progress) -> list[Item]:
        bars = [
            (w.bar(p.fraction, width, self._place.letters, self._beat), rank)
            for width, rank in ((LONG_BAR, 9), (BAR, 8), (SMALL_BAR, 6))
        ]
        share = "" if p.fraction is None else f"{p.fraction:4.0%}"
        waits = item((f"{p.waits} ..." if p.waits else "", 7), color=w.YELLOW)
        found = [item(*bars), item((share, 0)), item((w.left_words(p), 5)), waits]
        return [each for each in found if each.forms]

    def last(self, p: Progress) -> list[Item]:
        drawn = w.bar(p.fraction, LONG_BAR, self._place.letters) if p.fraction is not None else ""
        color = w.ENDS.get(p.ended or "", w.YELLOW)
        found = [item((drawn, 9)), item((p.verdict, 0), color=color)]
        return [each for each in found if each.forms]
