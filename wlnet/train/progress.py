"""Telling how far a training is: a line a round, at most a few a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from wlnet.core.symbols import AUTOMATIC


def reporter(given: Any) -> Callable[[Mapping[str, Any]], None] | None:
    """What tells: AUTOMATIC prints to a terminal only, "Print" always, None never, or the user's function."""
    if given is None or (given is AUTOMATIC and not sys.stderr.isatty()):
        return None
    return given if callable(given) else _Printer(every=0.5 if given is AUTOMATIC else 0.0)


class _Printer:
    def __init__(self, every: float) -> None:
        self.every, self.last = every, 0.0

    def __call__(self, state: Mapping[str, Any]) -> None:
        now = time.perf_counter()
        if now - self.last < self.every:
            return
        self.last = now
        print(round_line(state), file=sys.stderr, flush=True)


def round_line(state: Mapping[str, Any]) -> str:
    """One line about a round: losses, measurements, speed."""
    words = [f"round {state['Round']:>3}", f"loss {state['RoundLoss']:.4g}"]
    words += [f"{_words(name)} {value:.2%}" for name, value in state["RoundMeasurements"].items()]
    if state["ValidationLoss"] is not None:
        words.append(f"validation loss {state['ValidationLoss']:.4g}")
        words += [f"{_words(name)} {value:.2%}" for name, value in state["ValidationMeasurements"].items()]
    words.append(f"{state['ExamplesPerSecond']:,.0f} examples/s")
    return "   ".join(words)


def _words(name: str) -> str:
    return {"ErrorRate": "errors", "Accuracy": "right"}.get(name, name)
