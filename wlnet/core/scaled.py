"""Scaled: a value relative to another, as in Scaled(0.1) of the examples, or a loss times a
factor."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_real, scalar


@dataclass(frozen=True, repr=False)
class Scaled:
    """A factor: `validation_set=Scaled(0.1)` holds a tenth of the examples out.

    >>> Scaled(0.1)
    Scaled(0.1)

    Wolfram Language: Scaled.
    """

    factor: float

    def __post_init__(self) -> None:
        number = as_real(self.factor)
        if number is None or not math.isfinite(number):
            raise fail(
                OptionError,
                Fault("Scaled takes a finite number", given=brief(self.factor), fix="Scaled(0.1)"),
            )
        object.__setattr__(self, "factor", scalar(self.factor))

    def __repr__(self) -> str:
        return f"Scaled({self.factor!r})"
