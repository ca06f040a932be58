"""net_export_arrays: the arrays of a net in a file that other programs read."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import safetensors.numpy

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, FormatError, NotInitializedError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.machine import check_memory
from wlnet.core.net import Net
from wlnet.core.parts import key_text
from wlnet.core.paths import as_path
from wlnet.core.rules import ArrayKey
from wlnet.core.symbols import AUTOMATIC
from wlnet.io.files import COPIES
from wlnet.io.keys import key_of
from wlnet.io.named.fitting import IN_DOUBT, Fitted
from wlnet.io.named.layouts import layout_of
from wlnet.io.named.matching import BY_ORDER
from wlnet.io.named.plan import LEFT_OVER, agreed, plans
from wlnet.io.named.sources import source_of
from wlnet.io.named.units import units_of_net
from wlnet.io.replacement import replace_file
from wlnet.nets.arrays import arrays_of

LISTED = 12


def net_export_arrays(
    net: Net,
    file: str | os.PathLike[str],
    like: str | os.PathLike[str] | None = None,
    mapping: object = AUTOMATIC,
    *,
    layout: object = AUTOMATIC,
) -> Path:
    """Write the arrays of a net to a file that other programs read; gives the path.

    file: .safetensors or .npz; one that is there is replaced, and stays as it was when writing
    fails. like: a file of arrays, such as the one that net_import_arrays read: then the new one has
    its names, and its layout, so that its framework can load it. mapping and layout say what they
    said there, and have to be said again: layers that their order alone tells apart are written
    with a mapping only, {} where there was none. A transform is not undone. Entries that are no
    array of the net are left out, as are counters; of two biases that were added up the first has
    the sum, and the other zeros. None: names are the paths of the arrays, such as "1/Weights"; a
    shared array stands once, as "~shared/name".
    Structure, rules and coders are not written: see `save`. net_import_arrays reads the file back.
    Raises NotInitializedError for a net that has no numbers yet; FormatError for arrays that have
    no place in a file like that; OptionError, PartError, OSError.

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
    old = None if like is None else gathered.attempt(lambda: as_path(like, "like", "old.npz"))
    known = layout_of(layout, gathered)
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
    check_memory(COPIES * sum(array.nbytes for array in arrays.values()), f"the bytes of {path}")
    if old is None:
        tensors = {key_of(key): np.asarray(array, order="C") for key, array in arrays.items()}
        replace_file(path, WRITERS[path.suffix](tensors, "np"))
        return path
    tensors, framework = _as_in(net, arrays, old, mapping, known)
    replace_file(path, WRITERS[path.suffix](tensors, "pt" if framework == "PyTorch" else "np"))
    return path


def _as_in(
    net: Net, arrays: Mapping[ArrayKey, Array], old: Path, mapping: object, layout: str | None
) -> tuple[dict[str, Array], str]:
    """The arrays of a net as the entries of a file, and whose file it is."""
    source = source_of(old)
    units = units_of_net(net, list(arrays))
    plan = agreed(plans(net, source, mapping, layout, units, turned=(), partial=False))
    faults = [fault for fault in plan.faults if fault.what != LEFT_OVER]
    if faults:
        raise fail(FormatError, [_told(fault, old) for fault in faults])
    ordered = [each for each, how in plan.fitted if how == BY_ORDER]
    if mapping is AUTOMATIC and ordered:
        raise fail(FormatError, _ambiguous(old, ordered))
    tensors: dict[str, Array] = {}
    for each, _ in plan.fitted:
        array = arrays[each.unit.keys[each.array]]
        for entry, _ in [*each.entries, *([each.empty] if each.empty else [])]:
            tensors.setdefault(entry.name, np.zeros(entry.shape, array.dtype))
        each.put(array, tensors)
    return tensors, plan.layout


def _told(fault: Fault, old: Path) -> Fault:
    fix = "write it without like=" if fault.what == IN_DOUBT else fault.fix
    if fault.what == IN_DOUBT and fault.fix is not None and fault.fix.startswith("layout="):
        fix = f"layout='Keras' if it is a picture, with its channels first here; or {fix}"
    return replace(fault, what=f"{old}: {fault.what}", fix=fix)


def _ambiguous(old: Path, ordered: Sequence[Fitted]) -> Fault:
    names = list(dict.fromkeys(each.unit.name for each in ordered))
    return Fault(
        f"{old}: only their order tells which layers of the file these are, and whoever imported "
        "them may have said another",
        given=", ".join(names[:LISTED]),
        fix="mapping= as net_import_arrays had it, or mapping={} where it had none",
    )


def _safetensors(tensors: Mapping[str, Array], framework: str) -> bytes:
    return bytes(safetensors.numpy.save(dict(tensors), {"format": framework}))


def _npz(tensors: Mapping[str, Array], framework: str) -> bytes:
    with io.BytesIO() as file:
        np.savez(file, **tensors)  # type: ignore[arg-type]
        return file.getvalue()


WRITERS: Mapping[str, Callable[[Mapping[str, Array], str], bytes]] = {
    ".safetensors": _safetensors,
    ".npz": _npz,
}
