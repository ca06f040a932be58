"""net_export_arrays: the arrays of a net in a file that other programs read."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, NotInitializedError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.machine import check_memory
from wlnet.core.net import Net
from wlnet.core.parts import key_text
from wlnet.core.paths import as_path
from wlnet.io.files import COPIES
from wlnet.io.keys import key_of
from wlnet.io.replacement import replace_file
from wlnet.nets.arrays import arrays_of

LISTED = 12


def net_export_arrays(net: Net, file: str | os.PathLike[str]) -> Path:
    """Write the arrays of a net to a file that other programs read; gives the path.

    file: .safetensors or .npz; one that is there is replaced, and stays as it was when writing
    fails. Names are the paths of the arrays, such as "1/Weights"; a shared array stands once, as
    "~shared/name". Structure, rules and coders are not written: see `save`. net_import_arrays reads
    the file back into a net of the same structure.
    Raises NotInitializedError for a net that has no numbers yet; OptionError, OSError.

    >>> import tempfile
    >>> from safetensors.numpy import load_file
    >>> from wlnet.nets.chain import NetChain
    >>> from wlnet.nets.initialize import net_initialize
    >>> net = net_initialize(NetChain([3, "Ramp", 1], input=2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sorted(load_file(net_export_arrays(net, f"{folder}/net.safetensors")))
    ['1/Biases', '1/Weights', '3/Biases', '3/Weights']

    Wolfram Language: Export of Information[net, "Arrays"].
    """
    gathered = Gathered()
    if not isinstance(net, Net):
        gathered.add(Fault("net_export_arrays takes a net", given=brief(net)))
    path = gathered.attempt(lambda: as_path(file, "file", "weights.safetensors"))
    if path is not None and path.suffix not in WRITERS:
        what = "arrays go to a file whose kind is told by its suffix"
        gathered.add(Fault(what, at="file", given=repr(path.name), known=WRITERS))
    gathered.tell()
    assert path is not None
    arrays = arrays_of(net)
    empty = [key_text(key) for key, array in arrays.items() if not isinstance(array, np.ndarray)]
    if empty:
        more = f", and {len(empty) - LISTED} more" if len(empty) > LISTED else ""
        raise fail(
            NotInitializedError,
            Fault("arrays without numbers cannot be written", at=", ".join(empty[:LISTED]) + more,
                  fix="net_initialize(net)"),
        )  # fmt: skip
    tensors = {key_of(key): np.asarray(array, order="C") for key, array in arrays.items()}
    check_memory(COPIES * sum(array.nbytes for array in tensors.values()), f"the bytes of {path}")
    replace_file(path, WRITERS[path.suffix](tensors))
    return path


def _safetensors(tensors: Mapping[str, Array]) -> bytes:
    return bytes(safetensors.numpy.save(dict(tensors), {"format": "np"}))


def _npz(tensors: Mapping[str, Array]) -> bytes:
    with io.BytesIO() as file:
        np.savez(file, **tensors)  # type: ignore[arg-type]
        return file.getvalue()


WRITERS: Mapping[str, Callable[[Mapping[str, Array]], bytes]] = {
    ".safetensors": _safetensors,
    ".npz": _npz,
}
