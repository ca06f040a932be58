"""One reader of numbers: those of Python and NumPy, and arrays of rank 0, are the same numbers."""

from __future__ import annotations

import math
import numbers
import operator
from decimal import Decimal
from typing import Any

import numpy as np


def scalar(given: object) -> Any:
    """A number as Python has it; anything else as it is.

    NumPy's scalars, arrays of rank 0, and what becomes one by `__array__`, are numbers. What a mask
    hides is none.

    >>> scalar(np.float32(0.5)), scalar(np.array(3)), scalar("3"), scalar([3])
    (0.5, 3, '3', [3])
    """
    if isinstance(given, (int, float, str)) and not isinstance(given, np.generic):
        return given
    if isinstance(given, np.ma.MaskedArray):
        return given
    found: Any = given
    if isinstance(given, (np.generic, np.ndarray)):
        pass
    elif isinstance(given, (list, tuple, dict)) or not hasattr(given, "__array__"):
        return given
    else:
        found = _rank_0(given)
    if found is None or found.ndim or found.dtype.kind not in "biufUO":
        return given
    # A long double has no counterpart in Python, and stands for itself.
    plain = found.item()
    return float(plain) if isinstance(plain, np.floating) else plain


def _rank_0(given: object) -> np.ndarray | None:
    """What has `__array__` as an array, where it says that its rank is 0."""
    try:
        return np.asarray(given) if getattr(given, "shape", ()) == () else None
    except Exception:  # whatever a foreign object raises: it is no number
        return None


def as_real(given: object) -> float | None:
    """A real number as a float; None for what is none (truth values, strings, complex numbers).

    Numbers too large for a float are infinite.

    >>> as_real(np.array(2)), as_real(True), as_real("2"), as_real(10**400)
    (2.0, None, None, inf)
    """
    if type(given) is float:  # nearly all are
        return given
    number = scalar(given)
    if isinstance(number, bool) or not isinstance(number, (numbers.Real, Decimal)):
        return None
    try:
        return float(number)
    except OverflowError:
        return math.inf if operator.gt(number, 0) else -math.inf
    except ValueError:  # a Decimal that signals that it is no number
        return None


MOST = 2**63 - 1
"""The largest count that native code can hold."""


def as_whole(given: object) -> int | None:
    """A whole number as an int; None for what is none (floats and truth values too).

    >>> as_whole(np.int64(2)), as_whole(np.array(2)), as_whole(2.0), as_whole(True)
    (2, 2, None, None)
    """
    number = scalar(given)
    if isinstance(number, (bool, np.ndarray)):
        return None
    try:
        return operator.index(number)
    except TypeError:
        return None


def as_truth(given: object) -> bool | None:
    """True or False, as Python or NumPy has them; None for anything else.

    >>> as_truth(np.True_), as_truth(1)
    (True, None)
    """
    truth = scalar(given)
    return truth if isinstance(truth, bool) else None
