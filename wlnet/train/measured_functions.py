"""Functions of the user as measurements: f(predictions, targets) gives a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlnet.core.answers import answer
from wlnet.core.errors import Fault, OptionError, TrainingWarning, brief, fail, warn
from wlnet.core.scalars import as_real
from wlnet.train.held import Held
from wlnet.train.measurements import Measurement, Tally
from wlnet.train.rates import frozen

Array = np.ndarray[Any, Any]
MOST = 256 << 20
"""Bytes of predictions and targets that are held whole for a function."""


@dataclass(frozen=True, eq=False)
class Examples:
    """What a function is given of some batches, and what it gave for each.

    held: predictions and targets; None once they are more than MOST bytes. parts: the values by
    batch, and how many examples each is of.
    """

    held: Held | None
    parts: Held

    def __add__(self, other: Examples) -> Examples:
        parts = self.parts + other.parts
        if self.held is None or other.held is None:
            return Examples(None, parts)
        if self.held.bytes + other.held.bytes > MOST:
            warn(
                TrainingWarning,
                Fault(
                    "a function as measurement would need all predictions and targets at once: "
                    "what is told is the mean of its values by batch, by the sizes of the batches",
                    given=f"more than {MOST >> 20} MB",
                    fix="a measurement by name, which adds up batches exactly",
                ),
            )
            return Examples(None, parts)
        return Examples(self.held + other.held, parts)


@dataclass(frozen=True, kw_only=True)
class FunctionMeasurement(Measurement):
    """A function of all predictions and all targets, an example a row, that gives a number.

    It is called once for every batch, and once for a round or a set, of all that it holds, if that
    is no more than MOST bytes. at: where it was given.
    """

    function: Callable[[Array, Array], Any]
    at: str

    @property
    def usual_key(self) -> str:
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return "Function" if name == "<lambda>" else str(name)

    def tally(self, outputs: Array, targets: Array, form: str) -> Tally:
        part = np.array([self._asked(outputs, targets)]), np.array([len(outputs)])
        return Examples(Held.of(outputs, targets), Held.of(*part))

    def kept(self, tally: Examples) -> float:
        values, sizes = tally.parts.columns()
        if len(values) == 1:
            return float(values[0])
        if tally.held is None:
            return float((values * sizes).sum() / sizes.sum())
        return self._asked(*tally.held.columns())

    def _asked(self, outputs: Array, targets: Array) -> float:
        """What the function gives. Raises OptionError for what is no number."""
        given = frozen(outputs.view()), frozen(targets.view())
        # Around this, warnings about numbers are off; those of the user's function are his.
        with np.errstate(divide="warn", over="warn", invalid="warn"):
            found = answer(self.function, self.at, *given)
        value = as_real(found)
        if value is None:
            raise fail(
                OptionError,
                Fault(
                    "a function as measurement gives a number",
                    at=f"{self.at}, {self.key}",
                    given=brief(found),
                    fix="lambda predictions, targets: float(...)",
                ),
            )
        return value
