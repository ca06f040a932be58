"""How many workers do a run of a program that answers: one, or all there are.

What is gained by a second worker, and lost by waiting for it, depends on the machine, and on what
else it does. So it is measured, run by run. The numbers are the same either way.
"""

from __future__ import annotations

SHORT = 1e-5
"""Seconds of a run that one worker does before others would have heard of it."""
START = 2e-4
"""Seconds that it takes until a new thread is at work."""
SOON = 1e-3
"""Seconds after a run within which another one tells that more will come."""
TRIAL = 6
"""Runs of a trial. In the first ones caches fill; the middle one of the others counts."""
RARE = 25
"""Between two trials of what was slower passes so many times the time that the last one took: in
runs, or by the clock after some runs, as what else the machine does may have changed by then."""
SOME = 2 * RARE
"""Runs after a trial from which on the clock tells when the next one is."""
FAR = 4.0
"""How many times slower a single run is that ends a trial."""
WEIGHT = 0.125
"""Of the last run in the mean of those of late (exponential smoothing); one that was slower than
twice the mean counts as that, so that a single slow run is not noticed much."""


class Turnout:
    """The seconds of a run, by one worker and by all: which of them is to do the next one."""

    def __init__(self, guess: float) -> None:
        """guess: seconds of a run by one worker, before there was any."""
        self._guess = guess
        self._seconds = {True: 0.0, False: 0.0}
        """By whether all did it; 0 for what was not measured."""
        self._tried: bool | None = None
        """What is on trial, for how many runs more, and the seconds of those that count."""
        self._left = 0
        self._counted: list[float] = []
        self._took, self._ended = 0.0, 0.0
        """Seconds that the last trial took; when it ended."""
        self._runs, self._since = 0, 0.0
        """Since then: runs, and the seconds of those."""

    def is_worth_all(self, now: float) -> bool:
        """Whether all are to do the next run, where they wait for it. now: seconds, of any clock
        that goes on."""
        one, every = self._seconds[False], self._seconds[True]
        if not every and (one or self._guess) < SHORT:
            return False
        if self._tried is None and not (one and every):
            # As a rule it is all who do it next.
            self._try(not every)
        elif self._tried is None:
            passed = now - self._ended if self._runs > SOME else self._since
            if passed > RARE * self._took:
                self._try(one <= every)
        return every < one if self._tried is None else self._tried

    def is_worth_starting(self) -> bool:
        """Whether to start threads, and then run by all, takes less than to run by one."""
        one = self._seconds[False] or self._guess
        return one - (self._seconds[True] or one / 2) > START

    def _try(self, by_all: bool) -> None:
        self._tried, self._left, self._took = by_all, TRIAL, 0.0
        self._counted.clear()

    def took(self, seconds: float, by_all: bool, now: float) -> None:
        """Note how long a run took that ended now, for which nobody had to be started."""
        if self._tried is not by_all:
            known = self._seconds[by_all]
            new = known + WEIGHT * (min(seconds, 2 * known) - known) if known else seconds
            self._seconds[by_all] = new
            self._since += new
            self._runs += 1
            return
        self._took += seconds
        self._left -= 1
        if self._left < TRIAL // 2:
            self._counted.append(seconds)
        other = self._seconds[not by_all]
        # What is far slower is not gone through to the end.
        far = 2 if self._counted else FAR
        if not self._left or seconds > far * other > 0:
            found = sorted(self._counted or [seconds])
            self._seconds[by_all], self._tried = found[len(found) // 2], None
            self._ended, self._runs, self._since = now, 0, 0.0
