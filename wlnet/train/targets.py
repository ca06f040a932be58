"""What a cross entropy asks of its targets: shares of one, looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from wlnet.core.errors import DataError, Fault, fail
from wlnet.core.net import Net
from wlnet.evaluate.holding import Array
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import Ragged
from wlnet.nets.connections import links
from wlnet.train.losses import stated_form
from wlnet.train.mapped import Mapped, pieces

SLACK = 1e-6
"""How far beyond 0 and 1 rounding may carry a probability."""


def share_ports(net: Net) -> dict[str, str]:
    """Input port -> "Binary" or "Probabilities", where it is the target of such a cross entropy."""
    form = stated_form(net)
    if form in ("Binary", "Probabilities"):
        return {"Target": form}
    found: dict[str, str] = {}
    for edge in links(net) if net.nodes else ():
        if edge.source is None and edge.target is not None:
            inside = share_ports(net.nodes[edge.target])
            if edge.target_port in inside:
                found[edge.source_port] = inside[edge.target_port]
    return found


def check_shares(
    ports: Mapping[str, str],
    columns: Mapping[str, Array | Mapped | Ragged],
    places: Mapping[str, Place],
) -> None:
    """Raise one DataError for all targets of a cross entropy that are not within 0 to 1."""
    faults = [
        _fault(part, place, form)
        for name, form in ports.items()
        if name in columns
        for part, place in _parts(columns[name], places[name])
    ]
    if any(faults):
        raise fail(DataError, [fault for fault in faults if fault])


def _parts(column: Array | Mapped | Ragged, place: Place) -> Iterator[tuple[Array | Mapped, Place]]:
    """A column, or its examples of each shape."""
    if not isinstance(column, Ragged):
        yield column, place
        return
    for rows, values in column.parts:
        yield values, place.among(rows.tolist())


def _fault(column: Array | Mapped, place: Place, form: str) -> Fault | None:
    """What is wrong with the first example that is no share."""
    for start, stop in pieces(len(column), column[:1].nbytes):
        rows = column[start:stop].reshape(stop - start, -1)
        wrong = (rows < -SLACK) | (rows > 1 + SLACK)
        if wrong.any():
            number = int(np.argmax(wrong.any(axis=1)))
            return Fault(
                f"targets of a cross entropy ({form}) are probabilities",
                at=place.example(start + number),
                given=f"{rows[number][np.argmax(wrong[number])]:g}",
                expected="numbers from 0 to 1",
                fix=_repair(form, column),
            )
    return None


def _repair(form: str, column: Array | Mapped) -> str:
    states = np.unique(column[: 2**16])
    if form == "Binary" and len(states) == 2:
        return f"targets == {states[1]:g}, where these are the two states of something"
    return "loss_function=MeanSquaredLossLayer() learns any numbers"
