"""Columns as the training net reads them, in its precision; what cannot be read is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, fail
from wlnet.core.gate import Column
from wlnet.core.ports import Limit, PortType
from wlnet.core.stored import Stored
from wlnet.engine.blueprint import DTYPES, INDEX
from wlnet.evaluate.columns import encode, raise_all, takes_anything
from wlnet.evaluate.holding import Array, copy_into
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import Ragged
from wlnet.kernels.language import Precision
from wlnet.nets.inference import inference, inferred_port
from wlnet.train.alignments import check_alignments, sequence_ports
from wlnet.train.mapped import Mapped, mapped
from wlnet.train.targets import check_shares, share_ports
from wlnet.train.training_net import TrainingNet


def encoded(
    training: TrainingNet,
    columns: Mapping[str, Column],
    precision: Precision,
    at: str,
    *,
    is_late: bool = False,
) -> dict[str, Array | Mapped | Ragged]:
    """The arrays of columns for the ports of a training net, in its precision.

    at: which data they are. is_late: whether columns that lie in files, and have to be converted,
    may be so when they are used; they are `Mapped`. Targets of one number an example, which may be
    classes, are converted now. Raises one DataError or ShapeError,
    naming port and example, for all that cannot be used.
    """
    places = {name: Place(name, at) for name in training.columns}
    found: dict[str, Any] = {}
    errors: list[DataError | ShapeError] = []
    for name, place in places.items():
        try:
            found[name] = array_for(training, place, columns[name], precision, is_late=is_late)
        except (DataError, ShapeError) as error:
            errors.append(error)
    raise_all(errors)
    # A generator's batches are asked for it one by one.
    ports_of_shares = training.net.cached("share_ports", lambda: share_ports(training.net))
    check_shares(ports_of_shares, found, places)
    sequences = training.net.cached("sequence_ports", lambda: sequence_ports(training.net))
    check_alignments(training.net, sequences, found, places)
    return found


def array_for(
    training: TrainingNet, place: Place, column: Column, precision: Precision, *, is_late: bool
) -> Array | Mapped | Ragged:
    """The array of one column, or a `Mapped` one, see `encoded`. Raises DataError, ShapeError."""
    port = inferred_port(training.net, place.port)
    below = inference(training.net).ports[(), place.port].below
    is_target = place.port in training.targets
    if isinstance(column, Stored):
        one = _made(column, place, port, below, precision)
        first = one(column.read(np.arange(1)), np.arange(1))
        if is_late and not (is_target and first.ndim == 1):
            rows, is_own = np.arange(len(column)), takes_anything(port)
            return Mapped(column, first.dtype, rows, one, is_own)
        return one(column.read(np.arange(len(column))), np.arange(len(column)))
    found = encode(port, place, column, below, precision=precision)
    kind = np.dtype(INDEX if port.element == "Integer" else DTYPES[precision])
    if isinstance(found, Ragged):
        return found.with_each(lambda values, place: _as(values, kind, place), place)
    may_wait = is_late and not (is_target and found.ndim == 1)
    late = mapped(found, kind, place) if may_wait and found.dtype != kind else None
    return _as(found, kind, place) if late is None else late


def _made(
    column: Stored, place: Place, port: PortType, below: Limit | None, precision: Precision
) -> Callable[[Any, Array], Array]:
    """What makes numbers for a port of examples of a stored column, which are told by their
    places. Raises DataError, ShapeError."""
    kind = np.dtype(INDEX if port.element == "Integer" else DTYPES[precision])

    # What a round has found to be finite is so in the next one.
    seen = np.zeros(len(column), bool)

    def made(examples: Any, places: Array) -> Array:
        is_new = not seen[places].all()
        try:
            found = encode(port, place, examples, below, precision=precision, is_checked=is_new)
            if isinstance(found, Ragged):
                what = "examples of a stored column have one shape"
                raise fail(ShapeError, Fault(what, at=str(place), given=column.title))
            numbers = _as(found, kind, place)
            seen[places] = True
            return numbers
        except (DataError, ShapeError) as error:
            faults = [_numbered(fault, place, places) for fault in error.faults]
            raise fail(type(error), faults) from None

    return made


def _numbered(fault: Fault, place: Place, places: Array) -> Fault:
    """A fault of one of some examples, with the number that it has among all."""
    start = f"{place}, example "
    number = (fault.at or "").removeprefix(start)
    is_one = number != fault.at and number.isdecimal() and 1 <= int(number) <= len(places)
    return replace(fault, at=f"{start}{places[int(number) - 1] + 1}") if is_one else fault


def _as(array: Array, kind: np.dtype[Any], place: Place) -> Array:
    """Numbers of a column in the precision of a training. Raises DataError."""
    if array.dtype == kind:
        return array
    converted = np.empty(array.shape, kind)
    copy_into(array, converted, place)
    return converted


def class_columns(training: TrainingNet, columns: Mapping[Any, Any]) -> list[Array]:
    """The columns of targets that are classes, one an example: indices, or truth values."""
    return [
        columns[name]
        for name, form in training.forms.items()
        if form in ("Index", "Binary")
        and columns[name].ndim == 1
        and (form == "Index" or np.isin(columns[name], (0, 1)).all())
    ]
