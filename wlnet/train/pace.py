"""How many steps are run in one go, and on how many workers; and the clock of a training."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

SECONDS = 0.08
"""How long one go of steps shall take. An interrupt by the user waits for its end."""
MANY = 1024
"""The most steps in one go: losses and outputs of all of them are held until its end."""
TRIAL, TRIAL_EVERY = 0.004, 1.0
"""Seconds that a trial of another number of workers takes, and seconds between two trials."""
RARE = 25
"""Between two trials pass at least so many times the seconds of one trial. A single step may take
longer than TRIAL; so trials stay a small share of the time all the same."""
LONG = 0.003
"""Seconds of steps below which a measurement says little: most of it may be threads that start and
caches that fill."""


class Pace:
    """Finds how many steps take about SECONDS, and which number of workers is fastest.

    Where other programs use the cores too, the workers may wait long for one of them whose core was
    taken away. Then a single worker is faster. The results have the same bits for any number of
    workers, so the number may change at any time.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        """How long a step takes, by the number of workers, as last measured."""
        self._guess: float | None = None
        """Seconds of a step on a number of workers that was not measured yet. It may be far too
        much, as the first steps are slow; it only says how many steps to try."""
        self._last = 0
        """The number of workers of the last go."""
        self._trying: int | None = None
        """The number of workers on trial now."""
        self._begun = 0.0
        """Seconds of this trial so far."""
        self._spent = 0.0
        """Seconds of all steps so far."""
        self._tried = 0.0
        """What `_spent` was when the last trial began."""

    def next(self, most: int, choices: Sequence[int]) -> tuple[int, int]:
        """How many steps to run next, and on how many of these numbers of workers."""
        if self._guess is None:
            return min(most, 1), choices[0]
        if self._trying is None:
            known = sorted(set(choices) & set(self._seconds), key=self._seconds.__getitem__)
            trial = self._trial(choices, known)
            if trial is None:
                steps = self._steps(most, SECONDS, self._seconds[known[0]])
                # `most` is split into equal goes. A small one at the end would have slower steps.
                return -(-most // -(-most // steps)), known[0]
            self._tried = self._spent
            self._trying, self._begun = trial, 0.0
        guess = self._seconds.get(self._trying, self._guess)
        return self._steps(most, TRIAL, guess), self._trying

    def _trial(self, choices: Sequence[int], known: Sequence[int]) -> int | None:
        """The number of workers to try now, if it is time for that."""
        since = self._spent - self._tried
        if not known:
            return choices[0]
        unknown = [each for each in choices if each not in known]
        if unknown:
            # The most that a step can take on fewer workers: the same work, shared by fewer.
            longest = self._seconds[known[0]] * known[0] / unknown[0]
            return unknown[0] if since > RARE * max(TRIAL, longest) else None
        late = max(TRIAL_EVERY, RARE * self._seconds[known[-1]])
        return known[1] if len(known) > 1 and since > late else None

    def _steps(self, most: int, seconds: float, each: float) -> int:
        return max(1, min(most, MANY, int(seconds / max(each, 1e-7))))

    def took(self, seconds: float, steps: int, workers: int) -> None:
        """Note how long the last go took."""
        self._spent += seconds
        is_first, each = self._guess is None, seconds / max(steps, 1)
        # After a change of workers, each has to load its share of the arrays into its cache.
        is_cold, self._last = workers != self._last, workers
        if workers not in self._seconds:
            self._guess = each
        is_trial = workers == self._trying
        is_short = seconds < LONG
        if is_first or (is_short and (is_cold or not is_trial)):
            return
        if is_trial:
            # A trial goes on until it is long enough to tell; what counts is its last go.
            self._begun += seconds
            if self._begun < LONG:
                return
            self._trying = None
        self._seconds[workers] = each


class Clock:
    """The seconds of a training: while a program is planned and compiled, it stands still."""

    def __init__(self, before: float = 0.0) -> None:
        """before: seconds that it shows at the start."""
        self._begun = time.perf_counter()
        self._apart = -before
        self.told: Callable[[], object] | None = None
        """Who is told that it is about to stand still."""

    @property
    def seconds(self) -> float:
        """What it shows: the seconds since the start, without those when it stood still."""
        return time.perf_counter() - self._begun - self._apart

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """A block during which the clock stands still."""
        if self.told is not None:
            self.told()
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._apart += time.perf_counter() - begun
