"""Functions of the user that are told how far a training is, and may end it.

Wolfram Language: NetTrain (TrainingProgressFunction).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from wlnet.core.answers import answer, takes_one_argument
from wlnet.core.elsewhere import counterpart
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.names import field_name
from wlnet.core.scalars import as_real
from wlnet.core.spelling import suggestion
from wlnet.train.intervals import EVERY_ROUND, At, Due, Every, as_interval

ROUND_COMPLETE = "RoundComplete"
EVENTS = (
    "TrainingStarted",
    "RoundStarted",
    "ValidationStarted",
    "ValidationComplete",
    "NetValidationImprovement",
    ROUND_COMPLETE,
    "CheckpointStarted",
    "CheckpointComplete",
    "TrainingStoppedEarly",
    "TrainingAborted",
    "WeightsDiverged",
    "TrainingComplete",
)
"""What may happen in a training, in the order of the first time."""
BATCH_COMPLETE = "BatchComplete"
"""Not among them: batches are asked for by intervals."""
ANSWERS = {"StopTraining": "ManualStop", "AbortTraining": "Aborted"}
"""What a progress function may answer -> the reason why training stopped."""
ENDS = ROUND_COMPLETE, BATCH_COMPLETE
"""What intervals may end with."""
KEYS = ("Interval", "MinimumInterval", "Event")
FORM = 'lambda state: print(state["RoundLoss"])'


@dataclass(frozen=True)
class Listener:
    """A function, and when it is called: at intervals, or at events by their names."""

    function: Callable[[Mapping[str, Any]], object]
    interval: Every | None = EVERY_ROUND
    least: float = 0.0
    """Seconds that pass at least between two calls at intervals."""
    events: tuple[str, ...] = ()


class Called:
    """A function of the user, and whether it is called now."""

    def __init__(self, listener: Listener, now: float) -> None:
        """now: what the clock of the training shows."""
        self.function = listener.function
        self._events = listener.events
        self.due = Due(listener.interval, listener.least, now) if listener.interval else None

    def wants(self, event: str, at: Callable[[bool], At], is_whole: bool) -> bool:
        """Whether it is called at an event. at: the moment, asked with whether a round has ended;
        is_whole: whether a round that ended has all its batches."""
        if event in self._events:
            return True
        if self.due is None or event not in ENDS:
            return False
        is_round = event == ROUND_COMPLETE
        # Of a round that the clock cut short it is always told: it is the last.
        return self.due.at(at(is_round)) or (is_round and not is_whole)


def read_listeners(given: object, at: str) -> tuple[tuple[Listener, ...], list[Fault]]:
    """None, f, (f, {"Interval": ..., "MinimumInterval": ..., "Event": ...}), or a list of these:
    the functions with their times, and what is wrong with any."""
    if given is None:
        return (), []
    found: list[Listener] = []
    faults: list[Fault] = []
    items = given if isinstance(given, list) else [given]
    for number, item in enumerate(items, 1):
        place = f"{at}, function {number}" if isinstance(given, list) else at
        listener, wrong = _listener(item, place)
        faults += wrong
        if listener is not None:
            found.append(listener)
    return tuple(found), faults


def _listener(given: object, at: str) -> tuple[Listener | None, list[Fault]]:
    function, options = given, None
    if isinstance(given, tuple) and len(given) == 2:
        function, options = given
    if not callable(function) or takes_one_argument(function) is False:
        what = f"{at} is a function of one argument, the state"
        return None, [Fault(what, given=brief(given), fix=FORM)]
    times, faults = as_times({} if options is None else options, at, "when it is called")
    interval = times.interval if times.interval or times.events else EVERY_ROUND
    return Listener(function, interval, times.least, times.events), faults


class Times(NamedTuple):
    """When somebody is told: at an interval, None where none was said, no sooner than so many
    seconds after the last time; and at events by their names."""

    interval: Every | None = None
    least: float = 0.0
    events: tuple[str, ...] = ()


def as_times(given: object, at: str, what: str) -> tuple[Times, list[Fault]]:
    """What {"Interval": ..., "MinimumInterval": ..., "Event": ...} says, any of these left out, and
    what is wrong with it. what: what it is to say.

    >>> as_times({"Interval": 2, "MinimumInterval": 0.5}, "here", "when it is called")
    (Times(interval=Every(count=2, unit='Rounds'), least=0.5, events=()), [])
    """
    if not isinstance(given, Mapping):
        return Times(), [Fault(f"{at}: {what}", given=brief(given), known=KEYS)]
    faults = unknown_keys(given, KEYS, at)
    interval, wrong = as_interval(given.get("Interval", 1), f"{at}, Interval")
    least = as_real(given.get("MinimumInterval", 0))
    if least is None or not 0 <= least < math.inf:
        bad = brief(given["MinimumInterval"])
        wrong.append(Fault("MinimumInterval is seconds", at, bad, "a number >= 0"))
    events, unknown = _events(given.get("Event", ()), at)
    times = Times(interval if "Interval" in given else None, least or 0.0, events)
    return times, [*faults, *wrong, *unknown]


def unknown_keys(options: Mapping[Any, object], known: tuple[str, ...], at: str) -> list[Fault]:
    """A fault for each key that nobody knows."""
    return [
        Fault(
            "an unknown key",
            at=at,
            given=brief(key),
            known=known,
            fix=counterpart(str(key), [*map(field_name, known)], wolfram=True)
            or suggestion(key, known),
        )
        for key in options
        if key not in known
    ]


def _events(given: object, at: str) -> tuple[tuple[str, ...], list[Fault]]:
    names = given if isinstance(given, (list, tuple)) else [given]
    faults = [
        Fault(
            "no such event",
            at=f"{at}, Event",
            given=brief(name),
            known=EVENTS,
            fix=suggestion(name, EVENTS) if isinstance(name, str) else None,
        )
        for name in names
        if name not in EVENTS
    ]
    return tuple(name for name in names if name in EVENTS), faults


def asked(
    function: Callable[[Mapping[str, Any]], object] | None, state: Mapping[str, Any]
) -> str | None:
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
