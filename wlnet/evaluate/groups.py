"""Columns of a call, encoded and run: examples of several shapes in groups of equal shape."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.gate import Column, shape_of
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.core.shapes import is_known
from wlnet.evaluate.columns import encode_all
from wlnet.evaluate.holding import Array, indices
from wlnet.evaluate.places import Place
from wlnet.evaluate.runner import Runner
from wlnet.graph.keys import GradientKey, OutputKey
from wlnet.kernels.language import Precision
from wlnet.nets.inference import inference, inferred_port

Rows = Array | list[Array]
"""What comes of examples: an array, or a list of those of examples of several shapes."""


def run_columns(
    runner: Runner, columns: Mapping[str, Column], chunk: int | None
) -> Mapping[OutputKey, Rows]:
    """Evaluate columns; examples of different shapes (sequences) run in groups of equal shape."""
    ports, ragged = _reading(runner.net, columns)
    places = {name: Place(name) for name in columns}
    alike = {name: column for name, column in columns.items() if name not in ragged}
    arrays = _encoded(runner.net, ports, alike, places, runner.precision)
    if not ragged:
        return _run(runner, ports, arrays, places, chunk)
    if runner.states:
        fault = Fault(
            "a NetStateObject goes on with pieces of one length",
            at=f"port {ragged[0]}",
            given="pieces of several lengths",
            fix="a NetStateObject for each sequence goes on by itself",
        )
        raise fail(DataError, fault)
    count = len(columns[ragged[0]])
    groups: OrderedDict[Any, list[int]] = OrderedDict()
    for i in range(count):
        groups.setdefault(tuple(shape_of(columns[name][i]) for name in ragged), []).append(i)
    rows: dict[OutputKey, list[Any]] = {}
    sums: dict[OutputKey, Array] = {}
    for members in groups.values():
        among = {name: place.among(members) for name, place in places.items()}
        part = {name: [columns[name][i] for i in members] for name in ragged}
        encoded = _encoded(runner.net, ports, part, among, runner.precision)
        rest = {name: array[members] for name, array in arrays.items()}
        for key, array in _run(runner, ports, {**rest, **encoded}, among, chunk).items():
            if isinstance(key, GradientKey):
                sums[key] = sums[key] + array if key in sums else array
                continue
            slots = rows.setdefault(key, [None] * count)
            for i, value in zip(members, array, strict=True):
                slots[i] = value
    return {**rows, **sums}


def check_columns(net: Net, columns: Mapping[str, Column]) -> None:
    """Raise what is wrong with columns, all at once, where nothing is to be run."""
    ports, ragged = _reading(net, columns)
    places = {name: Place(name) for name in columns}
    if not ragged:
        _encoded(net, ports, columns, places, is_checked=True)


def _reading(net: Net, columns: Mapping[str, Column]) -> tuple[dict[str, PortType], list[str]]:
    """The ports of columns, and the columns whose examples have several shapes."""
    ports = {name: inferred_port(net, name) for name in columns}
    ragged = [
        name
        for name, column in columns.items()
        if ports[name].coder is None and not is_known(ports[name].shape) and _is_ragged(column)
    ]
    return ports, ragged


def _encoded(
    net: Net,
    ports: Mapping[str, PortType],
    columns: Mapping[str, Column],
    places: Mapping[str, Place],
    precision: Precision = "Real32",
    *,
    is_checked: bool = False,
) -> dict[str, Array]:
    solution = inference(net)
    below = {name: solution.ports[(), name].below for name in columns}
    some = {name: ports[name] for name in columns}
    return encode_all(some, columns, below, places, precision=precision, is_checked=is_checked)


def _run(
    runner: Runner,
    ports: Mapping[str, PortType],
    arrays: Mapping[str, Array],
    places: Mapping[str, Place],
    chunk: int | None,
) -> dict[OutputKey, Array]:
    _check_limits(runner.net, ports, arrays, places)
    return runner.run(arrays, len(next(iter(arrays.values()))), chunk, places)


def _check_limits(
    net: Net,
    ports: Mapping[str, PortType],
    arrays: Mapping[str, Array],
    places: Mapping[str, Place],
) -> None:
    """Raise DataError for indices that are too large by what only the other columns tell."""
    known = inference(net).ports
    open_ports = [
        name for name, port in ports.items()
        if port.element == "Integer" and known[(), name].below is None
    ]  # fmt: skip
    if open_ports:
        told = inference(net, {name: tuple(array.shape[1:]) for name, array in arrays.items()})
        for name in open_ports:
            indices(arrays[name], places[name], told.ports[(), name].below)


def _is_ragged(column: Column) -> bool:
    """Whether examples have several shapes. What has none, who encodes it will tell."""
    if not isinstance(column, (list, tuple)):
        return False
    shapes = set(map(shape_of, column))
    return len(shapes) > 1 and None not in shapes
