"""Scaled: a value relative to another, as in Scaled(0.1) of the examples, or a loss times a
factor."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wlnet.core.errors import Fault, OptionError, fail


@dataclass(frozen=True, repr=False)
class Scaled:
    """A factor: `validation_set=Scaled(0.1)` holds a tenth of the examples out.

    >>> Scaled(0.1)
    Scaled(0.1)

    Wolfram Language: Scaled.
    """

    factor: float

    def __post_init__(self) -> None:
        given = self.factor
        if (
            isinstance(given, (bool, str))
            or not isinstance(given, (int, float))
            or not math.isfinite(given)
        ):
            raise fail(
                OptionError,
                Fault("Scaled takes a finite number", given=repr(given), fix="Scaled(0.1)"),
            )

    def __repr__(self) -> str:
        return f"Scaled({self.factor!r})"
