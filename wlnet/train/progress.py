"""Telling how far a training is: a line a round, at most a few a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from wlnet.core.answers import answer
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.measurements import TABLE

State = Mapping[str, Any]
WITHIN = 2.0
"""Seconds between two lines within a round."""
ANSWERS = {"StopTraining": "ManualStop", "AbortTraining": "Aborted"}
"""What a progress function may answer -> the reason why training stopped."""


def reporter(given: object, unit: str = "") -> Callable[[State], None] | None:
    """What tells: AUTOMATIC prints to a terminal only, "Print" always, None never, or the user's
    function. unit: what a round is, where that is worth telling.
    """
    if given is None or (given is AUTOMATIC and not sys.stderr.isatty()):
        return None
    if callable(given):
        return lambda state: answer(given, "training_progress_reporting", state)
    return Printer(0.5 if given is AUTOMATIC else 0.0, unit)


def asked(function: Callable[[State], object] | None, state: State) -> str | None:
    """The reason to stop that a progress function gives, or None.

    Other words are an OptionError.
    """
    if function is None:
        return None
    word = answer(function, "training_progress_function", state)
    if not isinstance(word, str):
        return None
    if word not in ANSWERS:
        raise fail(
            OptionError,
            Fault(
                "a progress function answered with an unknown word",
                at="training_progress_function",
                given=brief(word),
                known=list(ANSWERS),
                fix=suggestion(word, ANSWERS),
            ),
        )
    return ANSWERS[word]


class Printer:
    """Prints a line a round, and where nobody knows how long a round is, lines within it too."""

    def __init__(self, every: float, unit: str = "") -> None:
        self.every, self.unit, self.last = every, unit, 0.0
        self.begun = False
        """Whether a round has begun whose end nobody knows."""

    def __call__(self, state: State) -> None:
        now = time.perf_counter()
        if now - self.last < self.every:
            return
        self.last = now
        print(round_line(state, self.unit), file=sys.stderr, flush=True)

    def within(self, state: Callable[[], State]) -> None:
        """Tell now and then, after a batch, how far a round is that may have no end."""
        now = time.perf_counter()
        if self.begun and now - self.last >= WITHIN:
            print(batch_line(state(), self.unit), file=sys.stderr, flush=True)
        elif self.begun:
            return
        self.begun, self.last = True, now


def batch_line(state: State, unit: str) -> str:
    """One line about a batch of a round whose end nobody knows."""
    return (
        f"round {state['Round']:>3} ({unit}: it ends with the generator, as there is no "
        f"RoundLength)   batch {state['Batch']:,}   loss {state['BatchLoss']:.4g}   "
        f"{state['ExamplesPerSecond']:,.0f} examples/s"
    )


def round_line(state: State, unit: str = "") -> str:
    """One line about a round: losses, measurements, speed. unit: what a round is."""
    name = f"round {state['Round']:>3}" + (f" ({unit})" if unit else "")
    words = [name if state["Round"] else "no round was finished"]
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
