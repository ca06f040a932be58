"""Columns of a command at the ports of a net.

Arrays without a name are inputs and targets in their order. `--target` says which columns are
targets. Columns that are not named like ports go to the port Input: several of single numbers are
put side by side, in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.cli.data_files import Column, Columns, named
from wlnet.cli.labels import label_column, labels_of
from wlnet.core.errors import NAMES, DataError, Fault, brief, fail
from wlnet.core.gaps import gaps
from wlnet.core.net import Net
from wlnet.core.spelling import suggestion
from wlnet.nets.inference import inferred_port

TABLE = "a net that takes the columns by their names: wlnet new, or wlnet.data.table"
USUAL = "Input"
"""How the only input is called where nobody named it."""


def texts_of(net: Net, targets: Sequence[str]) -> set[str]:
    """The columns whose labels are text, as the coders of the net say."""
    called: dict[str, list[str]] = {port: [port] for port in net.port_names}
    for word in targets:
        port, name = named(word)
        for each in [port] if port in called else net.output_names:
            called[str(each)].append(name)
    return {
        name
        for port, names in called.items()
        if any(isinstance(label, str) for label in labels_of(net, port) or ())
        for name in names
    }


def training_data(net: Net, columns: Columns, targets: Sequence[str], weights: object) -> Any:
    """The data of a training, or of measurements, as net_train takes them.

    targets: as --target says them. weights: the name of a column of weights, if there is one.
    Raises DataError.
    """
    if columns.unnamed:
        arrays = [column for _, column in columns.unnamed]
        ports = net.port_names
        is_pair = len(net.input_names) == len(net.output_names) == 1 and len(arrays) == 2
        if columns.named or targets or not (is_pair or len(arrays) == 1):
            raise fail(DataError, _no_order(columns, ports))
        if is_pair:
            return tuple(_fitted(net, *each) for each in zip(ports, arrays, strict=True))
        return arrays[0]
    if not targets:
        return {name: _fitted(net, name, each) for name, each in columns.named.items()}
    _need_columns(columns, targets)
    found: dict[str, Column] = {}
    for port, names in _by_port(net, columns, targets).items():
        found[port] = _one(port, {name: columns.named[name] for name in names})
    taken = {named(word)[1] for word in targets}
    rest = {name: each for name, each in columns.named.items() if name not in taken}
    own = {weights: rest.pop(weights)} if isinstance(weights, str) and weights in rest else {}
    ready = {**_for_ports(net.input_names, rest), **found}
    return {**{port: _fitted(net, port, each) for port, each in ready.items()}, **own}


def input_data(net: Net, columns: Columns, targets: Sequence[str]) -> Any:
    """Data to evaluate a net on, as the net takes them: columns of targets are left out."""
    ports = net.input_names
    if columns.unnamed:
        if columns.named or not len(columns.unnamed) == 1 == len(ports):
            raise fail(DataError, _no_order(columns, ports))
        return {ports[0]: _fitted(net, ports[0], columns.unnamed[0][1])}
    _need_columns(columns, targets)
    taken = {named(word)[1] for word in targets}
    rest = {name: each for name, each in columns.named.items() if name not in taken}
    return {port: _fitted(net, port, each) for port, each in _for_ports(ports, rest).items()}


def _for_ports(ports: Sequence[str], columns: Mapping[str, Column]) -> dict[str, Column]:
    """Columns for ports: by their names, or all of them for the only one."""
    if all(port in columns for port in ports):
        return {port: columns[port] for port in ports}
    # A port that somebody named is for the column of that name.
    if ports == (USUAL,) and columns:
        return {USUAL: _one(USUAL, columns)}
    missing = [port for port in ports if port not in columns]
    what = "there is no column for an input"
    raise fail(
        DataError,
        Fault(
            what,
            at=", ".join(missing),
            given=f"columns {brief(list(columns), NAMES)}",
            fix=suggestion(missing[0], columns) or f"{missing[0]}=FILE",
        ),
    )


def _one(port: str, columns: Mapping[str, Column]) -> Column:
    """Columns as one: several, of single numbers, side by side."""
    if len(columns) == 1:
        return next(iter(columns.values()))
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    others = [name for name, each in arrays.items() if each.ndim != 1 or not _is_of_numbers(each)]
    lengths = {name: len(each) for name, each in arrays.items()}
    if others:
        what = "columns that cannot stand side by side in a port: they are no single numbers"
        fault = Fault(what, at=f"port {port}", given=brief(others, NAMES), fix=TABLE)
        raise fail(DataError, fault)
    if len(set(lengths.values())) > 1:
        what = "columns of different lengths"
        raise fail(DataError, Fault(what, at=f"port {port}", given=brief(lengths, NAMES)))
    absent = {name: gaps(each) for name, each in arrays.items()}
    rows = {name: int(np.argmax(each)) for name, each in absent.items() if each.any()}
    if rows:
        faults = [
            Fault("data with missing values", at=f"column {name}, example {row + 1}", fix=TABLE)
            for name, row in rows.items()
        ]
        raise fail(DataError, faults)
    return np.column_stack(list(arrays.values()))


def _is_of_numbers(array: np.ndarray[Any, Any]) -> bool:
    """Whether a column is of numbers, or of integers among which some are missing."""
    if array.dtype.kind == "O":
        array = np.asarray(array[~gaps(array)].tolist())
    return array.dtype.kind in "biuf"


def _by_port(net: Net, columns: Columns, targets: Sequence[str]) -> dict[str, list[str]]:
    """The columns of targets by the port that they are for. Raises DataError."""
    found: dict[str, list[str]] = {}
    for word in targets:
        port, name = named(word)
        if port is None:
            is_port = name in net.port_names or len(net.output_names) != 1
            port = name if is_port else net.output_names[0]
        found.setdefault(port, []).append(name)
    unknown = [port for port in found if port not in net.port_names]
    if unknown and len(net.output_names) > 1:
        what = "the net has several outputs: say which column is whose"
        fix = f"--target {net.output_names[0]}={found[unknown[0]][0]}"
        fault = Fault(what, at="--target", given=brief(unknown), known=net.output_names, fix=fix)
        raise fail(DataError, fault)
    return found


def _need_columns(columns: Columns, targets: Sequence[str]) -> None:
    known = list(columns.named)
    faults = [
        Fault("there is no such column", "--target", brief(name), known=known,
              fix=suggestion(name, known))
        for name in (named(word)[1] for word in targets)
        if name not in columns.named
    ]  # fmt: skip
    if faults:
        raise fail(DataError, faults)


def _fitted(net: Net, port: str, column: Column) -> Column:
    """A column as a port takes it: single numbers, where it takes vectors of one, as a column of
    these; labels as the net has them."""
    if port not in net.port_names:
        return column
    column = label_column(net, port, column)
    type_ = inferred_port(net, port)
    if type_.shape != (1,) or type_.coder is not None:
        return column
    array = np.asarray(column)
    return array[:, None] if array.ndim == 1 and array.dtype.kind in "biuf" else column


def _no_order(columns: Columns, ports: Sequence[str]) -> Fault:
    names = [name for name, _ in columns.unnamed]
    fix = " ".join(f"{port}={name}" for port, name in zip(ports, names, strict=False)) or None
    what = "nothing tells which array is whose"
    return Fault(what, at="DATA", given=brief(names, NAMES), known=ports, fix=fix)
