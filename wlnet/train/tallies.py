"""Tallies in plain values, and back: what is kept of a round that is not over.

A plain value is an array, a number, None, a tuple of plain values, or a tally in a tally: the name
of its kind, and its fields.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import numpy as np

from wlnet.results.class_table import ClassTable
from wlnet.results.moment import Parts
from wlnet.train.held import Held
from wlnet.train.measured_functions import Examples
from wlnet.train.measured_ports import Activations
from wlnet.train.measurements import Measurement, Tally
from wlnet.train.moments import Moments
from wlnet.train.roc import Scores

KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind for kind in (ClassTable, Moments, Scores, Held, Activations, Examples)
}
"""Tallies that are no array, by name, and what is in them."""
ARRAY: Final = "Array"


def plain_tally(tally: Tally) -> tuple[str, Parts]:
    """The kind of a tally, and its fields."""
    if isinstance(tally, np.ndarray):
        return ARRAY, (tally,)
    kind = type(tally)
    assert KINDS.get(kind.__name__) is kind, kind
    return kind.__name__, tuple(_plain(getattr(tally, each.name)) for each in fields(kind))


def _plain(part: Any) -> Any:
    if isinstance(part, tuple):
        return tuple(map(_plain, part))
    if type(part) in KINDS.values():
        return plain_tally(part)
    # A function of the user is known by the measurement that asks it.
    return None if callable(part) else part


def tally_of(kind: str, parts: Parts, measurement: Measurement | None = None) -> Tally:
    """The tally of a kind with these fields. measurement: what it is of, which may be a function
    that a tally asks."""
    if kind == ARRAY:
        found: Tally = parts[0]
        return found
    made: Any = [_back(part, measurement) for part in parts]
    if KINDS[kind] is Examples:
        made[0] = getattr(measurement, "_asked", None)
    tally: Tally = KINDS[kind](*made)
    return tally


def _back(part: Any, measurement: Measurement | None) -> Any:
    if not isinstance(part, tuple):
        return part
    if is_tally(part):
        return tally_of(part[0], part[1], measurement)
    return tuple(_back(each, measurement) for each in part)


def fits(kind: str, parts: Parts) -> bool:
    """Whether a tally of a kind may have these fields."""
    if kind == ARRAY:
        return len(parts) == 1 and isinstance(parts[0], np.ndarray)
    hints = [str(each.type) for each in fields(KINDS[kind])] if kind in KINDS else []
    return len(hints) == len(parts) > 0 and all(
        _fits(hint, part) for hint, part in zip(hints, parts, strict=True)
    )


def _fits(hint: str, part: Any) -> bool:
    """Whether a plain value is of a type, as a field of a tally names it."""
    if hint.endswith(" | None"):
        return part is None or _fits(hint.removesuffix(" | None"), part)
    if hint in KINDS:
        return isinstance(part, tuple) and is_tally(part) and part[0] == hint and fits(*part)
    if hint.startswith("tuple["):
        inner = hint.removeprefix("tuple[").removesuffix(", ...]")
        return isinstance(part, tuple) and all(_fits(inner, each) for each in part)
    if hint == "Column":
        return isinstance(part, np.ndarray) or _fits("tuple[Array, ...]", part)
    known: dict[str, Any] = {
        "int": int,
        "float": (int, float),
        "Array": np.ndarray,
        "Function": type(None),
    }
    return isinstance(part, known[hint])


def is_tally(part: tuple[Any, ...]) -> bool:
    """Whether a plain value is a tally in a tally."""
    return len(part) == 2 and isinstance(part[0], str)
