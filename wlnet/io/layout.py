"""The bytes of a file: safetensors layout, the record in its metadata, sealed by a checksum.

Eight bytes tell the length of a header in JSON, which tells where each tensor lies; the tensors
follow without gaps. Source: https://huggingface.co/docs/safetensors (Format).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from wlnet.core.arrays import Array, sealed
from wlnet.core.records import Json, Table, refused, shown
from wlnet.io.canonical import dumped, parsed, read
from wlnet.io.keys import is_beside, is_measured
from wlnet.io.record import Tensors
from wlnet.io.signatures import foreign

ENTRY = "wlnet"
LONGEST_HEADER = 16 * 2**20
"""Bytes of a header: as JSON they would take many times as much memory."""
DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
"""The types of arrays of nets."""
BESIDE: dict[str, np.dtype[Any]] = {
    **DTYPES,
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "BOOL": np.dtype("?"),
}
"""The types of what stands beside a net."""


def packed(record: Table, tensors: Tensors) -> bytes:
    """The bytes of a record and its contiguous tensors: the same for the same."""
    ordered = {key: tensors[key] for key in sorted(tensors)}
    text = dumped({**record, "SHA256": checksum(record, ordered)})
    data = bytes(safetensors.numpy.save(ordered, {ENTRY: text}))
    if int.from_bytes(data[:8], "little") > LONGEST_HEADER:
        raise refused(
            "the net has too much structure for a file",
            expected=f"at most {LONGEST_HEADER} bytes",
            given=f"{int.from_bytes(data[:8], 'little')} bytes",
        )
    return data


def checksum(record: Table, tensors: Tensors) -> str:
    """SHA-256 of everything in a file but its layout."""
    digest = hashlib.sha256(dumped(record).encode())
    for key in sorted(tensors):
        array = tensors[key]
        digest.update(dumped([key, array.dtype.name, list(array.shape)]).encode())
        digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def header_length(start: bytes, size: int) -> int:
    """Where the header of a file of this size ends, by its first eight bytes, or FormatError."""
    length = int.from_bytes(start[:8], "little")
    is_wrong = len(start) < 8 or length > LONGEST_HEADER or 8 + length > size
    # Asked only of what is none of ours: a length may be spelled as others begin.
    if is_wrong and (kind := foreign(start)):
        raise refused(f"this is {kind.what}, and no file of wlnet", fix=kind.fix)
    if size < 8 or len(start) < 8:
        raise refused("the file is too short to hold a net", given=f"{size} bytes")
    if is_wrong:
        raise refused(
            "the file is cut, or no net",
            given=f"a header of {length} bytes in a file of {size}",
            expected=f"at most {min(LONGEST_HEADER, size - 8)}",
        )
    return 8 + length


def check_size(header: bytes, size: int) -> None:
    """Raise FormatError unless a file of this size ends where its header says so."""
    _, table = _header(header)
    _check_end(table, header, size)


def _check_end(table: Table, header: bytes, size: int) -> None:
    ends = [entry.get("data_offsets") for entry in table.values() if type(entry) is dict]
    stops = [end[-1] for end in ends if type(end) is list and end and type(end[-1]) is int]
    whole = 8 + len(header) + max(stops, default=0)
    if whole != size:
        raise refused(
            "the file is cut, or no net",
            given=f"{size} bytes",
            expected=f"{shown(whole)} bytes by its header",
        )


def unpacked(data: bytes) -> tuple[Table, Tensors]:
    """The record and the tensors, read-only, of the bytes of a file. Raises FormatError."""
    end = header_length(data[:8], len(data))
    record = read(_header(data[8:end])[0], "the record of the net")
    if type(record) is not dict or "SHA256" not in record:
        raise refused("the record of the net has no checksum", given=shown(record))
    try:
        entries = safetensors.deserialize(data)  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise refused(
            f"the tensors of the file do not lie as its header says: {error}"[:200]
        ) from None
    tensors = {key: _array(key, entry) for key, entry in entries}
    seal = record.pop("SHA256")
    if seal != checksum(record, tensors):
        raise refused(
            "the file was changed after it was written: its checksum is another",
            fix="take another copy, or save the net again",
        )
    for key, array in tensors.items():
        if not is_measured(key) and not np.isfinite(array).all():
            raise refused("an array holds numbers that are not finite", at=shown(key))
    return record, tensors


def header_table(header: bytes) -> Json:
    """What a header of safetensors says, of whoever wrote it. Raises FormatError."""
    return parsed(_text(header), "the header of the file")


def ends_as_told(header: bytes, size: int) -> None:
    """Raise FormatError unless a file of this size, of whoever wrote it, ends where its header says
    so."""
    table = header_table(header)
    _check_end(table if type(table) is dict else {}, header, size)


def _text(header: bytes) -> str:
    try:
        return header.decode("utf-8")
    except UnicodeDecodeError:
        raise refused("the header of the file is not text") from None


def _header(header: bytes) -> tuple[str, Table]:
    """The record in a header, which must be spelled as safetensors spells it, and the tensors."""
    text, table = _text(header), header_table(header)
    try:
        spelled = json.dumps(table, separators=(",", ":"), ensure_ascii=False)
        if len(spelled) > len(text) or text != spelled + " " * (len(text) - len(spelled)):
            raise refused("the header of the file is not spelled as it was written")
    except (ValueError, RecursionError):
        raise refused("the header of the file is not spelled as it was written") from None
    metadata = table.pop("__metadata__", None) if type(table) is dict else None
    record = metadata.get(ENTRY) if type(metadata) is dict and len(metadata) == 1 else None
    if type(table) is not dict or type(record) is not str:
        raise refused(
            "the file has tensors, but no net of wlnet",
            expected=f"one metadata entry {ENTRY!r}",
            fix="wlnet.net_import_arrays(net, file)",
        )
    for key, entry in table.items():
        dtype = entry.get("dtype") if type(entry) is dict else None
        known = BESIDE if is_beside(key) else DTYPES
        if type(dtype) is not str or dtype not in known:
            raise refused(
                "a tensor of another type", at=shown(key), given=shown(dtype), known=known
            )
    return record, table


def _array(key: str, entry: dict[str, Any]) -> Array:
    dtype = BESIDE[entry["dtype"]]
    if dtype.kind == "b" and set(entry["data"]) - {0, 1}:
        raise refused("truth values that are neither 0 nor 1", at=shown(key))
    try:
        stored: Any = np.frombuffer(bytes(entry["data"]), dtype).reshape(entry["shape"])
    except (ValueError, OverflowError):
        # More levels than NumPy has, or no elements of a size that is none.
        raise refused("a tensor of a shape that cannot be", at=shown(key)) from None
    return sealed(stored.astype(dtype.newbyteorder("="), copy=False))
