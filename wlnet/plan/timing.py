"""What was measured of a program: of all of it, and by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from wlnet.core.parts import Path
from wlnet.core.table import Table
from wlnet.core.table_cells import Column

Arrays = Literal["learn", "some learn", "frozen already"]

LAYER = Column("layer", "part")
WAYS = (
    Column("arrays", folded="any"),
    Column("forward µs", "amount", folded="sum"),
    Column("back µs", "amount", folded="sum"),
    Column("update µs", "amount", folded="sum"),
)
SUMS = Column("µs", "amount", folded="sum"), Column("of a step", "share", folded="sum")
SAVED = Column("freezing it saves µs", "amount", folded="range")


@dataclass(frozen=True)
class LayerTime:
    """Microseconds of a step that go into a layer: the sums over its calls.

    layer: its path, () for what is no layer's. forward, back, update: by the `way` of its calls.
    share: of the whole step. arrays: whether its arrays learn; None where it has none. saved: by
    how many microseconds a step is shorter where they are frozen as well; None where none learns.
    """

    layer: Path
    forward: float
    back: float
    update: float
    share: float
    arrays: Arrays | None = None
    saved: float | None = None

    @property
    def microseconds(self) -> float:
        """All of it."""
        return self.forward + self.back + self.update


@dataclass(frozen=True)
class Timing:
    """What was measured of a program.

    workers: how many ran it. steps: how many of them were timed. microseconds: those of a step,
    the sum over its calls; waiting: the part in which workers wait for each other. shortest: of a
    whole step where no clock is read at the calls, the shortest that was seen; in it is how it
    begins and ends, some hundredths of a microsecond, which no call has. operations, bytes: of a
    step. layers: in the order in which a step comes to them.
    """

    workers: int
    steps: int
    microseconds: float
    shortest: float
    waiting: float
    operations: int
    bytes: int
    layers: tuple[LayerTime, ...]

    @property
    def layer_table(self) -> Table:
        """The layers as a table."""
        # An evaluation asks of no array whether it learns.
        trains = any(row.arrays is not None for row in self.layers)
        columns = (LAYER, *WAYS, *SUMS, SAVED) if trains else (LAYER, *SUMS)
        rows = []
        for row in self.layers:
            ways = (row.arrays, row.forward, row.back, row.update) if trains else ()
            saved = (row.saved,) if trains else ()
            rows.append((row.layer, *ways, row.microseconds, row.share, *saved))
        return Table(columns, tuple(rows), noun="layers", by=0)

    def figures(self, batch: int) -> dict[str, Any]:
        """What is told of a whole step on so many examples; None where there is none."""

        def each_second(count: float) -> float | None:
            return count / self.microseconds if self.microseconds else None

        return {
            "µs of a step": self.microseconds,
            "  waiting": self.waiting,
            "  the shortest, no clock at its calls": self.shortest,
            "GF/s of a step": each_second(self.operations / 1e3),
            "GB/s of a step": each_second(self.bytes / 1e3),
            "examples a second": each_second(batch * 1e6),
            "workers": self.workers,
            "steps timed": self.steps,
        }
