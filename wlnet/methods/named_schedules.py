"""The schedules that have a name: how each goes, and the options it takes. A row each.

k = 0, 1, ... counts the updates after the warm-up, T is how many of those there will be, and
x = k / T goes from 0 up to but not including 1, so that no update is lost to a factor of 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wlnet.core.scalars import MOST, as_real, as_whole
from wlnet.methods.intervals import POSITIVE, Interval, as_number

Steps = NDArray[np.int64]
Factors = NDArray[np.float64]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class ScheduleOption:
    """An option: its default, what it may be in words, and what reads all else (None: not such)."""

    default: Any
    expected: str
    read: Callable[[object], Any]


@dataclass(frozen=True)
class NamedSchedule:
    """A row: the factors at k of T, the options beside "Warmup", and whether they make T matter."""

    at: Callable[[Steps, int, Options], Factors]
    options: Mapping[str, ScheduleOption] = field(default_factory=dict)
    looks_at_total: Callable[[Options], bool] = lambda options: True
    clash: tuple[str, str] | None = None
    """Two options of which only one may be given."""


def _number(default: float | None, within: Interval) -> ScheduleOption:
    expected = f"{within}, or None" if default is None else str(within)
    return ScheduleOption(default, expected, lambda given: as_number(given, within))


def _share_or_count(given: object) -> float | int | None:
    """A share of the updates, or a number of them."""
    share, count = as_real(given), as_whole(given)
    if share is not None and 0 < share < 1:
        return share
    return count if share is not None and count is not None and 1 <= count <= MOST else None


def _places(given: object) -> tuple[float | int, ...] | None:
    if not isinstance(given, (list, tuple)) or not given:
        return None
    found = [_share_or_count(each) for each in given]
    places = tuple(place for place in found if place is not None)
    return places if len(places) == len(found) else None


def updates_of(share_or_count: float, total: int) -> int:
    """How many updates a share of all, or a number of them, is."""
    if isinstance(share_or_count, int):
        return min(share_or_count, 2**53)  # floats cannot count more
    return round(share_or_count * total)


SHARE_OR_COUNT: Final = (
    f"a share of the updates, a number between 0 and 1, or how many, 1 to {MOST:,}"
)
WARMUP: Final = ScheduleOption(0, f"{SHARE_OR_COUNT}; or 0, for none", _share_or_count)
"""The option that all of them have."""
FROM_0_TO_1: Final = Interval(0, 1, first=True, last=True)
ABOVE_0_TO_1: Final = Interval(0, 1, last=True)
INSIDE: Final = Interval(0, 1)


def _of(options: Options, name: str) -> float:
    return float(options[name])


def _constant(k: Steps, total: int, options: Options) -> Factors:
    return np.ones(len(k))


def _polynomial(k: Steps, total: int, options: Options) -> Factors:
    return np.sqrt(1.0 - (k + 1) / (total + 1))


def _linear(k: Steps, total: int, options: Options) -> Factors:
    return 1.0 - (1.0 - _of(options, "Final")) * (k / total)


def _cosine(k: Steps, total: int, options: Options) -> Factors:
    final = _of(options, "Final")
    return final + (1.0 - final) * _fall(k / total)


def _fall(x: Factors) -> Factors:
    """From 1 at 0 to 0 at 1, along half a wave."""
    fallen: Factors = 0.5 * (1.0 + np.cos(math.pi * x))
    return fallen


def _one_cycle(k: Steps, total: int, options: Options) -> Factors:
    rise, initial, final = (_of(options, name) for name in ("Rise", "Initial", "Final"))
    x = k / total
    up = 1.0 - (1.0 - initial) * _fall(np.minimum(x / rise, 1.0))
    down = final + (1.0 - final) * _fall(np.maximum((x - rise) / (1.0 - rise), 0.0))
    return np.where(x < rise, up, down)


def _steps(k: Steps, total: int, options: Options) -> Factors:
    places = np.array([updates_of(place, total) for place in options["At"]])
    passed = (k[:, None] >= places).sum(axis=1)
    powers = np.array([_of(options, "Factor") ** n for n in range(len(places) + 1)])
    found: Factors = powers[passed]
    return found


def _exponential(k: Steps, total: int, options: Options) -> Factors:
    if options["Decay"] is None:
        return np.power(_of(options, "Final"), k / total)
    return np.power(_of(options, "Decay"), k.astype(np.float64))


_FINAL = _number(0.0, FROM_0_TO_1)

NAMED: Final[Mapping[str, NamedSchedule]] = MappingProxyType(
    {
        "Constant": NamedSchedule(_constant, {}, lambda options: False),
        "Polynomial": NamedSchedule(_polynomial),
        "Linear": NamedSchedule(_linear, {"Final": _FINAL}),
        "Cosine": NamedSchedule(_cosine, {"Final": _FINAL}),
        "OneCycle": NamedSchedule(
            _one_cycle,
            {
                "Rise": _number(0.3, INSIDE),
                "Initial": _number(0.04, FROM_0_TO_1),
                "Final": _number(4e-6, FROM_0_TO_1),
            },
        ),
        "Steps": NamedSchedule(
            _steps,
            {
                "At": ScheduleOption((0.5, 0.75), f"a list, each {SHARE_OR_COUNT}", _places),
                "Factor": _number(0.1, POSITIVE),
            },
            lambda options: not all(isinstance(place, int) for place in options["At"]),
        ),
        "Exponential": NamedSchedule(
            _exponential,
            {"Final": _number(0.01, ABOVE_0_TO_1), "Decay": _number(None, ABOVE_0_TO_1)},
            lambda options: options["Decay"] is None,
            ("Final", "Decay"),
        ),
    }
)
"""Every schedule by its name."""
