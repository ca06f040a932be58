"""HDF5 files, read by a process of its own: a damaged file can bring down the library that reads
them, and then it is that process that ends.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.errors import FormatError
from wlnet.core.extras import is_installed, needed
from wlnet.core.records import Json, refused, shown
from wlnet.io.canonical import parsed

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""How an HDF5 file begins."""
SECONDS = 600
ROOM = 4 * 2**30
"""Bytes of addresses for the process, besides those of the arrays that it is asked for."""
LONGEST = 64 * 2**20
"""Bytes of a list of what is in a file."""
_PROCESS = Path(__file__).with_name("hdf5_process.py")

Shape = tuple[int, ...]


class Listing(NamedTuple):
    """What is in a file. datasets: shape and type of numbers by name; texts: shape by name; titles:
    the name that a group gives itself. known: numbers that came at once, there being few."""

    datasets: Mapping[str, tuple[Shape, str]]
    texts: Mapping[str, Shape]
    titles: Mapping[str, str]
    known: Mapping[str, Array]


def listed(path: Path, purpose: str) -> Listing:
    """What is in a file. purpose: what it is for, should h5py not be there. Raises FormatError,
    MissingExtraError."""
    if not is_installed("h5py"):
        needed("h5py", purpose)
    first, *rest = _split(_asked("list", path, b"", ROOM))
    if len(first) > LONGEST:
        raise refused("the file has too much in it", given=f"a list of {len(first)} bytes")
    table: Any = parsed(bytes(first).decode("utf-8"), "what is in the file")
    datasets = {name: (tuple(shape), dtype) for name, (shape, dtype) in table["datasets"].items()}
    texts = {name: tuple(shape) for name, shape in table["texts"].items()}
    known = (
        {
            name: _numbers(name, data, shape)
            for (name, (shape, _)), data in zip(datasets.items(), rest, strict=bool(rest))
        }
        if rest
        else {}
    )
    return Listing(datasets, texts, table["titles"], known)


def read(path: Path, wanted: Mapping[str, Shape]) -> dict[str, Array]:
    """The numbers of datasets, by name, as float32; as float64 where they are. Raises
    FormatError."""
    pieces = _pieces(path, wanted, 8 * sum(map(math.prod, wanted.values())))
    return {name: _numbers(name, data, wanted[name]) for name, data in pieces.items()}


def _numbers(name: str, data: memoryview, shape: Shape) -> Array:
    count = math.prod(shape)
    kind = "<f8" if count and len(data) == 8 * count else "<f4"
    if len(data) != count * np.dtype(kind).itemsize:
        raise refused("an array of another size than the file told", at=shown(name))
    numbers: Array = np.frombuffer(data, kind).reshape(shape)
    return numbers.astype(np.dtype(kind).newbyteorder("="))


def read_texts(path: Path, wanted: Mapping[str, Shape]) -> dict[str, bytes]:
    """Texts, by name. Raises FormatError."""
    pieces = _pieces(path, wanted, 4 * path.stat().st_size)
    return {name: bytes(data) for name, data in pieces.items()}


def _pieces(path: Path, wanted: Mapping[str, Shape], size: int) -> dict[str, memoryview]:
    request = json.dumps([[name, list(shape)] for name, shape in wanted.items()])
    pieces = _split(_asked("read", path, request.encode(), ROOM + 4 * size))
    if len(pieces) != len(wanted):
        raise refused("the file was not read to its end", at=str(path))
    return dict(zip(wanted, pieces, strict=True))


def _split(answer: bytes) -> list[memoryview]:
    """The pieces of an answer, each of which stands behind its length."""
    whole = memoryview(answer)
    pieces: list[memoryview] = []
    start = 0
    while start < len(whole):
        length = int.from_bytes(whole[start : start + 8], "little")
        pieces.append(whole[start + 8 : start + 8 + length])
        start += 8 + length
    if start != len(whole) or not pieces:
        raise refused("the HDF5 library broke down over the file")
    return pieces


def _asked(task: str, path: Path, request: bytes, room: int) -> bytes:
    """What the process answers. Raises FormatError for what it refuses, and when it breaks down."""
    # No plugins: a file may name libraries that unpack it.
    settings = {**os.environ, "HDF5_PLUGIN_PRELOAD": "::", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", str(_PROCESS), task, str(path.absolute()), str(room)]
    try:
        done = subprocess.run(
            command, input=request, capture_output=True, env=settings, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise refused("reading the file does not come to an end", at=str(path)) from None
    if done.returncode == 0:
        return done.stdout
    raise _fault(done.returncode, done.stderr)


def _fault(code: int, said: bytes) -> FormatError:
    told: Json = None
    if code == 3:
        told = parsed(said.decode("utf-8", "replace"), "the fault of the file")
    if type(told) is dict:
        return refused(str(told["fault"]))
    last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
    return refused(
        "the HDF5 library broke down over the file: it is damaged, or made to do so",
        given=f"exit {code}" + "".join(f", {line[:200]}" for line in last),
    )
