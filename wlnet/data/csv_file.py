"""A reader of CSV files: columns of numbers, truth values or text, as their fields are written."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.machine import check_memory
from wlnet.core.paths import unreadable
from wlnet.data.lookalikes import INFINITE

Array = np.ndarray[Any, Any]
NOTHING = {f"{sign}{word}" for sign in ("", "+", "-") for word in ("NaN", "nan", "NAN")}
MISSING = frozenset({"", "NA", "N/A", "null", "NULL", "None", *NOTHING})
"""Fields that say that a value is missing."""
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
NO_NUMBER = re.compile(r"[^0-9eE+.\- \n]|^ *[+-]?0[0-9]", re.MULTILINE)
"""What no number has: other letters, and a further 0 in front, as codes and telephone numbers
have."""
DELIMITERS = ",;\t|"
IN_MEMORY = 12
"""How many times its size a file takes, about, while it is read."""
MOST_TOLD = 5


def csv_columns(path: Path, texts: Collection[str] = ()) -> dict[str, Array]:
    """The columns of a CSV file (UTF-8) by the names in its first line.

    The delimiter is that of `,`, `;`, tabulator and `|` which the first line has most of. A column
    is one of numbers, or of truth values, if all fields are that are not missing; else it is one of
    text, with None where a field is missing. texts: columns that are text in any case. Raises
    DataError for what is no such file, which tells the line.
    """
    check_memory(IN_MEMORY * path.stat().st_size, str(path), DataError)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names, rows = _read(file, path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        what = "this CSV file cannot be read"
        if isinstance(error, UnicodeDecodeError):
            what = "this CSV file is not UTF-8"
        raise unreadable(what, path, given=str(error)) from error
    columns = zip(*rows, strict=True)
    return {
        name: _typed(fields, is_text=name in texts)
        for name, fields in zip(names, columns, strict=True)
    }


def _read(file: TextIO, path: Path) -> tuple[list[str], list[list[str]]]:
    head = file.readline()
    file.seek(0)
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    names = next(reader, [])
    faults = _name_faults(names, path)
    rows = []
    for row, line in _rows(reader, len(names) == 1):
        if len(row) == len(names):
            rows.append(row)
        elif len(faults) < MOST_TOLD:
            what = "a line with another number of fields than there are columns"
            given, expected = f"{len(row)} fields", f"{len(names)}"
            faults.append(Fault(what, at=f"{path}, line {line}", given=given, expected=expected))
    if not rows and not faults:
        faults.append(Fault("a CSV file without rows", at=str(path)))
    if faults:
        raise fail(DataError, faults)
    return names, rows


def _rows(reader: Any, is_single: bool) -> Iterator[tuple[list[str], int]]:
    """The rows with fields, each with the number of its last line.

    A blank line is no row; but where there is a single column it is an empty field, unless the file
    ends with it.
    """
    before = False
    for row in reader:
        if before:
            yield [""], reader.line_num - 1
        before = is_single and not row
        if row:
            yield row, reader.line_num


def _name_faults(names: list[str], path: Path) -> list[Fault]:
    at, fix = f"{path}, line 1", "the first line has the names of the columns"
    faults = [
        Fault("a column without a name", at=at, given=f"column {place}", fix=fix)
        for place, name in enumerate(names, 1)
        if not name.strip()
    ]
    twice = sorted({name for name in names if names.count(name) > 1 and name.strip()})
    faults += [
        Fault("two columns have one name", at=at, given=repr(name), fix=fix) for name in twice
    ]
    if not names:
        faults.append(Fault("an empty CSV file", at=str(path)))
    return faults[:MOST_TOLD]


def _typed(fields: tuple[str, ...], *, is_text: bool) -> Array:
    """The fields of a column as numbers, truth values or text."""
    if is_text:
        return _objects([None if field in MISSING else field for field in fields])
    there = [field for field in fields if field not in MISSING]
    if there and all(field in TRUTHS for field in there):
        truths = [TRUTHS.get(field) for field in fields]
        return np.array(truths) if len(there) == len(fields) else _objects(truths)
    numbers = _numbers(fields, there)
    if numbers is not None:
        return numbers
    return _objects([None if field in MISSING else field for field in fields])


def _numbers(fields: tuple[str, ...], there: list[str]) -> Array | None:
    """The fields of a column as numbers, NaN where they are missing; None where one is none."""
    if not there or _have_letters(there):
        return None
    is_full = len(there) == len(fields)
    try:
        if is_full:
            return np.array(list(map(int, fields)), np.int64)
    except (OverflowError, ValueError):
        pass
    try:
        return np.array([np.nan if field in MISSING else float(field) for field in fields])
    except ValueError:
        return None


def _have_letters(fields: list[str]) -> bool:
    """Whether one of the fields has what no number has; infinities are numbers, which are refused
    where they are used."""
    if not NO_NUMBER.search("\n".join(fields)):
        return False
    finite = [field for field in fields if not INFINITE.fullmatch(field)]
    return len(finite) == len(fields) or bool(NO_NUMBER.search("\n".join(finite)))


def _objects(values: list[Any]) -> Array:
    found = np.empty(len(values), object)
    found[:] = values
    return found
