"""Arrays in files: NPY, NPZ and IDX. Sizes are looked at before anything is read, and no file runs
code: arrays of Python objects are refused.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.core.errors import DataError
from wlnet.core.machine import check_memory
from wlnet.core.paths import unreadable
from wlnet.data.idx import idx_array, idx_rank

Array = np.ndarray[Any, Any]
LARGEST_HEADER = 10_000
"""Bytes of a header of NumPy that are read."""
WRONG = (ValueError, TypeError, OverflowError, EOFError, struct.error, SyntaxError)
"""What NumPy raises for a header that no array has."""
NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"


def npy_array(path: Path) -> Array:
    """The array of an NPY file, read from the disk piece by piece when it is used. Raises DataError
    for what is no such file, or holds objects of Python."""
    try:
        found: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except WRONG as error:
        if path.stat().st_size and _is_empty(path):
            return npy_bytes(path.read_bytes(), str(path))
        raise unreadable("this NPY file cannot be read", path, given=str(error)) from error
    return found


def npy_bytes(content: bytes, name: str) -> Array:
    """The array of the bytes of an NPY file. Raises DataError."""
    return _read(io.BytesIO(content), len(content), name)


def npz_columns(file: Path | io.BytesIO, name: str) -> dict[str, Array]:
    """The arrays of an NPZ file by name. Raises DataError."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            check_memory(sum(info.file_size for info in infos), name, DataError)
            found = {}
            for info in infos:
                with archive.open(info) as member:
                    at = f"{name}, {info.filename}"
                    found[info.filename.removesuffix(".npy")] = _read(member, info.file_size, at)
            return found
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        what = "this NPZ file cannot be read"
        raise unreadable(what, Path(name), given=str(error)) from error


def idx_column(path: Path) -> Array:
    """The array of an IDX file, the format of MNIST, plain or gzip. Raises DataError."""
    return idx_array(path, idx_rank(path))


def _is_empty(path: Path) -> bool:
    """Whether an NPY file holds no numbers, which cannot be mapped."""
    with path.open("rb") as file:
        try:
            return 0 in _header(file)[0]
        except WRONG:
            return False


def _header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"version {version} of the format")
    return read(file, max_header_size=LARGEST_HEADER)


def _read(file: Any, size: int, name: str) -> Array:
    """The array of an open NPY file of so many bytes."""
    what, path = "this is no array of NumPy that can be read", Path(name)
    try:
        shape, is_fortran, dtype = _header(file)
    except WRONG as error:
        raise unreadable(what, path, given=str(error)) from error
    wanted = math.prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise unreadable(what, path, given="objects of Python", expected="numbers, or text")
    if wanted > size or min(shape, default=0) < 0:
        given, expected = f"{size} bytes", f"{wanted} bytes of numbers, as its header says"
        raise unreadable("this array is cut off", path, given=given, expected=expected)
    content = file.read(wanted)
    if len(content) < wanted:
        raise unreadable("this array is cut off", path, given=f"{len(content)} of {wanted} bytes")
    try:
        flat: Array = np.frombuffer(content, dtype)
        return flat.reshape(shape, order="F" if is_fortran else "C")
    except WRONG as error:
        raise unreadable(what, path, given=str(error)) from error
