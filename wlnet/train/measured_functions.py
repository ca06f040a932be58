"""Functions of the user as measurements: f(predictions, targets) gives a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from wlnet.core.answers import answer
from wlnet.core.arrays import frozen
from wlnet.core.errors import Fault, OptionError, TrainingWarning, brief, fail, warn
from wlnet.core.scalars import as_real
from wlnet.train.held import Column, Held
from wlnet.train.measurements import Measurement, Tally

Array = np.ndarray[Any, Any]
MOST = 256 << 20
"""Bytes of predictions and targets that are held whole for a function."""


Function = Callable[[Column, Column], float]


@dataclass(frozen=True, eq=False)
class Examples:
    """Predictions and targets of some batches, for a function to be called with.

    held: both, an example a row; None once they were more than MOST bytes. sizes: of the batches.
    values: what the function gave for each of them, where that is held instead.
    """

    ask: Function
    held: Held | None
    sizes: Held
    values: Held | None = None

    def __add__(self, other: Examples) -> Examples:
        sizes = self.sizes + other.sizes
        if self.held and other.held and self.held.bytes + other.held.bytes <= MOST:
            return Examples(self.ask, self.held + other.held, sizes)
        if self.held and other.held:
            warn(
                TrainingWarning,
                Fault(
                    "a function as measurement would need all predictions and targets at once: "
                    "what is told is the mean of its values by batch, by the sizes of the batches",
                    given=f"more than {MOST >> 20} MB",
                    fix="a measurement by name, which adds up batches exactly",
                ),
            )
        return Examples(self.ask, None, sizes, self.by_batch() + other.by_batch())

    def in_order(self, rows: Array) -> Examples:
        """The same, with the examples at these places; where only values by batch are held, as it
        is."""
        if self.held is None:
            return self
        order = np.argsort(rows)
        columns = [
            column[order] if isinstance(column, np.ndarray) else tuple(column[i] for i in order)
            for column in self.held.columns()
        ]
        return replace(self, held=Held.of(*columns))

    def by_batch(self) -> Held:
        """What the function gives for each batch."""
        if self.values is not None:
            return self.values
        assert self.held is not None
        outputs, targets = self.held.columns()
        ends = np.cumsum(np.asarray(self.sizes.columns()[0])).tolist()
        batches = [slice(start, end) for start, end in pairwise([0, *ends])]
        return Held.of(np.array([self.ask(outputs[each], targets[each]) for each in batches]))

    def value(self) -> float:
        """What the function gives for all, or the mean of what it gives by batch."""
        if self.held is not None:
            return self.ask(*self.held.columns())
        values, sizes = (np.asarray(each.columns()[0]) for each in (self.by_batch(), self.sizes))
        return float((values * sizes).sum() / sizes.sum())


@dataclass(frozen=True, kw_only=True)
class FunctionMeasurement(Measurement):
    """A function of all predictions and all targets, an example a row, that gives a number. Of
    examples of several shapes it is given lists of arrays.

    It is called with a batch where batches are told of, and with a whole round or set, if that is
    no more than MOST bytes. at: where it was given.

    Equal to another one of the very same function: what == says of the user's objects, or whether
    they can be hashed, does not matter.
    """

    function: Callable[[Any, Any], Any] = field(compare=False)
    at: str
    identity: int = field(init=False, repr=False)
    errors: dict[str, Any] = field(init=False, repr=False, compare=False)
    """What NumPy does about errors where the function was given."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", id(self.function))
        object.__setattr__(self, "errors", dict(np.geterr()))

    @property
    def usual_key(self) -> str:
        name = getattr(self.function, "__name__", type(self.function).__name__)
        return "Function" if name == "<lambda>" else str(name)

    def tally(self, outputs: Array, targets: Array, form: str) -> Tally:
        return Examples(self._asked, Held.of(outputs, targets), Held.of(np.array([len(outputs)])))

    def kept(self, tally: Examples) -> float:
        return tally.value()

    def _asked(self, outputs: Column, targets: Column) -> float:
        """What the function gives. Raises OptionError for what is no number."""
        given = _read_only(outputs), _read_only(targets)
        # Around this, errors of numbers are passed over; those of the user's function are his.
        with np.errstate(**self.errors):
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


def _read_only(column: Column) -> Array | list[Array]:
    if isinstance(column, np.ndarray):
        return frozen(column.view())
    return [frozen(row.view()) for row in column]
