"""Arrays that lie in files of NPY, one behind another, and may be larger than memory."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.paths import as_path, unreadable
from wlnet.core.spelling import suggestion
from wlnet.core.stored import Array, StoredParts

SHUFFLES = "Whole", "Blocks"
BLOCK = 4 << 20
"""Bytes of a block, about: what is read at once where neighbours are read together."""


class StoredArrays(StoredParts):
    """Arrays that are mapped, or read by slices, one behind another: `array_files` makes it."""

    def __init__(self, parts: Sequence[Any], title: str, shuffle: str) -> None:
        self.parts, self.title = parts, title
        self.ends = np.cumsum([part.shape[0] for part in parts])
        self.dtype = np.result_type(*(part.dtype for part in parts))
        self.shape = (int(self.ends[-1]), *parts[0].shape[1:])
        if shuffle == "Blocks":
            row = max(int(np.prod(self.shape[1:])) * self.dtype.itemsize, 1)
            size = max(BLOCK // row, 1)
            # No block reaches from one file into the next.
            starts = [0, *self.ends[:-1].tolist()]
            ends = [[*range(start + size, end, size), end]
                    for start, end in zip(starts, self.ends.tolist(), strict=True)]  # fmt: skip
            self.block_ends = np.concatenate(ends)

    def fill(self, found: Array, part: int, rows: Array) -> None:
        array = self.parts[part]
        if isinstance(array, np.ndarray) and array.dtype == found.dtype:
            np.take(array, rows, axis=0, out=found, mode="clip")
            return
        if isinstance(array, np.ndarray):
            found[...] = array[rows]
            return
        # Other libraries read a range faster than its parts, and each place once.
        low, high = int(rows[0]), int(rows[-1]) + 1
        if high - low <= 2 * len(rows):
            found[...] = np.asarray(array[low:high])[rows - low]
        else:
            places, inverse = np.unique(rows, return_inverse=True)
            found[...] = np.asarray(array[places])[inverse]


def array_files(files: object, shuffle: str = "Whole") -> Any:
    """A column that lies in files of NPY, one behind another, and is read when it is used.

    files: the name of a file, a pattern such as `"parts/x-*.npy"`, whose files come in the order of
    their names, or a list of names; in it, arrays and what else has a shape and is read by slices,
    such as datasets of HDF5. shuffle: how a training goes through it.

    * "Whole": each round is a permutation of all examples. It is the order that an array in memory
      has, and as fast, where the files fit into the memory that is free, or examples are large.
    * "Blocks": files are divided into blocks of 4 MB; the blocks of a round are in a random order,
      and examples are mixed among the blocks of 128 MB that follow one another. Files that are
      larger than memory are so read in long pieces.

    Both follow from the seed alone. One file of 32-bit floats in the order "Whole" is a memory map.
    Raises DataError for files that are not there, cut or of several shapes, all at once.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for part in range(2):
    ...         np.save(f"{folder}/x-{part}.npy", np.full((3, 2), part, np.float32))
    ...     column = array_files(f"{folder}/x-*.npy")
    ...     column.shape, column[3].tolist()
    ((6, 2), [1.0, 1.0])
    """
    if not isinstance(shuffle, str) or shuffle not in SHUFFLES:
        fix = suggestion(shuffle, SHUFFLES)
        fault = Fault("no such shuffle", "array_files", brief(shuffle), known=SHUFFLES, fix=fix)
        raise fail(OptionError, fault)
    items = names_of(files, "array_files", "x-*.npy")
    gathered = Gathered()
    parts = [gathered.attempt(partial(_opened, item)) for item in items]
    gathered.tell()
    _check_alike(parts, items)
    title = f"the array in {items[0]}" if len(items) == 1 else f"the array in {len(items)} files"
    found = StoredArrays(parts, title, shuffle)
    is_map = len(parts) == 1 and isinstance(parts[0], np.memmap)
    return parts[0] if is_map and shuffle == "Whole" else found


def names_of(files: object, at: str, example: str) -> list[Any]:
    """What is given as files: names, those that a pattern stands for in order, or other things.

    Raises OptionError for nothing, DataError for a pattern that stands for none.
    """
    is_name = isinstance(files, (str, os.PathLike))
    if is_name and any(mark in os.fspath(files) for mark in "*?["):  # type: ignore[call-overload]
        found: list[Any] = sorted(map(Path, glob.glob(os.fspath(files), recursive=True)))  # type: ignore[call-overload]
        if not found:
            raise fail(DataError, Fault("no file has such a name", at=at, given=brief(files)))
        return found
    if is_name:
        return [as_path(files, at, example)]
    listed = list(files) if isinstance(files, Iterable) and not hasattr(files, "shape") else [files]
    if not listed:
        raise fail(OptionError, Fault("no files", at=at, fix=repr(example)))
    return [
        as_path(each, at, example) if isinstance(each, (str, os.PathLike)) else each
        for each in listed
    ]


def _opened(item: Any) -> Any:
    if not isinstance(item, Path):
        if not (hasattr(item, "shape") and hasattr(item, "dtype") and hasattr(item, "__getitem__")):
            expected = "the name of a file, or what has a shape and is read by slices"
            raise fail(DataError, Fault("this is no array", given=brief(item), expected=expected))
        return item
    if not item.is_file():
        raise unreadable("there is no such file", item)
    try:
        return np.load(item, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        text = str(error).partition("\n")[0][:200]
        raise unreadable("this is no whole file of NPY", item, given=text) from error


def _check_alike(parts: Sequence[Any], items: Sequence[Any]) -> None:
    faults = []
    for part, item in zip(parts, items, strict=True):
        at = str(item) if isinstance(item, Path) else brief(item)
        if not part.shape or not part.shape[0]:
            faults.append(Fault("a file without examples", at=at, given=f"shape {part.shape}"))
        elif part.shape[1:] != parts[0].shape[1:]:
            first = f"{parts[0].shape[1:]}, as in {items[0]}"
            what = "files whose examples have different shapes"
            faults.append(Fault(what, at=at, given=str(part.shape[1:]), expected=first))
        elif part.dtype.kind not in "biuf":
            what = "a file of other things than numbers"
            faults.append(Fault(what, at=at, given=str(part.dtype)))
    if faults:
        raise fail(DataError, faults)
