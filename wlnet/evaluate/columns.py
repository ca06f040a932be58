"""Columns of data for ports: from what a user has to one array with the examples first."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from numbers import Integral, Real
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, brief, fail
from wlnet.core.gate import Column, shape_of
from wlnet.core.gathered import Gathered
from wlnet.core.ports import PortType
from wlnet.core.scalars import as_real
from wlnet.core.shapes import Mismatch, merge, shape_text
from wlnet.engine.blueprint import DTYPES
from wlnet.kernels.language import Precision

Array = np.ndarray[Any, Any]
LARGEST_INDEX = 2**31 - 1
"""Indices flow as integers of 32 bits."""
NO_NUMBERS = "OUSTmMVc"
"""Kinds of arrays that hold other things than real numbers."""


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
    shape = shape_of(x)
    return None if shape is None else len(shape)


def takes_anything(port: PortType) -> bool:
    """Whether what a port takes is for the user's own code to read."""
    return bool(getattr(port.coder, "takes_anything", False))


def encode(
    port: PortType,
    name: str,
    column: Any,
    below: int | None = None,
    *,
    precision: Precision = "Real32",
    is_checked: bool = True,
) -> Array:
    """The array (examples, *shape) of a column. Raises DataError naming the port and the example.

    The column was let in by the gate. Numbers come as the user has them: who copies them into
    memory of a precision rounds them once. below: the largest index allowed, where the port takes
    indices counted from 1. precision: of what an encoder computes. is_checked: whether the numbers
    must be finite; if not, who uses them must look at that.
    """
    at = f"port {name}"
    if len(column) == 0:
        raise fail(DataError, Fault("no examples", at=at))
    array = (
        port.coder.encode(column, where=name, dtype=DTYPES[precision])
        if port.coder is not None
        else _plain(port, name, column)
    )
    _check_shape(port, name, array)
    if port.element == "Integer":
        return indices(array, name, below)
    if port.element == "Boolean":
        _check_truth(array, name)
    if is_checked:
        check_finite(array, name)
    return array


def encode_all(
    ports: Mapping[str, PortType],
    columns: Mapping[str, Any],
    below: Mapping[str, int | None],
    *,
    precision: Precision = "Real32",
    is_checked: bool = True,
) -> dict[str, Array]:
    """The arrays of columns by port. Raises one error for all columns that cannot be used."""
    found: dict[str, Array] = {}
    errors: list[DataError | ShapeError] = []
    for name, port in ports.items():
        try:
            found[name] = encode(
                port,
                name,
                columns[name],
                below[name],
                precision=precision,
                is_checked=is_checked,
            )
        except (DataError, ShapeError) as error:
            errors.append(error)
    raise_all(errors)
    return found


def raise_all(errors: list[DataError | ShapeError]) -> None:
    """Raise several errors about data as one; nothing, where there are none.

    They are taken out of the list: what is raised knows the frames it came through, and a list
    there that holds on to it would keep the data.
    """
    gathered = Gathered(errors)
    errors.clear()
    gathered.tell()


def _plain(port: PortType, name: str, column: Column) -> Array:
    try:
        array = np.asarray(column)
    except (ValueError, TypeError):
        array = np.empty(0, dtype=object)
    if array.dtype == object and array.size:
        array = _numbers(array, name)
    if array.dtype.kind in NO_NUMBERS:
        number, bad = _first_bad(column)
        raise fail(
            DataError,
            Fault(
                "data that are not numbers",
                at=f"port {name}, example {number}",
                given=bad,
                expected=f"numbers of shape {shape_text(port.shape)}",
                fix="an encoder on the port turns other things into numbers",
            ),
        )
    return array


def _numbers(array: Array, name: str) -> Array:
    """Numbers of Python in an array, as an array of numbers; others as they are."""
    kinds = set(map(type, array.flat))
    if not all(issubclass(kind, (Real, np.bool_)) for kind in kinds):
        return array
    try:
        if all(issubclass(kind, (Integral, np.bool_)) for kind in kinds):
            return array.astype(np.int64)
        return array.astype(np.longdouble if np.longdouble in kinds else np.float64)
    except OverflowError:
        pass
    try:
        return array.astype(np.float64)
    except OverflowError:
        rows = enumerate(array.reshape(len(array), -1), 1)
        number, value = next((n, x) for n, row in rows for x in row if abs(as_real(x) or 0) == inf)
        at = f"port {name}, example {number}"
        raise fail(
            DataError, Fault("a number too large for Real64", at=at, given=brief(value))
        ) from None


def _first_bad(column: Any) -> tuple[int, str]:
    """The number of the first example that is none, and how it looks."""
    shape = None
    for number, item in enumerate(column, 1):
        try:
            array = np.asarray(item)
        except (ValueError, TypeError):
            return number, brief(item)
        if array.dtype.kind in NO_NUMBERS:
            return number, brief(item)
        if shape is not None and array.shape != shape:
            return number, f"shape {array.shape} after shape {shape}"
        shape = array.shape
    return 1, brief(column)


def _check_shape(port: PortType, name: str, array: Array) -> None:
    given = tuple(array.shape[1:])
    if 0 in given:
        raise fail(
            DataError,
            Fault(
                "examples without numbers",
                at=f"port {name}",
                given=f"examples of shape {shape_text(given)}",
                expected=f"{shape_text(port.shape)}, where no size is 0",
            ),
        )
    try:
        merge(port.shape, given)
    except Mismatch as error:
        fix = None
        if given == () and port.shape == (1,):
            fix = (
                f"{name.lower()}[:, None] gives every number a level of its own, "
                "or end the net in LinearLayer([])"
            )
        elif given == (1,) and port.shape == ():
            fix = f"{name.lower()}[:, 0] takes the level of size 1 away"
        raise fail(
            ShapeError,
            Fault(
                "data do not fit a port",
                at=f"port {name}",
                given=f"examples of shape {shape_text(given)}",
                expected=f"{shape_text(port.shape)}: {error}",
                fix=fix,
            ),
        ) from None


def check_finite(array: Array, name: str) -> None:
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
    """The numbers of a column as indices from 1: integers as they are, others as integers.

    Raises DataError for what is none, or is above `below`.
    """
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
    if array.dtype.kind != "f" and array.min() >= 1 and array.max() <= (below or LARGEST_INDEX):
        return array
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
    return array.astype(np.int64) if array.dtype.kind == "f" else array


def copy_into(numbers: Array, memory: Array, name: str, start: int = 0) -> None:
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
            at=f"port {name}, example {start + int(np.argmax(most)) + 1}",
            given=str(most.max()),
            fix="smaller numbers" if wide else 'working_precision="Real64", or smaller numbers',
        )
        raise fail(DataError, fault) from None
