"""What the process does that reads an HDF5 file for another one: run by hdf5.py, by its path.

It gets `list FILE` or `read FILE` for arguments. `list` writes what is in the file, as JSON, and
all that is in it if that is little; `read` takes a JSON list of [name, shape] and writes these.
Each piece stands behind its length in bytes. Datasets and groups alone: a link that leads
elsewhere, numbers in other files, and filters that are libraries of their own are refused. It
stands by itself and imports nothing of wlnet.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np

DEEPEST = 64
MOST = 100_000
LITTLE = 2**26
"""Bytes that are sent unasked."""
LONGEST_TEXT = 2**30
FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}
"""Those that h5py brings, by their numbers."""


class Refused(Exception):
    """A file has what is not read."""


def main(task: str, path: str) -> None:
    """List or read; a fault is told as JSON."""
    wanted = json.load(sys.stdin) if task == "read" else []
    try:
        with h5py.File(path, "r") as file:
            if task == "list":
                found = listing(file)
                put(json.dumps(found).encode())
                wanted = little(found)
            for name, shape in wanted:
                put(content(file, name, shape))
    except Refused as fault:
        told(str(fault))
    except MemoryError:
        told("the file takes more memory than it may")
    except Exception as error:  # h5py raises nearly any kind, whatever is wrong with a file
        told(f"the HDF5 library cannot read it: {' '.join(str(error).split())}"[:300])


def put(data: bytes) -> None:
    """Write a piece, behind its length."""
    sys.stdout.buffer.write(len(data).to_bytes(8, "little"))
    sys.stdout.buffer.write(data)


def little(found: dict[str, Any]) -> list[tuple[str, list[int]]]:
    """All datasets of numbers, where they are small enough to be sent unasked."""
    datasets = [(name, shape) for name, (shape, _) in found["datasets"].items()]
    size = sum(8 * math.prod(shape) for _, shape in datasets)
    return datasets if size <= LITTLE else []


def told(fault: str) -> None:
    """Say what is wrong, and end."""
    sys.stderr.write(json.dumps({"fault": fault}))
    raise SystemExit(3)


def listing(file: Any) -> dict[str, Any]:
    """Every dataset, with its shape and the type of its numbers, and names that groups have."""
    datasets, texts, titles = {}, {}, {}
    for name, item in items(file, "", 0, set()):
        if isinstance(item, h5py.Group):
            title = item.attrs.get("name") if "name" in item.attrs else None
            if isinstance(title, str) and len(title) <= 200:
                titles[name] = title
            continue
        if h5py.check_string_dtype(item.dtype) is not None:
            texts[name] = list(item.shape)
        else:
            datasets[name] = [list(item.shape), item.dtype.str[1:]]
    return {"datasets": datasets, "texts": texts, "titles": titles}


def items(group: Any, path: str, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """All groups and datasets under a group, by path."""
    address = h5py.h5o.get_info(group.id).addr
    if depth > DEEPEST or address in seen:
        raise Refused("groups in groups without end")
    seen.add(address)
    for key in group:
        name = f"{path}/{key}" if path else key
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise Refused(f"{name[:80]!r} is a link to somewhere else")
        item = group[key]
        if len(seen) > MOST:
            raise Refused(f"more than {MOST} groups and arrays")
        if isinstance(item, h5py.Group):
            yield name, item
            yield from items(item, name, depth + 1, seen)
        else:
            check(item, name)
            seen.add(-len(seen))
            yield name, item


def check(item: Any, name: str) -> None:
    """Raise Refused unless something is an array of plain numbers, or of text, in this file."""
    if not isinstance(item, h5py.Dataset) or item.shape is None:
        raise Refused(f"{name[:80]!r} is no array")
    if item.is_virtual or item.external:
        raise Refused(f"the numbers of {name[:80]!r} stand in other files")
    plan = item.id.get_create_plist()
    used = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    if not set(used) <= set(FILTERS):
        raise Refused(f"{name[:80]!r} is packed in a way that is not read")
    kind, size = item.dtype.kind, item.dtype.itemsize
    is_plain = kind in "iub" or (kind == "f" and size in (2, 4, 8))
    if not is_plain and h5py.check_string_dtype(item.dtype) is None:
        raise Refused(f"{name[:80]!r} holds neither numbers nor text, but {str(item.dtype)[:40]}")


def content(file: Any, name: str, shape: list[int]) -> bytes:
    """The numbers of a dataset as little-endian float64 or float32, or a text."""
    item = file
    for key in name.split("/"):
        if not isinstance(item.get(key, getlink=True), h5py.HardLink):
            raise Refused(f"{name[:80]!r} is not there")
        item = item[key]
    check(item, name)
    if list(item.shape) != shape:
        raise Refused(f"{name[:80]!r} has changed")
    if h5py.check_string_dtype(item.dtype) is not None:
        value = item[()]
        text = value if isinstance(value, bytes) else bytes(np.asarray(value).reshape(-1)[0])
        if len(text) > LONGEST_TEXT:
            raise Refused(f"the text of {name[:80]!r} is too long")
        return text
    wide = item.dtype.kind == "f" and item.dtype.itemsize == 8
    return np.ascontiguousarray(item[()], "<f8" if wide else "<f4").tobytes()


if __name__ == "__main__":
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        most = int(sys.argv[3])
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    main(sys.argv[1], sys.argv[2])
