"""Schedules: the factor on the learning rate, update by update."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wlnet.core.answers import answer, binds
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_real
from wlnet.core.spelling import suggestion
from wlnet.methods.intervals import NOT_NEGATIVE, as_number
from wlnet.methods.named_schedules import NAMED, WARMUP, NamedSchedule, updates_of

Function = Callable[[int, int], float] | Callable[[int, int, float], float]
Pairs = tuple[tuple[str, Any], ...]
Schedule = str | tuple[str, Pairs] | Function | None
"""A schedule as it is kept: the options of a named one as pairs, those that are no defaults."""

_EXPECTED: Final = (
    "None, a name, (name, {option: value}), or a function f(t, T) or f(t, T, learning_rate) of the "
    "update t = 0..T-1 out of T"
)


def as_schedule(given: object, at: str = "LearningRateSchedule") -> Schedule:
    """A schedule as the user gave it, looked at before any training starts.

    `None` leaves the learning rate alone. A name, or a pair of a name and its options, is one of

    * `"Constant"`: 1
    * `"Polynomial"`: the root of what is left, sqrt(1 - (k + 1) / (T + 1))
    * `"Linear"`: evenly down to `"Final"` (default 0)
    * `"Cosine"`: down to `"Final"` (0) along half a wave
    * `"OneCycle"`: up from `"Initial"` (0.04) to 1 in the share `"Rise"` (0.3) of the updates, then
      down to `"Final"` (4e-6), both along half a wave
    * `"Steps"`: multiplied by `"Factor"` (0.1) at each place of `"At"` ((0.5, 0.75)), a share of
      the updates or how many of them
    * `"Exponential"`: down by the same factor at each update, to `"Final"` (0.01) at the end, or by
      `"Decay"` if that is given

    Each takes `"Warmup"` (0, none), a share of all updates or a number W of them: there the factor
    rises evenly, from 1 / (W + 1) of the schedule's first one, and the schedule begins behind it:
    its k counts from 0 there, out of the T updates that are left.

    A function `f(t, T)` returns the factor for update t = 0..T-1 of T, a finite real >= 0. One that
    cannot do without a third argument is given the learning rate before its schedule as well.

    Anything else raises one `OptionError` with all faults.

    Sources: https://reference.wolfram.com/language/ref/NetTrain.html (LearningRateSchedule);
    "Cosine": Loshchilov and Hutter, "SGDR", 2017, without restarts; "OneCycle": Smith, "A
    disciplined approach to neural network hyper-parameters", 2018, with half waves for the lines.

    >>> as_schedule("Polynomial")
    'Polynomial'
    >>> as_schedule(("Cosine", {"Warmup": 0.1}))
    ('Cosine', (('Warmup', 0.1),))
    """
    value, faults = read_schedule(given, at)
    if faults:
        raise fail(OptionError, faults)
    return value


def read_schedule(given: object, at: str) -> tuple[Schedule, list[Fault]]:
    """The schedule to keep, and all that is wrong with what was given."""
    name: object = given
    options: object = {}
    if isinstance(given, (tuple, list)) and len(given) == 2:
        name, options = given
    if given is None:
        return None, []
    if isinstance(name, str):
        return _read_named(name, options, at)
    if callable(given):
        return given, _faults_of_function(given, at)
    return None, [Fault("this is not a schedule", at, brief(given), _EXPECTED, NAMED)]


def _read_named(name: str, given: object, at: str) -> tuple[Schedule, list[Fault]]:
    row = NAMED.get(name)
    if row is None:
        what, near = "no schedule has this name", suggestion(name, NAMED)
        return None, [Fault(what, at, brief(name), _EXPECTED, NAMED, near)]
    known = {**row.options, "Warmup": WARMUP}
    pairs, faults = _as_pairs(given), []
    if pairs is None:
        fix = f'("{name}", {{"Warmup": 0.1}})'
        return None, [Fault("these are no options of a schedule", at, brief(given), fix=fix)]
    kept: dict[str, Any] = {}
    for option, value in pairs:
        where = f"{at} {name}, option {option!r}"
        if option not in known:
            what, near = f"the schedule {name!r} has no such option", None
            if isinstance(option, str):
                near = suggestion(option, known)
            faults.append(Fault(what, where, brief(value), known=known, fix=near))
            continue
        default = known[option].default
        if value is None and default is None:
            continue
        kept[option] = default if as_real(value) == default else known[option].read(value)
        if kept[option] is None:
            what = "not a value of this option"
            faults.append(Fault(what, where, brief(value), known[option].expected))
    if row.clash is not None and set(row.clash) <= set(kept):
        one, other = row.clash
        what = f"the schedule {name!r} takes {one!r} or {other!r}, and both were given"
        faults.append(Fault(what, at, brief(given), fix=f"leave out {one!r}"))
    others = tuple(pair for pair in kept.items() if pair[1] != known[pair[0]].default)
    return (name, others) if others else name, faults


def _as_pairs(given: object) -> list[tuple[Any, Any]] | None:
    if isinstance(given, Mapping):
        return list(given.items())
    if not isinstance(given, (tuple, list)):
        return None
    if not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in given):
        return None
    return [(option, value) for option, value in given]


def _faults_of_function(function: Callable[..., Any], at: str) -> list[Fault]:
    try:
        takes_rate(function)
    except TypeError as error:
        what, fix = f"the schedule cannot be called with t and T: {error}", "lambda t, T: 1 - t / T"
        return [Fault(what, at, brief(function), _EXPECTED, fix=fix)]
    return []


def takes_rate(function: Callable[..., Any]) -> bool:
    """Whether a schedule function asks for the learning rate, as it cannot do with t and T alone.

    A third argument with a default is the user's own. Raises TypeError where neither fits.
    """
    try:
        signature = inspect.signature(function)
    except ValueError:  # a function in C that does not tell what it takes: the first call will
        return False
    if not binds(signature, 2) and binds(signature, 3):
        return True
    signature.bind(0, 1)
    return False


def as_options(schedule: Schedule) -> object:
    """A schedule as a user writes it: with its options as a dict."""
    return (schedule[0], dict(schedule[1])) if isinstance(schedule, tuple) else schedule


def looks_at_total(schedule: Schedule) -> bool:
    """Whether it matters to a schedule how many updates there will be.

    >>> looks_at_total("Cosine"), looks_at_total(("Exponential", {"Decay": 0.999}))
    (True, False)
    """
    if schedule is None or callable(schedule):
        return schedule is not None
    row, options = _row(schedule)
    return isinstance(options["Warmup"], float) or row.looks_at_total(options)


def _row(schedule: str | tuple[str, Any]) -> tuple[NamedSchedule, dict[str, Any]]:
    """The row of a named schedule, and its options with all defaults."""
    name, given = (schedule, ()) if isinstance(schedule, str) else schedule
    row = NAMED[name]
    known = {**row.options, "Warmup": WARMUP}
    return row, {option: each.default for option, each in known.items()} | dict(given)


def factor(schedule: Schedule, t: int, total: int, learning_rate: float = 1.0) -> float:
    """The factor s(t) of update t = 1, 2, ... out of `total`; see `factors`.

    >>> factor(None, 3, 8), factor("Polynomial", 5, 8), factor(lambda t, T: 1 - t / T, 3, 8)
    (1.0, 0.6666666666666666, 0.75)
    >>> [factor(("Linear", {"Warmup": 3}), t, 7) for t in (1, 2, 3, 4, 5, 6, 7)]
    [0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25]
    """
    return float(factors(schedule, np.array([t], np.int64), total, learning_rate)[0])


def factors(
    schedule: Schedule, steps: NDArray[np.int64], total: int, learning_rate: float = 1.0
) -> NDArray[np.float64]:
    """The factors of several updates t = 1, 2, ... out of `total`.

    Past the end what looks at the end stays as it was. A function is called with t - 1, so from 0;
    learning_rate: what it is told if it asks for it. A factor that is no finite real >= 0 raises
    `OptionError`, an iterator in it that has ended `DataError`.

    Source: https://reference.wolfram.com/language/ref/NetTrain.html (LearningRateSchedule).
    """
    if schedule is None:
        return np.ones(len(steps))
    if callable(schedule):
        more = (learning_rate,) if takes_rate(schedule) else ()
        return np.array([_asked(schedule, min(t, total) - 1, total, more) for t in steps.tolist()])
    row, options = _row(schedule)
    total = min(total, 2**53)  # nobody takes more, and floats cannot count them
    warm = updates_of(options["Warmup"], total)
    k = (np.minimum(steps, total) if looks_at_total(schedule) else steps) - 1
    found = row.at(np.maximum(k - warm, 0), max(total - warm, 1), options)
    ramp = (np.minimum(k, warm) + 1) / (warm + 1)  # exactly 1 behind the warm-up
    return found * ramp


def _asked(function: Callable[..., Any], t: int, total: int, more: tuple[float, ...]) -> float:
    # Once a step: what only a message needs is made where there is one.
    given = answer(function, lambda: f"{_name(function)}, t = {t} of T = {total}", t, total, *more)
    size = as_number(given, NOT_NEGATIVE)
    if size is None:
        raise fail(
            OptionError,
            Fault(
                f"the schedule gave no factor for t = {t} of T = {total}",
                at=_name(function),
                given=brief(given),
                expected=str(NOT_NEGATIVE),
                fix="return a number such as 1 - t / T for every t = 0..T-1",
            ),
        )
    return size


def _name(schedule: Callable[..., Any]) -> str:
    return f"LearningRateSchedule {getattr(schedule, '__name__', None) or repr(schedule)}"
