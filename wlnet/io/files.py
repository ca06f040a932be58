"""save and load: a net in one file, or the results of a training, and back."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from wlnet.core.batches import BATCH
from wlnet.core.errors import (
    Fault,
    FormatError,
    NotInitializedError,
    OptionError,
    ShapeError,
    brief,
    fail,
)
from wlnet.core.machine import check_memory
from wlnet.core.net import Net, Services
from wlnet.core.paths import as_path
from wlnet.core.records import Table, refused
from wlnet.core.scalars import as_whole
from wlnet.io.layout import check_size, header_length, packed, unpacked
from wlnet.io.rebuild import rebuilt
from wlnet.io.record import Tensors, written
from wlnet.io.replacement import replace_file
from wlnet.results.results import NetTrainResults
from wlnet.results.saving import Saving

SUFFIX = ".wlnet"
TRAINING = "Training"
"""The entry of a record that tells of a training."""
COPIES = 3
"""The bytes of a file while it is read or written: as they are, apart, and as arrays."""


def save(net: Net | NetTrainResults, file: str | os.PathLike[str]) -> Path:
    """Write a net to one file, with its arrays, options, multipliers and coders, or the results of
    a training; gives the path.

    net: any net, initialized or not; or what net_train(net, data, ALL) gave, with all of its
    properties and all that it takes to go on, but no data and no functions. file: a path that ends
    in .wlnet; a file that is there is replaced, and stays as it was when writing fails. The same
    net gives the same bytes. The layout is safetensors; other programs can read the arrays of the
    net, whose names are their paths; names of what stands beside it begin with "~".
    A file holds nets of up to 16,384 nodes, with names of up to 200 letters.
    Raises OptionError for what is no net or another suffix; FormatError for a net that a file
    cannot hold, such as one with a "Function" encoder (a file holds no code); OSError where the
    disk refuses.

    >>> import tempfile
    >>> from wlnet.nets.chain import NetChain
    >>> net = NetChain([3, "Ramp", 1], input=2, learning_rate_multipliers={1: None})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load(save(net, f"{folder}/small.wlnet")) == net
    True

    Wolfram Language: Export to "WLNet".
    """
    faults: list[Fault] = []
    if not isinstance(net, (Net, NetTrainResults)):
        what = "save takes a net, or the results of a training"
        faults.append(Fault(what, given=brief(net), fix='save(net, "net.wlnet")'))
    path = _path(file, faults)
    if path is not None and path.suffix != SUFFIX:
        faults.append(
            Fault(
                "a net is saved to a file that ends in .wlnet",
                at="file",
                given=repr(os.fspath(path)),
                fix=repr(os.fspath(path.with_suffix(SUFFIX) if path.name else path / "net.wlnet")),
            )
        )
    if faults or path is None:
        raise fail(OptionError, faults)
    record, tensors = _told_of(net)
    write(path, record, tensors)
    return path


def _told_of(net: Net | NetTrainResults) -> tuple[Table, Tensors]:
    """What a file of a net or of results holds. Raises FormatError for what none can hold."""
    if not isinstance(net, Net):
        assert Saving.written is not None
        return Saving.written(net)
    record, tensors = written(net)
    # What could not be read back is not written: better to know it now.
    if rebuilt(record, tensors) != net:
        raise refused(
            "this net would come back from a file as another one",
            given=net.kind,
            fix="make it anew with the constructors",
        )
    return record, tensors


def to_bytes(net: Net | NetTrainResults) -> bytes:
    """The bytes that `save` writes to a file. Raises FormatError for what no file can hold."""
    return packed(*_told_of(net))


def from_bytes(data: bytes) -> Any:
    """What `to_bytes` was given. Raises FormatError for bytes that are cut, changed or hostile."""
    return told(*unpacked(data))


def write(path: Path, record: Table, tensors: Tensors) -> None:
    """Put a record and its tensors into a file; see `save`. Raises FormatError, OSError."""
    size = sum(array.nbytes for array in tensors.values())
    check_memory(COPIES * size, f"the bytes of {path}", FormatError)
    replace_file(path, packed(record, tensors))


def load(file: str | os.PathLike[str], *, precompile: Any = False) -> Any:
    """The net of a file that `save` wrote, equal to the last bit of every array; or the results of
    a training, which net_train(results, data) goes on with to the same bits.

    precompile: True has ready what net(x) needs for one example and for a batch of 64, as it is
    otherwise done by the first call: the program, and machine code from the cache, or compiled into
    it. A number, or a list of them, says how large batches will be: each size has a program of its
    own. Of the results of a training it is their trained net. Answers are the same. A size that is
    open is planned for a length of 16; other lengths use the same machine code, as a rule.
    A function that an option of the training was is told by its name alone, data by their SHA-256.
    Nothing in a file is run or imported: kinds of layers come from a closed table.
    Raises FormatError for a file that is cut, changed, foreign or hostile (one of HDF5, WXF, ONNX,
    ZIP, NumPy or pickle is told by its first bytes, and what reads it); FileNotFoundError where
    there is none, another OSError where the disk refuses; OptionError for what is no path, or no
    size of a batch. With precompile: NotInitializedError for a net without numbers, ShapeError for
    open sizes that cannot be 16.

    >>> import tempfile
    >>> from wlnet.nets.initialize import net_initialize
    >>> from wlnet.nets.chain import NetChain
    >>> net = net_initialize(NetChain([3, "Ramp", 1], input=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ready = load(save(net, f"{folder}/small.wlnet"), precompile=[1, 100])
    >>> (ready([[1, 2]]) == net([[1, 2]])).all()
    np.True_

    Wolfram Language: Import from "WLNet".
    """
    faults: list[Fault] = []
    path = _path(file, faults)
    sizes = _sizes(precompile, faults)
    if path is None or faults:
        raise fail(OptionError, faults)
    try:
        found = told(*unpacked(content(path, check_size)))
        if sizes:
            assert Services.precompile is not None
            Services.precompile(found if isinstance(found, Net) else found["TrainedNet"], sizes)
        return found
    except (FormatError, NotInitializedError, ShapeError) as error:
        faults = [replace(fault, what=f"{path}: {fault.what}") for fault in error.faults]
        raise fail(type(error), faults) from None


def _sizes(given: object, faults: list[Fault]) -> list[int]:
    """The sizes of batches that a net is made ready for."""
    if given is False or given is None:
        return []
    if given is True:
        return [1, BATCH]
    sizes = [
        as_whole(each) or 0 for each in (given if isinstance(given, (list, tuple)) else [given])
    ]
    if not sizes or min(sizes) < 1:
        faults.append(
            Fault(
                "precompile is True, False, or how many examples a batch has",
                given=brief(given),
                expected="a positive integer, or a list of some",
                fix="True: one example, and a batch of 64",
            )
        )
    return sizes


def told(record: Table, tensors: Tensors) -> Net | NetTrainResults:
    """The net, or the results, that a file tells of. Raises FormatError."""
    if TRAINING not in record:
        return rebuilt(record, tensors)
    assert Saving.rebuilt is not None
    results: NetTrainResults = Saving.rebuilt(record, tensors)
    return results


def _path(file: object, faults: list[Fault]) -> Path | None:
    try:
        return as_path(file, "file", "net.wlnet")
    except OptionError as error:
        faults.extend(error.faults)
        return None


def content(path: Path, check: Callable[[bytes, int], object]) -> bytes:
    """The bytes of a file. check: gets the header and the size of the file, before anything large
    is read. Raises FormatError, OSError."""
    check_file(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        # Before anything large is read: a file may be of any size and take no place on the disk.
        start = file.read(8)
        check(file.read(header_length(start, size) - 8), size)
        check_memory(COPIES * size, f"the arrays of {path}", FormatError)
        file.seek(0)
        return file.read()


def check_file(path: Path) -> None:
    """Raise FormatError for what is no file, OSError for what is not there."""
    # Asked before opening: opening a pipe would wait for a writer.
    if not stat.S_ISREG(path.stat().st_mode):
        raise refused("this is not a file", fix="give the path of a file")
