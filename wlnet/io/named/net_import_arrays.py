"""net_import_arrays: the numbers of a file of arrays, put into a net."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial as fixed
from typing import Any

import numpy as np

from wlnet.core.arrays import Array, sealed
from wlnet.core.errors import Fault, FormatError, OptionError, ShapeError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import key_text
from wlnet.core.paths import as_path
from wlnet.core.properties import PropertyTable
from wlnet.core.records import shown
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import fits, shape_text
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.core.table import Table
from wlnet.core.table_cells import Column
from wlnet.io.named.fitting import Fitted
from wlnet.io.named.layouts import layout_of
from wlnet.io.named.mapping import keys_under
from wlnet.io.named.plan import Plan, agreed, plans
from wlnet.io.named.sources import Source, source_of
from wlnet.io.named.units import units_of_net
from wlnet.nets.arrays import array_keys, array_value, replace_arrays
from wlnet.nets.inference import check_shapes

Transforms = Mapping[ArrayKey, Callable[[Array], object]]


def net_import_arrays(
    net: Net,
    file: str | os.PathLike[str],
    mapping: object = AUTOMATIC,
    transform: object = None,
    *,
    layout: object = AUTOMATIC,
    partial: bool = False,
    prop: object = "Net",
) -> Any:
    """A net with the numbers of a file of arrays, which another framework may have written; the net
    given stays as it is, and so do all its rules, coders and names.

    file: .safetensors (what `safetensors.torch.save_file(module.state_dict(), file)` writes),
    .weights.h5 of Keras (with h5py), .npz, or .wlnet. mapping: which layers are which.
    AUTOMATIC: by wlnet's own names, if the file has such; else by equal names; else by shape, where
    one layer fits alone, and by order where the names of several count. {part: name}: a layer, a
    container or an array of the net, and what its entries in the file begin with; None for one that
    stays as it is; what nothing is said of is matched as before. A function of the name of an
    entry: the part that it belongs to, or None for what is not wanted. transform: a function of
    each array, or {part: function}; it gets the array as the net would have it, and what it gives
    has to fit.
    layout: how the file lays out arrays: "PyTorch", "Keras" (kernels are turned, gates are put in
    wlnet's order, the numbers of flattened pictures too), "wlnet" for arrays as they lie; AUTOMATIC
    goes by the names in the file. What was put in a row in an order that nothing tells, as of an
    input that is flattened at once, is an error for a file of Keras; where layout="Keras" is said,
    arrays of three levels and more are pictures with their channels first. partial: whether arrays
    without an entry stay as they are, and entries without an array are left. prop: "Net", "Report"
    (a table of what became what), "Missing" (arrays that stayed), "LeftOver" (entries that were not
    read), a list of these, or ALL.
    Half precision is widened. An array that is shared in the net is one, and may stand in the file
    at any of its places; where it stands twice, both have to be equal.
    Raises FormatError for a file that is not what it should be, or does not fit the net: all that
    is missing, left over or misshapen in one error, and nothing is done by halves; OptionError,
    PartError, MissingExtraError, OSError.

    >>> import tempfile
    >>> from safetensors.numpy import save_file
    >>> from wlnet.nets.chain import NetChain
    >>> net = NetChain({"hidden": 2, "act": "Ramp", "read": 1}, input=3)
    >>> torch = {"fc1.weight": np.ones((2, 3)), "fc1.bias": np.zeros(2),
    ...          "fc2.weight": np.ones((1, 2)), "fc2.bias": np.zeros(1)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file(torch, f"{folder}/net.safetensors")
    ...     net_import_arrays(net, f"{folder}/net.safetensors")([1, 2, 3]).tolist()
    [12.0]

    Wolfram Language: NetReplacePart with Import[..., "SafeTensors"]; PyTorch: load_state_dict.
    """
    gathered = Gathered()
    if not isinstance(net, Net):
        fault = Fault("net_import_arrays takes a net", given=brief(net))
        raise fail(OptionError, fault)
    path = gathered.attempt(lambda: as_path(file, "file", "weights.safetensors"))
    known = layout_of(layout, gathered)
    if type(partial) is not bool:
        gathered.add(Fault("partial is True or False", given=brief(partial)))
    transforms = gathered.attempt(lambda: _transforms(net, transform)) or {}
    names = list(PROPERTIES.rows) if prop is ALL else prop
    asked = names if isinstance(names, (list, tuple)) else [names]
    gathered.attempt(lambda: PROPERTIES.check_all(asked))
    gathered.tell()
    assert path is not None
    try:
        imported = _imported(net, source_of(path), mapping, transforms, known, partial)
    except FormatError as error:
        faults = [replace(fault, what=f"{path}: {fault.what}") for fault in error.faults]
        raise fail(FormatError, faults) from None
    if prop is ALL:
        return {name: PROPERTIES.ask(imported, name) for name in PROPERTIES.names()}
    if isinstance(names, (list, tuple)):
        return PROPERTIES.ask_all(imported, names)
    return PROPERTIES.ask(imported, names)


@dataclass(frozen=True)
class Imported:
    """A net with the numbers of a file, and how that came."""

    net: Net
    plan: Plan
    source: Source


PROPERTIES = PropertyTable("an import of arrays")
COLUMNS = (
    Column("array", "key"),
    Column("shape", "shape", folded="any"),
    Column("in the file", "texts"),
    Column("shape there", "shapes"),
    Column("how", "text", folded="any"),
    Column("found", "text", folded="any"),
)
PROPERTIES.row("Net")(lambda imported: imported.net)
PROPERTIES.row("Missing")(lambda imported: list(imported.plan.missing))
PROPERTIES.row("LeftOver")(lambda imported: list(imported.plan.rest))


@PROPERTIES.row("Report")
def _(imported: Imported) -> Table:
    """A row for each array: its entries, and what was done with them."""
    rows = tuple(
        (
            each.unit.keys[each.array],
            array_value(imported.net, each.unit.keys[each.array]).shape,
            tuple(each.names),
            tuple(entry.shape for entry, _ in each.entries),
            each.words,
            how,
        )
        for each, how in imported.plan.fitted
    )
    plan = imported.plan
    caption = f"{imported.source.path.name}, laid out as {plan.layout} does"
    return Table(COLUMNS, rows, caption, noun="arrays", by=0)


def _transforms(net: Net, given: object) -> Transforms:
    """The function of each array. Raises OptionError, PartError."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        gathered = Gathered()
        found: dict[ArrayKey, Any] = {}
        for part, function in given.items():
            if not callable(function):
                gathered.add(Fault("a transform is a function of an array", brief(part),
                                   brief(function)))  # fmt: skip
                continue
            keys = gathered.attempt(fixed(keys_under, net, part))
            found |= dict.fromkeys(keys or (), function)
        gathered.tell()
        return found
    if callable(given):
        return dict.fromkeys(array_keys(net), given)
    what = "transform is a function of an array, or {part: function}"
    raise fail(OptionError, Fault(what, given=brief(given), fix="{(1, 'Weights'): np.transpose}"))


def _imported(
    net: Net, source: Source, mapping: object, transforms: Transforms, layout: str | None,
    partial: bool,
) -> Imported:  # fmt: skip
    units = units_of_net(net, array_keys(net))
    if not units:
        raise fail(OptionError, Fault("a net without arrays has nothing to import", given=net.kind))
    plan = agreed(
        plans(net, source, mapping, layout, units, turned=transforms.keys(), partial=partial)
    )
    if plan.faults:
        raise fail(FormatError, plan.faults)
    names = list(dict.fromkeys(name for each, _ in plan.fitted for name in _entries(each)))
    numbers = source.read(names)
    values, faults = _values(net, [each for each, _ in plan.fitted], numbers, transforms)
    if faults:
        raise fail(FormatError, faults)
    new = replace_arrays(net, values)
    try:
        check_shapes(new)
    except ShapeError as error:
        raise fail(FormatError, error.faults) from None
    return Imported(new, plan, source)


def _entries(each: Fitted) -> list[str]:
    return [*each.names, *([each.empty[0].name] if each.empty else [])]


def _values(
    net: Net, fitted: Sequence[Fitted], numbers: Mapping[str, Array], transforms: Transforms
) -> tuple[dict[ArrayKey, Array], list[Fault]]:
    """The arrays of the net, and what is wrong with them."""
    values: dict[ArrayKey, Array] = {}
    origin: dict[ArrayKey, Fitted] = {}
    faults: list[Fault] = []
    for each in fitted:
        key = each.unit.keys[each.array]
        rest = each.without_a_place(numbers)
        faults += [rest] if rest else []
        own = each.made(numbers)
        made = transforms[key](own) if key in transforms else own
        array = _checked(net, key, made, each, faults)
        if array is None:
            continue
        if key in values and not np.array_equal(values[key], array):
            faults.append(
                Fault(
                    "one array of the net is two different ones in the file",
                    at=key_text(key),
                    given=" and ".join(", ".join(one.names) for one in (origin[key], each)),
                    fix="a net that does not share it, or mapping= for one of its places",
                )
            )
        values[key], origin[key] = array, each
    return values, faults


def _checked(
    net: Net, key: ArrayKey, made: object, each: Fitted, faults: list[Fault]
) -> Array | None:
    """An array as the net holds it; None, and a fault, where it cannot."""
    wanted = each.unit.shapes[each.array]
    array = np.asarray(made)
    if array.dtype.kind not in "iuf":
        faults.append(Fault("a transform gives no array of numbers", key_text(key), brief(made)))
        return None
    if not fits(array.shape, wanted):
        faults.append(
            Fault(
                "a transform gives an array of another shape",
                at=key_text(key),
                given=shape_text(array.shape),
                expected=shape_text(wanted),
                fix="transpose?" if fits(array.shape[::-1], wanted) else None,
            )
        )
        return None
    there = array_value(net, key)
    dtype = there.dtype if isinstance(there, np.ndarray) else np.dtype(np.float32)
    with np.errstate(all="ignore"):
        kept = array.astype(dtype)
    if not np.isfinite(kept).all():
        faults.append(
            Fault(
                f"numbers that are not finite as {dtype.name}",
                at=key_text(key),
                given=", ".join(map(shown, each.names)),
            )
        )
        return None
    return sealed(kept)
