"""What the memory of a port can hold: finite numbers, truth values, indices that are in range."""

from __future__ import annotations

from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.ports import Limit
from wlnet.core.restricted import LARGEST_INDEX as LARGEST_INDEX
from wlnet.evaluate.places import Place

Array = np.ndarray[Any, Any]
"""Indices flow as integers of 32 bits."""


def check_finite(array: Array, place: Place) -> None:
    """Raise DataError naming the first example with a number that is not finite."""
    if array.dtype.kind != "f":
        return
    # A sum that is finite has met nothing else; one that is not may have grown too large.
    with np.errstate(all="ignore"):
        if np.isfinite(array.sum()):
            return
    finite = np.isfinite(array.reshape(len(array), -1)).all(axis=1)
    if not finite.all():
        number = int(np.argmin(finite))
        bad = array[number].reshape(-1)
        raise fail(
            DataError,
            Fault(
                "data that are not finite",
                at=place.example(number),
                given=str(bad[~np.isfinite(bad)][0]),
                expected="finite numbers",
                fix="leave the example out, or fill the gap",
            ),
        )


def check_truth(array: Array, place: Place) -> None:
    """Raise DataError naming the first example with a number that is neither 0 nor 1."""
    wrong = (array != 0) & (array != 1)
    if wrong.any():
        number = int(np.argmax(wrong.reshape(len(array), -1).any(axis=1)))
        raise fail(
            DataError,
            Fault(
                "a number that is no truth value",
                at=place.example(number),
                given=str(array[number][wrong[number]].flat[0]),
                expected="True or False, 1 or 0",
            ),
        )


def indices(array: Array, place: Place, below: Limit | None) -> Array:
    """The numbers of a column as indices from 1: integers as they are, others as integers.

    Raises DataError for what is none, or is above `below`.
    """
    if isinstance(below, tuple):
        ranges = ", ".join(f"1..{size} or {-size}..-1" for size in below)
        expected = f"an integer in {ranges}: places count from 1, or from -1 backwards"
    else:
        expected = f"an integer in 1..{below or LARGEST_INDEX}: indices count from 1"
    if array.dtype.kind not in "iuf":
        raise fail(
            DataError,
            Fault(
                "indices are integers",
                at=str(place),
                given=str(array.dtype),
                expected=expected,
            ),
        )
    largest = min(below) if isinstance(below, tuple) else below or LARGEST_INDEX
    if array.dtype.kind != "f" and array.min() >= 1 and array.max() <= largest:
        return array
    numbers = array.astype(np.float64) if array.dtype.kind == "f" else array
    # NaN is above nothing; what no integer of 64 bits can hold is out of any range.
    if isinstance(below, tuple):
        wrong = ~((numbers != 0) & (numbers >= np.negative(below)) & (numbers <= np.array(below)))
    else:
        wrong = ~((numbers >= 1) & (numbers <= largest))
    if array.dtype.kind == "f":
        wrong |= numbers != np.round(numbers)
    if wrong.any():
        number = int(np.argmax(wrong.reshape(len(array), -1).any(axis=1)))
        value = array[number].reshape(-1)[np.argmax(wrong[number].reshape(-1))]
        raise fail(
            DataError,
            Fault(
                "an index out of range" if value == np.round(value) else "indices are integers",
                at=place.example(number),
                given=str(value),
                expected=expected,
            ),
        )
    return array.astype(np.int64) if array.dtype.kind == "f" else array


def copy_into(numbers: Array, memory: Array, place: Place, start: int = 0) -> None:
    """Numbers into memory of a port, in its precision. Raises DataError for what it cannot hold.

    start: how many examples came before these.
    """
    try:
        # What is too small becomes zero, and only what is too large is a fault: whatever the
        # user has NumPy do about either.
        with np.errstate(all="ignore", over="raise"):
            np.copyto(memory, numbers, casting="same_kind")
    except FloatingPointError:
        wide = memory.dtype.itemsize == 8
        most = np.abs(numbers.reshape(len(numbers), -1)).max(axis=1)
        fault = Fault(
            f"a number too large for {'Real64' if wide else 'Real32'}",
            at=place.example(start + int(np.argmax(most))),
            given=str(most.max()),
            fix="smaller numbers" if wide else 'working_precision="Real64", or smaller numbers',
        )
        raise fail(DataError, fault) from None
