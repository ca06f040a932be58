"""The option validation_set: data or a share of the examples, and either with an interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wlnet.core.errors import Fault, brief
from wlnet.core.scalars import MOST, as_real, as_whole
from wlnet.core.scaled import Scaled
from wlnet.core.spelling import suggestion
from wlnet.train.generators import gives_batches


def read_validation_set(given: object, at: str) -> tuple[Any, list[Fault]]:
    """What to validate on, without its interval; data are looked at later."""
    given, _ = _apart(given)
    if isinstance(given, Scaled) and not 0 < given.factor < 1:
        fault = Fault(f"{at}=Scaled(f) needs 0 < f < 1", given=brief(given), fix="Scaled(0.1)")
        return None, [fault]
    share = as_real(given)
    if share is not None and 0 < share < 1:
        fix = f"Scaled({share:.6g})"
        return None, [Fault(f"{at} is data, or a share", at=at, given=brief(given), fix=fix)]
    return given, []


def read_validation_interval(given: object, at: str) -> tuple[int | None, list[Fault]]:
    """Every how many rounds there is a validation."""
    value, options = _apart(given)
    faults = unknown_options(options, ["Interval"], at)
    interval = as_whole(options.get("Interval", 1))
    if interval is None or not 1 <= interval <= MOST:
        told, fix = brief(options["Interval"]), '(data, {"Interval": 5})'
        expected = "every how many rounds, a positive integer"
        faults.append(Fault(f"an interval of {at}", at=at, given=told, expected=expected, fix=fix))
    if options and value is None:
        faults.append(Fault("an interval of no validation", at=at, given=brief(given)))
    return (None, faults) if faults else (interval, [])


def _apart(given: object) -> tuple[Any, Mapping[Any, Any]]:
    """A validation set, and its own options: those of a generator stay with it."""
    if not has_options(given):
        return given, {}
    assert isinstance(given, tuple)
    value, options = given
    others = {name: option for name, option in options.items() if name != "Interval"}
    if gives_batches(value) and others:
        return (value, others), {"Interval": options["Interval"]}
    return value, options


def has_options(given: object) -> bool:
    """Whether a value is (value, {"Interval": ...}), with options of its own.

    A dict beside columns may be columns too: options are numbers, words, and numbers with a unit.

    >>> has_options(([[1]], {"Interval": (2, "Batches")})), has_options(([[1]], {"Interval": [2]}))
    (True, False)
    """
    if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], Mapping)):
        return False
    value, options = given
    if gives_batches(value) and "Interval" not in options:
        return False
    return any(map(_is_option, options.values()))


def _is_option(value: object) -> bool:
    """Whether it can be no column."""
    if isinstance(value, tuple) and len(value) == 2:
        return as_real(value[0]) is not None and isinstance(value[1], str)
    return value is None or isinstance(value, str) or as_real(value) is not None


def unknown_options(options: Iterable[object], known: list[str], at: str) -> list[Fault]:
    """The faults of options that stand beside data, and are not known there."""
    length = "RoundLength is of a function that gives batches; a round of columns is all of them"
    return [
        Fault(
            f"{at} has no option {brief(name)}",
            at=at,
            known=known,
            fix=length if name == "RoundLength" else suggestion(name, known),
        )
        for name in options
        if name not in known
    ]
