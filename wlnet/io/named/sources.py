"""Files of arrays by name: what is in them is told before anything is read.

safetensors by its own library and by the checks that files of nets go through; .npz by NumPy,
without pickles; HDF5 by h5py in a process of its own (hdf5.py).
"""

from __future__ import annotations

import errno
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, FormatError, OptionError, fail
from wlnet.core.machine import check_memory
from wlnet.core.records import refused, shown
from wlnet.io.files import check_file, content
from wlnet.io.layout import ENTRY, ends_as_told, header_length, header_table
from wlnet.io.named import hdf5

MOST = 100_000
"""Entries of a file."""
_KINDS = "fiub"


class Entry(NamedTuple):
    """What a file says of one of its arrays, before it is read. dtype: in its own words."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Source:
    """The arrays of a file.

    read: the numbers of some entries, by name, as float32 or float64. framework: who wrote it,
    where the file says so. titles: other names of groups of entries.
    """

    path: Path
    entries: Mapping[str, Entry]
    read: Callable[[Iterable[str]], dict[str, Array]]
    framework: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)


def source_of(path: Path) -> Source:
    """The arrays of a file, by its suffix. Raises FormatError, OptionError, OSError."""
    for suffix, opened in SUFFIXES.items():
        if path.name.endswith(suffix):
            return opened(path)
    raise fail(
        OptionError,
        Fault(
            "arrays come from a file whose kind is told by its suffix",
            at="file",
            given=repr(path.name),
            known=SUFFIXES,
            fix="safetensors.torch.save_file(module.state_dict(), 'weights.safetensors')"
            if path.suffix in (".pt", ".pth", ".bin", ".ckpt")
            else None,
        ),
    )


# safetensors

_TYPES: Mapping[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("u1"),
}
"""The types of entries that are read; BF16 by its bits."""


def _safetensors(path: Path) -> Source:
    data = content(path, ends_as_told)
    header = header_table(data[8 : header_length(data[:8], len(data))])
    metadata = header.get("__metadata__") if type(header) is dict else None
    try:
        tensors = dict(safetensors.deserialize(data))  # type: ignore[no-untyped-call]
    except safetensors.SafetensorError as error:
        raise refused(f"the tensors do not lie as the header says: {error}"[:200]) from None
    _check_count(len(tensors))
    entries = {
        name: Entry(name, tuple(tensor["shape"]), str(tensor["dtype"]))
        for name, tensor in tensors.items()
        if not name.startswith("~") or name.startswith("~shared/")
    }

    def read(names: Iterable[str]) -> dict[str, Array]:
        return {name: _numbers(name, tensors[name]) for name in names}

    says = metadata if type(metadata) is dict else {}
    framework = "wlnet" if ENTRY in says else {"pt": "PyTorch"}.get(str(says.get("format")))
    ordered = dict(sorted(entries.items(), key=lambda item: natural(item[0])))
    return Source(path, ordered, read, framework)


def _numbers(name: str, tensor: Mapping[str, Any]) -> Array:
    dtype = str(tensor["dtype"])
    if dtype not in _TYPES:
        raise refused("numbers of a type that is not read", at=shown(name), given=shown(dtype),
                      known=_TYPES)  # fmt: skip
    stored = np.frombuffer(bytes(tensor["data"]), _TYPES[dtype])
    if dtype == "BF16":
        # The upper half of a float32.
        stored = (stored.astype("<u4") << 16).view("<f4")
    try:
        return widened(stored.reshape(tensor["shape"]))
    except ValueError:
        raise refused("an array of a shape that cannot be", at=shown(name)) from None


def widened(array: Array) -> Array:
    """Numbers as nets hold them: float64 as it is, all else as float32."""
    return array.astype(np.float64 if array.dtype.itemsize == 8 and array.dtype.kind == "f"
                        else np.float32)  # fmt: skip


# NumPy

_NPY_HEADER = 10_000


def _npz(path: Path) -> Source:
    check_file(path)
    with _damage():
        listed = list(_npz_entries(path))
        entries = {entry.name: entry for entry in listed}
        if len(entries) < len(listed):
            raise refused("a name stands twice in the file")

    def read(names: Iterable[str]) -> dict[str, Array]:
        with _damage(), np.load(path, allow_pickle=False) as file:
            return {name: widened(file[name]) for name in names}

    return Source(path, entries, read)


@contextmanager
def _damage() -> Iterator[None]:
    """What is wrong with a zip file as a FormatError; what the disk says stays as it is."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, RuntimeError, KeyError) as error:
        if isinstance(error, FormatError):
            raise
        raise refused(f"the file is no .npz file, or is damaged: {error}"[:200]) from None
    except OSError as error:
        # A place before the beginning, which a damaged table of contents may name.
        if error.errno != errno.EINVAL:
            raise
        raise refused("the file is no .npz file, or is damaged") from None


def _npz_entries(path: Path) -> Iterable[Entry]:
    with zipfile.ZipFile(path) as file:
        found = file.infolist()
        _check_count(len(found))
        for info in found:
            name = info.filename.removesuffix(".npy")
            with file.open(info) as stream:
                version = np.lib.format.read_magic(stream)
                read = {
                    (1, 0): np.lib.format.read_array_header_1_0,
                    (2, 0): np.lib.format.read_array_header_2_0,
                }.get(version)
                if read is None:
                    raise refused("an array of a format that is not read", at=shown(name))
                shape, _, dtype = read(stream, max_header_size=_NPY_HEADER)
            if dtype.kind not in _KINDS:
                raise refused("an array of another type", at=shown(name), given=shown(str(dtype)),
                              expected="real numbers")  # fmt: skip
            size = math.prod(shape) * dtype.itemsize
            if any(type(n) is not int or n < 0 for n in shape) or size > info.file_size:
                raise refused("an array larger than its entry", at=shown(name))
            yield Entry(name, tuple(shape), str(dtype))


# HDF5


def _hdf5(path: Path) -> Source:
    check_file(path)
    listing = hdf5.listed(path, "reading arrays from an HDF5 file")
    _check_count(len(listing.datasets))
    entries = {
        name: Entry(name, shape, dtype)
        for name, (shape, dtype) in sorted(listing.datasets.items(), key=lambda it: natural(it[0]))
    }

    def read(names: Iterable[str]) -> dict[str, Array]:
        if listing.known:
            return {name: listing.known[name] for name in names}
        wanted = {name: entries[name].shape for name in names}
        check_memory(8 * sum(map(math.prod, wanted.values())), f"the arrays of {path}")
        return hdf5.read(path, wanted)

    return Source(path, entries, read, "Keras", titles=listing.titles)


def _check_count(count: int) -> None:
    if count > MOST:
        raise refused("too many arrays for a file", given=f"{count}", expected=f"at most {MOST}")


SUFFIXES: Mapping[str, Callable[[Path], Source]] = {
    ".safetensors": _safetensors,
    ".wlnet": _safetensors,
    ".npz": _npz,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
}


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Names in the order in which people count.

    >>> sorted(["10.bias", "9.bias", "a.b", "a"], key=natural)
    ['9.bias', '10.bias', 'a', 'a.b']
    """
    words = re.findall(r"[0-9]+|[^0-9]+", name)
    return tuple(
        (0, int(word[:18]), "") if word.isdigit() and word.isascii() else (1, 0, word)
        for word in words
    )
