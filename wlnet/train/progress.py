"""Telling how far a training is: a line a round, at most a few a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.measurements import TABLE

State = Mapping[str, Any]
ANSWERS = {"StopTraining": "ManualStop", "AbortTraining": "Aborted"}
"""What a progress function may answer -> the reason why training stopped."""


def reporter(given: Any) -> Callable[[State], None] | None:
    """What tells: AUTOMATIC prints to a terminal only, "Print" always, None never, or the user's
    function.
    """
    if given is None or (given is AUTOMATIC and not sys.stderr.isatty()):
        return None
    return given if callable(given) else _Printer(every=0.5 if given is AUTOMATIC else 0.0)


def asked(function: Callable[[State], Any] | None, state: State) -> str | None:
    """The reason to stop that a progress function gives, or None.

    Other words are an OptionError.
    """
    answer = function(state) if function is not None else None
    if not isinstance(answer, str):
        return None
    if answer not in ANSWERS:
        raise fail(
            OptionError,
            Fault(
                "a progress function answered with an unknown word",
                at="training_progress_function",
                given=brief(answer),
                known=list(ANSWERS),
                fix=suggestion(answer, ANSWERS),
            ),
        )
    return ANSWERS[answer]


class _Printer:
    def __init__(self, every: float) -> None:
        self.every, self.last = every, 0.0

    def __call__(self, state: State) -> None:
        now = time.perf_counter()
        if now - self.last < self.every:
            return
        self.last = now
        print(round_line(state), file=sys.stderr, flush=True)


def round_line(state: State) -> str:
    """One line about a round: losses, measurements, speed."""
    words = [f"round {state['Round']:>3}"]
    for title, group in (("loss", "Round"), ("validation loss", "Validation")):
        if state[f"{group}Loss"] is not None:
            words.append(f"{title} {state[f'{group}Loss']:.4g}")
            words += [
                _words(name, value)
                for name, value in state[f"{group}Measurements"].items()
                if isinstance(value, float)
            ]
    words.append(f"{state['ExamplesPerSecond']:,.0f} examples/s")
    return "   ".join(words)


def _words(name: str, value: float) -> str:
    row = TABLE.get(name.rpartition("/")[2].partition("Top")[0])
    title = {"ErrorRate": "errors", "Accuracy": "right"}.get(name, name)
    return f"{title} {value:.2%}" if row is not None and row.share else f"{title} {value:.4g}"
