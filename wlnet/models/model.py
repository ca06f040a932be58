"""What is known of a net that comes with the package: its row in the table of models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wlnet.core.net import Net
from wlnet.core.table_cells import Column
from wlnet.nets.information import information

COLUMNS = (
    Column("model"),
    Column("takes"),
    Column("answers"),
    Column("parameters", "count"),
    Column("bytes", "count"),
    Column("accuracy", "share"),
    Column("beside"),
    Column("data"),
    Column("licence"),
)


@dataclass(frozen=True)
class Model:
    """A net that comes trained, and what it was trained on.

    name: what `net_model` is asked for. net: makes it without numbers. takes, answers: what it is
    given, and what it says, in words. accuracy: the share of its answers that are right on examples
    that it has never seen. beside: what else is known of these answers, such as what simpler means
    reach on the same data. data: where the examples come from. licence: that of the data.
    """

    name: str
    net: Callable[[], Net]
    takes: str
    answers: str
    accuracy: float
    beside: str
    data: str
    licence: str

    @property
    def file(self) -> Path:
        """Where the trained net lies in the package."""
        return Path(__file__).with_name(f"{self.name.lower()}.wlnet")

    @property
    def row(self) -> tuple[Any, ...]:
        """A value for each of COLUMNS; the size of a file that is missing is None."""
        size = self.file.stat().st_size if self.file.exists() else None
        parameters = information(self.net(), "ArraysTotalElementCount")
        told = self.accuracy, self.beside, self.data, self.licence
        return self.name, self.takes, self.answers, parameters, size, *told
