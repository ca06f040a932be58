"""What stands in a column where a value is missing: nothing, NaN, or the mark of a library."""

from __future__ import annotations

from typing import Any

import numpy as np

MARKS = frozenset({"NAType", "NaTType", "MaskedConstant"})
"""Types of the marks of pandas and NumPy: no comparison with them is a truth value."""


def is_gap(item: object) -> bool:
    """Whether a value is missing.

    >>> is_gap(None), is_gap(float("nan")), is_gap(np.datetime64("NaT")), is_gap(""), is_gap(0)
    (True, True, True, False, False)
    """
    if item is None or type(item).__name__ in MARKS:
        return True
    # NaN, of any library, is what does not equal itself.
    return isinstance(item, (float, np.floating, np.datetime64)) and bool(item != item)


def gaps(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where values of a column of rank 1 are missing: a truth value an item."""
    found = np.zeros(len(column), bool)
    if column.dtype.kind == "O":
        found[:] = [is_gap(item) for item in column]
    elif column.dtype.kind == "f":
        found[:] = np.isnan(column)
    elif column.dtype.kind in "mM":
        found[:] = np.isnat(column)
    return found
