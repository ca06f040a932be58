"""Who is told when, and what happens where telling fails."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from time import perf_counter
from typing import Any

from wlnet.core.answers import answer
from wlnet.core.errors import Fault, TrainingWarning, warn
from wlnet.results.progress import Progress
from wlnet.train.intervals import Due
from wlnet.train.listeners import ENDS, ROUND_COMPLETE, Called, Listener
from wlnet.train.loop import Trainer
from wlnet.train.reporting.displays import LIVE, Display
from wlnet.train.reporting.indicator import Indicator
from wlnet.train.reporting.line import Line
from wlnet.train.reporting.lines import LINES
from wlnet.train.reporting.observer import Observer
from wlnet.train.reporting.options import FUNCTION, Report
from wlnet.train.reporting.places import is_terminal, notebook
from wlnet.train.reporting.printed import Filed, Printed
from wlnet.train.reporting.prints import PRINTS

SHARE = 0.0025
"""The share of the time that a live display may take: slow pictures come less often."""
COMPILING = "compiling"
OPTION = "training_progress_reporting"
SIMPLER = dict.fromkeys(("Panel", "Automatic", "ProgressIndicator"), "Print")
"""What is shown instead where what draws a display is there, and does not run."""


def told_of(error: Exception, file: str) -> str:
    """An error, with the file that it is about."""
    words = f"{type(error).__name__}: {error}"[:200]
    return words if not file or file in words else f"{words}, of {file!r}"


class Reporter:
    """A display, and when it is shown: in its own time, or as the option says."""

    def __init__(self, report: Report, display: Display, now: float) -> None:
        """now: what the clock of the training shows."""
        self.display: Display | None = display
        self._events = report.events
        self.due: Due | None = None
        if report.interval is not None:
            least = max(report.least, LIVE) if display.is_live else report.least
            self.due = Due(report.interval, least, now)
        self._is_timed = report.interval is None and not report.events
        self._least = report.least
        self._last = -math.inf if display.is_live else perf_counter()
        self._costs = 0.0, 0.0
        """What the last two times took. The smaller counts: one may have had to wait."""

    def next(self, is_round: bool) -> float:
        """When it wants to be told next, of the end of a round or within one, as far as the clock
        tells; what else it goes by has to be looked at each time."""
        display = self.display
        if display is None:
            return math.inf
        if not self._is_timed:
            return -math.inf
        return self._last + self._pause(display, is_round)

    @property
    def alarm(self) -> float:
        """When it wants to be told within a round, if the clock tells."""
        return self.next(False) if self._is_timed else math.inf

    def _pause(self, display: Display, is_round: bool) -> float:
        """How many seconds pass between two times."""
        usual = display.by_round if is_round else display.within
        dear = min(self._costs) / SHARE if display.is_live else 0.0
        return max(usual, self._least, dear)

    def wants(self, event: str, trainer: Trainer) -> bool:
        """Whether it is to be shown at an event."""
        display = self.display
        if display is None:
            return False
        is_round, is_end = event == ROUND_COMPLETE, event in ENDS
        since = perf_counter() - self._last
        if event in self._events:
            return not display.is_live or since >= LIVE
        if not is_end and not display.is_live:
            return False
        if self.due is not None:
            return is_end and self.due.at(trainer.at(is_round))
        return self._is_timed and since >= self._pause(display, is_round)

    def show(self, now: Progress, begun: float) -> None:
        """Show it. begun: when somebody began to look at the training for that."""
        if self.display is not None:
            self.guarded(self.display.show, now)
            self._last = perf_counter()
            self._costs = self._costs[1], self._last - begun

    def resume(self) -> None:
        """Show again what was shown, if it stepped aside."""
        display = self.display
        if display is not None and display.rests:
            self.guarded(display.resume)

    def guarded(self, step: Callable[..., None], *given: Any) -> None:
        """Do something with the display. Where that fails, nothing more is shown: a training shall
        not be lost because nobody can watch it."""
        try:
            step(*given)
        except Exception as error:
            display, self.display = self.display, None
            with contextlib.suppress(Exception):
                if display is not None:
                    display.close()
            fault = Fault(
                "the progress of a training can no longer be shown; it goes on unseen",
                at=OPTION,
                given=told_of(error, display.where if display is not None else ""),
            )
            # Nobody may be there to read that either.
            with contextlib.suppress(OSError, ValueError):
                warn(TrainingWarning, fault)


class Reporters:
    """All that show how far one training is."""

    def __init__(self, trainer: Trainer, reports: tuple[Report, ...]) -> None:
        self._trainer = trainer
        self._observer = Observer(trainer)
        self._reporters: list[Reporter] = []
        self._called: list[Called] = []
        for each in reports:
            if each.way == FUNCTION:
                listener = Listener(each.target, each.interval, each.least, each.events)
                self._called.append(Called(listener, trainer.seconds))
            else:
                self._open(each)
        self._ended = False
        if self._reporters:
            trainer.clock.told = self._compiling
        self._set_alarm()

    def _open(self, report: Report) -> None:
        """Make the display that was asked for."""
        if report.way == "Panel" and not (notebook() or is_terminal(sys.stderr)):
            what = "a panel needs a notebook or a terminal; lines are printed instead"
            fix = '"Print", or AUTOMATIC, which is what fits'
            warn(TrainingWarning, Fault(what, at=OPTION, fix=fix))
            report = replace(report, way="Print")
        try:
            display = display_of(report)
        except Exception as error:
            simpler = SIMPLER.get(report.way) if notebook() or report.way == "Panel" else None
            goes_on = "lines are printed instead" if simpler else "it goes on unseen"
            what = f"the progress of a training cannot be shown as it was asked for; {goes_on}"
            given = told_of(error, str(report.target) if report.way == "File" else "")
            warn(TrainingWarning, Fault(what, at=OPTION, given=given))
            if simpler:
                self._open(replace(report, way=simpler))
            return
        if display is not None:
            self._reporters.append(Reporter(report, display, self._trainer.seconds))

    @property
    def dues(self) -> list[Due]:
        """What is due at intervals that were asked for."""
        found = [each.due for each in self._reporters] + [each.due for each in self._called]
        return [due for due in found if due is not None]

    def hear(self, event: str, is_whole: bool = True) -> bool:
        """Tell of an event; whether a function of the user was called."""
        # Rounds may be very short: mostly nobody wants to be told.
        if perf_counter() < (self._next_round if event == ROUND_COMPLETE else self._next):
            return False
        wanted = [each for each in self._called if each.wants(event, self._trainer.at, is_whole)]
        if wanted:
            with self.aside():
                for each in wanted:
                    answer(each.function, OPTION, self._trainer.state(event))
            self.resume()
        self._show(event)
        return bool(wanted)

    def _show(self, event: str, waits: str = "") -> None:
        wanting = [each for each in self._reporters if each.wants(event, self._trainer)]
        if not wanting:
            return
        curves = any(each.display is not None and each.display.has_curves for each in wanting)
        begun, now = perf_counter(), self._observed(wanting, waits, curves)
        for each in wanting:
            if now is not None:
                each.show(now, begun)
            begun = perf_counter()
        self._set_alarm()

    def _observed(
        self, reporters: list[Reporter], waits: str, curves: bool, *end: str
    ) -> Progress | None:
        """Where the training stands; None where nobody can tell, which is told."""
        found: list[Progress] = []
        reporters[0].guarded(lambda: found.append(self._observer.now(waits, curves, *end)))
        return found[0] if found else None

    def _set_alarm(self) -> None:
        self._trainer.alarm = min((each.alarm for each in self._reporters), default=math.inf)
        self._next, self._next_round = (
            -math.inf if self._called
            else min((each.next(is_round) for each in self._reporters), default=math.inf)
            for is_round in (False, True)
        )  # fmt: skip

    def _compiling(self) -> None:
        """A program is about to be planned and compiled."""
        self._show(COMPILING, COMPILING)

    def aside(self) -> AbstractContextManager[None]:
        """A block in which functions of the user may print."""
        is_live = any(each.display is not None and each.display.is_live for each in self._reporters)
        return PRINTS if is_live else nullcontext()

    def resume(self) -> None:
        """The block is over: what stepped aside comes again."""
        for each in self._reporters:
            each.resume()

    def rest(self) -> None:
        """Somebody else is about to write: step aside."""
        for each in self._reporters:
            if each.display is not None:
                each.guarded(each.display.rest)

    def end(self, reason: str, message: str | None) -> None:
        """Show how the training ended."""
        if self._reporters and not self._ended:
            last = self._observed(self._reporters, "", True, reason, message or "")
            for each in self._reporters if last is not None else ():
                if each.display is not None:
                    each.guarded(each.display.end, last)
            self._ended = True

    def close(self) -> None:
        """Leave everything as it was found."""
        self._trainer.clock.told = None
        for each in self._reporters:
            if each.display is not None:
                each.guarded(each.display.close)
        if not LINES.are_taken:
            PRINTS.end()


def display_of(report: Report) -> Display | None:
    """The display that was asked for, as it is possible here; None where nobody could see it."""
    way, has_times = report.way, bool(report.interval or report.events or report.least)
    if way == "File":
        return Filed(report.target, has_times)
    if way == "Stream":
        return Printed(report.target, has_times=has_times)
    if way == "Print":
        stream = sys.stdout if notebook() else sys.stderr
        return Printed(stream, has_times=has_times) if stream is not None else None
    if notebook() and way in ("Panel", "Automatic", "ProgressIndicator"):
        from wlnet.train.reporting.panel import Panel

        return Panel(bar_alone=way == "ProgressIndicator")
    if sys.stderr is None:
        return None
    if not is_terminal(sys.stderr):
        return Printed(sys.stderr, quiet=True)
    if way == "Panel" and not LINES.are_taken:
        from wlnet.train.reporting.block import Block

        return Block(sys.stderr)
    return Indicator(sys.stderr) if way == "ProgressIndicator" else Line(sys.stderr)
