"""read_net, write_wxf and input_form: nets of the Wolfram Language from files, and for them."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from wlnet.core.arrays import Array, sealed
from wlnet.core.errors import Fault, FormatError, OptionError, WlnetError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.machine import check_memory
from wlnet.core.net import Net
from wlnet.core.paths import as_path
from wlnet.core.records import refused, shown
from wlnet.io.files import check_file
from wlnet.io.named import hdf5
from wlnet.io.replacement import replace_file
from wlnet.io.signatures import foreign
from wlnet.wolfram.compressed import MARK, uncompressed
from wlnet.wolfram.expressions import Expression
from wlnet.wolfram.input_text import input_text
from wlnet.wolfram.reading import net_of
from wlnet.wolfram.saved import constructors_of, is_saved
from wlnet.wolfram.writing import constructors
from wlnet.wolfram.wxf import read_wxf, wxf

WXF = b"8:", b"8C:"
READS = "reading a net of the Wolfram Language"
WRITES = "writing a WXF file"
MOST_ARRAYS = 100_000


def read_net(file: str | os.PathLike[str]) -> Net:
    """The net of a file that the Wolfram Language wrote.

    file: .wlnet, which `Export["net.wlnet", net]` writes (HDF5), or .wxf, which
    `Export["net.wxf", net]` and `write_wxf` write; what it is, its first bytes tell. Layers,
    chains, graphs, operators, shapes, encoders and decoders, shared arrays and learning rate
    multipliers become those of wlnet. Nothing in a file is run: an expression is a tree of names
    and numbers, of which a closed table is read. Sizes are checked before anything is allocated,
    and an HDF5 file is read by a process of its own.
    Raises FormatError for what is no such file, or damaged; and for a net with layers, parameters
    or coders that wlnet does not have: all of them in one error. MissingExtraError where h5py or
    wolframclient is missing, OptionError for what is no path, OSError.

    >>> import tempfile
    >>> from wlnet.nets.chain import NetChain
    >>> from wlnet.nets.initialize import net_initialize
    >>> net = net_initialize(NetChain([3, "Ramp", 1], input=2, learning_rate_multipliers={1: 0}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_net(write_wxf(net, f"{folder}/net.wxf")) == net
    True

    Wolfram Language: Import of "WLNet" and "WXF".
    """
    path = as_path(file, "file", "net.wlnet")
    try:
        return net_of_saved(*_content(path))
    except WlnetError as error:
        if not error.faults or isinstance(error, ImportError):
            raise
        faults = [replace(fault, what=f"{path}: {fault.what}") for fault in error.faults]
        raise fail(FormatError, faults) from None


def net_of_saved(expression: Expression, arrays: list[Array]) -> Net:
    """The net of an expression, which is its constructors or the form in which it is saved. arrays:
    those that stand beside it. Raises FormatError."""
    if is_saved(expression):
        expression = constructors_of(expression, arrays)
    return net_of(expression)


def write_wxf(net: Net, file: str | os.PathLike[str]) -> Path:
    """Write a net as the public constructors that make it, to a .wxf file that `Import` of the
    Wolfram Language reads; gives the path.

    Arrays are NumericArrays of 32 bits; a file that is there is replaced, and stays as it was when
    writing fails. A file of wlnet keeps more: see `wlnet.save`.
    Raises FormatError for a net of which something has no counterpart there: all that has none, in
    one error; MissingExtraError without wolframclient; OptionError, OSError.

    Wolfram Language: Export to "WXF", BinarySerialize.
    """
    gathered = Gathered()
    if not isinstance(net, Net):
        gathered.add(Fault("write_wxf takes a net", given=brief(net)))
    path = gathered.attempt(lambda: as_path(file, "file", "net.wxf"))
    if path is not None and path.suffix != ".wxf":
        what = "a net is written to a file that ends in .wxf"
        gathered.add(Fault(what, "file", repr(path.name), fix=repr(path.stem + ".wxf")))
    gathered.tell()
    assert path is not None
    replace_file(path, wxf(constructors(net), WRITES))
    return path


def input_form(net: Net) -> str:
    """A net as InputForm: the text of the public constructors that make it, with all numbers.

    Raises FormatError for a net of which something has no counterpart there: all that has none, in
    one error; OptionError for what is no net.

    >>> from wlnet.nets.chain import NetChain
    >>> print(input_form(NetChain([3, "Ramp"], input=2, learning_rate_multipliers={1: 0.5})))
    NetChain[
      {LinearLayer[3], ElementwiseLayer[Ramp]},
      "Input" -> 2,
      LearningRateMultipliers -> {1 -> 0.5}
    ]

    Wolfram Language: InputForm.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("input_form takes a net", given=brief(net)))
    return input_text(constructors(net))


def _content(path: Path) -> tuple[Expression, list[Array]]:
    """The expression of a file, and the arrays that stand beside it."""
    check_file(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(len(hdf5.SIGNATURE))
        if start == hdf5.SIGNATURE:
            return _of_hdf5(path)
        if not start.startswith(WXF):
            raise refused(
                "this is neither HDF5, as .wlnet files of the Wolfram Language are, nor WXF",
                given=shown(str(start)),
                fix=f"this is {kind.what}: {kind.fix}"
                if (kind := foreign(start))
                else "wlnet.load reads what wlnet.save wrote"
                if start[4:8] == b"\0" * 4
                else None,
            )
        check_memory(3 * size, f"the bytes of {path}", FormatError)
        file.seek(0)
        return read_wxf(file.read(), READS), []


def _of_hdf5(path: Path) -> tuple[Expression, list[Array]]:
    listing = hdf5.listed(path, READS)
    strange = [name for name in listing.datasets if not name.startswith("Arrays/")]
    strange = [name for name in strange if name not in ("Version", "Unstable", "Network")]
    if "Network" not in listing.texts and "Network" not in listing.datasets:
        raise refused(
            "this HDF5 file holds no net of the Wolfram Language",
            given=", ".join([*listing.texts, *listing.datasets][:12]),
            expected="/Version, /Network, /Metadata, /Arrays",
            fix="net_import_arrays reads the arrays of Keras" if strange else None,
        )
    arrays = _arrays(path, listing)
    if "Network" in listing.texts:
        text = hdf5.read_texts(path, {"Network": listing.texts["Network"]})["Network"].strip(b"\0")
        if not text.startswith(MARK):
            raise refused(
                "the net is written in a way that only the first versions had",
                given=shown(text[:40].decode("latin1")),
                fix="Export it again, with version 11.1 or newer",
            )
        return uncompressed(text), arrays
    shape, dtype = listing.datasets["Network"]
    if dtype not in ("u1", "i1"):
        raise refused("the net of the file is no text and no bytes", given=shown(dtype))
    numbers = listing.known.get("Network")
    numbers = hdf5.read(path, {"Network": shape})["Network"] if numbers is None else numbers
    return read_wxf(numbers.astype(np.uint8).tobytes(), READS), arrays


def _arrays(path: Path, listing: hdf5.Listing) -> list[Array]:
    """The arrays of a file, in the order of their numbers."""
    names = [name for name in listing.datasets if name.startswith("Arrays/")]
    numbers = sorted(int(name[7:]) for name in names if name[7:].isdecimal() and len(name) < 15)
    if len(numbers) != len(names) or numbers != list(range(1, len(names) + 1)):
        raise refused(
            "the arrays of the file are not numbered from 1", given=f"{len(names)} arrays"
        )
    if len(names) > MOST_ARRAYS:
        raise refused("too many arrays for a net", expected=f"at most {MOST_ARRAYS}")
    wanted = {f"Arrays/{n}": listing.datasets[f"Arrays/{n}"][0] for n in numbers}
    size = 8 * sum(map(math.prod, wanted.values()))
    check_memory(3 * size, f"the arrays of {path}", FormatError)
    found = listing.known or (hdf5.read(path, wanted) if wanted else {})
    arrays = []
    for name in wanted:
        if not np.isfinite(found[name]).all():
            raise refused("an array holds numbers that are not finite", at=name)
        arrays.append(sealed(found[name].astype(np.float32)))
    return arrays
