"""Data of a command: files to columns.

A word is the name of a file, or PORT=FILE. A file holds one array, or columns by name; which of
them is for which port of a net says data_ports.py.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wlnet.cli.array_files import NPY, ZIP, idx_column, npy_array, npy_bytes, npz_columns
from wlnet.cli.picture_files import picture_columns
from wlnet.core.errors import DataError, Fault, brief, fail
from wlnet.core.paths import as_path
from wlnet.data.columns import columns_of

Column = Any
Found = Column | dict[str, Column]
"""What a file holds: one column, or several by name."""
STDIN = "-"
PARQUET = b"PAR1"
FORMS = (
    "files, or PORT=FILE: .csv, .tsv, .parquet, .npy, .npz, IDX of MNIST; - reads one of them; or "
    "a folder of pictures"
)
TARGET = "the column of the targets, or PORT=COLUMN; several times for several"

Texts = Collection[str]
"""Columns that a file of text shall not take for numbers."""


def _table(path: Path, texts: Texts) -> dict[str, Column]:
    return {name: read.values for name, read in columns_of(path, texts, str(path)).items()}


READERS: dict[str, Callable[[Path, Texts], Found]] = {
    ".csv": _table,
    ".tsv": _table,
    ".txt": _table,
    ".parquet": _table,
    ".pq": _table,
    ".npy": lambda path, _: npy_array(path),
    ".npz": lambda path, _: npz_columns(path, str(path)),
    ".idx": lambda path, _: idx_column(path),
}
"""Suffix -> what reads such a file."""


def add_data(parser: argparse.ArgumentParser, help: str = FORMS) -> None:
    """The arguments that name data."""
    parser.add_argument("data", metavar="DATA", nargs="+", help=help)
    parser.add_argument("--target", metavar="COLUMN", action="append", default=[], help=TARGET)


@dataclass
class Columns:
    """Columns by name, and arrays without one, each with the file that it comes from."""

    named: dict[str, Column] = field(default_factory=dict)
    unnamed: list[tuple[str, Column]] = field(default_factory=list)


def columns_in(words: Sequence[str], texts: Texts = ()) -> Columns:
    """The columns of files. texts: those that are text, whatever they look like. Raises DataError
    for all that cannot be read at once; OSError."""
    columns = Columns()
    faults: list[Fault] = []
    for word in words:
        port, name = named(word)
        try:
            found = read_file(name, texts)
        except DataError as error:
            faults += error.faults
            continue
        if isinstance(found, dict):
            if port is not None and len(found) == 1:
                found = {port: next(iter(found.values()))}
            elif port is not None:
                what = "this file holds several columns, which have names of their own"
                faults.append(Fault(what, at=word, known=found, fix=name))
                continue
            twice = [each for each in found if each in columns.named]
            if twice:
                faults.append(Fault("columns that are there already", at=word, given=brief(twice)))
            columns.named.update(found)
        elif port is not None:
            columns.named[port] = found
        else:
            columns.unnamed.append((name, found))
    if faults:
        raise fail(DataError, faults)
    return columns


def read_file(name: str, texts: Texts = ()) -> Found:
    """What a file of data holds, or standard input. Raises DataError, OSError."""
    if name == STDIN:
        return _read_stdin(texts)
    path = as_path(name, "DATA", "data.npz")
    suffix = path.suffix.lower()
    if suffix == ".gz":
        suffix = path.with_suffix("").suffix.lower()
    if "idx" in path.name and path.name.removesuffix(".gz").endswith("-ubyte"):
        suffix = ".idx"
    path.stat()  # a file that is not there is told as that
    if path.is_dir():
        return picture_columns(path)
    if suffix not in READERS:
        what = "data of a kind that is not known"
        raise fail(DataError, Fault(what, at=name, known=[*READERS, "train-images-idx3-ubyte"]))
    return READERS[suffix](path, texts)


def named(word: str) -> tuple[str | None, str]:
    """The name that stands before =, if there is one, and what is named."""
    name, mark, rest = word.partition("=")
    if not mark or not name or "/" in name or Path(word).exists():
        return None, word
    return name, rest


def _read_stdin(texts: Texts) -> Found:
    """What standard input holds, by how it begins; CSV begins with anything else."""
    content = sys.stdin.buffer.read()
    if content.startswith(NPY):
        return npy_bytes(content, "standard input")
    if content.startswith(ZIP):
        return npz_columns(io.BytesIO(content), "standard input")
    with tempfile.TemporaryDirectory() as folder:
        suffix = ".parquet" if content.startswith(PARQUET) else ".csv"
        path = Path(folder, f"standard input{suffix}")
        path.write_bytes(content)
        return _table(path, texts)
