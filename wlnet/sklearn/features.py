"""What X is to a net: one array of numbers, or the columns of a frame by their names.

A frame of numbers is an array, as everywhere in scikit-learn. One that has categories is not: its
columns come into the net by their names, through the front that `wlnet.data.table` makes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.gaps import gaps
from wlnet.core.gate import column_names
from wlnet.core.net import Net
from wlnet.data.columns import Read, columns_of
from wlnet.data.front import joined
from wlnet.data.table_of import table
from wlnet.nets.inference import inferred_port

Array = np.ndarray[Any, Any]
AT = "X"
FRONT = "Output"
"""What the front calls its vector."""


def columns_by_name(X: Any) -> dict[str, Read] | None:
    """The columns of a frame; None for what has no names of columns.

    Raises DataError for a frame in which values are missing, with the names of all such columns.
    """
    names = column_names(X)
    if names is None or not all(isinstance(name, str) for name in names):
        return None
    columns = columns_of(X, (), AT)
    faults = []
    for name, read in columns.items():
        rows = np.flatnonzero(gaps(read.values))
        if len(rows):
            more = f", and {len(rows) - 1:,} more" if len(rows) > 1 else ""
            faults.append(
                Fault(
                    "values are missing",
                    at=f"{AT}, column {name}",
                    given=f"example {rows[0] + 1}{more}",
                    fix="X.dropna(); a SimpleImputer before it, in a Pipeline; or "
                    "wlnet.data.table(X, ...), whose nets take them",
                )
            )
    if faults:
        raise fail(DataError, faults)
    return columns


def have_categories(columns: Mapping[str, Read] | None) -> bool:
    """Whether one of the columns, if there are any, is not of numbers."""
    return any(
        read.categories is not None or any(isinstance(item, str) for item in read.values[:1])
        for read in (columns or {}).values()
    )


def by_name(X: Any) -> dict[str, Array]:
    """The columns of a frame. Raises OptionError for what has no names."""
    return {name: read.values for name, read in columns_of(X, (), AT).items()}


def with_front(net: Net, X: Any) -> Net:
    """A net that takes the columns of a frame by their names: numbers standardised, categories as
    vectors. The net given is its part "net". Raises DataError for a column called as an output."""
    _check_names(X, net.output_names)
    return joined(table(X).front, net, {})


def _check_names(X: Any, taken: Collection[str]) -> None:
    both = [name for name in column_names(X) or () if name in taken]
    if both:
        what = "a column is called like an output of the net"
        fix = f"X.rename(columns={{{both[0]!r}: {both[0].lower()!r}}})"
        raise fail(DataError, Fault(what, at=f"{AT}, column {both[0]}", fix=fix))


def width(X: Any) -> int:
    """How many numbers an example is behind the front."""
    _check_names(X, [FRONT])
    shape = inferred_port(table(X).front, FRONT).shape
    assert shape is not None
    return int(shape[0] or 0)


def precision_of(columns: Iterable[Array]) -> str:
    """The precision that columns have: Real32 where no number has more."""
    kinds = {column.dtype for column in columns if column.dtype.kind == "f"}
    return "Real32" if kinds == {np.dtype(np.float32)} else "Real64"
