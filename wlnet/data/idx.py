"""A reader of IDX files, the format of the original MNIST files, plain or gzip.

Source: http://yann.lecun.com/exdb/mnist/ ("The IDX file format")
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from wlnet.core.paths import unreadable

UNSIGNED_BYTE = 8
MOST_BYTES = 2**31


def idx_array(path: Path, rank: int) -> np.ndarray:
    """The uint8 array of an IDX file, which must have this rank; `.gz` files are unpacked.

    Raises DataError for other files, and for files that are cut or longer than they say.
    """
    try:
        with _opened(path) as file:
            return _read(file, path, rank)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable("this IDX file cannot be read", path, given=str(error)) from error


def idx_rank(path: Path) -> int:
    """How many dimensions an IDX file says it has. Raises DataError for other files."""
    try:
        with _opened(path) as file:
            header = file.read(4)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable("this IDX file cannot be read", path, given=str(error)) from error
    if len(header) < 4 or header[:3] != bytes((0, 0, UNSIGNED_BYTE)) or not header[3]:
        given = f"a file that begins with {header!r}"
        expected = f"{bytes((0, 0, UNSIGNED_BYTE))!r} and the number of dimensions: unsigned bytes"
        raise unreadable("this is no IDX file of bytes", path, given=given, expected=expected)
    return header[3]


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb"))


def _read(file: BinaryIO, path: Path, rank: int) -> np.ndarray:
    header = file.read(4 + 4 * rank)
    if len(header) < 4 + 4 * rank or header[:4] != bytes((0, 0, UNSIGNED_BYTE, rank)):
        raise unreadable(
            "this is not the IDX file it should be",
            path,
            given=f"a file that begins with {header[:4]!r}",
            expected=f"{bytes((0, 0, UNSIGNED_BYTE, rank))!r}: unsigned bytes, {rank} dimensions",
        )
    shape = struct.unpack(f">{rank}I", header[4:])
    size = math.prod(shape)
    if not 0 < size <= MOST_BYTES:
        raise unreadable("this IDX file has impossible dimensions", path, given=str(shape))
    # One byte more than expected shows a file that is too long without reading all of it; chunks
    # keep a header that lies from claiming memory the file cannot fill.
    parts, missing = [], size + 1
    while missing and (part := file.read(min(missing, 2**24))):
        parts.append(part)
        missing -= len(part)
    if missing != 1:
        raise unreadable(
            "this IDX file is cut off" if missing else "this IDX file is longer than it says",
            path,
            given=f"{size + 1 - missing} bytes of data" if missing else f"more than {size} bytes",
            expected=f"{size} bytes for the dimensions {shape}",
        )
    return np.frombuffer(b"".join(parts), np.uint8).reshape(shape)
