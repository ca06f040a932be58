"""Columns of a call, encoded and run: examples of several shapes in groups of equal shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.gate import Column
from wlnet.core.net import Net
from wlnet.core.ports import PortType
from wlnet.evaluate.columns import encode_all
from wlnet.evaluate.holding import Array, indices
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import Ragged, groups_of, in_order
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
    ports, places = ports_of(runner.net, columns), {name: Place(name) for name in columns}
    arrays = _encoded(runner.net, ports, columns, places, runner.precision)
    groups = groups_of(arrays)
    if len(groups) == 1:
        return _run(runner, ports, groups[0].columns, places, chunk)
    if runner.states:
        several = next(name for name, each in arrays.items() if isinstance(each, Ragged))
        fault = Fault(
            "a NetStateObject goes on with pieces of one length",
            at=f"port {several}",
            given="pieces of several lengths",
            fix="a NetStateObject for each sequence goes on by itself",
        )
        raise fail(DataError, fault)
    rows: dict[OutputKey, list[tuple[Array, Array]]] = {}
    sums: dict[OutputKey, Array] = {}
    goes = 0
    for members, own in groups:
        among = {name: place.among(members.tolist()) for name, place in places.items()}
        found = _run(runner, ports, own, among, chunk, goes)
        goes = runner.goes
        for key, array in found.items():
            if isinstance(key, GradientKey):
                sums[key] = sums[key] + array if key in sums else array
                continue
            rows.setdefault(key, []).append((members, array))
    return {**{key: _joined(in_order(each)) for key, each in rows.items()}, **sums}


def _joined(rows: list[Array]) -> Rows:
    """What came of all examples, as one array where they have one shape."""
    return np.stack(rows) if len({row.shape for row in rows}) == 1 else rows


def check_columns(net: Net, columns: Mapping[str, Column]) -> None:
    """Raise what is wrong with columns, all at once, where nothing is to be run."""
    places = {name: Place(name) for name in columns}
    _encoded(net, ports_of(net, columns), columns, places, is_checked=True)


def ports_of(net: Net, columns: Mapping[str, Column]) -> dict[str, PortType]:
    """The ports of columns."""
    return {name: inferred_port(net, name) for name in columns}


def _encoded(
    net: Net,
    ports: Mapping[str, PortType],
    columns: Mapping[str, Column],
    places: Mapping[str, Place],
    precision: Precision = "Real32",
    *,
    is_checked: bool = False,
) -> dict[str, Array | Ragged]:
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
    before: int = 0,
) -> dict[OutputKey, Array]:
    _check_limits(runner.net, ports, arrays, places)
    return runner.run(arrays, len(next(iter(arrays.values()))), chunk, places, before)


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
