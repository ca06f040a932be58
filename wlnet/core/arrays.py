"""Arrays as nets hold them: numbers that nobody can write to."""

from __future__ import annotations

import math
from typing import Any, TypeVar, cast

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.gate import admitted, check_room
from wlnet.core.machine import check_memory
from wlnet.core.names import a
from wlnet.core.parts import NetSharedArray
from wlnet.core.shapes import Partial, is_known
from wlnet.core.symbols import AUTOMATIC, Symbol

T = TypeVar("T")
Array = np.ndarray[Any, Any]
ArrayValue = Array | NetSharedArray | float | Symbol | None
"""What stands for an array in a net: its numbers, the name that shares it, a number that fills it,
AUTOMATIC, or None where it is absent."""
Dtype = type[np.generic] | np.dtype[Any]


def sealed(array: Array) -> Array:
    """The same numbers in memory that cannot be written to, nor made writable again.

    >>> held = sealed(np.zeros(2))
    >>> held.flags.writeable = True
    Traceback (most recent call last):
        ...
    ValueError: cannot set WRITEABLE flag to True of this array
    """
    owner = array.base
    if isinstance(owner, np.ndarray) and not (owner.flags.writeable or array.flags.writeable):
        return array
    return locked(np.array(array, order="C"))


def locked(own: Array) -> Array:
    """Numbers sealed where they lie, in memory that is theirs and that nobody else holds."""
    assert own.base is None
    own.flags.writeable = False
    # NumPy lets the owner of memory unlock itself, but no view of a locked owner.
    return own.view()


def frozen(array: Array) -> Array:
    """The array itself, read-only, for numbers that are shown: what nets hold is `sealed`."""
    array.flags.writeable = False
    return array


def read_only(value: T) -> T:
    """A sealed array; anything that is no array as it is."""
    return cast("T", sealed(value)) if isinstance(value, np.ndarray) else value


def as_array(given: object, name: str, kind: str, dtype: Dtype = np.float32) -> ArrayValue:
    """An array option as it is kept: AUTOMATIC, None, a NetSharedArray, or sealed numbers.

    A number is an array without levels here; where it shall fill another, see `as_fill`.

    Raises OptionError for what is not an array of finite real numbers.
    """
    if given is None or isinstance(given, NetSharedArray):
        return given
    if given is AUTOMATIC:
        return AUTOMATIC
    what = f"{name} of {a(kind)}"
    try:
        if isinstance(given, range):
            check_room(given, what, OptionError)
        numbers = np.asarray(admitted(given, what))
    except DataError as error:
        raise fail(OptionError, error.faults) from None
    except ValueError:
        numbers = np.empty(0, object)
    if numbers.dtype.kind not in "iuf":
        fault = Fault(
            f"{what} is not an array of numbers",
            given=brief(given),
            expected="real numbers, AUTOMATIC, None where the array may be absent, or "
            'NetSharedArray("name")',
        )
        raise fail(OptionError, fault)
    check_memory(2 * numbers.size * np.dtype(dtype).itemsize, what, OptionError)
    with np.errstate(all="ignore"):
        array = numbers.astype(dtype)
    if not np.isfinite(array).all():
        expected = f"finite numbers that {np.dtype(dtype).name} can hold"
        raise fail(
            OptionError, Fault(f"{what} holds numbers that are not finite", expected=expected)
        )
    return sealed(array)


def as_fill(array: ArrayValue, given: object) -> ArrayValue:
    """A number that was given for an array, as a float: it fills the array, whose shape may not be
    known yet. Anything else that `as_array` gives stays as it is.
    """
    fills = isinstance(array, np.ndarray) and array.ndim == 0
    return float(cast("float", given)) if fills else array


def full(number: float, shape: Partial, dtype: Dtype = np.float32) -> Array:
    """The array of a known shape that a number fills. Raises ShapeError where it has no room."""
    assert is_known(shape)
    check_memory(math.prod(shape) * np.dtype(dtype).itemsize, f"a number that fills {shape}")
    return locked(np.full(shape, number, dtype))
