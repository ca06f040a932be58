"""The "Number" encoder: a number in any unit, and perhaps missing, becomes a standardised vector.

wlnet's own: in the Wolfram Language Predict and Classify do this, and NetEncoder does not.
"""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, Protocol

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import (
    NetEncoder,
    batch_items,
    numbered,
    real_number,
    reals,
    refuse,
    zeros,
)
from wlnet.coders.parameters import choice_faults
from wlnet.core.arrays import Dtype
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.gaps import is_gap
from wlnet.core.gate import Column
from wlnet.core.machine import check_memory
from wlnet.core.scalars import as_real
from wlnet.core.shapes import Shape

WIDTHS = {"Refuse": 1, "Mean": 1, "Indicator": 2}
"""What may become of a missing number, and how long the vector then is."""


@coder
class NumberEncoder(NetEncoder):
    """`NetEncoder("Number", mean, deviation)`: x to the vector `[(x - mean) / deviation]`.

    The mean is 0 and the deviation 1, if they are not given. What becomes of a missing number
    (None, NaN, or the mark of pandas) says `missing`:

    * "Refuse": a DataError, which names the example
    * "Mean": it counts as the mean, which is 0 in the vector
    * "Indicator": the same, and a second entry of the vector is 1 where the number is missing

    It is computed in 64 bits before it is rounded, so that large numbers that differ by little
    stay apart. Booleans, strings, complex numbers and infinities are DataErrors.

    >>> NetEncoder("Number", 40, 10).encode([30, 50.5])
    array([[-1.  ],
           [ 1.05]], dtype=float32)
    >>> NetEncoder("Number", 40, 10, missing="Indicator").encode([None, 45])
    array([[0. , 1. ],
           [0.5, 0. ]], dtype=float32)
    """

    kind = "Number"
    mean: float = 0.0
    deviation: float = 1.0
    _: KW_ONLY
    missing: str = "Refuse"

    def __post_init__(self) -> None:
        faults = choice_faults(self.title, missing=(self.missing, tuple(WIDTHS)))
        faults += statistics_faults(self)
        if faults:
            raise fail(OptionError, faults)
        self._set(mean=float(self.mean), deviation=float(self.deviation))

    @property
    def shape(self) -> Shape:
        return (WIDTHS[self.missing],)

    def is_single(self, x: object) -> bool:
        return is_gap(x) or super().is_single(x)

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> np.ndarray:
        batch = batch_items(items, where)
        is_array = isinstance(batch, np.ndarray) and batch.ndim == 1 and batch.dtype.kind in "iuf"
        read = np.asarray(batch) if is_array else self._read(batch, where)
        out = zeros((len(read), WIDTHS[self.missing]), dtype, where)
        # Beside it, in 64 bits, some steps of the computation.
        check_memory(4 * read.size * 8, where, DataError)
        absent = np.isnan(read)
        if absent.any() and self.missing == "Refuse":
            raise refuse(
                where,
                int(np.argmax(absent)),
                "a number is missing",
                given=brief(batch[int(np.argmax(absent))]),
                expected="a number",
                fix="leave the example out, fill the gap, or give the encoder missing='Mean' or "
                "'Indicator' before training",
            )
        # Half of each first: the difference of two finite numbers need not be one.
        halves = read.astype(np.float64) / 2 - self.mean / 2
        with np.errstate(over="ignore"):
            out[:, :1] = reals(
                np.where(absent, 0.0, halves / (self.deviation / 2))[:, None], where, dtype
            )
        if self.shape == (2,):
            out[:, 1] = absent
        return out

    def _read(self, batch: Column, where: str) -> np.ndarray[Any, Any]:
        numbers = zeros((len(batch),), np.float64, where)
        for index, item in numbered(batch):
            numbers[index] = np.nan if is_gap(item) else real_number(item, where, index)
        return numbers


class Standardised(Protocol):
    """What a coder of standardised numbers says of itself."""

    @property
    def title(self) -> str: ...
    @property
    def mean(self) -> float: ...
    @property
    def deviation(self) -> float: ...


def statistics_faults(coder: Standardised) -> list[Fault]:
    """What is wrong with the mean and the deviation of a coder."""
    faults = []
    mean, deviation = as_real(coder.mean), as_real(coder.deviation)
    if mean is None or not np.isfinite(mean):
        what = "the mean is a finite number"
        faults.append(Fault(what, at=coder.title, given=brief(coder.mean)))
    if deviation is None or not np.isfinite(deviation) or not deviation / 2 > 0:
        what = "the deviation is a finite number above 0"
        faults.append(Fault(what, at=coder.title, given=brief(coder.deviation), fix="deviation=1"))
    return faults
