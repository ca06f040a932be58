"""The one gate for data: arrays of any library become NumPy's, what has gaps or no end is refused.

Evaluation, training, validation, measurements, the batches of generators, encoders and arrays of
layers take what is let in here, so they take and refuse the same things with the same words. One
file, though it is long: whoever adds a form of data sees all that is let in and refused.
"""

from __future__ import annotations

import array
import operator
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set, Sized
from itertools import islice
from typing import Any, TypeGuard, cast

import numpy as np

from wlnet.core.errors import DataError, Fault, WlnetError, brief, fail
from wlnet.core.gaps import is_gap
from wlnet.core.machine import check_memory
from wlnet.core.stored import Stored

Array = np.ndarray[Any, Any]
Column = Sequence[Any] | Array
"""Examples in an order: a list, a tuple, or an array."""
Listing = list[Any] | tuple[Any, ...]

PLAIN = frozenset((float, int, bool, complex, str, bytes, type(None)))
"""What is what it is."""
DEEPEST = 32
LEAST = 100
"""Bytes of an item and of its place in a list or a table, about."""
OFFERS = "__array__", "__dlpack__", "__array_interface__", "__array_struct__"
"""How objects say that they are arrays."""


def admitted(given: object, at: str) -> Any:
    """A value in which every array of another library, at any depth of lists, is one of NumPy.

    What has nothing to change comes back as it is. Raises DataError, naming the place, for masked
    values, sparse matrices, and what cannot be read as the array it says it is.

    >>> admitted([memoryview(b"ab"), 1], "port Input")
    [array([97, 98], dtype=uint8), 1]
    """
    return _admitted(given, (at, 0), 0)


At = tuple[str, int]
"""Where something stands, and the number of its example, 0 for none."""


def _place(at: At) -> str:
    return f"{at[0]}, example {at[1]}" if at[1] else at[0]


def _admitted(given: object, at: At, depth: int) -> Any:
    if type(given) in PLAIN:
        return given
    if isinstance(given, np.generic):
        return _widened(given)
    if isinstance(given, np.ndarray):
        return _array(given, at, depth)
    if isinstance(given, (list, tuple)):
        return _listed(given, at, depth)
    return _foreign(given, at, depth)


def _listed(items: Listing, at: At, depth: int) -> Listing:
    kinds = set(map(type, items))
    if kinds <= PLAIN:
        return items
    if depth == DEEPEST:
        raise fail(
            DataError, Fault("lists in lists without end", at=_place(at), given=brief(items))
        )
    # The kinds are few where the items are many: what is plain throughout is not looked at.
    if kinds == {np.ndarray} and not any(
        item.dtype.kind in "OT" or item.dtype.isbuiltin == 2 for item in items
    ):
        return items
    found = [
        _admitted(item, at if depth else (at[0], number), depth + 1)
        for number, item in enumerate(items, 1)
    ]
    changed = any(new is not old for new, old in zip(found, items, strict=True))
    return found if changed else items


def _array(given: Array, at: At, depth: int) -> Array | Listing:
    if isinstance(given, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(given)
        if mask.dtype != np.bool_ or mask.any():
            number = int(np.argmax(mask.reshape(len(mask), -1).any(axis=1))) + 1 if mask.ndim else 0
            raise fail(
                DataError,
                Fault(
                    "data with missing values",
                    at=_place(at if depth else (at[0], number)),
                    fix="leave them out, or fill them: x.filled(0)"
                    if given.dtype.kind in "biufc"
                    else "leave them out",
                ),
            )
    if type(given) is not np.ndarray:
        given = np.asarray(given)
    given = _widened(given)
    if given.dtype.kind == "T":
        return given.astype(object)
    if given.dtype.kind == "O" and given.ndim == 1:
        # An array of arrays, as a column of a table holds them.
        items = given.tolist()
        found = _listed(items, at, depth)
        return given if set(map(type, found)) <= PLAIN else found
    return given


def _widened(given: Any) -> Any:
    """Numbers of types that a library adds to NumPy, such as bfloat16, as floats that hold them."""
    is_added = given.dtype.isbuiltin == 2 and np.can_cast(given.dtype, np.float32)
    return given.astype(np.float32) if is_added else given


def check_room(given: Sized, at: str, kind: type[WlnetError]) -> None:
    """Raise an error for so many items that there is no room to list them."""
    check_memory(LEAST * length_hint(given), at, kind)


def length_hint(given: object) -> int:
    """How many items there are, as far as that is told; -1 where it is not.

    >>> length_hint([1, 2]), length_hint(iter("ab")), length_hint(range(10**30)) > 10**18
    (2, 2, True)
    """
    try:
        return operator.length_hint(given, -1)
    except OverflowError:  # of a range, longer than any list
        return sys.maxsize


def _foreign(given: object, at: At, depth: int) -> Any:
    """Something that may be an array of another library."""
    kind = type(given)
    if isinstance(given, range):
        check_room(given, at[0], DataError)
        return given
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        raise fail(
            DataError,
            Fault(
                "a sparse matrix is no array: every number of it would take its place in memory",
                at=_place(at),
                given=f"a {kind.__name__} of shape {getattr(given, 'shape', None)}",
                fix="x.toarray(), if there is room for it",
            ),
        )
    buffer = isinstance(given, (memoryview, array.array, bytearray))
    if not buffer and not any(hasattr(given, name) for name in OFFERS):
        # Some tensors say it by a method alone.
        alone = getattr(given, "numpy", None) if hasattr(given, "shape") else None
        return _admitted(alone(), at, depth) if callable(alone) else given
    # Pictures are for encoders, which know how they are held and coloured.
    if any(each.__module__.partition(".")[0] == "PIL" for each in kind.__mro__):
        return given
    try:
        spelt = _spelt_out(given)
        read = _read(spelt, at)
        if read.ndim == 1 and read.dtype.kind == "f" and _is_of_integers(spelt):
            return _with_gaps(spelt)
    except DataError:
        if depth or not _lists_examples(given):
            raise
        # Sequences of several lengths, as other libraries keep them: one array an example.
        return [_admitted(item, (at[0], number), 1) for number, item in enumerate(given, 1)]
    found = _array(read, at, depth)
    # A number of another library is a number.
    return found[()] if isinstance(found, np.ndarray) and not found.ndim and depth else found


def _spelt_out(given: Any) -> Any:
    """A column of Arrow that keeps each value once as one of values: as an array it would have some
    value or other where one is missing."""
    type_: Any = getattr(given, "type", None)
    is_dictionary = hasattr(type_, "index_type") and hasattr(given, "cast")
    return given.cast(type_.value_type) if is_dictionary else given


INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))


def _is_of_integers(given: Any) -> bool:
    """Whether this is a column of integers, or of categories that are, of which some are missing.

    Arrow, pandas and polars then offer an array of floats, in which large integers fall together.
    """
    kind = getattr(given, "dtype", None) or getattr(given, "type", None)
    if isinstance(kind, np.dtype):
        return False
    kind = getattr(getattr(kind, "categories", None), "dtype", kind)
    return str(kind).lower().removesuffix("[pyarrow]") in INTEGERS


def _with_gaps(given: Any) -> Array:
    """Integers as they are, and None where one is missing."""
    items = given.astype(object) if hasattr(given, "astype") else given
    tell = next(
        getattr(items, name) for name in ("to_pylist", "tolist", "to_list") if hasattr(items, name)
    )
    return np.array([None if is_gap(item) else item for item in tell()], object)


def _lists_examples(given: object) -> TypeGuard[Iterable[Any]]:
    """Whether this is a collection, and no array that only lies elsewhere or is of another kind."""
    return isinstance(given, Sized) and isinstance(given, Iterable) and not hasattr(given, "detach")


def _read(given: object, at: At) -> Array:
    kind = type(given)
    try:
        is_other = hasattr(kind, "__dlpack__") and not hasattr(kind, "__array__")
        return np.from_dlpack(cast("Any", given)) if is_other else np.asarray(given)
    except Exception as error:  # whatever a foreign object raises
        failure = error
    # Numbers that a gradient is wanted for elsewhere are numbers.
    detach = getattr(given, "detach", None)
    if callable(detach):
        try:
            return np.asarray(detach())
        except Exception as error:  # such as: it lies on another device
            failure = error
    text = str(failure).partition("\n")[0]
    raise fail(
        DataError,
        Fault(
            "this cannot be read as an array",
            at=_place(at),
            given=f"a {kind.__name__}, which says {type(failure).__name__}: {text}"[:200],
            fix="x.detach().cpu().numpy()" if callable(detach) else "numpy.asarray(x) must work",
        ),
    ) from failure


def as_column(given: object, at: str, most: int | None = None, *, is_raw: bool = False) -> Column:
    """A column of data: examples in an order, as a list, a tuple or an array.

    most: how many examples the other columns have; of what tells no length, one more is read.
    is_raw: whether the examples are what only the user's own code reads; they stay as they are.
    Raises DataError for what is no sequence of examples, and for what may have no end.

    >>> as_column(range(3), "port Input")
    [0, 1, 2]
    """
    if type(given) is np.ndarray and given.ndim and given.dtype.kind in "biuf":
        return cast("Array", _widened(given))
    if isinstance(given, Stored):
        return cast("Column", given)
    if isinstance(given, (str, bytes, Mapping, Set)):
        raise _no_column(given, at)
    found = given if is_raw and isinstance(given, (list, tuple)) else admitted(given, at)
    if isinstance(found, np.ndarray):
        if found.ndim == 0:
            raise _no_column(given, at)
        return found
    if isinstance(found, (list, tuple)):
        return found
    items = _listing(found, at, most)
    return items if is_raw else cast("Column", admitted(items, at))


def _listing(given: object, at: str, most: int | None) -> list[Any]:
    if isinstance(given, (type, np.generic)) or not _has_items(given):
        raise _no_column(given, at)
    if isinstance(given, Sized):
        check_room(given, at, DataError)
        return list(islice(given, len(given)))
    if most is not None:
        return list(islice(given, most + 1))
    if not ends(given):
        raise fail(
            DataError,
            Fault(
                "what tells no length may have no end",
                at=at,
                given=brief(given),
                expected="a list, an array, or anything else with a length",
                fix="list(x), if it ends; a function that gives batches trains on what does not",
            ),
        )
    return list(given)


def _has_items(given: object) -> TypeGuard[Iterable[Any]]:
    """Whether this can be iterated over, be it by its places alone."""
    return isinstance(given, Iterable) or hasattr(type(given), "__getitem__")


def as_table(given: object, names: Sequence[str]) -> Mapping[Any, Any] | None:
    """Columns by name, of a dict, or of a frame or an array with fields that has columns of these
    names; else None."""
    if isinstance(given, Mapping):
        return given
    found = column_names(given)
    # A frame whose columns are called otherwise is an array, by the order of its columns; but
    # several ports have no order that it could go by.
    if found is None or not (len(names) > 1 or any(name in found for name in names)):
        return None
    return {name: cast("Any", given)[name] for name in found}


def column_names(given: object) -> list[Any] | None:
    """The names of the columns of a frame, or of the fields of an array; None for what has none.

    >>> column_names(np.zeros(2, [("age", "f4"), ("city", "U9")])), column_names(np.zeros(2))
    (['age', 'city'], None)
    """
    if isinstance(given, np.ndarray):
        return None if given.dtype.names is None else list(given.dtype.names)
    # Tables of Arrow call the columns themselves their columns.
    columns = getattr(given, "column_names", None) or getattr(given, "columns", None)
    if not isinstance(columns, Iterable) or not hasattr(type(given), "__getitem__"):
        return None
    return list(columns)


def is_usual(given: object) -> bool:
    """Whether this is an array, a list, a text or a number, and not another kind of collection."""
    if isinstance(given, (np.ndarray, np.generic, list, tuple, str, bytes)):
        return True
    return not _has_items(given)


def unequal(counts: Mapping[str, int | str], at: str | None = None) -> Fault:
    """The fault of columns that have different numbers of examples."""
    text = ", ".join(f"{name}: {count}" for name, count in counts.items())
    return Fault("columns of different length", at=at, given=text)


def shape_of(given: object) -> tuple[int, ...] | None:
    """The shape of what was let in; None where lists in it differ in length, or it has none.

    >>> shape_of([[1, 2]]), shape_of([[1], [2, 3]]), shape_of(range(10**15))
    ((1, 2), None, (1000000000000000,))
    """
    if isinstance(given, range):  # NumPy would write all of it out
        # And `len` knows no more than 2**63 - 1.
        return (max(0, -(-(given.stop - given.start) // given.step)),)
    try:
        return tuple(np.shape(cast("Any", given)))
    except (ValueError, TypeError):
        return None


def is_stream(given: object) -> bool:
    """Whether this has to be read one by one: an iterator, a range, a queue."""
    return isinstance(given, (Iterator, range, deque))


def ends(given: object) -> bool:
    """Whether it is known that something that can be iterated over has an end.

    >>> import itertools
    >>> ends(iter([1])), ends(zip(itertools.count(), "ab")), ends(itertools.count())
    (True, True, False)
    """
    if isinstance(given, Sized) or length_hint(given) >= 0:
        return True
    if type(given) in (zip, map, filter, enumerate):
        made_of = given.__reduce__()[1]
        parts = [part for part in made_of if isinstance(part, Iterator)]
        return not parts or any(map(ends, parts))
    return False


def _no_column(given: object, at: str) -> DataError:
    return fail(DataError, Fault("a column is a sequence of examples", at=at, given=brief(given)))
