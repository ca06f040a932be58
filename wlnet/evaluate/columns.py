"""Columns of data for ports: from what a user has to one array with the examples first."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import inf
from numbers import Integral, Real

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, brief, fail
from wlnet.core.gate import Column, shape_of
from wlnet.core.gathered import Gathered
from wlnet.core.ports import Limit, PortType
from wlnet.core.scalars import as_real
from wlnet.core.shapes import Mismatch, Partial, is_known, merge, shape_text
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.holding import Array, check_finite, check_truth, indices
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import Members, Ragged, common_shape, ragged, rows_by_shape
from wlnet.kernels.language import Precision

NO_NUMBERS = "OUSTmMVc"
"""Kinds of arrays that hold other things than real numbers."""


def takes_anything(port: PortType) -> bool:
    """Whether what a port takes is for the user's own code to read."""
    return bool(getattr(port.coder, "takes_anything", False))


def encode(
    port: PortType,
    place: Place,
    column: Column,
    below: Limit | None = None,
    *,
    precision: Precision = "Real32",
    is_checked: bool = True,
) -> Array | Ragged:
    """The array (examples, *shape) of a column. Raises DataError naming the place and the example.

    Where the port has an open size, and examples differ in it, they are `Ragged`.
    The column was let in by the gate. Numbers come as the user has them: who copies them into
    memory of a precision rounds them once. below: the largest index allowed, where the port takes
    indices counted from 1. precision: of what an encoder computes. is_checked: whether the numbers
    must be finite; if not, who uses them must look at that.
    """
    if len(column) == 0:
        raise fail(DataError, Fault("no examples", at=str(place)))
    found = (
        port.coder.encode(column, where=str(place), dtype=DTYPES[precision])
        if port.coder is not None
        else _plain(port, place, column)
    )

    def checked(array: Array, place: Place) -> Array:
        _check_shape(port, place, array)
        if port.element == "Integer":
            return indices(array, place, below)
        if port.element == "Boolean":
            check_truth(array, place)
        if is_checked:
            check_finite(array, place)
        return array

    several = ragged(found) if isinstance(found, list) else found
    if isinstance(several, Ragged):
        return several.with_each(checked, place)
    return checked(several, place)


def encode_all(
    ports: Mapping[str, PortType],
    columns: Mapping[str, Column],
    below: Mapping[str, Limit | None],
    places: Mapping[str, Place],
    *,
    precision: Precision = "Real32",
    is_checked: bool = True,
) -> dict[str, Array | Ragged]:
    """The arrays of columns by port. Raises one error for all columns that cannot be used."""
    found: dict[str, Array | Ragged] = {}
    errors: list[DataError | ShapeError] = []
    for name, port in ports.items():
        try:
            found[name] = encode(
                port,
                places[name],
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


def _plain(port: PortType, place: Place, column: Column) -> Array | Ragged:
    if not is_known(port.shape) and is_ragged(column):
        # Examples as they are: put into one array, one that is no number would spoil the others.
        parts = [
            Members(
                np.array(rows, np.int64),
                _of_numbers(port, place.among(rows), [column[i] for i in rows]),
            )
            for rows in rows_by_shape(column)
        ]
        return Ragged(tuple(parts))
    return _of_numbers(port, place, column)


def is_ragged(column: Column) -> bool:
    """Whether the examples of a column are arrays, or lists, of several shapes."""
    if not isinstance(column, (list, tuple)):
        return False
    shapes = set(map(shape_of, column))
    return len(shapes) > 1 and None not in shapes


def _of_numbers(port: PortType, place: Place, column: Column) -> Array:
    try:
        array = np.asarray(column)
    except (ValueError, TypeError):
        array = np.empty(0, dtype=object)
    if array.dtype == object and array.size:
        array = _numbers(array, place)
    if array.dtype.kind in NO_NUMBERS:
        raise fail(DataError, no_array(port, place, column))
    return array


def _numbers(array: Array, place: Place) -> Array:
    """Numbers of Python in an array, as an array of numbers; others as they are."""
    kinds = set(map(type, array.flat))
    if not all(issubclass(kind, (Real, Decimal, np.bool_)) for kind in kinds):
        return array
    try:
        if all(issubclass(kind, (Integral, np.bool_)) for kind in kinds):
            return array.astype(np.int64)
        return array.astype(np.longdouble if np.longdouble in kinds else np.float64)
    except (OverflowError, ValueError):  # ValueError: a Decimal that signals
        pass
    try:
        return array.astype(np.float64)
    except ValueError:
        return array
    except OverflowError:
        rows = enumerate(array.reshape(len(array), -1))
        index, value = next((n, x) for n, row in rows for x in row if abs(as_real(x) or 0) == inf)
        fault = Fault("a number too large for Real64", at=place.example(index), given=brief(value))
        raise fail(DataError, fault) from None


def no_array(port: PortType, place: Place, column: Column) -> Fault:
    """The fault of a column that is no array of numbers, at its first example that is to blame."""
    shape = None
    for index, item in enumerate(column):
        try:
            array = np.asarray(item)
        except (ValueError, TypeError):
            return Fault(
                "an example whose lists differ in length",
                at=place.example(index),
                given=brief(item),
                expected=f"numbers of shape {shape_text(port.shape)}",
            )
        if array.dtype.kind in NO_NUMBERS and (
            array.dtype != object or _numbers(array.reshape(-1), place).dtype == object
        ):
            return _no_numbers(port, place.example(index), item)
        if shape is not None and array.shape != shape:
            return _different_shapes(place, index, array.shape, shape)
        shape = array.shape
    return _no_numbers(port, place.example(0), column)


def _no_numbers(port: PortType, at: str, given: object) -> Fault:
    fix = "an encoder on the port turns other things into numbers"
    if getattr(getattr(given, "dtype", None), "names", None):
        fix = "numpy.lib.recfunctions.structured_to_unstructured(x), for fields that are numbers"
    return Fault(
        "data that are not numbers",
        at=at,
        given=brief(given),
        expected=f"numbers of shape {shape_text(port.shape)}",
        fix=fix,
    )


def _different_shapes(
    place: Place, index: int, shape: tuple[int, ...], before: tuple[int, ...]
) -> Fault:
    """The fault of an example that has another shape than those before it."""
    return Fault(
        "examples of different shapes",
        at=place.example(index),
        given=f"shape {shape} after shape {before}",
        expected="one shape for all",
        fix=_varying(place, common_shape([before, shape])),
    )


def _varying(place: Place, shape: Partial) -> str | None:
    """How a port is written that takes examples which differ in some sizes."""
    if place.kind != "port" or shape is None or place.port not in ("Input", "Output"):
        return None
    spec = PortType(shape).spec
    return f"{place.port.lower()}={spec!r}, for examples of several lengths"


def _check_shape(port: PortType, place: Place, array: Array) -> None:
    given = tuple(array.shape[1:])
    if 0 in given:
        raise fail(
            DataError,
            Fault(
                "examples without numbers",
                at=str(place) if place.numbers is None else place.example(0),
                given=f"examples of shape {shape_text(given)}",
                expected="at least one number in every example"
                if 0 in (port.shape or (0,))
                else shape_text(port.shape),
            ),
        )
    try:
        merge(port.shape, given)
    except Mismatch as error:
        fix = None
        if given == () and port.shape == (1,):
            fix = (
                f"{place.port.lower()}[:, None] gives every number a level of its own, "
                "or end the net in LinearLayer([])"
            )
        elif given == (1,) and port.shape == ():
            fix = f"{place.port.lower()}[:, 0] takes the level of size 1 away"
        raise fail(
            ShapeError,
            Fault(
                "data do not fit a port",
                at=str(place) if place.numbers is None else place.example(0),
                given=f"examples of shape {shape_text(given)}",
                expected=f"{shape_text(port.shape)}: {error}",
                fix=fix,
            ),
        ) from None
