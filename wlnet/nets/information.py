"""information(net, property): what can be told of a net. A property is one row.

Wolfram Language: Information (for nets).
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.multipliers import MultiplierTable, array_places, multiplier_table
from wlnet.core.nesting import is_endless
from wlnet.core.net import Net, Services
from wlnet.core.parts import NetSharedArray, Path
from wlnet.core.properties import PropertyTable
from wlnet.core.rules import ArrayKey
from wlnet.core.shapes import Partial, is_known
from wlnet.core.symbols import AUTOMATIC, Symbol
from wlnet.core.table import Figures, Table
from wlnet.core.table_cells import Column
from wlnet.core.walking import walk
from wlnet.nets.arrays import arrays_of
from wlnet.nets.connections import connections, layers_of
from wlnet.nets.inference import inference, inferred_port
from wlnet.nets.show import show

Count = int | Symbol
"""A number, or AUTOMATIC while nothing tells it."""
PROPERTIES = PropertyTable("a net")
_row = PROPERTIES.row
REPORT = (
    "LayersCount",
    "ArraysCount",
    "SharedArraysCount",
    "InputPortNames",
    "OutputPortNames",
    "ArraysTotalElementCount",
    "ArraysTotalSize",
)


def information(net: Net | Sequence[Net], prop: object = None) -> Any:
    """A property of a net, a list of properties, or (without one) a dict that sums the net up, and
    shows itself as a table.

    `information(net, "Properties")` lists the names. A list of nets gives a list. A number that
    shapes decide which are not known yet is AUTOMATIC, and so is a total with such a number in it.
    Raises PartError for unknown properties.

    >>> from wlnet.nets.chain import NetChain
    >>> information(NetChain([3, "Ramp", 1], input=2), "ArraysTotalElementCount")
    13

    Wolfram Language: Information.
    """
    if isinstance(net, (list, tuple)) and not is_endless(net):
        return [information(each, prop) for each in net]
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("information is about a net", given=brief(net)))
    if prop is None:
        return Figures({name: PROPERTIES.ask(net, name) for name in REPORT})
    if isinstance(prop, (list, tuple)):
        return PROPERTIES.ask_all(net, prop)
    return PROPERTIES.ask(net, prop)


def _shapes(net: Net) -> dict[ArrayKey, Partial]:
    solution = inference(net)
    return {place.key: solution.array_shape(place.path) for place in reversed(array_places(net))}


def _in_order(net: Net) -> dict[ArrayKey, Partial]:
    found = _shapes(net)
    return {key: found[key] for key in arrays_of(net)}


def _counts(net: Net) -> dict[ArrayKey, Count]:
    return {
        key: math.prod(int(n or 0) for n in shape)
        if is_known(shape) and shape is not None
        else AUTOMATIC
        for key, shape in _in_order(net).items()
    }


def _bytes(net: Net) -> dict[ArrayKey, Count]:
    values = arrays_of(net)
    return {
        key: count
        if isinstance(count, Symbol)
        else count * int(getattr(values[key], "itemsize", 4))
        for key, count in _counts(net).items()
    }


def _total(values: dict[ArrayKey, Count]) -> Count:
    """The sum; AUTOMATIC where one of the numbers is still to be worked out."""
    known = [count for count in values.values() if not isinstance(count, Symbol)]
    return sum(known) if len(known) == len(values) else AUTOMATIC


def size_text(count: Count) -> str | Symbol:
    """
    >>> size_text(1724320)
    '1.72 MB'
    """
    if isinstance(count, Symbol):
        return count
    for unit, scale in (("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"


_row("Arrays")(arrays_of)
_row("ArraysList")(lambda net: list(arrays_of(net).values()))
_row("ArraysPositionList")(lambda net: list(arrays_of(net)))
_row("ArraysCount")(lambda net: len(arrays_of(net)))
_row("ArraysDimensions")(_in_order)
_row("ArraysElementCounts")(_counts)
_row("ArraysByteCounts")(_bytes)
_row("ArraysSizes")(lambda net: {key: size_text(count) for key, count in _bytes(net).items()})
_row("ArraysTotalElementCount")(lambda net: _total(_counts(net)))
_row("ArraysTotalByteCount")(lambda net: _total(_bytes(net)))
_row("ArraysTotalSize")(lambda net: size_text(_total(_bytes(net))))
_row("SharedArraysCount")(
    lambda net: sum(isinstance(key, NetSharedArray) for key in arrays_of(net))
)


@_row("ArraysLearningRateMultipliers")
def _(net: Net) -> dict[ArrayKey, float]:
    """The multiplier of each array, before any rule of net_train."""
    return multiplier_table(net, AUTOMATIC, warnings=False).values_by_key()


@_row("ArraysLearningRateMultiplierSources")
def _(net: Net) -> Any:
    """For each array the rule that decides, where it was set, and the rules it beats."""
    return multiplier_table(net, AUTOMATIC, warnings=False).sources_by_key()


@_row("ArraysLearningRateMultipliersTable")
def _(net: Net) -> Table:
    """The same as a table."""
    return rates_table(net, multiplier_table(net, AUTOMATIC, warnings=False))


_row("Layers")(lambda net: dict(layers_of(net)))
_row("LayersList")(lambda net: [layer for _, layer in layers_of(net)])
_row("LayersCount")(lambda net: sum(1 for _ in layers_of(net)))
_row("LayerTypeCounts")(lambda net: dict(Counter(layer.kind for _, layer in layers_of(net))))
_row("InputPortNames")(lambda net: list(net.input_names))
_row("OutputPortNames")(lambda net: list(net.output_names))
_row("InputPorts")(lambda net: {name: inferred_port(net, name).spec for name in net.input_names})
_row("OutputPorts")(lambda net: {name: inferred_port(net, name).spec for name in net.output_names})
_row("RecurrentStatesCount")(lambda net: len(_states(net)))
_row("RecurrentStatesPositionList")(lambda net: _states(net))
_row("InputForm")(show)
_row("Properties")(lambda net: PROPERTIES.names())


def _states(net: Net) -> list[Path]:
    """Ports of layers and folds that carry a state from step to step."""
    return [(*path, name) for path, node in walk(net) for name in node.state_names]


_row("LayersGraph")(connections)


@_row("SummaryGraphic")
def _(net: Net) -> Any:
    """A drawing of the outermost level, with `to_svg()`."""
    assert Services.picture is not None
    return Services.picture("SummaryGraphic", net)


@_row("FullSummaryGraphic")
def _(net: Net) -> Any:
    """A drawing of all layers."""
    assert Services.picture is not None
    return Services.picture("FullSummaryGraphic", net)


@_row("MXNetNodeGraph", "OperationGraph")
def _(net: Net) -> Any:
    """The primitives that the net comes down to: (primitive, inputs, outputs, where) by row."""
    assert Services.operations is not None
    return Services.operations(net)


@_row("MXNetNodeGraphPlot", "OperationGraphPlot")
def _(net: Net) -> Any:
    """The same as a drawing."""
    assert Services.operations is not None
    assert Services.picture is not None
    return Services.picture("OperationGraphPlot", Services.operations(net))


@_row("Program")
def _(net: Net) -> Any:
    """What evaluates the net on a batch of 64, as a table; `net_program` tells it for others."""
    assert Services.program is not None
    return Services.program(net)


@_row("TopologyHash")
def _(net: Net) -> str:
    """A hash of structure, parameters and shapes; the numbers and the names of nodes do not
    enter."""
    numbers: dict[Path, int] = {}
    for i, (path, _) in enumerate(layers_of(net)):
        numbers[path] = i
    solution = inference(net)
    # Arrays by number: what is shared has one.
    keys = {key: i for i, key in enumerate(arrays_of(net))}
    arrays = {place.path: keys[place.key] for place in array_places(net)}
    rows = [
        (
            layer.kind,
            _options(layer),
            [
                (name, solution.array_shape((*path, name)), arrays[(*path, name)])
                for name in layer.array_values
                if layer.array_values[name] is not None
            ],
        )
        for path, layer in layers_of(net)
    ]
    edges = sorted((numbers[a], numbers[b]) for a, b in connections(net))
    around = [
        (
            operator.kind,
            _options(operator),
            [numbers[inner] for inner, _ in layers_of(operator, path)],
        )
        for path, operator in walk(net)
        if operator.addressing == "operator"
    ]
    ends = [
        [solution.port_shape((), name) for name in names]
        for names in (net.input_names, net.output_names)
    ]
    return hashlib.sha256(repr((rows, edges, around, ends)).encode()).hexdigest()


def _options(net: Net) -> list[tuple[str, str]]:
    return sorted((name, repr(value)) for name, value in net.parameters.items())


RATES = (
    Column("array", "key"),
    Column("shape", "shape", folded="any"),
    Column("rate", "rate"),
    Column("decided by"),
    Column("set at", "place"),
    Column("beat", "placed"),
)


def rates_table(net: Net, table: MultiplierTable) -> Table:
    """The table of multipliers for people: array, shape, rate, what decided, and what it beat, with
    the place where that was set if it is another."""
    solution = inference(net)
    rows = []
    for row in table:
        won = row.decided_by
        rows.append(
            (
                row.key,
                solution.array_shape(row.places[0].path),
                row.multiplier,
                "the default" if won is None else str(won.rule),
                None if won is None else won.where,
                tuple(
                    (str(lost.rule), None if won is None or lost.where == won.where else lost.where)
                    for lost in row.beaten
                ),
            )
        )
    return Table(RATES, tuple(rows), noun="arrays", by=0)
