"""The kinds of settings a method has: the type of a field says what it may be."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, get_type_hints

from wlnet.core.errors import Fault, brief
from wlnet.core.phases import Phases
from wlnet.core.symbols import AUTOMATIC, Symbol
from wlnet.methods.intervals import FRACTION, NOT_NEGATIVE, POSITIVE, Interval, as_number
from wlnet.methods.schedules import Schedule, read_schedule

Reader = Callable[[object, str], tuple[Any, list[Fault]]]
"""From what was given and where: the value to keep and what is wrong with it."""


@dataclass(frozen=True)
class Number:
    """Reads a number of an interval, or one of a few words (None, AUTOMATIC)."""

    within: Interval
    words: tuple[Any, ...] = ()

    def __call__(self, given: object, at: str) -> tuple[Any, list[Fault]]:
        if any(given is word for word in self.words):
            return given, []
        value = as_number(given, self.within)
        expected = ", or ".join([str(self.within), *map(repr, self.words)])
        fault = Fault("not a value of this option", at, brief(given), expected)
        return value, [] if value is not None else [fault]


@dataclass(frozen=True)
class PerArray:
    """Reads None, a number for all arrays, or rules, which are kept as (part, number) pairs."""

    within: Interval

    def __call__(self, given: object, at: str) -> tuple[Any, list[Fault]]:
        if given is None:
            return None, []
        if isinstance(given, Phases):
            what = "phases are for learning_rate_multipliers of net_train alone"
            return None, [Fault(what, at, brief(given), "a number, or rules by parts")]
        if not isinstance(given, (Mapping, list, tuple)):
            value = as_number(given, self.within)
            rules = "rules {part: number} or [(part, number), ...]"
            expected = f"{self.within}, None, or {rules}"
            fault = Fault("not a value of this option", at, brief(given), expected)
            return value, [] if value is not None else [fault]
        pairs, faults = [], []
        rows = given.items() if isinstance(given, Mapping) else given
        for count, row in enumerate(rows, 1):
            where = f"{at}, rule {count}"
            if not isinstance(row, (tuple, list)) or len(row) != 2:
                fix = "[(part, number), ...], also for a single rule"
                faults.append(Fault("not a rule", where, brief(row), "(part, number)", fix=fix))
                continue
            part, size = row
            value = None if size is None else as_number(size, self.within)
            if value is None and size is not None:
                what = f"the rule for {brief(part)} has no fitting number"
                fix = "None leaves the part out"
                faults.append(Fault(what, where, brief(size), f"{self.within}, or None", fix=fix))
            pairs.append((tuple(part) if isinstance(part, list) else part, value))
        return tuple(pairs), faults


Rules = Mapping[Any, float | None] | Sequence[tuple[Any, float | None]]

LearningRate = Annotated[float | Symbol, Number(POSITIVE, (AUTOMATIC,))]
"""The rate when net_train gives none; AUTOMATIC is the method's own default."""

Fraction = Annotated[float, Number(FRACTION)]
Momentum = Annotated[float | None, Number(FRACTION, (None,))]
Positive = Annotated[float, Number(POSITIVE)]
SmallPositive = Annotated[float, Number(Interval(0, 0.01, last=True))]
RateSchedule = Annotated[Schedule, read_schedule]

Penalty = Annotated[float | Rules | None, PerArray(NOT_NEGATIVE)]
Clipping = Annotated[float | Rules | None, PerArray(POSITIVE)]
Norm = Annotated[float | None, Number(POSITIVE, (None,))]
"""The largest norm of all gradients together; None sets no limit."""


@functools.cache
def readers(method: type) -> Mapping[str, Reader]:
    """The settings of a method in their order, each with what reads it."""
    hints = get_type_hints(method, include_extras=True)
    return {field.name: hints[field.name].__metadata__[0] for field in fields(method)}
