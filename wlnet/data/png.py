"""A reader of 8-bit grey PNG files with zlib and NumPy alone, so that data needs no Pillow.

Source: Portable Network Graphics (PNG) Specification, third edition, https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from wlnet.core.paths import unreadable

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 2**28


def grey_png(path: Path) -> np.ndarray:
    """The pixels of an 8-bit grey PNG file without interlacing: uint8 (height, width).

    Raises DataError for other files, and for files that are cut or changed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable("this file cannot be read", path, given=str(error)) from error
    width, height, packed = _chunks(content, path)
    size = height * (width + 1)
    unpacker = zlib.decompressobj()
    try:
        # One byte more than expected shows too long data without unpacking all of it.
        raw = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        raise unreadable(
            "the pixels of this PNG file are damaged", path, given=str(error)
        ) from error
    if len(raw) != size or not unpacker.eof:
        raise unreadable(
            "this PNG file has another number of pixels than it says",
            path,
            given=f"{len(raw)} bytes and no proper end" if len(raw) <= size else "more",
            expected=f"{size} bytes for {width} x {height}",
        )
    rows = np.frombuffer(raw, np.uint8).reshape(height, width + 1)
    return _unfiltered(rows[:, 0], rows[:, 1:].copy(), path)


def _chunks(content: bytes, path: Path) -> tuple[int, int, bytes]:
    """Width, height and the packed pixels; checks order, lengths and checksums."""
    if not content.startswith(SIGNATURE):
        raise unreadable("this is no PNG file", path, given=f"it begins with {content[:8]!r}")
    place, header, packed = len(SIGNATURE), b"", []
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        name, body = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        place += 12 + length
        if place > len(content):
            break
        if zlib.crc32(body, zlib.crc32(name)) != struct.unpack_from(">I", content, place - 4)[0]:
            raise unreadable(
                "this PNG file is damaged", path, given=f"a wrong checksum of {name!r}"
            )
        if name == b"IHDR":
            header = body
        elif name == b"IDAT":
            packed.append(body)
        elif name == b"IEND":
            return *_size(header, path), b"".join(packed)
    raise unreadable("this PNG file is cut off", path, given=f"{len(content)} bytes without an end")


def _size(header: bytes, path: Path) -> tuple[int, int]:
    fields = struct.unpack(">IIBBBBB", header) if len(header) == 13 else (0,) * 7
    width, height = fields[:2]
    if fields[2:] != (8, 0, 0, 0, 0) or not 0 < width * height <= MOST_PIXELS:
        raise unreadable(
            "this kind of PNG file is not read here",
            path,
            given=f"{width} x {height}, depth {fields[2]}, colour type {fields[3]}, "
            f"interlacing {fields[6]}",
            expected=f"8-bit grey without interlacing, up to {MOST_PIXELS} pixels",
        )
    return width, height


def _unfiltered(filters: np.ndarray, rows: np.ndarray, path: Path) -> np.ndarray:
    """Undo the filter of every row in place; rows without one are as they should be."""
    above = np.zeros(rows.shape[1], np.uint8)
    for index in np.flatnonzero(filters).tolist():
        row = rows[index]
        up = rows[index - 1] if index else above
        match int(filters[index]):
            case 1:  # the difference to the left
                np.cumsum(row, dtype=np.uint8, out=row)
            case 2:  # the difference to the row above
                row += up
            case 3:  # to the mean of both
                row[:] = _averaged(row.tolist(), up.tolist())
            case 4:  # to the nearest of left, above and upper left
                row[:] = _paeth(row.tolist(), up.tolist())
            case other:
                raise unreadable(
                    "a row of this PNG file has no known filter", path, given=str(other)
                )
    return rows


def _averaged(row: list[int], up: list[int]) -> list[int]:
    left = 0
    for place, above in enumerate(up):
        left = row[place] = (row[place] + (left + above) // 2) & 255
    return row


def _paeth(row: list[int], up: list[int]) -> list[int]:
    left = corner = 0
    for place, above in enumerate(up):
        a, b, c = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
        nearest = left if a <= b and a <= c else above if b <= c else corner
        left = row[place] = (row[place] + nearest) & 255
        corner = above
    return row
