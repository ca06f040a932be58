"""Columns that lie in files of Parquet, read a row group at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.extras import needed
from wlnet.core.gathered import Gathered
from wlnet.core.machine import check_memory
from wlnet.core.paths import unreadable
from wlnet.core.spelling import suggestion
from wlnet.core.stored import Array, StoredParts
from wlnet.core.symbols import ALL
from wlnet.data.array_files import names_of
from wlnet.data.asked import listed

KEPT = 256 << 20
"""Bytes of row groups that stay in memory for a column: those of one window, and of the next."""


class ParquetColumn(StoredParts):
    """A column of files of Parquet, or several side by side: `parquet_files` makes it."""

    def __init__(self, groups: Groups, names: Sequence[str], *, is_vector: bool) -> None:
        self.groups, self.names, self.is_vector = groups, list(names), is_vector
        self.title = f"the column {', '.join(map(repr, names))} of {groups.title}"
        self.ends = self.block_ends = groups.ends
        self._kept: OrderedDict[int, Array] = OrderedDict()
        self._lock = threading.Lock()
        first = self._group(0)
        self.dtype, self.shape = first.dtype, (int(groups.ends[-1]), *first.shape[1:])

    def fill(self, found: Array, part: int, rows: Array) -> None:
        np.take(self._group(part), rows, axis=0, out=found, mode="clip")

    def _group(self, number: int) -> Array:
        """The values of a row group; those that were read last stay."""
        with self._lock:
            found = self._kept.pop(number, None)
            if found is None:
                found = self._read(number)
            self._kept[number] = found
            held = sum(each.nbytes for each in self._kept.values())
            while held > KEPT and len(self._kept) > 1:
                held -= self._kept.popitem(last=False)[1].nbytes
            return found

    def _read(self, number: int) -> Array:
        table = self.groups.table(number, self.names)
        columns = [_values(table[name], self._at(number, name)) for name in self.names]
        for name, values in zip(self.names, columns, strict=True):
            if hasattr(self, "dtype") and not self.is_vector and values.dtype != self.dtype:
                what = "a column whose files have it as different types"
                given, expected = str(values.dtype), str(self.dtype)
                raise fail(DataError, Fault(what, self._at(number, name), given, expected))
            if hasattr(self, "shape") and not self.is_vector and values.shape[1:] != self.shape[1:]:
                what = "vectors of several lengths in one column"
                given, expected = str(values.shape[1:]), str(self.shape[1:])
                raise fail(DataError, Fault(what, self._at(number, name), given, expected))
        if not self.is_vector:
            return columns[0]
        kind = np.result_type(np.float32, *(values.dtype for values in columns))
        return np.stack(columns, axis=1, dtype=kind, casting="unsafe")

    def _at(self, number: int, name: str) -> str:
        return f"{self.groups.place(number)}, column {name}"


class Groups:
    """The row groups of some files of Parquet, one behind another."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.parquet = needed("pyarrow.parquet", "reading a file of Parquet")
        gathered = Gathered()
        self.groups: list[tuple[Path, int, int, int]] = []
        """Of each the file, its number there, its rows, and its bytes."""
        self.names: list[str] = []
        for path in paths:
            gathered.attempt(lambda path=path: self._add(path))  # type: ignore[misc]
        gathered.tell()
        if not self.groups:
            raise fail(DataError, Fault("files of Parquet without rows", at=str(paths[0])))
        self.ends = np.cumsum([rows for _, _, rows, _ in self.groups])
        self.title = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files"

    def _add(self, path: Path) -> None:
        try:
            about = self.parquet.read_metadata(path)
            names = list(self.parquet.read_schema(path).names)
        except (OSError, ValueError) as error:
            text = str(error).partition("\n")[0]
            raise unreadable("this file of Parquet cannot be read", path, given=text) from error
        if self.names and names != self.names:
            what = "files of Parquet with different columns"
            given, expected = brief(names, 200), brief(self.names, 200)
            raise unreadable(what, path, given=given, expected=expected)
        self.names = names
        for number in range(about.num_row_groups):
            group = about.row_group(number)
            if group.num_rows:
                self.groups.append((path, number, group.num_rows, group.total_byte_size))

    def table(self, number: int, names: Sequence[str]) -> Any:
        """Some columns of a row group. Raises DataError for a file that is damaged."""
        path, own, rows, size = self.groups[number]
        check_memory(size, self.place(number), DataError, "smaller row groups")
        try:
            with self.parquet.ParquetFile(path) as file:
                table = file.read_row_group(own, columns=list(names))
        except (OSError, ValueError) as error:
            text = str(error).partition("\n")[0]
            raise unreadable("this file of Parquet cannot be read", path, given=text) from error
        if table.num_rows != rows:
            raise unreadable("this file of Parquet has changed", path)
        return table

    def place(self, number: int) -> str:
        """Where a row group is, as messages name it."""
        path, own, *_ = self.groups[number]
        return f"{path}, row group {own + 1}"


def parquet_files(files: object, columns: object = ALL) -> dict[str, Any]:
    """Columns that lie in files of Parquet, one behind another, and are read when they are used.

    files: the name of a file, a pattern such as `"parts/*.parquet"`, or a list of names. columns:
    the names of some; or by port a column, or a list of columns of numbers that are one vector.
    Columns hold numbers, truth values, text, or lists of numbers that all have one length.

    A round goes through the row groups in a random order, and mixes examples among those of 128 MB
    that follow one another; it follows from the seed alone. So a file is best written with row
    groups of some MB: `row_group_size` of pyarrow says how many rows one has.

    Raises OptionError for columns that are not there, DataError for files that are not there, cut,
    or of different columns; MissingExtraError without pyarrow.

    >>> import pyarrow, pyarrow.parquet, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pyarrow.table({"a": [1.0, 2.0], "b": [3, 4], "y": ["no", "yes"]})
    ...     pyarrow.parquet.write_table(table, f"{folder}/some.parquet")
    ...     data = parquet_files(f"{folder}/*.parquet", {"Input": ["a", "b"], "Output": "y"})
    ...     data["Input"][1].tolist(), data["Output"][1]
    ([2.0, 4.0], 'yes')
    """
    items = names_of(files, "parquet_files", "parts/*.parquet")
    others = [item for item in items if not isinstance(item, Path)]
    if others:
        fault = Fault("a file is named by a str or a path", "parquet_files", brief(others[0]))
        raise fail(OptionError, fault)
    groups = Groups(items)
    wanted = _wanted(columns, groups.names)
    gathered = Gathered()
    found = {}
    for port, names in wanted.items():
        is_vector = not isinstance(names, str)
        each = [names] if isinstance(names, str) else names
        made = gathered.attempt(
            lambda each=each, is_vector=is_vector: ParquetColumn(groups, each, is_vector=is_vector)  # type: ignore[misc]
        )
        found[port] = made
    gathered.tell()
    return found


def _wanted(columns: object, known: Sequence[str]) -> dict[str, str | list[str]]:
    """The columns of each port: one, or several side by side."""
    asked: Any = list(known) if columns is ALL else columns
    if not isinstance(asked, Mapping):
        every = listed(asked)
        strange = [name for name in every if not isinstance(name, str)]
        if strange or not every:
            what = "columns are names, or names by port"
            fault = Fault(what, "parquet_files", brief(columns), known=known)
            raise fail(OptionError, fault)
        asked = {name: name for name in every}
    wanted = {
        port: names if isinstance(names, str) else listed(names) for port, names in asked.items()
    }
    faults = []
    for port, names in wanted.items():
        for name in names if isinstance(names, list) else [names]:
            if not isinstance(name, str) or name not in known:
                what, fix = f"no column is called {brief(name)}", suggestion(name, known)
                faults.append(Fault(what, at="parquet_files", known=known, fix=fix))
        if names == []:
            faults.append(Fault(f"no columns for port {brief(port)}", at="parquet_files"))
    if faults:
        raise fail(OptionError, faults)
    return wanted


def _values(column: Any, at: str) -> Array:
    """The values of a column of Arrow as an array, vectors as one of rank 2. Raises DataError."""
    kind = str(column.type)
    if "list" in kind:
        return _vectors(column, at)
    if column.null_count:
        raise fail(
            DataError, Fault("values are missing", at, f"{column.null_count} of {len(column)}")
        )
    values = column.to_numpy()
    if values.dtype.kind in "biufO" and kind not in ("binary", "large_binary"):
        return np.asarray(values)
    what, expected = "a column of other things than numbers and text", "numbers, text or lists"
    raise fail(DataError, Fault(what, at=at, given=kind, expected=expected))


def _vectors(column: Any, at: str) -> Array:
    whole = column.combine_chunks()
    chunks = whole.chunks if hasattr(whole, "chunks") else [whole]
    parts = []
    for chunk in chunks:
        flat, count = chunk.flatten(), len(chunk)
        numbers = np.asarray(flat)
        is_even = count and len(flat) % count == 0 and not chunk.null_count and not flat.null_count
        if is_even and hasattr(chunk, "value_lengths"):
            lengths = np.asarray(chunk.value_lengths())
            is_even = bool((lengths == lengths[0]).all())
        if not is_even or numbers.dtype.kind not in "biuf":
            raise fail(
                DataError,
                Fault(
                    "the lists of this column are no vectors of one length",
                    at=at,
                    given=str(column.type),
                    expected="lists of as many numbers each, none missing",
                ),
            )
        parts.append(numbers.reshape(count, -1))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
