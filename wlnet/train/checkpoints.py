"""Checkpoints: records of a training that is not over, in files, from which it can go on.

Wolfram Language: NetTrain (TrainingProgressCheckpointing).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from wlnet.core.errors import Fault, TrainingWarning, warn
from wlnet.io.files import SUFFIX
from wlnet.results.results import TrainingRecord
from wlnet.train.checkpoint_options import Checkpoint
from wlnet.train.intervals import Due
from wlnet.train.saving.files import write_record

REASON = "Checkpoint"
"""Why a training "stopped" that a checkpoint tells of."""


class Writer:
    """Writes the checkpoints of one specification."""

    def __init__(self, spec: Checkpoint, begun: float, files: Sequence[str] = ()) -> None:
        """begun: what the clock shows; files: those of the training that goes on."""
        self.spec = spec
        self.due = Due(spec.interval, begun=begun)
        self.batch: int | None = None
        """The batch after which the last one was written."""
        self._files = [path for path in map(Path, files) if self._is_own(path)]

    @property
    def files(self) -> list[str]:
        """The files there are, in the order in which they were written."""
        return list(map(str, self._files))

    def _is_own(self, path: Path) -> bool:
        place = path.parent if self.spec.is_folder else path
        return place == self.spec.path and path.exists()

    def write(self, record: TrainingRecord, files: Sequence[str]) -> None:
        """Write a record; where the disk refuses, warn, and try again the next time.

        files: all checkpoints there are; this one will be among them.
        """
        path = self._path(record)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            files = tuple(dict.fromkeys((*files, str(path))))
            write_record(path, replace(record, checkpointing_files=files))
        except OSError as error:
            fault = Fault(
                "a checkpoint could not be written; the training goes on",
                at=str(path),
                given=error.strerror or type(error).__name__,
                expected="the next one is tried again",
            )
            warn(TrainingWarning, fault)
            return
        self.batch = record.moment.batch
        self._files = [*(each for each in self._files if each != path), path]
        self._clear()

    def _path(self, record: TrainingRecord) -> Path:
        if not self.spec.is_folder:
            return self.spec.path
        losses = (record.round_losses or record.batch_losses, record.validation_losses)
        words = [
            datetime.now().strftime("%Y-%m-%dT%H-%M-%S"),
            f"{_next_number(self.spec.path):04d}",
            str(record.moment.round),
            str(record.moment.batch),
            *(f"{told[-1]:.6g}" for told in losses if told),
        ]
        return self.spec.path / ("_".join(words) + SUFFIX)

    def _clear(self) -> None:
        """Remove the files of this training that shall not stay."""
        if self.spec.keep is None or not self.spec.is_folder:
            return
        order = sorted(self._files, key=_loss) if self.spec.best else self._files[::-1]
        stay = order[: self.spec.keep]
        for each in self._files:
            if each not in stay:
                with contextlib.suppress(OSError):
                    each.unlink()
        self._files = [each for each in self._files if each in stay]


def _loss(path: Path) -> float:
    """The last loss in the name of a checkpoint: that of the validation, if there is one."""
    return float(path.stem.split("_")[-1])


def _next_number(folder: Path) -> int:
    """One more than that of the last checkpoint in a folder."""
    return max((number_of(each) for each in checkpoints_in(folder)), default=0) + 1


def number_of(path: Path) -> int:
    """The number of a checkpoint among those of its folder, by its name."""
    return int(path.name.split("_")[1])


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints in a folder, in the order of their numbers."""
    if not folder.is_dir():
        return []
    found = [each for each in folder.glob(f"*{SUFFIX}") if _is_numbered(each)]
    return sorted(found, key=number_of)


def _is_numbered(path: Path) -> bool:
    words = path.name.split("_")
    return len(words) >= 4 and words[1].isdecimal()
