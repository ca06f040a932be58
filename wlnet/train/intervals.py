"""Intervals: every so many rounds, batches, per cent or seconds of a training.

Wolfram Language: NetTrain (TrainingProgressFunction, "Interval").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from wlnet.core.errors import Fault, brief
from wlnet.core.scalars import as_real, as_whole
from wlnet.core.spelling import suggestion

SECONDS_IN = {"Seconds": 1.0, "Minutes": 60.0, "Hours": 3600.0}
UNITS = ("Rounds", "Batches", "Percent", *SECONDS_IN)
FORM = f"n rounds, or (n, unit) with a unit of {', '.join(UNITS)}"


@dataclass(frozen=True)
class Every:
    """Every so many of a unit. Rounds and batches are counted from the beginning of all calls, per
    cent and seconds from that of this call."""

    count: float = 1
    unit: str = "Rounds"

    def is_round(self, number: int) -> bool:
        """Whether it ends with a round."""
        return self.unit == "Rounds" and number % self.count == 0

    def next_batch(self, batch: int, first: int, total: int | None) -> int | None:
        """The number of the next batch that it ends with; None where batches do not tell.

        first: batches before this call; total: those of this call, None where nobody knows.

        >>> Every(10, "Batches").next_batch(10, 0, None)
        20
        >>> Every(50, "Percent").next_batch(3, 2, 9)
        7
        """
        if self.unit == "Batches":
            return batch - batch % int(self.count) + int(self.count)
        if self.unit != "Percent" or total is None:
            return None
        share = self.count / 100 * total
        done = batch - first
        number = math.floor(done / share) + 1
        while math.ceil(number * share) <= done:
            number += 1
        return first + math.ceil(number * share)

    @property
    def seconds(self) -> float | None:
        """How long it is; None where the clock does not tell."""
        return self.count * SECONDS_IN[self.unit] if self.unit in SECONDS_IN else None


EVERY_ROUND = Every()


def as_interval(given: object, at: str) -> tuple[Every, list[Fault]]:
    """The interval that was meant, and what is wrong with it.

    >>> as_interval((100, "Batches"), "here")
    (Every(count=100, unit='Batches'), [])
    """
    count, unit = (
        given if isinstance(given, (tuple, list)) and len(given) == 2 else (given, UNITS[0])
    )
    if unit not in UNITS:
        near = suggestion(unit, UNITS) if isinstance(unit, str) else None
        if count in UNITS:
            near = repr((unit, count))
        return Every(), [Fault("no such unit of an interval", at, brief(unit), FORM, UNITS, near)]
    if unit in ("Rounds", "Batches"):
        number: float | None = as_whole(count)
        fits = number is not None and number >= 1
    else:
        number = as_real(count)
        fits = number is not None and 0 < number < math.inf
        fits = fits and (unit != "Percent" or number <= 100)  # type: ignore[operator]
    if not fits or number is None:
        return EVERY_ROUND, [Fault("this is no interval", at, brief(given), FORM)]
    return Every(number, unit), []


class At(NamedTuple):
    """A moment between two batches: the number of the last, how many there were before this call
    and will be in it, what the clock shows; the number of the round that ended; and how many
    seconds the call is to take, where that is what ends it."""

    batch: int
    first: int
    total: int | None
    seconds: float
    round: int | None = None
    goal: float | None = None


class Due:
    """Tells when something is due that happens at intervals.

    least: seconds that pass at least between two times. begun: what the clock shows.
    """

    def __init__(self, interval: Every, least: float = 0.0, begun: float = 0.0) -> None:
        self.interval, self.least = interval, least
        self._last = begun
        self._batch: int | None = None
        """The batch after which it was due last: the end of a round may be seen twice."""

    def at(self, moment: At) -> bool:
        """Whether it is due now."""
        every, now = self.every(moment), moment.seconds
        due = moment.round is not None and self.interval.is_round(moment.round)
        due = due or self.next_batch(moment.batch - 1, moment) == moment.batch
        due = due or (every is not None and now - self._last >= every)
        is_early = self._batch is not None and now - self._last < self.least
        if not due or is_early or moment.batch == self._batch:
            return False
        self._last, self._batch = now, moment.batch
        return True

    def every(self, moment: At) -> float | None:
        """How many seconds the interval takes; None where the clock does not tell."""
        if self.interval.unit == "Percent" and moment.total is None and moment.goal is not None:
            return self.interval.count / 100 * moment.goal
        return self.interval.seconds

    def next_batch(self, batch: int, moment: At) -> int | None:
        """The number of the batch that steps may go on to, if batches tell."""
        return self.interval.next_batch(batch, moment.first, moment.total)

    def may_be(self, moment: At) -> bool:
        """Whether it may be due now, by the batch or by the clock."""
        is_timed = self.every(moment) is not None
        return is_timed or self.next_batch(moment.batch - 1, moment) == moment.batch
