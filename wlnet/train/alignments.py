"""Whether sequences of classes fit into their steps, where a loss looks for all alignments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.shapes import Shape
from wlnet.evaluate.holding import Array
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import Ragged
from wlnet.nets.connections import links
from wlnet.nets.inference import inference
from wlnet.train.losses import stated_form
from wlnet.train.mapped import Mapped, pieces

Columns = Mapping[str, Array | Mapped | Ragged]


def sequence_ports(net: Net, at: Path = ()) -> dict[str, Path]:
    """Input port -> the loss that it brings a sequence of classes to."""
    if stated_form(net) == "Sequence":
        return {"Target": at}
    found: dict[str, Path] = {}
    for edge in links(net) if net.nodes else ():
        if edge.source is None and edge.target is not None:
            inside = sequence_ports(net.nodes[edge.target], (*at, edge.target))
            if edge.target_port in inside:
                found[edge.source_port] = inside[edge.target_port]
    return found


def check_alignments(
    net: Net, ports: Mapping[str, Path], columns: Columns, places: Mapping[str, Place]
) -> None:
    """Raise one DataError for all columns with a target that no alignment says: for each two equal
    classes side by side it needs a step more than it has classes.

    net: a training net; ports: those of it that `sequence_ports` finds.
    """
    faults = [
        fault
        for name, path in ports.items()
        if name in columns
        and (fault := _fault(columns[name], places[name], _steps(net, name, path, columns)))
    ]
    if faults:
        raise fail(DataError, faults)


def _steps(net: Net, name: str, path: Path, columns: Columns) -> Array:
    """How many steps each example has at a loss."""
    given = {port: column for port, column in columns.items() if port != name}
    several = {port: column for port, column in given.items() if isinstance(column, Ragged)}
    shapes = {port: _shape(column) for port, column in given.items() if port not in several}
    kinds = [column.kinds() for column in several.values()]
    rows = np.stack([*kinds, np.zeros(len(columns[name]), np.int64)], 1)
    found, number = np.unique(rows, axis=0, return_inverse=True)
    of_each = []
    for row in found:
        parts = (column.parts[kind] for column, kind in zip(several.values(), row, strict=False))
        here = {port: part.values.shape[1:] for port, part in zip(several, parts, strict=True)}
        shape = inference(net, {**shapes, **here}).port_shape(path, "Input")
        of_each.append(shape[0] if shape and shape[0] is not None else np.iinfo(np.int64).max)
    steps: Array = np.array(of_each)[number.reshape(-1)]
    return steps


def _shape(column: Array | Mapped | Ragged) -> Shape:
    """Of the examples of a column, which all have one."""
    assert not isinstance(column, Ragged)
    return column[:1].shape[1:]


def _fault(column: Array | Mapped | Ragged, place: Place, steps: Array) -> Fault | None:
    """What is wrong with the first example, in their order, that has too few steps."""
    wrong: dict[int, tuple[int, int]] = {}
    for rows, targets in _rows(column):
        length = targets.shape[1]
        pairs = (targets[:, 1:] == targets[:, :-1]).sum(1)
        for at in np.flatnonzero(length + pairs > steps[rows])[:1]:
            wrong[int(rows[at])] = length, int(pairs[at])
    if not wrong:
        return None
    example = min(wrong)
    length, pairs = wrong[example]
    return Fault(
        "a target that no alignment of the input says, so that the loss is infinite",
        at=place.example(example),
        given=f"{length} classes, {pairs} times two equal ones side by side, and "
        f"{steps[example]} steps",
        expected=f"at least {length + pairs} steps",
        fix="longer inputs, or windows and pools before the loss that leave more steps",
    )


def _rows(column: Array | Mapped | Ragged) -> Iterator[tuple[Array, Array]]:
    """Numbers of examples, and their targets, where these are sequences."""
    if isinstance(column, Ragged):
        yield from (part for part in column.parts if part.values.ndim == 2)
    elif column[:1].ndim == 2:
        for start, stop in pieces(len(column), column[:1].nbytes):
            yield np.arange(start, stop), column[start:stop]
