"""Columns of data for ports: from what a user has to one array with the examples first."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, brief, fail
from wlnet.core.ports import PortType
from wlnet.core.shapes import Mismatch, merge, shape_text

Array = np.ndarray[Any, Any]
LARGEST_INDEX = 2**31 - 1
"""Indices flow as integers of 32 bits."""


def is_single(port: PortType, name: str, x: Any) -> bool | None:
    """Whether x is one example for a port, and not a batch; None when the port's rank does not
    tell."""
    if isinstance(x, str):
        return True
    if isinstance(x, (list, tuple)) and len(x) == 0:
        return False
    if port.coder is not None:
        encoded = port.coder.shape
        if not (
            _is_numeric(x)
            and encoded is not None
            and np.ndim(x) == len(encoded) + 1
            and len(encoded) > 0
        ):
            return bool(port.coder.is_single(x))
    if port.shape is None:
        return None
    rank = _rank(x)
    if rank == len(port.shape):
        return True
    if rank == len(port.shape) + 1 or (rank is None and isinstance(x, (list, tuple))):
        return False
    raise fail(
        ShapeError,
        Fault(
            "an input has neither the rank of one example nor that of a batch",
            at=f"port {name}",
            given=f"rank {rank}, shape {np.shape(x)}",
            expected=f"{shape_text(port.shape)}, or a batch of these",
        ),
    )


def _is_numeric(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _rank(x: Any) -> int | None:
    try:
        return np.ndim(x) if not isinstance(x, (list, tuple)) else np.asarray(x).ndim
    except ValueError:
        return None


def encode(
    port: PortType,
    name: str,
    column: Any,
    below: int | None = None,
    *,
    is_checked: bool = True,
) -> Array:
    """The array (examples, *shape) of a column. Raises DataError naming the port and the example.

    below: the largest index allowed, where the port takes indices counted from 1. is_checked:
    whether the numbers must be finite; if not, who uses them must look at that.
    """
    if np.ma.is_masked(column):
        raise fail(
            DataError,
            Fault(
                "data with missing values", at=f"port {name}", fix="leave them out, or fill them"
            ),
        )
    if port.coder is not None:
        column = _sequence(column, name)
        if len(column) == 0:
            raise fail(DataError, Fault("a column without examples", at=f"port {name}"))
        array = port.coder.encode(column, where=name)
    else:
        array = _plain(port, name, column)
    _check_shape(port, name, array)
    if port.element == "Integer":
        return indices(array, name, below)
    if port.element == "Boolean":
        _check_truth(array, name)
    if is_checked:
        check_finite(array, name)
    return array


def _sequence(column: Any, name: str) -> Sequence[Any] | Array:
    if isinstance(column, (list, tuple, np.ndarray)):
        return column
    if hasattr(column, "__array__"):
        return np.asarray(column)
    if hasattr(column, "__iter__") and not isinstance(column, (str, bytes, dict)):
        return list(column)
    raise fail(
        DataError,
        Fault("a column of data is a sequence of examples", at=f"port {name}", given=brief(column)),
    )


def _plain(port: PortType, name: str, column: Any) -> Array:
    column = _sequence(column, name)
    try:
        array = np.asarray(column)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype == object and array.size and all(isinstance(x, Real) for x in array.flat):
        array = array.astype(np.float64)
    if array.dtype.kind in "OUSmMVc":
        number, bad = _first_bad(column)
        raise fail(
            DataError,
            Fault(
                "data that are not numbers",
                at=f"port {name}, example {number}",
                given=brief(bad),
                expected=f"numbers of shape {shape_text(port.shape)}",
                fix="an encoder on the port turns other things into numbers",
            ),
        )
    if port.element == "Integer":
        return array
    return (
        np.ascontiguousarray(array)
        if array.dtype == np.float64
        else np.ascontiguousarray(array, dtype=np.float32)
    )


def _first_bad(column: Any) -> tuple[int, Any]:
    shape = None
    for number, item in enumerate(column, 1):
        try:
            array = np.asarray(item)
        except ValueError:
            return number, item
        if array.dtype.kind in "OUSmMVc":
            return number, item
        if shape is not None and array.shape != shape:
            return number, f"shape {array.shape} after shape {shape}"
        shape = array.shape
    return 1, column


def _check_shape(port: PortType, name: str, array: Array) -> None:
    try:
        merge(port.shape, tuple(array.shape[1:]))
    except Mismatch as error:
        raise fail(
            DataError if array.size == 0 else ShapeError,
            Fault(
                "data do not fit a port",
                at=f"port {name}",
                given=f"examples of shape {shape_text(tuple(array.shape[1:]))}",
                expected=f"{shape_text(port.shape)}: {error}",
            ),
        ) from None


def check_finite(array: Array, name: str) -> None:
    """Raise DataError naming the first example with a number that is not finite."""
    if array.dtype.kind != "f":
        return
    # A sum that is finite has met nothing else; one that is not may have grown too large.
    with np.errstate(over="ignore", invalid="ignore"):
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
                at=f"port {name}, example {number + 1}",
                given=str(bad[~np.isfinite(bad)][0]),
                expected="finite numbers",
                fix="leave the example out, or fill the gap",
            ),
        )


def _check_truth(array: Array, name: str) -> None:
    wrong = (array != 0) & (array != 1)
    if wrong.any():
        number = int(np.argmax(wrong.reshape(len(array), -1).any(axis=1)))
        raise fail(
            DataError,
            Fault(
                "a number that is no truth value",
                at=f"port {name}, example {number + 1}",
                given=str(array[number][wrong[number]].flat[0]),
                expected="True or False, 1 or 0",
            ),
        )


def indices(array: Array, name: str, below: int | None) -> Array:
    """The numbers of a column as indices from 1. Raises DataError for what is none, or is above
    `below`."""
    top = f"..{below}" if below else ""
    if array.dtype.kind not in "iuf":
        raise fail(
            DataError,
            Fault(
                "indices are integers",
                at=f"port {name}",
                given=str(array.dtype),
                expected=f"1{top}",
            ),
        )
    numbers = array.astype(np.float64) if array.dtype.kind == "f" else array
    # NaN is above nothing; what no integer of 64 bits can hold is out of any range.
    wrong = ~((numbers >= 1) & (numbers <= (below or LARGEST_INDEX)))
    if array.dtype.kind == "f":
        wrong |= numbers != np.round(numbers)
    if wrong.any():
        number = int(np.argmax(wrong.reshape(len(array), -1).any(axis=1)))
        value = array[number].reshape(-1)[np.argmax(wrong[number].reshape(-1))]
        raise fail(
            DataError,
            Fault(
                "an index out of range" if value == np.round(value) else "indices are integers",
                at=f"port {name}, example {number + 1}",
                given=str(value),
                expected=f"an integer in 1{top or ' and above'}: indices count from 1",
            ),
        )
    return np.ascontiguousarray(array, dtype=np.int64)


def copy_into(numbers: Array, memory: Array, name: str, start: int = 0) -> None:
    """Numbers into memory of a port, in its precision. Raises DataError for what it cannot hold.

    start: how many examples came before these.
    """
    try:
        with np.errstate(over="raise"):
            np.copyto(memory, numbers, casting="same_kind")
    except FloatingPointError:
        most = np.abs(numbers.reshape(len(numbers), -1)).max(axis=1)
        fault = Fault(
            "a number too large for Real32",
            at=f"port {name}, example {start + int(np.argmax(most)) + 1}",
            given=f"{most.max():g}",
            fix='working_precision="Real64", or smaller numbers',
        )
        raise fail(DataError, fault) from None
