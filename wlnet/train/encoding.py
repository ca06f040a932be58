"""Columns as the training net reads them, in its precision; what cannot be read is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, ShapeError
from wlnet.core.gate import Column
from wlnet.engine.blueprint import DTYPES, INDEX
from wlnet.evaluate.columns import encode, raise_all
from wlnet.evaluate.holding import Array, copy_into
from wlnet.evaluate.places import Place
from wlnet.evaluate.ragged import Ragged
from wlnet.kernels.language import Precision
from wlnet.nets.inference import inference, inferred_port
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
    return found


def array_for(
    training: TrainingNet, place: Place, column: Column, precision: Precision, *, is_late: bool
) -> Array | Mapped | Ragged:
    """The array of one column, or a `Mapped` one, see `encoded`. Raises DataError, ShapeError."""
    port = inferred_port(training.net, place.port)
    below = inference(training.net).ports[(), place.port].below
    found = encode(port, place, column, below, precision=precision)
    kind = np.dtype(INDEX if port.element == "Integer" else DTYPES[precision])
    if isinstance(found, Ragged):
        return found.with_each(lambda values, place: _as(values, kind, place), place)
    may_wait = is_late and not (place.port in training.targets and found.ndim == 1)
    late = mapped(found, kind, place) if may_wait and found.dtype != kind else None
    return _as(found, kind, place) if late is None else late


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
