"""How many steps are run in one go, and on how many workers; and what time counts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

SECONDS = 0.08
"""A run of native steps; an interrupt by the user waits for its end."""
MANY = 1024
"""The most steps in one go: what they tell is kept until then."""
TRIAL, TRIAL_EVERY = 0.004, 1.0
"""How many seconds of steps try another number of workers, and after how many it is tried again."""
RARE = 25
"""A trial has to wait for so many times the seconds that it may take: steps may be long."""
LONG = 0.003
"""Seconds of steps that tell something: to start threads, and to fill their caches, takes time."""


class Pace:
    """Finds how many steps take about SECONDS, and which number of workers is fastest.

    Where other programs take the cores, a worker may wait long for one that was set aside: then a
    single one is faster. As the numbers are the same for any number of workers, it may change.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        """Of a step, by the number of workers."""
        self._guess: float | None = None
        """Seconds of one of the first steps, which are slow for other reasons too."""
        self._last = 0
        """The number of workers of the last steps."""
        self._trying: int | None = None
        self._begun = (0.0, 0)
        """Seconds and steps of what is being tried."""
        self._spent = 0.0
        """Seconds of all steps."""
        self._tried = 0.0
        """Seconds of the steps before the last trial."""

    def next(self, most: int, choices: Sequence[int]) -> tuple[int, int]:
        """How many steps to run next, and on how many of these numbers of workers."""
        if self._guess is None:
            return min(most, 1), choices[0]
        if self._trying is None:
            known = sorted(set(choices) & set(self._seconds), key=self._seconds.__getitem__)
            trial = self._trial(choices, known)
            if trial is None:
                steps = self._steps(most, SECONDS, self._seconds[known[0]])
                # No small remainder: it would take longer for each of its steps.
                return -(-most // -(-most // steps)), known[0]
            self._tried = self._spent
            self._trying, self._begun = trial, (0.0, 0)
        guess = self._seconds.get(self._trying, self._guess)
        return self._steps(most, TRIAL, guess), self._trying

    def _trial(self, choices: Sequence[int], known: Sequence[int]) -> int | None:
        """The number of workers to try now, if it is time for that."""
        since = self._spent - self._tried
        if not known:
            return choices[0]
        unknown = [each for each in choices if each not in known]
        if unknown:
            # One worker has the work of all to do.
            longest = self._seconds[known[0]] * known[0] / unknown[0]
            return unknown[0] if since > RARE * max(TRIAL, longest) else None
        late = max(TRIAL_EVERY, RARE * self._seconds[known[-1]])
        return known[1] if len(known) > 1 and since > late else None

    def _steps(self, most: int, seconds: float, each: float) -> int:
        return max(1, min(most, MANY, int(seconds / max(each, 1e-7))))

    def took(self, seconds: float, steps: int, workers: int) -> None:
        """Tell how long some steps took."""
        self._spent += seconds
        is_first, each = self._guess is None, seconds / max(steps, 1)
        # Each worker's share of the arrays has to come into its own cache first.
        is_cold, self._last = workers != self._last, workers
        if workers not in self._seconds:
            self._guess = each
        is_trial = workers == self._trying
        is_short = seconds < LONG
        if is_first or (is_short and (is_cold or not is_trial)):
            return
        if is_trial:
            # What was tried for a moment only says how long to try it.
            self._begun = self._begun[0] + seconds, self._begun[1] + steps
            if self._begun[0] < LONG:
                return
            self._trying = None
        self._seconds[workers] = each


class Clock:
    """The seconds of a training: while a program is planned and compiled, it stands still."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._apart = 0.0

    @property
    def seconds(self) -> float:
        """What it shows."""
        return time.perf_counter() - self._begun - self._apart

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """A block that does not count."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._apart += time.perf_counter() - begun
