"""Columns by name, out of what people keep tables in: frames, dicts, fields, tables of Arrow,
files."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.errors import NAMES, DataError, Fault, OptionError, brief, fail
from wlnet.core.extras import needed
from wlnet.core.gate import as_column, column_names, unequal
from wlnet.core.gathered import Gathered
from wlnet.core.machine import check_memory
from wlnet.core.paths import as_path, unreadable
from wlnet.data.csv_file import csv_columns

Array = np.ndarray[Any, Any]
FORMS = (
    "a frame, a dict of columns, a list of dicts, an array with fields, a table of Arrow, or the "
    "name of a file of CSV or Parquet"
)


class Read(NamedTuple):
    """A column as it was read: values of rank 1, None or NaN where one is missing.

    categories: all values that it may have, where it says so; else None.
    """

    values: Array
    categories: tuple[Any, ...] | None = None


Columns = dict[str, Read]


def columns_of(source: object, texts: Collection[str], at: str) -> Columns:
    """The columns of a table of any form, of one length.

    texts: those that a file of text shall not take for numbers. at: which table. Raises OptionError
    for what is no table; DataError for what is wrong in it, all of it at once.
    """
    if isinstance(source, (str, os.PathLike)):
        path = as_path(source, at, "people.csv")
        return _checked(_of_file(path, texts), str(path))
    given = _by_name(source)
    if given is None:
        raise fail(OptionError, Fault("this is no table", at, brief(source), expected=FORMS))
    names, column = given
    _check_names(names, at)
    gathered = Gathered()
    found: Columns = {}
    for name in names:
        read = gathered.attempt(partial(_read, column, name, f"{at}, column {name}"))
        if read is not None:
            found[name] = read
    gathered.tell()
    return _checked(found, at)


def _by_name(source: Any) -> tuple[list[Any], Callable[[Any], Any]] | None:
    """The names of the columns of what lies in memory, and what gives each; None for no table."""
    if isinstance(source, Mapping):
        return list(source), source.__getitem__
    is_list = isinstance(source, (list, tuple)) and len(source) > 0
    if is_list and all(isinstance(row, Mapping) for row in source):
        names = list(dict.fromkeys(name for row in source for name in row))
        return names, lambda name: [row.get(name) for row in source]
    found = column_names(source)
    if found is not None:
        return found, source.__getitem__
    if hasattr(source, "__arrow_c_stream__"):
        table = needed("pyarrow", "reading a table of Arrow").table(source)
        return list(table.column_names), table.__getitem__
    return None


def _check_names(names: Sequence[Any], at: str) -> None:
    faults = [
        Fault(
            "the name of a column is a text",
            at=at,
            given=f"{brief(name)}, a {type(name).__name__}",
            fix="frame.columns = [str(name) for name in frame.columns]",
        )
        for name in names
        if not isinstance(name, str) or not name
    ]
    doubles = {name for name in names if names.count(name) > 1} if not faults else set()
    faults += [
        Fault("two columns have one name", at=at, given=brief(name)) for name in sorted(doubles)
    ]
    if not names:
        faults.append(Fault("a table without columns", at=at))
    if faults:
        raise fail(DataError, faults)


def _checked(columns: Columns, at: str) -> Columns:
    lengths: dict[str, int | str] = {name: len(read.values) for name, read in columns.items()}
    if len(set(lengths.values())) > 1:
        raise fail(DataError, unequal(lengths, at))
    if 0 in lengths.values():
        raise fail(
            DataError, Fault("a table without rows", at, f"columns {brief([*lengths], NAMES)}")
        )
    return columns


def _read(column: Callable[[Any], Any], name: str, at: str) -> Read:
    given = column(name)
    categories = _categories(given)
    if isinstance(given, np.ma.MaskedArray):
        mask, given = np.ma.getmaskarray(given), given.data.astype(object)
        given[mask] = None
    found = as_column(given, at)
    values = found if isinstance(found, np.ndarray) else _listed(found)
    return Read(_of_rank_1(values, at), categories)


def _listed(values: Sequence[Any]) -> Array:
    """A list as an array: of numbers, truth values or text where all of it is; else of objects."""
    kinds = set(map(type, values))
    if kinds <= {int, float} or kinds == {bool} or kinds == {str}:
        try:
            return np.array(values)
        except OverflowError:
            pass
    found = np.empty(len(values), object)
    found[:] = values
    return found


def _of_rank_1(values: Array, at: str) -> Array:
    if values.ndim != 1:
        raise fail(
            DataError,
            Fault(
                "a column of a table holds one value a row",
                at=at,
                given=brief(values),
                fix="arrays of rank 2 and more are data by themselves: {port: array, ...}",
            ),
        )
    return values


def _categories(given: Any) -> tuple[Any, ...] | None:
    """All values of a column of categories, in their order, as frames and Arrow keep them."""
    kind = getattr(given, "dtype", None)
    found = getattr(kind, "categories", None)
    if found is None and hasattr(given, "type") and hasattr(given.type, "index_type"):
        whole = given.combine_chunks() if hasattr(given, "combine_chunks") else given
        chunks = whole.chunks if hasattr(whole, "chunks") else [whole]
        found = dict.fromkeys(value for each in chunks for value in each.dictionary.to_pylist())
    if not isinstance(found, Iterable):
        return None
    values = [value.item() if isinstance(value, np.generic) else value for value in found]
    return tuple(values)


# Files


def _of_file(path: Path, texts: Collection[str]) -> Columns:
    kinds = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise fail(
            OptionError,
            Fault(
                "the end of its name does not say what kind of table this file is",
                at=str(path),
                known=kinds,
                fix="read it yourself, and give the frame",
            ),
        )
    if not path.is_file():
        raise unreadable("there is no such file", path)
    if kind == "csv":
        return {name: Read(values) for name, values in csv_columns(path, texts).items()}
    return parquet_columns(path)


def parquet_columns(path: Path) -> Columns:
    """The columns of a file of Parquet. Raises DataError for what pyarrow cannot read."""
    parquet = needed("pyarrow.parquet", "reading a file of Parquet")
    try:
        with parquet.ParquetFile(path) as file:
            size = sum(
                file.metadata.row_group(number).total_byte_size
                for number in range(file.metadata.num_row_groups)
            )
            check_memory(2 * size, str(path), DataError)
            table = file.read()
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        if isinstance(error, DataError):
            raise
        text = str(error).partition("\n")[0]
        raise unreadable("this file of Parquet cannot be read", path, given=text) from error
    except MemoryError as error:
        raise unreadable("this file takes more memory than there is", path) from error
    return columns_of(table, (), str(path))
