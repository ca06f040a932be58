"""Measurements: how good outputs are beside their targets. A new one is one row.

Wolfram Language: NetTrain (TrainingProgressMeasurements), NetMeasurements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC

Array = np.ndarray[Any, Any]
Measure = Callable[[Array, Array], Array]
"""(outputs, targets) -> one number an example, whose mean is the measurement."""


@dataclass(frozen=True)
class Measurement:
    """A measurement by name. `top` is n in ("ErrorRate", n)."""

    name: str
    top: int = 1

    @property
    def key(self) -> str:
        return self.name if self.top == 1 else f"{self.name}Top{self.top}"

    @property
    def smaller_is_better(self) -> bool:
        return TABLE[self.name].smaller_is_better

    def examples(self, outputs: Array, targets: Array) -> Array:
        """One number an example."""
        row = TABLE[self.name]
        return row.top(outputs, targets, self.top) if row.top is not None else row.measure(outputs, targets)


@dataclass(frozen=True)
class _Row:
    measure: Measure
    smaller_is_better: bool
    top: Callable[[Array, Array, int], Array] | None = None


def _wrong(outputs: Array, targets: Array, top: int = 1) -> Array:
    """1 where the target is not among the `top` largest; for one probability: where it rounds to the other."""
    if targets.dtype.kind in "iu":
        rows, index = outputs.reshape(-1, outputs.shape[-1]), targets.reshape(-1, 1) - 1
        own = np.take_along_axis(rows, index, axis=1)
        # A class ahead of the target: a larger number, or an equal one that stands earlier.
        ahead = (rows > own) | ((rows == own) & (np.arange(rows.shape[1]) < index))
        wrong = ahead.sum(axis=1) >= top
        return wrong.reshape(len(outputs), -1).mean(axis=1)
    if targets.shape == outputs.shape and outputs.ndim > 1 and outputs.shape[-1] > 1:
        return (outputs.argmax(-1) != targets.argmax(-1)).reshape(len(outputs), -1).mean(axis=1)
    return ((outputs >= 0.5) != (targets >= 0.5)).reshape(len(outputs), -1).mean(axis=1)


def _mean(values: Array) -> Array:
    return values.reshape(len(values), -1).mean(axis=1)


TABLE: dict[str, _Row] = {
    "ErrorRate": _Row(_wrong, True, _wrong),
    "Accuracy": _Row(lambda y, t: 1 - _wrong(y, t), False, lambda y, t, n: 1 - _wrong(y, t, n)),
    "MeanSquare": _Row(lambda y, t: _mean((y - t) ** 2), True),
    "MeanDeviation": _Row(lambda y, t: _mean(np.abs(y - t)), True),
}


def as_measurements(given: Any) -> Any:
    """AUTOMATIC, or the measurements of a name, (name, n), or a list. Raises OptionError."""
    if given is AUTOMATIC:
        return AUTOMATIC
    if given is None:
        return ()
    items = given if isinstance(given, list) else [given]
    found, faults = [], []
    for item in items:
        name, top = item if isinstance(item, tuple) and len(item) == 2 else (item, 1)
        if not isinstance(name, str) or name not in TABLE:
            faults.append(Fault("an unknown measurement", given=repr(item)[:60], known=list(TABLE),
                                fix=suggestion(str(name), TABLE)))
        elif isinstance(top, bool) or not isinstance(top, int) or top < 1 or (top > 1 and TABLE[name].top is None):
            faults.append(Fault(f"{name} cannot have this number", given=repr(top)))
        else:
            found.append(Measurement(name, top))
    if faults:
        raise fail(OptionError, faults)
    return tuple(found)
