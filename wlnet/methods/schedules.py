"""Schedules: the factor on the learning rate, update by update."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wlnet.core.answers import answer
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.spelling import suggestion
from wlnet.methods.intervals import NOT_NEGATIVE, as_number

Schedule = str | Callable[[int, int], float] | None

SCHEDULES = ("Polynomial",)
_EXPECTED = "None, 'Polynomial', or a function f(t, T) of the update t = 0..T-1 out of T"


def as_schedule(given: object, at: str = "LearningRateSchedule") -> Schedule:
    """A schedule as the user gave it, looked at before any training starts.

    `None` leaves the rate alone, `"Polynomial"` lets it fall like the root of the updates left, and
    a function `f(t, T)` returns the factor for update t = 0..T-1 of T, a finite real >= 0. Anything
    else, or a function that cannot take two arguments, raises `OptionError`.

    Source: https://reference.wolfram.com/language/ref/NetTrain.html (LearningRateSchedule).

    >>> as_schedule("Polynomial")
    'Polynomial'
    """
    fault = schedule_fault(given, at)
    if fault is not None:
        raise fail(OptionError, fault)
    return given  # type: ignore[return-value]


def schedule_fault(given: object, at: str) -> Fault | None:
    """What is wrong with a schedule, if anything."""
    if given is None or (isinstance(given, str) and given in SCHEDULES):
        return None
    if isinstance(given, str):
        return Fault(
            "no schedule has this name",
            at=at,
            given=brief(given),
            expected=_EXPECTED,
            known=SCHEDULES,
            fix=suggestion(given, SCHEDULES),
        )
    if not callable(given):
        return Fault("this is not a schedule", at=at, given=brief(given), expected=_EXPECTED)
    try:
        inspect.signature(given).bind(0, 1)
    except ValueError:  # a function in C that does not tell what it takes: the first call will
        return None
    except TypeError as error:
        return Fault(
            f"the schedule cannot be called with t and T: {error}",
            at=at,
            given=brief(given),
            expected=_EXPECTED,
            fix="lambda t, T: 1 - t / T",
        )
    return None


def factor(schedule: Schedule, t: int, total: int) -> float:
    """The factor s(t) of update t = 1, 2, ... out of `total`; past the end it stays as it was.

    A function is called with t - 1, so from 0. A factor that is no finite real >= 0 raises
    `OptionError`, an iterator in it that has ended `DataError`.

    Source: https://reference.wolfram.com/language/ref/NetTrain.html (LearningRateSchedule).

    >>> factor(None, 3, 8), factor("Polynomial", 5, 8), factor(lambda t, T: 1 - t / T, 3, 8)
    (1.0, 0.6666666666666666, 0.75)
    """
    if schedule is None:
        return 1.0
    step = min(t, total)
    if not callable(schedule):
        return math.sqrt(1.0 - step / (total + 1))
    # Once a step: what only a message needs is made where there is one.
    given = answer(
        schedule, lambda: f"{_name(schedule)}, t = {step - 1} of T = {total}", step - 1, total
    )
    size = as_number(given, NOT_NEGATIVE)
    if size is None:
        raise fail(
            OptionError,
            Fault(
                f"the schedule gave no factor for t = {step - 1} of T = {total}",
                at=_name(schedule),
                given=brief(given),
                expected=str(NOT_NEGATIVE),
                fix="return a number such as 1 - t / T for every t = 0..T-1",
            ),
        )
    return size


def _name(schedule: Schedule) -> str:
    return f"LearningRateSchedule {getattr(schedule, '__name__', None) or repr(schedule)}"


def factors(schedule: Schedule, steps: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """The factors of several updates t = 1, 2, ...; see `factor`."""
    if schedule is None:
        return np.ones(len(steps))
    if schedule == "Polynomial":
        total = min(total, 2**53)  # nobody takes more, and floats cannot count them
        return np.sqrt(1.0 - np.minimum(steps, total) / (total + 1))
    return np.array([factor(schedule, t, total) for t in steps.tolist()])
