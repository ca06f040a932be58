"""A record of a training to a file, and back."""

from __future__ import annotations

import os
from pathlib import Path

from wlnet.core.records import refused
from wlnet.io.files import load, write
from wlnet.results.results import NetTrainResults, TrainingRecord
from wlnet.train.saving.records import written, written_record


def write_record(
    path: str | os.PathLike[str], record: TrainingRecord, *, checked: bool = True
) -> Path:
    """Put a record into a file, as `save` does; a file that is there is replaced.

    checked: whether it is looked at, before, that the same record would come back; who writes one
    of the same training again and again may do without.
    Raises FormatError for what no file holds, OSError where the disk refuses.
    """
    target = Path(path)
    write(target, *(written(NetTrainResults(record)) if checked else written_record(record)))
    return target


def read_record(path: str | os.PathLike[str]) -> TrainingRecord:
    """The record of a file. Raises FormatError, also for the file of a net alone; OSError."""
    found = load(path)
    if not isinstance(found, NetTrainResults):
        what = f"{os.fspath(path)}: the file holds a net, and no training"
        raise refused(what, fix="a file that save(results, file) wrote")
    return found.record
