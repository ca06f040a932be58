"""How files of others begin, and what reads them: a row each."""

from __future__ import annotations

import re
from typing import NamedTuple

from wlnet.io.named.hdf5 import SIGNATURE


class Foreign(NamedTuple):
    """A kind of files. start: how they begin. what: they are. fix: what reads them."""

    start: re.Pattern[bytes]
    what: str
    fix: str


def _row(start: bytes, what: str, fix: str) -> Foreign:
    return Foreign(re.compile(start, re.DOTALL), what, fix)


FOREIGN = (
    _row(
        re.escape(SIGNATURE),
        "HDF5, as .wlnet files of the Wolfram Language are",
        "wlnet.wolfram.read_net(file); the arrays of Keras: wlnet.net_import_arrays(net, file)",
    ),
    _row(rb"8C?:", "WXF of the Wolfram Language", "wlnet.wolfram.read_net(file)"),
    # A message whose first field is the version of the format, as all programs write it; and no
    # length of a header, as files of wlnet begin with.
    _row(rb"\x08[\x01-\x1f][\x12\x1a\x22\x28\x32\x3a\x42\x72](?!.\0{4})", "ONNX",
         "wlnet.onnx.import_net(file)"),
    _row(
        rb"PK[\x03\x05]",
        "a ZIP archive, as .npz of NumPy, .pt of PyTorch and .keras are",
        "wlnet.net_import_arrays(net, file) takes .npz, .safetensors and .weights.h5",
    ),
    _row(
        rb"\x93NUMPY",
        "an array of NumPy",
        "wlnet.net_import_arrays(net, file) takes .npz, which has names",
    ),
    _row(
        rb"\x80[\x02-\x05]",
        "a pickle, which could run code and is never opened",
        "load it where it was written, and wlnet.save(net, \"net.wlnet\") there",
    ),
)  # fmt: skip


def foreign(start: bytes) -> Foreign | None:
    """The kind of a file by its first bytes; None where it is not known.

    >>> foreign(b"8:f\\x03s\\x08Net").fix
    'wlnet.wolfram.read_net(file)'
    """
    return next((kind for kind in FOREIGN if kind.start.match(start)), None)
