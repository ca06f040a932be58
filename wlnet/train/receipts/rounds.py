"""What a receipt tells of losses and measurements: numbers by round, and digests of batches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.digests import little_endian
from wlnet.core.records import Json, Table
from wlnet.results.class_table import ClassTable, Kept, Plotted
from wlnet.results.results import TrainingRecord
from wlnet.train.saving.values import real_written


def rounds_told(r: TrainingRecord) -> list[Json]:
    """A row a round: its last batch, its loss and measurements, and a digest of its batches."""
    rows: list[Json] = []
    first = 0
    for number, (last, loss) in enumerate(zip(r.round_positions, r.round_losses, strict=True)):
        rows.append(
            {
                "LastBatch": last,
                "Loss": real_written(loss),
                "Measurements": _measured(r.round_measurements, number),
                "Batches": _batches(r, first, last),
            }
        )
        first = last
    return rows


def unfinished_told(r: TrainingRecord) -> Json:
    """The batches after the last round that was finished; None where there are none."""
    first, last = (r.round_positions or (0,))[-1], len(r.batch_losses)
    return {"LastBatch": last, "Batches": _batches(r, first, last)} if last > first else None


def validations_told(r: TrainingRecord) -> list[Json]:
    """A row a validation: after which batch, its loss and measurements."""
    return [
        {
            "Batch": batch,
            "Loss": real_written(loss),
            "Measurements": _measured(r.validation_measurements, number),
        }
        for number, (batch, loss) in enumerate(
            zip(r.validation_positions, r.validation_losses, strict=True)
        )
    ]


def _measured(lists: Mapping[str, Sequence[Kept]], number: int) -> Table:
    """Measurements by name: a number as it is, all else by its SHA-256."""
    found: Table = {}
    for name, values in lists.items():
        value = values[number]
        if isinstance(value, float):
            found[name] = real_written(value)
        else:
            sha = hashlib.sha256()
            _feed(sha, value)
            found[name] = sha.hexdigest()
    return found


def _batches(r: TrainingRecord, first: int, last: int) -> str:
    """SHA-256 of the losses of some batches, and of what was measured of them."""
    sha = hashlib.sha256()
    _feed(sha, np.array(r.batch_losses[first:last], np.float64))
    for name, values in r.batch_measurements.items():
        sha.update(f"{name!r}\n".encode("utf-8", "surrogatepass"))
        some = values[first:last]
        if all(isinstance(value, float) for value in some):
            _feed(sha, np.array(some, np.float64))
        else:
            for value in some:
                _feed(sha, value)
    return sha.hexdigest()


def _feed(sha: Any, value: Kept) -> None:
    """Add a value to a digest, with its type and shape: no two values are the same bytes."""
    if isinstance(value, Plotted):
        sha.update(b"plot\n")
        _feed(sha, value.of)
    elif isinstance(value, ClassTable):
        sha.update(f"table {value.size}\n".encode())
        _feed(sha, (value.pairs, value.counts))
    elif isinstance(value, tuple):
        sha.update(f"tuple {len(value)}\n".encode())
        for each in value:
            _feed(sha, each)
    else:
        array = np.asarray(value)
        sha.update(f"{array.dtype.name} {array.shape}\n".encode())
        sha.update(little_endian(array))
