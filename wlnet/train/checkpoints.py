"""Checkpoints: records of a training that is not over, in files, from which it can go on.

Wolfram Language: NetTrain (TrainingProgressCheckpointing).
"""

from __future__ import annotations

import contextlib
import math
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
from wlnet.train.start import Start

REASON = "Checkpoint"
"""Why a training "stopped" that a checkpoint tells of."""


class Writer:
    """Writes the checkpoints of one specification."""

    def __init__(self, spec: Checkpoint, begun: float, start: Start) -> None:
        """begun: what the clock shows."""
        self.spec = spec
        self.due = Due(spec.interval, begun=begun)
        record = start.record
        before = record.checkpointing_files if record else ()
        self._files = [path for path in map(Path, before) if self._is_own(path)]
        self.batch = record.moment.batch if record and start.resumed and self._files else None
        """The batch after which the last one was written."""
        is_new = start.resumed is None
        if is_new and spec.is_folder and set(checkpoints_in(spec.path)) - set(self._files):
            what = "there are checkpoints of other trainings in this folder"
            told = "net_resume of the folder takes up the one that was written last"
            warn(TrainingWarning, Fault(what, at=str(spec.path), expected=told))

    @property
    def files(self) -> list[str]:
        """The files there are, in the order in which they were written."""
        return list(map(str, self._files))

    def _is_own(self, path: Path) -> bool:
        place = path.parent if self.spec.is_folder else path
        return place == self.spec.path and path.exists()

    def write(self, record: TrainingRecord, files: Sequence[str]) -> None:
        """Write a record; where the disk refuses, warn, and try again the next time.

        files: those of other specifications.
        """
        path = self._path(record)
        own = self._staying([*(each for each in self._files if each != path), path])
        if path in own and not self._put(path, record, [*files, *map(str, own)]):
            return
        self.batch = record.moment.batch
        for each in self._files:
            if each not in own:
                with contextlib.suppress(OSError):
                    each.unlink()
        self._files = own

    def _put(self, path: Path, record: TrainingRecord, files: Sequence[str]) -> bool:
        """Write a record that tells of these files; whether that could be done."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            told = tuple(dict.fromkeys(files))
            write_record(path, replace(record, checkpointing_files=told))
        except OSError as error:
            is_last = record.reason != REASON
            fault = Fault(
                "a checkpoint could not be written; the training goes on"
                if not is_last
                else "the last checkpoint could not be written",
                at=str(path),
                given=error.strerror or type(error).__name__,
                expected=None if is_last else "the next one is tried again",
            )
            warn(TrainingWarning, fault)
            return False
        return True

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

    def _staying(self, files: list[Path]) -> list[Path]:
        """Those of these files that shall stay."""
        if self.spec.keep is None or not self.spec.is_folder:
            return files
        order = sorted(files, key=_loss) if self.spec.best else files[::-1]
        return [each for each in files if each in order[: self.spec.keep]]


def _loss(path: Path) -> float:
    """The last loss in the name of a checkpoint: that of the validation, if there is one. None, and
    what is no number, is worse than any number."""
    told = path.stem.split("_")[4:]
    loss = float(told[-1]) if told else math.nan
    return math.inf if math.isnan(loss) else loss


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
